/**
 * @file audio/resample.c  Any rate and channel count to 16 kHz mono, as it arrives
 *
 * The output sample at time t is a sum of input samples weighted by a Kaiser-windowed sinc whose
 * cut-off lies below the lower of the two Nyquist rates (Kaiser, "Nonrecursive digital filter
 * design using the I0-sinh window function", 1974). The fraction of t between two input samples
 * selects a phase of the filter. If the ratio of the two rates needs only a few phases, all of them
 * are stored and used exactly; else PHASES_MAX of them, with linear interpolation between
 * neighbours.
 */
#include "audio/resample.h"

#include "audio/mixdown.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
    RATE_OUT = 16000,
    CROSSINGS = 24,   /* zero crossings of the sinc on each side: 80 dB within 1.7 kHz */
    PHASES_MAX = 256, /* with interpolation between them: 90 dB */
    BLOCK = 1024,     /* input samples taken at a time */
};

static const double CUTOFF = 0.47;      /* of the lower rate */
static const double KAISER_BETA = 7.86; /* 80 dB: 0.1102 (80 - 8.7) */

struct resampler {
    int channels;
    struct mixdown mixdown;
    bool copy;         /**< Already 16 kHz: the channels are only mixed */
    uint32_t up, down; /**< Output : input rate in lowest terms */
    uint32_t phases;
    bool exact;
    int taps;       /**< Per phase */
    float *filter;  /**< phases + 1 rows of taps */
    float *history; /**< The last taps of input, then a block */
    uint64_t at;    /**< Position of the next output in 1/up input samples from history[0] */
    size_t held;    /**< Samples in history */
};

static double bessel_i0(double x)
{
    double sum = 1, term = 1;

    for (int k = 1; k < 40; k++) {
        term *= x / (2 * k) * x / (2 * k);
        sum += term;
    }
    return sum;
}

static double kernel(double t, double cutoff, double half)
{
    double x = 2 * cutoff * t, w = t / half;
    double sinc = fabs(x) < 1e-9 ? 1 : sin(M_PI * x) / (M_PI * x);

    if (w <= -1 || w >= 1)
        return 0;
    return 2 * cutoff * sinc * bessel_i0(KAISER_BETA * sqrt(1 - w * w)) / bessel_i0(KAISER_BETA);
}

/** Row p weights the taps for an output that is p/phases after the middle input sample. Every row
 *  sums to one, so that silence with a DC offset is unchanged. */
