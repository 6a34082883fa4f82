/**
 * @file audio/features.c  What one 10 ms frame sounds like, for voice activity
 *
 * Band powers over a noise floor by minimum statistics (Martin, "Noise power spectral density
 * estimation based on optimal smoothing and minimum statistics", 2001, without the optimal
 * smoothing), pitch by the simplified inverse filter (Markel, "The SIFT algorithm for fundamental
 * frequency estimation", 1972), and two measures of our own that tell a steady sound from a voice.
 */
#include "audio/features.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { STEADY_BACK = 6 }; /* frames: 60 ms apart, two windows do not overlap */
enum { TOP_BANDS = 5 };   /* bands averaged for snr_db: a fricative fills about as many */

static const float LEVEL_SILENT_DB = -100.0f;
static const float SMOOTHING = 0.6f;    /* of band powers from frame to frame */
static const float POWER_TINY = 1e-12f; /* -120 dB: a lower limit for digital silence */
static const float BAND_UP_DB = 6.0f;

static const float PITCH_OCTAVE_COST = 0.15f;

/* Noise of constant power is this far above its minimum over 1.6 s (measured on white noise), less
 * in a wide band than in a narrow one. */
static const float FLOOR_BIAS_DB = 1.6f;
static const float FLOOR_BIAS_NARROW_DB = 6.6f;

/* Before anything was heard the floor is that of a quiet room with a fair microphone: if a
 * recording begins with a word, that word must not count as noise. */
static const float FLOOR_START_DB = -72.0f;
enum { FLOOR_START_FRAMES = 25 };
enum { WINDOW_FRAMES = 4 }; /* until SPECTRUM_N samples were heard */

/* No speech is below this; it keeps the dither of a silent recording from counting. */
static const float FLOOR_LEAST_DB = -84.0f;

/* Zwicker's critical bands from 100 Hz up. */
static const float band_hz[FEATURE_BANDS + 1] = {100,  200,  300,  400,  510,  630,  770,
                                                 920,  1080, 1270, 1480, 1720, 2000, 2320,
                                                 2700, 3150, 3700, 4400, 5300, 6400, 7700};

static void init_low_pass(float *low)
{
    double sum = 0, cutoff = 1400.0 / 16000;

    for (int i = 0; i < PITCH_TAPS; i++) {
        double t = i - (PITCH_TAPS - 1) / 2.0;
        double w = 0.54 - 0.46 * cos(2 * M_PI * i / (PITCH_TAPS - 1));

        low[i] = (float)(w * sin(2 * M_PI * cutoff * t) / (M_PI * t));
        sum += low[i];
    }
    for (int i = 0; i < PITCH_TAPS; i++)
        low[i] /= (float)sum;
}

void features_init(struct features_state *fs)
{
    memset(fs, 0, sizeof(*fs));
    spectrum_plan_init(&fs->plan);
    init_low_pass(fs->low);
    for (int b = 0; b <= FEATURE_BANDS; b++)
        fs->band_edge_bin[b] = band_hz[b] * SPECTRUM_N / 16000;
    for (int p = 0; p < FLOOR_PARTS; p++) {
        for (int b = 0; b < FEATURE_BANDS; b++)
            fs->part_min[p][b] = INFINITY;
    }
}

static float to_db(float power)
{
    return 10 * log10f(power + POWER_TINY);
}

static float level(const int16_t *pcm)
{
    double sum = 0;

    for (int i = 0; i < FEATURE_FRAME; i++)
        sum += (double)pcm[i] * pcm[i];
    sum /= FEATURE_FRAME * 32768.0 * 32768.0;
    return sum > 1e-10 ? (float)(10 * log10(sum)) : LEVEL_SILENT_DB;
}

/* ---- bands and their noise floor ---- */

static float band_power(const struct features_state *fs, const float *power, int b)
{
    float from = fs->band_edge_bin[b], to = fs->band_edge_bin[b + 1], sum = 0;

    for (int k = (int)ceilf(from); (float)k < to; k++)
        sum += power[k];
    return sum + POWER_TINY;
}

static float floor_bias_db(const struct features_state *fs, int b)
{
    float bins = fs->band_edge_bin[b + 1] - fs->band_edge_bin[b];

    return FLOOR_BIAS_DB + FLOOR_BIAS_NARROW_DB / sqrtf(bins);
}

