/**
 * @file asr/whisper/decoder.c  Self-attention, cross-attention, MLP, logits; see decoder.h
 */
#include "asr/whisper/decoder.h"

#include <stdlib.h>
#include <string.h>

enum {
    CTX_STEP = 64,  /* room for audio positions grows in such steps, */
    SELF_STEP = 64, /* and so does that of a hypothesis for tokens */
};

static struct nn_kv *self_of(const struct whisper_decoder *d, int seq)
{
    return d->self + (size_t)seq * (size_t)d->model->shape.n_text_layer;
}

static int head_dim(const struct whisper_model *m)
{
    return m->shape.n_text_state / m->shape.n_text_head;
}

/* Caches of one more sequence, or larger ones of a sequence that is there, which forgets what it
 * holds. */
static int fit_self(struct whisper_decoder *d, int seq, int positions, struct errbuf *why)
{
    const struct whisper_shape *s = &d->model->shape;
    int cap = (positions + SELF_STEP - 1) / SELF_STEP * SELF_STEP;
    struct nn_kv *layers = self_of(d, seq);
    int err = 0;

    if (layers[s->n_text_layer - 1].cap >= positions)
        return 0;
    cap = cap < s->n_text_ctx ? cap : s->n_text_ctx;
    for (int i = 0; !err && i < s->n_text_layer; i++) {
        nn_kv_release(&layers[i]);
        err = nn_kv_init(&layers[i], s->n_text_head, head_dim(d->model), cap, d->exact, why);
    }
    for (int i = 0; err && i < s->n_text_layer; i++)
        nn_kv_release(&layers[i]);
    return err;
}

int whisper_decoder_reserve(struct whisper_decoder *d, int n_seqs, int positions,
                            struct errbuf *why)
{
    const struct whisper_shape *s = &d->model->shape;
    size_t layers = (size_t)s->n_text_layer;
    struct nn_kv *self;
    int err = 0;

    if (n_seqs > WHISPER_SEQS_MAX || positions > s->n_text_ctx)
        return err_set(why, UV_EINVAL, "at most %d hypotheses of %d tokens at a time",
                       WHISPER_SEQS_MAX, s->n_text_ctx);
    if (n_seqs > d->n_seqs) {
        self = realloc(d->self, (size_t)n_seqs * layers * sizeof(*self));
        if (!self)
            return err_set(why, UV_ENOMEM, "not enough memory for the decoder");
        d->self = self;
        memset(self + (size_t)d->n_seqs * layers, 0,
               (size_t)(n_seqs - d->n_seqs) * layers * sizeof(*self));
        d->n_seqs = n_seqs;
    }
    for (int i = 0; !err && i < n_seqs; i++)
        err = fit_self(d, i, i ? positions : s->n_text_ctx, why);
    return err;
}

int whisper_decoder_init(struct whisper_decoder *d, const struct whisper_model *m, int n_seqs,
                         bool exact, struct errbuf *why)
{
    int err;

    memset(d, 0, sizeof(*d));
    d->model = m;
    d->exact = exact;
    d->cross = calloc((size_t)m->shape.n_text_layer, sizeof(*d->cross));
    if (!d->cross)
        return err_set(why, UV_ENOMEM, "not enough memory for the decoder");
    err = whisper_decoder_reserve(d, n_seqs, m->shape.n_text_ctx, why);
    if (err)
        whisper_decoder_release(d);
    return err;
}

void whisper_decoder_release(struct whisper_decoder *d)
{
    int layers = d->model ? d->model->shape.n_text_layer : 0;

    for (int i = 0; d->cross && i < layers; i++)
        nn_kv_release(&d->cross[i]);
    for (int i = 0; d->self && i < d->n_seqs * layers; i++)
        nn_kv_release(&d->self[i]);
    free(d->cross);
    free(d->self);
    free(d->align);
    memset(d, 0, sizeof(*d));
}

size_t whisper_decoder_bytes(const struct whisper_decoder *d)
{
    int layers = d->model->shape.n_text_layer;
    size_t n = 0;

    for (int i = 0; i < layers; i++)
        n += nn_kv_bytes(&d->cross[i]);
    for (int i = 0; i < d->n_seqs * layers; i++)
        n += nn_kv_bytes(&d->self[i]);
    return n +
           (size_t)d->align_cap * (size_t)d->model->n_align * (size_t)d->align_ctx * sizeof(float);
}

/* ---- audio -------------------------------------------------------------------------------- */

static int fit_cross(struct whisper_decoder *d, int ctx)
{
    const struct whisper_shape *s = &d->model->shape;
    int cap = (ctx + CTX_STEP - 1) / CTX_STEP * CTX_STEP;
    int err = 0;

    if (d->cross[s->n_text_layer - 1].cap >= ctx)
        return 0;
    for (int i = 0; !err && i < s->n_text_layer; i++) {
        nn_kv_release(&d->cross[i]);
        memset(&d->cross[i], 0, sizeof(d->cross[i]));
        err = nn_kv_init(&d->cross[i], s->n_text_head, head_dim(d->model), cap, d->exact, NULL);
    }
    return err;
}

