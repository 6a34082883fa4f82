/**
 * @file nn/kernels_avx512_tile.h  The register tile of integer products
 *
 * Six rows by 64 outputs: 24 integer sums, so that ten loads feed 24 multiplications. Layouts are
 * described in kernels_avx512.h.
 */
#ifndef NN_KERNELS_AVX512_TILE_H
#define NN_KERNELS_AVX512_TILE_H

#include "nn/kernels_avx512.h"

enum { TILE = 6 }; /* rows of the register tile: 6 x 4 sums */

/* acc += R rows from x on times P panels of `steps` steps; a step is two 16-bit or four 8-bit
 * columns. */
NN_INLINE void int_dot(const uint8_t *x, size_t row, const uint8_t *w, int steps,
                       __m512i acc[TILE][NN_PANELS_MAX], const int R, const int P, const int bytes)
{
    NN_UNROLL_2
    for (int q = 0; q < steps; q++, w += 64 * P, x += 4) {
        __m512i b[NN_PANELS_MAX];

        NN_UNROLL
        for (int p = 0; p < P; p++)
            b[p] = _mm512_load_si512(w + 64 * p);
        NN_UNROLL
        for (int i = 0; i < R; i++) {
            __m512i a = _mm512_set1_epi32(load32(x + (size_t)i * row));

            NN_UNROLL
            for (int p = 0; p < P; p++) {
                if (bytes == 1)
                    dot8(&acc[i][p], b[p], a);
                else
                    dot16(&acc[i][p], b[p], a);
            }
        }
    }
}

#endif
