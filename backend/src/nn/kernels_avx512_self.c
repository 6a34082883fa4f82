/**
 * @file nn/kernels_avx512_self.c  Encoder self-attention in 16-bit integers
 *
 * Both products use the register tile of the many-row path (kernels_avx512_tile.h), two 16-bit
 * products per lane. Scores: queries are the rows, keys the outputs, 64 channels at a time. Values:
 * softmax weights are the rows, channels the outputs. For a tile of query rows all scores are
 * computed, then all outputs; nothing larger is stored.
 *
 *     keys    [64 keys][group of 64 channels][step][panel][64 bytes], scales [64 keys][group][64]
 *     values  [group of 64 channels][64 keys][step][panel][64 bytes], scales [group][64]
 *
 * A query has one scale, a key one per group, and a channel of the values one. Softmax weights are
 * TOP_P 2^(score - largest of 64 keys), so that sums of 64 products with values of at most TOP_V
 * fit 32 bits. Scores are in units of ln 2, which is folded into the scale of the query.
 */
#include "nn/kernels_avx512_softmax.h"
#include "nn/kernels_avx512_tile.h"

#include <math.h>

enum {
    STEPS = NN_GROUP / 2,              /* pairs of a group */
    KEYS = NN_GROUP,                   /* keys of a tile of scores */
    PACK = STEPS * NN_PANELS_MAX * 64, /* bytes of 64 x 64 packed integers */
    SCALES = NN_PANEL * NN_PANELS_MAX, /* scales for those */
    ROW = NN_GROUP * 2 + 64,           /* bytes of one prepared group, at most */
    ROWS = 32,                         /* NN_QUERY_ROWS in whole vectors */
    TOP_QK = 5792,                     /* largest query or key integer: 64 * 5792^2 < 2^31 */
    TOP_V = 4095,                      /* largest value integer: 64 * TOP_P * 4095 < 2^31 */
};

/* Offsets in the keys and values laid out for n positions and heads of head_dim. */
struct plan {
    int n;
    int key_tiles; /* of 64 keys each */
    int groups;    /* of 64 channels each; also groups of 4 panels of values */
    size_t row;    /* bytes of one prepared query or key */
    size_t k_scale, v, v_scale, bytes;
};

static struct plan plan_for(int n, int head_dim)
{
    struct plan p = {
        .n = n, .key_tiles = (n + KEYS - 1) / KEYS, .groups = (head_dim + NN_GROUP - 1) / NN_GROUP};
    size_t tiles = (size_t)(p.key_tiles * p.groups);

    p.row = int_row_bytes((struct nn_groups){p.groups, NN_GROUP}, 2);
    p.k_scale = tiles * PACK;
    p.v = p.k_scale + tiles * SCALES * sizeof(float);
    p.v_scale = p.v + tiles * PACK;
    p.bytes = p.v_scale + (size_t)p.groups * SCALES * sizeof(float);
    return p;
}

/* The first tile of the kept positions after n that is used. */
static int first_kept_tile(int n)
{
    return n / KEYS;
}

/* Offsets in the work memory: tiles of live keys, then of kept ones. */
struct work_plan {
    int tiles;
    size_t p, p_row, tops, sums, scores, out, bytes;
};

static struct work_plan work_plan_for(int n, int kept_n, int head_dim)
{
    struct work_plan w = {.tiles = (n + KEYS - 1) / KEYS};

    if (kept_n > n)
        w.tiles += (kept_n + KEYS - 1) / KEYS - first_kept_tile(n);
    w.p = NN_QUERY_ROWS * plan_for(n, head_dim).row;
    w.p_row = (size_t)w.tiles * KEYS * 2 + 64;
    w.tops = w.p + NN_QUERY_ROWS * w.p_row;
    w.sums = w.tops + sizeof(float) * ROWS * (size_t)w.tiles;
    w.scores = w.sums + sizeof(float) * ROWS * (size_t)w.tiles;
    w.out = w.scores + sizeof(float) * NN_QUERY_ROWS * KEYS;
    w.bytes = w.out + sizeof(float) * NN_QUERY_ROWS * SCALES;
    return w;
}

