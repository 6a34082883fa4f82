/**
 * @file models/convert.c  From a CTranslate2 folder to the published ggml file; see convert.h
 */
#include "models/convert.h"

#include "base/json.h"
#include "models/reader.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    VERSION = 6,
    F16 = 4, /* CTranslate2's number for the type */
    RANK_MAX = 3,
    VARIABLES_MAX = 4096,
    NAME_LEN_MAX = 120,
    LAYERS_MAX = 64,
    STATE_MAX = 8192,
    MAGIC = 0x67676d6c,
    HEAD = 64,       /* width of an attention head, in every Whisper model */
    PAIRS = 50256,   /* byte pairs of GPT-2; a published file lists them and one end token */
    ENGLISH = 51864, /* number of tokens in the English models */
    TOKEN_MAX = 256, /* bytes, as written in the vocabulary */
    FFT_BINS = 201,  /* of 400 samples */
    RATE = 16000,
    PIECE = 1 << 14,
};

/* ---- reading ------------------------------------------------------------------------------ */

/** Rows of f16 values, pointing into the file. */
struct tensor {
    int rank;
    uint32_t shape[RANK_MAX];
    const uint8_t *data;
    size_t bytes;
};

struct variable {
    char name[NAME_LEN_MAX + 1];
    struct tensor t;
};

static void take_name(struct models_reader *r, char name[NAME_LEN_MAX + 1])
{
    size_t n = models_reader_number(r, 2);
    const uint8_t *p = models_reader_take(r, n);

    name[0] = '\0';
    while (p && n && !p[n - 1])
        n--;
    if (!p || n > NAME_LEN_MAX || memchr(p, '\0', n)) {
        r->bad = true;
        return;
    }
    memcpy(name, p, n);
    name[n] = '\0';
}

/* False: it is not f16, so it is not one of the weights we need. */
static bool take_variable(struct models_reader *r, struct variable *v)
{
    uint64_t count = 1;
    uint32_t type;

    take_name(r, v->name);
    v->t.rank = (int)models_reader_number(r, 1);
    for (int i = 0; i < v->t.rank && !r->bad; i++) {
        uint32_t n = models_reader_number(r, 4);

        if (i < RANK_MAX)
            v->t.shape[i] = n;
        count = n && count > (UINT64_C(1) << 40) / n ? UINT64_C(1) << 41 : count * n;
    }
    type = models_reader_number(r, 1);
    v->t.bytes = models_reader_number(r, 4);
    v->t.data = models_reader_take(r, v->t.bytes);
    if (r->bad || type != F16 || v->t.rank < 1 || v->t.rank > RANK_MAX)
        return false;
    if (count * 2 != v->t.bytes)
        r->bad = true;
    return !r->bad && v->t.bytes;
}

struct model {
    struct variable *variables;
    size_t count;
    struct tensor positions, audio_positions, embeddings, conv;
    uint32_t state; /* width of the model's state */
    uint32_t mels;
    uint32_t layers[2]; /* in the encoder and in the decoder */
};

static const struct tensor *find(const struct model *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++) {
        if (!strcmp(m->variables[i].name, name))
            return &m->variables[i].t;
    }
    return NULL;
}

static int read_variables(struct model *m, const struct convert_source *from, struct errbuf *why)
{
    struct models_reader r = {from->model, from->model_len, 0, false};
    char kind[NAME_LEN_MAX + 1];
    uint32_t version = models_reader_number(&r, 4);
    uint32_t count;

    take_name(&r, kind);
    models_reader_number(&r, 4);
    count = models_reader_number(&r, 4);
    if (r.bad || strcmp(kind, "WhisperSpec") != 0)
        return err_set(why, UV_EINVAL, "it is no Whisper model of CTranslate2");
    if (version != VERSION)
        return err_set(why, UV_ENOTSUP, "only version 6 of CTranslate2's files is read");
    if (count > VARIABLES_MAX)
        return err_set(why, UV_EINVAL, "the CTranslate2 model is damaged");
    m->variables = calloc(count + 1, sizeof(*m->variables));
    if (!m->variables)
        return err_set(why, UV_ENOMEM, "not enough memory for the model");
    for (uint32_t i = 0; i < count && !r.bad; i++)
        m->count += take_variable(&r, &m->variables[m->count]);
    return r.bad ? err_set(why, UV_EINVAL, "the CTranslate2 model ends too soon") : 0;
}

