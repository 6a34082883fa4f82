/**
 * @file bench/nn_random.h  Weights and rows for timing products: what they hold does not
 * matter
 */
#ifndef BENCH_WHISPER_RANDOM_H
#define BENCH_WHISPER_RANDOM_H

#include "nn/nn.h"

#include <stdio.h>
#include <stdlib.h>

static inline float *random_floats(size_t count)
{
    float *x = nn_floats(count);

    for (size_t i = 0; i < count; i++)
        x[i] = (float)((i * 2654435761u >> 9 & 1023) - 511.5) / 256;
    return x;
}

/* Bytes that are harmless as any type of weight but f32: small, no infinities. */
static inline void *random_bytes(size_t bytes)
{
    uint8_t *data = aligned_alloc(64, (bytes + 63) / 64 * 64);

    for (size_t i = 0; i < bytes; i++)
        data[i] = (uint8_t)(i * 2654435761u >> 13) & 0x3f;
    return data;
}

static inline struct nn_matrix *random_matrix(struct nn *nn, enum nn_type type, int rows, int cols)
{
    size_t count = (size_t)rows * (size_t)cols;
    void *data = type == NN_F32 ? random_floats(count) : random_bytes(nn_type_bytes(type, count));
    struct nn_matrix *m = NULL;
    struct errbuf err;

    if (nn_matrix_pack(&m, nn, &(struct nn_part){type, data, rows}, 1, cols, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    free(data);
    return m;
}

#endif
