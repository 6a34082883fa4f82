/**
 * @file nn/kernels_avx512_many.c  Many rows times packed weights, bound by arithmetic
 *
 * Block-quantised weights in 8 bits by vpdpbusd (unsigned times signed, four products a lane), f16
 * in 16 bits by vpdpwssd (signed, two products a lane, twice the rate of f32). Both sides are
 * divided into groups of columns with one scale each (kernels_avx512_unpack.c):
 *
 *     y = bias + sum over groups  s_w s_x (sum (q_w + 128) q_x - 128 sum q_x)
 *
 * without the 128 for 16 bits. A register tile of 6 rows by 64 outputs holds 24 integer sums, so
 * that ten loads feed 24 multiplications. The weights of a group stay in the cache while all rows
 * are multiplied; float sums wait in the tile, also in the cache. Those of the last group stay in
 * registers, where GELU or the residual is applied at once. The idea of packing both sides for a
 * register tile and blocking for each cache is from Goto and van de Geijn 2008, "Anatomy of
 * high-performance matrix multiplication", sections 4 and 5.
 */
#include "nn/kernels_avx512_finish.h"
#include "nn/kernels_avx512_tile.h"

enum { WIDTH = NN_PANEL * NN_PANELS_MAX };

/* What happens to the float sums of a group. */
enum ending {
    KEPT,      /* they stay in the tile */
    PUT,       /* written to y */
    PUT_GELU,  /* and the residual, if there is one */
    PUT_ADDED, /* added to the residual */
};

/* Some rows times the panels of one group. */
struct tile {
    const uint8_t *x; /* the first row */
    size_t row;       /* distance between rows [bytes] */
    size_t groups;    /* bytes from a row to the group's struct nn_group_x */
    const uint8_t *w;
    const float *scale; /* of the weights */
    int steps;          /* in a group */
    const float *from;  /* bias, or the sums so far, */
    int from_row;       /* whose rows are this many floats apart */
    float *sums;        /* [rows][16 * panels] */
    bool adds;
    const float *residual; /* if it is added */
    size_t ldr;
    float *y;
    size_t ldy;
};

/* What is prefetched while tiles are multiplied: each tile's lines of y, and the next weights. */
struct side {
    struct nn_ahead ahead;
    size_t lines; /* lines of weights per tile */
};

static struct side side_of(const struct nn_ahead *ahead, int n, int groups)
{
    struct side s = {.ahead = *ahead};
    size_t tiles = (size_t)(groups * (n / TILE));

    if (tiles > 0)
        s.lines = (ahead->bytes / 64 + tiles - 1) / tiles;
    return s;
}

static void fetch_some(struct side *s, bool last, int panels)
{
    const uint8_t *next = s->ahead.next;

    for (int i = 0; last && s->ahead.y && i < TILE; i++, s->ahead.y += s->ahead.ldy) {
        for (int p = 0; p < panels; p++)
            fetch_to_write(s->ahead.y + 16 * p);
    }
    for (size_t i = 0; i < s->lines; i++)
        _mm_prefetch(next + 64 * i, _MM_HINT_T1);
    if (s->lines)
        s->ahead.next = next + 64 * s->lines;
}

/* ---- a tile ------------------------------------------------------------------------------- */

NN_INLINE const struct nn_group_x *group_of(const struct tile *t, int row)
{
    return (const struct nn_group_x *)(const void *)(t->x + (size_t)row * t->row + t->groups);
}

/* From the tile into y: there are not enough registers to do this beside the integer sums. */
NN_INLINE void put_gelu(const struct tile *t)
{
    for (int i = 0; i < TILE; i++) {
        const float *from = t->sums + i * WIDTH;
        const float *residual = t->residual + (size_t)i * t->ldr;
        float *y = t->y + (size_t)i * t->ldy;

        NN_UNROLL
        for (int p = 0; p < NN_PANELS_MAX; p++) {
            __m512 v = gelu_ps(_mm512_load_ps(from + 16 * p));

            _mm512_storeu_ps(y + 16 * p,
                             t->adds ? _mm512_add_ps(v, _mm512_loadu_ps(residual + 16 * p)) : v);
        }
    }
}

