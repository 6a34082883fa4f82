/**
 * @file asr/whisper/kernels_avx512_self.c  Encoder self-attention in 16-bit integers
 *
 * Both products use the register tile of the many-row path (kernels_avx512_tile.h), two 16-bit
 * products a lane. Scores: queries are the rows, keys the outputs, 64 channels at a time.
 * Values: softmax weights are the rows, channels the outputs. A tile of query rows computes all
 * its scores, then all its outputs; nothing larger than that is stored.
 *
 *     keys    [64 keys][group of 64 channels][step][panel][64 bytes], scales [64 keys][group][64]
 *     values  [group of 64 channels][64 keys][step][panel][64 bytes], scales [group][64]
 *
 * A query has one scale, a key one a group, a channel of the values one. Softmax weights are
 * TOP_P 2^(score - largest of 64 keys), so that sums of 64 products with values of at most TOP_V
 * fit 32 bits. Scores are in units of ln 2, which is folded into the scale of the query.
 */
#include "asr/whisper/kernels_avx512_tile.h"

#include <math.h>

enum {
    STEPS = WK_GROUP / 2,              /* pairs of a group */
    KEYS = WK_GROUP,                   /* keys of a tile of scores */
    PACK = STEPS * WK_PANELS_MAX * 64, /* bytes of 64 x 64 packed integers */
    SCALES = WK_PANEL * WK_PANELS_MAX, /* scales of those */
    ROW = WK_GROUP * 2 + 64,           /* bytes of one prepared group, at most */
    TOP_P = 8191,                      /* softmax weight of the largest score of 64 */
    TOP_V = 4095,                      /* largest value: 64 * 8191 * 4095 < 2^31 */
};

static const float LOG2_TOP_P = 12.9998239f;

/* Where everything is, for n keys and heads of head_dim. */
struct plan {
    int key_tiles; /* 64 keys each */
    int groups;    /* of channels, 64 each: also groups of 4 panels of values */
    size_t k_scale, v, v_scale, bytes;
    size_t row, p, p_scale, p_row, scores, out, work; /* of the work memory */
};

static struct plan plan_for(int n, int head_dim)
{
    struct plan p = {.key_tiles = (n + KEYS - 1) / KEYS,
                     .groups = (head_dim + WK_GROUP - 1) / WK_GROUP};
    size_t tiles = (size_t)(p.key_tiles * p.groups);

