/**
 * @file asr/openai_answer.h  What a transcription service answers, read
 *
 * The bodies of `response_format` `json` and `verbose_json` (OpenAI API reference, "Create
 * transcription") from whoever speaks that protocol: nothing in them is believed.
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
    char *text; /**< Trimmed */
    struct asr_word *words;
    size_t word_count;
    float confidence; /**< 0..1; 0 when the service does not say */
    char language[ASR_LANGUAGE_MAX];
    json_t *reply; /* owns the texts of the words */
};

/** asked: the language that was asked for, "" if none; it stands when the answer names none. */
int openai_answer_read(struct openai_answer *a, const char *body, size_t len, const char *asked,
                       struct errbuf *err);
void openai_answer_release(struct openai_answer *a);

#endif
