/**
 * @file asr/whisper/model.c  Loading: every tensor is packed or copied once; see model.h
 *
 * The pages of the file are given back right after the packing, so the peak is little more than the
 * packed weights. An error is remembered in the loader and makes later steps no-ops.
 */
#include "asr/whisper/model.h"

#include "asr/whisper/heads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct loader {
    struct whisper_model *m;
    const struct whisper_file *f;
    struct nn *nn;
    whisper_stop_fn *stop;
    void *arg;
    int err;
    struct errbuf *why;
    char prefix[WHISPER_NAME_MAX];
};

static const struct whisper_tensor *tensor(struct loader *l, const char *name)
{
    char full[2 * WHISPER_NAME_MAX];
    const struct whisper_tensor *t;

    if (!l->err && l->stop && l->stop(l->arg))
        l->err = err_set(l->why, UV_ECANCELED, "nobody wants the model any more");
    snprintf(full, sizeof(full), "%s%s", l->prefix, name);
    t = whisper_file_tensor(l->f, full);
    if (!t && !l->err)
        l->err = err_set(l->why, UV_EINVAL, "tensor %s is missing", full);
    return l->err ? NULL : t;
}

static void passed(struct loader *l, const struct whisper_tensor *t)
{
    whisper_file_done(l->f, t);
}

/* Copies an f32 tensor to to[0..]. */
static void copy_floats(struct loader *l, const char *name, float *to)
{
    const struct whisper_tensor *t = tensor(l, name);

    if (!t || !to)
        return;
    memcpy(to, t->data, t->bytes);
    passed(l, t);
}

/* Allocates zeros. */
static float *floats(struct loader *l, size_t n)
{
    float *p = l->err ? NULL : nn_floats(n);

    if (p)
        memset(p, 0, n * sizeof(*p));
    else if (!l->err)
        l->err = err_set(l->why, UV_ENOMEM, "not enough memory for the model");
    return p;
}

static float *vector(struct loader *l, const char *name, size_t n)
{
    float *p = floats(l, n);

    copy_floats(l, name, p);
    return p;
}

static void norm(struct loader *l, const char *name, struct whisper_norm *to)
{
    char full[WHISPER_NAME_MAX];
    size_t n = (size_t)l->m->shape.n_audio_state;

    snprintf(full, sizeof(full), "%s.weight", name);
    to->weight = vector(l, full, n);
    snprintf(full, sizeof(full), "%s.bias", name);
    to->bias = vector(l, full, n);
}

/* The type that a tensor is packed as. The decoder's matrices are multiplied by one row per token,
 * which is bound by memory; only the cross-attention keys and values are computed for all frames at
 * once. */
static enum nn_type packed_as(const struct whisper_tensor *t)
{
    bool few = !strncmp(t->name, "decoder.", 8) && !strstr(t->name, "cross_attn.key") &&
               !strstr(t->name, "cross_attn.value");

    return few && t->type == NN_F16 ? NN_Q12 : t->type;
}

/* Stacks matrices; `names` ends with NULL. */
static struct nn_matrix *matrix(struct loader *l, const char *const *names, int cols)
{
    const struct whisper_tensor *t[3];
    struct nn_part parts[3];
    struct nn_matrix *w = NULL;
    char full[WHISPER_NAME_MAX];
    int n = 0;

    for (; names[n] && !l->err; n++) {
        snprintf(full, sizeof(full), "%s.weight", names[n]);
        t[n] = tensor(l, full);
        if (t[n])
            parts[n] = (struct nn_part){packed_as(t[n]), t[n]->data, t[n]->ne[1]};
    }
    if (!l->err)
        l->err = nn_matrix_pack_mapped(&w, l->nn, parts, n, cols, l->why);
    for (int i = 0; i < n && !l->err; i++)
        passed(l, t[i]);
    if (w)
        l->m->weight_bytes += nn_matrix_bytes(w);
    return w;
}

static void dense(struct loader *l, const char *const *names, int cols, int rows,
                  struct whisper_dense *to)
{
    char full[WHISPER_NAME_MAX];

    to->w = matrix(l, names, cols);
    to->bias = floats(l, (size_t)(l->err ? 1 : nn_matrix_rows(to->w)));
    for (int i = 0; names[i] && !l->err; i++) {
        const char *dot = strrchr(names[i], '.');

        if (dot && !strcmp(dot, ".key"))
            continue;
        snprintf(full, sizeof(full), "%s.bias", names[i]);
        copy_floats(l, full, to->bias + (size_t)i * (size_t)rows);
    }
}

