/**
 * @file asr/turn/smart_turn.c  The smart-turn network; see smart_turn.h
 *
 * In the file biases and norms are named after their layers, but matrices are numbered. The graph
 * says which matrix belongs to a bias: the one whose product the bias is added to. Keys have no
 * bias; their matrix is that of the third product of the same input as queries and values.
 */
#include "asr/turn/smart_turn.h"

#include "audio/mel.h"
#include "nn/nn.h"
#include "nn/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIDTH = 384,
    HEADS = 6,
    LAYERS = 4,
    HIDDEN = 4 * WIDTH,
    POSITIONS = SMART_TURN_FRAMES / 2,
    POOL = 256, /* width of the pooling, and of the first layer after it */
    LAST = 64,
    MELS = SMART_TURN_MELS,
    FRAMES = SMART_TURN_FRAMES,
    REFLECT = MEL_FRAME / 2,
    NAME_MAX_BYTES = 128,
};

struct dense {
    struct nn_matrix *w;
    float *bias;
};

struct norm {
    float *weight, *bias;
};

struct block {
    struct norm attn_ln, mlp_ln;
    struct dense qkv, out, up, down;
};

struct smart_turn_model {
    struct mel_bank *mel;
    struct dense conv1, conv2;
    float *positions; /* [POSITIONS][WIDTH] */
    struct block blocks[LAYERS];
    struct norm ln_post;
    struct dense pool0, pool2, head0, head4, head6;
    struct norm head1;
};

/* ---- loading ------------------------------------------------------------------------------ */

/* The first error is kept; later calls do nothing. */
struct loader {
    struct smart_turn_model *m;
    const struct nn_weights *w;
    struct nn *nn;
    enum nn_type type; /* the type that matrices are packed as */
    int err;
    struct errbuf *why;
};

/** Free the result with free(). */
static float *floats(struct loader *l, size_t n)
{
    float *x = l->err ? NULL : nn_floats(n);

    if (!x && !l->err)
        l->err = err_set(l->why, UV_ENOMEM, "not enough memory for the model");
    return x;
}

static float *vector(struct loader *l, size_t n, const char *name)
{
    float *x = floats(l, n);

    if (!l->err)
        l->err = nn_weights_matrix(l->w, name, n, 1, false, x, l->why);
    return x;
}

static void norm(struct loader *l, const char *name, size_t n, struct norm *to)
{
    char full[NAME_MAX_BYTES];

    snprintf(full, sizeof(full), "%s.weight", name);
    to->weight = vector(l, n, full);
    snprintf(full, sizeof(full), "%s.bias", name);
    to->bias = vector(l, n, full);
}

static bool takes(const struct nn_node *node, const char *what)
{
    for (int i = 0; i < NN_NODE_INPUTS_MAX && node->inputs[i]; i++) {
        if (!strcmp(node->inputs[i], what))
            return true;
    }
    return false;
}

/** The n-th node of this kind with input `what` (NULL: any); NULL: none. */
static const struct nn_node *nth_node(const struct loader *l, const char *op, const char *what,
                                      int n)
{
    for (size_t i = 0; i < nn_weights_nodes(l->w); i++) {
        const struct nn_node *node = nn_weights_node(l->w, i);

        if (!strcmp(node->op, op) && (!what || takes(node, what)) && n-- == 0)
            return node;
    }
    return NULL;
}

/** The node that made this value, before quantisation. */
static const struct nn_node *made_by(const struct loader *l, const char *value)
{
    const struct nn_node *node = nn_weights_maker(l->w, value);

    for (int hops = 0; node && hops < 4 && node->inputs[0]; hops++) {
        if (strcmp(node->op, "DequantizeLinear") && strcmp(node->op, "QuantizeLinear"))
            break;
        node = nn_weights_maker(l->w, node->inputs[0]);
    }
    return node;
}

/** The product that this bias is added to. */
static const struct nn_node *product_with(struct loader *l, const char *bias)
{
    const struct nn_node *add = nth_node(l, "Add", bias, 0), *product = NULL;

    if (add && add->inputs[0] && add->inputs[1])
        product = made_by(l, add->inputs[!strcmp(add->inputs[0], bias)]);
    if (product && (strcmp(product->op, "MatMul") || !product->inputs[0] || !product->inputs[1]))
        product = NULL;
    if (!product && !l->err)
        l->err = err_set(l->why, UV_EINVAL, "nothing is multiplied before %.100s is added", bias);
    return product;
}

