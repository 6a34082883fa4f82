/**
 * @file live/live.h  A live interview: its listeners, its questions, and the answer in progress
 *
 *     session_context_load(&deps, user, session, &context, why);  // worker: loads and unseals
 *     live_join(registry, &context, &live);                       // loop: the one of this session
 *     live_listen(live, on_event, arg, &listener);                // /ws/llm-stream
 *     speaker_open(&id, live, &params, &handlers, arg, why);      // /ws/transcribe
 *     live_ask(live, &ask, why);                                  // typed, or POST llm/generate
 *     live_leave(live);
 *
 * Everybody who joined the same session shares one struct live: all see an answer started by one
 * socket, the words of every speaker (live_event.line) and which lines listen (LIVE_LINES). A
 * question spoken by the interviewer is answered as soon as its turn looks finished; if the final
 * text says something else, that answer is superseded in place. Every exchange is written to the
 * store when its question is known, and again when its answer is complete.
 *
 * Threads    session_context_load() on a worker; everything else on the loop thread.
 * Errors     0 or negative UV_E* with a sentence. session_context_load: UV_ENOENT when the session
 *            is not there or not this user's.
 * Ownership  live_join() takes a reference and live_leave() releases it. A live interview ends when
 *            everybody has left and its last answer is stored.
 */
#ifndef LIVE_LIVE_H
#define LIVE_LIVE_H

#include "answer/answer.h"
#include "asr/hub.h"
#include "base/error.h"
#include "base/id.h"
#include "live/event.h"

struct blob_store;
struct choice;
struct live;
struct live_listener;
struct live_registry;
struct loop;
struct lanes;
struct seal;
struct store;

enum {
    LIVE_PARK_MS = 30000,   /**< How long a speaker waits for its client to come back */
    LIVE_PARKED_MAX = 4,    /**< Parked at the same time; beyond it, the one waiting longest gives
                                 up */
    LIVE_KEY_MIN = 16,      /**< A key must not be guessed by chance, [bytes] */
    LIVE_KEY_MAX = 65,      /**< With its NUL, [bytes] */
    RECORDING_URL_MAX = 96, /**< Where a piece of a recording is heard, with its NUL, [bytes] */
};

struct live_deps {
    struct loop *loop;
    struct lanes *lanes;
    struct store *store;
    const struct seal *seal;
    struct answerer *answerer;
    struct asr_hub *hub;
    struct asr_nets *nets;    /**< NULL: no networks for turns and voices */
    const char *language;     /**< Used if the session has none; NULL: the recogniser's default */
    bool keep;                /**< Write pairs to the store (false: `ask --no-save`) */
    struct blob_store *blobs; /**< NULL: nothing can be recorded */
    int64_t recordings_max;   /**< Most that a user's recordings take together, [bytes] */
    /** When a recording that begins now will be erased [ms since 1970]; called on a worker. */
    int64_t (*recordings_keep_until)(void *arg, const char *user_id, int64_t now);
    void *recordings_arg;
};

int live_registry_open(struct live_registry **rp, const struct live_deps *deps);
/** Interrupts what is running and stores it; calls done when the last write is on disk. */
void live_registry_shutdown(struct live_registry *reg, void (*done)(void *arg), void *arg);
void live_registry_close(struct live_registry *reg);
size_t live_count(const struct live_registry *reg);
/** Calls fn for each running interview; fn must not join or leave one. */
void live_each(const struct live_registry *reg,
               void (*fn)(const char *user_id, const char *session_id, void *arg), void *arg);

/** What an interview needs of its session, loaded from the store and unsealed. */
struct session_context {
    char session_id[ID_TEXT_MAX];
    char user_id[ID_TEXT_MAX];
    char language[16];
    char provider[32]; /**< From the session's metadata; "": the chain */
    char model[128];
    struct choice *choice; /**< The user's choice (answer/choice.h), owned; NULL: none */
    struct profile_index *index;
    char **vocabulary; /**< Names and terms for the recogniser */
    size_t vocabulary_count;
    struct memory *memory;         /**< What was said so far; NULL: nothing was stored */
    int questions;                 /**< Highest question number so far */
    int discarded;                 /**< Answers begun ahead that were not needed, as stored */
    float voice[VOICE_DIMENSIONS]; /**< The candidate's voice, if they chose to keep it */
    uint32_t voice_ms;             /**< Length of speech that it is based on; 0: no stored voice */
};

/** Does not load .choice; its caller does. */
int session_context_load(const struct live_deps *deps, const char *user_id, const char *session_id,
                         struct session_context *context, struct errbuf *why);
void session_context_release(struct session_context *context);

/** Join the interview of context->session_id; moves what it needs out of context. */
int live_join(struct live_registry *reg, struct session_context *context, struct live **livep);
void live_leave(struct live *live);

/** Finds a running interview; NULL if nobody joined it. Takes no reference. */
struct live *live_find(struct live_registry *reg, const char *user_id, const char *session_id);

/** Receives all events of answers. The current answer is repeated from its start, so that a page
 *  that was reloaded in the middle misses nothing. */
