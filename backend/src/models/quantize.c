/**
 * @file models/quantize.c  Reading f16 and f32 tensors, writing blocks; see quantize.h
 */
#include "models/quantize.h"

#include "models/reader.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum {
    MAGIC = 0x67676d6c,
    HEADER = 11, /* numbers after the magic; the last is the kind of file */
    AT_MELS = 9, /* index of the number of mel bands */
    KIND = 10,
    KIND_Q8_0 = 2007, /* includes the version of the block layout. That was 1 when q5_1 files */
    KIND_Q5_1 = 1009, /* were published; neither type has changed since */
    F32 = 0,
    F16 = 1,
    BLOCK = 32,
    NAME_MAX_LEN = 128,
    DIMS_MAX = 4,
    NUMBER_MAX = 1 << 24, /* limit of any count in the file */
};

/* ---- reading ------------------------------------------------------------------------------ */

static int32_t take_number(struct models_reader *r)
{
    uint32_t n = models_reader_number(r, 4);

    if (n > INT32_MAX)
        r->bad = true;
    return (int32_t)n;
}

static int32_t take_count(struct models_reader *r)
{
    int32_t n = take_number(r);

    if (n < 0 || n > NUMBER_MAX) {
        r->bad = true;
        return 0;
    }
    return n;
}

static void put_number(struct buf *out, int32_t n)
{
    uint8_t b[4];

    for (int i = 0; i < 4; i++)
        b[i] = (uint8_t)((uint32_t)n >> (8 * i));
    buf_append(out, b, 4);
}

/* ---- halves ------------------------------------------------------------------------------- */

static float half_to_float(uint16_t h)
{
    int exponent = h >> 10 & 31;
    float fraction = (float)(h & 1023);
    float value = exponent ? ldexpf(fraction + 1024.0f, exponent - 25) : ldexpf(fraction, -24);

    if (exponent == 31)
        value = h & 1023 ? NAN : INFINITY;
    return h >> 15 ? -value : value;
}

/* Round to nearest, ties to even. */
static uint16_t float_to_half(float f)
{
    uint32_t bits, sign, mantissa, half, rest;
    int exponent, shift;

    memcpy(&bits, &f, sizeof(bits));
    sign = bits >> 16 & 0x8000;
    exponent = (int)(bits >> 23 & 255) - 112;
    mantissa = bits & 0x7fffff;
    if (exponent >= 31)
        return (uint16_t)(sign | 0x7c00);
    if (exponent < -10)
        return (uint16_t)sign;
    shift = exponent > 0 ? 13 : 14 - exponent;
    mantissa |= exponent > 0 ? 0 : 0x800000;
    half = mantissa >> shift;
    rest = mantissa & ((1u << shift) - 1);
    if (exponent > 0)
        half |= (uint32_t)exponent << 10;
    if (rest > 1u << (shift - 1) || (rest == 1u << (shift - 1) && (half & 1)))
        half++;
    return (uint16_t)(sign | half);
}

static void put_half(uint8_t *to, float f)
{
    uint16_t h = float_to_half(f);

    to[0] = (uint8_t)h;
    to[1] = (uint8_t)(h >> 8);
}

/* ---- blocks ------------------------------------------------------------------------------- */

static size_t pack_q8_0(const float *x, uint8_t *to)
{
    float most = 0.0f, d, inverse;

    for (int i = 0; i < BLOCK; i++)
        most = fmaxf(most, fabsf(x[i]));
    d = most / 127.0f;
    inverse = d != 0.0f ? 1.0f / d : 0.0f;
    put_half(to, d);
    for (int i = 0; i < BLOCK; i++)
        to[2 + i] = (uint8_t)(int8_t)roundf(x[i] * inverse);
    return 2 + BLOCK;
}

/* The fifth bits of all weights first, then the other four: those of weight i in the low half of
 * byte i, those of weight 16 + i in the high half. */
static size_t pack_q5_1(const float *x, uint8_t *to)
{
    float least = x[0], most = x[0], d, inverse;
    uint32_t fifth = 0;

    for (int i = 1; i < BLOCK; i++) {
        least = fminf(least, x[i]);
        most = fmaxf(most, x[i]);
    }
    d = (most - least) / 31.0f;
    inverse = d != 0.0f ? 1.0f / d : 0.0f;
    put_half(to, d);
    put_half(to + 2, least);
    for (int i = 0; i < BLOCK / 2; i++) {
        uint8_t low = (uint8_t)((x[i] - least) * inverse + 0.5f);
        uint8_t high = (uint8_t)((x[i + BLOCK / 2] - least) * inverse + 0.5f);

        to[8 + i] = (uint8_t)((low & 15) | (high & 15) << 4);
        fifth |= (uint32_t)(low >> 4 & 1) << i | (uint32_t)(high >> 4 & 1) << (i + BLOCK / 2);
    }
    for (int i = 0; i < 4; i++)
        to[4 + i] = (uint8_t)(fifth >> (8 * i));
    return 8 + BLOCK / 2;
}

/* ---- the parts of a file ------------------------------------------------------------------ */