    p.k_scale = tiles * PACK;
    p.v = p.k_scale + tiles * SCALES * sizeof(float);
    p.v_scale = p.v + tiles * PACK;
    p.bytes = p.v_scale + (size_t)p.groups * SCALES * sizeof(float);
    p.row = int_row_bytes((struct wk_groups){p.groups, WK_GROUP}, 2);
    p.p = WK_QUERY_ROWS * p.row;
    p.p_scale = (size_t)p.key_tiles * KEYS * 2;
    p.p_row = p.p_scale + align64((size_t)p.key_tiles * sizeof(float));
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
    for (int s = 0; s < STEPS; s += 16) {
        __m512i v[16];

        WK_UNROLL
        for (int i = 0; i < 16; i++)
            v[i] = _mm512_loadu_si512(rows + (size_t)i * row + 4 * s);
        transpose_16(v);
        WK_UNROLL
        for (int i = 0; i < 16; i++)
            _mm512_store_si512(to + (size_t)(s + i) * 64 * WK_PANELS_MAX, v[i]);
    }
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

/* Largest magnitude of each of 16 channels. */
static __m512 largest_values(const float *v, size_t ld, int n, __mmask16 channels)
{
    __m512 top = _mm512_setzero_ps();

    for (int t = 0; t < n; t++) {
        fetch_row(v + (size_t)(t + 16) * ld, 1, t + 16 < n);
        top = _mm512_max_ps(top, _mm512_abs_ps(value_at(v, ld, t, n, channels)));
    }
    return top;
}

/* First key of pair s of 32: the order in which weigh() packs two vectors of weights. */
WK_INLINE int key_of(int s)
{
    return s / 4 * 4 + (s % 4 < 2 ? s % 4 * 2 : 16 + (s % 4 - 2) * 2);
}

/* Values of keys t .. t + 63, 16 channels from v on, into one panel. */
static void prepare_values(const float *v, size_t ld, int t, int n, __mmask16 channels,
                           __m512 inverse, uint8_t *to)
{
    for (int s = 0; s < STEPS; s++, to += 64 * WK_PANELS_MAX) {
        int key = t + s / 16 * 32 + key_of(s % 16);
        __m512 a = _mm512_mul_ps(value_at(v, ld, key, n, channels), inverse);
        __m512 b = _mm512_mul_ps(value_at(v, ld, key + 1, n, channels), inverse);

        _mm512_store_si512(to,
                           _mm512_mask_blend_epi16(0xaaaaaaaa, _mm512_cvtps_epi32(a),
                                                   _mm512_slli_epi32(_mm512_cvtps_epi32(b), 16)));
    }
}

static void self_prepare(const float *k, const float *v, size_t ld, int n, int head_dim,
                         void *prepared)
{
    struct plan p = plan_for(n, head_dim);
    uint8_t *to = prepared;

    for (int t = 0; t < p.key_tiles * KEYS; t += WK_PANEL)
        prepare_keys(&p, k, ld, t, n, head_dim, to);
    for (int c = 0; c < p.groups * WK_GROUP; c += WK_PANEL) {
        __mmask16 channels = c < head_dim ? lanes(head_dim - c) : 0;
        __m512 top = largest_values(v + c, ld, n, channels);
        __m512 inverse =
            _mm512_maskz_div_ps(_mm512_cmp_ps_mask(top, _mm512_set1_ps(1e-30f), _CMP_GT_OQ),
                                _mm512_set1_ps(TOP_V), top);

        for (int tile = 0; tile < p.key_tiles; tile++) {
            size_t at = (size_t)(c / WK_GROUP * p.key_tiles + tile);

            prepare_values(v + c, ld, tile * KEYS, n, channels, inverse,
                           to + p.v + at * PACK + c % WK_GROUP / WK_PANEL * 64);
        }
        _mm512_storeu_ps((float *)(void *)(to + p.v_scale) + c,
                         _mm512_mul_ps(top, _mm512_set1_ps(1.0f / TOP_V)));
    }
}

/* ---- answering query rows ----------------------------------------------------------------- */

/* Prepared queries; their scales are in units of ln 2. */
static void prepare_queries(const struct wk_self *s, const struct plan *p, float *scales)
{
    float scale = 1.44269504f / sqrtf((float)s->head_dim);

    for (int i = 0; i < s->rows; i++) {
        const float *q = s->q + (size_t)i * s->ldq;
        uint8_t *to = (uint8_t *)s->work + (size_t)i * p->row;
        __m512 top = _mm512_setzero_ps(), inverse;
        float max;

        fetch_row(q + 8 * s->ldq, s->head_dim, i + 8 < s->rows);
        for (int c = 0; c < s->head_dim; c += 16)
            top = _mm512_max_ps(top, _mm512_abs_ps(_mm512_loadu_ps(q + c)));
        max = _mm512_reduce_max_ps(top);
        inverse = _mm512_set1_ps(max > 1e-30f ? (float)WK_TOP_16 / max : 0);
        for (int c = 0; c < p->groups * WK_GROUP; c += 16) {
            __m512 v = c < s->head_dim ? _mm512_loadu_ps(q + c) : _mm512_setzero_ps();

            _mm256_store_si256(
                (__m256i *)(void *)(to + 2 * c),
                _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(_mm512_mul_ps(v, inverse))));
        }
        scales[i] = scale * max / (float)WK_TOP_16;
    }
}

WK_INLINE void clear_sums(__m512i acc[TILE][WK_PANELS_MAX], const int R)
{
    WK_UNROLL
    for (int i = 0; i < R; i++) {
        WK_UNROLL
        for (int k = 0; k < WK_PANELS_MAX; k++)
            acc[i][k] = _mm512_setzero_si512();
    }
}

/* Scores of R rows and 64 keys, but for the scale of the query. */
WK_INLINE void score_tile(const struct plan *p, const uint8_t *q, const uint8_t *k,
                          const float *scale, float *y, const int R)
{
    for (int g = 0; g < p->groups; g++, scale += SCALES) {
        __m512i acc[TILE][WK_PANELS_MAX];
        float *to = y;

        clear_sums(acc, R);
        int_dot(q + g * WK_GROUP * 2, p->row, k + (size_t)g * PACK, STEPS, acc, R, WK_PANELS_MAX,
                2);
        WK_UNROLL
        for (int i = 0; i < R; i++) {
            WK_UNROLL
            for (int k4 = 0; k4 < WK_PANELS_MAX; k4++, to += 16) {
                __m512 v =
                    _mm512_mul_ps(_mm512_cvtepi32_ps(acc[i][k4]), _mm512_load_ps(scale + 16 * k4));

                _mm512_store_ps(to, g ? _mm512_add_ps(v, _mm512_load_ps(to)) : v);
            }
        }
    }
}

