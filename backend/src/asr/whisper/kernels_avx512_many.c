/**
 * @file asr/whisper/kernels_avx512_many.c  Many rows times packed weights, bound by arithmetic
 *
 * Block-quantised weights: int8 by vpdpbusd (unsigned times signed bytes, four products a lane).
 * A panel is first brought from its blocks of 32 with their own scales to groups of 64 with one
 * scale a row (the unpacked weights are exact to half a step of 1/127 of the group's largest),
 * so that the conversion to float comes after 16 products instead of 8, and stored plus 128. Rows
 * of x are quantised in the same groups; -128 times the sum of a group is what the integer sum
 * starts from.
 *
 *     y = sum over groups  s_w s_x (sum (q_w + 128) q_x - 128 sum q_x)
 *
 * f32: fused multiply-add on unpacked panels.
 */
#include "asr/whisper/kernels_avx512.h"

enum {
    GROUP = 64, /* columns that share a scale */
    QUADS = GROUP / 4,
    TILE = 6,       /* rows of the register tile: 6 x 4 sums */
    GROUPS_L1 = 4,  /* groups whose weights stay in the first-level cache over all rows */
    AHEAD = 2048,   /* bytes from what is unpacked to what is fetched */
    FLOATS_L1 = 64, /* columns, the same for f32 */
};

/* ---- int8: rows of x ---------------------------------------------------------------------- */

static int groups_of(const struct wk_matrix *m)
{
    return (m->blocks * WK_BLOCK + GROUP - 1) / GROUP;
}

/* A row: groups * GROUP signed bytes, then a struct group_of_x each. */
struct group_of_x {
    float scale;
    int32_t start; /* -128 times the sum of the group */
};

static size_t i8_row_bytes(const struct wk_matrix *m)
{
    return align64((size_t)groups_of(m) * (GROUP + sizeof(struct group_of_x)));
}

static struct group_of_x quantise_group(const __m512 x[4], int8_t *to)
{
    __m512 top = _mm512_max_ps(_mm512_max_ps(_mm512_abs_ps(x[0]), _mm512_abs_ps(x[1])),
                               _mm512_max_ps(_mm512_abs_ps(x[2]), _mm512_abs_ps(x[3])));
    float max = _mm512_reduce_max_ps(top);
    __m512 inv = _mm512_set1_ps(max > 0 ? 127.0f / max : 0);
    __m512i sum = _mm512_setzero_si512();

    WK_UNROLL
    for (int i = 0; i < 4; i++) {
        __m512i q = _mm512_cvtps_epi32(_mm512_mul_ps(x[i], inv));

        sum = _mm512_add_epi32(sum, q);
        _mm_store_si128((__m128i *)(void *)(to + 16 * i), _mm512_cvtepi32_epi8(q));
    }
    return (struct group_of_x){max / 127.0f, -128 * _mm512_reduce_add_epi32(sum)};
}

static void i8_prepare(const struct wk_matrix *m, const float *x, void *row)
{
    int groups = groups_of(m);
    struct group_of_x *of = (struct group_of_x *)(void *)((uint8_t *)row + (size_t)groups * GROUP);

    for (int g = 0; g < groups; g++) {
        __m512 v[4];

        WK_UNROLL
        for (int i = 0; i < 4; i++) {
            int left = m->cols - g * GROUP - 16 * i;

            v[i] = left > 0 ? _mm512_maskz_loadu_ps(lanes(left), x + g * GROUP + 16 * i)
                            : _mm512_setzero_ps();
        }
        of[g] = quantise_group(v, (int8_t *)row + (size_t)g * GROUP);
    }
}

/* ---- int8: panels ------------------------------------------------------------------------- */

/* Unpacked panels: weights plus 128 [group][quad][panel][64], scales [group][panel][16]. */
struct i8_panels {
    uint8_t *w;
    float *scale;
};

static struct i8_panels i8_at(const struct wk_matrix *m, void *scratch)
{
    size_t groups = (size_t)groups_of(m);
    struct i8_panels p;