static uint32_t count_layers(const struct model *m, const char *side)
{
    char name[NAME_LEN_MAX];
    uint32_t n = 0;

    do
        snprintf(name, sizeof(name), "%s/layer_%u/ffn/linear_0/weight", side, n);
    while (find(m, name) && ++n < LAYERS_MAX);
    return n;
}

static int read_shape(struct model *m, struct errbuf *why)
{
    const struct tensor *conv = find(m, "encoder/conv1/weight");
    const struct tensor *embeddings = find(m, "decoder/embeddings/weight");
    const struct tensor *text = find(m, "decoder/position_encodings/encodings");
    const struct tensor *audio = find(m, "encoder/position_encodings/encodings");

    if (!conv || !embeddings || !text || !audio)
        return err_set(why, m->count ? UV_EINVAL : UV_ENOTSUP,
                       "the CTranslate2 model has no weights in f16; made with --quantization "
                       "float16 it can be read");
    m->conv = *conv;
    m->embeddings = *embeddings;
    m->positions = *text;
    m->audio_positions = *audio;
    m->state = conv->shape[0];
    m->mels = conv->rank == 3 ? conv->shape[1] : 0;
    m->layers[0] = count_layers(m, "encoder");
    m->layers[1] = count_layers(m, "decoder");
    if ((m->mels != 80 && m->mels != 128) || m->state % HEAD || m->state > STATE_MAX || !m->state ||
        embeddings->rank != 2 || text->rank != 2 || audio->rank != 2 ||
        embeddings->shape[0] < ENGLISH || embeddings->shape[0] > ENGLISH + 100 || !m->layers[0] ||
        !m->layers[1])
        return err_set(why, UV_EINVAL, "the CTranslate2 model has no shape of Whisper's");
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------ */

struct writer {
    int (*take)(const void *data, size_t n, void *arg);
    void *arg;
    const struct model *m;
    int err; /* the first error; 0: none */
    struct errbuf *why;
};

static void put(struct writer *w, const void *data, size_t n)
{
    if (!w->err)
        w->err = w->take(data, n, w->arg);
}

static void put_number(struct writer *w, uint32_t n)
{
    const uint8_t b[4] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24)};

    put(w, b, sizeof(b));
}

static float f16_to_f32(unsigned h)
{
    unsigned exponent = h >> 10 & 31, mantissa = h & 1023;
    float value = exponent == 0 ? ldexpf((float)mantissa, -24)
                                : ldexpf((float)(mantissa | 1024), (int)exponent - 25);

    if (exponent == 31)
        value = mantissa ? NAN : INFINITY;
    return h & 0x8000 ? -value : value;
}

static void put_float(uint8_t *to, float value)
{
    uint32_t n;

    memcpy(&n, &value, 4);
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(n >> (8 * i));
}

static void put_floats(struct writer *w, const struct tensor *t)
{
    uint8_t piece[PIECE];
    size_t used = 0;

    for (size_t i = 0; i + 1 < t->bytes; i += 2) {
        put_float(piece + used, f16_to_f32(t->data[i] | (unsigned)t->data[i + 1] << 8));
        used += 4;
        if (used == PIECE) {
            put(w, piece, used);
            used = 0;
        }
    }
    put(w, piece, used);
}

static double mel_to_hz(double mel)
{
    double log_step = log(6.4) / 27.0;

    return mel < 15.0 ? mel * 200.0 / 3.0 : 1000.0 * exp(log_step * (mel - 15.0));
}