static void design(struct resampler *r, double rate_in)
{
    double cutoff = CUTOFF * (rate_in < RATE_OUT ? 1 : RATE_OUT / rate_in);
    double half = r->taps / 2.0;

    for (uint32_t p = 0; p <= r->phases; p++) {
        float *row = r->filter + (size_t)p * (size_t)r->taps;
        double sum = 0, shift = (double)p / r->phases;

        for (int i = 0; i < r->taps; i++) {
            double value = kernel(i - (r->taps / 2 - 1) - shift, cutoff, half);

            row[i] = (float)value;
            sum += value;
        }
        for (int i = 0; i < r->taps; i++)
            row[i] /= (float)sum;
    }
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

static void shape(struct resampler *r, int rate_in)
{
    uint32_t d = common_divisor((uint32_t)rate_in, RATE_OUT);
    double wider = rate_in > RATE_OUT ? (double)rate_in / RATE_OUT : 1;

    r->up = RATE_OUT / d;
    r->down = (uint32_t)rate_in / d;
    r->exact = r->up <= PHASES_MAX;
    r->phases = r->exact ? r->up : PHASES_MAX;
    r->taps = 2 * (int)ceil(CROSSINGS * wider);
    r->copy = rate_in == RATE_OUT;
}

int resampler_open(struct resampler **rp, int rate_in, int channels)
{
    struct resampler *r;

    if (rate_in < RESAMPLE_RATE_MIN || rate_in > RESAMPLE_RATE_MAX || channels < 1 ||
        channels > RESAMPLE_CHANNELS_MAX)
        return UV_EINVAL;
    r = calloc(1, sizeof(*r));
    if (!r)
        return UV_ENOMEM;
    r->channels = channels;
    shape(r, rate_in);
    r->filter = calloc((size_t)(r->phases + 1) * (size_t)r->taps, sizeof(*r->filter));
    r->history = calloc((size_t)r->taps + BLOCK, sizeof(*r->history));
    if (!r->filter || !r->history) {
        resampler_close(r);
        return UV_ENOMEM;
    }
    design(r, rate_in);
    r->held = (size_t)r->taps / 2 - 1; /* silence before the first sample, so that no delay is
                                          added */
    *rp = r;
    return 0;
}

void resampler_close(struct resampler *r)
{
    if (!r)
        return;
    free(r->filter);
    free(r->history);
    free(r);
}

int resampler_channels(const struct resampler *r)
{
    return r->channels;
}

size_t resampler_room(const struct resampler *r, size_t n)
{
    return (size_t)(((uint64_t)n + (uint64_t)r->taps) * r->up / r->down) + 2;
}

static float mix(struct resampler *r, const int16_t *frame)
{
    int sum = 0;

    if (r->channels == 2)
        return mixdown_stereo(&r->mixdown, frame[0], frame[1]);
    for (int c = 0; c < r->channels; c++)
        sum += frame[c];
    return (float)sum / (float)r->channels;
}

static int16_t to_sample(float value)
{
    if (value > 32767)
        return 32767;
    return value < -32768 ? -32768 : (int16_t)lrintf(value);
}

static float weigh(const float *row, const float *x, int taps)
{
    float sum = 0;

    for (int i = 0; i < taps; i++)
        sum += row[i] * x[i];
    return sum;
}

static float output(const struct resampler *r)
{
    const float *x = r->history + r->at / r->up;
    uint32_t part = (uint32_t)(r->at % r->up);
    float phase, a, b;
    const float *row;

    if (r->exact)
        return weigh(r->filter + (size_t)part * (size_t)r->taps, x, r->taps);
    phase = (float)part * (float)r->phases / (float)r->up;
    row = r->filter + (size_t)phase * (size_t)r->taps;
    a = weigh(row, x, r->taps);
    b = weigh(row + r->taps, x, r->taps);
    return a + (b - a) * (phase - floorf(phase));
}

/** Outputs everything that the history has enough samples for. */
static size_t drain(struct resampler *r, int16_t *out, size_t room)
{
    size_t done = 0, used;

    while (done < room && r->at / r->up + (size_t)r->taps <= r->held) {
        out[done++] = to_sample(output(r));
        r->at += r->down;
    }
    used = (size_t)(r->at / r->up);
    if (used > r->held)
        used = r->held;
    memmove(r->history, r->history + used, (r->held - used) * sizeof(*r->history));
    r->held -= used;
    r->at -= (uint64_t)used * r->up;
    return done;
}

size_t resampler_feed(struct resampler *r, const int16_t *pcm, size_t n, int16_t *out)
{
    size_t done = 0, room = resampler_room(r, n);

    for (size_t i = 0; r->copy && i < n; i++)
        out[i] = to_sample(mix(r, pcm + i * (size_t)r->channels));
    if (r->copy)
        return n;
    while (n > 0) {
        size_t space = (size_t)r->taps + BLOCK - r->held, take = n < space ? n : space;

        for (size_t i = 0; i < take; i++)
            r->history[r->held++] = mix(r, pcm + i * (size_t)r->channels);
        pcm += take * (size_t)r->channels;
        n -= take;
        done += drain(r, out + done, room - done);
    }
    return done;
}

size_t resampler_flush(struct resampler *r, int16_t *out, size_t room)
{
    size_t done = 0, tail = (size_t)r->taps / 2;

    while (!r->copy && tail > 0 && done < room) {
        size_t space = (size_t)r->taps + BLOCK - r->held, take = tail < space ? tail : space;

        memset(r->history + r->held, 0, take * sizeof(*r->history));
        r->held += take;
        tail -= take;
        done += drain(r, out + done, room - done);
    }
    return done;
}
