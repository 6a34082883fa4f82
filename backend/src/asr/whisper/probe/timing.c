/**
 * @file asr/whisper/probe/timing.c  How long one utterance takes, beside what the machine can do
 *
 * Minima over a few rounds: other programs only ever make a round slower. Peaks are measured in
 * the same process, before and after. Operations are counted from the shapes of the weights.
 */
#include "asr/whisper/probe/probe.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 5, PEAK_MS = 60, BUDGET_MS = 25000 };

struct times {
    double mel, encode, decode, total; /* [ms]; decode: of all tokens */
};

static double since(uint64_t start)
{
    return (double)(clock_mono_us() - start) / 1000.0;
}

/* Multiplications and additions of the encoder and of the cross keys and values. */
static double encoder_ops(const struct whisper_shape *s, double ctx)
{
    double d = s->n_audio_state;
    double conv = 2 * ctx * d * 3 * s->n_mels + ctx * d * 3 * d;
    double block = ctx * d * d * 12 + 2 * ctx * ctx * d;
    double cross = ctx * d * d * 2;

    return 2 * (conv + s->n_audio_layer * block + s->n_text_layer * cross);
}

/* Bytes that decoding one token reads: all decoder weights but the cross keys and values. */
static double decoder_bytes(const struct whisper_model *m)
{
    double n = (double)wk_matrix_bytes(m->tokens);

    for (int i = 0; i < m->shape.n_text_layer; i++) {
        const struct whisper_block *b = &m->decoder[i];

        n += (double)(wk_matrix_bytes(b->qkv.w) + wk_matrix_bytes(b->out.w) +
                      wk_matrix_bytes(b->cross_q.w) + wk_matrix_bytes(b->cross_out.w) +
                      wk_matrix_bytes(b->up.w) + wk_matrix_bytes(b->down.w));
    }
    return n;
}

/* Exactly `tokens` tokens after the prompt, whatever they are: timing does not depend on them. */
static int decode_tokens(struct probe *p, struct whisper_decoder *d)
{
    const struct whisper_vocab *v = p->model->vocab;
    struct whisper_rules rules = whisper_search_defaults().rules;
    struct whisper_past past = {NULL, 0, false, 0};
    int ids[8];
    int n = whisper_prompt_init(v, 0, false, false, ids);
    int pos = 0;
    int code = 0;

    for (int i = 0; i < p->o->tokens && !code; i++) {
        struct wk_peak peak;

        code = whisper_decode(
            d, &p->c, &(struct whisper_batch){.tokens = ids, .n = n, .pos = pos, .logits = 1});
        if (code)
            break;
        pos += n;
        whisper_rules_mask(&rules, v, &past, p->c.logits);
        whisper_rules_settle(&rules, v, p->wk, p->c.logits, &peak);
        ids[0] = peak.top == v->eot ? v->blank : peak.top;
        n = 1;
    }
    return code;
}

static int one_round(struct probe *p, struct whisper_decoder *d, float *mem, int ctx,
                     struct times *best)
{
    size_t samples = (size_t)(p->o->seconds * WHISPER_RATE);
    float *enc = mem + 2 * (size_t)ctx * (size_t)p->model->shape.n_mels;
    struct whisper_mel mel;
    struct times t;
    uint64_t start = clock_mono_us();
    uint64_t at;
    int code;

    whisper_mel_init(&mel, p->model->mel);
    code = whisper_mel_feed(&mel, p->pcm, samples < p->n ? samples : p->n);
    whisper_mel_window(&mel, 0, 2 * (size_t)ctx, mem);
    t.mel = since(start);
    at = clock_mono_us();
    if (!code)
        code = whisper_encode(&p->c, mem, ctx, enc, NULL);
    if (!code)
        code = whisper_decoder_hear(d, &p->c, enc, ctx);
    t.encode = since(at);
    at = clock_mono_us();
    if (!code)
        code = decode_tokens(p, d);
    t.decode = since(at);
    t.total = since(start);
    whisper_mel_release(&mel);
    best->mel = fmin(best->mel, t.mel);
    best->encode = fmin(best->encode, t.encode);
    best->decode = fmin(best->decode, t.decode);
    best->total = fmin(best->total, t.total);
    return code;
}

