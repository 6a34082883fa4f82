/**
 * @file audio/spectrum.c  A small real Fourier transform for voice activity
 */
#include "audio/spectrum.h"

#include <math.h>

enum { HALF = SPECTRUM_N / 2, HALF_LOG2 = 8 };

void spectrum_plan_init(struct spectrum_plan *plan)
{
    double turn = 2 * M_PI / SPECTRUM_N;

    for (int i = 0; i < SPECTRUM_N; i++)
        plan->window[i] = (float)((1 - cos(turn * (i + 0.5))) * 2 / SPECTRUM_N);
    for (int i = 0; i < HALF; i++) {
        unsigned r = 0;

        plan->cosine[i] = (float)cos(turn * i);
        plan->sine[i] = (float)-sin(turn * i);
        for (int b = 0; b < HALF_LOG2; b++)
            r |= ((unsigned)i >> b & 1U) << (HALF_LOG2 - 1 - b);
        plan->reversed[i] = (unsigned short)r;
    }
}

/** In place, length HALF; the plan's tables step by two because they are for SPECTRUM_N. */
static void transform(const struct spectrum_plan *plan, float *re, float *im)
{
    for (int size = 2; size <= HALF; size *= 2) {
        int half = size / 2, step = SPECTRUM_N / size;

        for (int start = 0; start < HALF; start += size) {
            for (int k = 0; k < half; k++) {
                int a = start + k, b = a + half;
                float c = plan->cosine[k * step], s = plan->sine[k * step];
                float tr = re[b] * c - im[b] * s, ti = re[b] * s + im[b] * c;

                re[b] = re[a] - tr;
                im[b] = im[a] - ti;
                re[a] += tr;
                im[a] += ti;
            }
        }
    }
}

void spectrum_power(const struct spectrum_plan *plan, const float x[static SPECTRUM_N],
                    float power[static SPECTRUM_BINS])
{
    float re[HALF], im[HALF];

    for (int i = 0; i < HALF; i++) {
        int at = plan->reversed[i];

        re[at] = x[2 * i] * plan->window[2 * i];
        im[at] = x[2 * i + 1] * plan->window[2 * i + 1];
    }
    transform(plan, re, im);

    power[0] = (re[0] + im[0]) * (re[0] + im[0]);
    power[HALF] = (re[0] - im[0]) * (re[0] - im[0]);
    for (int k = 1; k < HALF; k++) {
        /* Split the packed transform into those of the even and the odd samples. */
        float er = (re[k] + re[HALF - k]) / 2, ei = (im[k] - im[HALF - k]) / 2;
        float odd = (im[k] + im[HALF - k]) / 2, oi = (re[HALF - k] - re[k]) / 2;
        float c = plan->cosine[k], s = plan->sine[k];
        float r = er + odd * c - oi * s, i = ei + odd * s + oi * c;

        power[k] = r * r + i * i;
    }
}
