/**
 * @file asr/whisper/timing.c  Timing one utterance; see timing.h
 */
#include "asr/whisper/timing.h"

#include "base/clock.h"
#include "nn/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    PEAK_MS = 60,
    ROUNDS = 7,        /* rounds, within BUDGET_MS, */
    ENOUGH_MS = 6000,  /* and more until this much time has passed: small models reach their best
                          late */
    BUDGET_MS = 25000, /* except for the first two */

    FACTOR_S = 5, /* length of a typical question, of 20 tokens */
    FACTOR_TOKENS = 20,
    FACTOR_ROUNDS = 4, /* the first of which warms up */
    FACTOR_MS = 700,   /* no further round after this time */
};

struct times {
    double mel, encode, decode, total; /* [ms]; decode: of all tokens */
};

static double since(uint64_t start)
{
    return (double)(clock_mono_us() - start) / 1000.0;
}

/* Multiplications and additions in the encoder and in the cross-attention's keys and values. */
struct encoder_ops {
    double conv, attention, linear;
};

static struct encoder_ops encoder_ops(const struct whisper_shape *s, double ctx)
{
    double d = s->n_audio_state;
    double linear = s->n_audio_layer * ctx * d * d * 12 + s->n_text_layer * ctx * d * d * 2;

    return (struct encoder_ops){
        .conv = 2 * (2 * ctx * d * 3 * s->n_mels + ctx * d * 3 * d),
        .attention = 2 * s->n_audio_layer * 2 * ctx * ctx * d,
        .linear = 2 * linear,
    };
}

/* Bytes read to decode one token: the decoder's weights except those of the cross-attention's keys
 * and values, and those keys and values themselves (f16). */
static double decoder_bytes(const struct whisper_model *m, double ctx)
{
    double n = (double)nn_matrix_bytes(m->tokens);

    for (int i = 0; i < m->shape.n_text_layer; i++) {
        const struct whisper_block *b = &m->decoder[i];

        n += (double)(nn_matrix_bytes(b->qkv.w) + nn_matrix_bytes(b->out.w) +
                      nn_matrix_bytes(b->cross_q.w) + nn_matrix_bytes(b->cross_out.w) +
                      nn_matrix_bytes(b->up.w) + nn_matrix_bytes(b->down.w));
        n += 4.0 * ctx * m->shape.n_text_state;
    }
    return n;
}

/* Decodes exactly this many tokens after the prompt, whatever they are: timing does not depend on
 * them. */
static int decode_tokens(struct whisper_compute *c, struct whisper_decoder *d, int tokens)
{
    const struct whisper_vocab *v = c->model->vocab;
    struct whisper_rules rules = whisper_search_defaults().rules;
    struct whisper_past past = {NULL, 0, false, 0};
    int ids[8];
    int n = whisper_prompt_init(v, 0, false, false, ids);
    int pos = 0;
    int err = 0;

    for (int i = 0; i < tokens && !err; i++) {
        struct nn_peak peak;

        err = whisper_decode(
            d, c, &(struct whisper_batch){.tokens = ids, .n = n, .pos = pos, .logits = 1});
        if (err)
            break;
        pos += n;
        whisper_rules_mask(&rules, v, &past, c->logits);
        whisper_rules_choose_sort(&rules, v, c->nn, c->logits, &peak);
        ids[0] = peak.top;
        n = 1;
    }
    return err;
}

/* For a single thread its own processor time, unaffected by other programs; for several the wall
 * time, because they wait for each other. [ms] since an arbitrary start. */
