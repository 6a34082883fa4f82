/**
 * @file asr/whisper/transcribe.h  A whole recording of any length
 *
 *     struct whisper_transcript t;
 *
 *     err = whisper_transcribe(&t, decoder, compute, &mel, &params);
 *     ... t.segments, t.text, t.words ...
 *     whisper_transcript_release(&t);
 *
 * Windows of 30 seconds follow each other, each starting at the last timestamp of the one before
 * (Radford et al. 2022, section 3.8; whisper.cpp's whisper_full(), version 1.9.3-dev, whose output
 * this reproduces token for token at temperature 0). The text of a window becomes context of the
 * next.
 *
 * Threads    One owner at a time.
 * Errors     UV_ENOMEM, UV_ECANCELED, UV_EINVAL.
 */
#ifndef ASR_WHISPER_TRANSCRIBE_H
#define ASR_WHISPER_TRANSCRIBE_H

#include "asr/whisper/listen.h"
#include "asr/whisper/words.h"
#include "base/buffer.h"

enum {
    WHISPER_TRANSCRIPT_TEXT_MAX = 4 << 20, /**< [bytes] */
    WHISPER_LAST_WINDOW = 500, /**< A last window shorter than this gets no context [10 ms] */
};

struct whisper_transcribe_params {
    struct whisper_search_params search;
    int audio_ctx;     /**< Encoder positions of a window; 0: all 1500; -1: as many as the audio
                            needs */
    int language;      /**< Index, see whisper_language_find(); -1: detect */
    bool translate;    /**< Into English */
    const int *prompt; /**< (optional) Context tokens before the first window */
    int n_prompt;
    bool words; /**< Find words and their times */
    void (*progress)(double done, void *arg);
    void *arg;
};

struct whisper_transcribe_params whisper_transcribe_defaults(void);

struct whisper_segment {
    int t0; /**< [10 ms] */
    int t1;
    int seek;    /**< Where its window begins */
    size_t text; /**< Where its text begins in .text */
    size_t text_len;
    int first; /**< Index of its first token */
    int n;
    float no_speech;
    float logprob; /**< Mean of its window's tokens */
    float temperature;
};

struct whisper_transcript {
    struct buf text; /**< Bytes of all segments; segments may begin or end within a character */
    struct whisper_segment *segments;
    int n_segments;
    struct whisper_pick *tokens;
    int n_tokens;
    struct whisper_word *words; /**< Times since the beginning, text in .text; first, n: unused */
    int n_words;
    int language;
    int segments_cap, tokens_cap, words_cap;
};

int whisper_transcribe(struct whisper_transcript *t, struct whisper_decoder *d,
                       struct whisper_compute *c, const struct whisper_mel *mel,
                       const struct whisper_transcribe_params *params);
void whisper_transcript_release(struct whisper_transcript *t);

/** The search parameters for the windows of a recording: params->search adapted to the model. */
struct whisper_search_params
whisper_transcribe_search(const struct whisper_model *m,
                          const struct whisper_transcribe_params *params);

/** sot [language task] [no-timestamps]; returns the number of tokens, at most 4. */
int whisper_prompt_init(const struct whisper_vocab *v, int language, bool translate,
                        bool timestamps, int *ids);

#endif
