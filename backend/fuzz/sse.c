/**
 * @file fuzz/sse.c  Server-sent events: the same events however the bytes are cut
 */
#include "net/sse.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(const char *event, const char *text, size_t len, void *arg)
{
    uint64_t *hash = arg;

    for (; *event; event++)
        *hash = *hash * 31 + (uint8_t)*event;
    for (size_t i = 0; i < len; i++)
        *hash = *hash * 31 + (uint8_t)text[i];
    *hash = *hash * 31 + 1;
}

static uint64_t run(const uint8_t *data, size_t size, size_t piece)
{
    uint64_t hash = 0;
    struct sse s;

    sse_init(&s);
    for (size_t i = 0; i < size; i += piece) {
        size_t n = size - i < piece ? size - i : piece;

        if (sse_feed(&s, (const char *)data + i, n, add, &hash))
            break;
    }
    sse_release(&s);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size && run(data, size, size) != run(data, size, 1))
        abort();
    return 0;
}
