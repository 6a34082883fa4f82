/**
 * @file fuzz/whisper_file.c  Model files: any bytes are parsed or refused, never more
 *
 * The input stands behind a fixed beginning (header, filters, vocabulary) when its first byte is
 * odd, so that tensors are reached; else it is the whole file.
 */
#include "asr/whisper/vocab.h"

#include <stdlib.h>
#include <string.h>

enum { FILTERS = 80 * 201 };

static size_t beginning(uint8_t *to)
{
    static const int32_t fields[] = {51864, 1500, 32, 2, 1, 448, 32, 2, 1, 80, 1};
    static const int32_t filters[] = {80, 201};
    static const int32_t vocab[] = {1, 1};
    uint8_t *p = to;

    memcpy(p, "lmgg", 4);
    memcpy(p + 4, fields, sizeof(fields));
    p += 4 + sizeof(fields);
    memcpy(p, filters, sizeof(filters));
    p += sizeof(filters);
    memset(p, 0, FILTERS * 4);
    p += FILTERS * 4;
    memcpy(p, vocab, sizeof(vocab));
    p += sizeof(vocab);
    *p++ = 'a';
    return (size_t)(p - to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct whisper_file *f = NULL;
    struct whisper_vocab *v = NULL;
    struct errbuf err;
    uint8_t *all;
    size_t n = 0;

    if (size < 1)
        return 0;
    all = malloc(size + 200 + FILTERS * 4);
    if (data[0] & 1)
        n = beginning(all);
    memcpy(all + n, data + 1, size - 1);
    if (!whisper_file_parse(&f, all, n + size - 1, &err)) {
        if (!whisper_vocab_open(&v, f, &err))
            whisper_vocab_close(v);
        whisper_file_close(f);
    }
    free(all);
    return 0;
}
