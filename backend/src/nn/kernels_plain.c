/**
 * @file nn/kernels_plain.c  The kernels in plain C: the reference for all other kernels
 *
 * Weights are dequantised to f32 and multiplied in f32; nothing is approximated. Written in loops
 * of 16, which any compiler vectorises for the baseline.
 */
#include "nn/kernels_curves.h"
#include "nn/kernels_isa.h"

#include <math.h>
#include <string.h>

enum { ROWS_AT_ONCE = 4 };

static bool always(void)
{
    return true;
}

/* ---- products ----------------------------------------------------------------------------- */

static int padded(const struct nn_matrix *m)
{
    return m->blocks * NN_BLOCK;
}

static size_t row_bytes(const struct nn_matrix *m)
{
    return ((size_t)padded(m) * sizeof(float) + 63) / 64 * 64;
}

static void prepare(const struct nn_matrix *m, const float *x, void *row)
{
    float *to = row;

    memcpy(to, x, (size_t)m->cols * sizeof(float));
    memset(to + m->cols, 0, (size_t)(padded(m) - m->cols) * sizeof(float));
}

static size_t scratch_bytes(const struct nn_matrix *m)
{
    return (size_t)padded(m) * NN_PANEL * NN_PANELS_MAX * sizeof(float);
}

static void unpack(const struct nn_matrix *m, int panel, int n_panels, void *scratch)
{
    float *to = scratch;

    for (int p = 0; p < n_panels; p++) {
        for (int b = 0; b < m->blocks; b++, to += NN_BLOCK * NN_PANEL)
            nn_block_floats(m, nn_panel(m, panel + p), b, to);
    }
}

/* acc[ROWS_AT_ONCE][16] += rows[i][c] * w[c][16] over all columns */
static void multiply_rows(const float *w, const float *const rows[ROWS_AT_ONCE], int cols,
                          float acc[ROWS_AT_ONCE][NN_PANEL])
{
    memset(acc, 0, sizeof(float) * ROWS_AT_ONCE * NN_PANEL);
    for (int c = 0; c < cols; c++, w += NN_PANEL) {
        for (int i = 0; i < ROWS_AT_ONCE; i++) {
            float x = rows[i][c];

            for (int r = 0; r < NN_PANEL; r++)
                acc[i][r] += x * w[r];
        }
    }
}

static void multiply(const struct nn_matrix *m, int panel, int n_panels, const void *scratch,
                     const void *rows, int n, float *tile, const struct nn_ahead *ahead)
{
    int width = n_panels * NN_PANEL;

    (void)panel;
    (void)ahead;
    for (int p = 0; p < n_panels; p++) {
        const float *w = (const float *)scratch + (size_t)p * (size_t)padded(m) * NN_PANEL;

        for (int i = 0; i < n; i += ROWS_AT_ONCE) {
            const float *at[ROWS_AT_ONCE];
            float acc[ROWS_AT_ONCE][NN_PANEL];

            for (int k = 0; k < ROWS_AT_ONCE; k++) {
                int row = i + k < n ? i + k : n - 1;

                at[k] = (const float *)(const void *)((const uint8_t *)rows +
                                                      (size_t)row * row_bytes(m));
            }
            multiply_rows(w, at, padded(m), acc);
            for (int k = 0; k < ROWS_AT_ONCE && i + k < n; k++)
                memcpy(tile + (i + k) * width + p * NN_PANEL, acc[k], sizeof(acc[k]));
        }
    }
}

static const struct nn_product product = {
    .arithmetic = "f32",
    .row_bytes = row_bytes,
    .prepare = prepare,
    .scratch_bytes = scratch_bytes,
    .unpack = unpack,
    .multiply = multiply,
};

static const struct nn_product *any_type(enum nn_type type)
{
    (void)type;
    return &product;
}