NN_INLINE void multiply_tile(const struct tile *t, const int R, const int P, const int bytes,
                             const enum ending how)
{
    __m512i acc[TILE][NN_PANELS_MAX];

    NN_UNROLL
    for (int i = 0; i < R; i++) {
        __m512i start = _mm512_set1_epi32(group_of(t, i)->start);

        NN_UNROLL
        for (int p = 0; p < P; p++)
            acc[i][p] = apart(start);
    }
    int_dot(t->x, t->row, t->w, t->steps, acc, R, P, bytes);
    NN_UNROLL
    for (int i = 0; i < R; i++) {
        __m512 s = _mm512_set1_ps(group_of(t, i)->scale);
        const float *from = t->from + i * t->from_row;
        const float *residual = t->residual + (size_t)i * t->ldr;
        float *sums = t->sums + i * 16 * P;
        float *y = t->y + (size_t)i * t->ldy;

        NN_UNROLL
        for (int p = 0; p < P; p++) {
            __m512 scale = _mm512_mul_ps(s, _mm512_load_ps(t->scale + 16 * p));
            __m512 v = _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc[i][p]), scale,
                                       _mm512_loadu_ps(from + 16 * p));

            if (how == KEPT || how == PUT_GELU)
                _mm512_store_ps(sums + 16 * p, v);
            else if (how == PUT)
                _mm512_storeu_ps(y + 16 * p, v);
            else
                _mm512_storeu_ps(y + 16 * p, _mm512_add_ps(v, _mm512_loadu_ps(residual + 16 * p)));
        }
    }
    if (how == PUT_GELU)
        put_gelu(t);
}

/* Separate functions, so that the sums of each stay in registers. */
typedef void tile_fn(const struct tile *t);

#define TILE_FN(name, R, P, bytes, how)                                                            \
    static void name(const struct tile *t)                                                         \
    {                                                                                              \
        multiply_tile(t, R, P, bytes, how);                                                        \
    }

