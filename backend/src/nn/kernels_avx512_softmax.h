/**
 * @file nn/kernels_avx512_softmax.h  From scores to softmax weights, as 16-bit integers
 *
 * Private to kernels_avx512_self.c. A tile is the scores of some rows against 16 * P keys. Its
 * weights are relative to the row's largest score in that tile, which the caller corrects for.
 */
#ifndef NN_KERNELS_AVX512_SOFTMAX_H
#define NN_KERNELS_AVX512_SOFTMAX_H

#include "nn/kernels_avx512.h"

enum { TOP_P = 8191 }; /* weight of the largest score */

static const float LOG2_TOP_P = 12.9998239f;
static const float LEAST_POWER = -24; /* as a power of two; a smaller weight vanishes beside
                                         TOP_P */

/* 2^x to 3e-5 for LEAST_POWER <= x < 128. A smaller x counts as LEAST_POWER, because denormal
 * results would cost a hundred cycles each. With x = k/32 + r, k an integer: 2^(k % 32 / 32) from a
 * table, times 2^(k / 32), times 1 + r ln 2, fitted to the interval. The table holds floats minus
 * (k % 32) << 18, so that adding k << 18 sets the exponent. */
static const uint32_t powers[32] __attribute__((aligned(64))) = {
    0x3f8000f6, 0x3f7ece82, 0x3f7dabc4, 0x3f7c9915, 0x3f7b96ce, 0x3f7aa54b, 0x3f79c4eb, 0x3f78f60e,
    0x3f783915, 0x3f778e64, 0x3f76f664, 0x3f76717b, 0x3f760015, 0x3f75a2a0, 0x3f75598c, 0x3f75254a,
    0x3f75064f, 0x3f74fd12, 0x3f750a0f, 0x3f752dc0, 0x3f7568a5, 0x3f75bb41, 0x3f762618, 0x3f76a9b2,
    0x3f77469a, 0x3f77fd5e, 0x3f78ce8f, 0x3f79bac0, 0x3f7ac28a, 0x3f7be686, 0x3f7d2754, 0x3f7e8594};

NN_INLINE __m512 exp2_ps(__m512 x)
{
    const __m512 round = _mm512_set1_ps(0x1.8p18f); /* adding it rounds to multiples of 1/32 */
    __m512 within = _mm512_max_ps(x, _mm512_set1_ps(LEAST_POWER));
    __m512 near = _mm512_add_ps(within, round);
    __m512 r = _mm512_sub_ps(within, _mm512_sub_ps(near, round));
    __m512i k = _mm512_castps_si512(near);
    __m512i power =
        _mm512_permutex2var_epi32(_mm512_load_si512(powers), k, _mm512_load_si512(powers + 16));

    power = _mm512_add_epi32(power, _mm512_slli_epi32(k, 18));
    return _mm512_mul_ps(_mm512_castsi512_ps(power),
                         _mm512_fmadd_ps(r, _mm512_set1_ps(0.69313364f), _mm512_set1_ps(1.0f)));
}

/* The largest scores of four rows. */
NN_INLINE void tops_of_four(const float *scores, float *tops, const int P)
{
    __m512 top[4];

    NN_UNROLL
    for (int i = 0; i < 4; i++) {
        top[i] = _mm512_load_ps(scores + i * 16 * P);
        NN_UNROLL
        for (int k = 1; k < P; k++)
            top[i] = _mm512_max_ps(top[i], _mm512_load_ps(scores + 16 * (i * P + k)));
    }
    store_quarters(tops, fold(top, true));
}

/* Turns the scores of a row into integer weights relative to the largest, `most`; returns their sum
 * in 16 lanes. */
NN_INLINE __m512 weigh_row(const float *scores, float scale, float most, uint8_t *to, const int P)
{
    __m512 by = _mm512_set1_ps(scale);
    __m512 from = _mm512_fnmadd_ps(_mm512_set1_ps(most), by, _mm512_set1_ps(LOG2_TOP_P));
    __m512i e[NN_PANELS_MAX], sum = _mm512_setzero_si512();

    NN_UNROLL
    for (int k = 0; k < P; k++)
        e[k] =
            _mm512_cvtps_epi32(exp2_ps(_mm512_fmadd_ps(_mm512_load_ps(scores + 16 * k), by, from)));
    NN_UNROLL
    for (int k = 0; k < P; k += 2) {
        e[k] = _mm512_packs_epi32(e[k], e[k + 1]);
        dot16(&sum, e[k], _mm512_set1_epi16(1));
        _mm512_store_si512(to + 32 * k, e[k]);
    }
    return _mm512_cvtepi32_ps(sum);
}

/* Softmax weights of a tile of keys; all pointers are into the work memory. */
struct weighing {
    const float *scores; /* [rows][16 * panels] */
    const float *scales; /* of the queries */
    uint8_t *weights;
    size_t row;         /* distance between rows of those [bytes] */
    float *tops, *sums; /* one per row */
};

/* Four rows at a time; rows after the last hold whatever was there. All largest scores are found
 * first, because each later step depends on one. */
NN_INLINE void weigh_rows(const struct weighing *w, int rows, const int P)
{
    for (int i = 0; i < rows; i += 4)
        tops_of_four(w->scores + i * 16 * P, w->tops + i, P);
    for (int i = 0; i < rows; i += 4) {
        __m512 sum[4];

        NN_UNROLL
        for (int k = 0; k < 4; k++)
            sum[k] = weigh_row(w->scores + (i + k) * 16 * P, w->scales[i + k], w->tops[i + k],
                               w->weights + (size_t)(i + k) * w->row, P);
        store_quarters(w->sums + i, fold(sum, false));
    }
}

#endif
