/**
 * @file fuzz/ear_result.c  What the recogniser's process may say after it was taken over
 *
 * The input is a stream of frames; each is read as a result and as a failure.
 */
#include "asr/pocketsphinx/wire.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ear_result *r)
{
    if (r->res.stable > strlen(r->res.text) || r->res.word_count > EAR_WORDS_MAX)
        abort();
    if (!(r->res.confidence >= 0 && r->res.confidence <= 1) || r->voice_len > EAR_VOICE_MAX)
        abort();
    for (size_t i = 0; i < r->res.word_count; i++) {
        const struct asr_word *w = &r->res.words[i];

        if (!w->text[0] || !utf8_valid(w->text, strlen(w->text)) || w->end_ms < w->start_ms ||
            !(w->confidence >= 0 && w->confidence <= 1))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ear_result result;
    struct errbuf err = {""};
    struct frame f;
    int64_t used;

    while ((used = frame_parse(data, size, &f)) > 0) {
        if ((size_t)used > size)
            abort();
        if (!ear_result_read(&result, &f))
            check(&result);
        if (ear_fail_read(&f, &err) >= 0)
            abort();
        data += used;
        size -= (size_t)used;
    }
    return 0;
}
