/**
 * @file test/support/sound.c  Synthetic sounds: something like a voice, and noises
 */
#include "support/sound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 16000, FORMANTS = 3 };

static double dice(unsigned *seed) /* -1 ... 1 */
{
    *seed = *seed * 1664525U + 1013904223U;
    return (double)(int32_t)*seed / 2147483648.0;
}

/** Add x scaled to the level. */
static void add(int16_t *pcm, const double *x, size_t n, double db)
{
    double sum = 1e-12, scale;

    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    scale = 32768 * pow(10, db / 20) / sqrt(sum / (double)n);
    for (size_t i = 0; i < n; i++) {
        double v = pcm[i] + x[i] * scale;

        pcm[i] = (int16_t)lrint(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
    }
}

/** Two-pole resonator. */
struct resonator {
    double a, b, y1, y2;
};

static void tune(struct resonator *r, double hz, double width)
{
    double radius = exp(-M_PI * width / RATE);

    r->a = 2 * radius * cos(2 * M_PI * hz / RATE);
    r->b = -radius * radius;
}

static double ring(struct resonator *r, double x)
{
    double y = x + r->a * r->y1 + r->b * r->y2;

    r->y2 = r->y1;
    r->y1 = y;
    return y;
}

static const double vowels[][FORMANTS] = {{730, 1090, 2440}, {270, 2290, 3010}, {300, 870, 2240},
                                          {530, 1840, 2480}, {570, 840, 2410},  {660, 1720, 2410}};

void sound_voice(int16_t *pcm, size_t n, double db, unsigned seed)
{
    struct resonator f[FORMANTS] = {{0}};
    double *x = calloc(n, sizeof(*x)), phase = 0, shift = dice(&seed);
    const double *from = vowels[0], *to = vowels[1];
    size_t syllable = RATE / 4;

    for (size_t i = 0; i < n; i++) {
        double t = (double)i / RATE, part = (double)(i % syllable) / (double)syllable;
        double pitch = 125 * (1 + 0.12 * sin(2 * M_PI * (1.1 * t + shift)) + 0.04 * sin(17 * t));
        double loud = 0.25 + 0.75 * sin(M_PI * part), source = 0;

        if (i % syllable == 0) {
            from = to;
            to = vowels[(unsigned)((dice(&seed) + 1) * 3) % 6];
        }
        phase += pitch / RATE;
        if (phase >= 1) {
            phase -= 1;
            source = 1;
        }
        source += 0.004 * dice(&seed);
        for (int k = 0; k < FORMANTS; k++)
            tune(&f[k], from[k] + (to[k] - from[k]) * part, 60 + 30 * k);
        x[i] = ring(&f[0], source) + 0.6 * ring(&f[1], source) + 0.3 * ring(&f[2], source);
        x[i] *= loud;
        if (i / syllable % 3 == 2 && part < 0.3) /* a hiss at the start of every third syllable */
            x[i] = x[i] * 0.1 + 1.5 * dice(&seed);
    }
    add(pcm, x, n, db);
    free(x);
}

void sound_noise(int16_t *pcm, size_t n, enum sound_colour colour, double db, unsigned seed)
{
    double *x = calloc(n, sizeof(*x)), b[7] = {0};

    for (size_t i = 0; i < n; i++) {
        double w = dice(&seed);

        if (colour == SOUND_PINK) { /* Paul Kellet's three-pole approximation */
            b[0] = 0.99765 * b[0] + w * 0.0990460;
            b[1] = 0.96300 * b[1] + w * 0.2965164;
            b[2] = 0.57000 * b[2] + w * 1.0526913;
            w = b[0] + b[1] + b[2] + w * 0.1848;
        } else if (colour == SOUND_BROWN) {
            w = b[0] = 0.998 * b[0] + w;
        }
        x[i] = w;
    }
    add(pcm, x, n, db);
    free(x);
}

void sound_hum(int16_t *pcm, size_t n, double hz, double db)
{
    double *x = calloc(n, sizeof(*x));

    for (size_t i = 0; i < n; i++) {
        for (int k = 1; k <= 10; k++)
            x[i] += sin(2 * M_PI * hz * k * (double)i / RATE + k) / k;
    }
    add(pcm, x, n, db);
    free(x);
}

void sound_fan(int16_t *pcm, size_t n, double db, unsigned seed)
{
    double *x = calloc(n, sizeof(*x)), low = 0;

    for (size_t i = 0; i < n; i++) {
        double t = (double)i / RATE;

        low = 0.95 * low + dice(&seed);
        x[i] = low * (1 + 0.4 * sin(2 * M_PI * 23 * t)) + sin(2 * M_PI * 115 * t) +
               0.5 * sin(2 * M_PI * 230 * t);
    }
    add(pcm, x, n, db);
    free(x);
}

void sound_typing(int16_t *pcm, size_t n, double peak_db, unsigned seed)
{
    double peak = 32768 * pow(10, peak_db / 20);
    size_t at = RATE / 10;

    while (at + RATE / 20 < n) {
        double ringing = 900 + 600 * dice(&seed);

        for (size_t i = 0; i < RATE / 20; i++) { /* one keystroke: a click and its ringing */
            double t = (double)i / RATE, v = exp(-t * 300) * dice(&seed) +
                                             0.3 * exp(-t * 150) * sin(2 * M_PI * ringing * t);

            pcm[at + i] = (int16_t)fmax(-32768, fmin(32767, pcm[at + i] + v * peak));
        }
        at += (size_t)(RATE * (0.14 + 0.08 * dice(&seed)));
    }
}

void sound_breath(int16_t *pcm, size_t n, double db, unsigned seed)
{
    size_t at = 0, cycle = RATE * 3, length = RATE;

    for (; at + length < n; at += cycle) {
        struct resonator a = {0}, b = {0};
        double *x = calloc(length, sizeof(*x));

        tune(&a, 700, 500);
        tune(&b, 1900, 800);
        for (size_t i = 0; i < length; i++) {
            double w = dice(&seed) * pow(sin(M_PI * (double)i / (double)length), 2);

            x[i] = ring(&a, w) + ring(&b, w);
        }
        add(pcm + at, x, length, db);
        free(x);
    }
}

void sound_chirp(int16_t *pcm, size_t n, double from_hz, double to_hz, double db)
{
    double *x = calloc(n, sizeof(*x)), phase = 0;

    for (size_t i = 0; i < n; i++) {
        phase += 2 * M_PI * (from_hz + (to_hz - from_hz) * (double)i / (double)n) / RATE;
        x[i] = sin(phase);
    }
    add(pcm, x, n, db);
    free(x);
}

void sound_notes(int16_t *pcm, size_t n, double db, unsigned seed)
{
    static const double scale[] = {220, 246.9, 261.6, 293.7, 329.6, 349.2, 392};
    double *x = calloc(n, sizeof(*x)), hz = scale[0];
    size_t note = RATE * 3 / 10;

    for (size_t i = 0; i < n; i++) {
        double t = (double)(i % note) / RATE;

        if (i % note == 0)
            hz = scale[(unsigned)((dice(&seed) + 1) * 3.5) % 7];
        for (int k = 1; k <= 8; k++)
            x[i] += exp(-t * (2 + k)) * sin(2 * M_PI * hz * k * t) / k;
    }
    add(pcm, x, n, db);
    free(x);
}
