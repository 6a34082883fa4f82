/**
 * @file asr/engine.h  Speech recognition: what every recogniser provides
 *
 * An engine is a kind of recogniser (a local model, a remote service). A model is loaded once and
 * shared, read-only, by all streams. A stream is one speaker's audio in one interview; it
 * recognises one utterance after another:
 *
 *     load(model) -> open(stream)
 *                 -> { begin -> feed ... partial ... prefetch_final ... -> finish } ... -> close
 *
 * begin() while an utterance is running discards that utterance.
 *
 * Voice activity and endpointing happen before the engine (audio/vad.h, live/asr_session.h): the
 * engine gets only speech, with its pre-roll, and is told when an utterance ends.
 *
 * Threads    Every call blocks and is made from a speech worker, never from the loop thread. Calls
 *            for one stream never overlap and stay in order, though not always on the same thread.
 *            Different streams run at the same time on the same model. The rest of the program
 *            calls asr/hub.h.
 * Errors     0 or a negative UV_E* code with a sentence. A stream that failed may only be closed.
 *            UV_ENOBUFS from open: no memory for another stream; tell the person. UV_ECANCELED:
 *            interrupt() was called. Remote engines: UV_ETIMEDOUT, UV_EACCES (key refused),
 *            UV_EAGAIN (rate limit), UV_ECONNREFUSED ...; the hub keeps the audio of the utterance
 *            and gives it to a local engine.
 * Ownership  The caller owns model and stream. Text and words in a result belong to the stream and
 *            live until its next call.
 */
#ifndef ASR_ENGINE_H
#define ASR_ENGINE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ASR_SAMPLE_RATE = 16000, /**< Mono, signed 16-bit; the caller resamples [Hz] */
    ASR_LANGUAGE_MAX = 16,   /**< BCP 47 primary tag and NUL */
};

struct asr_model;
struct asr_stream;

struct asr_word {
    const char *text;
    uint32_t start_ms; /**< From the first sample of the utterance, pre-roll included */
    uint32_t end_ms;
    float confidence; /**< 0..1 */
};

/** How sure a recogniser was of what it decoded in one pass (Radford et al. 2022, section 4.5). */
struct asr_figures {
    bool known;        /**< The engine provides these; otherwise the rest is meaningless */
    float logprob;     /**< Mean log-probability of a token */
    float no_speech;   /**< Probability that nobody spoke */
    float compression; /**< Bytes of the text over its bytes after zlib: a high value means
                            repetition */
    float temperature; /**< Sampling temperature of the result */
};

struct asr_result {
    const char *text; /**< UTF-8, NUL-terminated; "" if nothing was said */
    size_t stable;    /**< Leading bytes of text that will not change (all of it in a final) */
    float confidence; /**< 0..1; 0 if unknown */
    char language[ASR_LANGUAGE_MAX];
    struct asr_figures figures;
    const char *engine;           /**< The engine that recognised it; set by the hub in a final,
                                       else NULL */
    const struct asr_word *words; /**< May be NULL in a partial */
    size_t word_count;
};

/** What a model is made from. An engine ignores the fields that it does not need. */
struct asr_model_params {
    const char *path;     /**< Model file or folder; NULL: the engine looks in its usual places */
    const char *data_dir; /**< The program's data folder (downloaded models live below it) */
    const char *url;      /**< Remote engines: base address */
    const char *api_key;  /**< Remote engines; never logged */
    const char *name;     /**< Remote engines: model name; local: wanted size, e.g. "base.en" */
    const char *language; /**< The language to be spoken, if models differ by language; NULL: any */
    int threads;          /**< Compute threads for one decode; 0: the engine decides */
    int pad_ms;           /**< Whisper: silence appended to the audio; 0: the engine decides */
    void *http;           /**< struct http_client *, for remote engines */
    /** (optional) Called several times a second while a model loads, on the loading thread; true:
     *  the model is no longer wanted, and load() soon returns UV_ECANCELED. */
    bool (*stop)(void *arg);
    void *stop_arg;
};

