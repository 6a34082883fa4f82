/**
 * @file asr/whisper/encoder.c  Two convolutions, then pre-norm transformer blocks; see encoder.h
 */
#include "asr/whisper/encoder.h"

#include <stdlib.h>
#include <string.h>

void whisper_compute_init(struct whisper_compute *c, const struct whisper_model *m, struct nn *nn)
{
    memset(c, 0, sizeof(*c));
    c->model = m;
    c->nn = nn;
}

void whisper_compute_release(struct whisper_compute *c)
{
    free(c->mem);
    free(c->logits);
    free(c->window);
    c->mem = c->logits = c->window = NULL;
    c->mem_len = c->window_len = 0;
    c->logits_rows = 0;
}

int whisper_logits_reserve(struct whisper_compute *c, int rows)
{
    if (rows <= c->logits_rows)
        return 0;
    free(c->logits);
    c->logits_rows = 0;
    c->logits = nn_floats((size_t)rows * (size_t)c->model->shape.n_vocab);
    if (!c->logits)
        return UV_ENOMEM;
    c->logits_rows = rows;
    return 0;
}

float *whisper_scratch(struct whisper_compute *c, size_t n)
{
    if (n <= c->mem_len)
        return c->mem;
    free(c->mem);
    c->mem_len = 0;
    c->mem = nn_floats(n);
    if (c->mem)
        c->mem_len = n;
    return c->mem;
}

/* A convolution of width 3 over frame-major rows between two zero rows; then adds `add` (NULL:
 * nothing). */
static void conv(struct whisper_compute *c, const struct whisper_dense *d, const float *padded,
                 int in, int stride, int n, const float *add, float *y)
{
    nn_linear(c->nn, &(struct nn_linear){.w = d->w,
                                         .x = padded,
                                         .ldx = (size_t)stride * (size_t)in,
                                         .n = n,
                                         .bias = d->bias,
                                         .gelu = true,
                                         .residual = add,
                                         .y = y,
                                         .exact = c->exact});
}

/* Convolutions, then the position embedding. */
static void convolve(struct whisper_compute *c, const float *mel, int ctx, float *mem, float *out)
{
    const struct whisper_model *m = c->model;
    size_t mels = (size_t)m->shape.n_mels;
    size_t state = (size_t)m->shape.n_audio_state;
    size_t frames = 2 * (size_t)ctx;
    float *in = mem;
    float *mid = in + (frames + 2) * mels;

    memset(in, 0, mels * sizeof(float));
    memcpy(in + mels, mel, frames * mels * sizeof(float));
    memset(in + (frames + 1) * mels, 0, mels * sizeof(float));
    memset(mid, 0, state * sizeof(float));
    conv(c, &m->conv1, in, m->shape.n_mels, 1, 2 * ctx, NULL, mid + state);
    memset(mid + (frames + 1) * state, 0, state * sizeof(float));
    conv(c, &m->conv2, mid, m->shape.n_audio_state, 2, ctx, m->encoder_positions, out);
}

static struct nn_linear qkv_layer(const struct whisper_compute *c, const struct whisper_block *b,
                                  const float *x, int ctx)
{
    return (struct nn_linear){.w = b->qkv.w,
                              .x = x,
                              .n = ctx,
                              .ln_weight = b->attn_ln.weight,
                              .ln_bias = b->attn_ln.bias,
                              .bias = b->qkv.bias,
                              .exact = c->exact};
}

/* The rest of a block after attention. */
static void mix_and_widen(struct whisper_compute *c, const struct whisper_block *b, int ctx,
                          float *x, const float *seen)
{
    nn_linear(c->nn, &(struct nn_linear){.w = b->out.w,
                                         .x = seen,
                                         .n = ctx,
                                         .bias = b->out.bias,
                                         .residual = x,
                                         .y = x,
                                         .exact = c->exact});
    nn_linear_pair(c->nn,
                   &(struct nn_linear){.w = b->up.w,
                                       .x = x,
                                       .n = ctx,
                                       .ln_weight = b->mlp_ln.weight,
                                       .ln_bias = b->mlp_ln.bias,
                                       .bias = b->up.bias,
                                       .gelu = true,
                                       .exact = c->exact},
                   &(struct nn_linear){.w = b->down.w,
                                       .n = ctx,
                                       .bias = b->down.bias,
                                       .residual = x,
                                       .y = x,
                                       .exact = c->exact});
}

/* Runs the convolutions into out; returns scratch memory for [ctx][state], NULL if there is
 * none. */
static float *begin(struct whisper_compute *c, const float *mel, int ctx, float *out)
{
    size_t n = (size_t)ctx, d = (size_t)c->model->shape.n_audio_state;
    size_t conv_need = (2 * n + 2) * ((size_t)c->model->shape.n_mels + d);
    float *mem = whisper_scratch(c, conv_need > n * d ? conv_need : n * d);

    if (mem)
        convolve(c, mel, ctx, mem, out);
    return mem;
}

int whisper_encode(struct whisper_compute *c, const float *mel, int ctx, float *out,
                   float *conv_out)
{
    const struct whisper_model *m = c->model;
    const struct whisper_shape *s = &m->shape;
    size_t d = (size_t)s->n_audio_state;
    float *mem = begin(c, mel, ctx, out);

    if (!mem)
        return UV_ENOMEM;
    for (size_t i = 0; conv_out && i < (size_t)ctx * d; i++)
        conv_out[i] = out[i] - m->encoder_positions[i];
    for (int i = 0; i < s->n_audio_layer; i++) {
        struct nn_linear qkv = qkv_layer(c, &m->encoder[i], out, ctx);

        if (c->stop && c->stop(c->stop_arg))
            return UV_ECANCELED;
        nn_self_attention(c->nn, &qkv, s->n_audio_head, s->n_audio_state / s->n_audio_head,
                          c->silence ? c->silence->layers[i] : NULL, mem);
        mix_and_widen(c, &m->encoder[i], ctx, out, mem);
    }
    nn_layer_norm(c->nn, out, ctx, (int)d, m->encoder_ln.weight, m->encoder_ln.bias, out);
    return nn_starved(c->nn) ? UV_ENOMEM : 0;
}

int whisper_encode_keeping(struct whisper_compute *c, const float *mel, int ctx, float *out,
                           struct nn_kept **kept, struct errbuf *why)
{
    const struct whisper_model *m = c->model;
    const struct whisper_shape *s = &m->shape;
    int head_dim = s->n_audio_state / s->n_audio_head, code = 0;
    float *mem = begin(c, mel, ctx, out);
    float *y = nn_floats(3 * (size_t)ctx * (size_t)s->n_audio_state);

    if (!mem || !y)
        code = err_set(why, UV_ENOMEM, "not enough memory to encode");
    for (int i = 0; !code && i < s->n_audio_layer; i++) {
        struct nn_linear qkv = qkv_layer(c, &m->encoder[i], out, ctx);

        qkv.y = y;
        nn_linear(c->nn, &qkv);
        code = nn_kept_open(&kept[i], c->nn, y, ctx, s->n_audio_head, head_dim, why);
        nn_encoder_attention(c->nn, y, ctx, s->n_audio_head, head_dim, mem);
        mix_and_widen(c, &m->encoder[i], ctx, out, mem);
    }
    free(y);
    if (!code)
        nn_layer_norm(c->nn, out, ctx, s->n_audio_state, m->encoder_ln.weight, m->encoder_ln.bias,
                      out);
    if (!code && nn_starved(c->nn))
        code = err_set(why, UV_ENOMEM, "not enough memory to encode");
    return code;
}
