/**
 * @file nn/kernels_generic.h  Kernels for instruction sets with short vectors
 *
 * Included by kernels_avx2.c and kernels_neon.c, which compile it with their own flags; loops are
 * written so that the compiler vectorises them, 4 or 8 floats wide. The including file provides
 *
 *     GENERIC_LANES                                     floats of a vector
 *     void halves_to_floats(const uint16_t *, float *)  16 values
 *     void dot_quads(const uint8_t *w, const int8_t *x, int32_t *sums, enum nn_type)
 *                                     sums[16] += the raw quants of a block, w[8][16][4], by x[32]
 *     void dot_q12(const uint8_t *words, const int16_t *x, int32_t *sums)
 *                                     sums[16] = a block in 12 bits by x[32]
 *
 * Many rows are multiplied in f32, from panels dequantised once per tile. Few rows are multiplied
 * straight from the packed panels in 8-bit integers (12-bit weights: 16-bit), by f16 and f32
 * weights in f32.
 */
#ifndef NN_KERNELS_GENERIC_H
#define NN_KERNELS_GENERIC_H

#include "nn/kernels_isa.h"

#include <math.h>
#include <string.h>

enum {
    TILE = 6,         /* rows of the register tile */
    COLUMNS_L1 = 128, /* columns whose weights stay in the L1 cache while all rows are multiplied */
    POSITIONS = 64,   /* cache positions converted at once */
    FEW_AHEAD = 8192, /* prefetch distance for few rows [bytes] */
};

typedef float vec __attribute__((vector_size(4 * GENERIC_LANES), aligned(4), may_alias));
enum { VECS = NN_PANEL / GENERIC_LANES };

static inline const vec *vec_at(const float *p)
{
    return (const vec *)(const void *)p;
}