static size_t self_bytes(int n, int kept_n, int head_dim)
{
    (void)kept_n; /* the layout of kept positions does not change */
    return plan_for(n, head_dim).bytes;
}

static size_t self_kept_bytes(int n, int head_dim)
{
    return plan_for(n, head_dim).bytes;
}

static size_t self_work(int n, int kept_n, int head_dim)
{
    return work_plan_for(n, kept_n, head_dim).bytes;
}

/* ---- laying out keys and values ----------------------------------------------------------- */

/* Panels of a tile of keys: the last tile has two if that is enough. */
static int panels_of(int n, int tile)
{
    return n - tile * KEYS > KEYS / 2 ? NN_PANELS_MAX : NN_PANELS_MAX / 2;
}

/* Head widths are multiples of 16. */
NN_INLINE __m512 channels_of(const float *x, int c, int head_dim)
{
    return c < head_dim ? _mm512_loadu_ps(x + c) : _mm512_setzero_ps();
}

/* Transposes sixteen prepared rows into one panel of one group, at `to`; rows are `row` bytes
 * apart. */
static void transpose_keys(const uint8_t *rows, size_t row, int panels, uint8_t *to)
{
    for (int s = 0; s < STEPS; s += 16) {
        __m512i v[16];

        NN_UNROLL
        for (int i = 0; i < 16; i++)
            v[i] = _mm512_loadu_si512(rows + (size_t)i * row + 4 * s);
        transpose_16(v);
        NN_UNROLL
        for (int i = 0; i < 16; i++)
            _mm512_store_si512(to + (size_t)((s + i) * 64 * panels), v[i]);
    }
}

/* A key in 16 bits, with a scale for each group. */
static void prepare_key(const float *k, int head_dim, int groups, uint8_t *row)
{
    float *scales = (float *)(void *)(row + groups * NN_GROUP * 2);

    for (int g = 0; g < groups; g++, row += NN_GROUP * 2) {
        __m512 v[4], top;
        float max;

        NN_UNROLL
        for (int i = 0; i < 4; i++)
            v[i] = channels_of(k, g * NN_GROUP + 16 * i, head_dim);
        top = _mm512_max_ps(_mm512_max_ps(_mm512_abs_ps(v[0]), _mm512_abs_ps(v[1])),
                            _mm512_max_ps(_mm512_abs_ps(v[2]), _mm512_abs_ps(v[3])));
        max = nn_worth(_mm512_reduce_max_ps(top));
        NN_UNROLL
        for (int i = 0; i < 4; i++)
            put_16(row + 32 * i,
                   _mm512_mul_ps(v[i], _mm512_set1_ps(max > 0 ? (float)TOP_QK / max : 0)));
        scales[g] = max / (float)TOP_QK;
    }
}

/* Prefetch: rows of one head are far apart, and the hardware would not prefetch them in time. */
NN_INLINE void fetch_row(const float *x, int head_dim, bool there)
{
    for (int c = 0; there && c < head_dim; c += 16)
        _mm_prefetch(x + c, _MM_HINT_T0);
}

/* Keys t .. t + 15 of a head; keys past n are zero. */
static void prepare_keys(const struct plan *p, const float *k, size_t ld, int t, int n,
                         int head_dim, uint8_t *prepared)
{
    uint8_t rows[NN_PANEL * 2 * ROW] __attribute__((aligned(64)));
    int tile = t / KEYS, panel = t % KEYS / NN_PANEL, panels = panels_of(n, tile);

    if (t + NN_PANEL > n)
        memset(rows, 0, sizeof(rows));
    for (int i = 0; i < NN_PANEL && t + i < n; i++) {
        fetch_row(k + (size_t)(t + i + NN_PANEL) * ld, head_dim, t + i + NN_PANEL < n);
        prepare_key(k + (size_t)(t + i) * ld, head_dim, p->groups, rows + (size_t)i * p->row);
    }
    for (int g = 0; g < p->groups; g++) {
        size_t at = (size_t)(tile * p->groups + g);
        float *scales = (float *)(void *)(prepared + p->k_scale) + at * SCALES + panel * NN_PANEL;

        transpose_keys(rows + g * NN_GROUP * 2, p->row, panels, prepared + at * PACK + panel * 64);
        for (int i = 0; i < NN_PANEL; i++) {
            const uint8_t *of = rows + (size_t)i * p->row + p->groups * NN_GROUP * 2;

            scales[i] = ((const float *)(const void *)of)[g];
        }
    }
}

