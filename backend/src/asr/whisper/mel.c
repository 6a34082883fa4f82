/**
 * @file asr/whisper/mel.c  Log-mel spectrogram; see mel.h
 *
 * Four frames are transformed at once, one in each lane of a vector. The 400-point real transform
 * is a 200-point complex one (Stockham's self-sorting form, radices 4 5 5 2) over pairs of samples,
 * then the usual separation (Press et al., Numerical Recipes, section 12.3.2).
 */
#include "asr/whisper/mel.h"

#include "asr/whisper/file.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    LANES = 4,
    HALF = WHISPER_FRAME / 2, /* length of the complex transform */
    BINS = WHISPER_FFT_BINS,
    REFLECT = WHISPER_FRAME / 2, /* samples put before the first one */
    FRAMES_STEP = 512,           /* memory grows by so many frames at least */
};

typedef float vec __attribute__((vector_size(16)));

struct whisper_mel_bank {
    int n_mels;
    float window[WHISPER_FRAME];
    float cosine[WHISPER_FRAME]; /* of 2 pi k / 400 */
    float sine[WHISPER_FRAME];
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
                          struct errbuf *err)
{
    size_t n = (size_t)n_mels;
    struct whisper_mel_bank *b = calloc(1, sizeof(*b));

    if (!b)
        return err_set(err, UV_ENOMEM, "not enough memory for the mel filters");
    b->n_mels = n_mels;
    b->first = calloc(n, sizeof(int));
    b->count = calloc(n, sizeof(int));
    b->weights = malloc(n * BINS * sizeof(float));
    if (!b->first || !b->count || !b->weights) {
        whisper_mel_bank_close(b);
        return err_set(err, UV_ENOMEM, "not enough memory for the mel filters");
    }
    memcpy(b->weights, filters, n * BINS * sizeof(float));
    note_bands(b);
    for (int i = 0; i < WHISPER_FRAME; i++) {
        double angle = 2.0 * M_PI * i / WHISPER_FRAME;

        b->cosine[i] = (float)cos(angle);
        b->sine[i] = (float)sin(angle);
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

/* ---- transform of four frames ------------------------------------------------------------- */

struct complex4 {
    vec re, im;
};

/* y = x * exp(-2 pi i k / 200) */
static inline void turn(const struct whisper_mel_bank *b, const struct complex4 *x, int k,
                        struct complex4 *y)
{
    float c = b->cosine[2 * k];
    float s = b->sine[2 * k];
    vec re = x->re * c + x->im * s;

    y->im = x->im * c - x->re * s;
    y->re = re;
}

static void radix2(const struct whisper_mel_bank *b, const struct complex4 *x, struct complex4 *y,
                   int m, int s)
{
    for (int p = 0; p < m; p++) {
        for (int q = 0; q < s; q++) {
            const struct complex4 *a0 = &x[q + s * p];
            const struct complex4 *a1 = &x[q + s * (p + m)];
            struct complex4 *out = &y[q + s * 2 * p];
            struct complex4 d = {a0->re - a1->re, a0->im - a1->im};

            out[0].re = a0->re + a1->re;
            out[0].im = a0->im + a1->im;
            turn(b, &d, p * (HALF / (2 * m)), &out[s]);
        }
    }
}

static void radix4(const struct whisper_mel_bank *b, const struct complex4 *x, struct complex4 *y,
                   int m, int s)
{
    for (int p = 0; p < m; p++) {
        int w = p * (HALF / (4 * m));

        for (int q = 0; q < s; q++) {
            const struct complex4 *a = &x[q + s * p];
            struct complex4 *out = &y[q + s * 4 * p];
            struct complex4 sum02 = {a[0].re + a[2 * s * m].re, a[0].im + a[2 * s * m].im};
            struct complex4 dif02 = {a[0].re - a[2 * s * m].re, a[0].im - a[2 * s * m].im};
            struct complex4 sum13 = {a[s * m].re + a[3 * s * m].re, a[s * m].im + a[3 * s * m].im};
            struct complex4 dif13 = {a[s * m].re - a[3 * s * m].re, a[s * m].im - a[3 * s * m].im};
            struct complex4 b1 = {dif02.re + dif13.im, dif02.im - dif13.re};
            struct complex4 b2 = {sum02.re - sum13.re, sum02.im - sum13.im};
            struct complex4 b3 = {dif02.re - dif13.im, dif02.im + dif13.re};

            out[0].re = sum02.re + sum13.re;
            out[0].im = sum02.im + sum13.im;
            turn(b, &b1, w, &out[s]);
            turn(b, &b2, 2 * w, &out[2 * s]);
            turn(b, &b3, 3 * w, &out[3 * s]);
        }
    }
}

static void radix5(const struct whisper_mel_bank *b, const struct complex4 *x, struct complex4 *y,
                   int m, int s)
{
    const float c1 = b->cosine[80], c2 = b->cosine[160]; /* of 72 and 144 degrees */
    const float s1 = b->sine[80], s2 = b->sine[160];

    for (int p = 0; p < m; p++) {
        int w = p * (HALF / (5 * m));

        for (int q = 0; q < s; q++) {
            const struct complex4 *a0 = &x[q + s * p];
            const struct complex4 *a1 = a0 + s * m, *a2 = a1 + s * m, *a3 = a2 + s * m,
                                  *a4 = a3 + s * m;
            struct complex4 *out = &y[q + s * 5 * p];
            struct complex4 t1 = {a1->re + a4->re, a1->im + a4->im};
            struct complex4 t2 = {a2->re + a3->re, a2->im + a3->im};
            struct complex4 d1 = {a1->re - a4->re, a1->im - a4->im};
            struct complex4 d2 = {a2->re - a3->re, a2->im - a3->im};
            struct complex4 m1 = {a0->re + c1 * t1.re + c2 * t2.re,
                                  a0->im + c1 * t1.im + c2 * t2.im};
            struct complex4 m2 = {a0->re + c2 * t1.re + c1 * t2.re,
                                  a0->im + c2 * t1.im + c1 * t2.im};
            struct complex4 n1 = {s1 * d1.re + s2 * d2.re, s1 * d1.im + s2 * d2.im};
            struct complex4 n2 = {s2 * d1.re - s1 * d2.re, s2 * d1.im - s1 * d2.im};
            struct complex4 b1 = {m1.re + n1.im, m1.im - n1.re};
            struct complex4 b2 = {m2.re + n2.im, m2.im - n2.re};
            struct complex4 b3 = {m2.re - n2.im, m2.im + n2.re};
            struct complex4 b4 = {m1.re - n1.im, m1.im + n1.re};

            out[0].re = a0->re + t1.re + t2.re;
            out[0].im = a0->im + t1.im + t2.im;
            turn(b, &b1, w, &out[s]);
            turn(b, &b2, 2 * w, &out[2 * s]);
            turn(b, &b3, 3 * w, &out[3 * s]);
            turn(b, &b4, 4 * w, &out[4 * s]);
        }
    }
}

/* power[k] = |X[k]|^2, k = 0..200, of the frames whose windowed sample pairs are in z. */
static void power_of(const struct whisper_mel_bank *b, struct complex4 *z, struct complex4 *tmp,
                     vec *power)
{
    radix4(b, z, tmp, HALF / 4, 1);
    radix5(b, tmp, z, HALF / 20, 4);
    radix5(b, z, tmp, HALF / 100, 20);
    radix2(b, tmp, z, 1, 100);
    for (int k = 0; k <= HALF; k++) {
        const struct complex4 *p = &z[k % HALF];
        const struct complex4 *n = &z[(HALF - k) % HALF];
        struct complex4 even = {p->re + n->re, p->im - n->im};
        struct complex4 odd = {p->im + n->im, n->re - p->re};
        float c = b->cosine[k];
        float s = b->sine[k];
        vec re = even.re + c * odd.re + s * odd.im;
        vec im = even.im + c * odd.im - s * odd.re;

        power[k] = (re * re + im * im) * 0.25f;
    }
}

/* Four frames: pcm[lane] points to 400 samples; out[lane] to n_mels logarithms. */
static void four_frames(const struct whisper_mel_bank *b, const float *const *pcm,
                        float *const *out)
{
    struct complex4 z[HALF], tmp[HALF];
    vec power[BINS];

    for (int i = 0; i < HALF; i++) {
        for (int lane = 0; lane < LANES; lane++) {
            z[i].re[lane] = pcm[lane][2 * i] * b->window[2 * i];
            z[i].im[lane] = pcm[lane][2 * i + 1] * b->window[2 * i + 1];
        }
    }
    power_of(b, z, tmp, power);
    for (int band = 0; band < b->n_mels; band++) {
        const float *w = b->weights + (size_t)band * BINS + b->first[band];
        const vec *p = power + b->first[band];
        vec sum = {0.0f};

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

/* Samples 1..200 mirrored before sample 0; what is missing of them counts as zero. The tail then
 * begins with the reflection. Done as soon as those samples are there. */
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

/* Turn whole frames of the tail into logs. */
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

/* The first REFLECT places of the tail are kept free until the samples to mirror are known. */
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

/* ---- windows ------------------------------------------------------------------------------ */

enum { CUT_MAX = 6 }; /* frames that the end of the audio can cut, and then some */

/* Logarithms of the frames the end of the audio cuts. Returns how many. */
static size_t cut_frames(const struct whisper_mel *m, float *logs)
{
    float pcm[CUT_MAX * WHISPER_HOP + WHISPER_FRAME] = {0.0f};
    size_t n = (m->tail_len + WHISPER_HOP - 1) / WHISPER_HOP;

    if (!m->samples)
        return 0;
    memcpy(pcm, m->tail, m->tail_len * sizeof(float));
    if (m->samples <= REFLECT) /* so short that not even the mirror image is complete */
        reflect_start(m->tail + REFLECT, m->samples, pcm);
    many_frames(m->bank, pcm, n, logs);
    return n;
}

/* In runs of 16, which all models have whole ones of and compilers turn into vectors. */
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
