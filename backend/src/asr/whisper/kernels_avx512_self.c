/**
 * @file asr/whisper/kernels_avx512_self.c  Encoder self-attention in 16-bit integers
 *
 * Both products are those of the many-row path (kernels_avx512_tile.h). Scores: queries are the
 * rows, keys the outputs, groups are of 64 channels.
 * Values: softmax weights are the rows, channels the outputs, each group is 64 keys. A tile of
 * query rows computes all its scores, then all its outputs; nothing larger than that is stored.
 *
 *     keys    [64 keys][group of channels][step][panel][64 bytes], scales [64 keys][group][64]
 *     values  [4 panels of channels][64 keys][step][panel][64 bytes], scales [..][64
 * keys][panel][16]
 *
 * Scores are in units of ln 2 (the scale is folded into the queries), so the softmax is made of
 * powers of two.
 */
#include "asr/whisper/kernels_avx512_tile.h"

#include <math.h>

enum {
    STEPS = WK_GROUP / 2,              /* pairs of a group */
    KEYS = WK_GROUP,                   /* keys of a tile of scores */
    PACK = STEPS * WK_PANELS_MAX * 64, /* bytes of 64 x 64 packed integers */
    SCALES = WK_PANEL * WK_PANELS_MAX, /* scales of those */
    ROW = WK_GROUP * 2 + 64,           /* bytes of one prepared group, at most */
};

/* Where everything is, for n keys and heads of head_dim. */
struct plan {
    int key_tiles; /* 64 keys each */
    int groups;    /* of channels, 64 each: also groups of 4 panels of values */
    size_t k_scale, v, v_scale, bytes;
    size_t row, p, p_row, scores, out, work; /* of the work memory */
};

static struct plan plan_for(int n, int head_dim)
{
    struct plan p = {.key_tiles = (n + KEYS - 1) / KEYS,
                     .groups = (head_dim + WK_GROUP - 1) / WK_GROUP};
    size_t tiles = (size_t)(p.key_tiles * p.groups);

    p.k_scale = tiles * PACK;
    p.v = p.k_scale + tiles * SCALES * sizeof(float);
    p.v_scale = p.v + tiles * PACK;
    p.bytes = p.v_scale + tiles * SCALES * sizeof(float);
    p.row = int_row_bytes((struct wk_groups){p.groups, WK_GROUP}, 2);
    p.p = WK_QUERY_ROWS * p.row;
    p.p_row = int_row_bytes((struct wk_groups){p.key_tiles, WK_GROUP}, 2);
    p.scores = p.p + WK_QUERY_ROWS * p.p_row;
    p.out = p.scores + sizeof(float) * WK_QUERY_ROWS * KEYS * (size_t)p.key_tiles;
    p.work = p.out + sizeof(float) * WK_QUERY_ROWS * SCALES;
    return p;
}

static size_t self_bytes(int n, int head_dim)
{
    return plan_for(n, head_dim).bytes;
}

static size_t self_work(int n, int head_dim)
{
    return plan_for(n, head_dim).work;
}

/* ---- laying out keys and values ----------------------------------------------------------- */

/* Sixteen prepared rows into one panel of one group, at `to`; rows lie `row` bytes apart. */
static void transpose_keys(const uint8_t *rows, size_t row, uint8_t *to)
{
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i at = _mm512_mullo_epi32(lane, _mm512_set1_epi32((int)row));

    for (int s = 0; s < STEPS; s++)
        _mm512_store_si512(to + (size_t)s * 64 * WK_PANELS_MAX,
                           _mm512_i32gather_epi32(at, rows + 4 * s, 1));
}

/* Rows of one head lie far apart: nothing else would fetch them in time. */
WK_INLINE void fetch_row(const float *x, int head_dim, bool there)
{
    for (int c = 0; there && c < head_dim; c += 16)
        _mm_prefetch(x + c, _MM_HINT_T0);
}

/* Keys t .. t + 15 of a head, those past n being zero. */
static void prepare_keys(const struct plan *p, const float *k, size_t ld, int t, int n,
                         int head_dim, uint8_t *prepared)
{
    uint8_t rows[WK_PANEL * 2 * ROW] __attribute__((aligned(64)));
    int tile = t / KEYS, panel = t % KEYS / WK_PANEL;

    if (t + WK_PANEL > n)
        memset(rows, 0, sizeof(rows));
    for (int i = 0; i < WK_PANEL && t + i < n; i++) {
        fetch_row(k + (size_t)(t + i + WK_PANEL) * ld, head_dim, t + i + WK_PANEL < n);
        wk_avx512_row_16(k + (size_t)(t + i) * ld, head_dim, rows + (size_t)i * p->row);
    }
    for (int g = 0; g < p->groups; g++) {
        size_t at = (size_t)(tile * p->groups + g);
        float *scales = (float *)(void *)(prepared + p->k_scale) + at * SCALES + panel * WK_PANEL;

        transpose_keys(rows + g * WK_GROUP * 2, p->row, prepared + at * PACK + panel * 64);
        for (int i = 0; i < WK_PANEL; i++) {
            const uint8_t *of = rows + (size_t)i * p->row + p->groups * WK_GROUP * 2;

            scales[i] = ((const struct wk_group_x *)(const void *)of)[g].scale;
        }
    }
}