NN_INLINE __m512 value_at(const float *v, size_t ld, int t, int n, __mmask16 channels)
{
    return t < n ? _mm512_maskz_loadu_ps(channels, v + (size_t)t * ld) : _mm512_setzero_ps();
}

/* Largest magnitude in each of 16 channels. */
static __m512 largest_values(const float *v, size_t ld, int n, __mmask16 channels)
{
    __m512 top = _mm512_setzero_ps();

    for (int t = 0; t < n; t++) {
        fetch_row(v + (size_t)(t + 16) * ld, 1, t + 16 < n);
        top = _mm512_max_ps(top, _mm512_abs_ps(value_at(v, ld, t, n, channels)));
    }
    return top;
}

/* First key of pair s of 32, in the order in which weigh() packs two vectors of weights. */
NN_INLINE int key_of(int s)
{
    return s / 4 * 4 + (s % 4 < 2 ? s % 4 * 2 : 16 + (s % 4 - 2) * 2);
}

/* Packs the values of keys t .. t + 63, 16 channels from v on, into one panel. */
static void prepare_values(const float *v, size_t ld, int t, int n, __mmask16 channels,
                           __m512 inverse, uint8_t *to)
{
    for (int s = 0; s < STEPS; s++, to += 64 * NN_PANELS_MAX) {
        int key = t + s / 16 * 32 + key_of(s % 16);
        __m512 a = _mm512_mul_ps(value_at(v, ld, key, n, channels), inverse);
        __m512 b = _mm512_mul_ps(value_at(v, ld, key + 1, n, channels), inverse);

        _mm512_store_si512(to,
                           _mm512_mask_blend_epi16(0xaaaaaaaa, _mm512_cvtps_epi32(a),
                                                   _mm512_slli_epi32(_mm512_cvtps_epi32(b), 16)));
    }
}

static void self_keep(const struct nn_keys *all, void *kept)
{
    const float *k = all->k, *v = all->v;
    size_t ld = all->ld;
    int n = all->n, head_dim = all->head_dim;
    struct plan p = plan_for(n, head_dim);
    uint8_t *to = kept;

    for (int t = 0; t < (p.key_tiles - 1) * KEYS + panels_of(n, p.key_tiles - 1) * NN_PANEL;
         t += NN_PANEL)
        prepare_keys(&p, k, ld, t, n, head_dim, to);
    for (int c = 0; c < p.groups * NN_GROUP; c += NN_PANEL) {
        __mmask16 channels = c < head_dim ? lanes(head_dim - c) : 0;
        __m512 top = largest_values(v + c, ld, n, channels);
        __m512 inverse =
            _mm512_maskz_div_ps(_mm512_cmp_ps_mask(top, _mm512_set1_ps(1e-30f), _CMP_GT_OQ),
                                _mm512_set1_ps(TOP_V), top);

        for (int tile = 0; tile < p.key_tiles; tile++) {
            size_t at = (size_t)(c / NN_GROUP * p.key_tiles + tile);

            prepare_values(v + c, ld, tile * KEYS, n, channels, inverse,
                           to + p.v + at * PACK + c % NN_GROUP / NN_PANEL * 64);
        }
        _mm512_storeu_ps((float *)(void *)(to + p.v_scale) + c,
                         _mm512_mul_ps(top, _mm512_set1_ps(1.0f / TOP_V)));
    }
}

static void self_prepare(const struct nn_keys *live, const void *kept, int kept_n, void *prepared)
{
    (void)kept;
    (void)kept_n;
    self_keep(live, prepared);
}

/* ---- query rows --------------------------------------------------------------------------- */

