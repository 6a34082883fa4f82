/**
 * @file asr/whisper/mel.c  Log-mel spectrogram; see mel.h
 *
 * Four frames are transformed at once, one in each lane of a vector (audio/fft.h).
 */
#include "asr/whisper/mel.h"

#include "asr/whisper/file.h"
#include "audio/fft.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    LANES = FFT_LANES,
    BINS = WHISPER_FFT_BINS,
    REFLECT = WHISPER_FRAME / 2, /* samples put before the first one */
    FRAMES_STEP = 512,           /* memory grows by at least this many frames */
};

struct whisper_mel_bank {
    int n_mels;
    float window[WHISPER_FRAME];
    struct fft_plan fft;
    int *first;     /* [n_mels] first bin with a weight */
    int *count;     /* [n_mels] */
    float *weights; /* [n_mels][BINS] */
};

/* ---- bank --------------------------------------------------------------------------------- */

static void note_bands(struct whisper_mel_bank *b)
{
    for (int i = 0; i < b->n_mels; i++) {
        const float *w = b->weights + (size_t)i * BINS;
        int lo = 0;
        int hi = BINS;

        while (lo < hi && w[lo] == 0.0f)
            lo++;
        while (hi > lo && w[hi - 1] == 0.0f)
            hi--;
        b->first[i] = lo;
        b->count[i] = hi - lo;
    }
}

int whisper_mel_bank_open(struct whisper_mel_bank **bp, const float *filters, int n_mels,
                          struct errbuf *why)
{
    size_t n = (size_t)n_mels;
    struct whisper_mel_bank *b = calloc(1, sizeof(*b));

    if (!b)
        return err_set(why, UV_ENOMEM, "not enough memory for the mel filters");
    b->n_mels = n_mels;
    b->first = calloc(n, sizeof(int));
    b->count = calloc(n, sizeof(int));
    b->weights = malloc(n * BINS * sizeof(float));
    if (!b->first || !b->count || !b->weights) {
        whisper_mel_bank_close(b);
        return err_set(why, UV_ENOMEM, "not enough memory for the mel filters");
    }
    memcpy(b->weights, filters, n * BINS * sizeof(float));
    note_bands(b);
    fft_plan_init(&b->fft, WHISPER_FRAME);
    for (int i = 0; i < WHISPER_FRAME; i++) {
        double angle = 2.0 * M_PI * i / WHISPER_FRAME;

        b->window[i] = (float)(0.5 - 0.5 * cos(angle));
    }
    *bp = b;
    return 0;
}

void whisper_mel_bank_close(struct whisper_mel_bank *b)
{
    if (!b)
        return;
    free(b->first);
    free(b->count);
    free(b->weights);
    free(b);
}

/* ---- blocks of frames ---------------------------------------------------------------------- */

/* Four frames: pcm[lane] points to 400 samples; out[lane] to n_mels logarithms. */
static void four_frames(const struct whisper_mel_bank *b, const float *const *pcm,
                        float *const *out)
{
    fft_vec x[WHISPER_FRAME], power[BINS];

    for (int i = 0; i < WHISPER_FRAME; i++)
        for (int lane = 0; lane < LANES; lane++)
            x[i][lane] = pcm[lane][i] * b->window[i];
    fft_power(&b->fft, x, power);
    for (int band = 0; band < b->n_mels; band++) {
        const float *w = b->weights + (size_t)band * BINS + b->first[band];
        const fft_vec *p = power + b->first[band];
        fft_vec sum = {0.0f};

        for (int i = 0; i < b->count[band]; i++)
            sum += w[i] * p[i];
        for (int lane = 0; lane < LANES; lane++)
            out[lane][band] = log10f(sum[lane] > 1e-10f ? sum[lane] : 1e-10f);
    }
}