int live_listen(struct live *live, live_event_fn *on_event, void *arg, struct live_listener **lp);
void live_unlisten(struct live_listener *listener); /**< NULL is allowed */

/** A stored question, for asking it again in its place. */
struct live_again {
    char transcript_id[ID_TEXT_MAX];
    int number;
    int64_t timestamp;
    uint64_t speech_ms;
    float confidence;
    bool spoken; /**< Said by .who, with likeness .voice */
    enum voice_who who;
    float voice;
    char audio[RECORDING_URL_MAX]; /**< URL of its recording; "": none */
    char *heard;                   /**< What was recognised, whatever the question says now */
};

void live_again_release(struct live_again *again); /**< All zero is allowed */

struct live_ask {
    const char *question;
    const char *provider; /**< NULL: the session's, then the chain */
    const char *model;
    const struct live_again *again; /**< (optional) Replaces this question; keeps its number */
};

/** Asks by hand. A running answer is superseded. generation_id (may be NULL) is set to its id. */
int live_ask(struct live *live, const struct live_ask *ask, char generation_id[ID_TEXT_MAX],
             struct errbuf *why);
bool live_interrupt(struct live *live); /**< Was anything running? */

/** Starts recording what its speakers say; wording: the text that its owner read and agreed to.
 *  LIVE_RECORDING tells everybody once the recording has really begun, and when it ends: because
 *  somebody stopped it, or with the reason. It ends with the interview at the latest. If a
 *  recording is running, nothing changes, and everybody is told again. UV_ENOSYS: recordings are
 *  not supported here. */
int live_record(struct live *live, const char *wording, struct errbuf *why);
void live_stop_recording(struct live *live);

/** The words of a transcript were corrected in the store: the new ones count from now on. number:
 *  of the question that they belong to; 0: none. before: the words so far; heard: as recognised. */
void live_correct(struct live *live, const char *transcript_id, int number, const char *before,
                  const char *text, const char *heard);

/** Learns the candidate's voice in a session from a phrase. It is known at once, in the running
 *  interview and to everybody who joins later. It stays in memory until it is forgotten or 256 more
 *  sessions have come. A new phrase replaces the previous one. UV_ENOMEM. */
int live_teach_voice(struct live_registry *reg, const char *user_id, const char *session_id,
                     const float voice[VOICE_DIMENSIONS], uint32_t ms);
/** Length of the speech that the candidate's voice was learned from there [ms]; 0: unknown. */
uint64_t live_voice_ms(struct live_registry *reg, const char *user_id, const char *session_id);
/** Forgets all voices of the session; NULL: of all sessions of the user. */
void live_forget_voices(struct live_registry *reg, const char *user_id, const char *session_id);

struct speaker_params {
    int sample_rate; /**< [Hz] */
    int channels;
    bool candidate; /**< The candidate speaks: transcribed, not answered */
    bool push_to_talk;
    bool quiet_ready;     /**< No LIVE_LISTENING: the socket has already had one */
    const char *language; /**< NULL: the session's */
    const char *key;      /**< (optional) The client's name for it: see speaker_resume() */
    const char *listener; /**< (optional) Id of the page that listens: of several, only one may */
    bool take_over;       /**< Takes the place of another that listens; otherwise UV_EBUSY */
    struct vad_params vad;
    enum turn_pace pace;
};

struct speaker_handlers {
    live_event_fn *on_event;    /**< LISTENING, PARTIAL, FINAL, TURN, ERROR */
    void (*on_done)(void *arg); /**< Everything said is final and stored */
    void (*on_fatal)(int err, const char *why, void *arg); /**< After LIVE_ERROR */
    /** (optional) Another socket resumed it, or another page listens instead: forget it. */
    void (*on_taken)(void *arg);
};

/** id: identifies it from now on. One that is gone, because the server stops, is a normal
 *  answer. */
int speaker_open(uint64_t *id, struct live *live, const struct speaker_params *params,
                 const struct speaker_handlers *h, void *arg, struct errbuf *why);
int speaker_feed(struct live *live, uint64_t id, const int16_t *pcm, size_t n);
void speaker_stop(struct live *live, uint64_t id); /**< No more audio: on_done follows */

/** At any time; no handler is called any more. What was said is still recognised to its end: a
 *  question is answered and stored, other words of an unfinished utterance are stored as a
 *  remark. */
void speaker_close(struct live *live, uint64_t id);

/** Its socket vanished without a word. With a key the speaker waits LIVE_PARK_MS for
 *  speaker_resume(): an utterance that a bad network interrupted is then still one utterance and
 *  one transcript. Without a key, or if nobody comes back in time, this is speaker_close(). */
void speaker_vanish(struct live *live, uint64_t id);

/** The speaker with this key, for a new socket; 0: none. LIVE_LISTENING comes first and says how
 *  much audio it has, then every final and turn of utterances after `seen` is repeated. Numbers of
 *  utterances and times continue. */
uint64_t speaker_resume(struct live *live, const char *key, uint32_t seen,
                        const struct speaker_handlers *h, void *arg);

/** on_done was called, or would have been while no socket was attached: a speaker may be over by
 *  the time it is resumed. */
bool speaker_finished(struct live *live, uint64_t id);

#endif
