/**
 * @file audio/g711.h  G.711, the sound of telephones: a byte a sample, in two laws
 *
 *     g711_decode(G711_MU, bytes, n, pcm);
 *
 * ITU-T Recommendation G.711 (11/1988), tables 1a to 2b: sign, three bits of the segment and four
 * of the step within it; the A-law with its even bits inverted, the µ-law with all of them. 8 kHz.
 *
 * Threads    Any; pure.
 */
#ifndef AUDIO_G711_H
#define AUDIO_G711_H

#include <stddef.h>
#include <stdint.h>

enum g711_law { G711_MU, G711_A };

enum { G711_RATE = 8000 }; /**< [Hz] */

/** n bytes into as many samples of 16 bits, at the full scale of those. */
void g711_decode(enum g711_law law, const unsigned char *bytes, size_t n, int16_t *pcm);

#endif