/* GELU, tanh form: Hendrycks and Gimpel 2016, "Gaussian error linear units", section 2. */
static float gelu(float x)
{
    return 0.5f * x * (1.0f + tanhf(0.79788456080286536f * x * (1.0f + 0.044715f * x * x)));
}

static void finish(const float *tile, int ld, const struct nn_finish *f)
{
    for (int i = 0; i < f->rows; i++) {
        for (int c = 0; c < f->cols; c++) {
            float v = tile[i * ld + c] + (f->bias ? f->bias[c] : 0);

            if (f->gelu)
                v = gelu(v);
            if (f->residual)
                v += f->residual[(size_t)i * f->ldr + (size_t)c];
            f->y[(size_t)i * f->ldy + (size_t)c] = v;
        }
    }
}

static void norm_row(const float *x, int dim, const float *w, const float *b, float *y)
{
    double sum = 0, square = 0;
    float mean, scale;

    for (int i = 0; i < dim; i++)
        sum += (double)x[i];
    mean = (float)(sum / dim);
    for (int i = 0; i < dim; i++)
        square += (double)(x[i] - mean) * (double)(x[i] - mean);
    scale = (float)(1.0 / sqrt(square / dim + 1e-5));
    for (int i = 0; i < dim; i++)
        y[i] = (x[i] - mean) * scale * w[i] + b[i];
}

static void layer_norm(const struct nn_norm *t)
{
    for (int i = 0; i < t->n; i++)
        norm_row(t->x + (size_t)i * t->ldx, t->dim, t->weight, t->bias, t->y + (size_t)i * t->ldy);
}

/* ---- attention ---------------------------------------------------------------------------- */

/* scores -> softmax weights */
static void softmax(float *scores, int n)
{
    float top = -INFINITY;
    float sum = 0;

    for (int t = 0; t < n; t++)
        top = scores[t] > top ? scores[t] : top;
    for (int t = 0; t < n; t++)
        sum += scores[t] = expf(scores[t] - top);
    for (int t = 0; t < n; t++)
        scores[t] /= sum;
}

static float at(const void *p, size_t i, bool f32)
{
    return f32 ? ((const float *)p)[i] : nn_half_to_float(((const uint16_t *)p)[i]);
}

static void head(const struct nn_head *h)
{
    float scale = 1.0f / sqrtf((float)h->head_dim);
    size_t dim = (size_t)h->head_dim;

    memset(h->scores, 0, (size_t)h->n * sizeof(float));
    for (size_t d = 0; d < dim; d++) {
        for (int t = 0; t < h->n; t++)
            h->scores[t] += h->q[d] * scale * at(h->k, d * (size_t)h->cap + (size_t)t, h->f32);
    }
    softmax(h->scores, h->n);
    memset(h->out, 0, dim * sizeof(float));
    for (int t = 0; t < h->n; t++) {
        for (size_t d = 0; d < dim; d++)
            h->out[d] += h->scores[t] * at(h->v, (size_t)t * dim + d, h->f32);
    }
}

/* Visible positions: the live ones, and the kept ones after them. */
static int seen_of(int n, int kept_n)
{
    return kept_n > n ? kept_n : n;
}

/* Prepared: keys [head_dim][n], then values [n][head_dim], f32. Kept: keys, values [n][head_dim],
 * halves. */
static size_t self_bytes(int n, int kept_n, int head_dim)
{
    return 2 * sizeof(float) * (size_t)seen_of(n, kept_n) * (size_t)head_dim;
}

static size_t self_kept_bytes(int n, int head_dim)
{
    return 2 * sizeof(uint16_t) * (size_t)n * (size_t)head_dim;
}

static void self_keep(const struct nn_keys *all, void *kept)
{
    size_t dim = (size_t)all->head_dim;
    uint16_t *keys = kept, *values = keys + (size_t)all->n * dim;

    for (size_t t = 0; t < (size_t)all->n; t++) {
        nn_f32_to_f16(all->k + t * all->ld, keys + t * dim, dim);
        nn_f32_to_f16(all->v + t * all->ld, values + t * dim, dim);
    }
}

