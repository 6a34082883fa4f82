/**
 * @file fuzz/llm_filter.c  What of a model's output is for people, however it is cut
 */
#include "llm/filter.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** The sum of what comes out of text in pieces of so many bytes. */
static void filtered(const char *text, size_t len, size_t piece, struct buf *sum)
{
    struct llm_filter f;

    llm_filter_init(&f, false);
    for (size_t i = 0; i < len; i += piece) {
        struct buf out;

        buf_init(&out, 1 << 20);
        if (llm_filter_feed(&f, text + i, len - i < piece ? len - i : piece, &out) &
            LLM_FILTER_TAKE_BACK)
            buf_clear(sum);
        buf_append(sum, out.data ? out.data : "", out.len);
        buf_release(&out);
    }
    llm_filter_end(&f, sum);
    llm_filter_release(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct buf whole;
    struct buf cut;

    if (size < 2 || size > 1 << 16)
        return 0;
    buf_init(&whole, 1 << 20);
    buf_init(&cut, 1 << 20);
    filtered(text + 1, size - 1, size, &whole);
    filtered(text + 1, size - 1, 1u + data[0] % 7u, &cut);
    if (whole.len != cut.len || (whole.len && memcmp(whole.data, cut.data, whole.len) != 0))
        abort();
    buf_release(&whole);
    buf_release(&cut);
    return 0;
}
