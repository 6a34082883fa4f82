/**
 * @file fuzz/ollama_line.c  One line of Ollama's stream, as cleaned before it is parsed
 */
#include "llm/driver_internal.h"

#include "base/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct llm_chunk chunk;
    struct buf clean;

    buf_init(&clean, 3 * size + 1);
    if (llm_put_clean(&clean, (const char *)data, size) ||
        !utf8_valid(clean.data ? clean.data : "", clean.len))
        abort();
    if (clean.len && ollama_parse_line(clean.data, clean.len, &chunk) == 0) {
        if (chunk.text && !utf8_valid(chunk.text, chunk.len))
            abort();
        llm_chunk_release(&chunk);
    }
    buf_release(&clean);
    return 0;
}