    p.w = scratch;
    p.scale = (float *)(void *)(p.w + groups * GROUP * WK_PANEL * WK_PANELS_MAX);
    return p;
}

static size_t i8_scratch_bytes(const struct wk_matrix *m)
{
    return (size_t)groups_of(m) * WK_PANEL * WK_PANELS_MAX * (GROUP + sizeof(float));
}

/* What a block contributes: value = d * n + m for its raw quants n. */
struct block_scales {
    __m512 d, m;
    __m512 top; /* largest magnitude the block can hold */
};

WK_INLINE struct block_scales scales_of(const struct wk_matrix *m, const uint8_t *panel, int b,
                                        enum wk_type type)
{
    struct block_scales s = {.d = halves(panel + m->d + 32 * (size_t)b)};
    float most = type == WK_Q8_0 ? 128.0f : type == WK_Q4_0 ? 8.0f : 16.0f;

    if (type == WK_Q4_1 || type == WK_Q5_1) {
        __m512 range = _mm512_set1_ps(type == WK_Q4_1 ? 15.0f : 31.0f);

        s.m = halves(panel + m->m + 32 * (size_t)b);
        s.top = _mm512_max_ps(_mm512_abs_ps(s.m), _mm512_abs_ps(_mm512_fmadd_ps(s.d, range, s.m)));
        return s;
    }
    s.m = _mm512_mul_ps(s.d, _mm512_set1_ps(type == WK_Q8_0 ? 0.0f : -most));
    s.top = _mm512_mul_ps(_mm512_abs_ps(s.d), _mm512_set1_ps(most));
    return s;
}

/* Raw quants of quad q (0..7) of a block: 0..31 for 4 and 5 bits, signed for 8. */
WK_INLINE __m512i raw_quad(const struct wk_matrix *m, const uint8_t *panel, int b, int q,
                           enum wk_type type)
{
    const uint8_t *qs = panel + (size_t)b * (type == WK_Q8_0 ? 512 : 256);
    __m512i v;

    if (type == WK_Q8_0)
        return _mm512_loadu_si512(qs + 64 * q);
    v = _mm512_loadu_si512(qs + 64 * (q % 4));
    if (q >= 4)
        v = _mm512_srli_epi16(v, 4);
    v = _mm512_and_si512(v, _mm512_set1_epi8(15));
    if (type == WK_Q5_0 || type == WK_Q5_1) {
        uint64_t mask;

        memcpy(&mask, panel + m->qh + 64 * (size_t)b + 8 * (size_t)q, sizeof(mask));
        v = _mm512_mask_add_epi8(v, mask, v, _mm512_set1_epi8(16));
    }
    return v;
}

/* Low halves of 16 integers, each twice: for both bytes pairs of a row. */
WK_INLINE __m512i twice(__m512 f)
{
    __m512i v = _mm512_cvtps_epi32(f);

    return _mm512_or_si512(_mm512_and_si512(v, _mm512_set1_epi32(0xffff)),
                           _mm512_slli_epi32(v, 16));
}

/* (n * d + m) / 256, byte by byte; d and m in 16 bits, m with what rounds and the 128. */
WK_INLINE __m512i rescale(__m512i n, __m512i d, __m512i m, enum wk_type type)
{
    const __m512i high = _mm512_set1_epi16((short)0xff00);
    __m512i even, odd;

    if (type == WK_Q8_0) {
        even = _mm512_srai_epi16(_mm512_slli_epi16(n, 8), 8);
        odd = _mm512_srai_epi16(n, 8);
    } else {
        even = _mm512_andnot_si512(high, n);
        odd = _mm512_srli_epi16(n, 8);
    }
    even = _mm512_add_epi16(_mm512_mullo_epi16(even, d), m); /* may wrap around on the way */
    odd = _mm512_add_epi16(_mm512_mullo_epi16(odd, d), m);
    /* high ? odd : even >> 8 */
    return _mm512_ternarylogic_epi32(high, odd, _mm512_srli_epi16(even, 8), 0xca);
}

