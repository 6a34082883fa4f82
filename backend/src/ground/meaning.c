/**
 * @file ground/meaning.c  all-MiniLM-L6-v2 on nn/; see meaning.h
 */
#include "ground/meaning.h"

#include "ground/wordpiece.h"
#include "nn/nn.h"
#include "nn/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIZE = MEANING_SIZE,
    LAYERS = 6,
    HEADS = 12,
    HEAD = SIZE / HEADS,
    INNER = 4 * SIZE,
    ROWS_MAX = 512, /* pieces of several texts that go through the layers together */
    Q8_BYTES = 34,  /* of a block: an f16 scale and NN_BLOCK integers */
};

static const float Q8_MAX = 127;

struct norm {
    float weight[SIZE];
    float bias[SIZE];
};

struct layer {
    struct nn_matrix *qkv; /* query, key and value, stacked */
    struct nn_matrix *out;
    struct nn_matrix *up;
    struct nn_matrix *down;
    float qkv_bias[3 * SIZE];
    float out_bias[SIZE];
    float up_bias[INNER];
    float down_bias[SIZE];
    struct norm attention;
    struct norm output;
};

struct meaning {
    struct nn_weights *weights; /* stays open: word vectors are read from the mapping */
    const uint8_t *words;       /* f32 rows, not aligned */
    struct wordpiece *list;
    struct layer layers[LAYERS];
    float places[MEANING_PIECES][SIZE]; /* position vectors, with the type of the first sentence
                                           added */
    struct norm norm;
};

struct meaning_reader {
    const struct meaning *m;
    struct nn *nn;
    int32_t ids[ROWS_MAX];
    float *x, *y, *wide; /* ROWS_MAX rows of SIZE, of SIZE, and of INNER */
};

/* ------------------------------------------------------------------------------------- loading */

/** Blocks of 8 bits, as ggml's q8_0: w = d q. */
static void to_q8_0(const float *x, size_t count, uint8_t *to)
{
    for (; count; count -= NN_BLOCK, x += NN_BLOCK, to += Q8_BYTES) {
        float most = 0;
        float d;
        uint16_t half;

        for (int i = 0; i < NN_BLOCK; i++)
            most = fmaxf(most, fabsf(x[i]));
        d = most / Q8_MAX;
        nn_f32_to_f16(&d, &half, 1);
        memcpy(to, &half, sizeof(half));
        for (int i = 0; i < NN_BLOCK; i++)
            to[2 + i] = (uint8_t)(int8_t)lrintf(d > 0 ? x[i] / d : 0);
    }
}

struct loading {
    const struct nn_weights *w;
    struct nn *nn;
    float *plain;    /* room for the largest tensor of a layer, in the file's type */
    uint8_t *packed; /* and for three of them in blocks */
    struct errbuf *why;
    int err;
};

static const char *layer_name(char name[static 96], int layer, const char *part)
{
    snprintf(name, 96, "encoder.layer.%d.%s", layer, part);
    return name;
}

static void load_floats(struct loading *l, const char *name, size_t count, float *to)
{
    if (!l->err)
        l->err = nn_weights_floats(l->w, name, count, to, l->why);
}

/** One matrix of n tensors of rows x cols. */
static void load_matrix(struct loading *l, int layer, const char *const *parts, int n, int rows,
                        int cols, struct nn_matrix **to)
{
    size_t count = (size_t)rows * (size_t)cols;
    struct nn_part part[3];
    char name[96];

    for (int i = 0; i < n && !l->err; i++) {
        uint8_t *at = l->packed + (size_t)i * count / NN_BLOCK * Q8_BYTES;

        load_floats(l, layer_name(name, layer, parts[i]), count, l->plain);
        if (!l->err)
            to_q8_0(l->plain, count, at);
        part[i] = (struct nn_part){NN_Q8_0, at, rows};
    }
    if (!l->err)
        l->err = nn_matrix_pack(to, l->nn, part, n, cols, l->why);
}

static void load_norm(struct loading *l, const char *name, struct norm *to)
{
    char full[128];

    snprintf(full, sizeof(full), "%s.weight", name);
    load_floats(l, full, SIZE, to->weight);
    snprintf(full, sizeof(full), "%s.bias", name);
    load_floats(l, full, SIZE, to->bias);
}