/* exp(x) to about 2e-7 relative for |x| <= 87, see kernels_avx512.h; 0 below. */
static inline float fast_exp(float x)
{
    float in = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    float n = nearbyintf(in * 1.44269504f);
    float r = (in - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.0f / 720;
    union {
        int32_t i;
        float f;
    } two = {.i = ((int32_t)n + 127) << 23};

    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    return x < -87.0f ? 0 : p * two.f;
}

/* ---- epilogue and norm -------------------------------------------------------------------- */

/* Below -10 the result is zero anyway. */
static inline float gelu(float x)
{
    float within = x > -10 ? x : -10;

    return within / (1 + fast_exp(within * (-1.59576912f - 0.07135481f * within * within)));
}

static void finish(const float *tile, int ld, const struct nn_finish *f)
{
    for (int i = 0; i < f->rows; i++) {
        const float *from = tile + i * ld;
        const float *residual = f->residual ? f->residual + (size_t)i * f->ldr : NULL;
        float *y = f->y + (size_t)i * f->ldy;
        float v[NN_PANEL * NN_PANELS_MAX];

        for (int c = 0; c < f->cols; c++)
            v[c] = from[c] + (f->bias ? f->bias[c] : 0);
        for (int c = 0; f->gelu && c < f->cols; c++)
            v[c] = gelu(v[c]);
        for (int c = 0; c < f->cols; c++)
            y[c] = v[c] + (residual ? residual[c] : 0);
    }
}

static void norm_row(const float *x, int dim, const float *w, const float *b, float *y)
{
    float part[NN_PANEL] = {0}, square[NN_PANEL] = {0};
    float mean = 0, var = 0, scale;

    for (int i = 0; i < dim; i++)
        part[i % NN_PANEL] += x[i];
    for (int k = 0; k < NN_PANEL; k++)
        mean += part[k] / (float)dim;
    for (int i = 0; i < dim; i++)
        square[i % NN_PANEL] += (x[i] - mean) * (x[i] - mean);
    for (int k = 0; k < NN_PANEL; k++)
        var += square[k] / (float)dim;
    scale = 1.0f / sqrtf(var + 1e-5f);
    for (int i = 0; i < dim; i++)
        y[i] = (x[i] - mean) * scale * w[i] + b[i];
}

static void layer_norm(const struct nn_norm *t)
{
    for (int i = 0; i < t->n; i++)
        norm_row(t->x + (size_t)i * t->ldx, t->dim, t->weight, t->bias, t->y + (size_t)i * t->ldy);
}

static double sum_exp(const float *x, int count, float max)
{
    double sum[NN_PANEL] = {0};
    double all = 0;

    for (int i = 0; i < count; i++)
        sum[i % NN_PANEL] += (double)fast_exp(x[i] - max);
    for (int k = 0; k < NN_PANEL; k++)
        all += sum[k];
    return all;
}

/* ---- weights of a block ------------------------------------------------------------------- */

/* Raw quants of a block as bytes [8][16][4]: unsigned, for q8_0 signed. */
static inline void raw_block(const struct nn_matrix *m, const uint8_t *panel, int b, uint8_t *to)
{
    const uint8_t *qs = panel + (size_t)b * (size_t)nn_block_bytes(m->type);
    const uint8_t *qh = panel + m->qh + 64 * (size_t)b;

    if (m->type == NN_Q8_0) {
        memcpy(to, qs, 512);
        return;
    }
    for (int i = 0; i < 256; i++) {
        to[i] = qs[i] & 15;
        to[i + 256] = qs[i] >> 4;
    }
    if (m->type != NN_Q5_0 && m->type != NN_Q5_1)
        return;
    for (int q = 0; q < 8; q++) {
        uint32_t bits[2], w[NN_PANEL];

        memcpy(bits, qh + 8 * q, sizeof(bits));
        memcpy(w, to + 64 * q, sizeof(w));
        for (int r = 0; r < NN_PANEL; r++) { /* four bits into four bytes, by one multiplication */
            uint32_t four = bits[r / 8] >> (r % 8 * 4) & 15;

            w[r] |= ((four * 0x00204081u) & 0x01010101u) << 4;
        }
        memcpy(to + 64 * q, w, sizeof(w));
    }
}

static inline int zero_of(enum nn_type type)
{
    return type == NN_Q5_0 ? 16 : type == NN_Q4_0 ? 8 : 0;
}

static inline bool has_min(enum nn_type type)
{
    return type == NN_Q4_1 || type == NN_Q5_1;
}

/* One column of 16 rows of halves, from packed memory. */
static inline void halves_at(const uint8_t *from, float *to)
{
    uint16_t h[NN_PANEL];

    memcpy(h, from, sizeof(h));
    halves_to_floats(h, to);
}

/* The scales of a block: d times its raw quants plus min, which includes the zero point. */
static inline void scales_of(const struct nn_matrix *m, const uint8_t *panel, int b, float *d,
                             float *min)
{
    halves_at(panel + m->d + 32 * (size_t)b, d);
    memset(min, 0, NN_PANEL * sizeof(float));
    if (has_min(m->type))
        halves_at(panel + m->m + 32 * (size_t)b, min);
    for (int r = 0; r < NN_PANEL; r++)
        min[r] -= d[r] * (float)zero_of(m->type);
}

/* A block as floats, [32][16]. */
static void block_floats(const struct nn_matrix *m, const uint8_t *panel, int b, float *out)
{
    float d[NN_PANEL], min[NN_PANEL];
    uint8_t raw[8 * 64];

    scales_of(m, panel, b, d, min);
    raw_block(m, panel, b, raw);
    for (int q = 0; q < 8; q++) {
        int32_t w[NN_PANEL];

        memcpy(w, raw + 64 * q, sizeof(w));
        for (int i = 0; i < 4; i++, out += NN_PANEL) {
            if (m->type == NN_Q8_0) {
                for (int r = 0; r < NN_PANEL; r++)
                    out[r] = d[r] * (float)((int32_t)((uint32_t)w[r] << (24 - 8 * i)) >> 24);
            } else {
                for (int r = 0; r < NN_PANEL; r++)
                    out[r] = d[r] * (float)(w[r] >> (8 * i) & 255) + min[r];
            }
        }
    }
}

/* A block of 12-bit integers as floats, [32][16]. Two words of a row form one 32-bit word here. */
static void q12_floats(const struct nn_matrix *m, const uint8_t *panel, int b, float *out)
{
    const uint8_t *from = panel + (size_t)b * (size_t)nn_block_bytes(NN_Q12);
    float d[NN_PANEL];

    halves_at(panel + m->d + 32 * (size_t)b, d);
    for (int g = 0; g < NN_BLOCK / 8; g++, from += 192) {
        uint32_t w[4][NN_PANEL];

        memcpy(w, from, 192);
        for (int r = 0; r < NN_PANEL; r++)
            w[3][r] = (w[0][r] << 12 & 0xf000f000) | (w[1][r] << 8 & 0x0f000f00) |
                      (w[2][r] << 4 & 0x00f000f0);
        for (int k = 0; k < 4; k++, out += 2 * NN_PANEL) {
            for (int r = 0; r < NN_PANEL; r++) {
                out[r] = d[r] * (float)((int32_t)(w[k][r] << 16) >> 20);
                out[NN_PANEL + r] = d[r] * (float)((int32_t)w[k][r] >> 20);
            }
        }
    }
}

/* Columns 32 b .. 32 b + 31 of any type as floats. */
static void columns(const struct nn_matrix *m, const uint8_t *panel, int b, float *out)
{
    if (m->type == NN_F32) {
        memcpy(out, panel + (size_t)b * NN_BLOCK * NN_PANEL * 4, NN_BLOCK * NN_PANEL * 4);
    } else if (m->type == NN_F16) {
        const uint8_t *from = panel + (size_t)b * NN_BLOCK * NN_PANEL * 2;

        for (int c = 0; c < NN_BLOCK; c++, from += 2 * NN_PANEL, out += NN_PANEL)
            halves_at(from, out);
    } else if (m->type == NN_Q12) {
        q12_floats(m, panel, b, out);
    } else {
        block_floats(m, panel, b, out);
    }
}

/* ---- f32 products ------------------------------------------------------------------------- */

static size_t f32_row_bytes(const struct nn_matrix *m)
{
    return (size_t)m->blocks * NN_BLOCK * sizeof(float);
}

static void f32_prepare(const struct nn_matrix *m, const float *x, void *row)
{
    memcpy(row, x, (size_t)m->cols * sizeof(float));
    memset((float *)row + m->cols, 0, (size_t)(m->blocks * NN_BLOCK - m->cols) * sizeof(float));
}

static size_t f32_scratch_bytes(const struct nn_matrix *m)
{
    return f32_row_bytes(m) * NN_PANEL * NN_PANELS_MAX;
}

static void f32_unpack(const struct nn_matrix *m, int panel, int n_panels, void *scratch)
{
    float *to = scratch;

    for (int p = 0; p < n_panels; p++) {
        for (int b = 0; b < m->blocks; b++, to += NN_BLOCK * NN_PANEL)
            columns(m, nn_panel(m, panel + p), b, to);
    }
}

/* R rows of x times `count` columns of one panel, added to sums [R][width]. */
static inline __attribute__((always_inline)) void f32_tile(const float *w, const float *x,
                                                           size_t row, int count, float *sums,
                                                           int width, bool first, const int R)
{
    vec acc[TILE][VECS];

    for (int i = 0; i < R; i++) {
        for (int v = 0; v < VECS; v++)
            acc[i][v] = first ? (vec){0} : *vec_at(sums + i * width + v * GENERIC_LANES);
    }
    for (int c = 0; c < count; c++, w += NN_PANEL) {
        for (int i = 0; i < R; i++) {
            for (int v = 0; v < VECS; v++)
                acc[i][v] += x[(size_t)i * row + (size_t)c] * *vec_at(w + v * GENERIC_LANES);
        }
    }
    for (int i = 0; i < R; i++) {
        for (int v = 0; v < VECS; v++)
            *(vec *)(void *)(sums + i * width + v * GENERIC_LANES) = acc[i][v];
    }
}

static void f32_panel(const float *w, const float *x, int cols, int n, float *tile, int width)
{
    for (int c = 0; c < cols; c += COLUMNS_L1) {
        int count = cols - c < COLUMNS_L1 ? cols - c : COLUMNS_L1;
        const float *at = w + c * NN_PANEL;
        int i = 0;

        for (; i + TILE <= n; i += TILE)
            f32_tile(at, x + (size_t)i * (size_t)cols + c, (size_t)cols, count, tile + i * width,
                     width, c == 0, TILE);
        for (; i < n; i++)
            f32_tile(at, x + (size_t)i * (size_t)cols + c, (size_t)cols, count, tile + i * width,
                     width, c == 0, 1);
    }
}

static void f32_multiply(const struct nn_matrix *m, int panel, int n_panels, const void *scratch,
                         const void *rows, int n, float *tile, const struct nn_ahead *ahead)
{
    int cols = m->blocks * NN_BLOCK;

    (void)panel;
    (void)ahead;
    for (int p = 0; p < n_panels; p++)
        f32_panel((const float *)scratch + (size_t)p * (size_t)cols * NN_PANEL, rows, cols, n,
                  tile + p * NN_PANEL, n_panels * NN_PANEL);
}

static const struct nn_product many_f32 = {
    .arithmetic = "f32",
    .row_bytes = f32_row_bytes,
    .prepare = f32_prepare,
    .scratch_bytes = f32_scratch_bytes,
    .unpack = f32_unpack,
    .multiply = f32_multiply,
};

/* Few rows: 32 columns at a time go through the L1 cache. */
static void few_f32_multiply(const struct nn_matrix *m, int panel, int n_panels,
                             const void *scratch, const void *rows, int n, float *tile,
                             const struct nn_ahead *ahead)
{
    size_t cols = (size_t)(m->blocks * NN_BLOCK);
    float w[NN_BLOCK * NN_PANEL];

    (void)scratch;
    (void)ahead;
    for (int p = 0; p < n_panels; p++) {
        for (int b = 0; b < m->blocks; b++) {
            columns(m, nn_panel(m, panel + p), b, w);
            for (int i = 0; i < n; i++)
                f32_tile(w, (const float *)rows + (size_t)i * cols + b * NN_BLOCK, cols, NN_BLOCK,
                         tile + (i * n_panels + p) * NN_PANEL, 0, b == 0, 1);
        }
    }
}

static const struct nn_product few_f32 = {
    .arithmetic = "f32",
    .row_bytes = f32_row_bytes,
    .prepare = f32_prepare,
    .multiply = few_f32_multiply,
};

/* Prefetches what this thread multiplies some blocks later: few rows are bound by memory. */
static inline void fetch_ahead(const uint8_t *block, int bytes, const uint8_t *end)
{
    for (int at = FEW_AHEAD; at < FEW_AHEAD + bytes && block + at < end; at += 64)
        __builtin_prefetch(block + at);
}

/* ---- 8-bit product, few rows -------------------------------------------------------------- */

struct xblock {
    int8_t q[NN_BLOCK];
    float scale;
    float sum; /* scale times the sum of q */
};

static size_t i8_row_bytes(const struct nn_matrix *m)
{
    return ((size_t)m->blocks * sizeof(struct xblock) + 63) / 64 * 64;
}

static void i8_prepare(const struct nn_matrix *m, const float *x, void *row)
{
    struct xblock *b = row;

    for (int i = 0; i < m->blocks; i++, b++, x += NN_BLOCK) {
        float max = 0, inverse;
        int sum = 0;

        for (int c = 0; c < NN_BLOCK; c++)
            max = fabsf(x[c]) > max ? fabsf(x[c]) : max;
        max = nn_worth(max);
        inverse = max > 0 ? 127.0f / max : 0;
        for (int c = 0; c < NN_BLOCK; c++) {
            b->q[c] = (int8_t)nearbyintf(x[c] * inverse);
            sum += b->q[c];
        }
        b->scale = max / 127.0f;
        b->sum = b->scale * (float)sum;
    }
}

static void i8_multiply(const struct nn_matrix *m, int panel, int n_panels, const void *scratch,
                        const void *rows, int n, float *tile, const struct nn_ahead *ahead)
{
    const int bytes = nn_block_bytes(m->type);

    (void)scratch;
    memset(tile, 0, (size_t)(n * n_panels * NN_PANEL) * sizeof(float));
    for (int p = 0; p < n_panels; p++) {
        const uint8_t *from = nn_panel(m, panel + p);

        for (int b = 0; b < m->blocks; b++) {
            float d[NN_PANEL], min[NN_PANEL];
            uint8_t raw[8 * 64] __attribute__((aligned(64)));

            fetch_ahead(from + (size_t)(b * bytes), bytes, ahead->end);
            scales_of(m, from, b, d, min);
            raw_block(m, from, b, raw);
            for (int i = 0; i < n; i++) {
                const uint8_t *row = (const uint8_t *)rows + (size_t)i * i8_row_bytes(m);
                const struct xblock *xb = (const struct xblock *)(const void *)row + b;
                float *y = tile + (i * n_panels + p) * NN_PANEL;
                int32_t sums[NN_PANEL] = {0};

                dot_quads(raw, xb->q, sums, m->type);
                for (int r = 0; r < NN_PANEL; r++)
                    y[r] += d[r] * xb->scale * (float)sums[r] + min[r] * xb->sum;
            }
        }
    }
}

static const struct nn_product few_i8 = {
    .arithmetic = "int8",
    .row_bytes = i8_row_bytes,
    .prepare = i8_prepare,
    .multiply = i8_multiply,
};

/* ---- 16-bit product of 12-bit weights, few rows ------------------------------------------- */

static size_t i16_row_bytes(const struct nn_matrix *m)
{
    return align64((size_t)m->blocks * sizeof(struct nn_block_16));
}

static void i16_prepare(const struct nn_matrix *m, const float *x, void *row)
{
    struct nn_block_16 *b = row;

    for (int left = m->cols; left > 0; left -= NN_BLOCK, b++, x += NN_BLOCK) {
        int n = left < NN_BLOCK ? left : NN_BLOCK;
        float max = 0, inverse;

        for (int c = 0; c < n; c++)
            max = fabsf(x[c]) > max ? fabsf(x[c]) : max;
        max = nn_worth(max);
        inverse = max > 0 ? 32767.0f / max : 0;
        for (int c = 0; c < NN_BLOCK; c++)
            b->q[c] = c < n ? (int16_t)nearbyintf(x[c] * inverse) : 0;
        b->scale = max / 32767.0f;
    }
}

static void i16_multiply(const struct nn_matrix *m, int panel, int n_panels, const void *scratch,
                         const void *rows, int n, float *tile, const struct nn_ahead *ahead)
{
    const int bytes = nn_block_bytes(NN_Q12);

    (void)scratch;
    memset(tile, 0, (size_t)(n * n_panels * NN_PANEL) * sizeof(float));
    for (int p = 0; p < n_panels; p++) {
        const uint8_t *from = nn_panel(m, panel + p);

        for (int b = 0; b < m->blocks; b++) {
            const uint8_t *words = from + (size_t)(b * bytes);
            float d[NN_PANEL];

            fetch_ahead(words, bytes, ahead->end);
            halves_at(from + m->d + 32 * (size_t)b, d);
            for (int i = 0; i < n; i++) {
                const uint8_t *row = (const uint8_t *)rows + (size_t)i * i16_row_bytes(m);
                const struct nn_block_16 *xb = (const struct nn_block_16 *)(const void *)row + b;
                float *y = tile + (i * n_panels + p) * NN_PANEL;
                int32_t sums[NN_PANEL];

                dot_q12(words, xb->q, sums);
                for (int r = 0; r < NN_PANEL; r++)
                    y[r] += d[r] * xb->scale * (float)sums[r];
            }
        }
    }
}

static const struct nn_product few_i16 = {
    .arithmetic = "int16",
    .row_bytes = i16_row_bytes,
    .prepare = i16_prepare,
    .multiply = i16_multiply,
};

static const struct nn_product *few(enum nn_type type)
{
    if (type == NN_F32 || type == NN_F16)
        return &few_f32;
    return type == NN_Q12 ? &few_i16 : &few_i8;
}

static const struct nn_product *many(enum nn_type type)
{
    (void)type;
    return &many_f32;
}

/* ---- attention ---------------------------------------------------------------------------- */

/* POSITIONS values from a cache, of which n are valid. */
static inline const float *cached(const void *p, size_t at, int n, bool f32, float *buffer)
{
    if (f32)
        return (const float *)p + at;
    for (int i = 0; i < n; i += 16)
        halves_to_floats((const uint16_t *)p + at + i, buffer + i);
    return buffer;
}

static void softmax(float *scores, int n)
{
    float top = -INFINITY, sum = 0, part[NN_PANEL] = {0};

    for (int t = 0; t < n; t++)
        top = scores[t] > top ? scores[t] : top;
    for (int t = 0; t < n; t++)
        scores[t] = fast_exp(scores[t] - top);
    for (int t = 0; t < n; t++)
        part[t % NN_PANEL] += scores[t];
    for (int k = 0; k < NN_PANEL; k++)
        sum += part[k];
    for (int t = 0; t < n; t++)
        scores[t] /= sum;
}

static void head(const struct nn_head *h)
{
    float scale = 1.0f / sqrtf((float)h->head_dim);
    float buffer[NN_HEAD_DIM_MAX]; /* as large as POSITIONS, too */

    for (int t = 0; t < h->n; t += POSITIONS) {
        int n = h->n - t < POSITIONS ? h->n - t : POSITIONS;
        float sums[POSITIONS] = {0};

        for (int d = 0; d < h->head_dim; d++) {
            const float *k =
                cached(h->k, (size_t)d * (size_t)h->cap + (size_t)t, n, h->f32, buffer);

            for (int i = 0; i < n; i++)
                sums[i] += h->q[d] * k[i];
        }
        for (int i = 0; i < n; i++)
            h->scores[t + i] = sums[i] * scale;
    }
    softmax(h->scores, h->n);
    memset(h->out, 0, (size_t)h->head_dim * sizeof(float));
    for (int t = 0; t < h->n; t++) {
        const float *v = cached(h->v, (size_t)t * (size_t)h->head_dim, h->head_dim, h->f32, buffer);

        for (int d = 0; d < h->head_dim; d++)
            h->out[d] += h->scores[t] * v[d];
    }
}

/* Encoder: keys are 16-row panels over channels, values 16-channel panels over keys, both f32; kept
 * positions are laid out the same way, in halves. */
static int key_panels(int n)
{
    return (n + NN_PANEL - 1) / NN_PANEL;
}

/* Visible positions: the live ones, and the kept ones after them. */
static int seen_of(int n, int kept_n)
{
    return kept_n > n ? kept_n : n;
}

static size_t self_bytes(int n, int kept_n, int head_dim)
{
    return 2 * sizeof(float) * (size_t)(key_panels(seen_of(n, kept_n)) * NN_PANEL) *
           (size_t)head_dim;
}

/* Index of channel c of key t, and of value t. */
static inline size_t key_at(int t, int c, int head_dim)
{
    return (size_t)((t / NN_PANEL * head_dim + c) * NN_PANEL + t % NN_PANEL);
}

static inline size_t value_at(int t, int c, int padded)
{
    return (size_t)((c / NN_PANEL * padded + t) * NN_PANEL + c % NN_PANEL);
}

static size_t self_kept_bytes(int n, int head_dim)
{
    return 2 * sizeof(uint16_t) * (size_t)(key_panels(n) * NN_PANEL) * (size_t)head_dim;
}

static void self_keep(const struct nn_keys *all, void *kept)
{
    int padded = key_panels(all->n) * NN_PANEL;
    uint16_t *keys = kept, *values = keys + (size_t)padded * (size_t)all->head_dim;

    memset(kept, 0, self_kept_bytes(all->n, all->head_dim));
    for (int t = 0; t < all->n; t++) {
        for (int c = 0; c < all->head_dim; c++) {
            size_t at = (size_t)t * all->ld + (size_t)c;

            keys[key_at(t, c, all->head_dim)] = nn_float_to_half(all->k[at]);
            values[value_at(t, c, padded)] = nn_float_to_half(all->v[at]);
        }
    }
}

/* Expands panels from that of position n on; its live positions are overwritten later. */
static void expand_kept(const void *kept, int n, int kept_n, int head_dim, float *keys,
                        float *values)
{
    int from = n / NN_PANEL * NN_PANEL, padded = key_panels(kept_n) * NN_PANEL;
    const uint16_t *kept_keys = kept;
    const uint16_t *kept_values = kept_keys + (size_t)padded * (size_t)head_dim;

    for (size_t i = key_at(from, 0, head_dim); i < (size_t)padded * (size_t)head_dim; i += 16)
        halves_to_floats(kept_keys + i, keys + i);
    for (int c = 0; c < head_dim; c += NN_PANEL) {
        for (int t = from; t < padded; t++)
            halves_to_floats(kept_values + value_at(t, c, padded), values + value_at(t, c, padded));
    }
}

static void self_prepare(const struct nn_keys *live, const void *kept, int kept_n, void *prepared)
{
    int padded = key_panels(seen_of(live->n, kept_n)) * NN_PANEL;
    float *keys = prepared, *values = keys + (size_t)padded * (size_t)live->head_dim;

    if (kept)
        expand_kept(kept, live->n, kept_n, live->head_dim, keys, values);
    else
        memset(prepared, 0, self_bytes(live->n, 0, live->head_dim));
    for (int t = 0; t < live->n; t++) {
        for (int c = 0; c < live->head_dim; c++) {
            size_t at = (size_t)t * live->ld + (size_t)c;

            keys[key_at(t, c, live->head_dim)] = live->k[at];
            values[value_at(t, c, padded)] = live->v[at];
        }
    }
}

/* Contiguous queries, scores, and outputs of a tile of rows. */
static size_t self_work(int n, int kept_n, int head_dim)
{
    return sizeof(float) * NN_QUERY_ROWS *
           (size_t)(key_panels(seen_of(n, kept_n)) * NN_PANEL + 2 * head_dim);
}

static void self_rows(const struct nn_self *s)
{
    int n = seen_of(s->n, s->kept_n), padded = key_panels(n) * NN_PANEL;
    float *q = s->work, *out = q + NN_QUERY_ROWS * s->head_dim;
    float *scores = out + NN_QUERY_ROWS * s->head_dim;
    const float *keys = s->prepared, *values = keys + (size_t)padded * (size_t)s->head_dim;
    float scale = 1.0f / sqrtf((float)s->head_dim);

    for (int i = 0; i < s->rows; i++) {
        for (int c = 0; c < s->head_dim; c++)
            q[i * s->head_dim + c] = s->q[(size_t)i * s->ldq + (size_t)c] * scale;
    }
    for (int p = 0; p < key_panels(n); p++)
        f32_panel(keys + p * NN_PANEL * s->head_dim, q, s->head_dim, s->rows, scores + p * NN_PANEL,
                  padded);
    for (int i = 0; i < s->rows; i++) {
        softmax(scores + i * padded, n);
        memset(scores + i * padded + n, 0, (size_t)(padded - n) * sizeof(float));
    }
    for (int c = 0; c < s->head_dim; c += NN_PANEL)
        f32_panel(values + (size_t)c * (size_t)padded, scores, padded, s->rows, out + c,
                  s->head_dim);
    for (int i = 0; i < s->rows; i++)
        memcpy(s->out + (size_t)i * s->ldo, out + i * s->head_dim,
               (size_t)s->head_dim * sizeof(float));
}

static const struct nn_self_kind self = {.arithmetic = "f32",
                                         .bytes = self_bytes,
                                         .prepare = self_prepare,
                                         .work = self_work,
                                         .rows = self_rows,
                                         .kept_bytes = self_kept_bytes,
                                         .keep = self_keep};

/* ---- peaks -------------------------------------------------------------------------------- */

static double peak_f32(long rounds)
{
    vec sum[12], a = (vec){0} + 0.5f, b = (vec){0} + 0.25f;

    NN_UNROLL
    for (int k = 0; k < 12; k++) /* if not unrolled, the sums would be kept in memory */
        sum[k] = (vec){0};
    for (long i = 0; i < rounds; i++) {
        NN_UNROLL
        for (int k = 0; k < 12; k++) {
            sum[k] += a * b;
            __asm__ volatile("" : GENERIC_KEEP(sum[k]), GENERIC_KEEP(a));
        }
    }
    return (double)rounds * 12 * GENERIC_LANES * 2;
}

static uint64_t read_all(const void *p, size_t bytes)
{
    const uint64_t *x = p;
    uint64_t sum[16] = {0}, all = 0;

    for (size_t i = 0; i + 16 <= bytes / 8; i += 16) {
        for (size_t k = 0; k < 16; k++)
            sum[k] ^= x[i + k];
    }
    for (int k = 0; k < 16; k++)
        all ^= sum[k];
    return all;
}

#endif