/* n frames of contiguous audio, WHISPER_HOP apart. */
static void many_frames(const struct whisper_mel_bank *b, const float *pcm, size_t n, float *logs)
{
    size_t width = (size_t)b->n_mels;
    float waste[128];

    for (size_t i = 0; i < n; i += LANES) {
        const float *from[LANES];
        float *to[LANES];

        for (size_t lane = 0; lane < LANES; lane++) {
            bool real = i + lane < n;

            from[lane] = pcm + (real ? i + lane : i) * WHISPER_HOP;
            to[lane] = real ? logs + (i + lane) * width : waste;
        }
        four_frames(b, from, to);
    }
}

/* ---- audio as it arrives ------------------------------------------------------------------ */

void whisper_mel_init(struct whisper_mel *m, const struct whisper_mel_bank *bank)
{
    memset(m, 0, sizeof(*m));
    m->bank = bank;
    m->n_mels = bank->n_mels;
    m->max = -INFINITY;
}

void whisper_mel_clear(struct whisper_mel *m)
{
    m->frames = m->samples = m->tail_len = 0;
    m->max = -INFINITY;
}

void whisper_mel_release(struct whisper_mel *m)
{
    free(m->logs);
    free(m->tail);
    memset(m, 0, sizeof(*m));
}

static int reserve_frames(struct whisper_mel *m, size_t n)
{
    size_t cap = m->cap ? m->cap : FRAMES_STEP;
    float *logs;

    while (cap < m->frames + n)
        cap *= 2;
    if (cap == m->cap)
        return 0;
    logs = realloc(m->logs, cap * (size_t)m->n_mels * sizeof(float));
    if (!logs)
        return UV_ENOMEM;
    m->logs = logs;
    m->cap = cap;
    return 0;
}

static float largest(const float *x, size_t n, float max)
{
    float lane[16];
    size_t i = 0;

    for (size_t k = 0; k < 16; k++)
        lane[k] = max;
    for (; i + 16 <= n; i += 16) {
        for (size_t k = 0; k < 16; k++)
            lane[k] = x[i + k] > lane[k] ? x[i + k] : lane[k];
    }
    for (size_t k = 0; k < 16; k++)
        max = lane[k] > max ? lane[k] : max;
    for (; i < n; i++)
        max = x[i] > max ? x[i] : max;
    return max;
}

/* Mirrors samples 1..200 before sample 0; missing ones count as zero. The tail then begins with the
 * reflection. Done as soon as those samples are known. */
static void reflect_start(const float *pcm, size_t n, float *to)
{
    for (size_t i = 0; i < REFLECT; i++)
        to[i] = REFLECT - i < n ? pcm[REFLECT - i] : 0.0f;
}

enum { CHUNK = 64 * WHISPER_HOP }; /* samples taken into the tail at a time */

static int ensure_tail(struct whisper_mel *m)
{
    if (!m->tail)
        m->tail = malloc((REFLECT + WHISPER_FRAME + CHUNK) * sizeof(float));
    return m->tail ? 0 : UV_ENOMEM;
}

/* Turns the whole frames in the tail into logarithms. */
static int drain(struct whisper_mel *m)
{
    size_t n = m->tail_len < WHISPER_FRAME ? 0 : (m->tail_len - WHISPER_FRAME) / WHISPER_HOP + 1;
    float *logs;

    if (!n || m->samples <= REFLECT)
        return 0;
    if (reserve_frames(m, n))
        return UV_ENOMEM;
    logs = m->logs + m->frames * (size_t)m->n_mels;
    many_frames(m->bank, m->tail, n, logs);
    m->max = largest(logs, n * (size_t)m->n_mels, m->max);
    m->frames += n;
    m->tail_len -= n * WHISPER_HOP;
    memmove(m->tail, m->tail + n * WHISPER_HOP, m->tail_len * sizeof(float));
    return 0;
}

