/**
 * @file live/live_internal.h  Shared by the files of a live interview
 *
 * Private to src/live/.
 *
 *     conversation*.c      how events are handled: one pure step, with a table of phases
 *     live.c               the registry, joining, listeners; takes the step and performs it
 *     exchange.c           one question: asked, its words, its row, what is stored
 *     exchange_answer.c    its answer: the answerer's events, what is told of them
 *     speaker*.c           one speaker's socket: utterances, words, what is told
 *     echo.c               words of another line, picked up from a loudspeaker
 *     lines.c              which page listens, and notifying everybody
 *     recording.c          recording, and notifying everybody
 *     voices.c             whose voices are known in which session
 *     transcript_writer.c  one write after the other
 *     session_context.c    what it needs of its session, loaded on a worker
 *
 * Objects refer to each other by the ids of the conversation. One that is gone is a normal answer:
 * a handler may have closed it meanwhile. Memory is freed at the end of the turn (loop/loop.h).
 */
#ifndef LIVE_LIVE_INTERNAL_H
#define LIVE_LIVE_INTERNAL_H

#include "answer/outline.h"
#include "base/about.h"
#include "base/buffer.h"
#include "ground/memory.h"
#include "live/conversation.h"
#include "live/live.h"
#include "live/recorder.h"
#include "live/transcript_writer.h"

enum {
    WORDS_MAX = 1 << 20, /* longest text of a turn [bytes] */
};

struct live_listener {
    struct live_listener *next;
    struct live *live;
    live_event_fn *on_event;
    void *arg;
    bool closed;
};

/** The parameters of live_ask() while the step is taken. */
struct typed_ask {
    const struct live_ask *ask;
    char *generation_id; /* ID_TEXT_MAX bytes, or NULL */
    struct errbuf *why;
    int err;
};

struct live {
    struct live *next;
    struct live_registry *registry;
    struct session_context context;
    struct user_chain *chain; /* the user's providers; NULL: the operator's */
    struct conversation conversation;
    struct live_listener *listeners;
    struct speaker *speakers;
    struct known_voices *known;
    struct voice_book *voices; /* the known voices, in *known */
    struct exchange *exchanges;
    struct transcript_writer *writer;
    struct loop_timer *tick; /* while words are unwritten */
    bool ticking;
    int discarded; /* of conversation.discarded, already counted */
    struct typed_ask *typed;
    struct live_listener *newcomer;            /* the receiver of DO_CATCH_UP */
    struct recording *recording;               /* NULL: it is not recorded */
    uint64_t lines[CONVERSATION_SPEAKERS_MAX]; /* of the last LIVE_LINES; 0: none */
};

const struct live_deps *live_deps(const struct live *live);

/** Takes a step and performs its actions. false: the event is impossible now (logged). */
bool live_step(struct live *live, const struct conversation_event *event);

/** Answers begun ahead in this session that were not needed. */
int live_discarded(const struct live *live);

/** To every listener, or only to the newcomer. */
void live_tell(struct live *live, const struct live_event *event);

/* ----------------------------------------------------------------- exchange.c */

/** The row of a transcript. */
struct row {
    char transcript_id[ID_TEXT_MAX]; /* "": not stored yet */
    int64_t timestamp;               /* [ms] since 1970 */
};

/** A question and its answer. conversation.h knows which phase it is in. */
struct exchange {
    struct exchange *next;
    struct live *live;
    uint64_t id;
    struct answer *answer; /* NULL once it finished */
    char generation_id[ID_TEXT_MAX];
    struct trace_context trace; /* its span's, from the question on */
    struct row row;
    int number;
    char *question;
    char *heard;   /* NULL: the question itself */
    bool outdated; /* the answer belongs to words that were corrected since */
    float confidence;
    float p;          /* certainty that something is asked */
    struct row aside; /* for the words around it */
    bool ahead;
    bool confirmed;
    uint64_t speech_end_us; /* 0 if typed, or not known yet */
    uint64_t final_us;
    uint64_t speech_ms;
    char audio[RECORDING_URL_MAX]; /* URL of the question's recording; "": none */
    bool spoken;
    enum voice_who who; /* if so */
    float voice;

    /* what was reported of its answer so far */
    bool started;
    bool outlined;
    bool ended;
    char provider[64];
    char model[128];
    struct answer_left *left; /* strings owned */
    size_t left_count;
    enum question_kind kind;
    struct memory_story told;
    struct outline_shown shown;
    struct llm_point *points; /* strings owned */
    size_t point_count;
    struct buf text;
    struct claim unsupported[CLAIMS_MAX]; /* in text */
    size_t unsupported_count;
    enum answer_finish finish; /* these once it has ended */
    char why[ERR_TEXT_MAX];
    int quality;
    struct answer_times times;
    struct live_event event; /* what DO_TELL tells */
};

struct exchange *exchange_find(struct live *live, uint64_t id);
void exchange_perform(struct live *live, const struct conversation_action *action);
void exchange_free(void *exchange);
/** Gives its question other words. false: its words are not final yet. */
bool exchange_correct(struct exchange *exchange, const char *text, const char *heard);

