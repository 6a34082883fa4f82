/**
 * @file fuzz/transcription.c  What a transcription service answers
 */
#include "asr/openai_answer.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct openai_answer a;
    struct errbuf err = {""};

    const struct openai_asked asked = {"en", "Kubernetes, Terraform, Go", size % 2 ? 3000 : 0};

    if (openai_answer_read(&a, (const char *)data, size, &asked, &err)) {
        if (!err.text[0] || a.text || a.reply)
            abort();
        return 0;
    }
    if (!(a.confidence >= 0 && a.confidence <= 1) || strlen(a.language) >= ASR_LANGUAGE_MAX)
        abort();
    for (size_t i = 0; i < a.word_count; i++) {
        const struct asr_word *w = &a.words[i];

        if (!w->text[0] || w->end_ms < w->start_ms || (asked.audio_ms && w->end_ms > 3000) ||
            !(w->confidence >= 0 && w->confidence <= 1))
            abort();
        if (i && w->start_ms < a.words[i - 1].start_ms)
            abort();
    }
    if (!utf8_valid(a.text, strlen(a.text)) || strpbrk(a.text, "\r\n\t") || strstr(a.text, "  "))
        abort();
    openai_answer_release(&a);
    return 0;
}