/** The third product of the same rows: that of the keys. */
static const struct nn_node *third_product(struct loader *l, const struct nn_node *one,
                                           const struct nn_node *two)
{
    const struct nn_node *node;

    for (int n = 0; (node = nth_node(l, "MatMul", one->inputs[0], n)) != NULL; n++) {
        if (node != one && node != two && node->inputs[1])
            return node;
    }
    if (!l->err)
        l->err = err_set(l->why, UV_EINVAL, "there are no keys");
    return NULL;
}

static void pack(struct loader *l, const float *rows, int out, int in, struct nn_matrix **to)
{
    size_t n = (size_t)out * (size_t)in;
    uint16_t *halves = l->err || l->type == NN_F32 ? NULL : malloc(n * sizeof(*halves));
    struct nn_part part = {l->type, rows, out};

    if (!l->err && !halves && l->type != NN_F32)
        l->err = err_set(l->why, UV_ENOMEM, "not enough memory for the model");
    if (l->err)
        return;
    if (halves) {
        nn_f32_to_f16(rows, halves, n);
        part.data = halves;
    }
    l->err = nn_matrix_pack(to, l->nn, &part, 1, in, l->why);
    free(halves);
}

/** The matrix of a product, one row per output. */
static void matrix_of(struct loader *l, const struct nn_node *product, size_t out, size_t in,
                      float *to)
{
    if (!l->err)
        l->err = nn_weights_matrix(l->w, product->inputs[1], out, in, true, to, l->why);
}

static void dense(struct loader *l, const char *bias, size_t out, size_t in, struct dense *to)
{
    const struct nn_node *product = l->err ? NULL : product_with(l, bias);
    float *rows = floats(l, out * in);

    to->bias = vector(l, out, bias);
    matrix_of(l, product, out, in, rows);
    pack(l, rows, (int)out, (int)in, &to->w);
    free(rows);
}

static void attention(struct loader *l, const char *name, struct dense *to)
{
    const size_t n = WIDTH, size = WIDTH * WIDTH;
    char q_bias[NAME_MAX_BYTES + 16], v_bias[NAME_MAX_BYTES + 16];
    const struct nn_node *q, *v, *k = NULL;
    float *rows = floats(l, 3 * size);
    float *part;

    snprintf(q_bias, sizeof(q_bias), "%s.q_proj.bias", name);
    snprintf(v_bias, sizeof(v_bias), "%s.v_proj.bias", name);
    q = l->err ? NULL : product_with(l, q_bias);
    v = l->err ? NULL : product_with(l, v_bias);
    if (!l->err)
        k = third_product(l, q, v);
    if (!l->err) {
        matrix_of(l, q, n, n, rows);
        matrix_of(l, k, n, n, rows + size);
        matrix_of(l, v, n, n, rows + 2 * size);
    }
    pack(l, rows, 3 * WIDTH, WIDTH, &to->w);
    free(rows);
    to->bias = floats(l, 3 * n);
    if (l->err)
        return;
    memset(to->bias, 0, 3 * n * sizeof(float));
    part = vector(l, n, q_bias);
    if (!l->err)
        memcpy(to->bias, part, n * sizeof(float));
    free(part);
    part = vector(l, n, v_bias);
    if (!l->err)
        memcpy(to->bias + 2 * n, part, n * sizeof(float));
    free(part);
}

static void block(struct loader *l, int i, struct block *b)
{
    char name[NAME_MAX_BYTES];

#define NAMED(what) (snprintf(name, sizeof(name), "inner.encoder.layers.%d." what, i), name)
    norm(l, NAMED("self_attn_layer_norm"), WIDTH, &b->attn_ln);
    attention(l, NAMED("self_attn"), &b->qkv);
    dense(l, NAMED("self_attn.out_proj.bias"), WIDTH, WIDTH, &b->out);
    norm(l, NAMED("final_layer_norm"), WIDTH, &b->mlp_ln);
    dense(l, NAMED("fc1.bias"), HIDDEN, WIDTH, &b->up);
    dense(l, NAMED("fc2.bias"), WIDTH, HIDDEN, &b->down);
#undef NAMED
}

