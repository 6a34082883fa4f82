/**
 * @file live/live_internal.h  What live.c, exchange.c, speaker.c and session_context.c share
 *
 * Private to src/live/.
 *
 *     live.c    the registry, joining and leaving, listeners
 *     exchange.c         one question of an interview, from being asked to being stored
 *     speaker.c          one speaker's socket: utterances, turns, which of them are questions
 *     session_context.c  what a session brings, loaded on a worker
 */
#ifndef LIVE_LIVE_INTERNAL_H
#define LIVE_LIVE_INTERNAL_H

#include "base/buffer.h"
#include "live/live.h"
#include "live/transcript_writer.h"

struct live_listener {
    struct live_listener *next;
    struct live *live;
    live_event_fn *on_event;
    void *arg;
};

struct live {
    struct live *next;
    struct live_registry *registry;
    struct session_context context;
    int joined;
    struct live_listener *listeners;
    struct speaker *speakers;   /* also those that finish what was said on a socket that is gone */
    struct exchange *exchanges; /* all that are not yet told and stored, and the current one */
    struct exchange *current;   /* the current one; NULL before the first */
    struct transcript_writer *writer;
    bool stopping; /* the program ends: nothing new is asked */
};

const struct live_deps *live_deps(const struct live *live);
void live_broadcast(struct live *live, const struct live_event *event);

/** Free the live interview if nothing holds it any more. */
void live_end_if_over(struct live *live);

/** Put a finished pair into the history that prompts carry. */
void live_remember(struct live *live, const char *question, const char *answer);

/* ------------------------------------------------------------------------ exchange.c */

/**
 * One question: asked -> (outline, deltas) -> result; and, apart from that, unconfirmed ->
 * confirmed, when its final text is known. It is stored, and its end told, when it has both.
 */
struct exchange {
    struct exchange *next;
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
    bool dropped; /* superseded in place or withdrawn: not stored */
    bool storing; /* its last write is under way */
    bool told;    /* its end was */
    bool started; /* the answer: what was told of it so far, for who joins late */
    bool outlined;
    bool ended;
    char provider[64];
    char model[128];
    enum question_kind kind;
    struct llm_point *points; /* strings owned */
    size_t point_count;
    struct buf text;
    enum answer_finish finish; /* these once it has ended */
    char why[ERR_TEXT_MAX];
    int quality;
    struct answer_times times;
    uint64_t speech_end_us; /* 0 when typed */
    uint64_t final_us;
};

/** Where words without an answer are kept, in case they turn out to begin a question. */
struct remark {
    char transcript_id[ID_TEXT_MAX]; /* "": nowhere yet */
    int64_t timestamp;               /* [ms] since 1970 */
};

struct exchange_input {
    const char *question;
    const struct question *classified; /* NULL: find out */
    const char *provider;              /* NULL: the session's, then the chain */
    const char *model;
    bool eager;
    float confidence;       /* 1 when typed */
    uint64_t speech_end_us; /* 0 when typed */
    uint64_t final_us;      /* 0 when typed or eager */
    const char *replaces;   /* generation id of the question this one takes the place of, or NULL */
    const struct remark *remark; /* what it takes the place of otherwise, or NULL */
};

int exchange_start(struct live *live, const struct exchange_input *in, struct exchange **exchangep,
                   struct errbuf *err);
struct exchange_words {
    const char *question;
    float confidence;
    uint64_t speech_end_us;
    uint64_t final_us;
};
/** The final text is known and means the same: it is stored under these words. Again, with more
 *  of them, when the person went on. */
void exchange_confirm(struct exchange *exchange, const struct exchange_words *words);
/** It was no question after all. */
void exchange_withdraw(struct exchange *exchange);
/** What has been told of it, once more. */
struct live_event exchange_started(const struct exchange *exchange);
struct live_event exchange_outlined(const struct exchange *exchange);
struct live_event exchange_delta(const struct exchange *exchange, const char *text, size_t len);
bool exchange_running(const struct exchange *exchange);
void exchange_free(struct exchange *exchange);

/** The current question if it still is the one of this generation; else NULL. */
struct exchange *live_current(struct live *live, const char *generation_id);

/** Keep what is known of an unfinished utterance and free the speaker now. */
void speaker_give_up(struct speaker *speaker);

/** Store words that want no answer, or those of a socket that vanished: in the row of remark, which
 * is made when it has none. */
struct remark_words {
    const char *text;
    float confidence;
    bool candidate;
};
void live_keep_remark(struct live *live, const struct remark_words *words, struct remark *remark);

#endif