/* One block of one panel into its half of a group. */
WK_INLINE void unpack_block(const struct wk_matrix *m, const uint8_t *panel, int b,
                            const struct block_scales *s, __m512 inverse, int stride, uint8_t *to,
                            enum wk_type type)
{
    __m512i d = twice(_mm512_mul_ps(s->d, inverse));
    __m512i bias = twice(_mm512_fmadd_ps(s->m, inverse, _mm512_set1_ps(128.0f * 256 + 128)));

    WK_UNROLL
    for (int q = 0; q < 8; q++) {
        _mm_prefetch(panel + (size_t)b * (type == WK_Q8_0 ? 512 : 256) + 64 * q + AHEAD,
                     _MM_HINT_T0);
        _mm512_store_si512(to + q * stride, rescale(raw_quad(m, panel, b, q, type), d, bias, type));
    }
}

WK_INLINE void unpack_panel(const struct wk_matrix *m, const uint8_t *panel, int p, int n_panels,
                            struct i8_panels to, enum wk_type type)
{
    const int stride = 64 * n_panels;

    for (int g = 0; g < groups_of(m); g++) {
        uint8_t *w = to.w + (size_t)g * QUADS * (size_t)stride + 64 * p;
        bool two = 2 * g + 1 < m->blocks;
        struct block_scales a = scales_of(m, panel, 2 * g, type);
        struct block_scales b = scales_of(m, panel, two ? 2 * g + 1 : 2 * g, type);
        __m512 top = _mm512_max_ps(a.top, b.top);
        /* 255/256 of the range, so that what rounds does not carry out of the byte */
        __m512 inverse =
            _mm512_maskz_div_ps(_mm512_cmp_ps_mask(top, _mm512_set1_ps(1e-30f), _CMP_GT_OQ),
                                _mm512_set1_ps(127.0f * 255.0f), top);

        unpack_block(m, panel, 2 * g, &a, inverse, stride, w, type);
        w += 8 * stride;
        if (two) {
            unpack_block(m, panel, 2 * g + 1, &b, inverse, stride, w, type);
        } else {
            for (int q = 0; q < 8; q++)
                _mm512_store_si512(w + q * stride, _mm512_set1_epi8((char)128));
        }
        _mm512_store_ps(to.scale + (g * n_panels + p) * WK_PANEL,
                        _mm512_mul_ps(top, _mm512_set1_ps(256 / (127.0f * 255))));
    }
}

static void i8_unpack(const struct wk_matrix *m, int panel, int n_panels, void *scratch)
{
    struct i8_panels to = i8_at(m, scratch);

    for (int p = 0; p < n_panels; p++) {
        const uint8_t *from = wk_panel(m, panel + p);

        switch (m->type) {
        case WK_Q4_0:
            unpack_panel(m, from, p, n_panels, to, WK_Q4_0);
            break;
        case WK_Q4_1:
            unpack_panel(m, from, p, n_panels, to, WK_Q4_1);
            break;
        case WK_Q5_0:
            unpack_panel(m, from, p, n_panels, to, WK_Q5_0);
            break;
        case WK_Q5_1:
            unpack_panel(m, from, p, n_panels, to, WK_Q5_1);
            break;
        default:
            unpack_panel(m, from, p, n_panels, to, WK_Q8_0);
            break;
        }
    }
}

/* ---- int8: the product -------------------------------------------------------------------- */

struct i8_tile {
    const int8_t *x; /* first of the tile's rows */
    size_t row;      /* bytes from row to row */
    size_t groups;   /* bytes from a row to its struct group_of_x */
    struct i8_panels w;
    int begin, end; /* groups */
    float *y;       /* [rows][16 * P] */
};

WK_INLINE const struct group_of_x *group_of(const struct i8_tile *t, int i, int g)
{
    return (const struct group_of_x *)(const void *)(t->x + (size_t)i * t->row + t->groups) + g;
}

