/**
 * @file fuzz/transcription.c  What a transcription service answers
 */
#include "asr/openai_answer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct openai_answer a;
    struct errbuf err = {""};

    if (openai_answer_read(&a, (const char *)data, size, "en", &err)) {
        if (!err.text[0] || a.text || a.reply)
            abort();
        return 0;
    }
    if (!(a.confidence >= 0 && a.confidence <= 1) || strlen(a.language) >= ASR_LANGUAGE_MAX)
        abort();
    for (size_t i = 0; i < a.word_count; i++) {
        if (!a.words[i].text || a.words[i].end_ms < a.words[i].start_ms)
            abort();
    }
    openai_answer_release(&a);
    return 0;
}