/* Scores [key tile][row][64]. */
static void score(const struct wk_self *s, const struct plan *p)
{
    const uint8_t *prepared = s->prepared;
    float *y = (float *)(void *)((uint8_t *)s->work + p->scores);

    for (int tile = 0; tile < p->key_tiles; tile++) {
        size_t at = (size_t)(tile * p->groups);
        const uint8_t *k = prepared + at * PACK;
        const float *scale = (const float *)(const void *)(prepared + p->k_scale) + at * SCALES;
        const uint8_t *q = s->work;
        int i = 0;

        for (; i + TILE <= s->rows; i += TILE, y += TILE * KEYS)
            score_tile(p, q + (size_t)i * p->row, k, scale, y, TILE);
        for (; i < s->rows; i++, y += KEYS)
            score_tile(p, q + (size_t)i * p->row, k, scale, y, 1);
    }
}

/* 2^x to 7e-6: a polynomial on |r| <= 1/2, Taylor's scaled by ln 2 with its last term fitted. */
WK_INLINE __m512 exp2_ps(__m512 x)
{
    __m512 n = _mm512_roundscale_ps(x, 0);
    __m512 r = _mm512_sub_ps(x, n);
    __m512 p = _mm512_set1_ps(9.6391691e-3f);

    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.5791048e-2f));
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

/* Largest score of each tile of keys into `tops`, and of all. */
WK_INLINE float top_scores(const struct wk_self *s, const struct plan *p, const float *scores,
                           float *tops)
{
    float most = -INFINITY;

    for (int tile = 0; tile < p->key_tiles; tile++, scores += s->rows * KEYS) {
        __m512 top = _mm512_set1_ps(-INFINITY);

        WK_UNROLL
        for (int k = 0; k < 4; k++)
            top =
                _mm512_mask_max_ps(top, keys_of(s, tile, k), top, _mm512_load_ps(scores + 16 * k));
        tops[tile] = _mm512_reduce_max_ps(top);
        most = tops[tile] > most ? tops[tile] : most;
    }
    return most;
}

/* 64 softmax weights as integers, relative to `from`; returns their sum, lane by lane. */
WK_INLINE __m512 weigh_tile(const struct wk_self *s, int tile, const float *scores, __m512 by,
                            __m512 from, uint8_t *to)
{
    __m512 sum = _mm512_setzero_ps();
    __m512i e[4];

    WK_UNROLL
    for (int k = 0; k < 4; k++) {
        __m512 v = exp2_ps(_mm512_fmadd_ps(_mm512_load_ps(scores + 16 * k), by, from));

        v = _mm512_maskz_mov_ps(keys_of(s, tile, k), v);
        sum = _mm512_add_ps(sum, v);
        e[k] = _mm512_cvtps_epi32(v);
    }
    _mm512_store_si512(to, _mm512_packs_epi32(e[0], e[1]));
    _mm512_store_si512(to + 64, _mm512_packs_epi32(e[2], e[3]));
    return sum;
}

/* Softmax weights of one row as integers and the scale of each 64, not yet divided by their sum;
 * returns that. */
static float weigh(const struct wk_self *s, const struct plan *p, const float *scores, float scale,
                   uint8_t *to)
{
    float *scales = (float *)(void *)(to + p->p_scale);
    __m512 by = _mm512_set1_ps(scale), sum = _mm512_setzero_ps();
    __m512 top = _mm512_set1_ps(top_scores(s, p, scores, scales));

    for (int tile = 0; tile < p->key_tiles; tile++, scores += s->rows * KEYS) {
        /* from the largest of the tile down to log2(TOP_P) */
        __m512 from =
            _mm512_fnmadd_ps(_mm512_set1_ps(scales[tile]), by, _mm512_set1_ps(LOG2_TOP_P));
        __m512 by_tile =
            exp2_ps(_mm512_mul_ps(by, _mm512_sub_ps(_mm512_set1_ps(scales[tile]), top)));

        sum = _mm512_fmadd_ps(weigh_tile(s, tile, scores, by, from, to + (size_t)tile * KEYS * 2),
                              by_tile, sum);
        scales[tile] = _mm512_cvtss_f32(by_tile);
    }
    return _mm512_reduce_add_ps(sum);
}