/* Integer sums of one group. */
WK_INLINE void i8_group(const struct i8_tile *t, int g, __m512i acc[TILE][WK_PANELS_MAX],
                        const int R, const int P)
{
    const uint8_t *w = t->w.w + (size_t)g * (size_t)(QUADS * 64 * P);
    const int8_t *x = t->x + (size_t)g * GROUP;

    WK_UNROLL
    for (int i = 0; i < R; i++) {
        __m512i start = _mm512_set1_epi32(group_of(t, i, g)->start);

        WK_UNROLL
        for (int p = 0; p < P; p++)
            acc[i][p] = start;
    }
    WK_UNROLL_2
    for (int q = 0; q < QUADS; q++, w += 64 * P, x += 4) {
        __m512i b[WK_PANELS_MAX];

        WK_UNROLL
        for (int p = 0; p < P; p++)
            b[p] = _mm512_load_si512(w + 64 * p);
        WK_UNROLL
        for (int i = 0; i < R; i++) {
            __m512i a = _mm512_set1_epi32(load32(x + (size_t)i * t->row));

            WK_UNROLL
            for (int p = 0; p < P; p++)
                dot8(&acc[i][p], b[p], a);
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

/* All registers hold integer sums; the float sums are in the tile, which stays in cache. */
WK_INLINE void i8_tile(const struct i8_tile *t, const int R, const int P)
{
    for (int g = t->begin; g < t->end; g++) {
        __m512i acc[TILE][WK_PANELS_MAX];
        float *y = t->y;

        i8_group(t, g, acc, R, P);
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

WK_INLINE void i8_rows(struct i8_tile t, int n, const int P, struct side *side)
{
    for (; n >= TILE; n -= TILE) {
        fetch_some(side, t.begin == 0, P);
        i8_tile(&t, TILE, P);
        t.x += TILE * t.row;
        t.y += TILE * 16 * P;
    }
    for (; n >= 2; n -= 2) {
        i8_tile(&t, 2, P);
        t.x += 2 * t.row;
        t.y += 2 * 16 * P;
    }
    if (n > 0)
        i8_tile(&t, 1, P);
}

static void i8_multiply(const struct wk_matrix *m, int panel, int n_panels, const void *scratch,
                        const void *rows, int n, float *tile, const struct wk_ahead *ahead)
{
    int groups = groups_of(m);
    struct i8_tile t = {.x = rows, .y = tile};
    struct side side = side_of(ahead, n, (groups + GROUPS_L1 - 1) / GROUPS_L1);

    (void)panel;
    t.w = i8_at(m, (void *)(uintptr_t)scratch);
    t.row = i8_row_bytes(m);
    t.groups = (size_t)groups * GROUP;
    for (; t.begin < groups; t.begin = t.end) {
        t.end = t.begin + GROUPS_L1 < groups ? t.begin + GROUPS_L1 : groups;
        if (n_panels == 4)
            i8_rows(t, n, 4, &side);
        else if (n_panels == 3)
            i8_rows(t, n, 3, &side);
        else if (n_panels == 2)
            i8_rows(t, n, 2, &side);
        else
            i8_rows(t, n, 1, &side);
    }
}

static const struct wk_product int8_product = {
    .arithmetic = "int8",
    .row_bytes = i8_row_bytes,
    .prepare = i8_prepare,
    .scratch_bytes = i8_scratch_bytes,
    .unpack = i8_unpack,
    .multiply = i8_multiply,
};

/* ---- f32 ---------------------------------------------------------------------------------- */

static size_t f32_row_bytes(const struct wk_matrix *m)
{
    return (size_t)m->blocks * WK_BLOCK * sizeof(float);
}

static void f32_prepare(const struct wk_matrix *m, const float *x, void *row)
{
    memcpy(row, x, (size_t)m->cols * sizeof(float));
    memset((float *)row + m->cols, 0, (size_t)(m->blocks * WK_BLOCK - m->cols) * sizeof(float));
}

static size_t f32_scratch_bytes(const struct wk_matrix *m)
{
    return f32_row_bytes(m) * WK_PANEL * WK_PANELS_MAX;
}

/* [column][panel][16] */
static void f32_unpack(const struct wk_matrix *m, int panel, int n_panels, void *scratch)
{
    for (int p = 0; p < n_panels; p++) {
        const uint8_t *from = wk_panel(m, panel + p);
        float *to = (float *)scratch + 16 * p;

        for (int c = 0; c < m->blocks * WK_BLOCK; c++, to += 16 * n_panels)
            _mm512_store_ps(to, m->type == WK_F16
                                    ? halves(from + 32 * (size_t)c)
                                    : _mm512_loadu_ps((const float *)(const void *)from + 16 * c));
    }
}

struct f32_tile {
    const float *x, *w;
    size_t row; /* floats from row to row */
    int begin, end;
    float *y;
};

WK_INLINE void f32_tile(const struct f32_tile *t, const int R, const int P)
{
    __m512 sum[TILE][WK_PANELS_MAX];
    const float *w = t->w + (size_t)(t->begin * 16 * P);

    WK_UNROLL
    for (int i = 0; i < R; i++) {
        WK_UNROLL
        for (int p = 0; p < P; p++)
            sum[i][p] = t->begin ? _mm512_load_ps(t->y + 16 * (i * P + p)) : _mm512_setzero_ps();
    }
    for (int c = t->begin; c < t->end; c++, w += 16 * P) {
        __m512 b[WK_PANELS_MAX];

        WK_UNROLL
        for (int p = 0; p < P; p++)
            b[p] = _mm512_load_ps(w + 16 * p);
        WK_UNROLL
        for (int i = 0; i < R; i++) {
            __m512 a = _mm512_set1_ps(t->x[(size_t)i * t->row + (size_t)c]);

            WK_UNROLL
            for (int p = 0; p < P; p++)
                sum[i][p] = _mm512_fmadd_ps(a, b[p], sum[i][p]);
        }
    }
    WK_UNROLL
    for (int i = 0; i < R; i++) {
        WK_UNROLL
        for (int p = 0; p < P; p++)
            _mm512_store_ps(t->y + 16 * (i * P + p), sum[i][p]);
    }
}

WK_INLINE void f32_rows(struct f32_tile t, int n, const int P)
{
    for (; n >= TILE; n -= TILE) {
        f32_tile(&t, TILE, P);
        t.x += TILE * t.row;
        t.y += TILE * 16 * P;
    }
    for (; n >= 2; n -= 2) {
        f32_tile(&t, 2, P);
        t.x += 2 * t.row;
        t.y += 2 * 16 * P;
    }
    if (n > 0)
        f32_tile(&t, 1, P);
}

static void f32_multiply(const struct wk_matrix *m, int panel, int n_panels, const void *scratch,
                         const void *rows, int n, float *tile, const struct wk_ahead *ahead)
{
    int cols = m->blocks * WK_BLOCK;
    struct f32_tile t = {.x = rows, .w = scratch, .row = (size_t)cols, .y = tile};

    (void)panel;
    (void)ahead;
    for (; t.begin < cols; t.begin = t.end) {
        t.end = t.begin + FLOATS_L1 < cols ? t.begin + FLOATS_L1 : cols;
        if (n_panels == 4)
            f32_rows(t, n, 4);
        else if (n_panels == 3)
            f32_rows(t, n, 3);
        else if (n_panels == 2)
            f32_rows(t, n, 2);
        else
            f32_rows(t, n, 1);
    }
}

static const struct wk_product f32_product = {
    .arithmetic = "f32",
    .row_bytes = f32_row_bytes,
    .prepare = f32_prepare,
    .scratch_bytes = f32_scratch_bytes,
    .unpack = f32_unpack,
    .multiply = f32_multiply,
};

const struct wk_product *wk_avx512_many(enum wk_type type)
{
    return type == WK_F32 || type == WK_F16 ? &f32_product : &int8_product;
}
