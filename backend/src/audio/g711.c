/**
 * @file audio/g711.c  G.711, the sound of telephones
 */
#include "audio/g711.h"

/* 14 bits in the Recommendation, its decision values 33 above; the result is 16 bits. */
static int16_t from_mu(unsigned char byte)
{
    unsigned code = (unsigned char)~byte;
    int segment = code >> 4 & 7;
    int value = (((int)(code & 15) << 3) + 132) << segment;

    value -= 132;
    return (int16_t)(code & 0x80 ? -value : value);
}

/* 13 bits in the Recommendation: steps of the first two segments are alike. */
static int16_t from_a(unsigned char byte)
{
    unsigned code = byte ^ 0x55u;
    int segment = code >> 4 & 7;
    int value = ((int)(code & 15) << 4) + 8;

    if (segment)
        value = (value + 256) << (segment - 1);
    return (int16_t)(code & 0x80 ? value : -value);
}

void g711_decode(enum g711_law law, const unsigned char *bytes, size_t n, int16_t *pcm)
{
    for (size_t i = 0; i < n; i++)
        pcm[i] = law == G711_MU ? from_mu(bytes[i]) : from_a(bytes[i]);
}