static double computing(const struct whisper_compute *c)
{
    struct timespec t;

    if (nn_pool_threads(nn_pool_of(c->nn)) > 1)
        return (double)clock_mono_us() / 1000.0;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int one_round(struct whisper_compute *c, struct whisper_decoder *d, const int16_t *pcm,
                     size_t n, const struct whisper_timing_params *p, int ctx, struct times *best)
{
    struct whisper_mel mel;
    struct times t;
    double start = computing(c), fed, encoded;
    int err;

    whisper_mel_init(&mel, c->model->mel);
    err = whisper_mel_feed(&mel, pcm, n);
    fed = computing(c);
    if (!err)
        err = whisper_listen(d, c, &mel, 0, ctx);
    encoded = computing(c);
    if (!err)
        err = decode_tokens(c, d, p->tokens);
    t.total = computing(c) - start;
    t.mel = fed - start;
    t.encode = encoded - fed;
    t.decode = start + t.total - encoded;
    whisper_mel_release(&mel);
    best->mel = fmin(best->mel, t.mel);
    best->encode = fmin(best->encode, t.encode);
    best->decode = fmin(best->decode, t.decode);
    best->total = fmin(best->total, t.total);
    return err;
}

/* The time until which round i may begin. */
static double allowed_ms(int i)
{
    return i < 2 ? INFINITY : i < ROUNDS ? BUDGET_MS : ENOUGH_MS;
}

static void max_peaks(struct nn_peaks *a, const struct nn_peaks *b)
{
    a->f32_gops = fmax(a->f32_gops, b->f32_gops);
    a->int8_gops = fmax(a->int8_gops, b->int8_gops);
    a->int16_gops = fmax(a->int16_gops, b->int16_gops);
    a->read_gbytes = fmax(a->read_gbytes, b->read_gbytes);
}

static double peak_of(const struct nn_peaks *k, const char *arithmetic)
{
    if (!strcmp(arithmetic, "int8"))
        return k->int8_gops;
    return strcmp(arithmetic, "int16") ? k->f32_gops : k->int16_gops;
}

/* Seconds that the encoder would take at the peak rate of each type. */
static double at_peak(const struct whisper_compute *c, int ctx, const struct encoder_ops *ops,
                      const struct nn_peaks *peaks)
{
    const struct whisper_model *m = c->model;
    double conv = peak_of(peaks, nn_linear_arithmetic(c->nn, m->conv1.w, 2 * ctx));
    double linear = peak_of(peaks, nn_linear_arithmetic(c->nn, m->encoder[0].qkv.w, ctx));
    double attention = peak_of(peaks, nn_encoder_attention_arithmetic(c->nn));

    return (ops->conv / conv + ops->linear / linear + ops->attention / attention) / 1e9;
}

static void report(const struct whisper_compute *c, const struct times *t, int ctx, int tokens,
                   const struct nn_peaks *peaks, struct whisper_timing *out)
{
    const struct whisper_model *m = c->model;
    struct encoder_ops ops = encoder_ops(&m->shape, ctx);

    out->ctx = ctx;
    out->mel_ms = t->mel;
    out->encode_ms = t->encode;
    out->token_ms = t->decode / tokens;
    out->total_ms = t->total;
    out->arithmetic = nn_linear_arithmetic(c->nn, m->encoder[0].qkv.w, ctx);
    out->type_gops = peak_of(peaks, out->arithmetic);
    out->encoder_gop = (ops.conv + ops.linear + ops.attention) / 1e9;
    out->gops = out->encoder_gop / t->encode * 1e3;
    out->peak_gops = out->encoder_gop / at_peak(c, ctx, &ops, peaks);
    out->bandwidth = decoder_bytes(m, ctx) / out->token_ms / 1e6;
    out->peak_bandwidth = peaks->read_gbytes;
}

int whisper_time(struct whisper_compute *c, const int16_t *pcm, size_t n,
                 const struct whisper_timing_params *p, struct whisper_timing *out)
{
    int ctx = p->ctx ? p->ctx : whisper_trimmed_ctx(n / WHISPER_HOP, WHISPER_PAD_MS);
    struct times best = {INFINITY, INFINITY, INFINITY, INFINITY};
    struct nn_peaks peaks, again;
    struct whisper_decoder d;
    uint64_t start = clock_mono_us();
    int err = whisper_decoder_init(&d, c->model, 1, false, NULL);

    if (err)
        return err;
    nn_measure_peaks(c->nn, PEAK_MS, &peaks);
    for (int i = 0; !err && i < p->rounds && since(start) < allowed_ms(i); i++)
        err = one_round(c, &d, pcm, n, p, ctx, &best);
    nn_measure_peaks(c->nn, PEAK_MS, &again);
    max_peaks(&peaks, &again);
    whisper_decoder_release(&d);
    if (!err)
        report(c, &best, ctx, p->tokens, &peaks, out);
    return err;
}

/* ---- real-time factor ----------------------------------------------------------------------- */

void whisper_time_audio(int16_t *pcm, size_t n)
{
    uint32_t noise = 1;
    double phase = 0.0;

    for (size_t i = 0; i < n; i++) {
        double t = (double)i / WHISPER_RATE;

        noise = noise * 1664525u + 1013904223u;
        phase += (150.0 + 60.0 * sin(3.0 * t)) / WHISPER_RATE;
        pcm[i] = (int16_t)(8000.0 * fabs(sin(9.0 * t)) * (2.0 * (phase - floor(phase)) - 1.0) +
                           (double)(noise >> 24));
    }
}

int whisper_real_time_factor(struct whisper_compute *c, double *factor)
{
    const size_t n = (size_t)FACTOR_S * WHISPER_RATE;
    const struct whisper_timing_params p = {.tokens = FACTOR_TOKENS};
    int ctx = whisper_trimmed_ctx(n / WHISPER_HOP, WHISPER_PAD_MS);
    struct times best = {INFINITY, INFINITY, INFINITY, INFINITY};
    int16_t *pcm = malloc(n * sizeof(*pcm));
    struct whisper_decoder d;
    uint64_t start = clock_mono_us();
    int err = pcm ? whisper_decoder_init(&d, c->model, 1, false, NULL) : UV_ENOMEM;

    if (err) {
        free(pcm);
        return err;
    }
    whisper_time_audio(pcm, n);
    for (int i = 0; !err && i < FACTOR_ROUNDS && (!i || since(start) < FACTOR_MS); i++)
        err = one_round(c, &d, pcm, n, &p, ctx, &best);
    whisper_decoder_release(&d);
    free(pcm);
    if (!err)
        *factor = best.total / 1000.0 / FACTOR_S;
    return err;
}