static void copy_header(struct models_reader *r, enum models_type type, struct buf *out)
{
    put_number(out, take_number(r));
    for (int i = 0; i < HEADER; i++) {
        int32_t n = take_number(r);

        if (i == AT_MELS && (n < 1 || n > NUMBER_MAX))
            r->bad = true;
        if (i == KIND) {
            r->bad |= n > F16; /* already quantised */
            n = type == MODELS_Q8_0 ? KIND_Q8_0 : KIND_Q5_1;
        }
        put_number(out, n);
    }
}

/* Mel filters and vocabulary. */
static void copy_tables(struct models_reader *r, struct buf *out)
{
    size_t start = r->at;
    size_t mels = (size_t)take_count(r), bins = (size_t)take_count(r);
    int32_t words;

    if (!r->bad)
        models_reader_take(r, mels * bins * sizeof(float));
    words = take_count(r);
    for (int32_t i = 0; i < words && !r->bad; i++)
        models_reader_take(r, (size_t)take_count(r));
    if (!r->bad)
        buf_append(out, r->data + start, r->at - start);
}

struct tensor {
    int32_t n_dims, type, dims[DIMS_MAX];
    const uint8_t *name, *data;
    int32_t name_len;
    size_t count;
};

static bool take_tensor(struct models_reader *r, struct tensor *t)
{
    t->n_dims = take_count(r);
    t->name_len = take_count(r);
    t->type = take_count(r);
    t->count = 1;
    r->bad |= t->n_dims < 1 || t->n_dims > DIMS_MAX || t->name_len > NAME_MAX_LEN || t->type > F16;
    for (int i = 0; !r->bad && i < t->n_dims; i++) {
        t->dims[i] = take_count(r);
        r->bad |= t->dims[i] < 1 || t->count > SIZE_MAX / 4 / NUMBER_MAX;
        t->count *= r->bad ? 1 : (size_t)t->dims[i];
    }
    t->name = models_reader_take(r, (size_t)t->name_len);
    t->data = models_reader_take(r, t->count * (t->type == F16 ? 2 : 4));
    return !r->bad;
}

static bool named(const struct tensor *t, const char *name)
{
    return (size_t)t->name_len == strlen(name) && !memcmp(t->name, name, strlen(name));
}

/* All matrices except the position tables. */
static bool is_packed(const struct tensor *t)
{
    return t->n_dims == 2 && !named(t, "encoder.positional_embedding") &&
           !named(t, "decoder.positional_embedding") && !named(t, "encoder.conv1.bias") &&
           !named(t, "encoder.conv2.bias");
}

static float value_at(const struct tensor *t, size_t i)
{
    float f;

    if (t->type == F16)
        return half_to_float((uint16_t)(t->data[2 * i] | t->data[2 * i + 1] << 8));
    memcpy(&f, t->data + 4 * i, sizeof(f));
    return f;
}

static void put_tensor(const struct tensor *t, enum models_type type, struct buf *out)
{
    bool packed = is_packed(t);
    uint8_t block[2 + BLOCK];
    float x[BLOCK];
    size_t n;

    put_number(out, t->n_dims);
    put_number(out, t->name_len);
    put_number(out, packed ? (int32_t)type : t->type);
    for (int i = 0; i < t->n_dims; i++)
        put_number(out, t->dims[i]);
    buf_append(out, t->name, (size_t)t->name_len);
    if (!packed)
        buf_append(out, t->data, t->count * (t->type == F16 ? 2 : 4));
    for (size_t i = 0; packed && i < t->count && !out->err; i += BLOCK) {
        for (size_t k = 0; k < BLOCK; k++)
            x[k] = value_at(t, i + k);
        n = type == MODELS_Q8_0 ? pack_q8_0(x, block) : pack_q5_1(x, block);
        buf_append(out, block, n);
    }
}

int models_quantize(const void *from, size_t len, enum models_type type, struct buf *out,
                    struct errbuf *why)
{
    struct models_reader r = {.data = from, .len = len};
    struct tensor t;

    if (len < 4 || take_number(&r) != MAGIC)
        return err_set(why, UV_EINVAL, "it is not a Whisper model file");
    r.at = 0;
    copy_header(&r, type, out);
    copy_tables(&r, out);
    while (!r.bad && r.at < r.len && !out->err) {
        if (!take_tensor(&r, &t))
            break;
        if (is_packed(&t) && t.dims[0] % BLOCK)
            return err_set(why, UV_EINVAL, "rows of %d weights cannot be quantised", t.dims[0]);
        put_tensor(&t, type, out);
    }
    if (r.bad)
        return err_set(why, UV_EINVAL,
                       "the model file is damaged at byte %zu, or was quantised already", r.at);
    return out->err ? err_set(why, out->err, "the quantised model does not fit") : 0;
}

bool models_type_find(const char *name, enum models_type *type)
{
    if (strcmp(name, "q8_0") != 0 && strcmp(name, "q5_1") != 0)
        return false;
    *type = name[1] == '8' ? MODELS_Q8_0 : MODELS_Q5_1;
    return true;
}