/* R rows of softmax weights of a tile of keys, and where they go. */
struct mix {
    const uint8_t *p, *v;
    const uint8_t *scale; /* of the first row; those of others are `row` bytes apart */
    size_t row;
    int steps;
    bool fresh; /* nothing is in `out` yet */
    float *out;
};

WK_INLINE void mix_tile(const struct mix *m, const int R)
{
    __m512i acc[TILE][WK_PANELS_MAX];
    float *out = m->out;

    clear_sums(acc, R);
    int_dot(m->p, m->row, m->v, m->steps, acc, R, WK_PANELS_MAX, 2);
    WK_UNROLL
    for (int i = 0; i < R; i++) {
        __m512 by = _mm512_castsi512_ps(_mm512_set1_epi32(load32(m->scale + (size_t)i * m->row)));

        WK_UNROLL
        for (int k = 0; k < WK_PANELS_MAX; k++, out += 16) {
            __m512 v = _mm512_cvtepi32_ps(acc[i][k]);

            _mm512_store_ps(out, m->fresh ? _mm512_mul_ps(v, by)
                                          : _mm512_fmadd_ps(v, by, _mm512_load_ps(out)));
        }
    }
}

static void mix_rows(struct mix m, int rows)
{
    for (; rows >= TILE; rows -= TILE) {
        mix_tile(&m, TILE);
        m.p += TILE * m.row;
        m.scale += TILE * m.row;
        m.out += TILE * SCALES;
    }
    for (; rows > 0; rows--) {
        mix_tile(&m, 1);
        m.p += m.row;
        m.scale += m.row;
        m.out += SCALES;
    }
}

/* Output channels 64 g .. of all rows. */
static void mix(const struct wk_self *s, const struct plan *p, int g, const float *sums)
{
    const uint8_t *prepared = s->prepared;
    uint8_t *work = s->work;
    float *out = (float *)(void *)(work + p->out);
    const float *scale = (const float *)(const void *)(prepared + p->v_scale) + g * SCALES;

    for (int tile = 0; tile < p->key_tiles; tile++) {
        int left = s->n - tile * KEYS;

        mix_rows((struct mix){.p = work + p->p + (size_t)tile * KEYS * 2,
                              .v = prepared + p->v + (size_t)(g * p->key_tiles + tile) * PACK,
                              .scale = work + p->p + p->p_scale + (size_t)tile * sizeof(float),
                              .row = p->p_row,
                              .steps = left > KEYS / 2 ? STEPS : STEPS / 2,
                              .fresh = tile == 0,
                              .out = out},
                 s->rows);
    }
    for (int i = 0; i < s->rows; i++, out += SCALES) {
        __m512 norm = _mm512_set1_ps(1.0f / sums[i]);

        for (int c = 0; c < SCALES && g * SCALES + c < s->head_dim; c += 16)
            _mm512_storeu_ps(s->out + (size_t)i * s->ldo + g * SCALES + c,
                             _mm512_mul_ps(_mm512_mul_ps(norm, _mm512_load_ps(scale + c)),
                                           _mm512_load_ps(out + c)));
    }
}

static void self_rows(const struct wk_self *s)
{
    struct plan p = plan_for(s->n, s->head_dim);
    const float *scores = (const float *)(const void *)((uint8_t *)s->work + p.scores);
    float sums[WK_QUERY_ROWS], scales[WK_QUERY_ROWS];

    prepare_queries(s, &p, scales);
    score(s, &p);
    for (int i = 0; i < s->rows; i++) {
        for (int c = 0; c < s->head_dim; c += 16)
            fetch_to_write(s->out + (size_t)i * s->ldo + c);
        sums[i] = weigh(s, &p, scores + i * KEYS, scales[i],
                        (uint8_t *)s->work + p.p + (size_t)i * p.p_row);
    }
    for (int g = 0; g < p.groups; g++)
        mix(s, &p, g, sums);
}

const struct wk_self_kind wk_avx512_self = {
    .bytes = self_bytes, .prepare = self_prepare, .work = self_work, .rows = self_rows};