static void self_prepare(const struct nn_keys *live, const void *kept, int kept_n, void *prepared)
{
    size_t dim = (size_t)live->head_dim, n = (size_t)seen_of(live->n, kept_n);
    const uint16_t *kept_keys = kept; /* NULL: none */
    const uint16_t *kept_values = kept ? kept_keys + (size_t)kept_n * dim : NULL;
    float *keys = prepared, *values = keys + n * dim;

    for (size_t t = 0; t < n; t++) {
        bool is_live = t < (size_t)live->n;

        for (size_t d = 0; d < dim; d++) {
            keys[d * n + t] =
                is_live ? live->k[t * live->ld + d] : nn_half_to_float(kept_keys[t * dim + d]);
            values[t * dim + d] =
                is_live ? live->v[t * live->ld + d] : nn_half_to_float(kept_values[t * dim + d]);
        }
    }
}

static size_t self_work(int n, int kept_n, int head_dim)
{
    (void)head_dim;
    return (size_t)seen_of(n, kept_n) * sizeof(float);
}

static void self_rows(const struct nn_self *s)
{
    int n = seen_of(s->n, s->kept_n);
    struct nn_head h = {.k = s->prepared,
                        .v = (const float *)s->prepared + (size_t)n * (size_t)s->head_dim,
                        .head_dim = s->head_dim,
                        .cap = n,
                        .n = n,
                        .f32 = true,
                        .scores = s->work};

    for (int i = 0; i < s->rows; i++) {
        h.q = s->q + (size_t)i * s->ldq;
        h.out = s->out + (size_t)i * s->ldo;
        head(&h);
    }
}

static const struct nn_self_kind self = {.bytes = self_bytes,
                                         .prepare = self_prepare,
                                         .work = self_work,
                                         .rows = self_rows,
                                         .kept_bytes = self_kept_bytes,
                                         .keep = self_keep};

static void to_halves(const float *x, uint16_t *y, int count)
{
    nn_f32_to_f16(x, y, (size_t)count);
}

static double sum_exp(const float *x, int count, float max)
{
    double sum = 0;

    for (int i = 0; i < count; i++)
        sum += (double)expf(x[i] - max);
    return sum;
}

/* ---- peaks -------------------------------------------------------------------------------- */

static double peak_f32(long rounds)
{
    float acc[4][NN_PANEL] = {{0}};
    volatile float sink;

    for (long i = 0; i < rounds; i++) {
        for (int k = 0; k < 4; k++) {
            for (int r = 0; r < NN_PANEL; r++)
                acc[k][r] = acc[k][r] * 0.999f + 1.0f;
        }
    }
    sink = acc[0][0] + acc[1][1] + acc[2][2] + acc[3][3];
    (void)sink;
    return (double)rounds * 4 * NN_PANEL * 2;
}

static uint64_t read_all(const void *p, size_t bytes)
{
    const uint64_t *x = p;
    uint64_t sum[8] = {0};

    for (size_t i = 0; i + 8 <= bytes / 8; i += 8) {
        for (int k = 0; k < 8; k++)
            sum[k] += x[i + (size_t)k];
    }
    return sum[0] ^ sum[1] ^ sum[2] ^ sum[3] ^ sum[4] ^ sum[5] ^ sum[6] ^ sum[7];
}

const struct nn_isa nn_isa_plain = {
    .name = "plain",
    .usable = always,
    .few = any_type,
    .many = any_type,
    .finish = finish,
    .layer_norm = layer_norm,
    .head = head,
    .self = &self,
    .to_halves = to_halves,
    .sum_exp = sum_exp,
    .curve = curve,
    .lstm_cell = lstm_cell,
    .peak_f32 = peak_f32,
    .read = read_all,
};