static void max_peaks(struct wk_peaks *a, const struct wk_peaks *b)
{
    a->f32_gops = fmax(a->f32_gops, b->f32_gops);
    a->int8_gops = fmax(a->int8_gops, b->int8_gops);
    a->int16_gops = fmax(a->int16_gops, b->int16_gops);
    a->read_gbytes = fmax(a->read_gbytes, b->read_gbytes);
}

static double peak_of(const struct wk_peaks *k, const char *arithmetic)
{
    if (!strcmp(arithmetic, "int8"))
        return k->int8_gops;
    return strcmp(arithmetic, "int16") ? k->f32_gops : k->int16_gops;
}

static void print_json(const struct probe *p, int ctx, const struct times *t,
                       const struct wk_peaks *peaks)
{
    const char *arithmetic = wk_linear_arithmetic(p->wk, p->model->encoder[0].qkv.w, ctx);
    double per_token = t->decode / p->o->tokens;

    printf("{\"model\":\"%s\",\"isa\":\"%s\",\"threads\":%d,\"seconds\":%g,\"tokens\":%d,"
           "\"ctx\":%d,\"melMs\":%.2f,\"encodeMs\":%.2f,\"decodeMsPerToken\":%.3f,"
           "\"totalMs\":%.2f,\"arithmetic\":\"%s\",\"gops\":%.1f,\"peakGops\":%.1f,"
           "\"bandwidth\":%.2f,\"peakBandwidth\":%.2f,\"rssMb\":%.1f,\"peakRssMb\":%.1f,"
           "\"fileMb\":%.1f,\"loadMs\":%.0f}\n",
           p->model->name, wk_isa(p->wk), wk_pool_threads(wk_pool_of(p->wk)), p->o->seconds,
           p->o->tokens, ctx, t->mel, t->encode, per_token, t->total, arithmetic,
           encoder_ops(&p->model->shape, ctx) / t->encode / 1e6, peak_of(peaks, arithmetic),
           decoder_bytes(p->model) / per_token / 1e6, peaks->read_gbytes,
           (double)probe_memory("VmRSS") / 1024.0, (double)probe_memory("VmHWM") / 1024.0,
           (double)p->model->file_bytes / 1048576.0, p->load_ms);
}

int probe_time(struct probe *p, struct errbuf *err)
{
    size_t frames = (size_t)(p->o->seconds * 100.0);
    int ctx = p->o->ctx ? p->o->ctx : whisper_trimmed_ctx(frames, WHISPER_PAD_MS);
    size_t width = 2 * (size_t)p->model->shape.n_mels + (size_t)p->model->shape.n_audio_state;
    struct times best = {INFINITY, INFINITY, INFINITY, INFINITY};
    struct wk_peaks peaks, again;
    struct whisper_decoder d;
    float *mem;
    uint64_t start = clock_mono_us();
    int code = whisper_decoder_init(&d, p->model, 1, false, err);

    if (code)
        return 2;
    mem = malloc((size_t)ctx * width * sizeof(float));
    code = mem ? 0 : UV_ENOMEM;
    wk_measure_peaks(p->wk, PEAK_MS, &peaks);
    for (int i = 0; i < ROUNDS && !code && (i < 2 || since(start) < BUDGET_MS); i++)
        code = one_round(p, &d, mem, ctx, &best);
    wk_measure_peaks(p->wk, PEAK_MS, &again);
    max_peaks(&peaks, &again);
    if (!code)
        print_json(p, ctx, &best, &peaks);
    free(mem);
    whisper_decoder_release(&d);
    return code ? err_set(err, code, "cannot time it: %s", uv_strerror(code)), 2 : 0;
}
