/**
 * @file live/live_internal.h  What the files of a live interview share
 *
 * Private to src/live/.
 *
 *     conversation*.c      what is done about what happens: one pure step, with a table of phases
 *     live.c               the registry, joining, listeners; takes the step and performs it
 *     exchange.c           one question: asked, its words, its row, what is stored
 *     exchange_answer.c    its answer: the answerer's events, what is told of them
 *     speaker*.c           one speaker's socket: utterances, words, what is told
 *     echo.c               the words of another line, out of a loudspeaker
 *     lines.c              which page listens, and who is told
 *     recording.c          whether it is recorded, and who is told
 *     voices.c             whose voices are known in which session
 *     transcript_writer.c  one write after the other
 *     session_context.c    what a session brings, loaded on a worker
 *
 * Things name each other by the ids of the conversation. One that is gone is a normal answer: a
 * handler may have closed it meanwhile. Memory goes at the end of the turn (loop/loop.h).
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
    WORDS_MAX = 1 << 20, /* longest text that is said in a turn, [bytes] */
};

struct live_listener {
    struct live_listener *next;
    struct live *live;
    live_event_fn *on_event;
    void *arg;
    bool closed;
};

/** What live_ask() asks while the step is taken. */
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
    struct user_chain *chain; /* whose providers answer; NULL: the operator's */
    struct conversation conversation;
    struct live_listener *listeners;
    struct speaker *speakers;
    struct known_voices *known;
    struct voice_book *voices; /* who is known by voice: in *known */
    struct exchange *exchanges;
    struct transcript_writer *writer;
    struct loop_timer *tick; /* while words are unwritten */
    bool ticking;
    int discarded; /* of conversation.discarded are counted */
    struct typed_ask *typed;
    struct live_listener *newcomer;            /* whom DO_CATCH_UP tells */
    struct recording *recording;               /* NULL: it is not recorded */
    uint64_t lines[CONVERSATION_SPEAKERS_MAX]; /* of the last LIVE_LINES; 0: none */
};

const struct live_deps *live_deps(const struct live *live);

/** Take a step and perform what follows. false: it cannot happen now (it is logged). */
bool live_step(struct live *live, const struct conversation_event *event);

/** Answers begun ahead in this session that were not needed. */
int live_discarded(const struct live *live);

/** For every listener, or for the one that has just come. */
void live_tell(struct live *live, const struct live_event *event);

/* ----------------------------------------------------------------- exchange.c */

/** The row of a transcript. */
struct row {
    char transcript_id[ID_TEXT_MAX]; /* "": nowhere yet */
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
    char *heard;   /* NULL: as it stands */
    bool outdated; /* the answer is to words that were corrected since */
    float confidence;
    float p;          /* how surely it is asked */
    struct row aside; /* of what was said around it */
    bool ahead;
    bool confirmed;
    uint64_t speech_end_us; /* 0 when typed, or not known yet */
    uint64_t final_us;
    uint64_t speech_ms;
    char audio[RECORDING_URL_MAX]; /* where its question is heard again; "": nowhere */
    bool spoken;
    enum voice_who who; /* if so */
    float voice;