/* The first REFLECT samples of the tail are kept free until the samples to mirror are known. */
static int take_samples(struct whisper_mel *m, const float *pcm, size_t n)
{
    if (ensure_tail(m))
        return UV_ENOMEM;
    if (!m->samples)
        m->tail_len = REFLECT;
    memcpy(m->tail + m->tail_len, pcm, n * sizeof(float));
    m->tail_len += n;
    if (m->samples <= REFLECT && m->samples + n > REFLECT)
        reflect_start(m->tail + REFLECT, m->samples + n, m->tail);
    m->samples += n;
    return drain(m);
}

int whisper_mel_feed_float(struct whisper_mel *m, const float *pcm, size_t n)
{
    int err = 0;

    if (m->samples + n > (size_t)WHISPER_MEL_SECONDS_MAX * WHISPER_RATE)
        return UV_ENOBUFS;
    while (n && !err) {
        size_t step = n < CHUNK - WHISPER_FRAME ? n : CHUNK - WHISPER_FRAME;

        err = take_samples(m, pcm, step);
        pcm += step;
        n -= step;
    }
    return err;
}

int whisper_mel_feed(struct whisper_mel *m, const int16_t *pcm, size_t n)
{
    float buf[1024];
    int err = 0;

    while (n && !err) {
        size_t step = n < 1024 ? n : 1024;

        for (size_t i = 0; i < step; i++)
            buf[i] = (float)pcm[i] * (1.0f / 32768.0f);
        err = whisper_mel_feed_float(m, buf, step);
        pcm += step;
        n -= step;
    }
    return err;
}

void whisper_mel_forget(struct whisper_mel *m, size_t n)
{
    size_t width = (size_t)m->n_mels;

    m->frames -= n;
    m->samples -= n * WHISPER_HOP;
    memmove(m->logs, m->logs + n * width, m->frames * width * sizeof(float));
    m->max = largest(m->logs, m->frames * width, -INFINITY);
}

/* ---- windows ------------------------------------------------------------------------------ */

enum { CUT_MAX = 6 }; /* more than the number of frames that the end of the audio can cut */

/* Logarithms of the frames that the end of the audio cuts. Returns how many. */
static size_t cut_frames(const struct whisper_mel *m, float *logs)
{
    float pcm[CUT_MAX * WHISPER_HOP + WHISPER_FRAME] = {0.0f};
    size_t n = (m->tail_len + WHISPER_HOP - 1) / WHISPER_HOP;

    if (!m->samples)
        return 0;
    memcpy(pcm, m->tail, m->tail_len * sizeof(float));
    if (m->samples <= REFLECT) /* so short that even the mirror image is incomplete */
        reflect_start(m->tail + REFLECT, m->samples, pcm);
    many_frames(m->bank, pcm, n, logs);
    return n;
}

/* In runs of 16, which divide n_mels of every model and vectorise well. */
static void finish_frame(const float *restrict logs, int n_mels, float floor, float *restrict out)
{
    for (int i = 0; i < n_mels; i += 16) {
        for (int k = i; k < i + 16; k++)
            out[k] = ((logs[k] > floor ? logs[k] : floor) + 4.0f) * 0.25f;
    }
}

void whisper_mel_window(const struct whisper_mel *m, size_t first, size_t n, float *out)
{
    size_t width = (size_t)m->n_mels;
    float cut[CUT_MAX * 128];
    float silence[128];
    size_t n_cut = cut_frames(m, cut);
    float max = largest(cut, n_cut * width, m->max > -10.0f ? m->max : -10.0f);

    for (size_t i = 0; i < width; i++)
        silence[i] = -10.0f;
    for (size_t i = first; i < first + n; i++, out += width) {
        const float *logs = silence;

        if (i < m->frames)
            logs = m->logs + i * width;
        else if (i < m->frames + n_cut)
            logs = cut + (i - m->frames) * width;
        finish_frame(logs, m->n_mels, max - 8.0f, out);
    }
}

size_t whisper_mel_length(const struct whisper_mel *m)
{
    return m->samples < REFLECT ? 0 : 1 + (m->samples - REFLECT) / WHISPER_HOP;
}