static void load_layer(struct loading *l, int i, struct layer *to)
{
    static const char *const qkv[] = {"attention.self.query.weight", "attention.self.key.weight",
                                      "attention.self.value.weight"};
    static const char *const biases[] = {"attention.self.query.bias", "attention.self.key.bias",
                                         "attention.self.value.bias"};
    static const char *const out[] = {"attention.output.dense.weight"};
    static const char *const up[] = {"intermediate.dense.weight"};
    static const char *const down[] = {"output.dense.weight"};
    char name[96];

    load_matrix(l, i, qkv, 3, SIZE, SIZE, &to->qkv);
    load_matrix(l, i, out, 1, SIZE, SIZE, &to->out);
    load_matrix(l, i, up, 1, INNER, SIZE, &to->up);
    load_matrix(l, i, down, 1, SIZE, INNER, &to->down);
    for (int k = 0; k < 3; k++)
        load_floats(l, layer_name(name, i, biases[k]), SIZE, to->qkv_bias + k * SIZE);
    load_floats(l, layer_name(name, i, "attention.output.dense.bias"), SIZE, to->out_bias);
    load_floats(l, layer_name(name, i, "intermediate.dense.bias"), INNER, to->up_bias);
    load_floats(l, layer_name(name, i, "output.dense.bias"), SIZE, to->down_bias);
    load_norm(l, layer_name(name, i, "attention.output.LayerNorm"), &to->attention);
    load_norm(l, layer_name(name, i, "output.LayerNorm"), &to->output);
}

/** Only the first position vectors are needed. */
static void load_places(struct loading *l, struct meaning *m)
{
    const struct nn_tensor *t = nn_weights_find(l->w, "embeddings.position_embeddings.weight");
    float types[2 * SIZE];

    load_floats(l, "embeddings.token_type_embeddings.weight", sizeof(types) / sizeof(types[0]),
                types);
    if (!l->err && (!t || t->element != NN_E_F32 || t->bytes < sizeof(m->places)))
        l->err = err_set(l->why, UV_EINVAL, "its positions are missing");
    if (l->err)
        return;
    memcpy(m->places, t->data, sizeof(m->places));
    for (size_t i = 0; i < MEANING_PIECES; i++)
        for (size_t k = 0; k < SIZE; k++)
            m->places[i][k] += types[k];
}

static void find_words(struct loading *l, struct meaning *m)
{
    const struct nn_tensor *t = nn_weights_find(l->w, "embeddings.word_embeddings.weight");
    size_t bytes = wordpiece_count(m->list) * SIZE * sizeof(float);

    if (!t || t->element != NN_E_F32 || t->bytes != bytes)
        l->err = err_set(l->why, UV_EINVAL, "its words are not those of the list");
    else
        m->words = t->data;
}

static int load(struct meaning *m, struct errbuf *why)
{
    const size_t largest = (size_t)INNER * SIZE;
    struct loading l = {.w = m->weights, .why = why};

    l.plain = nn_floats(largest);
    l.packed = malloc(largest / NN_BLOCK * Q8_BYTES);
    l.err = l.plain && l.packed ? nn_open(&l.nn, 1, NULL, why)
                                : err_set(why, UV_ENOMEM, "not enough memory for the model");
    if (!l.err)
        find_words(&l, m);
    for (int i = 0; i < LAYERS && !l.err; i++)
        load_layer(&l, i, &m->layers[i]);
    load_norm(&l, "embeddings.LayerNorm", &m->norm);
    load_places(&l, m);
    if (l.nn)
        nn_close(l.nn);
    free(l.plain);
    free(l.packed);
    return l.err;
}

int meaning_open(struct meaning **mp, const char *weights, const char *words, struct errbuf *why)
{
    struct meaning *m = calloc(1, sizeof(*m));
    int err;

    if (!m)
        return err_set(why, UV_ENOMEM, "not enough memory for the model");
    err = wordpiece_open(&m->list, words, why);
    if (!err)
        err = nn_weights_open(&m->weights, weights, why);
    if (!err) {
        err = load(m, why);
        if (err)
            err_prefix(why, err, "%.300s is not the network expected for meaning", weights);
    }
    if (err)
        meaning_close(m);
    else
        *mp = m;
    return err;
}

void meaning_close(struct meaning *m)
{
    if (!m)
        return;
    for (int i = 0; i < LAYERS; i++) {
        nn_matrix_free(m->layers[i].qkv);
        nn_matrix_free(m->layers[i].out);
        nn_matrix_free(m->layers[i].up);
        nn_matrix_free(m->layers[i].down);
    }
    nn_weights_close(m->weights);
    wordpiece_close(m->list);
    free(m);
}

/* ------------------------------------------------------------------------------------- reading */

int meaning_reader_open(struct meaning_reader **rp, const struct meaning *m, struct errbuf *why)
{
    struct meaning_reader *r = calloc(1, sizeof(*r));
    int err;

    if (!r)
        return err_set(why, UV_ENOMEM, "not enough memory to read with");
    r->m = m;
    r->x = nn_floats((size_t)ROWS_MAX * SIZE);
    r->y = nn_floats((size_t)ROWS_MAX * SIZE);
    r->wide = nn_floats((size_t)ROWS_MAX * INNER);
    err = r->x && r->y && r->wide ? nn_open(&r->nn, 1, NULL, why)
                                  : err_set(why, UV_ENOMEM, "not enough memory to read with");
    if (err)
        meaning_reader_close(r);
    else
        *rp = r;
    return err;
}

