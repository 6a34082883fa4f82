/**
 * @file asr/whisper/stream.h  One speaker, heard while speaking
 *
 *     whisper_stream_open(&s, model, &params, &err);
 *     whisper_stream_begin(s);
 *     whisper_stream_feed(s, pcm, n) ...  whisper_stream_update(s, c, false) ...
 *     whisper_stream_finish(s, c);  ... whisper_stream_heard(s) ...
 *
 * Every update encodes the audio there is and decodes it with the hypothesis before as a draft, so
 * only what changed is decoded token by token. What two successive hypotheses agree on, up to the
 * beginning of the last word, is stable from then on (LocalAgreement-2: Macháček, Dabre, Bojar,
 * "Turning Whisper into Real-Time Transcription System", 2023, section 3). finish() has nothing
 * left to do when only silence came after the last update. An utterance longer than a window is
 * cut behind words that are stable.
 *
 * Threads    One owner at a time, together with a compute.
 * Errors     UV_ENOMEM; UV_ECANCELED when compute->stop() said so: the stream is as before the
 *            call and may be updated again.
 */
#ifndef ASR_WHISPER_STREAM_H
#define ASR_WHISPER_STREAM_H

#include "asr/whisper/transcribe.h"

enum {
    WHISPER_STREAM_PROMPT_MAX = 64,   /**< Tokens of vocabulary given as context */
    WHISPER_STREAM_TOKENS_MAX = 8192, /**< Of one utterance */
};

struct whisper_stream_params {
    int language;      /**< -1: detect for each utterance */
    int pad_ms;        /**< Silence encoded after the audio */
    bool patient;      /**< Nobody waits: fall back for as long as it takes, within reason */
    const int *prompt; /**< Tokens of context; copied */
    int n_prompt;
};

/** A word of what was heard. */
struct whisper_heard_word {
    size_t text; /**< In .text */
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
};

/** What the stream did so far in this utterance, for benchmarks and tests. */
struct whisper_stream_counts {
    int encoded;  /**< Windows */
    int steps;    /**< Decoder runs */
    int drafted;  /**< Tokens offered as drafts */
    int accepted; /**< Of them kept */
};

struct whisper_stream;

struct whisper_stream_params whisper_stream_defaults(void);

int whisper_stream_open(struct whisper_stream **sp, const struct whisper_model *m,
                        const struct whisper_stream_params *params, struct errbuf *err);
void whisper_stream_close(struct whisper_stream *s); /**< NULL is allowed */

void whisper_stream_begin(struct whisper_stream *s);
int whisper_stream_feed(struct whisper_stream *s, const int16_t *pcm, size_t n);

/** Hear what is there. whole: as finish() would, because a pause suggests that it follows. */
int whisper_stream_update(struct whisper_stream *s, struct whisper_compute *c, bool whole);
int whisper_stream_finish(struct whisper_stream *s, struct whisper_compute *c);

/** What was heard by the last update or finish; lives until the next call. */
const struct whisper_heard *whisper_stream_heard(const struct whisper_stream *s);
const struct whisper_stream_counts *whisper_stream_counted(const struct whisper_stream *s);

/** Memory of this stream, in [bytes]. */
size_t whisper_stream_bytes(const struct whisper_stream *s);

#endif