/* Prepares four queries, and returns their largest magnitudes. */
NN_INLINE void prepare_four(const float *const q[4], const struct plan *p, int head_dim,
                            uint8_t *to, float *max)
{
    __m512 top[4];

    NN_UNROLL
    for (int i = 0; i < 4; i++) {
        top[i] = _mm512_abs_ps(_mm512_loadu_ps(q[i]));
        for (int c = 16; c < head_dim; c += 16)
            top[i] = _mm512_max_ps(top[i], _mm512_abs_ps(_mm512_loadu_ps(q[i] + c)));
    }
    store_quarters(max, fold(top, true));
    NN_UNROLL
    for (int i = 0; i < 4; i++) {
        __m512 by;

        max[i] = nn_worth(max[i]);
        by = _mm512_set1_ps(max[i] > 0 ? (float)TOP_QK / max[i] : 0);
        for (int c = 0; c < p->groups * NN_GROUP; c += 16)
            put_16(to + (size_t)i * p->row + 2 * c,
                   _mm512_mul_ps(channels_of(q[i], c, head_dim), by));
    }
}

/* Prepares the queries; their scales are in units of ln 2. Rows after the last repeat it. */
static void prepare_queries(const struct nn_self *s, const struct plan *p, float *scales)
{
    __m512 unit = _mm512_set1_ps(1.44269504f / sqrtf((float)s->head_dim) / (float)TOP_QK);

    for (int i = 0; i < s->rows; i += 4) {
        const float *q[4];

        for (int k = 0; k < 4; k++) {
            q[k] = s->q + (size_t)(i + k < s->rows ? i + k : s->rows - 1) * s->ldq;
            fetch_row(q[k] + 8 * s->ldq, s->head_dim, i + k + 8 < s->rows);
        }
        prepare_four(q, p, s->head_dim, (uint8_t *)s->work + (size_t)i * p->row, scales + i);
    }
    for (int i = 0; i < s->rows; i += 16)
        _mm512_store_ps(scales + i, _mm512_mul_ps(unit, _mm512_load_ps(scales + i)));
}

NN_INLINE void clear_sums(__m512i acc[TILE][NN_PANELS_MAX], const int R, const int P)
{
    NN_UNROLL
    for (int i = 0; i < R; i++) {
        NN_UNROLL
        for (int k = 0; k < P; k++)
            acc[i][k] = apart(_mm512_setzero_si512());
    }
}

/* ---- softmax weights ---------------------------------------------------------------------- */

/* Queries against one tile of keys. */
struct scoring {
    int groups;
    size_t row; /* distance between rows of q [bytes] */
    const uint8_t *q, *k;
    const float *k_scale;
    float *scores; /* [rows][16 * panels], not yet multiplied by the scale of the query */
};

NN_INLINE void score_tile(const struct scoring *s, const int R, const int P)
{
    for (int g = 0; g < s->groups; g++) {
        const float *scale = s->k_scale + g * SCALES;
        __m512i acc[TILE][NN_PANELS_MAX];
        float *to = s->scores;

        clear_sums(acc, R, P);
        int_dot(s->q + g * NN_GROUP * 2, s->row, s->k + (size_t)g * PACK, STEPS, acc, R, P, 2);
        NN_UNROLL
        for (int i = 0; i < R; i++) {
            NN_UNROLL
            for (int k = 0; k < P; k++, to += 16) {
                __m512 v =
                    _mm512_mul_ps(_mm512_cvtepi32_ps(acc[i][k]), _mm512_load_ps(scale + 16 * k));

                _mm512_store_ps(to, g ? _mm512_add_ps(v, _mm512_load_ps(to)) : v);
            }
        }
    }
}

typedef void score_fn(const struct scoring *s);

#define SCORE_FN(R, P)                                                                             \
    static void score_##R##x##P(const struct scoring *s)                                           \
    {                                                                                              \
        score_tile(s, R, P);                                                                       \
    }

SCORE_FN(6, 4)
SCORE_FN(2, 4)
SCORE_FN(1, 4)
SCORE_FN(6, 2)
SCORE_FN(2, 2)
SCORE_FN(1, 2)