static double hz_to_mel(double hz)
{
    double log_step = log(6.4) / 27.0;

    return hz < 1000.0 ? hz * 3.0 / 200.0 : 15.0 + log(hz / 1000.0) / log_step;
}

/* numpy's linspace(): multiples of the step, and the last value exact. */
static void mel_edges(double *edges, uint32_t mels)
{
    double last = hz_to_mel(RATE / 2.0);
    double step = last / (double)(mels + 1);

    for (uint32_t i = 0; i < mels + 2; i++)
        edges[i] = mel_to_hz(i == mels + 1 ? last : (double)i * step);
}

static void put_filters(struct writer *w)
{
    uint32_t mels = w->m->mels;
    double edges[128 + 2];

    mel_edges(edges, mels);
    put_number(w, mels);
    put_number(w, FFT_BINS);
    for (uint32_t i = 0; i < mels; i++) {
        double area = 2.0 / (edges[i + 2] - edges[i]);
        uint8_t row[FFT_BINS * 4];

        for (int k = 0; k < FFT_BINS; k++) {
            double hz = RATE / 2.0 * k / (FFT_BINS - 1);
            double up = -(edges[i] - hz) / (edges[i + 1] - edges[i]);
            double down = (edges[i + 2] - hz) / (edges[i + 2] - edges[i + 1]);
            float ramp = (float)fmax(0.0, fmin(up, down));

            put_float(row + 4 * k, (float)(ramp * area));
        }
        put(w, row, sizeof(row));
    }
}

/* ---- tokens ------------------------------------------------------------------------------- */

/* The byte that a character of GPT-2's printable alphabet stands for; -1: no such character. */
static int byte_of(uint32_t c)
{
    unsigned n = 256;

    if ((c >= 33 && c < 127) || (c >= 161 && c < 173) || (c >= 174 && c < 256))
        return (int)c;
    for (unsigned b = 0; b < 256; b++) {
        if ((b >= 33 && b < 127) || (b >= 161 && b < 173) || b >= 174)
            continue;
        if (n++ == c)
            return (int)b;
    }
    return -1;
}

static void put_token(struct writer *w, const char *text, size_t len)
{
    uint8_t bytes[TOKEN_MAX];
    size_t n = 0;

    if (len > TOKEN_MAX)
        w->err = err_set(w->why, UV_EINVAL, "a token of the vocabulary is too long");
    for (size_t i = 0; i < len && !w->err; n++) {
        unsigned c = (uint8_t)text[i];
        int b;

        if (c < 0x80) {
            i++;
        } else if ((c & 0xe0) == 0xc0 && i + 1 < len) { /* the alphabet ends at U+0143 */
            c = (c & 31) << 6 | ((uint8_t)text[i + 1] & 63);
            i += 2;
        } else {
            c = UINT16_MAX;
        }
        b = byte_of(c);
        if (b < 0)
            w->err = err_set(w->why, UV_EINVAL, "the vocabulary is not Whisper's");
        else
            bytes[n] = (uint8_t)b;
    }
    if (w->err)
        return;
    put_number(w, (uint32_t)n);
    put(w, bytes, n);
}

static void put_lines(struct writer *w, const struct convert_source *from)
{
    const char *at = from->vocabulary, *end = at + from->vocabulary_len;

    for (int i = 0; i < PAIRS && !w->err; i++) {
        const char *stop = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;

        if (!stop) {
            w->err = err_set(w->why, UV_EINVAL, "the vocabulary ends too soon");
            return;
        }
        put_token(w, at, (size_t)(stop - at));
        at = stop + 1;
    }
}