static void track_floor(struct features_state *fs)
{
    bool filled = fs->frames >= WINDOW_FRAMES; /* before, the window still holds silence */
    unsigned part = (unsigned)(fs->frames / FLOOR_PART_FRAMES % FLOOR_PARTS);

    for (int b = 0; b < FEATURE_BANDS; b++) {
        float least = INFINITY;

        if (!filled || fs->frames % FLOOR_PART_FRAMES == 0 || fs->smooth[b] < fs->part_min[part][b])
            fs->part_min[part][b] = fs->smooth[b];
        for (int p = 0; p < FLOOR_PARTS; p++)
            least = fminf(least, fs->part_min[p][b]);
        fs->floor[b] = to_db(least) + floor_bias_db(fs, b);
        fs->floor[b] = fmaxf(fs->floor[b], FLOOR_LEAST_DB);
        if (fs->frames < FLOOR_START_FRAMES)
            fs->floor[b] = fminf(fs->floor[b], FLOOR_START_DB);
    }
}

/** Mean over the strongest bands of the power above the floor. */
static float top_snr(const struct features_state *fs, int *bands_up)
{
    float top[TOP_BANDS] = {0}, sum = 0;

    *bands_up = 0;
    for (int b = 0; b < FEATURE_BANDS; b++) {
        float snr = fminf(to_db(fs->smooth[b]) - fs->floor[b], 30);

        *bands_up += snr > BAND_UP_DB;
        for (int i = 0; i < TOP_BANDS; i++) {
            if (snr > top[i]) {
                float lower = top[i];

                top[i] = snr;
                snr = lower;
            }
        }
    }
    for (int i = 0; i < TOP_BANDS; i++)
        sum += top[i];
    return sum / TOP_BANDS;
}

static void bands(struct features_state *fs, const float *power, struct features *out)
{
    for (int b = 0; b < FEATURE_BANDS; b++) {
        float now = band_power(fs, power, b);

        fs->smooth[b] = fs->frames == 0 ? now : SMOOTHING * fs->smooth[b] + (1 - SMOOTHING) * now;
    }
    track_floor(fs);
    out->snr_db = top_snr(fs, &out->bands_up);
}

/* ---- steadiness ---- */

/** Correlation of two magnitude spectra (Pearson's). */
static float likeness(const float *a, const float *b)
{
    double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;

    for (int k = 0; k < STEADY_BINS; k++) {
        ma += a[k];
        mb += b[k];
    }
    ma /= STEADY_BINS;
    mb /= STEADY_BINS;
    for (int k = 0; k < STEADY_BINS; k++) {
        ab += (a[k] - ma) * (b[k] - mb);
        aa += (a[k] - ma) * (a[k] - ma);
        bb += (b[k] - mb) * (b[k] - mb);
    }
    return aa > 0 && bb > 0 ? (float)(ab / sqrt(aa * bb)) : 0;
}

static float moving(struct features_state *fs, const float *power)
{
    float *now = fs->spectra[fs->frames % SPECTRA_KEPT];
    const float *then = fs->spectra[(fs->frames + SPECTRA_KEPT - STEADY_BACK) % SPECTRA_KEPT];

    for (int k = 0; k < STEADY_BINS; k++)
        now[k] = sqrtf(power[k + 2]); /* from 62 Hz: below is rumble */
    return 1 - fmaxf(likeness(now, then), 0);
}

static float tonal(const float *power)
{
    float sum = POWER_TINY, best = 0;

    for (int k = 3; k < SPECTRUM_BINS - 2; k++) {
        float peak = power[k - 2] + power[k - 1] + power[k] + power[k + 1] + power[k + 2];

        sum += power[k];
        best = fmaxf(best, peak);
    }
    return fminf(best / sum, 1);
}

/* ---- pitch ---- */

static void decimate(struct features_state *fs)
{
    enum { NEW = FEATURE_FRAME / PITCH_DECIMATION };

    memmove(fs->pitch, fs->pitch + NEW, (PITCH_BUFFER - NEW) * sizeof(*fs->pitch));
    for (int i = 0; i < NEW; i++) {
        const float *from =
            fs->history + SPECTRUM_N - FEATURE_FRAME + (i + 1) * PITCH_DECIMATION - PITCH_TAPS;
        float sum = 0;

        for (int t = 0; t < PITCH_TAPS; t++)
            sum += fs->low[t] * from[t];
        fs->pitch[PITCH_BUFFER - NEW + i] = sum;
    }
}