/* Scores of all rows against keys first .. keys - 1 of a tile; -infinity for the other keys. */
static void score_rows(struct scoring s, int rows, int first, int keys, int panels)
{
    static score_fn *const fns[2][3] = {{score_6x4, score_2x4, score_1x4},
                                        {score_6x2, score_2x2, score_1x2}};
    score_fn *const *fn = fns[panels == 2];
    float *scores = s.scores;

    for (int left = rows, n; left > 0; left -= n) {
        n = left >= TILE ? TILE : left >= 2 ? 2 : 1;
        fn[n == TILE ? 0 : n == 2 ? 1 : 2](&s);
        s.q += (size_t)n * s.row;
        s.scores += n * 16 * panels;
    }
    for (int i = 0; keys < 16 * panels && i < rows; i++) {
        for (int k = keys; k < 16 * panels; k++)
            scores[i * 16 * panels + k] = -INFINITY;
    }
    for (int i = 0; first > 0 && i < rows; i++) {
        for (int k = 0; k < first; k++)
            scores[i * 16 * panels + k] = -INFINITY;
    }
}

/* The visible keys and values from position `from` on, and where their weights go. */
struct seen {
    const struct plan *p;
    const uint8_t *prepared;
    int from;
    int first; /* index in the work's tiles */
};

/* Computes the weights of all rows, one tile of keys after another. */
static void weigh(const struct nn_self *s, const struct seen *seen, const struct work_plan *wp,
                  const float *scales)
{
    const struct plan *p = seen->p;
    const float *k_scale = (const float *)(const void *)(seen->prepared + p->k_scale);
    uint8_t *work = s->work;
    float *scores = (float *)(void *)(work + wp->scores);
    int place = seen->first;

    for (int tile = seen->from / KEYS; tile < p->key_tiles; tile++, place++) {
        size_t at = (size_t)(tile * p->groups);
        int panels = panels_of(p->n, tile);
        struct weighing w = {.scores = scores,
                             .scales = scales,
                             .weights = work + wp->p + (size_t)place * KEYS * 2,
                             .row = wp->p_row,
                             .tops = (float *)(void *)(work + wp->tops) + ROWS * place,
                             .sums = (float *)(void *)(work + wp->sums) + ROWS * place};

        score_rows((struct scoring){.groups = p->groups,
                                    .row = p->row,
                                    .q = work,
                                    .k = seen->prepared + at * PACK,
                                    .k_scale = k_scale + at * SCALES,
                                    .scores = scores},
                   s->rows, seen->from - tile * KEYS, p->n - tile * KEYS, panels);
        if (panels == NN_PANELS_MAX)
            weigh_rows(&w, s->rows, NN_PANELS_MAX);
        else
            weigh_rows(&w, s->rows, NN_PANELS_MAX / 2);
    }
}

/* The largest score of each tile becomes the scale of its weights; norms gets the inverse of the
 * sum of all weights of a row. */
static void normalise_weights(const struct nn_self *s, const struct work_plan *p,
                              const float *scales, float *norms)
{
    float *tops = (float *)(void *)((uint8_t *)s->work + p->tops);
    const float *sums = (const float *)(const void *)((uint8_t *)s->work + p->sums);

    for (int row = 0; row < s->rows; row += 16) {
        __m512 most = _mm512_load_ps(tops + row), sum = _mm512_setzero_ps();

        for (int t = 1; t < p->tiles; t++)
            most = _mm512_max_ps(most, _mm512_load_ps(tops + ROWS * t + row));
        for (int t = 0; t < p->tiles; t++) {
            float *top = tops + ROWS * t + row;
            __m512 below = _mm512_sub_ps(_mm512_load_ps(top), most);
            __m512 scale = exp2_ps(_mm512_mul_ps(_mm512_load_ps(scales + row), below));

            _mm512_store_ps(top, scale);
            sum = _mm512_fmadd_ps(_mm512_load_ps(sums + ROWS * t + row), scale, sum);
        }
        _mm512_store_ps(norms + row, _mm512_div_ps(_mm512_set1_ps(1.0f), sum));
    }
}

/* ---- outputs ------------------------------------------------------------------------------ */

