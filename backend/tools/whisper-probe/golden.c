/**
 * @file whisper-probe/golden.c  Stage by stage against a golden; see golden.h
 *
 * mel, conv, enc: samples. prefix: the logits after a forced prefix. greedy: by teacher forcing,
 * because free-running ids may fork at a near-tie. full: whole transcripts (golden_full.c).
 */
#include "whisper-probe/golden.h"

#include "base/json.h"
#include "whisper-probe/golden_full.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IDS_MAX = 256, SAMPLED_LOGITS = 64 };

/* ---- opening ------------------------------------------------------------------------------ */

int golden_open(struct golden *g, const char *path, const char *run, struct errbuf *err)
{
    json_error_t why;
    const json_t *tolerance;

    memset(g, 0, sizeof(*g));
    g->root = json_load_file(path, 0, &why);
    if (!g->root)
        return err_set(err, UV_EINVAL, "%s: %s (line %d)", path, why.text, why.line);
    g->run = json_object_get(json_object_get(g->root, "runs"), run);
    if (!g->run) {
        golden_release(g);
        return err_set(err, UV_EINVAL, "%s: no run named %s", path, run);
    }
    tolerance = json_object_get(g->root, "tolerance");
    g->exact = strstr(run, "_exact") != NULL;
    g->mel = json_num(tolerance, "mel", 1e-4);
    g->conv = json_num(tolerance, "conv", 1e-2);
    g->enc = json_num(tolerance, "enc", 1e-2);
    g->logits = json_num(tolerance, "logits", 2e-2);
    g->margin = json_num(tolerance, "argmax_if_margin_above", 2 * g->logits);
    if (g->exact) {
        tolerance = json_object_get(tolerance, run);
        g->conv = json_num(tolerance, "conv", 2e-4);
        g->enc = json_num(tolerance, "enc", 2e-4);
        g->logits = json_num(tolerance, "logits", 1e-3);
    }
    return 0;
}

void golden_release(struct golden *g)
{
    json_decref(g->root);
    memset(g, 0, sizeof(*g));
}

/* ---- lines -------------------------------------------------------------------------------- */

/* One line; 1 when it failed. NaN fails. */
static int report(const char *what, double diff, double tolerance, int count)
{
    bool ok = diff <= tolerance && count > 0;

    printf("%-14s max |diff| %.3e  tolerance %.1e  (%d values)  %s\n", what, diff, tolerance, count,
           ok ? "ok" : "FAIL");
    return !ok;
}

static double item_num(const json_t *array, size_t i)
{
    return json_number_value(json_array_get(array, i));
}

/* Rows of [a, b, value]; the value is at x[a * step_a + b * step_b]. */
static int compare_samples(const char *what, const json_t *rows, const float *x, size_t step_a,
                           size_t step_b, size_t limit, double tolerance)
{
    double worst = 0.0;
    size_t i;
    const json_t *row;

    json_array_foreach((json_t *)(uintptr_t)rows, i, row)
    {
        size_t at = (size_t)item_num(row, 0) * step_a + (size_t)item_num(row, 1) * step_b;
        double diff = at < limit ? fabs((double)x[at] - item_num(row, 2)) : INFINITY;

        worst = diff > worst || isnan(diff) ? diff : worst;
    }
    return report(what, worst, tolerance, (int)json_array_size(rows));
}

/* ---- stages ------------------------------------------------------------------------------- */

struct stages {
    const struct golden *g;
    struct whisper_compute *c;
    struct whisper_decoder d;
    float *mel;  /* [3000][n_mels] */
    float *conv; /* [1500][state] */
    float *enc;
    int failed;
};

static int hear(struct stages *s, const int16_t *pcm, size_t n)
{
    const struct whisper_shape *shape = &s->c->model->shape;
    size_t state = (size_t)shape->n_audio_state;
    size_t frames = 2 * (size_t)WHISPER_AUDIO_CTX;
    struct whisper_mel mel;
    int code;

    s->mel = malloc(frames * (size_t)shape->n_mels * sizeof(float));
    s->conv = malloc(WHISPER_AUDIO_CTX * state * sizeof(float));
    s->enc = malloc(WHISPER_AUDIO_CTX * state * sizeof(float));
    if (!s->mel || !s->conv || !s->enc)
        return UV_ENOMEM;
    whisper_mel_init(&mel, s->c->model->mel);
    code = whisper_mel_feed(&mel, pcm, n);
    whisper_mel_window(&mel, 0, frames, s->mel);
    whisper_mel_release(&mel);
    if (!code)
        code = whisper_encode(s->c, s->mel, WHISPER_AUDIO_CTX, s->enc, s->conv);
    if (!code)
        code = whisper_decoder_hear(&s->d, s->c, s->enc, WHISPER_AUDIO_CTX);
    return code;
}

static void compare_sound(struct stages *s)
{
    const struct whisper_shape *shape = &s->c->model->shape;
    size_t mels = (size_t)shape->n_mels;
    size_t state = (size_t)shape->n_audio_state;
    const json_t *run = s->g->run;

    s->failed += compare_samples("mel", json_object_get(json_object_get(run, "mel"), "s"), s->mel,
                                 1, mels, 3000 * mels, s->g->mel);
    s->failed += compare_samples("conv", json_object_get(json_object_get(run, "conv"), "s"),
                                 s->conv, state, 1, WHISPER_AUDIO_CTX * state, s->g->conv);
    s->failed += compare_samples("enc", json_object_get(json_object_get(run, "enc"), "s"), s->enc,
                                 state, 1, WHISPER_AUDIO_CTX * state, s->g->enc);
}