void exchange_happened(struct exchange *exchange, enum conversation_event_kind kind,
                       uint64_t at_us);
struct answer_latency exchange_latency(const struct exchange *exchange);
/** They were corrected after they were recognised. */
bool exchange_has_other_words(const struct exchange *exchange);

/* ---------------------------------------------------------- exchange_answer.c */

/** Handles the answerer's events: an answer_event_fn. */
void exchange_on_answer(const struct answer_event *event, void *exchange);
/** Reports the end of its answer to listeners, metrics and traces. */
void exchange_tell_end(struct exchange *exchange, const struct conversation_action *action);
void exchange_answer_release(struct exchange *exchange);

/** Repeats what was reported of it. */
struct live_event exchange_started(const struct exchange *exchange);
struct live_event exchange_outlined(const struct exchange *exchange);
struct live_event exchange_delta(const struct exchange *exchange, const char *text, size_t len);
struct live_event exchange_checked(const struct exchange *exchange);

/* -------------------------------------------------------------------- lines.c */

/** Room for every line that listens. */
struct lines {
    struct live_line at[CONVERSATION_SPEAKERS_MAX];
};

/** May this page listen? With take_over it replaces the one that does. UV_EBUSY. */
int lines_claim(struct live *live, const char *listener, bool take_over, struct errbuf *why);
/** Tells everybody if the lines that listen have changed. */
void lines_watch(struct live *live);
/** For a newcomer. false: nobody listens. */
bool lines_event(struct live *live, struct lines *lines, struct live_event *event);

/* ---------------------------------------------------------------- recording.c */

struct said_words;

/** Calls gone(arg) when it is complete, which may be long after the interview; first: list of
 *  those. */
int recording_begin(struct live *live, struct recording **first, const char *wording,
                    void (*gone)(void *arg), void *arg, struct errbuf *why);
void recording_stop(struct live *live);
void recording_leave(struct live *live);             /**< The interview ends: nobody is told */
void recording_forget_all(struct recording **first); /**< gone() does not run any more */
bool recording_event(const struct live *live, struct live_event *event); /**< For a newcomer */
void recording_hear(const struct live *live, uint64_t speaker, uint64_t at, const int16_t *pcm,
                    size_t n);
/** URL of the recording of these words, or of their whole turn; NULL: none. */
const char *recording_url(const struct live *live, const struct said_words *words, bool whole,
                          char url[static RECORDING_URL_MAX]);

/* ------------------------------------------------------------------- voices.c */

/** The known voices of a session, valid until the next call of these; NULL: none. */
struct known_voices *known_voices_find(struct known_voices *first, const char *user_id,
                                       const char *session_id);
/** The same, until released; created if needed. NULL: no memory. */
struct known_voices *known_voices_hold(struct known_voices **first, const char *user_id,
                                       const char *session_id);
/** It is kept, for a client that comes back. NULL is allowed. */
void known_voices_release(struct known_voices *k);
struct voice_book *known_voices_book(struct known_voices *k);
/** session_id: NULL for all of the user. */
void known_voices_forget(struct known_voices **first, const char *user_id, const char *session_id);
void known_voices_close(struct known_voices **first);

/* ------------------------------------------------------------------ speaker.c */

/** When something was said [ms] of its line's audio; to_ms 0: unknown. */
struct said_span {
    uint64_t from_ms;
    uint64_t to_ms;
};

/** The words of the event that is being handled. */
struct said_words {
    const char *own;   /* of the utterance */
    const char *whole; /* including those before them in the turn */
    const char *asked; /* the question in them */
    const char *aside; /* the words around it; "": none */
    const char *heard; /* the question with its doubtful words marked; NULL: none are */
    float p;           /* certainty that something is asked */
    struct question question;
    float confidence;
    uint64_t speech_end_us;
    uint64_t final_us;
    uint64_t own_ms;   /* how long they took to say */
    uint64_t whole_ms; /* likewise */
    uint64_t line;     /* the line that heard them */
    struct said_span own_span;
    struct said_span whole_span;
    enum voice_who who;
    float voice; /* likeness to that voice; -1: not recognised by voice */
};

struct speaker *speaker_find(struct live *live, uint64_t id);
const char *speaker_listener(const struct speaker *speaker); /**< "": it has no name */
/** Another page listens in its place; what it has heard is finished and stored. */
void speaker_take_away(struct speaker *speaker);
const struct said_words *speaker_words(const struct speaker *speaker);
/** Current words together with those of their turn. Borrowed until the next call. */
const char *speaker_running_words(struct speaker *speaker);
struct row *speaker_row(struct speaker *speaker);
void speaker_perform(struct live *live, const struct conversation_action *action);
void speaker_tell_error(struct speaker *speaker, enum live_error code, const char *why);
/** Stores what was said so far, and removes the speaker. */
void speaker_give_up(struct speaker *speaker);
/** Removes it from the interview; freed at the end of the turn. */
void speaker_unhook(struct speaker *speaker);

#endif
