/**
 * @file audio/spectrum.c  The power spectrum for voice activity detection
 */
#include "audio/spectrum.h"

#include <math.h>

void spectrum_plan_init(struct spectrum_plan *plan)
{
    double turn = 2 * M_PI / SPECTRUM_N;

    for (int i = 0; i < SPECTRUM_N; i++)
        plan->window[i] = (float)((1 - cos(turn * (i + 0.5))) * 2 / SPECTRUM_N);
    fft_plan_init(&plan->fft, SPECTRUM_N);
}

void spectrum_power(const struct spectrum_plan *plan, const float x[static SPECTRUM_N],
                    float power[static SPECTRUM_BINS])
{
    fft_vec frame[SPECTRUM_N];
    fft_vec powers[SPECTRUM_BINS];

    for (int i = 0; i < SPECTRUM_N; i++)
        frame[i] = (fft_vec){x[i] * plan->window[i]};
    fft_power(&plan->fft, frame, powers);
    for (int k = 0; k < SPECTRUM_BINS; k++)
        power[k] = powers[k][0];
}
