/**
 * @file fuzz/retry_after.c  Retry-After and x-ratelimit-reset values
 */
#include "llm/driver_internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);

    if (text && llm_retry_ms(text, 1767268800000) > 24u * 3600 * 1000)
        abort();
    free(text);
    return 0;
}
