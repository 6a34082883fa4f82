/**
 * @file test/unit/whisper_kernels/fixture.h  Random tensors, and what they mean, for kernel tests
 *
 * The dequantisation here is written from the format's description and shares nothing with the
 * code under test.
 */
#ifndef TEST_WHISPER_KERNELS_FIXTURE_H
#define TEST_WHISPER_KERNELS_FIXTURE_H

#include "cmocka_all.h"

#include "asr/whisper/kernels.h"

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

    wk_f32_to_f16(&f, &h, 1);
    memcpy(to, &h, 2);
}

static inline float get_half(const uint8_t *from)
{
    uint16_t h;
    float f;

    memcpy(&h, from, 2);
    wk_f16_to_f32(&h, &f, 1);
    return f;
}

static inline bool has_blocks(enum wk_type type)
{
    return type != WK_F32 && type != WK_F16 && type != WK_S12;
}

/* `count` weights of `type` as they lie in a file; values of about unit size. */
static inline uint8_t *random_tensor(enum wk_type type, size_t count)
{
    size_t bytes = wk_type_bytes(type, count);
    uint8_t *t = malloc(bytes + 1);
    size_t block = has_blocks(type) ? wk_type_bytes(type, WK_BLOCK) : 0;

    for (size_t i = 0; i < bytes; i++)
        t[i] = (uint8_t)(rng() >> 11);
    for (size_t i = 0; i < count && !block; i++) {
        float f = rng_normal();

        if (type == WK_F32)
            memcpy(t + 4 * i, &f, 4);
        else
            put_half(t + 2 * i, f);
    }
    for (size_t at = 0; block && at < bytes; at += block) {
        float unit = type == WK_Q8_0 ? 0.012f : block < 22 ? 0.2f : 0.1f;

        put_half(t + at, unit * (1.0f + 0.5f * rng_normal())); /* sometimes negative */
        if (type == WK_Q4_1 || type == WK_Q5_1)
            put_half(t + at + 2, rng_normal() - 1.5f);
    }
    return t;
}

/* Weight i of a tensor, by the table of the file format. */
static inline float tensor_value(enum wk_type type, const uint8_t *t, size_t i)
{
    const uint8_t *b = t + i / WK_BLOCK * (has_blocks(type) ? wk_type_bytes(type, WK_BLOCK) : 0);
    size_t j = i % WK_BLOCK;
    bool one = type == WK_Q4_1 || type == WK_Q5_1;
    bool five = type == WK_Q5_0 || type == WK_Q5_1;
    const uint8_t *p = b + (one ? 4 : 2);
    uint32_t qh = 0;
    int n;
    float f;

    if (type == WK_F16 || type == WK_S12)
        return get_half(t + 2 * i);
    if (type == WK_F32) {
        memcpy(&f, t + 4 * i, 4);
        return f;
    }
    if (type == WK_Q8_0)
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

static const enum wk_type all_types[] = {WK_F32,  WK_F16,  WK_Q4_0, WK_Q4_1,
                                         WK_Q5_0, WK_Q5_1, WK_Q8_0, WK_S12};
enum { N_TYPES = sizeof(all_types) / sizeof(all_types[0]) };

static inline struct wk *open_kernels(const char *isa, int threads)
{
    struct wk *wk = NULL;

    assert_int_equal(wk_open(&wk, threads, isa, NULL), 0);
    return wk;
}

/* A packed matrix of random weights. */
static inline struct wk_matrix *random_matrix(struct wk *wk, enum wk_type type, int rows, int cols)
{
    uint8_t *tensor = random_tensor(type, (size_t)rows * (size_t)cols);
    struct wk_part part = {.type = type, .data = tensor, .rows = rows};
    struct wk_matrix *m = NULL;

    assert_int_equal(wk_matrix_pack(&m, wk, &part, 1, cols, NULL), 0);
    free(tensor);
    return m;
}

#endif