WK_INLINE __m512 value_at(const float *v, size_t ld, int t, int n, __mmask16 channels)
{
    return t < n ? _mm512_maskz_loadu_ps(channels, v + (size_t)t * ld) : _mm512_setzero_ps();
}

/* Values of keys t .. t + 63, 16 channels from v on, into one panel. */
static void prepare_values(const float *v, size_t ld, int t, int n, int channels, uint8_t *to,
                           float *scale)
{
    __mmask16 mask = lanes(channels);
    __m512 top = _mm512_setzero_ps(), inverse;

    for (int i = 0; i < KEYS; i++) {
        fetch_row(v + (size_t)(t + i + 16) * ld, 1, i + 16 < KEYS && t + i + 16 < n);
        top = _mm512_max_ps(top, _mm512_abs_ps(value_at(v, ld, t + i, n, mask)));
    }
    inverse = _mm512_maskz_div_ps(_mm512_cmp_ps_mask(top, _mm512_setzero_ps(), _CMP_GT_OQ),
                                  _mm512_set1_ps((float)WK_TOP_16), top);
    for (int i = 0; i < KEYS; i += 2, to += 64 * WK_PANELS_MAX) {
        __m512 a = _mm512_mul_ps(value_at(v, ld, t + i, n, mask), inverse);
        __m512 b = _mm512_mul_ps(value_at(v, ld, t + i + 1, n, mask), inverse);

        _mm512_store_si512(to,
                           _mm512_mask_blend_epi16(0xaaaaaaaa, _mm512_cvtps_epi32(a),
                                                   _mm512_slli_epi32(_mm512_cvtps_epi32(b), 16)));
    }
    _mm512_storeu_ps(scale, _mm512_mul_ps(top, _mm512_set1_ps(1.0f / WK_TOP_16)));
}

static void self_prepare(const float *k, const float *v, size_t ld, int n, int head_dim,
                         void *prepared)
{
    struct plan p = plan_for(n, head_dim);
    uint8_t *to = prepared;

    for (int t = 0; t < p.key_tiles * KEYS; t += WK_PANEL)
        prepare_keys(&p, k, ld, t, n, head_dim, to);
    for (int c = 0; c < p.groups * WK_GROUP; c += WK_PANEL) {
        int left = head_dim - c;

        for (int tile = 0; tile < p.key_tiles; tile++) {
            size_t at = (size_t)(c / WK_GROUP * p.key_tiles + tile);
            int panel = c % WK_GROUP / WK_PANEL;

            prepare_values(v + c, ld, tile * KEYS, n, left > 0 ? left : 0,
                           to + p.v + at * PACK + panel * 64,
                           (float *)(void *)(to + p.v_scale) + at * SCALES + panel * WK_PANEL);
        }
    }
}

/* ---- answering query rows ----------------------------------------------------------------- */

/* Prepared queries, scaled so that scores come out in units of ln 2. */
static void prepare_queries(const struct wk_self *s, const struct plan *p)
{
    __m512 scale = _mm512_set1_ps(1.44269504f / sqrtf((float)s->head_dim));
    float q[WK_HEAD_DIM_MAX];

    for (int i = 0; i < s->rows; i++) {
        fetch_row(s->q + (size_t)(i + 8) * s->ldq, s->head_dim, i + 8 < s->rows);
        for (int c = 0; c < s->head_dim; c += 16)
            _mm512_storeu_ps(q + c,
                             _mm512_mul_ps(scale, _mm512_loadu_ps(s->q + (size_t)i * s->ldq + c)));
        wk_avx512_row_16(q, s->head_dim, (uint8_t *)s->work + (size_t)i * p->row);
    }
}

/* Scores [key tile][row][64]. */
static void score(const struct wk_self *s, const struct plan *p)
{
    const uint8_t *prepared = s->prepared;
    float *scores = (float *)(void *)((uint8_t *)s->work + p->scores);

    for (int tile = 0; tile < p->key_tiles; tile++) {
        size_t at = (size_t)(tile * p->groups);
        struct int_tile t = {.x = s->work, .row = p->row, .steps = STEPS, .end = p->groups};

        t.groups = (size_t)p->groups * WK_GROUP * 2;
        t.w.w = (uint8_t *)(uintptr_t)(prepared + at * PACK);
        t.w.scale = (float *)(uintptr_t)(prepared + p->k_scale) + at * SCALES;
        t.y = scores + (size_t)(tile * s->rows * KEYS);
        int_rows_of(t, s->rows, WK_PANELS_MAX, 2);
    }
}

