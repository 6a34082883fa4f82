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
static const float LEAST_POWER = -24; /* of two: no weight so small is seen beside TOP_P */

/* Where everything is, for n keys and heads of head_dim. */
struct plan {
    int key_tiles; /* 64 keys each */
    int groups;    /* of channels, 64 each: also groups of 4 panels of values */
    size_t k_scale, v, v_scale, bytes;
    size_t row, p, p_scale, p_row, sums, out, work; /* of the work memory */
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
    p.sums = p.p + WK_QUERY_ROWS * p.p_row;
    p.out = p.sums + sizeof(float) * WK_QUERY_ROWS * WK_PANEL * (size_t)p.key_tiles;
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

/* Panels of a tile of keys: the last has two when that is enough. */
static int panels_of(int n, int tile)
{
    return n - tile * KEYS > KEYS / 2 ? WK_PANELS_MAX : WK_PANELS_MAX / 2;
}

/* Sixteen prepared rows into one panel of one group, at `to`; rows lie `row` bytes apart. */
static void transpose_keys(const uint8_t *rows, size_t row, int panels, uint8_t *to)
{
    for (int s = 0; s < STEPS; s += 16) {
        __m512i v[16];

        WK_UNROLL
        for (int i = 0; i < 16; i++)
            v[i] = _mm512_loadu_si512(rows + (size_t)i * row + 4 * s);
        transpose_16(v);
        WK_UNROLL
        for (int i = 0; i < 16; i++)
            _mm512_store_si512(to + (size_t)((s + i) * 64 * panels), v[i]);
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
    int tile = t / KEYS, panel = t % KEYS / WK_PANEL, panels = panels_of(n, tile);

    if (t + WK_PANEL > n)
        memset(rows, 0, sizeof(rows));
    for (int i = 0; i < WK_PANEL && t + i < n; i++) {
        fetch_row(k + (size_t)(t + i + WK_PANEL) * ld, head_dim, t + i + WK_PANEL < n);
        wk_avx512_row_16(k + (size_t)(t + i) * ld, head_dim, rows + (size_t)i * p->row);
    }
    for (int g = 0; g < p->groups; g++) {
        size_t at = (size_t)(tile * p->groups + g);
        float *scales = (float *)(void *)(prepared + p->k_scale) + at * SCALES + panel * WK_PANEL;

        transpose_keys(rows + g * WK_GROUP * 2, p->row, panels, prepared + at * PACK + panel * 64);
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

    for (int t = 0; t < (p.key_tiles - 1) * KEYS + panels_of(n, p.key_tiles - 1) * WK_PANEL;
         t += WK_PANEL)
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
        max = wk_worth(_mm512_reduce_max_ps(top));
        inverse = _mm512_set1_ps(max > 0 ? (float)WK_TOP_16 / max : 0);
        for (int c = 0; c < p->groups * WK_GROUP; c += 16) {
            __m512 v = c < s->head_dim ? _mm512_loadu_ps(q + c) : _mm512_setzero_ps();

            _mm256_store_si256(
                (__m256i *)(void *)(to + 2 * c),
                _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(_mm512_mul_ps(v, inverse))));
        }
        scales[i] = scale * max / (float)WK_TOP_16;
    }
}

WK_INLINE void clear_sums(__m512i acc[TILE][WK_PANELS_MAX], const int R, const int P)
{
    WK_UNROLL
    for (int i = 0; i < R; i++) {
        WK_UNROLL
        for (int k = 0; k < P; k++)
            acc[i][k] = apart(_mm512_setzero_si512());
    }
}

/* Some rows of queries against one tile of keys. */
struct scoring {
    const struct plan *p;
    const uint8_t *q, *k;
    const float *k_scale;
    const float *q_scale; /* in units of ln 2 */
    int keys;             /* of the tile that are there */
    uint8_t *weights;     /* p_row apart */
    float *tops;          /* largest score of the tile, p_row apart */
    float *sums;          /* 16 lanes, sums_row floats apart */
    size_t sums_row;
};

/* Scores of R rows and 16 P keys, but for the scale of the query: y[R][P][16]. */
WK_INLINE void score_tile(const struct scoring *s, float *y, const int R, const int P)
{
    int g = 0;

    do {
        const float *scale = s->k_scale + g * SCALES;
        __m512i acc[TILE][WK_PANELS_MAX];
        float *to = y;

        clear_sums(acc, R, P);
        int_dot(s->q + g * WK_GROUP * 2, s->p->row, s->k + (size_t)g * PACK, STEPS, acc, R, P, 2);
        WK_UNROLL
        for (int i = 0; i < R; i++) {
            WK_UNROLL
            for (int k = 0; k < P; k++, to += 16) {
                __m512 v =
                    _mm512_mul_ps(_mm512_cvtepi32_ps(acc[i][k]), _mm512_load_ps(scale + 16 * k));

                _mm512_store_ps(to, g ? _mm512_add_ps(v, _mm512_load_ps(to)) : v);
            }
        }
    } while (++g < s->p->groups);
}

/*
 * 2^x to 7e-6 for x >= LEAST_POWER, which is taken for anything less: a polynomial on |r| <= 1/2,
 * Taylor's scaled by ln 2 with its last term fitted. Without that limit denormal results would
 * cost a hundred cycles each.
 */
WK_INLINE __m512 exp2_ps(__m512 x)
{
    __m512 within = _mm512_max_ps(x, _mm512_set1_ps(LEAST_POWER));
    __m512 n = _mm512_roundscale_ps(within, 0);
    __m512 r = _mm512_sub_ps(within, n);
    __m512 p = _mm512_set1_ps(9.6391691e-3f);

    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.5791048e-2f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(2.4022651e-1f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(6.9314718e-1f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(p, n);
}

/* Lanes of vector k of a tile that are keys. */
WK_INLINE __mmask16 keys_of(const struct scoring *s, int k, const bool whole)
{
    int left = s->keys - 16 * k;

    return whole ? 0xffff : left > 0 ? lanes(left) : 0;
}

/* Row i: scores into integer weights, relative to the largest score; both kept with their sum. */
WK_INLINE void weigh_row(const struct scoring *s, const float *scores, int i, const int P,
                         const bool whole)
{
    uint8_t *to = s->weights + (size_t)i * s->p->p_row;
    __m512 by = _mm512_set1_ps(s->q_scale[i]), sum = _mm512_setzero_ps();
    __m512 top = _mm512_set1_ps(-INFINITY), from;
    __m512i e[WK_PANELS_MAX];
    float most;

    WK_UNROLL
    for (int k = 0; k < P; k++)
        top = _mm512_mask_max_ps(top, keys_of(s, k, whole), top, _mm512_load_ps(scores + 16 * k));
    most = _mm512_reduce_max_ps(top);
    from = _mm512_fnmadd_ps(_mm512_set1_ps(most), by, _mm512_set1_ps(LOG2_TOP_P));
    WK_UNROLL
    for (int k = 0; k < P; k++) {
        __m512 v = exp2_ps(_mm512_fmadd_ps(_mm512_load_ps(scores + 16 * k), by, from));

        v = whole ? v : _mm512_maskz_mov_ps(keys_of(s, k, whole), v);
        sum = _mm512_add_ps(sum, v);
        e[k] = _mm512_cvtps_epi32(v);
    }
    for (int k = 0; k < P; k += 2)
        _mm512_store_si512(to + 32 * k, _mm512_packs_epi32(e[k], e[k + 1]));
    *(float *)(void *)((uint8_t *)s->tops + (size_t)i * s->p->p_row) = most;
    _mm512_store_ps(s->sums + (size_t)i * s->sums_row, sum);
}

WK_INLINE void weigh_tile(const struct scoring *s, const int R, const int P, const bool whole)
{
    float scores[TILE * KEYS] __attribute__((aligned(64)));

    score_tile(s, scores, R, P);
    WK_UNROLL
    for (int i = 0; i < R; i++)
        weigh_row(s, scores + 16 * P * i, i, P, whole);
}

WK_INLINE void weigh_rows(struct scoring s, int rows, const int P, const bool whole)
{
    for (int n; rows > 0; rows -= n) {
        n = rows >= TILE ? TILE : rows >= 2 ? 2 : 1;
        if (n == TILE)
            weigh_tile(&s, TILE, P, whole);
        else if (n == 2)
            weigh_tile(&s, 2, P, whole);
        else
            weigh_tile(&s, 1, P, whole);
        s.q += (size_t)n * s.p->row;
        s.q_scale += n;
        s.weights += (size_t)n * s.p->p_row;
        s.tops = (float *)(void *)((uint8_t *)s.tops + (size_t)n * s.p->p_row);
        s.sums += (size_t)n * s.sums_row;
    }
}

/* Weights of all rows, tile of keys by tile. */
static void weigh(const struct wk_self *s, const struct plan *p, const float *scales)
{
    const uint8_t *prepared = s->prepared;
    uint8_t *work = s->work;

    for (int tile = 0; tile < p->key_tiles; tile++) {
        size_t at = (size_t)(tile * p->groups);
        struct scoring t = {
            .p = p,
            .q = work,
            .k = prepared + at * PACK,
            .k_scale = (const float *)(const void *)(prepared + p->k_scale) + at * SCALES,
            .q_scale = scales,
            .keys = s->n - tile * KEYS,
            .weights = work + p->p + (size_t)tile * KEYS * 2,
            .tops = (float *)(void *)(work + p->p + p->p_scale) + tile,
            .sums = (float *)(void *)(work + p->sums) + 16 * tile,
            .sums_row = 16 * (size_t)p->key_tiles,
        };

        if (t.keys >= KEYS)
            weigh_rows(t, s->rows, 4, true);
        else if (t.keys > KEYS / 2)
            weigh_rows(t, s->rows, 4, false);
        else
            weigh_rows(t, s->rows, 2, false);
    }
}

/* The largest scores of a row's tiles become the scales of their weights, not yet divided by the
 * sum of all weights; returns that. */
static float settle_row(const struct plan *p, float by, float *tops, const float *sums)
{
    __m512 most = _mm512_set1_ps(-INFINITY), sum = _mm512_setzero_ps();

    for (int t = 0; t < p->key_tiles; t += 16)
        most = _mm512_mask_max_ps(most, lanes(p->key_tiles - t), most, _mm512_load_ps(tops + t));
    most = _mm512_set1_ps(_mm512_reduce_max_ps(most));
    for (int t = 0; t < p->key_tiles; t += 16) {
        __m512 below = _mm512_maskz_sub_ps(lanes(p->key_tiles - t), _mm512_load_ps(tops + t), most);

        _mm512_store_ps(tops + t, exp2_ps(_mm512_mul_ps(_mm512_set1_ps(by), below)));
    }
    for (int t = 0; t < p->key_tiles; t++)
        sum = _mm512_fmadd_ps(_mm512_load_ps(sums + 16 * t), _mm512_set1_ps(tops[t]), sum);
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

    clear_sums(acc, R, WK_PANELS_MAX);
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
    for (int n; rows > 0; rows -= n) {
        n = rows >= TILE ? TILE : rows >= 2 ? 2 : 1;
        if (n == TILE)
            mix_tile(&m, TILE);
        else if (n == 2)
            mix_tile(&m, 2);
        else
            mix_tile(&m, 1);
        m.p += (size_t)n * m.row;
        m.scale += (size_t)n * m.row;
        m.out += n * SCALES;
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
    uint8_t *work = s->work;
    float sums[WK_QUERY_ROWS], scales[WK_QUERY_ROWS];

    prepare_queries(s, &p, scales);
    weigh(s, &p, scales);
    for (int i = 0; i < s->rows; i++) {
        for (int c = 0; c < s->head_dim; c += 16)
            fetch_to_write(s->out + (size_t)i * s->ldo + c);
        sums[i] = settle_row(
            &p, scales[i], (float *)(void *)(work + p.p + p.p_scale + (size_t)i * p.p_row),
            (const float *)(const void *)(work + p.sums) + 16 * (size_t)(i * p.key_tiles));
    }
    for (int g = 0; g < p.groups; g++)
        mix(s, &p, g, sums);
}

const struct wk_self_kind wk_avx512_self = {.arithmetic = "int16",
                                            .bytes = self_bytes,
                                            .prepare = self_prepare,
                                            .work = self_work,
                                            .rows = self_rows};
