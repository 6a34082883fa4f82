/**
 * @file fuzz/ct2.c  CTranslate2's model files: any bytes are converted or refused
 *
 * The input is a model, and its last quarter is the vocabulary besides, which is a file of its own.
 * Held: a refusal has a sentence, and what comes out is not larger
 * than what f16 becomes as f32 and the tables.
 */
#include "models/convert.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count(const void *data, size_t n, void *arg)
{
    (void)data;
    *(size_t *)arg += n;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct convert_source from = {data, size, (const char *)data + size - size / 4, size / 4};
    struct errbuf err = {""};
    size_t bytes = 0;

    if (models_convert(&from, count, &bytes, &err) && !err.text[0])
        abort();
    if (bytes > ((size_t)1 << 20) + 64 * size)
        abort();
    return 0;
}
