/**
 * @file asr/whisper/kernels_avx512_many.c  Many rows times packed weights, bound by arithmetic
 *
 * Block-quantised weights in 8 bits by vpdpbusd (unsigned times signed, four products a lane), f16
 * in 16 bits by vpdpwssd (signed, two products a lane, twice the rate of f32). Both sides are in
 * groups of 64 columns with a scale each (kernels_avx512_unpack.c):
 *
 *     y = sum over groups  s_w s_x (sum (q_w + 128) q_x - 128 sum q_x)
 *
 * without the 128 for 16 bits. A register tile of 6 rows by 64 outputs holds 24 integer sums, so
 * that ten loads feed 24 multiplications; the float sums wait in the tile, in cache. The weights
 * of a few groups stay in the first-level cache while all rows pass by. The idea of packing both
 * sides for a register tile and blocking for each cache is from Goto and van de Geijn 2008,
 * "Anatomy of high-performance matrix multiplication", sections 4 and 5.
 */
#include "asr/whisper/kernels_avx512.h"

enum {
    TILE = 6,         /* rows of the register tile: 6 x 4 sums */
    BLOCK_L1 = 16384, /* bytes of weights that stay in the first-level cache over all rows */
};

struct int_tile {
    const uint8_t *x; /* first of the tile's rows */
    size_t row;       /* bytes from row to row */
    size_t groups;    /* bytes from a row to its struct wk_group_x */
    struct wk_panels w;
    int begin, end; /* groups */
    float *y;       /* [rows][16 * P] */
};

WK_INLINE const struct wk_group_x *group_of(const struct int_tile *t, int i, int g)
{
    return (const struct wk_group_x *)(const void *)(t->x + (size_t)i * t->row + t->groups) + g;
}

/* Integer sums of one group. */
WK_INLINE void sum_group(const struct int_tile *t, int g, __m512i acc[TILE][WK_PANELS_MAX],
                         const int R, const int P, const int bytes)
{
    const int steps = WK_GROUP * bytes / 4;
    const uint8_t *w = t->w.w + (size_t)g * (size_t)(steps * 64 * P);
    const uint8_t *x = t->x + (size_t)(g * WK_GROUP * bytes);

    WK_UNROLL
    for (int i = 0; i < R; i++) {
        __m512i start = _mm512_set1_epi32(group_of(t, i, g)->start);

        WK_UNROLL
        for (int p = 0; p < P; p++)
            acc[i][p] = start;
    }
    WK_UNROLL_2
    for (int q = 0; q < steps; q++, w += 64 * P, x += 4) {
        __m512i b[WK_PANELS_MAX];

        WK_UNROLL
        for (int p = 0; p < P; p++)
            b[p] = _mm512_load_si512(w + 64 * p);
        WK_UNROLL
        for (int i = 0; i < R; i++) {
            __m512i a = _mm512_set1_epi32(load32(x + (size_t)i * t->row));

            WK_UNROLL
            for (int p = 0; p < P; p++) {
                if (bytes == 1)
                    dot8(&acc[i][p], b[p], a);
                else
                    dot16(&acc[i][p], b[p], a);
            }
        }
    }
}

WK_INLINE void tile_of(const struct int_tile *t, const int R, const int P, const int bytes)
{
    for (int g = t->begin; g < t->end; g++) {
        __m512i acc[TILE][WK_PANELS_MAX];
        float *y = t->y;

        sum_group(t, g, acc, R, P, bytes);
        WK_UNROLL
        for (int i = 0; i < R; i++) {
            __m512 s = _mm512_set1_ps(group_of(t, i, g)->scale);

            WK_UNROLL
            for (int p = 0; p < P; p++, y += 16) {
                __m512 scale = _mm512_mul_ps(s, _mm512_load_ps(t->w.scale + 16 * (g * P + p)));
                __m512 sum = g > 0 ? _mm512_load_ps(y) : _mm512_setzero_ps();

                _mm512_store_ps(y, _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc[i][p]), scale, sum));
            }
        }
    }
}

/* What is fetched while tiles are multiplied: each tile's lines of y, and the weights to come. */
struct side {
    struct wk_ahead ahead;
    size_t lines; /* of weights, per tile */
};

static struct side side_of(const struct wk_ahead *ahead, int n, int blocks)
{
    struct side s = {.ahead = *ahead};
    size_t tiles = (size_t)(blocks * (n / TILE));

    if (tiles > 0)
        s.lines = (ahead->bytes / 64 + tiles - 1) / tiles;
    return s;
}