#define TILE_FNS(bytes)                                                                            \
    TILE_FN(kept_6x4_##bytes, TILE, 4, bytes, KEPT)                                                \
    TILE_FN(kept_2x4_##bytes, 2, 4, bytes, KEPT)                                                   \
    TILE_FN(kept_1x4_##bytes, 1, 4, bytes, KEPT)                                                   \
    TILE_FN(kept_6x1_##bytes, TILE, 1, bytes, KEPT)                                                \
    TILE_FN(kept_2x1_##bytes, 2, 1, bytes, KEPT)                                                   \
    TILE_FN(kept_1x1_##bytes, 1, 1, bytes, KEPT)                                                   \
    TILE_FN(put_##bytes, TILE, 4, bytes, PUT)                                                      \
    TILE_FN(put_gelu_##bytes, TILE, 4, bytes, PUT_GELU)                                            \
    TILE_FN(put_added_##bytes, TILE, 4, bytes, PUT_ADDED)

TILE_FNS(1)
TILE_FNS(2)

/* Tiles of 8- or 16-bit integers. */
struct tiles {
    int bytes;
    tile_fn *kept[2][3]; /* for 4 panels and for 1; for six rows, two and one */
    tile_fn *put[PUT_ADDED + 1];
};

#define TILES(bytes)                                                                               \
    {                                                                                              \
        bytes,                                                                                     \
            {{kept_6x4_##bytes, kept_2x4_##bytes, kept_1x4_##bytes},                               \
             {kept_6x1_##bytes, kept_2x1_##bytes, kept_1x1_##bytes}},                              \
        {                                                                                          \
            [PUT] = put_##bytes, [PUT_GELU] = put_gelu_##bytes, [PUT_ADDED] = put_added_##bytes    \
        }                                                                                          \
    }

static const struct tiles tiles_8 = TILES(1), tiles_16 = TILES(2);

/* ---- a group ------------------------------------------------------------------------------ */

static void advance(struct tile *t, int rows, int panels)
{
    t->x += (size_t)rows * t->row;
    t->from += rows * t->from_row;
    t->sums += rows * 16 * panels;
    t->residual += (size_t)rows * t->ldr;
    t->y += (size_t)rows * t->ldy;
}

/* Rows in sixes; returns how many were done. */
static int sixes(struct tile *t, int n, struct side *side, int panels, tile_fn *fn, bool last)
{
    int row = 0;

    for (; n - row >= TILE; row += TILE) {
        fetch_some(side, last, panels);
        fn(t);
        advance(t, TILE, panels);
    }
    return row;
}

/* Adds the float sums of n rows to the tile. */
static void keep_rows(struct tile *t, int n, struct side *side, int panels, tile_fn *const kept[3])
{
    n -= sixes(t, n, side, panels, kept[0], false);
    for (; n >= 2; n -= 2) {
        kept[1](t);
        advance(t, 2, panels);
    }
    if (n > 0)
        kept[2](t);
}

static enum ending ending_of(const struct nn_finish *f)
{
    if (f->cols < WIDTH)
        return KEPT;
    return f->gelu ? PUT_GELU : f->residual ? PUT_ADDED : PUT;
}

/* Rows of the last group. Rows that do not fill a tile, or outputs that are not whole panels, go
 * through the tile. */
static void put_rows(struct tile *t, const struct nn_finish *f, struct side *side, int panels,
                     const struct tiles *fns)
{
    enum ending how = ending_of(f);
    const float *sums = t->sums;
    struct nn_finish rest = *f;
    int done = how == KEPT ? 0 : sixes(t, f->rows, side, panels, fns->put[how], true);

    rest.bias = NULL;
    keep_rows(t, f->rows - done, side, panels, fns->kept[panels == 1]);
    finish_rows(sums + done * 16 * panels, 16 * panels, &rest, done, f->rows - done);
}

/* ---- all groups --------------------------------------------------------------------------- */

/* Bias of a whole tile: f's own, or a copy padded with zeros. */
static const float *bias_of(const struct nn_finish *f, float copy[WIDTH])
{
    if (f->bias && f->cols == WIDTH)
        return f->bias;
    memset(copy, 0, WIDTH * sizeof(float));
    if (f->bias)
        memcpy(copy, f->bias, (size_t)f->cols * sizeof(float));
    return copy;
}

static void multiply(const struct nn_matrix *m, int panels, const void *scratch, const void *rows,
                     float *sums, const struct nn_ahead *ahead, const struct nn_finish *f,
                     const struct tiles *fns)
{
    struct nn_groups g = groups_of(m, fns->bytes);
    struct nn_panels w = panels_at(m, (void *)(uintptr_t)scratch, fns->bytes);
    struct side side = side_of(ahead, f->rows, g.n);
    int bytes = g.cols * fns->bytes; /* of one row in one group */
    float copy[WIDTH];
    struct tile t = {.row = int_row_bytes(g, fns->bytes),
                     .steps = bytes / 4,
                     .from = bias_of(f, copy),
                     .sums = sums,
                     .adds = f->residual != NULL,
                     .residual = f->residual ? f->residual : f->y,
                     .ldr = f->residual ? f->ldr : 0,
                     .y = f->y,
                     .ldy = f->ldy};

    for (int i = 0; i < g.n; i++) {
        struct tile of = t;

        of.x = (const uint8_t *)rows + (size_t)(i * bytes);
        of.groups = (size_t)((g.n - i) * bytes) + (size_t)i * sizeof(struct nn_group_x);
        of.w = w.w + (size_t)(i * bytes * NN_PANEL * panels);
        of.scale = w.scale + i * NN_PANEL * panels;
        if (i + 1 < g.n)
            keep_rows(&of, f->rows, &side, panels, fns->kept[panels == 1]);
        else
            put_rows(&of, f, &side, panels, fns);
        t.from = sums;
        t.from_row = 16 * panels;
    }
}

static size_t scratch_bytes(const struct nn_matrix *m, int bytes)
{
    struct nn_groups g = groups_of(m, bytes);

    return (size_t)g.n * NN_PANEL * NN_PANELS_MAX * ((size_t)(g.cols * bytes) + sizeof(float));
}

static int part_8(const struct nn_matrix *m)
{
    return groups_of(m, 1).cols;
}

static size_t row_bytes_8(const struct nn_matrix *m)
{
    return int_row_bytes(groups_of(m, 1), 1);
}

static size_t scratch_bytes_8(const struct nn_matrix *m)
{
    return scratch_bytes(m, 1);
}

static void multiply_8(const struct nn_matrix *m, int n_panels, const void *scratch,
                       const void *rows, float *sums, const struct nn_ahead *ahead,
                       const struct nn_finish *f)
{
    multiply(m, n_panels, scratch, rows, sums, ahead, f, &tiles_8);
}

static const struct nn_product product_8 = {
    .arithmetic = "int8",
    .row_bytes = row_bytes_8,
    .part = part_8,
    .prepare_part = nn_avx512_prepare_8,
    .scratch_bytes = scratch_bytes_8,
    .unpack = nn_avx512_unpack_8,
    .multiply_finish = multiply_8,
};

static int part_16(const struct nn_matrix *m)
{
    return groups_of(m, 2).cols;
}

static size_t row_bytes_16(const struct nn_matrix *m)
{
    return int_row_bytes(groups_of(m, 2), 2);
}

static size_t scratch_bytes_16(const struct nn_matrix *m)
{
    return scratch_bytes(m, 2);
}

static void multiply_16(const struct nn_matrix *m, int n_panels, const void *scratch,
                        const void *rows, float *sums, const struct nn_ahead *ahead,
                        const struct nn_finish *f)
{
    multiply(m, n_panels, scratch, rows, sums, ahead, f, &tiles_16);
}

static const struct nn_product product_16 = {
    .arithmetic = "int16",
    .row_bytes = row_bytes_16,
    .part = part_16,
    .prepare_part = nn_avx512_prepare_16,
    .scratch_bytes = scratch_bytes_16,
    .unpack = nn_avx512_unpack_16,
    .multiply_finish = multiply_16,
};

const struct nn_product *nn_avx512_many(enum nn_type type)
{
    if (type == NN_F32)
        return &nn_avx512_f32;
    return type == NN_F16 || type == NN_Q12 ? &product_16 : &product_8;
}
