/**
 * @file nn/kernels_q12.c  f16 weights in 12 bits: writing and reading the layout
 *
 * The layout is described in kernels_isa.h. Loops are written so that the compiler vectorises them:
 * a model has up to a billion of these weights.
 */
#include "nn/kernels_isa.h"

#include <string.h>

enum {
    PLACES = 8,       /* words of a row of a block; three of each, for four columns */
    OFFSET = 1 << 12, /* makes the value positive before rounding */
};

/* Converts a half to a float without a branch; slow below 2^-14, but such values are rare. Infinity
 * becomes 65536 and NaN something larger: meaningless weights stay meaningless, but nothing
 * overflows. */
static float half_float(uint16_t half)
{
    union {
        uint32_t u;
        float f;
    } v = {.u = (half & 0x7fffu) << 13}, scaled;

    scaled.f = v.f * 0x1p112f;
    scaled.u |= (uint32_t)(half & 0x8000u) << 16;
    return scaled.f;
}

/* The smallest f16 scale with which the largest weight of a block is at most NN_TOP_12. */
static uint16_t scale_of(const uint16_t halves[NN_BLOCK])
{
    int16_t most = 0;
    uint16_t d;
    float top;

    for (int c = 0; c < NN_BLOCK; c++) { /* halves compare like integers */
        int16_t size = halves[c] & 0x7fff;

        most = size > most ? size : most;
    }
    top = half_float((uint16_t)most);
    d = nn_float_to_half(top / NN_TOP_12);
    return nn_half_to_float(d) * NN_TOP_12 < top ? (uint16_t)(d + 1) : d;
}

void nn_q12_put(const uint16_t halves[NN_BLOCK], int r, uint8_t *words, uint16_t *scale)
{
    uint16_t d = scale_of(halves);
    float inverse = d ? 1 / nn_half_to_float(d) : 0;
    int32_t q[NN_BLOCK];

    *scale = d;
    for (int c = 0; c < NN_BLOCK; c++)
        q[c] = (int32_t)(half_float(halves[c]) * inverse + (OFFSET + 0.5f)) - OFFSET;
    for (int p = 0; p < PLACES; p++) { /* column p % 2 of each of four pairs */
        uint8_t *to = words + 192 * (p / 2) + 4 * r + 2 * (p % 2);
        const int32_t *at = q + 8 * (p / 2) + p % 2;

        for (int k = 0; k < 3; k++) {
            uint16_t word =
                (uint16_t)((uint32_t)at[2 * k] << 4 | ((uint32_t)at[6] >> (8 - 4 * k) & 15));

            memcpy(to + 64 * k, &word, sizeof(word));
        }
    }
}

int nn_q12_at(const uint8_t *words, int r, int c)
{
    uint16_t word[3];

    for (int k = 0; k < 3; k++)
        memcpy(&word[k], words + 192 * (c / 8) + 64 * k + 4 * r + 2 * (c % 2), 2);
    if (c % 8 < 6)
        return (int16_t)word[c % 8 / 2] >> 4;
    return (int16_t)(word[0] << 12 | (word[1] & 15) << 8 | (word[2] & 15) << 4) >> 4;
}
