/**
 * @file test/unit/nn/fixture.h  Random tensors and their values, for kernel tests
 *
 * The dequantisation here is written from the format's description and shares nothing with the
 * code under test.
 */
#ifndef TEST_WHISPER_KERNELS_FIXTURE_H
#define TEST_WHISPER_KERNELS_FIXTURE_H

#include "cmocka_all.h"

#include "nn/nn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint32_t rng_state = 1;

static inline uint32_t rng(void)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 17;
    rng_state ^= rng_state << 5;
    return rng_state;
}

/* Roughly normal, variance 1. */
static inline float rng_normal(void)
{
    float sum = 0;

    for (int i = 0; i < 12; i++)
        sum += (float)(rng() >> 8) * 0x1p-24f;
    return sum - 6.0f;
}

static inline float *random_floats(size_t count)
{
    float *x = malloc((count + 1) * sizeof(float));

    for (size_t i = 0; i < count; i++)
        x[i] = rng_normal();
    return x;
}

static inline void put_half(uint8_t *to, float f)
{
    uint16_t h;

    nn_f32_to_f16(&f, &h, 1);
    memcpy(to, &h, 2);
}

static inline float get_half(const uint8_t *from)
{
    uint16_t h;
    float f;

    memcpy(&h, from, 2);
    nn_f16_to_f32(&h, &f, 1);
    return f;
}

static inline bool has_blocks(enum nn_type type)
{
    return type != NN_F32 && type != NN_F16 && type != NN_Q12;
}

/* `count` weights of `type` in the layout of a file; values of about unit size. */
static inline uint8_t *random_tensor(enum nn_type type, size_t count)
{
    size_t bytes = nn_type_bytes(type, count);
    uint8_t *t = malloc(bytes + 1);
    size_t block = has_blocks(type) ? nn_type_bytes(type, NN_BLOCK) : 0;

    for (size_t i = 0; i < bytes; i++)
        t[i] = (uint8_t)(rng() >> 11);
    for (size_t i = 0; i < count && !block; i++) {
        float f = rng_normal();

        if (type == NN_F32)
            memcpy(t + 4 * i, &f, 4);
        else
            put_half(t + 2 * i, f);
    }
    for (size_t at = 0; block && at < bytes; at += block) {
        float unit = type == NN_Q8_0 ? 0.012f : block < 22 ? 0.2f : 0.1f;

        put_half(t + at, unit * (1.0f + 0.5f * rng_normal())); /* sometimes negative */
        if (type == NN_Q4_1 || type == NN_Q5_1)
            put_half(t + at + 2, rng_normal() - 1.5f);
    }
    return t;
}

/* Weight i of a tensor, by the table of the file format. */
static inline float tensor_value(enum nn_type type, const uint8_t *t, size_t i)
{
    const uint8_t *b = t + i / NN_BLOCK * (has_blocks(type) ? nn_type_bytes(type, NN_BLOCK) : 0);
    size_t j = i % NN_BLOCK;
    bool one = type == NN_Q4_1 || type == NN_Q5_1;
    bool five = type == NN_Q5_0 || type == NN_Q5_1;
    const uint8_t *p = b + (one ? 4 : 2);
    uint32_t qh = 0;
    int n;
    float f;

    if (type == NN_F16 || type == NN_Q12)
        return get_half(t + 2 * i);
    if (type == NN_F32) {
        memcpy(&f, t + 4 * i, 4);
        return f;
    }
    if (type == NN_Q8_0)
        return get_half(b) * (float)(int8_t)p[j];
    if (five) {
        qh = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        p += 4;
    }
    n = (j < 16 ? p[j] & 15 : p[j - 16] >> 4) + (int)(16 * (qh >> j & 1));
    if (!one)
        n -= five ? 16 : 8;
    return get_half(b) * (float)n + (one ? get_half(b + 2) : 0);
}

static const enum nn_type all_types[] = {NN_F32,  NN_F16,  NN_Q4_0, NN_Q4_1,
                                         NN_Q5_0, NN_Q5_1, NN_Q8_0, NN_Q12};
enum { N_TYPES = sizeof(all_types) / sizeof(all_types[0]) };

static inline struct nn *open_kernels(const char *isa, int threads)
{
    struct nn *nn = NULL;

    assert_int_equal(nn_open(&nn, threads, isa, NULL), 0);
    return nn;
}

/* A packed matrix of random weights. */
static inline struct nn_matrix *random_matrix(struct nn *nn, enum nn_type type, int rows, int cols)
{
    uint8_t *tensor = random_tensor(type, (size_t)rows * (size_t)cols);
    struct nn_part part = {.type = type, .data = tensor, .rows = rows};
    struct nn_matrix *m = NULL;

    assert_int_equal(nn_matrix_pack(&m, nn, &part, 1, cols, NULL), 0);
    free(tensor);
    return m;
}

#endif