WK_INLINE void fetch_some(struct side *s, bool first, const int P)
{
    const uint8_t *next = s->ahead.next;

    for (int i = 0; first && s->ahead.y && i < TILE; i++, s->ahead.y += s->ahead.ldy) {
        for (int p = 0; p < P; p++)
            __builtin_prefetch(s->ahead.y + 16 * p, 1);
    }
    for (size_t i = 0; i < s->lines; i++)
        _mm_prefetch(next + 64 * i, _MM_HINT_T1);
    s->ahead.next = next + 64 * s->lines;
}

WK_INLINE void rows_of(struct int_tile t, int n, const int P, const int bytes, struct side *side)
{
    for (; n >= TILE; n -= TILE) {
        fetch_some(side, t.begin == 0, P);
        tile_of(&t, TILE, P, bytes);
        t.x += TILE * t.row;
        t.y += TILE * 16 * P;
    }
    for (; n >= 2; n -= 2) {
        tile_of(&t, 2, P, bytes);
        t.x += 2 * t.row;
        t.y += 2 * 16 * P;
    }
    if (n > 0)
        tile_of(&t, 1, P, bytes);
}

WK_INLINE size_t row_bytes(const struct wk_matrix *m, const int bytes)
{
    return align64((size_t)groups_of(m) * (WK_GROUP * (size_t)bytes + sizeof(struct wk_group_x)));
}

WK_INLINE void multiply(const struct wk_matrix *m, int n_panels, const void *scratch,
                        const void *rows, int n, float *tile, const struct wk_ahead *ahead,
                        const int bytes)
{
    const int at_once = BLOCK_L1 / (WK_GROUP * bytes * WK_PANEL * WK_PANELS_MAX);
    int groups = groups_of(m);
    struct int_tile t = {.x = rows, .y = tile};
    struct side side = side_of(ahead, n, (groups + at_once - 1) / at_once);

    t.w = panels_at(m, (void *)(uintptr_t)scratch, bytes);
    t.row = row_bytes(m, bytes);
    t.groups = (size_t)(groups * WK_GROUP * bytes);
    for (; t.begin < groups; t.begin = t.end) {
        t.end = t.begin + at_once < groups ? t.begin + at_once : groups;
        if (n_panels == 4)
            rows_of(t, n, 4, bytes, &side);
        else if (n_panels == 3)
            rows_of(t, n, 3, bytes, &side);
        else if (n_panels == 2)
            rows_of(t, n, 2, bytes, &side);
        else
            rows_of(t, n, 1, bytes, &side);
    }
}

static size_t scratch_bytes(const struct wk_matrix *m, size_t bytes)
{
    return (size_t)groups_of(m) * WK_PANEL * WK_PANELS_MAX * (WK_GROUP * bytes + sizeof(float));
}

static size_t row_bytes_8(const struct wk_matrix *m)
{
    return row_bytes(m, 1);
}

static size_t scratch_bytes_8(const struct wk_matrix *m)
{
    return scratch_bytes(m, 1);
}

static void multiply_8(const struct wk_matrix *m, int panel, int n_panels, const void *scratch,
                       const void *rows, int n, float *tile, const struct wk_ahead *ahead)
{
    (void)panel;
    multiply(m, n_panels, scratch, rows, n, tile, ahead, 1);
}

static const struct wk_product product_8 = {
    .arithmetic = "int8",
    .row_bytes = row_bytes_8,
    .prepare = wk_avx512_prepare_8,
    .scratch_bytes = scratch_bytes_8,
    .unpack = wk_avx512_unpack_8,
    .multiply = multiply_8,
};

static size_t row_bytes_16(const struct wk_matrix *m)
{
    return row_bytes(m, 2);
}

static size_t scratch_bytes_16(const struct wk_matrix *m)
{
    return scratch_bytes(m, 2);
}

static void multiply_16(const struct wk_matrix *m, int panel, int n_panels, const void *scratch,
                        const void *rows, int n, float *tile, const struct wk_ahead *ahead)
{
    (void)panel;
    multiply(m, n_panels, scratch, rows, n, tile, ahead, 2);
}

static const struct wk_product product_16 = {
    .arithmetic = "int16",
    .row_bytes = row_bytes_16,
    .prepare = wk_avx512_prepare_16,
    .scratch_bytes = scratch_bytes_16,
    .unpack = wk_avx512_unpack_16,
    .multiply = multiply_16,
};

const struct wk_product *wk_avx512_many(enum wk_type type)
{
    if (type == WK_F32)
        return &wk_avx512_f32;
    return type == WK_F16 ? &product_16 : &product_8;
}
