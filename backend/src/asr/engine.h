/**
 * @file asr/engine.h  Speech recognition: what every recogniser provides
 *
 * An engine is a kind of recogniser (a local model, a remote service). A model is loaded once and
 * shared, read-only, by all streams. A stream is one speaker's audio in one interview; it hears
 * one utterance after the other:
 *
 *     load(model) -> open(stream)
 *                 -> { begin -> feed ... partial ... prefetch_final ... -> finish } ... -> close
 *
 * begin() while an utterance is running forgets that utterance.
 *
 * Voice activity and endpointing happen before the engine (audio/vad.h, live/asr_session.h): it
 * is given only speech, with its pre-roll, and is told when an utterance ends.
 *
 * Threads    Every call blocks and is made from a speech worker, never from the loop thread. Calls
 *            for one stream never overlap and stay in order, though not always on the same
 *            thread. Different streams run at the same time on the same model.
 *            asr/hub.h is what the rest of the house calls.
 * Errors     0 or a negative UV_E* code with a sentence. A stream that failed once may be closed
 *            only. UV_ENOBUFS from open: no further stream fits (memory); say so to the person.
 *            UV_ECANCELED: interrupt() was called. Remote engines: UV_ETIMEDOUT, UV_EACCES (key
 *            refused), UV_EAGAIN (rate limit), UV_ECONNREFUSED ...; the hub keeps the audio of the
 *            utterance and hears it again with a local engine.
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
    ASR_SAMPLE_RATE = 16000, /**< Mono, signed 16-bit; the caller resamples. [Hz] */
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

/** How sure a recogniser was of what it wrote down in one go (Radford et al. 2022, section 4.5). */
struct asr_figures {
    bool known;        /**< The engine gives these; otherwise the rest means nothing */
    float logprob;     /**< Mean log-probability of a token */
    float no_speech;   /**< Probability that nobody spoke */
    float compression; /**< Bytes of the text over its bytes after zlib: high, it repeats itself */
    float temperature; /**< At which it was found */
};

struct asr_result {
    const char *text; /**< UTF-8, NUL-terminated; "" when nothing was said */
    size_t stable;    /**< Leading bytes of text that will not change (all of it in a final) */
    float confidence; /**< 0..1; 0 when unknown */
    char language[ASR_LANGUAGE_MAX];
    struct asr_figures figures;
    const char *engine;           /**< That heard it; set by the hub in a final, else NULL */
    const struct asr_word *words; /**< May be NULL in a partial */
    size_t word_count;
};

/** What a model is made from. Fields an engine has no use for are ignored. */
struct asr_model_params {
    const char *path;     /**< Model file or folder; NULL: the engine looks in its usual places */
    const char *data_dir; /**< The program's data folder (downloaded models live below it) */
    const char *url;      /**< Remote engines: base address */
    const char *api_key;  /**< Remote engines; never logged */
    const char *name;     /**< Remote engines: model name; local: wanted size, e.g. "base.en" */
    const char
        *language; /**< The language to be spoken, where it decides between models; NULL: any */
    int threads;   /**< Compute threads for one decode; 0: the engine decides */
    int pad_ms;    /**< Whisper: silence heard behind the audio; 0: the engine decides */
    void *http;    /**< struct http_client *, for remote engines */
    /** (optional) Asked several times a second while a model loads, from the loading thread; true:
     *  nobody wants it any more, and load() returns UV_ECANCELED soon. */
    bool (*stop)(void *arg);
    void *stop_arg;
};

/** What a stream is told about the conversation. Copied by open(). */
struct asr_params {
    const char *language; /**< "en"; NULL or "auto": detect where the engine can */
    const char *const
        *vocabulary; /**< Words and names likely to be said (profile, job description) */
    size_t vocabulary_count;
    bool patient; /**< Nobody is waiting: take the time that the best text needs. No partials, only
                     finals; see asr_engine.passage_ms */
    bool translate;     /**< Into English, where the engine can */
    const char *prompt; /**< (optional) Text that might have come before, for names and style */
};

/** A recogniser. Instances are const and listed in asr/engine.c. */
struct asr_engine {
    const char *name;    /**< As written in settings: "whisper", "pocketsphinx", "openai" */
    bool remote;         /**< Audio leaves the machine: the page says so */
    int workers;         /**< Streams decoded at the same time; 0: one a core. Remote engines wait
                              rather than compute and name a larger number */
    uint32_t pace_ms;    /**< Audio between partials when there is time; 0: no partials */
    uint32_t passage_ms; /**< A patient stream hears best in stretches of up to this length, pauses
                            included, on several streams side by side, one a core. 0: one utterance
                            at a time, on one stream */

    /** Is it usable here? Fills why with what is missing and how to get it. Quick, no loading. */
    bool (*available)(const struct asr_model_params *params, struct errbuf *why);

    int (*load)(struct asr_model **mp, const struct asr_model_params *params, struct errbuf *why);
    void (*unload)(struct asr_model *model);                /**< NULL is allowed */
    const char *(*describe)(const struct asr_model *model); /**< "base.en q5_1", for `ready` */

    /** (optional) Would load() now choose another file than the one this model was loaded from?
     *  With NULL: would it find one at all? */
    bool (*outdated)(const struct asr_model *model, const struct asr_model_params *params);

    /** (optional) Would open() accept these, as far as can be told without opening? Lets a client
     *  be told before anything is said, e.g. UV_ENOTSUP: not this language. */
    int (*accepts)(struct asr_model *model, const struct asr_params *params, struct errbuf *why);
    int (*open)(struct asr_stream **sp, struct asr_model *model, const struct asr_params *params,
                struct errbuf *why);
    int (*begin)(struct asr_stream *stream, struct errbuf *why);
    int (*feed)(struct asr_stream *stream, const int16_t *pcm, size_t n, struct errbuf *why);
    /** (optional) The best text so far. */
    int (*partial)(struct asr_stream *stream, struct asr_result *res, struct errbuf *why);
    /** (optional) The utterance looks finished (a short pause): do now what finish() would have to
     *  do for the audio fed so far, so that finish() has little left. Speech may go on: feed() may
     *  follow, and then nothing of this may be lost or heard twice. The hub calls it once for each
     *  pause, after all audio up to the pause was fed. */
    int (*prefetch_final)(struct asr_stream *stream, struct errbuf *why);
    /** (optional) From any thread: prefetch_final() or finish() is next on this stream. A partial
     *  that is being made is given up, and partial() returns the text of before until then. */
    void (*hurry)(struct asr_stream *stream);
    /** The utterance is over: its text. begin() may follow. */
    int (*finish)(struct asr_stream *stream, struct asr_result *res, struct errbuf *why);
    /** (optional) After a call that succeeded: something that the person should know all the same,
     *  such as an utterance that was heard worse than usual. Told once, copied to `to`; NULL:
     *  nothing. */
    const char *(*note)(struct asr_stream *stream, char *to, size_t size);
    /** (optional) Between utterances, when nothing was heard for a while: give memory back that the
     *  next begin() can get again. */
    void (*rest)(struct asr_stream *stream);
    /** (optional) From any thread: the call that runs on this stream, and every later one, returns
     *  UV_ECANCELED soon. For engines whose calls may take longer than a second. */
    void (*interrupt)(struct asr_stream *stream);
    void (*close)(struct asr_stream *stream); /**< At any point; NULL is allowed */
};

/** The engines that were built in, best first; NULL-terminated. */
extern const struct asr_engine *const asr_engines[];

const struct asr_engine *asr_engine_find(const char *name); /**< NULL if there is none */

#endif