static void conv(struct loader *l, const char *name, int in, int out, struct whisper_dense *to)
{
    char full[WHISPER_NAME_MAX];
    const struct whisper_tensor *t;

    snprintf(full, sizeof(full), "%s.weight", name);
    t = tensor(l, full);
    if (!t || l->err)
        return;
    l->err = nn_conv_pack(&to->w, l->nn, (enum nn_type)t->type, t->data, out, in, l->why);
    if (l->err)
        return;
    passed(l, t);
    l->m->weight_bytes += nn_matrix_bytes(to->w);
    snprintf(full, sizeof(full), "%s.bias", name);
    to->bias = vector(l, full, (size_t)out);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void block(struct loader *l, const char *side, int layer, bool cross,
                  struct whisper_block *b)
{
    int n = l->m->shape.n_audio_state;

    snprintf(l->prefix, sizeof(l->prefix), "%s.blocks.%d.", side, layer);
    norm(l, "attn_ln", &b->attn_ln);
    dense(l, NAMES("attn.query", "attn.key", "attn.value"), n, n, &b->qkv);
    dense(l, NAMES("attn.out"), n, n, &b->out);
    if (cross) {
        norm(l, "cross_attn_ln", &b->cross_ln);
        dense(l, NAMES("cross_attn.query"), n, n, &b->cross_q);
        dense(l, NAMES("cross_attn.key", "cross_attn.value"), n, n, &b->cross_kv);
        dense(l, NAMES("cross_attn.out"), n, n, &b->cross_out);
    }
    norm(l, "mlp_ln", &b->mlp_ln);
    dense(l, NAMES("mlp.0"), n, 4 * n, &b->up);
    dense(l, NAMES("mlp.2"), 4 * n, n, &b->down);
    l->prefix[0] = '\0';
}

static struct whisper_block *blocks(struct loader *l, const char *side, int layers, bool cross)
{
    struct whisper_block *b = calloc((size_t)layers, sizeof(*b));

    if (!b && !l->err)
        l->err = err_set(l->why, UV_ENOMEM, "not enough memory for the model");
    for (int i = 0; i < layers && !l->err; i++)
        block(l, side, i, cross, &b[i]);
    return b;
}

static void load_weights(struct loader *l)
{
    struct whisper_model *m = l->m;
    const struct whisper_shape *s = &m->shape;
    int n = s->n_audio_state;

    conv(l, "encoder.conv1", s->n_mels, n, &m->conv1);
    conv(l, "encoder.conv2", n, n, &m->conv2);
    m->encoder_positions =
        vector(l, "encoder.positional_embedding", (size_t)s->n_audio_ctx * (size_t)n);
    m->encoder = blocks(l, "encoder", s->n_audio_layer, false);
    norm(l, "encoder.ln_post", &m->encoder_ln);
    m->decoder_positions =
        vector(l, "decoder.positional_embedding", (size_t)s->n_text_ctx * (size_t)n);
    m->tokens = matrix(l, NAMES("decoder.token_embedding"), n);
    m->decoder = blocks(l, "decoder", s->n_text_layer, true);
    norm(l, "decoder.ln", &m->decoder_ln);
}

/* ---- name --------------------------------------------------------------------------------- */

static const struct known {
    int state, text_layers, audio_layers;
    const char *name;
} known[] = {
    {384, 4, 4, "tiny"},      {512, 6, 6, "base"},          {768, 12, 12, "small"},
    {1024, 24, 24, "medium"}, {1280, 4, 32, "large-turbo"}, {1280, 32, 32, "large"},
};

static void name_model(struct whisper_model *m)
{
    const struct whisper_shape *s = &m->shape;
    const char *name = "whisper";
    const char *tail = m->vocab->multilingual ? "" : ".en";

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].state == s->n_text_state && known[i].text_layers == s->n_text_layer &&
            known[i].audio_layers == s->n_audio_layer)
            name = known[i].name;
    }
    if (!strcmp(name, "large-turbo")) {
        name = "large";
        tail = "-v3-turbo";
    } else if (!strcmp(name, "large") && s->n_mels == 128) {
        tail = "-v3";
    }
    snprintf(m->name, sizeof(m->name), "%s%s %s", name, tail, nn_type_name(s->type));
}

/* ---- load ----------------------------------------------------------------------------------- */

int whisper_model_load(struct whisper_model **mp, const char *path, struct nn *nn,
                       whisper_stop_fn *stop, void *arg, struct errbuf *why)
{
    struct whisper_file *f = NULL;
    struct loader l = {.nn = nn, .stop = stop, .arg = arg, .why = why};

    l.err = whisper_file_open(&f, path, why);
    if (l.err)
        return l.err;
    l.f = f;
    if (!f->n_tensors)
        l.err = err_set(why, UV_EINVAL, "%s: the file has no weights", path);
    l.m = calloc(1, sizeof(*l.m));
    if (!l.m && !l.err)
        l.err = err_set(why, UV_ENOMEM, "not enough memory for the model");
    if (!l.err) {
        l.m->shape = f->shape;
        l.m->file_bytes = f->size;
        l.err = whisper_vocab_open(&l.m->vocab, f, why);
    }
    if (!l.err) {
        whisper_file_vocab_done(f);
        l.err = whisper_mel_bank_open(&l.m->mel, f->filters, f->shape.n_mels, why);
    }
    if (!l.err)
        load_weights(&l);
    whisper_file_close(f);
    if (l.err) {
        whisper_model_free(l.m);
        return l.err;
    }
    name_model(l.m);
    l.m->n_align = whisper_align_heads(&l.m->shape, l.m->align);
    *mp = l.m;
    return 0;
}

static void free_norm(struct whisper_norm *n)
{
    free(n->weight);
    free(n->bias);
}

static void free_dense(struct whisper_dense *d)
{
    nn_matrix_free(d->w);
    free(d->bias);
}

static void free_blocks(struct whisper_block *b, int n)
{
    for (int i = 0; b && i < n; i++) {
        free_norm(&b[i].attn_ln);
        free_norm(&b[i].cross_ln);
        free_norm(&b[i].mlp_ln);
        free_dense(&b[i].qkv);
        free_dense(&b[i].out);
        free_dense(&b[i].cross_q);
        free_dense(&b[i].cross_kv);
        free_dense(&b[i].cross_out);
        free_dense(&b[i].up);
        free_dense(&b[i].down);
    }
    free(b);
}

void whisper_model_free(struct whisper_model *m)
{
    if (!m)
        return;
    free_dense(&m->conv1);
    free_dense(&m->conv2);
    free(m->encoder_positions);
    free(m->decoder_positions);
    free_blocks(m->encoder, m->shape.n_audio_layer);
    free_blocks(m->decoder, m->shape.n_text_layer);
    free_norm(&m->encoder_ln);
    free_norm(&m->decoder_ln);
    nn_matrix_free(m->tokens);
    whisper_vocab_close(m->vocab);
    whisper_mel_bank_close(m->mel);
    free(m);
}
