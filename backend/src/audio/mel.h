/**
 * @file audio/mel.h  Mel spectra: the power of audio frames in bands that widen as in human hearing
 *
 *     struct mel_bank *bank;
 *     mel_bank_open(&bank, 80);
 *     mel_frames(bank, pcm, 800, out);          // pcm: 160 * 799 + 400 samples; out: [800][80]
 *     mel_bank_close(bank);
 *
 * A frame is 400 samples at 16 kHz (25 ms) under a periodic Hann window, one every 160 (10 ms).
 * Bands are Slaney's triangles: evenly spaced up to 1 kHz, with equal ratios from there to 8 kHz,
 * of equal area (Slaney, Auditory Toolbox, Interval technical report 1998-010). Values are powers,
 * not logarithms: each network has its own convention for those, and for what comes before the
 * first sample.
 *
 * Threads    A bank is read-only once open.
 */
#ifndef AUDIO_MEL_H
#define AUDIO_MEL_H

#include <stddef.h>

enum {
    MEL_FRAME = 400, /**< [samples] */
    MEL_HOP = 160,   /**< [samples] */
    MEL_BINS = MEL_FRAME / 2 + 1,
    MEL_BANDS_MAX = 128,
};

struct mel_bank;

int mel_bank_open(struct mel_bank **bp, int bands); /**< UV_EINVAL, UV_ENOMEM */
void mel_bank_close(struct mel_bank *bank);         /**< NULL is allowed */

/** n frames of contiguous audio: pcm holds MEL_HOP * (n - 1) + MEL_FRAME samples. */
void mel_frames(const struct mel_bank *bank, const float *pcm, size_t n, float *out);

#endif