static int argmax(const float *x, int n)
{
    int best = 0;

    for (int i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

double golden_logits_diff(const json_t *step, const float *logits, int n_vocab)
{
    const json_t *ids = json_object_get(step, "top_id");
    const json_t *top = json_object_get(step, "top");
    const json_t *s = json_object_get(step, "s");
    double worst = 0.0;

    for (size_t i = 0; i < json_array_size(ids); i++) {
        double diff = fabs((double)logits[(int)item_num(ids, i) % n_vocab] - item_num(top, i));

        worst = diff > worst || isnan(diff) ? diff : worst;
    }
    for (size_t i = 0; i < json_array_size(s); i++) {
        const json_t *value = json_array_get(s, i);
        double at = (double)logits[((int)i * 811 + 7) % n_vocab];
        double diff = json_is_null(value) ? (isinf(at) ? 0.0 : INFINITY)
                                          : fabs(at - json_number_value(value));

        worst = diff > worst || isnan(diff) ? diff : worst;
    }
    return worst;
}

static int decode_at(struct stages *s, const int *ids, int n, int pos)
{
    return whisper_decode(&s->d, s->c,
                          &(struct whisper_batch){.tokens = ids, .n = n, .pos = pos, .logits = 1});
}

static int ids_of(const json_t *array, int *ids)
{
    int n = (int)json_array_size(array);

    n = n < IDS_MAX ? n : IDS_MAX;
    for (int i = 0; i < n; i++)
        ids[i] = (int)item_num(array, (size_t)i);
    return n;
}

static int compare_prefix(struct stages *s)
{
    const json_t *prefix = json_object_get(s->g->run, "prefix");
    const json_t *steps = json_object_get(prefix, "steps");
    int n_vocab = s->c->model->shape.n_vocab;
    int ids[IDS_MAX];
    int pos = ids_of(json_object_get(prefix, "tokens"), ids);
    int code = decode_at(s, ids, pos, 0);
    double worst = 0.0;
    int wrong = 0;

    for (size_t i = 0; !code && i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        const json_t *top = json_object_get(step, "top");
        double diff = golden_logits_diff(step, s->c->logits, n_vocab);
        int best = argmax(s->c->logits, n_vocab);

        worst = diff > worst || isnan(diff) ? diff : worst;
        wrong += best != (int)item_num(json_object_get(step, "top_id"), 0) &&
                 item_num(top, 0) - item_num(top, 1) > s->g->margin;
        if (i + 1 < json_array_size(steps)) {
            int forced = (int)item_num(json_object_get(prefix, "forced"), i);

            code = decode_at(s, &forced, 1, pos++);
        }
    }
    s->failed += report("prefix logits", worst, s->g->logits, (int)json_array_size(steps) * 74);
    printf("%-14s %d of %zu differ where the margin is above %.2g  %s\n", "prefix argmax", wrong,
           json_array_size(steps), s->g->margin, wrong ? "FAIL" : "ok");
    s->failed += wrong > 0;
    return code;
}

static int compare_greedy(struct stages *s)
{
    const json_t *greedy = json_object_get(s->g->run, "greedy");
    const json_t *margins = json_object_get(greedy, "margin");
    int ids[IDS_MAX];
    int prefix[IDS_MAX];
    int pos = ids_of(json_object_get(json_object_get(s->g->run, "prefix"), "tokens"), prefix);
    int n = ids_of(json_object_get(greedy, "ids"), ids);
    int code = decode_at(s, prefix, pos, 0);
    int wrong = 0, near = 0;

    for (int i = 0; !code && i < n; i++) {
        int best = argmax(s->c->logits, s->c->model->shape.n_vocab);

        if (best != ids[i] && item_num(margins, (size_t)i) > s->g->margin)
            wrong++;
        else if (best != ids[i])
            near++;
        if (i + 1 < n)
            code = decode_at(s, &ids[i], 1, pos++);
    }
    printf("%-14s %d of %d differ, %d more at margins below %.2g  %s\n", "greedy tokens", wrong, n,
           near, s->g->margin, wrong || !n ? "FAIL" : "ok");
    s->failed += wrong > 0 || !n;
    return code;
}

int golden_compare(const struct golden *g, struct whisper_compute *c, const int16_t *pcm, size_t n)
{
    struct stages s = {.g = g, .c = c};
    struct errbuf err = {""};
    int code;

    c->exact = g->exact;
    code = whisper_decoder_init(&s.d, c->model, 1, g->exact, &err);
    if (!code)
        code = hear(&s, pcm, n);
    if (!code) {
        compare_sound(&s);
        code = compare_prefix(&s);
    }
    if (!code)
        code = compare_greedy(&s);
    if (!code)
        s.failed += golden_compare_full(g, c, pcm, n);
    if (code)
        printf("cannot run the model: %s %s\n", uv_strerror(code), err.text);
    whisper_decoder_release(&s.d);
    free(s.mel);
    free(s.conv);
    free(s.enc);
    return s.failed + (code != 0);
}