/** What a stream is told about the conversation. Copied by open(). */
struct asr_params {
    const char *language; /**< "en"; NULL or "auto": detect it if the engine can */
    const char *const
        *vocabulary; /**< Words and names likely to be said (profile, job description) */
    size_t vocabulary_count;
    bool patient;   /**< Nobody is waiting: take the time that the best text needs. Only finals, no
                         partials; see asr_engine.passage_ms */
    bool translate; /**< Translate into English, if the engine can */
    const char *prompt; /**< (optional) Text that could have come before, as a guide for names and
                             style */
};

/** A recogniser. Instances are const and listed in asr/engine.c. */
struct asr_engine {
    const char *name;    /**< As written in settings: "whisper", "pocketsphinx", "openai" */
    bool remote;         /**< Audio leaves the machine: the page says so */
    int workers;         /**< Streams decoded at the same time; 0: one per core. Remote engines wait
                              rather than compute and name a larger number */
    uint32_t pace_ms;    /**< Audio between partials if there is time; 0: no partials */
    uint32_t passage_ms; /**< A patient stream works best on stretches of up to this length, pauses
                              included, with several streams side by side, one per core. 0: one
                              utterance at a time, on one stream */

    /** Can the engine be used here? If not, why says what is missing and how to get it. Quick;
     *  loads nothing. */
    bool (*available)(const struct asr_model_params *params, struct errbuf *why);

    int (*load)(struct asr_model **mp, const struct asr_model_params *params, struct errbuf *why);
    void (*unload)(struct asr_model *model);                /**< NULL is allowed */
    const char *(*describe)(const struct asr_model *model); /**< "base.en q5_1", for `ready` */

    /** (optional) Would load() now choose another file than the one this model was loaded from? If
     *  model is NULL: would it find one at all? */
    bool (*outdated)(const struct asr_model *model, const struct asr_model_params *params);

    /** (optional) Would open() accept these, as far as can be said without opening? Lets a client
     *  know before anything is said, e.g. UV_ENOTSUP: not this language. */
    int (*accepts)(struct asr_model *model, const struct asr_params *params, struct errbuf *why);
    int (*open)(struct asr_stream **sp, struct asr_model *model, const struct asr_params *params,
                struct errbuf *why);
    int (*begin)(struct asr_stream *stream, struct errbuf *why);
    int (*feed)(struct asr_stream *stream, const int16_t *pcm, size_t n, struct errbuf *why);
    /** (optional) The best text so far. */
    int (*partial)(struct asr_stream *stream, struct asr_result *res, struct errbuf *why);
    /** (optional) The utterance looks finished (a short pause): do now what finish() would have to
     *  do for the audio fed so far, so that finish() has little left. Speech may go on: feed() may
     *  follow, and then nothing may be lost or recognised twice. The hub calls this once for each
     *  pause, after feeding all audio up to the pause. */
    int (*prefetch_final)(struct asr_stream *stream, struct errbuf *why);
    /** (optional) From any thread: prefetch_final() or finish() comes next on this stream. A
     *  partial in progress is abandoned, and until then partial() returns the previous text. */
    void (*hurry)(struct asr_stream *stream);
    /** The utterance is over: its text. begin() may follow. */
    int (*finish)(struct asr_stream *stream, struct asr_result *res, struct errbuf *why);
    /** (optional) After a successful call: something that the person should know all the same, such
     *  as an utterance that was recognised less well than usual. Reported once, copied to `to`;
     *  NULL: nothing. */
    const char *(*note)(struct asr_stream *stream, char *to, size_t size);
    /** (optional) Between utterances, after a while of silence: free memory that the next begin()
     *  can allocate again. */
    void (*rest)(struct asr_stream *stream);
    /** (optional) From any thread: the call that is running on this stream, and every later one,
     *  soon returns UV_ECANCELED. For engines whose calls may take longer than a second. */
    void (*interrupt)(struct asr_stream *stream);
    void (*close)(struct asr_stream *stream); /**< At any point; NULL is allowed */
};

/** The engines that are built in, best first; NULL-terminated. */
extern const struct asr_engine *const asr_engines[];

const struct asr_engine *asr_engine_find(const char *name); /**< NULL if there is none */

#endif
