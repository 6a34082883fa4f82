/**
 * @file live/asr_session.h  From a socket's frames to utterances, partials, finals and turns
 *
 *     struct asr_session *h;
 *     asr_session_open(&h, hub, &(struct asr_session_params){...}, &handlers, arg, why);
 *     asr_session_feed(h, pcm, n);        // as it arrives, at the client's rate; n is in samples a
 *                                     // channel, channels interleaved
 *     asr_session_stop(h);                // finalises the rest, then on_done
 *     asr_session_close(h);
 *
 * resample -> turns (asr/turn/turn.h) -> recogniser, with the turn events of protocol.md. An
 * utterance that is open when the stream is closed or breaks is reported with the words heard so
 * far: a caller whose socket vanished calls asr_session_stop() and keeps the handlers until on_done
 * (best), or takes asr_session_unfinished() and closes.
 *
 * At the eager end of a turn the recogniser is told to prepare for the end, so that the final needs
 * little more than the hangover; on_turn(TURN_EAGER) carries the text of everything said up to the
 * pause.
 *
 * Threads    Loop thread only; handlers never run from inside asr_session_open().
 * All reported times, including those of words, are in [ms] since the first sample fed.
 *
 * Errors     0 or negative UV_E*; on_error is followed by on_done.
 * Ownership  The caller owns it until asr_session_close(). Events are borrowed.
 */
#ifndef LIVE_ASR_SESSION_H
#define LIVE_ASR_SESSION_H

#include "asr/hub.h"
#include "asr/turn/turn.h"
#include "asr/voices/book.h"

struct asr_session;

struct asr_session_params {
    int sample_rate; /**< 0: 16,000 */
    int channels;    /**< 0: 1 */
    bool push_to_talk;
    struct asr_params asr;
    struct vad_params vad; /**< Zeroed: defaults */
    enum turn_pace pace;
    struct asr_nets *nets;     /**< NULL: none */
    struct voice_book *voices; /**< The known voices; NULL: speakers are not distinguished. Must
                                    outlive the session */
    bool candidate;            /**< Only the candidate speaks here: their voice is learned */
};

enum turn_state { TURN_EAGER, TURN_ENDED, TURN_RESUMED };

struct asr_session_final {
    uint32_t utterance;
    const struct asr_result *result;
    uint64_t start_ms;
    uint64_t end_ms;
    uint64_t speech_end_us; /**< clock_mono_us() when the last voiced sample arrived */
    uint64_t final_us;      /**< ... and when the final did */
    uint64_t latency_ms;    /**< Between the two */
};

struct asr_session_turn {
    uint32_t utterance;
    enum turn_state state; /**< TURN_ENDED comes after the utterance's final */
    const char *text;      /**< Best words known at that moment ("" if none), for eager answers */
    uint64_t end_ms;       /**< Of the utterance so far */
    float p;               /**< Probability that the turn is over; -1: unknown */
};

struct asr_session_handlers {
    void (*on_ready)(const char *engine, const char *model, void *arg);
    /** (optional) Somebody begins to speak; audio_ms: where what is heard of it begins, with what
     *  came just before the voice. */
    void (*on_begin)(uint32_t utterance, uint64_t audio_ms, void *arg);
    /** (optional) Its last voice is over; the final follows. */
    void (*on_end)(uint32_t utterance, uint64_t end_ms, void *arg);
    void (*on_partial)(uint32_t utterance, const struct asr_result *res, uint64_t start_ms,
                       uint64_t end_ms, void *arg);
    void (*on_final)(const struct asr_session_final *final, void *arg);
    void (*on_turn)(const struct asr_session_turn *turn, void *arg);
    void (*on_error)(int err, const char *message, void *arg);
    /** (optional) Worth telling the person, although the line goes on and nothing is lost. */
    void (*on_trouble)(int err, const char *message, void *arg);
    /** (optional) The audio, 16 kHz mono, as it arrives; at: number of samples before it. */
    void (*on_sound)(uint64_t at, const int16_t *pcm, size_t n, void *arg);
    void (*on_done)(void *arg); /**< After asr_session_stop(): nothing more will be reported */
};

int asr_session_open(struct asr_session **hp, struct asr_hub *hub,
                     const struct asr_session_params *params, const struct asr_session_handlers *h,
                     void *arg, struct errbuf *why);
/** UV_ENOBUFS: the recogniser is ASR_BACKLOG_MAX_MS behind; on_error follows. UV_EPIPE after
 *  asr_session_stop() or an error. */
int asr_session_feed(struct asr_session *h, const int16_t *pcm, size_t n);
void asr_session_end_utterance(struct asr_session *h); /**< Push to talk: the button was released */
void asr_session_stop(struct asr_session *h);

/** The words of an open utterance so far ("" if none): keep them if the socket vanished. Borrowed
 *  until the next call. */
const char *asr_session_unfinished(const struct asr_session *h);
/** Whose voice this utterance is, if known; likeness: -1 if no voice was judged. */
enum voice_who asr_session_who(const struct asr_session *h, uint32_t utterance, float *likeness);
void asr_session_close(struct asr_session *h);

#endif
