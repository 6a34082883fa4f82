/**
 * @file asr/openai_answer.h  Reading the answer of a transcription service
 *
 * The bodies of `response_format` `json`, `verbose_json` and `text` (OpenAI API reference, "Create
 * transcription") from any server that speaks the protocol; nothing in them is trusted. Most such
 * services run Whisper, and Whisper hallucinates: text that it doubts itself (no_speech_prob,
 * avg_logprob, compression_ratio: Radford et al. 2022, section 4.5), one phrase over and over, the
 * words it was told to expect, notes such as "[BLANK_AUDIO]" or "(upbeat music)", and thanks for
 * watching. All of that is removed here (openai_text.h).
 *
 * Threads    Any; pure.
 * Errors     UV_EPROTO: not a transcript; UV_ENOMEM. The answer is then empty.
 * Ownership  openai_answer_release(); a zeroed one is allowed.
 */
#ifndef ASR_OPENAI_ANSWER_H
#define ASR_OPENAI_ANSWER_H

#include "asr/engine.h"

#include <jansson.h>

struct openai_answer {
    char *text; /**< One line, single spaces; "" if nobody spoke */
    struct asr_word *words;
    size_t word_count;
    float confidence; /**< 0..1; 0 if the service does not say */
    char language[ASR_LANGUAGE_MAX];
    json_t *reply;   /* what the words' texts were read from */
    char *word_text; /* the texts, each with its NUL */
};

/** What was requested. */
struct openai_asked {
    const char *language; /**< "": none; used if the answer names none */
    const char *prompt;   /**< Words to expect, "" if none */
    uint32_t audio_ms;    /**< Word times must lie within it; 0: unknown */
};

int openai_answer_read(struct openai_answer *a, const char *body, size_t len,
                       const struct openai_asked *asked, struct errbuf *why);
void openai_answer_release(struct openai_answer *a);

#endif
