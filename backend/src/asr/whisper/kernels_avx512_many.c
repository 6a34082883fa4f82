/**
 * @file asr/whisper/kernels_avx512_many.c  Many rows times packed weights, bound by arithmetic
 *
 * Block-quantised weights in 8 bits by vpdpbusd (unsigned times signed, four products a lane), f16
 * in 16 bits by vpdpwssd (signed, two products a lane, twice the rate of f32). Both sides are in
 * groups of columns with a scale each (kernels_avx512_unpack.c), 256 and 64 columns at most:
 *
 *     y = sum over groups  s_w s_x (sum (q_w + 128) q_x - 128 sum q_x)
 *
 * without the 128 for 16 bits. A register tile of 6 rows by 64 outputs holds 24 integer sums, so
 * that ten loads feed 24 multiplications; the float sums wait in the tile, in cache. The weights
 * of a few groups stay in the first-level cache while all rows pass by. The idea of packing both
 * sides for a register tile and blocking for each cache is from Goto and van de Geijn 2008,
 * "Anatomy of high-performance matrix multiplication", sections 4 and 5.
 */
#include "asr/whisper/kernels_avx512_tile.h"

enum {
    BLOCK_L1 = 16384, /* bytes of weights that stay in the first-level cache over all rows */
};

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
            fetch_to_write(s->ahead.y + 16 * p);
    }
    for (size_t i = 0; i < s->lines; i++)
        _mm_prefetch(next + 64 * i, _MM_HINT_T1);
    if (s->lines)
        s->ahead.next = next + 64 * s->lines;
}

WK_INLINE void rows_of(struct int_tile t, int n, const int P, const int bytes, struct side *side)
{
    for (; n >= TILE; n -= TILE) {
        fetch_some(side, t.begin == 0, P);
        int_tile_of(&t, TILE, P, bytes);
        t.x += TILE * t.row;
        t.y += TILE * 16 * P;
    }
    int_rows_of(t, n, P, bytes);
}

WK_INLINE void multiply(const struct wk_matrix *m, int n_panels, const void *scratch,
                        const void *rows, int n, float *tile, const struct wk_ahead *ahead,
                        const int bytes)
{
    struct wk_groups g = groups_of(m, bytes);
    int at_once = BLOCK_L1 / (g.cols * bytes * WK_PANEL * WK_PANELS_MAX);
    struct int_tile t = {.x = rows, .y = tile, .steps = g.cols * bytes / 4};
    struct side side = side_of(ahead, n, (g.n + at_once - 1) / at_once);

    t.w = panels_at(m, (void *)(uintptr_t)scratch, bytes);
    t.row = int_row_bytes(g, bytes);
    t.groups = (size_t)(g.n * g.cols * bytes);
    for (; t.begin < g.n; t.begin = t.end) {
        t.end = t.begin + at_once < g.n ? t.begin + at_once : g.n;
        if (n_panels == 4)
            rows_of(t, n, 4, bytes, &side);
        else
            rows_of(t, n, 1, bytes, &side);
    }
}

static size_t scratch_bytes(const struct wk_matrix *m, int bytes)
{
    struct wk_groups g = groups_of(m, bytes);

    return (size_t)g.n * WK_PANEL * WK_PANELS_MAX * ((size_t)(g.cols * bytes) + sizeof(float));
}

static size_t row_bytes_8(const struct wk_matrix *m)
{
    return int_row_bytes(groups_of(m, 1), 1);
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
    .part = wk_avx512_part_8,
    .prepare_part = wk_avx512_prepare_part_8,
    .scratch_bytes = scratch_bytes_8,
    .unpack = wk_avx512_unpack_8,
    .multiply = multiply_8,
};

static size_t row_bytes_16(const struct wk_matrix *m)
{
    return int_row_bytes(groups_of(m, 2), 2);
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
