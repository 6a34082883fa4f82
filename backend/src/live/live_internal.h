/**
 * @file live/live_internal.h  What live.c, asked.c, ear.c and brief.c share
 *
 * Private to src/live/.
 *
 *     live.c    the registry, joining and leaving, listeners
 *     asked.c   one question of an interview, from being asked to being stored
 *     ear.c     one speaker's socket: hearing, turns, which of them are questions
 *     brief.c   what a session brings, loaded on a worker
 */
#ifndef LIVE_LIVE_INTERNAL_H
#define LIVE_LIVE_INTERNAL_H

#include "base/buffer.h"
#include "live/live.h"
#include "live/transcript_writer.h"

struct live_listener {
    struct live_listener *next;
    struct live *live;
    live_send_fn *send;
    void *arg;
};

struct live {
    struct live *next;
    struct live_registry *registry;
    struct live_brief brief;
    int joined;
    struct live_listener *listeners;
    struct live_ear *ears; /* also those that finish what was said on a socket that is gone */
    struct asked *asks;    /* all that are not yet told and stored, and the current one */
    struct asked *asked;   /* the current one; NULL before the first */
    struct keep *keep;
    bool stopping; /* the program ends: nothing new is asked */
};

const struct live_deps *live_deps(const struct live *live);
void live_broadcast(struct live *live, const struct buf *msg, enum ws_kind kind, uint32_t key);

/** Free the live interview if nothing holds it any more. */
void live_settle(struct live *live);

/** Put a finished pair into the history that prompts carry. */
void live_remember(struct live *live, const char *question, const char *answer);

/* ------------------------------------------------------------------------ asked.c */

/** What the copy of an answer_result holds, so that it can wait for its question's final text. */
struct kept_result {
    struct answer_result r; /* strings and points owned */
    struct llm_point *points;
};

/**
 * One question: asked -> (outline, deltas) -> result; and, apart from that, unconfirmed ->
 * confirmed, when its final text is known. It is stored, and its end told, when it has both.
 */
struct asked {
    struct asked *next;
    struct live *live;
    struct answer *answer; /* NULL once it finished */
    char generation_id[ID_TEXT_MAX];
    char transcript_id[ID_TEXT_MAX];
    int number;
    char *question;
    float confidence;
    int64_t timestamp; /* [ms] since 1970 */
    bool eager;
    bool confirmed;
    bool dropped;       /* superseded in place or withdrawn: not stored */
    bool storing;       /* its last write is under way */
    bool told;          /* its last delta was sent */
    struct buf started; /* the messages so far, for who joins late */
    struct buf outline;
    struct buf text;
    struct kept_result *result;
    uint64_t asked_us; /* clock_mono_us() of each stage; 0: not reached */
    uint64_t speech_end_us;
    uint64_t final_us;
    uint64_t outline_us;
    uint64_t first_us;
    uint64_t end_us;
};

/** Where words without an answer are kept, in case they turn out to begin a question. */
struct kept_line {
    char transcript_id[ID_TEXT_MAX]; /* "": nowhere yet */
    int64_t timestamp;               /* [ms] since 1970 */
};

struct asked_input {
    const char *question;
    const char *provider; /* NULL: the session's, then the chain */
    const char *model;
    bool eager;
    float confidence;       /* 1 when typed */
    uint64_t speech_end_us; /* 0 when typed */
    uint64_t final_us;      /* 0 when typed or eager */
    const char *replaces;   /* generation id of the question this one takes the place of, or NULL */
    const struct kept_line *line; /* what it takes the place of otherwise, or NULL */
};

int asked_start(struct live *live, const struct asked_input *in, struct asked **askedp,
                struct errbuf *err);
struct asked_words {
    const char *question;
    float confidence;
    uint64_t speech_end_us;
    uint64_t final_us;
};
/** The final text is known and means the same: it is stored under these words. Again, with more
 *  of them, when the person went on. */
void asked_confirm(struct asked *asked, const struct asked_words *words);
/** It was no question after all. */
void asked_withdraw(struct asked *asked);
bool asked_running(const struct asked *asked);
void asked_free(struct asked *asked);

/** The current question if it still is the one of this generation; else NULL. */
struct asked *live_current(struct live *live, const char *generation_id);

/** Keep what is known of an unfinished utterance and free the ear now. */
void live_ear_give_up(struct live_ear *ear);

/** Store words that want no answer, or those of a socket that vanished: in the row of line, which
 * is made when it has none. */
struct line_words {
    const char *text;
    float confidence;
    bool candidate;
};
void live_keep_line(struct live *live, const struct line_words *words, struct kept_line *line);

#endif
