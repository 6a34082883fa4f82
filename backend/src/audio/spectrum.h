/**
 * @file audio/spectrum.h  A small real Fourier transform for voice activity
 *
 *     struct spectrum_plan *plan = ...;
 *     spectrum_plan_init(&plan);
 *     spectrum_power(&plan, x, power);   // x: SPECTRUM_N samples -> SPECTRUM_BINS powers
 *
 * Radix-2 decimation in time on half-length complex data (Cooley and Tukey 1965; the packing of
 * a real sequence into a half-length complex one as in Sorensen et al., "Real-valued fast Fourier
 * transform algorithms", 1987).
 *
 * Threads    The plan is read-only after init.
 */
#ifndef AUDIO_SPECTRUM_H
#define AUDIO_SPECTRUM_H

enum {
    SPECTRUM_N = 512,                   /**< Samples a transform: 32 ms at 16 kHz */
    SPECTRUM_BINS = SPECTRUM_N / 2 + 1, /**< 0 Hz ... 8 kHz in steps of 31.25 Hz */
};

struct spectrum_plan {
    float window[SPECTRUM_N]; /**< Hann, scaled so that a full-scale sine has power about 0 dB */
    float cosine[SPECTRUM_N / 2];
    float sine[SPECTRUM_N / 2];
    unsigned short reversed[SPECTRUM_N / 2];
};

void spectrum_plan_init(struct spectrum_plan *plan);

/** Window x and write |X|^2 for each bin. */
void spectrum_power(const struct spectrum_plan *plan, const float x[static SPECTRUM_N],
                    float power[static SPECTRUM_BINS]);

#endif