int whisper_decoder_hear(struct whisper_decoder *d, struct whisper_compute *c, const float *encoded,
                         int ctx)
{
    const struct whisper_model *m = d->model;
    int err = fit_cross(d, ctx);

    d->ctx = 0;
    for (int i = 0; !err && i < m->shape.n_text_layer; i++) {
        if (c->stop && c->stop(c->stop_arg))
            return UV_ECANCELED;
        nn_kv_fill(c->nn, &d->cross[i],
                   &(struct nn_linear){.w = m->decoder[i].cross_kv.w,
                                       .x = encoded,
                                       .n = ctx,
                                       .bias = m->decoder[i].cross_kv.bias,
                                       .exact = c->exact});
    }
    if (!err && nn_starved(c->nn))
        err = UV_ENOMEM;
    if (!err)
        d->ctx = ctx;
    return err;
}

/* ---- one step ----------------------------------------------------------------------------- */

/* The state of one step. */
struct step {
    struct whisper_decoder *d;
    struct whisper_compute *c;
    const struct whisper_batch *b;
    float *x;     /* [n][state] */
    float *wide;  /* [n][4 state] */
    float *seen;  /* [n][state] */
    float *probs; /* [heads][n][ctx], NULL unless the attention is kept */
};

static void embed(const struct step *st)
{
    const struct whisper_model *m = st->d->model;
    size_t width = (size_t)m->shape.n_text_state;

    for (int i = 0; i < st->b->n; i++) {
        int pos = st->b->beams ? st->b->pos : st->b->pos + i;
        float *row = st->x + (size_t)i * width;
        const float *at = m->decoder_positions + (size_t)pos * width;

        nn_matrix_row(m->tokens, st->b->tokens[i], row);
        for (size_t k = 0; k < width; k++)
            row[k] += at[k];
    }
}

/* l->y = the output of a decoder layer for the rows of the step. */
static void project(const struct step *st, const struct whisper_dense *d,
                    const struct whisper_norm *norm, struct nn_linear l)
{
    l.w = d->w;
    l.n = st->b->n;
    l.ln_weight = norm ? norm->weight : NULL;
    l.ln_bias = norm ? norm->bias : NULL;
    l.bias = d->bias;
    l.exact = st->c->exact;
    nn_linear(st->c->nn, &l);
}

static void self_attention(const struct step *st, int layer)
{
    const struct whisper_batch *b = st->b;
    size_t width = (size_t)st->d->model->shape.n_text_state;
    struct nn_attention items[WHISPER_SEQS_MAX];
    int n_items = b->beams ? b->n : 1;
    int rows = b->beams ? 1 : b->n;

    for (int i = 0; i < n_items; i++) {
        struct nn_kv *kv = &self_of(st->d, b->beams ? b->beams[i] : b->seq)[layer];
        const float *qkv = st->wide + (size_t)i * 3 * width;

        items[i] = (struct nn_attention){.q = qkv,
                                         .ldq = 3 * width,
                                         .n = rows,
                                         .kv = kv,
                                         .causal_from = b->pos,
                                         .k = qkv + width,
                                         .v = qkv + 2 * width,
                                         .ldkv = 3 * width,
                                         .out = st->seen + (size_t)i * width,
                                         .ldo = width};
    }
    nn_attention(st->c->nn, items, n_items);
}

/* Copies the attention of this layer's alignment heads. */
static void keep_attention(const struct step *st, int layer)
{
    const struct whisper_model *m = st->d->model;
    size_t ctx = (size_t)st->d->ctx;
    size_t n = (size_t)st->b->n;

    for (int h = 0; h < m->n_align; h++) {
        if (m->align[h].layer != layer)
            continue;
        for (size_t i = 0; i < n; i++) {
            size_t slot = ((size_t)st->b->pos + i) * (size_t)m->n_align + (size_t)h;

            memcpy(st->d->align + slot * (size_t)st->d->align_ctx,
                   st->probs + (m->align[h].head * n + i) * ctx, ctx * sizeof(float));
        }
    }
}

static void cross_attention(const struct step *st, int layer)
{
    size_t width = (size_t)st->d->model->shape.n_text_state;

    nn_attention(st->c->nn,
                 &(struct nn_attention){.q = st->wide,
                                        .ldq = width,
                                        .n = st->b->n,
                                        .kv = &st->d->cross[layer],
                                        .causal_from = -1,
                                        .out = st->seen,
                                        .ldo = width,
                                        .probs = st->probs},
                 1);
    if (st->probs)
        keep_attention(st, layer);
}