/** The n-th node of a kind that contains its own weights and bias, [out][in]. */
static void carried(struct loader *l, const char *op, int n, size_t out, size_t in, float **rows,
                    float **bias)
{
    const struct nn_node *node = nth_node(l, op, NULL, n);

    if (!l->err && (!node || !node->inputs[0] || !node->inputs[1] || !node->inputs[2]))
        l->err = err_set(l->why, UV_EINVAL, "there are fewer %s layers than expected", op);
    *rows = floats(l, out * in);
    if (!l->err)
        l->err = nn_weights_matrix(l->w, node->inputs[1], out, in, false, *rows, l->why);
    *bias = l->err ? NULL : vector(l, out, node->inputs[2]);
}

static void convolution(struct loader *l, int n, int in, struct dense *to)
{
    float *rows;

    carried(l, "Conv", n, WIDTH, (size_t)in * 3, &rows, &to->bias);
    if (!l->err)
        l->err = nn_conv_pack(&to->w, l->nn, NN_F32, rows, WIDTH, in, l->why);
    free(rows);
}

static void gemm(struct loader *l, int n, int out, int in, struct dense *to)
{
    float *rows;

    carried(l, "Gemm", n, (size_t)out, (size_t)in, &rows, &to->bias);
    pack(l, rows, out, in, &to->w);
    free(rows);
}

static void load_all(struct loader *l)
{
    struct smart_turn_model *m = l->m;

    if (mel_bank_open(&m->mel, MELS))
        l->err = err_set(l->why, UV_ENOMEM, "not enough memory for the model");
    convolution(l, 0, MELS, &m->conv1);
    convolution(l, 1, WIDTH, &m->conv2);
    m->positions = vector(l, (size_t)POSITIONS * WIDTH, "inner.encoder.embed_positions.weight");
    for (int i = 0; i < LAYERS; i++)
        block(l, i, &m->blocks[i]);
    norm(l, "inner.encoder.layer_norm", WIDTH, &m->ln_post);
    dense(l, "inner.pool_attention.0.bias", POOL, WIDTH, &m->pool0);
    dense(l, "inner.pool_attention.2.bias", 1, POOL, &m->pool2);
    gemm(l, 0, POOL, WIDTH, &m->head0);
    norm(l, "inner.classifier.1", POOL, &m->head1);
    gemm(l, 1, LAST, POOL, &m->head4);
    gemm(l, 2, 1, LAST, &m->head6);
}

int smart_turn_load(struct smart_turn_model **mp, const char *path, struct nn *nn, bool exact,
                    struct errbuf *why)
{
    struct loader l = {.nn = nn, .type = exact ? NN_F32 : NN_F16, .why = why};
    struct nn_weights *w = NULL;

    l.err = nn_weights_open(&w, path, why);
    if (l.err)
        return l.err;
    l.w = w;
    l.m = calloc(1, sizeof(*l.m));
    if (l.m)
        load_all(&l);
    else
        l.err = err_set(why, UV_ENOMEM, "not enough memory for the model");
    nn_weights_close(w);
    if (l.err) {
        smart_turn_unload(l.m);
        return err_prefix(why, l.err, "%.300s is not the network expected for the ends of turns",
                          path);
    }
    *mp = l.m;
    return 0;
}

static void free_dense(struct dense *d)
{
    nn_matrix_free(d->w);
    free(d->bias);
}

static void free_norm(struct norm *n)
{
    free(n->weight);
    free(n->bias);
}

void smart_turn_unload(struct smart_turn_model *m)
{
    if (!m)
        return;
    mel_bank_close(m->mel);
    free_dense(&m->conv1);
    free_dense(&m->conv2);
    free_dense(&m->pool0);
    free_dense(&m->pool2);
    free_dense(&m->head0);
    free_dense(&m->head4);
    free_dense(&m->head6);
    for (int i = 0; i < LAYERS; i++) {
        struct block *b = &m->blocks[i];

        free_norm(&b->attn_ln);
        free_norm(&b->mlp_ln);
        free_dense(&b->qkv);
        free_dense(&b->out);
        free_dense(&b->up);
        free_dense(&b->down);
    }
    free_norm(&m->ln_post);
    free_norm(&m->head1);
    free(m->positions);
    free(m);
}

