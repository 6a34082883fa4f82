/**
 * @file nn/kernels_avx512_finish.h  Bias, GELU and residual
 *
 * Private to kernels_avx512*.c; included by the files that finish their tiles themselves.
 */
#ifndef NN_KERNELS_AVX512_FINISH_H
#define NN_KERNELS_AVX512_FINISH_H

#include "nn/kernels_avx512.h"

/*
 * GELU in its tanh form (Hendrycks and Gimpel 2016, section 2): x (1/2 + g(x)) where
 *
 *     g(x) = tanh(sqrt(2/pi) (x + 0.044715 x^3)) / 2     is odd, and practically 1/2 from 4.65 on
 *
 * g is evaluated with quadratics around the multiples of 0.15, interpolated at Chebyshev nodes, in
 * units of that step; the table's index is coefficient, then step. Largest error of GELU: 6e-6,
 * near 2.
 */
enum { NN_GELU_STEPS = 32 };

extern const float nn_gelu_table[3][NN_GELU_STEPS]; /* kernels_avx512.c */

/* Looks up the low five bits of each lane in a table of 32. */
NN_INLINE __m512 look_up(const float *table, __m512i at)
{
    return _mm512_permutex2var_ps(_mm512_load_ps(table), at, _mm512_load_ps(table + 16));
}

NN_INLINE __m512 gelu_ps(__m512 x)
{
    const __m512 round = _mm512_set1_ps(0x1.8p23f); /* adding it rounds to the nearest integer */
    const __m512 steps = _mm512_set1_ps(1 / 0.15f);
    __m512 size = _mm512_abs_ps(x);
    __m512 within = _mm512_min_ps(size, _mm512_set1_ps(4.65f));
    __m512 at = _mm512_fmadd_ps(within, steps, round);
    __m512 r = _mm512_fmsub_ps(within, steps, _mm512_sub_ps(at, round));
    __m512i step = _mm512_castps_si512(at);
    __m512 g = look_up(nn_gelu_table[2], step);

    g = _mm512_fmadd_ps(g, r, look_up(nn_gelu_table[1], step));
    g = _mm512_fmadd_ps(g, r, look_up(nn_gelu_table[0], step));
    return _mm512_fmadd_ps(size, g, _mm512_mul_ps(x, _mm512_set1_ps(0.5f)));
}

NN_INLINE void finish_row(const float *tile, const struct nn_finish *f, int row, const bool gelu)
{
    const float *residual = f->residual ? f->residual + (size_t)row * f->ldr : NULL;
    float *y = f->y + (size_t)row * f->ldy;

    for (int c = 0; c < f->cols; c += 16) {
        __mmask16 m = lanes(f->cols - c);
        __m512 v = _mm512_loadu_ps(tile + c);

        if (f->bias)
            v = _mm512_add_ps(v, _mm512_maskz_loadu_ps(m, f->bias + c));
        if (gelu)
            v = gelu_ps(v);
        if (residual)
            v = _mm512_add_ps(v, _mm512_maskz_loadu_ps(m, residual + c));
        _mm512_mask_storeu_ps(y + c, m, v);
    }
}

/* Finishes rows first .. first + n - 1 of f; rows of the tile are ld apart. */
NN_INLINE void finish_rows(const float *tile, int ld, const struct nn_finish *f, int first, int n)
{
    for (int i = 0; i < n; i++) {
        if (f->gelu)
            finish_row(tile + i * ld, f, first + i, true);
        else
            finish_row(tile + i * ld, f, first + i, false);
    }
}

#endif