    /* what was told of its answer so far */
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
/** Give its question other words. false: its words are not final yet. */
bool exchange_correct(struct exchange *exchange, const char *text, const char *heard);

void exchange_happened(struct exchange *exchange, enum conversation_event_kind kind,
                       uint64_t at_us);
struct answer_latency exchange_latency(const struct exchange *exchange);
/** They were corrected since it was heard. */
bool exchange_has_other_words(const struct exchange *exchange);

/* ---------------------------------------------------------- exchange_answer.c */

/** What the answerer tells: an answer_event_fn. */
void exchange_on_answer(const struct answer_event *event, void *exchange);
/** The end of its answer, to listeners, metrics and traces. */
void exchange_tell_end(struct exchange *exchange, const struct conversation_action *action);
void exchange_answer_release(struct exchange *exchange);

/** What has been told of it, once more. */
struct live_event exchange_started(const struct exchange *exchange);
struct live_event exchange_outlined(const struct exchange *exchange);
struct live_event exchange_delta(const struct exchange *exchange, const char *text, size_t len);
struct live_event exchange_checked(const struct exchange *exchange);

/* -------------------------------------------------------------------- lines.c */

/** Room for everybody who is listened to. */
struct lines {
    struct live_line at[CONVERSATION_SPEAKERS_MAX];
};

/** May this page listen? With take_over whoever does now is taken from. UV_EBUSY. */
int lines_claim(struct live *live, const char *listener, bool take_over, struct errbuf *why);
/** Everybody is told when others are listened to than before. */
void lines_watch(struct live *live);
/** For a newcomer. false: nobody is listened to. */
bool lines_event(struct live *live, struct lines *lines, struct live_event *event);

/* ---------------------------------------------------------------- recording.c */

struct said_words;

/** gone(arg) when it is whole, which may be long after the interview; first: list of those. */
int recording_begin(struct live *live, struct recording **first, const char *wording,
                    void (*gone)(void *arg), void *arg, struct errbuf *why);
void recording_stop(struct live *live);
void recording_leave(struct live *live);             /**< The interview ends: nobody is told */
void recording_forget_all(struct recording **first); /**< gone() does not run any more */
bool recording_event(const struct live *live, struct live_event *event); /**< For a newcomer */
void recording_hear(const struct live *live, uint64_t speaker, uint64_t at, const int16_t *pcm,
                    size_t n);
/** Where these words, or all of their turn, are heard again; NULL: nowhere. */
const char *recording_url(const struct live *live, const struct said_words *words, bool whole,
                          char url[static RECORDING_URL_MAX]);

/* ------------------------------------------------------------------- voices.c */

/** What is known of the voices of a session, until the next call of these; NULL: nothing. */
struct known_voices *known_voices_find(struct known_voices *first, const char *user_id,
                                       const char *session_id);
/** The same, until it is released; made when there is nothing yet. NULL: no memory. */
struct known_voices *known_voices_hold(struct known_voices **first, const char *user_id,
                                       const char *session_id);
/** It stays, for a client that comes back. NULL is allowed. */
void known_voices_release(struct known_voices *k);
struct voice_book *known_voices_book(struct known_voices *k);
/** session_id: NULL for all of the user. */
void known_voices_forget(struct known_voices **first, const char *user_id, const char *session_id);
void known_voices_close(struct known_voices **first);

/* ------------------------------------------------------------------ speaker.c */

/** When something was said, in [ms] of its line's sound; to_ms 0: that is not known. */
struct said_span {
    uint64_t from_ms;
    uint64_t to_ms;
};

/** The words of the event that is being taken. */
struct said_words {
    const char *own;   /* of the utterance */
    const char *whole; /* with those before them in the turn */
    const char *asked; /* the question in those */
    const char *aside; /* what was said around it; "": nothing */
    const char *heard; /* the question with what is doubtful in it marked; NULL: nothing is */
    float p;           /* how surely something is asked */
    struct question question;
    float confidence;
    uint64_t speech_end_us;
    uint64_t final_us;
    uint64_t own_ms;   /* how long they took to say */
    uint64_t whole_ms; /* likewise */
    uint64_t line;     /* who heard them */
    struct said_span own_span;
    struct said_span whole_span;
    enum voice_who who;
    float voice; /* likeness with that voice; -1: it was not known by voice */
};

struct speaker *speaker_find(struct live *live, uint64_t id);
const char *speaker_listener(const struct speaker *speaker); /**< "": it has no name */
/** Somebody else listens in its place; what it has heard is finished and kept. */
void speaker_take_away(struct speaker *speaker);
const struct said_words *speaker_words(const struct speaker *speaker);
/** Running words with those of their turn. Borrowed until the next call. */
const char *speaker_running_words(struct speaker *speaker);
struct row *speaker_row(struct speaker *speaker);
void speaker_perform(struct live *live, const struct conversation_action *action);
void speaker_tell_error(struct speaker *speaker, enum live_error code, const char *why);
/** What was said so far is kept, and the speaker is gone. */
void speaker_give_up(struct speaker *speaker);
/** Out of the interview, and its memory with the turn. */
void speaker_unhook(struct speaker *speaker);

#endif
