/**
 * @file asr/whisper/stream.h  Transcribing one speaker while they speak
 *
 *     whisper_stream_open(&s, model, &params, &why);
 *     whisper_stream_begin(s);
 *     whisper_stream_feed(s, pcm, n) ...  whisper_stream_update(s, c, false) ...
 *     whisper_stream_finish(s, c);  ... whisper_stream_heard(s) ...
 *
 * Every update encodes the audio so far, followed by precomputed silence (silence.h), and decodes
 * it with the previous hypothesis as a draft, so only what changed is decoded token by token.
 * Nothing is ever forced: which words are stable is decided by agreement (said.h).
 *
 * A doubtful final is held back. Text that is improbable, repeats itself or does not end is decoded
 * again with the whole window and without a draft. What nobody said (the model's own "no speech",
 * words of a mean confidence below WHISPER_SAID_MIN, notes in brackets) is removed. If a name from
 * the prompt is recognised without certainty, the final is decoded again without names (names.h).
 * finish() has nothing left to do if only silence came after update(.., true): if that is called at
 * each pause, an utterance is decoded once, up to the pause, however long the wait for its end. An
 * utterance longer than a window is cut after a sentence.
 *
 * The result depends on the audio and on where update(.., true) was called, not on how many
 * partials there was time for.
 *
 * Threads    One owner at a time, together with a struct whisper_compute.
 * Errors     UV_ENOMEM; UV_ECANCELED if compute->stop() returned true: the stream is as before the
 *            call and may be updated again.
 */
#ifndef ASR_WHISPER_STREAM_H
#define ASR_WHISPER_STREAM_H

#include "asr/engine.h"
#include "asr/whisper/lead.h"
#include "asr/whisper/names.h"
#include "asr/whisper/said.h"
#include "asr/whisper/tongue.h"
#include "asr/whisper/transcribe.h"

enum {
    WHISPER_STREAM_PROMPT_MAX = 64,   /**< Tokens of vocabulary given as context */
    WHISPER_STREAM_TOKENS_MAX = 8192, /**< Of one utterance */
    WHISPER_STREAM_FIRST = 100,       /**< Frames before the first partial: with less, it would be a
                                           guess */
};

/** Mean confidence of words below which nobody said them, and the same for a single word: tiny
 *  takes a sneeze for "Cute!" at 0.37. None of 100 utterances by people is below. */
#define WHISPER_SAID_MIN       0.30f
#define WHISPER_SAID_ALONE_MIN 0.45f

struct whisper_stream_params {
    int language;      /**< -1: detect it, see tongue.h */
    int pad_ms;        /**< Silence encoded after the audio */
    int lead_frames;   /**< Most frames of lead and utterance together, see lead.h; 0: no lead */
    bool trusting;     /**< Whatever the model writes was said: nothing is decoded again or
                            dropped */
    const int *prompt; /**< Tokens of context that contain names; copied */
    int n_prompt;
    const char *names; /**< Their words, see names.h; copied. NULL: they are not checked */
};

/** A recognised word. */
struct whisper_heard_word {
    size_t text; /**< Offset in .text */
    size_t text_len;
    uint32_t start_ms; /**< From the first sample of the utterance */
    uint32_t end_ms;
    float confidence;
};

struct whisper_heard {
    const char *text; /**< UTF-8, NUL-terminated */
    size_t len;
    size_t stable; /**< Leading bytes that will not change */
    float confidence;
    int language;
    const struct whisper_heard_word *words; /**< Only after finish() */
    size_t n_words;
    struct asr_figures figures; /**< Only for a passage (passage.h) */
};

/** What the stream has done in this utterance, for benchmarks and tests. */
struct whisper_stream_counts {
    int encoded;  /**< Windows */
    int steps;    /**< Decoder runs */
    int drafted;  /**< Tokens offered as drafts */
    int accepted; /**< Draft tokens that were kept */
    int again;    /**< Doubtful finals decoded again with the whole window */
    int beams;    /**< Improbable finals decoded with a beam */
    int dropped;  /**< Finals dropped because nobody said them */
    int unnamed;  /**< Finals decoded without names because a name from the prompt was uncertain */
};

struct whisper_stream;

struct whisper_stream_params whisper_stream_defaults(void);

int whisper_stream_open(struct whisper_stream **sp, const struct whisper_model *m,
                        const struct whisper_stream_params *params, struct errbuf *why);
void whisper_stream_close(struct whisper_stream *s); /**< NULL is allowed */

void whisper_stream_begin(struct whisper_stream *s);
int whisper_stream_feed(struct whisper_stream *s, const int16_t *pcm, size_t n);

/** Process the audio so far. whole: as finish() would, because a pause suggests that it comes
 *  next. */
int whisper_stream_update(struct whisper_stream *s, struct whisper_compute *c, bool whole);
int whisper_stream_finish(struct whisper_stream *s, struct whisper_compute *c);

/** Would update(.., false) have anything to do? Needs no compute. */
bool whisper_stream_has_news(const struct whisper_stream *s);

/** The result of the last update or finish; lives until the next call. */
const struct whisper_heard *whisper_stream_heard(const struct whisper_stream *s);
const struct whisper_stream_counts *whisper_stream_counted(const struct whisper_stream *s);

/** Memory used by this stream [bytes]. */
size_t whisper_stream_bytes(const struct whisper_stream *s);

#endif
