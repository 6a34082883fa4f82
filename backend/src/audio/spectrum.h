/**
 * @file audio/spectrum.h  The power spectrum for voice activity detection
 *
 *     struct spectrum_plan plan;
 *     spectrum_plan_init(&plan);
 *     spectrum_power(&plan, x, power);   // x: SPECTRUM_N samples -> SPECTRUM_BINS powers
 *
 * Threads    The plan is read-only after init.
 */
#ifndef AUDIO_SPECTRUM_H
#define AUDIO_SPECTRUM_H

#include "audio/fft.h"

enum {
    SPECTRUM_N = 512,                   /**< Samples per transform: 32 ms at 16 kHz */
    SPECTRUM_BINS = SPECTRUM_N / 2 + 1, /**< 0 Hz ... 8 kHz in steps of 31.25 Hz */
};

struct spectrum_plan {
    float window[SPECTRUM_N]; /**< Hann, scaled so that a full-scale sine has power about 0 dB */
    struct fft_plan fft;
};

void spectrum_plan_init(struct spectrum_plan *plan);

/** Window x and write |X|^2 for each bin. */
void spectrum_power(const struct spectrum_plan *plan, const float x[static SPECTRUM_N],
                    float power[static SPECTRUM_BINS]);

#endif