static void put_array(struct writer *w, const struct convert_source *from)
{
    json_t *all = json_parse(from->vocabulary, from->vocabulary_len);

    if (!json_is_array(all) || json_array_size(all) < PAIRS)
        w->err = err_set(w->why, UV_EINVAL, "the vocabulary ends too soon");
    for (int i = 0; i < PAIRS && !w->err; i++) {
        const json_t *token = json_array_get(all, (size_t)i);

        if (json_is_string(token))
            put_token(w, json_string_value(token), json_string_length(token));
        else
            w->err = err_set(w->why, UV_EINVAL, "the vocabulary is not Whisper's");
    }
    json_decref(all);
}

static void put_tokens(struct writer *w, const struct convert_source *from)
{
    static const char end[] = "<|endoftext|>";
    size_t end_len = w->m->embeddings.shape[0] == ENGLISH ? sizeof(end) - 1 : 0;

    put_number(w, PAIRS + 1);
    if (from->vocabulary_len && from->vocabulary[0] == '[')
        put_array(w, from);
    else
        put_lines(w, from);
    put_number(w, (uint32_t)end_len);
    put(w, end, end_len);
}

/* ---- tensors ------------------------------------------------------------------------------ */

static void put_tensor(struct writer *w, const char *name, const struct tensor *t, bool floats)
{
    if (w->err)
        return;
    put_number(w, (uint32_t)t->rank);
    put_number(w, (uint32_t)strlen(name));
    put_number(w, floats ? 0 : 1);
    for (int i = t->rank; i-- > 0;)
        put_number(w, t->shape[i]);
    put(w, name, strlen(name));
    if (floats)
        put_floats(w, t);
    else
        put(w, t->data, t->bytes);
}

static const struct tensor *need(struct writer *w, const char *at, const char *what)
{
    char name[2 * NAME_LEN_MAX];
    const struct tensor *t;

    snprintf(name, sizeof(name), "%s/%s", at, what);
    t = w->err ? NULL : find(w->m, name);
    if (!t && !w->err)
        w->err = err_set(w->why, UV_EINVAL, "the CTranslate2 model has no %.120s", name);
    return t;
}

static void put_named(struct writer *w, const char *to, const char *tail, const char *at,
                      const char *what)
{
    const struct tensor *t = need(w, at, what);
    char name[2 * NAME_LEN_MAX];

    snprintf(name, sizeof(name), "%s%s", to, tail);
    if (t)
        put_tensor(w, name, t, t->rank < 2);
}

static void put_norm(struct writer *w, const char *to, const char *at)
{
    put_named(w, to, ".weight", at, "gamma");
    put_named(w, to, ".bias", at, "beta");
}

static void put_linear(struct writer *w, const char *to, const char *at)
{
    put_named(w, to, ".weight", at, "weight");
    put_named(w, to, ".bias", at, "bias");
}

/* The i-th of the projections that CTranslate2 fuses into one matrix. */
static void put_part(struct writer *w, const char *to, const char *at, uint32_t i, bool bias)
{
    static const char *const what[] = {"weight", "bias"};

    for (int k = 0; k < 1 + bias; k++) {
        const struct tensor *t = need(w, at, what[k]);
        struct tensor part;
        char name[2 * NAME_LEN_MAX];
        size_t row;

        if (!t)
            return;
        if (t->shape[0] < (i + 1) * w->m->state) {
            w->err = err_set(w->why, UV_EINVAL, "the CTranslate2 model has no shape of Whisper's");
            return;
        }
        part = *t;
        row = t->bytes / t->shape[0];
        part.shape[0] = w->m->state;
        part.data = t->data + row * i * w->m->state;
        part.bytes = row * w->m->state;
        snprintf(name, sizeof(name), "%s.%s", to, what[k]);
        put_tensor(w, name, &part, part.rank < 2);
    }
}