/* Softmax weights of the rows for one tile of keys, and where the outputs go. */
struct mix {
    const uint8_t *p, *v;
    size_t row;         /* distance between rows of p [bytes] */
    const float *scale; /* one per row */
    int steps;
    bool fresh; /* `out` is still empty */
    float *out;
};

NN_INLINE void mix_tile(const struct mix *m, const int R)
{
    __m512i acc[TILE][NN_PANELS_MAX];
    float *out = m->out;

    clear_sums(acc, R, NN_PANELS_MAX);
    int_dot(m->p, m->row, m->v, m->steps, acc, R, NN_PANELS_MAX, 2);
    NN_UNROLL
    for (int i = 0; i < R; i++) {
        __m512 by = _mm512_set1_ps(m->scale[i]);

        NN_UNROLL
        for (int k = 0; k < NN_PANELS_MAX; k++, out += 16) {
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
        m.scale += n;
        m.out += n * SCALES;
    }
}

/* Output channels 64 g .. of all rows, from the visible positions; added to `out` unless it is
 * empty. */
static void mix(const struct nn_self *s, const struct seen *seen, const struct work_plan *wp, int g,
                const float *norms)
{
    const struct plan *p = seen->p;
    uint8_t *work = s->work;
    float *out = (float *)(void *)(work + wp->out);
    const float *scale = (const float *)(const void *)(seen->prepared + p->v_scale) + g * SCALES;
    int from = seen->from / KEYS;

    for (int tile = from; tile < p->key_tiles; tile++) {
        int left = p->n - tile * KEYS, place = seen->first + tile - from;

        mix_rows(
            (struct mix){.p = work + wp->p + (size_t)place * KEYS * 2,
                         .v = seen->prepared + p->v + (size_t)(g * p->key_tiles + tile) * PACK,
                         .row = wp->p_row,
                         .scale = (const float *)(const void *)(work + wp->tops) + ROWS * place,
                         .steps = left > KEYS / 2 ? STEPS : STEPS / 2,
                         .fresh = tile == from,
                         .out = out},
            s->rows);
    }
    for (int i = 0; i < s->rows; i++, out += SCALES) {
        __m512 norm = _mm512_set1_ps(norms[i]);
        float *to = s->out + (size_t)i * s->ldo + g * SCALES;

        for (int c = 0; c < SCALES && g * SCALES + c < s->head_dim; c += 16) {
            __m512 by = _mm512_mul_ps(norm, _mm512_load_ps(scale + c));
            __m512 before = seen->first ? _mm512_loadu_ps(to + c) : _mm512_setzero_ps();

            _mm512_storeu_ps(to + c, _mm512_fmadd_ps(by, _mm512_load_ps(out + c), before));
        }
    }
}

static void self_rows(const struct nn_self *s)
{
    bool behind = s->kept && s->kept_n > s->n;
    struct plan live = plan_for(s->n, s->head_dim);
    struct plan kept = plan_for(behind ? s->kept_n : s->n, s->head_dim);
    struct work_plan w = work_plan_for(s->n, behind ? s->kept_n : 0, s->head_dim);
    const struct seen seen[2] = {{&live, s->prepared, 0, 0},
                                 {&kept, s->kept, s->n, live.key_tiles}};
    float scales[ROWS] __attribute__((aligned(64))) = {0};
    float norms[ROWS] __attribute__((aligned(64)));

    prepare_queries(s, &live, scales);
    for (int i = 0; i < 1 + behind; i++)
        weigh(s, &seen[i], &w, scales);
    normalise_weights(s, &w, scales, norms);
    for (int i = 0; i < s->rows; i++) {
        for (int c = 0; c < s->head_dim; c += 16)
            fetch_to_write(s->out + (size_t)i * s->ldo + c);
    }
    for (int g = 0; g < live.groups; g++) {
        for (int i = 0; i < 1 + behind; i++)
            mix(s, &seen[i], &w, g, norms);
    }
}

const struct nn_self_kind nn_avx512_self = {.arithmetic = "int16",
                                            .bytes = self_bytes,
                                            .prepare = self_prepare,
                                            .work = self_work,
                                            .rows = self_rows,
                                            .kept_bytes = self_kept_bytes,
                                            .keep = self_keep};
