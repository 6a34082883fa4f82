/**
 * @file asr/whisper/kernels_avx512_tile.h  The register tile of integer products
 *
 * Six rows by 64 outputs: 24 integer sums, so that ten loads feed 24 multiplications. The float
 * sums wait in the caller's tile, in cache. Layouts are described in kernels_avx512.h.
 */
#ifndef ASR_WHISPER_KERNELS_AVX512_TILE_H
#define ASR_WHISPER_KERNELS_AVX512_TILE_H

#include "asr/whisper/kernels_avx512.h"

enum { TILE = 6 }; /* rows of the register tile: 6 x 4 sums */

struct int_tile {
    const uint8_t *x; /* first of the tile's rows */
    size_t row;       /* bytes from row to row */
    size_t groups;    /* bytes from a row to its struct wk_group_x */
    struct wk_panels w;
    int steps;      /* of a group */
    int begin, end; /* groups */
    float *y;       /* [rows][16 * P] */
};

WK_INLINE const struct wk_group_x *int_group_of(const struct int_tile *t, int i, int g)
{
    return (const struct wk_group_x *)(const void *)(t->x + (size_t)i * t->row + t->groups) + g;
}

/* acc += R rows from x on times P panels of `steps` steps; two of 16 or four of 8 bits a step. */
WK_INLINE void int_dot(const uint8_t *x, size_t row, const uint8_t *w, int steps,
                       __m512i acc[TILE][WK_PANELS_MAX], const int R, const int P, const int bytes)
{
    WK_UNROLL_2
    for (int q = 0; q < steps; q++, w += 64 * P, x += 4) {
        __m512i b[WK_PANELS_MAX];

        WK_UNROLL
        for (int p = 0; p < P; p++)
            b[p] = _mm512_load_si512(w + 64 * p);
        WK_UNROLL
        for (int i = 0; i < R; i++) {
            __m512i a = _mm512_set1_epi32(load32(x + (size_t)i * row));

            WK_UNROLL
            for (int p = 0; p < P; p++) {
                if (bytes == 1)
                    dot8(&acc[i][p], b[p], a);
                else
                    dot16(&acc[i][p], b[p], a);
            }
        }
    }
}

/* Integer sums of one group. */
WK_INLINE void int_sum_group(const struct int_tile *t, int g, __m512i acc[TILE][WK_PANELS_MAX],
                             const int R, const int P, const int bytes)
{
    WK_UNROLL
    for (int i = 0; i < R; i++) {
        __m512i start = _mm512_set1_epi32(int_group_of(t, i, g)->start);

        WK_UNROLL
        for (int p = 0; p < P; p++)
            acc[i][p] = start;
    }
    int_dot(t->x + (size_t)(g * t->steps * 4), t->row,
            t->w.w + (size_t)g * (size_t)(t->steps * 64 * P), t->steps, acc, R, P, bytes);
}

WK_INLINE void int_tile_of(const struct int_tile *t, const int R, const int P, const int bytes)
{
    for (int g = t->begin; g < t->end; g++) {
        __m512i acc[TILE][WK_PANELS_MAX];
        float *y = t->y;

        int_sum_group(t, g, acc, R, P, bytes);
        WK_UNROLL
        for (int i = 0; i < R; i++) {
            __m512 s = _mm512_set1_ps(int_group_of(t, i, g)->scale);

            WK_UNROLL
            for (int p = 0; p < P; p++, y += 16) {
                __m512 scale = _mm512_mul_ps(s, _mm512_load_ps(t->w.scale + 16 * (g * P + p)));
                __m512 sum = g > 0 ? _mm512_load_ps(y) : _mm512_setzero_ps();

                _mm512_store_ps(y, _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc[i][p]), scale, sum));
            }
        }
    }
}

/* n rows from t->x on, into n rows of t->y. */
WK_INLINE void int_rows_of(struct int_tile t, int n, const int P, const int bytes)
{
    for (; n >= TILE; n -= TILE) {
        int_tile_of(&t, TILE, P, bytes);
        t.x += TILE * t.row;
        t.y += TILE * 16 * P;
    }
    for (; n >= 2; n -= 2) {
        int_tile_of(&t, 2, P, bytes);
        t.x += 2 * t.row;
        t.y += 2 * 16 * P;
    }
    if (n > 0)
        int_tile_of(&t, 1, P, bytes);
}

WK_INLINE size_t int_row_bytes(struct wk_groups g, const int bytes)
{
    return align64((size_t)g.n * ((size_t)(g.cols * bytes) + sizeof(struct wk_group_x)));
}

#endif
