/**
 * @file fuzz/traceparent.c  The header of a trace: what is taken is written as it came
 */
#include "base/about.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trace_context t = {.sampled = false};
    char again[TRACE_HEADER_MAX];
    char *text = malloc(size + 1); /* so that reading on is seen */

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (trace_parse(&t, text)) {
        trace_format(&t, again);
        if (!trace_is_set(&t) || strncmp(again + 2, text + 2, TRACE_HEADER_MAX - 6) != 0)
            abort();
    }
    free(text);
    return 0;
}