/* ---- input -------------------------------------------------------------------------------- */

/** The last 8 s, preceded by zeros if there are fewer, normalised to mean 0 and variance 1 and
 *  mirrored at both ends; x has REFLECT more on either side. */
static void lay_out(const int16_t *pcm, size_t n, float *x)
{
    size_t use = n < SMART_TURN_SAMPLES ? n : SMART_TURN_SAMPLES;
    float *at = x + REFLECT, scale;
    double mean = 0, var = 0;

    memset(at, 0, sizeof(float) * (SMART_TURN_SAMPLES - use));
    for (size_t i = 0; i < use; i++) {
        at[SMART_TURN_SAMPLES - use + i] = (float)pcm[n - use + i] / 32768;
        mean += at[SMART_TURN_SAMPLES - use + i];
    }
    mean /= SMART_TURN_SAMPLES;
    for (size_t i = 0; i < SMART_TURN_SAMPLES; i++)
        var += (at[i] - mean) * (at[i] - mean);
    scale = (float)(1 / sqrt(var / SMART_TURN_SAMPLES + 1e-7));
    for (size_t i = 0; i < SMART_TURN_SAMPLES; i++)
        at[i] = (at[i] - (float)mean) * scale;
    for (size_t i = 1; i <= REFLECT; i++) {
        at[-(ptrdiff_t)i] = at[i];
        at[SMART_TURN_SAMPLES - 1 + i] = at[SMART_TURN_SAMPLES - 1 - i];
    }
}

int smart_turn_features(const struct smart_turn_model *m, const int16_t *pcm, size_t n, float *out)
{
    float *x = nn_floats(SMART_TURN_SAMPLES + 2 * REFLECT);
    float max = -INFINITY;

    if (!x)
        return UV_ENOMEM;
    lay_out(pcm, n, x);
    mel_frames(m->mel, x, FRAMES, out);
    free(x);
    for (size_t i = 0; i < (size_t)FRAMES * MELS; i++) {
        out[i] = log10f(out[i] > 1e-10f ? out[i] : 1e-10f);
        max = out[i] > max ? out[i] : max;
    }
    for (size_t i = 0; i < (size_t)FRAMES * MELS; i++)
        out[i] = ((out[i] > max - 8 ? out[i] : max - 8) + 4) / 4;
    return 0;
}

/* ---- the network -------------------------------------------------------------------------- */

struct memory {
    float in[(FRAMES + 2) * MELS];   /* padded with rows of zeros */
    float mid[(FRAMES + 2) * WIDTH]; /* likewise */
    float x[POSITIONS * WIDTH];
    float seen[POSITIONS * WIDTH];
    float hidden[POSITIONS * HIDDEN];
};

static void convolve(const struct smart_turn_model *m, struct nn *nn, struct memory *mem)
{
    float *mid = mem->mid + WIDTH;

    nn_linear(nn, &(struct nn_linear){.w = m->conv1.w,
                                      .x = mem->in,
                                      .ldx = MELS,
                                      .n = FRAMES,
                                      .bias = m->conv1.bias,
                                      .y = mid});
    nn_curve(nn, NN_GELU, mid, (size_t)FRAMES * WIDTH);
    nn_linear(nn, &(struct nn_linear){.w = m->conv2.w,
                                      .x = mem->mid,
                                      .ldx = 2 * WIDTH,
                                      .n = POSITIONS,
                                      .bias = m->conv2.bias,
                                      .y = mem->x});
    nn_curve(nn, NN_GELU, mem->x, (size_t)POSITIONS * WIDTH);
    for (size_t i = 0; i < (size_t)POSITIONS * WIDTH; i++)
        mem->x[i] += m->positions[i];
}