/* 2^x for x <= 0, to 3e-6: a polynomial (Taylor's, scaled by ln 2) on |r| <= 1/2. */
WK_INLINE __m512 exp2_ps(__m512 x)
{
    __m512 n, r, p = _mm512_set1_ps(1.3333558e-3f);

    n = _mm512_roundscale_ps(x, 0);
    r = _mm512_sub_ps(x, n);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(9.6181291e-3f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.5504109e-2f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(2.4022651e-1f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(6.9314718e-1f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(p, n);
}

/* The lanes of vector k of the last tile that are keys. */
WK_INLINE __mmask16 keys_of(const struct wk_self *s, int tile, int k)
{
    int left = s->n - tile * KEYS - 16 * k;

    return left > 0 ? lanes(left) : 0;
}

WK_INLINE __m512 top_score(const struct wk_self *s, const struct plan *p, const float *scores)
{
    __m512 top = _mm512_set1_ps(-INFINITY);

    for (int tile = 0; tile < p->key_tiles; tile++, scores += s->rows * KEYS) {
        WK_UNROLL
        for (int k = 0; k < 4; k++)
            top =
                _mm512_mask_max_ps(top, keys_of(s, tile, k), top, _mm512_load_ps(scores + 16 * k));
    }
    return _mm512_set1_ps(_mm512_reduce_max_ps(top));
}

/* Softmax weights of one row as prepared integers, not yet divided by their sum; returns that. */
static float weigh(const struct wk_self *s, const struct plan *p, const float *scores, uint8_t *to)
{
    struct wk_group_x *of = (void *)(to + p->key_tiles * WK_GROUP * 2);
    __m512 top = top_score(s, p, scores), sum = _mm512_setzero_ps();

    for (int tile = 0; tile < p->key_tiles; tile++, scores += s->rows * KEYS) {
        __m512 e[4], most, inverse;

        WK_UNROLL
        for (int k = 0; k < 4; k++) {
            e[k] = exp2_ps(_mm512_sub_ps(_mm512_load_ps(scores + 16 * k), top));
            e[k] = _mm512_maskz_mov_ps(keys_of(s, tile, k), e[k]);
            sum = _mm512_add_ps(sum, e[k]);
        }
        most = _mm512_max_ps(_mm512_max_ps(e[0], e[1]), _mm512_max_ps(e[2], e[3]));
        most = _mm512_set1_ps(fmaxf(_mm512_reduce_max_ps(most), 1e-30f));
        inverse = _mm512_div_ps(_mm512_set1_ps((float)WK_TOP_16), most);
        WK_UNROLL
        for (int k = 0; k < 4; k++, to += 32)
            _mm256_store_si256((__m256i *)(void *)to, _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(
                                                          _mm512_mul_ps(e[k], inverse))));
        of[tile] = (struct wk_group_x){_mm512_cvtss_f32(most) / WK_TOP_16, 0};
    }
    return _mm512_reduce_add_ps(sum);
}

/* Output channels 64 g .. of all rows. */
static void mix(const struct wk_self *s, const struct plan *p, int g, const float *sums)
{
    const uint8_t *prepared = s->prepared;
    size_t at = (size_t)(g * p->key_tiles);
    float *out = (float *)(void *)((uint8_t *)s->work + p->out);
    struct int_tile t = {.x = (uint8_t *)s->work + p->p, .row = p->p_row, .steps = STEPS, .y = out};

    t.groups = (size_t)p->key_tiles * WK_GROUP * 2;
    t.w.w = (uint8_t *)(uintptr_t)(prepared + p->v + at * PACK);
    t.w.scale = (float *)(uintptr_t)(prepared + p->v_scale) + at * SCALES;
    for (; t.begin < p->key_tiles; t.begin = t.end) {
        t.end = t.begin + 1;
        int_rows_of(t, s->rows, WK_PANELS_MAX, 2);
    }
    for (int i = 0; i < s->rows; i++) {
        __m512 norm = _mm512_set1_ps(1.0f / sums[i]);

        for (int c = g * WK_GROUP; c < (g + 1) * WK_GROUP && c < s->head_dim; c += 16)
            _mm512_storeu_ps(
                s->out + (size_t)i * s->ldo + c,
                _mm512_mul_ps(norm, _mm512_load_ps(out + i * WK_GROUP + c - g * WK_GROUP)));
    }
}

static void self_rows(const struct wk_self *s)
{
    struct plan p = plan_for(s->n, s->head_dim);
    const float *scores = (const float *)(const void *)((uint8_t *)s->work + p.scores);
    float sums[WK_QUERY_ROWS];

    prepare_queries(s, &p);
    score(s, &p);
    for (int i = 0; i < s->rows; i++) {
        for (int c = 0; c < s->head_dim; c += 16)
            __builtin_prefetch(s->out + (size_t)i * s->ldo + c, 1);
        sums[i] = weigh(s, &p, scores + i * KEYS, (uint8_t *)s->work + p.p + (size_t)i * p.p_row);
    }
    for (int g = 0; g < p.groups; g++)
        mix(s, &p, g, sums);
}

const struct wk_self_kind wk_avx512_self = {
    .bytes = self_bytes, .prepare = self_prepare, .work = self_work, .rows = self_rows};
