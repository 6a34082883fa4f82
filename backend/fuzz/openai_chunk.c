/**
 * @file fuzz/openai_chunk.c  One event of a chat/completions stream, and an error body
 */
#include "llm/driver_internal.h"

#include "base/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct llm_chunk chunk;
    char said[100];

    if (openai_parse_chunk(text, size, &chunk) == 0) {
        if (chunk.text && !utf8_valid(chunk.text, chunk.len))
            abort();
        llm_chunk_release(&chunk);
    }
    llm_error_sentence(text, size, said, sizeof(said));
    return 0;
}