static void decoder_block(const struct step *st, int layer)
{
    const struct whisper_model *m = st->d->model;
    const struct whisper_block *k = &m->decoder[layer];
    const struct nn_matrix *next =
        layer + 1 < m->shape.n_text_layer ? m->decoder[layer + 1].qkv.w : m->tokens;
    float *x = st->x, *wide = st->wide, *seen = st->seen;

    project(st, &k->qkv, &k->attn_ln, (struct nn_linear){.x = x, .y = wide, .then = k->out.w});
    self_attention(st, layer);
    project(st, &k->out, NULL,
            (struct nn_linear){.x = seen, .residual = x, .y = x, .then = k->cross_q.w});
    project(st, &k->cross_q, &k->cross_ln,
            (struct nn_linear){.x = x, .y = wide, .then = k->cross_out.w});
    cross_attention(st, layer);
    project(st, &k->cross_out, NULL,
            (struct nn_linear){.x = seen, .residual = x, .y = x, .then = k->up.w});
    project(st, &k->up, &k->mlp_ln,
            (struct nn_linear){.x = x, .gelu = true, .y = wide, .then = k->down.w});
    project(st, &k->down, NULL, (struct nn_linear){.x = wide, .residual = x, .y = x, .then = next});
}

static int write_logits(const struct step *st)
{
    const struct whisper_model *m = st->d->model;
    int rows = st->b->logits;
    size_t first = (size_t)(st->b->n - rows) * (size_t)m->shape.n_text_state;

    if (!rows)
        return 0;
    if (whisper_logits_reserve(st->c, rows))
        return UV_ENOMEM;
    nn_linear(st->c->nn, &(struct nn_linear){.w = m->tokens,
                                             .x = st->x + first,
                                             .n = rows,
                                             .ln_weight = m->decoder_ln.weight,
                                             .ln_bias = m->decoder_ln.bias,
                                             .y = st->c->logits,
                                             .exact = st->c->exact});
    return 0;
}

/* Makes room for the attention of positions up to `end`. What was kept for another context size is
 * lost. */
static int fit_align(struct whisper_decoder *d, int end)
{
    size_t row = (size_t)d->model->n_align * (size_t)d->ctx;
    int cap = end <= 64 ? 64 : WHISPER_TEXT_CTX;
    float *align;

    if (d->align_ctx == d->ctx && d->align_cap >= end)
        return 0;
    if (d->align_ctx != d->ctx) {
        free(d->align);
        d->align = NULL;
        d->align_cap = 0;
        d->align_ctx = d->ctx;
    }
    align = realloc(d->align, (size_t)cap * row * sizeof(float));
    if (!align)
        return UV_ENOMEM;
    d->align = align;
    d->align_cap = cap;
    return 0;
}

static int check_batch(const struct whisper_decoder *d, const struct whisper_batch *b)
{
    int end = b->beams ? b->pos + 1 : b->pos + b->n;

    if (b->n < 1 || b->pos < 0 || end > WHISPER_TEXT_CTX || d->ctx < 1 || b->logits < 0 ||
        b->logits > b->n)
        return UV_EINVAL;
    if (b->beams ? b->n > WHISPER_SEQS_MAX : b->seq < 0 || b->seq >= d->n_seqs)
        return UV_EINVAL;
    for (int i = 0; i < (b->beams ? b->n : 1); i++) {
        if (self_of(d, b->beams ? b->beams[i] : b->seq)->cap < end)
            return UV_EINVAL;
    }
    for (int i = 0; i < b->n; i++) {
        if (b->tokens[i] < 0 || b->tokens[i] >= d->model->shape.n_vocab)
            return UV_EINVAL;
    }
    return 0;
}

int whisper_decode(struct whisper_decoder *d, struct whisper_compute *c,
                   const struct whisper_batch *b)
{
    const struct whisper_shape *s = &d->model->shape;
    size_t n = (size_t)b->n;
    size_t width = (size_t)s->n_text_state;
    bool keep = b->align && !b->beams;
    struct step st = {.d = d, .c = c, .b = b};
    int err = check_batch(d, b);

    if (!err && keep)
        err = fit_align(d, b->pos + b->n);
    if (err)
        return err;
    st.x = whisper_scratch(c, 6 * n * width +
                                  (keep ? (size_t)s->n_text_head * n * (size_t)d->ctx : 0));
    if (!st.x)
        return UV_ENOMEM;
    st.wide = st.x + n * width;
    st.seen = st.wide + 4 * n * width;
    embed(&st);
    for (int i = 0; i < s->n_text_layer; i++) {
        if (c->stop && c->stop(c->stop_arg))
            return UV_ECANCELED;
        st.probs = NULL;
        for (int h = 0; keep && h < d->model->n_align; h++) {
            if (d->model->align[h].layer == i)
                st.probs = st.seen + n * width;
        }
        decoder_block(&st, i);
    }
    err = write_logits(&st);
    return nn_starved(c->nn) ? UV_ENOMEM : err;
}

void whisper_decoder_copy(struct whisper_decoder *d, int to, int from, int n)
{
    for (int i = 0; i < d->model->shape.n_text_layer; i++)
        nn_kv_copy(&self_of(d, to)[i], &self_of(d, from)[i], n);
}
