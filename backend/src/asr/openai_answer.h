/**
 * @file asr/openai_answer.h  What a transcription service answers, read
 *
 * The bodies of `response_format` `json`, `verbose_json` and `text` (OpenAI API reference, "Create
 * transcription") from whoever speaks that protocol: nothing in them is believed. Behind most such
 * services is a Whisper, and Whisper says things nobody said: what it doubts itself
 * (no_speech_prob, avg_logprob, compression_ratio: Radford et al. 2022, section 4.5), a phrase over
 * and over, the words it was told to expect, notes such as "[BLANK_AUDIO]" or "(upbeat music)", and
 * thanks for watching. None of it is heard here (openai_text.h).
 *
 * Threads    Any; pure.
 * Errors     UV_EPROTO: no transcript; UV_ENOMEM. The answer is empty then.
 * Ownership  openai_answer_release(); a zeroed one is allowed.
 */
#ifndef ASR_OPENAI_ANSWER_H
#define ASR_OPENAI_ANSWER_H

#include "asr/engine.h"

#include <jansson.h>

struct openai_answer {
    char *text; /**< One line, single spaces; "" when nobody spoke */
    struct asr_word *words;
    size_t word_count;
    float confidence; /**< 0..1; 0 when the service does not say */
    char language[ASR_LANGUAGE_MAX];
    json_t *reply;   /* with what the texts of the words were read from */
    char *word_text; /* they themselves, each with its NUL */
};

/** What was asked. */
struct openai_asked {
    const char *language; /**< "" if none; it stands when the answer names none */
    const char *prompt;   /**< Words to expect, "" if none */
    uint32_t audio_ms;    /**< Word times lie within; 0: unknown */
};

int openai_answer_read(struct openai_answer *a, const char *body, size_t len,
                       const struct openai_asked *asked, struct errbuf *why);
void openai_answer_release(struct openai_answer *a);

#endif