static void put_block(struct writer *w, const char *side, uint32_t i)
{
    char at[NAME_LEN_MAX], to[NAME_LEN_MAX], from[2 * NAME_LEN_MAX], name[2 * NAME_LEN_MAX];

    snprintf(to, sizeof(to), "%s.blocks.%u", side, i);
    snprintf(at, sizeof(at), "%s/layer_%u", side, i);
#define TO(tail)   (snprintf(name, sizeof(name), "%s.%s", to, tail), name)
#define FROM(tail) (snprintf(from, sizeof(from), "%s/%s", at, tail), from)
    put_norm(w, TO("mlp_ln"), FROM("ffn/layer_norm"));
    put_linear(w, TO("mlp.0"), FROM("ffn/linear_0"));
    put_linear(w, TO("mlp.2"), FROM("ffn/linear_1"));
    put_norm(w, TO("attn_ln"), FROM("self_attention/layer_norm"));
    put_part(w, TO("attn.query"), FROM("self_attention/linear_0"), 0, true);
    put_part(w, TO("attn.key"), FROM("self_attention/linear_0"), 1, false);
    put_part(w, TO("attn.value"), FROM("self_attention/linear_0"), 2, true);
    put_linear(w, TO("attn.out"), FROM("self_attention/linear_1"));
    if (!strcmp(side, "encoder"))
        return;
    put_norm(w, TO("cross_attn_ln"), FROM("attention/layer_norm"));
    put_linear(w, TO("cross_attn.query"), FROM("attention/linear_0"));
    put_part(w, TO("cross_attn.key"), FROM("attention/linear_1"), 0, false);
    put_part(w, TO("cross_attn.value"), FROM("attention/linear_1"), 1, true);
    put_linear(w, TO("cross_attn.out"), FROM("attention/linear_2"));
#undef TO
#undef FROM
}

/* The bias of a convolution is a column vector. */
static void put_conv(struct writer *w, const char *to, const char *at)
{
    const struct tensor *bias;
    struct tensor column;
    char name[NAME_LEN_MAX];

    put_named(w, to, ".weight", at, "weight");
    bias = need(w, at, "bias");
    if (!bias)
        return;
    column = *bias;
    column.rank = 2;
    column.shape[1] = 1;
    snprintf(name, sizeof(name), "%s.bias", to);
    put_tensor(w, name, &column, true);
}

static void put_tensors(struct writer *w)
{
    const struct model *m = w->m;

    put_tensor(w, "decoder.positional_embedding", &m->positions, true);
    put_tensor(w, "encoder.positional_embedding", &m->audio_positions, true);
    put_tensor(w, "decoder.token_embedding.weight", &m->embeddings, false);
    for (uint32_t i = 0; i < m->layers[1]; i++)
        put_block(w, "decoder", i);
    put_norm(w, "decoder.ln", "decoder/layer_norm");
    put_conv(w, "encoder.conv1", "encoder/conv1");
    put_conv(w, "encoder.conv2", "encoder/conv2");
    for (uint32_t i = 0; i < m->layers[0]; i++)
        put_block(w, "encoder", i);
    put_norm(w, "encoder.ln_post", "encoder/layer_norm");
}

static void put_header(struct writer *w)
{
    const struct model *m = w->m;
    const uint32_t numbers[] = {MAGIC,
                                m->embeddings.shape[0],
                                m->audio_positions.shape[0],
                                m->state,
                                m->state / HEAD,
                                m->layers[0],
                                m->positions.shape[0],
                                m->state,
                                m->state / HEAD,
                                m->layers[1],
                                m->mels,
                                1}; /* matrices in f16 */

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        put_number(w, numbers[i]);
}

int models_convert(const struct convert_source *from,
                   int (*take)(const void *data, size_t n, void *arg), void *arg,
                   struct errbuf *why)
{
    struct model m = {0};
    struct writer w = {take, arg, &m, 0, why};
    int err = read_variables(&m, from, why);

    if (!err)
        err = read_shape(&m, why);
    if (!err) {
        put_header(&w);
        put_filters(&w);
        put_tokens(&w, from);
        put_tensors(&w);
        err = w.err;
    }
    free(m.variables);
    return err;
}