void meaning_reader_close(struct meaning_reader *r)
{
    if (!r)
        return;
    if (r->nn)
        nn_close(r->nn);
    free(r->x);
    free(r->y);
    free(r->wide);
    free(r);
}

/** The input of the first layer: word, position and type, normalised. */
static void place_words(struct meaning_reader *r, const int *lengths, size_t texts)
{
    float *row = r->x;
    const int32_t *id = r->ids;

    for (size_t t = 0; t < texts; t++) {
        for (int i = 0; i < lengths[t]; i++, row += SIZE, id++) {
            memcpy(row, r->m->words + (size_t)*id * SIZE * sizeof(*row), SIZE * sizeof(*row));
            for (int k = 0; k < SIZE; k++)
                row[k] += r->m->places[i][k];
        }
    }
    nn_layer_norm(r->nn, r->x, (int)((row - r->x) / SIZE), SIZE, r->m->norm.weight, r->m->norm.bias,
                  r->x);
}

static void run_layer(struct meaning_reader *r, const struct layer *l, const int *lengths,
                      size_t texts, int rows)
{
    int at = 0;

    nn_linear(r->nn, &(struct nn_linear){
                         .w = l->qkv, .x = r->x, .n = rows, .bias = l->qkv_bias, .y = r->wide});
    for (size_t t = 0; t < texts; at += lengths[t++])
        nn_encoder_attention(r->nn, r->wide + (size_t)at * 3 * SIZE, lengths[t], HEADS, HEAD,
                             r->y + (size_t)at * SIZE);
    nn_linear(r->nn, &(struct nn_linear){.w = l->out,
                                         .x = r->y,
                                         .n = rows,
                                         .bias = l->out_bias,
                                         .residual = r->x,
                                         .ldr = SIZE,
                                         .y = r->x,
                                         .ldy = SIZE});
    nn_layer_norm(r->nn, r->x, rows, SIZE, l->attention.weight, l->attention.bias, r->x);
    nn_linear(r->nn, &(struct nn_linear){
                         .w = l->up, .x = r->x, .n = rows, .bias = l->up_bias, .y = r->wide});
    nn_curve(r->nn, NN_GELU, r->wide, (size_t)rows * INNER);
    nn_linear(r->nn, &(struct nn_linear){.w = l->down,
                                         .x = r->wide,
                                         .n = rows,
                                         .bias = l->down_bias,
                                         .residual = r->x,
                                         .ldr = SIZE,
                                         .y = r->x,
                                         .ldy = SIZE});
    nn_layer_norm(r->nn, r->x, rows, SIZE, l->output.weight, l->output.bias, r->x);
}

/** The mean of the rows, normalised to length 1. */
static void take_mean(const float *rows, int n, float point[MEANING_SIZE])
{
    float length = 0;

    memset(point, 0, SIZE * sizeof(*point));
    for (int i = 0; i < n; i++)
        for (int k = 0; k < SIZE; k++)
            point[k] += rows[(size_t)i * SIZE + (size_t)k];
    for (int k = 0; k < SIZE; k++)
        length += point[k] * point[k];
    for (int k = 0; k < SIZE && length > 0; k++)
        point[k] /= sqrtf(length);
}

static void read_some(struct meaning_reader *r, const int *lengths, size_t texts, int rows,
                      float (*points)[MEANING_SIZE])
{
    const float *row = r->x;

    place_words(r, lengths, texts);
    for (int i = 0; i < LAYERS; i++)
        run_layer(r, &r->m->layers[i], lengths, texts, rows);
    for (size_t t = 0; t < texts; t++) {
        take_mean(row, lengths[t], points[t]);
        row += (size_t)lengths[t] * SIZE;
    }
}

int meaning_read(struct meaning_reader *r, const struct meaning_text *texts, size_t n,
                 float (*points)[MEANING_SIZE])
{
    int lengths[ROWS_MAX / 2]; /* a text has at least two pieces */
    size_t first = 0;
    int rows = 0;

    for (size_t i = 0; i < n; i++) {
        lengths[i - first] = (int)wordpiece_encode(r->m->list, texts[i].text, texts[i].len,
                                                   r->ids + rows, MEANING_PIECES);
        rows += lengths[i - first];
        if (i + 1 < n && rows + MEANING_PIECES <= ROWS_MAX)
            continue;
        read_some(r, lengths, i + 1 - first, rows, points + first);
        first = i + 1;
        rows = 0;
    }
    return nn_starved(r->nn) ? UV_ENOMEM : 0;
}

float meaning_alike(const float a[MEANING_SIZE], const float b[MEANING_SIZE])
{
    float sum = 0;

    for (int i = 0; i < SIZE; i++)
        sum += a[i] * b[i];
    return sum;
}