static void transform(const struct block *b, struct nn *nn, struct memory *mem)
{
    nn_self_attention(nn,
                      &(struct nn_linear){.w = b->qkv.w,
                                          .x = mem->x,
                                          .n = POSITIONS,
                                          .ln_weight = b->attn_ln.weight,
                                          .ln_bias = b->attn_ln.bias,
                                          .bias = b->qkv.bias},
                      HEADS, WIDTH / HEADS, NULL, mem->seen);
    nn_linear(nn, &(struct nn_linear){.w = b->out.w,
                                      .x = mem->seen,
                                      .n = POSITIONS,
                                      .bias = b->out.bias,
                                      .residual = mem->x,
                                      .y = mem->x});
    nn_linear(nn, &(struct nn_linear){.w = b->up.w,
                                      .x = mem->x,
                                      .n = POSITIONS,
                                      .ln_weight = b->mlp_ln.weight,
                                      .ln_bias = b->mlp_ln.bias,
                                      .bias = b->up.bias,
                                      .y = mem->hidden});
    nn_curve(nn, NN_GELU, mem->hidden, (size_t)POSITIONS * HIDDEN);
    nn_linear(nn, &(struct nn_linear){.w = b->down.w,
                                      .x = mem->hidden,
                                      .n = POSITIONS,
                                      .bias = b->down.bias,
                                      .residual = mem->x,
                                      .y = mem->x});
}

/** The weighted mean over the positions, by how much each of them matters. */
static void pool(const struct smart_turn_model *m, struct nn *nn, const float *x, float *hidden,
                 float *pooled)
{
    float weights[POSITIONS];

    nn_linear(nn, &(struct nn_linear){
                      .w = m->pool0.w, .x = x, .n = POSITIONS, .bias = m->pool0.bias, .y = hidden});
    nn_curve(nn, NN_TANH, hidden, (size_t)POSITIONS * POOL);
    nn_linear(
        nn, &(struct nn_linear){
                .w = m->pool2.w, .x = hidden, .n = POSITIONS, .bias = m->pool2.bias, .y = weights});
    nn_softmax(weights, POSITIONS);
    memset(pooled, 0, WIDTH * sizeof(*pooled));
    for (int i = 0; i < POSITIONS; i++) {
        for (int k = 0; k < WIDTH; k++)
            pooled[k] += weights[i] * x[i * WIDTH + k];
    }
}

static float judge(const struct smart_turn_model *m, struct nn *nn, const float *pooled)
{
    float wide[POOL], narrow[LAST], logit;

    nn_linear(nn, &(struct nn_linear){
                      .w = m->head0.w, .x = pooled, .n = 1, .bias = m->head0.bias, .y = wide});
    nn_layer_norm(nn, wide, 1, POOL, m->head1.weight, m->head1.bias, wide);
    nn_curve(nn, NN_GELU, wide, POOL);
    nn_linear(nn, &(struct nn_linear){
                      .w = m->head4.w, .x = wide, .n = 1, .bias = m->head4.bias, .y = narrow});
    nn_curve(nn, NN_GELU, narrow, LAST);
    nn_linear(nn, &(struct nn_linear){
                      .w = m->head6.w, .x = narrow, .n = 1, .bias = m->head6.bias, .y = &logit});
    return 1 / (1 + expf(-logit));
}

int smart_turn_probability(const struct smart_turn_model *m, struct nn *nn, const int16_t *pcm,
                           size_t n, float *p)
{
    struct memory *mem = aligned_alloc(64, (sizeof(*mem) + 63) / 64 * 64);
    float pooled[WIDTH];
    int err;

    if (!mem)
        return UV_ENOMEM;
    err = smart_turn_features(m, pcm, n, mem->in + MELS);
    if (!err) {
        memset(mem->in, 0, MELS * sizeof(float));
        memset(mem->in + (FRAMES + 1) * MELS, 0, MELS * sizeof(float));
        memset(mem->mid, 0, WIDTH * sizeof(float));
        memset(mem->mid + (FRAMES + 1) * WIDTH, 0, WIDTH * sizeof(float));
        convolve(m, nn, mem);
        for (int i = 0; i < LAYERS; i++)
            transform(&m->blocks[i], nn, mem);
        nn_layer_norm(nn, mem->x, POSITIONS, WIDTH, m->ln_post.weight, m->ln_post.bias, mem->x);
        pool(m, nn, mem->x, mem->hidden, pooled);
        *p = judge(m, nn, pooled);
    }
    free(mem);
    return err;
}
