/**
 * @file nn/kernels_avx512_f32.c  Many rows times f32 weights, by fused multiply-add
 */
#include "nn/kernels_avx512.h"

enum {
    TILE = 6,        /* rows of the register tile: 6 x 4 sums */
    COLUMNS_L1 = 64, /* columns whose weights stay in the L1 cache while all rows are multiplied */
};

static size_t row_bytes(const struct nn_matrix *m)
{
    return (size_t)m->blocks * NN_BLOCK * sizeof(float);
}

static void prepare(const struct nn_matrix *m, const float *x, void *row)
{
    memcpy(row, x, (size_t)m->cols * sizeof(float));
    memset((float *)row + m->cols, 0, (size_t)(m->blocks * NN_BLOCK - m->cols) * sizeof(float));
}

static size_t scratch_bytes(const struct nn_matrix *m)
{
    return row_bytes(m) * NN_PANEL * NN_PANELS_MAX;
}

/* [column][panel][16] */
static void unpack(const struct nn_matrix *m, int panel, int n_panels, void *scratch)
{
    for (int p = 0; p < n_panels; p++) {
        const uint8_t *from = nn_panel(m, panel + p);
        float *to = (float *)scratch + 16 * p;

        for (int c = 0; c < m->blocks * NN_BLOCK; c++, to += 16 * n_panels)
            _mm512_store_ps(to, m->type == NN_F16
                                    ? halves(from + 32 * (size_t)c)
                                    : _mm512_loadu_ps((const float *)(const void *)from + 16 * c));
    }
}

struct f32_tile {
    const float *x, *w;
    size_t row; /* distance between rows [floats] */
    int begin, end;
    float *y;
};

NN_INLINE void tile(const struct f32_tile *t, const int R, const int P)
{
    __m512 sum[TILE][NN_PANELS_MAX];
    const float *w = t->w + (size_t)(t->begin * 16 * P);

    NN_UNROLL
    for (int i = 0; i < R; i++) {
        NN_UNROLL
        for (int p = 0; p < P; p++)
            sum[i][p] = t->begin ? _mm512_load_ps(t->y + 16 * (i * P + p)) : _mm512_setzero_ps();
    }
    for (int c = t->begin; c < t->end; c++, w += 16 * P) {
        __m512 b[NN_PANELS_MAX];

        NN_UNROLL
        for (int p = 0; p < P; p++)
            b[p] = _mm512_load_ps(w + 16 * p);
        NN_UNROLL
        for (int i = 0; i < R; i++) {
            __m512 a = _mm512_set1_ps(t->x[(size_t)i * t->row + (size_t)c]);

            NN_UNROLL
            for (int p = 0; p < P; p++)
                sum[i][p] = _mm512_fmadd_ps(a, b[p], sum[i][p]);
        }
    }
    NN_UNROLL
    for (int i = 0; i < R; i++) {
        NN_UNROLL
        for (int p = 0; p < P; p++)
            _mm512_store_ps(t->y + 16 * (i * P + p), sum[i][p]);
    }
}

NN_INLINE void rows_of(struct f32_tile t, int n, const int P)
{
    for (; n >= TILE; n -= TILE) {
        tile(&t, TILE, P);
        t.x += TILE * t.row;
        t.y += TILE * 16 * P;
    }
    for (; n >= 2; n -= 2) {
        tile(&t, 2, P);
        t.x += 2 * t.row;
        t.y += 2 * 16 * P;
    }
    if (n > 0)
        tile(&t, 1, P);
}

static void multiply(const struct nn_matrix *m, int panel, int n_panels, const void *scratch,
                     const void *rows, int n, float *tile, const struct nn_ahead *ahead)
{
    int cols = m->blocks * NN_BLOCK;
    struct f32_tile t = {.x = rows, .w = scratch, .row = (size_t)cols, .y = tile};

    (void)panel;
    (void)ahead;
    for (; t.begin < cols; t.begin = t.end) {
        t.end = t.begin + COLUMNS_L1 < cols ? t.begin + COLUMNS_L1 : cols;
        if (n_panels == 4)
            rows_of(t, n, 4);
        else
            rows_of(t, n, 1);
    }
}

const struct nn_product nn_avx512_f32 = {
    .arithmetic = "f32",
    .row_bytes = row_bytes,
    .prepare = prepare,
    .scratch_bytes = scratch_bytes,
    .unpack = unpack,
    .multiply = multiply,
};