/** Levinson-Durbin; a[0] is 1. */
static void predictor(const float *x, float *a)
{
    double r[FEATURE_LPC + 1] = {0}, c[FEATURE_LPC + 1] = {1}, error;

    for (int lag = 0; lag <= FEATURE_LPC; lag++) {
        for (int i = lag; i < PITCH_BUFFER; i++)
            r[lag] += (double)x[i] * x[i - lag];
    }
    error = r[0] * 1.0001 + 1e-9; /* -40 dB of white noise: keeps the filter tame */
    for (int m = 1; m <= FEATURE_LPC; m++) {
        double sum = r[m], k, next[FEATURE_LPC + 1];

        for (int i = 1; i < m; i++)
            sum += c[i] * r[m - i];
        k = -sum / error;
        memcpy(next, c, sizeof(next));
        for (int i = 1; i < m; i++)
            next[i] = c[i] + k * c[m - i];
        next[m] = k;
        memcpy(c, next, sizeof(next));
        error *= 1 - k * k;
    }
    for (int i = 0; i <= FEATURE_LPC; i++)
        a[i] = (float)c[i];
}

static void whiten(const float *x, float *e)
{
    float a[FEATURE_LPC + 1];

    predictor(x, a);
    for (int i = 0; i < PITCH_BUFFER; i++) {
        e[i] = 0;
        for (int j = 0; j <= FEATURE_LPC && j <= i; j++)
            e[i] += a[j] * x[i - j];
    }
    for (int i = 0; i < FEATURE_LPC; i++)
        e[i] = 0; /* the filter was filling */
}

/** Normalised cross-correlation of the last PITCH_WINDOW samples with those `lag` before. */
static float similarity(const float *e, int lag)
{
    const float *now = e + PITCH_BUFFER - PITCH_WINDOW, *then = now - lag;
    float ab = 0, aa = 1e-9f, bb = 1e-9f;

    for (int i = 0; i < PITCH_WINDOW; i++) {
        ab += now[i] * then[i];
        aa += now[i] * now[i];
        bb += then[i] * then[i];
    }
    return ab / sqrtf(aa * bb);
}

static void pitch(struct features_state *fs, struct features *out)
{
    float e[PITCH_BUFFER], r[PITCH_LAG_MAX + 2], best = 0;
    int at = 0;

    decimate(fs);
    whiten(fs->pitch, e);
    for (int lag = PITCH_LAG_MIN - 1; lag <= PITCH_LAG_MAX + 1; lag++)
        r[lag] = similarity(e, lag);
    for (int lag = PITCH_LAG_MIN; lag <= PITCH_LAG_MAX; lag++) {
        /* A little in favour of short lags: a period is also similar at twice its length. */
        float value = r[lag] * (1 - PITCH_OCTAVE_COST * (float)lag / PITCH_LAG_MAX);

        if (r[lag] >= r[lag - 1] && r[lag] >= r[lag + 1] && value > best) {
            best = value;
            at = lag;
        }
    }
    out->voicing = at ? fminf(r[at], 1) : 0;
    out->period = 0;
    if (at) {
        float curve = r[at - 1] - 2 * r[at] + r[at + 1];

        out->period = (float)at + (curve < 0 ? 0.5f * (r[at - 1] - r[at + 1]) / curve : 0);
    }
}

void features_push(struct features_state *fs, const int16_t pcm[static FEATURE_FRAME],
                   struct features *out)
{
    float power[SPECTRUM_BINS];

    memmove(fs->history, fs->history + FEATURE_FRAME,
            (SPECTRUM_N - FEATURE_FRAME) * sizeof(*fs->history));
    for (int i = 0; i < FEATURE_FRAME; i++)
        fs->history[SPECTRUM_N - FEATURE_FRAME + i] = (float)pcm[i] / 32768;

    spectrum_power(&fs->plan, fs->history, power);
    out->level_db = level(pcm);
    out->tonal = tonal(power);
    out->moving = moving(fs, power);
    bands(fs, power, out);
    pitch(fs, out);
    fs->frames++;
}
