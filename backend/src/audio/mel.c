/**
 * @file audio/mel.c  Mel spectra: the power of audio frames in bands; see mel.h
 */
#include "audio/mel.h"

#include "audio/fft.h"

#include <math.h>
#include <stdlib.h>
#include <uv.h>

struct mel_bank {
    int bands;
    float window[MEL_FRAME];
    struct fft_plan fft;
    int first[MEL_BANDS_MAX]; /* the first bin with a weight */
    int count[MEL_BANDS_MAX];
    float weights[MEL_BANDS_MAX][MEL_BINS];
};

/* The frequency of a step on the scale: 15 steps to 1 kHz, then 27 for each factor of 6.4. */
static double hertz(double step)
{
    return step < 15 ? step * 200 / 3 : 1000 * exp((step - 15) * log(6.4) / 27);
}

static void shape_band(struct mel_bank *b, int band)
{
    double top = 15 + log(8.0) / (log(6.4) / 27); /* the step for 8 kHz */
    double low = hertz(top * band / (b->bands + 1));
    double mid = hertz(top * (band + 1) / (b->bands + 1));
    double high = hertz(top * (band + 2) / (b->bands + 1));

    b->first[band] = -1;
    for (int k = 0; k < MEL_BINS; k++) {
        double f = 8000.0 * k / (MEL_BINS - 1);
        double rise = (f - low) / (mid - low), fall = (high - f) / (high - mid);
        double w = rise < fall ? rise : fall;

        if (w <= 0)
            continue;
        if (b->first[band] < 0)
            b->first[band] = k;
        b->weights[band][b->count[band]++] = (float)(w * 2 / (high - low));
    }
}

int mel_bank_open(struct mel_bank **bp, int bands)
{
    struct mel_bank *b;

    if (bands < 1 || bands > MEL_BANDS_MAX)
        return UV_EINVAL;
    b = calloc(1, sizeof(*b));
    if (!b)
        return UV_ENOMEM;
    b->bands = bands;
    fft_plan_init(&b->fft, MEL_FRAME);
    for (int i = 0; i < MEL_FRAME; i++)
        b->window[i] = (float)(0.5 - 0.5 * cos(2 * M_PI * i / MEL_FRAME));
    for (int band = 0; band < bands; band++)
        shape_band(b, band);
    *bp = b;
    return 0;
}

void mel_bank_close(struct mel_bank *bank)
{
    free(bank);
}

/* Up to four frames at once, starting with the samples of the first. */
static void side_by_side(const struct mel_bank *b, const float *pcm, size_t n, float *out)
{
    fft_vec x[MEL_FRAME], power[MEL_BINS];

    for (size_t i = 0; i < MEL_FRAME; i++) {
        for (size_t lane = 0; lane < FFT_LANES; lane++)
            x[i][lane] = lane < n ? pcm[lane * MEL_HOP + i] * b->window[i] : 0;
    }
    fft_power(&b->fft, x, power);
    for (int band = 0; band < b->bands; band++) {
        const fft_vec *p = power + b->first[band];
        fft_vec sum = {0};

        for (int i = 0; i < b->count[band]; i++)
            sum += b->weights[band][i] * p[i];
        for (size_t lane = 0; lane < n; lane++)
            out[lane * (size_t)b->bands + (size_t)band] = sum[lane];
    }
}

void mel_frames(const struct mel_bank *bank, const float *pcm, size_t n, float *out)
{
    for (size_t i = 0; i < n; i += FFT_LANES) {
        size_t some = n - i < FFT_LANES ? n - i : FFT_LANES;

        side_by_side(bank, pcm + i * MEL_HOP, some, out + i * (size_t)bank->bands);
    }
}
