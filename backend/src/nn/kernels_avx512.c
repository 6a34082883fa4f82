/**
 * @file nn/kernels_avx512.c  AVX-512 with VNNI: table, epilogue, norms, attention, peaks
 */
#include "nn/kernels_avx512_finish.h"
#include "nn/kernels_curves.h"

#include <math.h>

static bool usable(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("fma");
}

/* ---- epilogue and norm -------------------------------------------------------------------- */

const float nn_gelu_table[3][NN_GELU_STEPS] __attribute__((aligned(64))) = {
    {-8.79645086e-7f, 5.96165992e-2f, 1.17903076e-1f, 1.73618793e-1f, 2.25692004e-1f,
     2.7328074e-1f,   3.15809429e-1f, 3.52979034e-1f, 3.84752303e-1f, 4.11319047e-1f,
     4.33047712e-1f,  4.50431168e-1f, 4.64033067e-1f, 4.74440068e-1f, 4.82223332e-1f,
     4.87910509e-1f,  4.91967976e-1f, 4.94792193e-1f, 4.96708304e-1f, 4.97974157e-1f,
     4.98787522e-1f,  4.99295235e-1f, 4.99602646e-1f, 4.99783009e-1f, 4.9988538e-1f,
     4.99941528e-1f,  4.99971241e-1f, 4.9998638e-1f,  4.99993801e-1f, 4.99997288e-1f,
     4.99998868e-1f,  5.0e-1f},
    {5.9873011e-2f,  5.91278337e-2f, 5.7159517e-2f,  5.40253147e-2f,
     4.99275587e-2f, 4.51178588e-2f, 3.98712382e-2f, 3.4459997e-2f,
     2.913085e-2f,   2.40879599e-2f, 1.94832031e-2f, 1.54136652e-2f,
     1.19251814e-2f, 9.02014785e-3f, 6.66759536e-3f, 4.81378334e-3f,
     3.39201139e-3f, 2.33083894e-3f, 1.56036369e-3f, 1.01653533e-3f,
     6.43700885e-4f, 3.95692652e-4f, 2.35811254e-4f, 1.36051822e-4f,
     7.58864699e-5f, 4.08622836e-5f, 2.12105733e-5f, 1.05980198e-5f,
     5.08991161e-6f, 2.34628305e-6f, 1.03659238e-6f, 0},
    {-1.68970466e-4f, -6.68132911e-4f, -1.29118306e-3f, -1.82913942e-3f,
     -2.25136685e-3f, -2.53949594e-3f, -2.6885015e-3f,  -2.70589814e-3f,
     -2.60934699e-3f, -2.42324104e-3f, -2.17497209e-3f, -1.89152814e-3f,
     -1.59687665e-3f, -1.31034013e-3f, -1.0459309e-3f,  -8.1246387e-4f,
     -6.14195829e-4f, -4.51744039e-4f, -3.23087967e-4f, -2.24516858e-4f,
     -1.51442975e-4f, -9.90435001e-5f, -6.27239424e-5f, -3.84138875e-5f,
     -2.27187047e-5f, -1.2956777e-5f,  -7.11539133e-6f, -3.75713216e-6f,
     -1.90475032e-6f, -9.25793131e-7f, -4.30782222e-7f, 0},
};

static void finish(const float *tile, int ld, const struct nn_finish *f)
{
    finish_rows(tile, ld, f, 0, f->rows);
}

/* Sum of dim values, or of their squared differences from `mean`. */
NN_INLINE float sum_of(const float *x, int dim, float mean, const bool squares)
{
    __m512 from = _mm512_set1_ps(mean), sum[4], v;
    int c = 0;

    NN_UNROLL
    for (int k = 0; k < 4; k++)
        sum[k] = _mm512_setzero_ps();
    for (; c + 64 <= dim; c += 64) {
        NN_UNROLL
        for (int k = 0; k < 4; k++) {
            v = _mm512_sub_ps(_mm512_loadu_ps(x + c + 16 * k), from);
            sum[k] = squares ? _mm512_fmadd_ps(v, v, sum[k]) : _mm512_add_ps(v, sum[k]);
        }
    }
    for (; c < dim; c += 16) {
        v = _mm512_maskz_sub_ps(lanes(dim - c), _mm512_maskz_loadu_ps(lanes(dim - c), x + c), from);
        sum[0] = squares ? _mm512_fmadd_ps(v, v, sum[0]) : _mm512_add_ps(v, sum[0]);
    }
    return _mm512_reduce_add_ps(
        _mm512_add_ps(_mm512_add_ps(sum[0], sum[1]), _mm512_add_ps(sum[2], sum[3])));
}

/* y = (x by - less) w + b */
NN_INLINE void norm_row(const float *x, int dim, float by, float less, const float *w,
                        const float *b, float *y)
{
    __m512 scale = _mm512_set1_ps(by), shift = _mm512_set1_ps(less), v;
    int c = 0;

    for (; c + 64 <= dim; c += 64) {
        NN_UNROLL
        for (int k = 0; k < 4; k++) {
            int at = c + 16 * k;

            v = _mm512_fmsub_ps(_mm512_loadu_ps(x + at), scale, shift);
            _mm512_storeu_ps(y + at,
                             _mm512_fmadd_ps(v, _mm512_loadu_ps(w + at), _mm512_loadu_ps(b + at)));
        }
    }
    for (; c < dim; c += 16) {
        __mmask16 m = lanes(dim - c);

        v = _mm512_fmsub_ps(_mm512_maskz_loadu_ps(m, x + c), scale, shift);
        v = _mm512_fmadd_ps(v, _mm512_maskz_loadu_ps(m, w + c), _mm512_maskz_loadu_ps(m, b + c));
        _mm512_mask_storeu_ps(y + c, m, v);
    }
}

/* Each step is done for all rows before the next, so that latencies overlap. */
static void layer_norm(const struct nn_norm *t)
{
    float mean[NN_NORM_ROWS], scale[NN_NORM_ROWS];

    for (int i = 0; i < t->n; i++)
        mean[i] = sum_of(t->x + (size_t)i * t->ldx, t->dim, 0, false) / (float)t->dim;
    for (int i = 0; i < t->n; i++)
        scale[i] = sum_of(t->x + (size_t)i * t->ldx, t->dim, mean[i], true) / (float)t->dim;
    for (int i = 0; i < t->n; i++)
        scale[i] = 1.0f / sqrtf(scale[i] + 1e-5f);
    for (int i = 0; i < t->n; i++)
        norm_row(t->x + (size_t)i * t->ldx, t->dim, scale[i], mean[i] * scale[i], t->weight,
                 t->bias, t->y + (size_t)i * t->ldy);
}

static void to_halves(const float *x, uint16_t *y, int count)
{
    for (int i = 0; i < count; i += 16) {
        __mmask16 m = lanes(count - i);

        _mm256_mask_storeu_epi16(y + i, m, _mm512_cvtps_ph(_mm512_maskz_loadu_ps(m, x + i), 0));
    }
}

static void keys_to_halves(const float *k, size_t ld, int dim, uint16_t *keys, size_t cap)
{
    for (int d = 0; d < dim; d += 16, keys += 16 * cap) {
        __m512i v[16];

        NN_UNROLL
        for (int i = 0; i < 16; i++)
            v[i] = _mm512_loadu_si512(k + (size_t)i * ld + d);
        transpose_16(v);
        NN_UNROLL
        for (int i = 0; i < 16; i++)
            _mm256_storeu_si256((__m256i *)(void *)(keys + (size_t)i * cap),
                                _mm512_cvtps_ph(_mm512_castsi512_ps(v[i]), 0));
    }
}

static double sum_exp(const float *x, int count, float max)
{
    __m512d lo = _mm512_setzero_pd(), hi = _mm512_setzero_pd();

    for (int i = 0; i < count; i += 16) {
        __mmask16 m = lanes(count - i);
        __m512 v = _mm512_sub_ps(_mm512_maskz_loadu_ps(m, x + i), _mm512_set1_ps(max));

        v = _mm512_maskz_mov_ps(m, exp_ps(v));
        lo = _mm512_add_pd(lo, _mm512_cvtps_pd(_mm512_castps512_ps256(v)));
        hi = _mm512_add_pd(hi, _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1)));
    }
    return _mm512_reduce_add_pd(_mm512_add_pd(lo, hi));
}

/* ---- decoder attention -------------------------------------------------------------------- */

NN_INLINE __m512 load_lane(const void *p, size_t at, const bool f32)
{
    return f32 ? _mm512_loadu_ps((const float *)p + at) : halves((const uint16_t *)p + at);
}

/* Prefetch the cache line of value `at`. Caches are read in runs too short for the hardware
 * prefetcher. */
NN_INLINE void fetch_lane(const void *p, size_t at, const bool f32)
{
    _mm_prefetch((const char *)p + at * (f32 ? 4 : 2), _MM_HINT_T0);
}

enum {
    LINES_AHEAD = 32, /* prefetched before they are read */
    SCORES = 24,      /* most vectors of scores held at once */
    ROWS_VECTORS = 4, /* of each of several rows */
};

/* Scores of 16 * vectors positions from t on, an even number of vectors; reads past the end stay
 * within the cache's padding. If the registers allow it all are computed at once: a channel's keys
 * are then one long run, which suits the memory best. */
NN_INLINE void score_positions(const struct nn_head *h, int t, const int vectors, const bool f32)
{
    const int ahead = LINES_AHEAD * 2 / vectors; /* in channels; a line holds two vectors of
                                                    halves */
    __m512 sum[SCORES];
    float scale = 1.0f / sqrtf((float)h->head_dim);

    NN_UNROLL
    for (int k = 0; k < vectors; k++)
        sum[k] = _mm512_setzero_ps();
    for (int d = 0; d < h->head_dim; d++) {
        __m512 q = _mm512_set1_ps(h->q[d]);
        size_t at = (size_t)d * (size_t)h->cap + (size_t)t;

        NN_UNROLL
        for (int k = 0; k < vectors; k++) {
            if (k % 2 == 0)
                fetch_lane(h->k, at + (size_t)(ahead * h->cap + 16 * k), f32);
            sum[k] = _mm512_fmadd_ps(q, load_lane(h->k, at + (size_t)(16 * k), f32), sum[k]);
        }
    }
    NN_UNROLL
    for (int k = 0; k < vectors; k++)
        _mm512_storeu_ps(h->scores + t + 16 * k, _mm512_mul_ps(sum[k], _mm512_set1_ps(scale)));
}

typedef void score_fn(const struct nn_head *h, int t);

#define SCORE_FN(n)                                                                                \
    static void score_##n(const struct nn_head *h, int t)                                          \
    {                                                                                              \
        if (h->f32)                                                                                \
            score_positions(h, t, n, true);                                                        \
        else                                                                                       \
            score_positions(h, t, n, false);                                                       \
    }

SCORE_FN(2)
SCORE_FN(4)
SCORE_FN(6)
SCORE_FN(8)
SCORE_FN(10)
SCORE_FN(12)
SCORE_FN(14)
SCORE_FN(16)
SCORE_FN(18)
SCORE_FN(20)
SCORE_FN(22)
SCORE_FN(24)

/* Scores of all positions, in as few runs as possible, as equal as possible. */
static void score_all(const struct nn_head *h)
{
    static score_fn *const fns[] = {score_2,  score_4,  score_6,  score_8,  score_10, score_12,
                                    score_14, score_16, score_18, score_20, score_22, score_24};
    int pairs = (h->n + 31) / 32;

    for (int runs = (2 * pairs + SCORES - 1) / SCORES, t = 0, n; runs > 0; runs--, t += 32 * n) {
        n = (pairs + runs - 1) / runs;
        fns[n - 1](h, t);
        pairs -= n;
    }
}

/* scores -> exp(score - max), zero in the lanes past the end; returns the sum. */
static float softmax(float *scores, int n)
{
    __m512 top = _mm512_set1_ps(-INFINITY), sum = _mm512_setzero_ps();

    for (int t = 0; t < n; t += 16)
        top = _mm512_mask_max_ps(top, lanes(n - t), top, _mm512_loadu_ps(scores + t));
    top = _mm512_set1_ps(_mm512_reduce_max_ps(top));
    for (int t = 0; t < n; t += 16) {
        __m512 e = _mm512_maskz_mov_ps(lanes(n - t),
                                       exp_ps(_mm512_sub_ps(_mm512_loadu_ps(scores + t), top)));

        sum = _mm512_add_ps(sum, e);
        _mm512_storeu_ps(scores + t, e);
    }
    return _mm512_reduce_add_ps(sum);
}

/* out[16 * vectors] = sum over t of scores[t] * v[t], two positions at a time */
NN_INLINE void mix_values(const struct nn_head *h, int d, const int vectors, const bool f32)
{
    __m512 sum[2][4];

    NN_UNROLL
    for (int k = 0; k < vectors; k++)
        sum[0][k] = sum[1][k] = _mm512_setzero_ps();
    for (int t = 0; t < h->n; t += 2) { /* scores are zero past the end */
        NN_UNROLL
        for (int i = 0; i < 2; i++) {
            __m512 p = _mm512_set1_ps(h->scores[t + i]);

            NN_UNROLL
            for (int k = 0; k < vectors; k += 2)
                fetch_lane(h->v, (size_t)(t + i + 16) * (size_t)h->head_dim + (size_t)(d + 16 * k),
                           f32);
            NN_UNROLL
            for (int k = 0; k < vectors; k++)
                sum[i][k] = _mm512_fmadd_ps(
                    p,
                    load_lane(h->v, (size_t)(t + i) * (size_t)h->head_dim + (size_t)(d + 16 * k),
                              f32),
                    sum[i][k]);
        }
    }
    NN_UNROLL
    for (int k = 0; k < vectors; k++)
        _mm512_storeu_ps(h->out + d + 16 * k, _mm512_add_ps(sum[0][k], sum[1][k]));
}

NN_INLINE void head_of(const struct nn_head *h, const bool f32)
{
    int d = 0;
    __m512 norm;

    score_all(h);
    for (int line = 0; line < LINES_AHEAD && line < h->n * h->head_dim / 32; line++)
        fetch_lane(h->v, (size_t)(32 * line), f32);
    norm = _mm512_set1_ps(1.0f / softmax(h->scores, h->n));
    for (int t = 0; t < h->n; t += 16)
        _mm512_storeu_ps(h->scores + t, _mm512_mul_ps(norm, _mm512_loadu_ps(h->scores + t)));
    for (; d + 64 <= h->head_dim; d += 64)
        mix_values(h, d, 4, f32);
    for (; d < h->head_dim; d += 16)
        mix_values(h, d, 1, f32);
}

static void head(const struct nn_head *h)
{
    if (h->f32)
        head_of(h, true);
    else
        head_of(h, false);
}

/*
 * Scores of several rows that see the same positions, for example those of a beam that look at the
 * audio. Keys and values are converted to floats once for all rows; the sums of each row are those
 * of head(), in the same order. Values are prefetched while keys are multiplied, and the keys of
 * the next head while values are multiplied.
 */
NN_INLINE void score_rows(const struct nn_head_rows *r, int t, const int rows, const int vectors,
                          const bool f32)
{
    const struct nn_head *h = &r->first;
    size_t behind = (size_t)t * (size_t)h->head_dim; /* the values of as many positions */
    float scale = 1.0f / sqrtf((float)h->head_dim);
    __m512 sum[NN_HEAD_ROWS][ROWS_VECTORS];

    NN_UNROLL
    for (int i = 0; i < rows * vectors; i++)
        sum[i / vectors][i % vectors] = _mm512_setzero_ps();
    for (int d = 0; d < h->head_dim; d++) {
        size_t at = (size_t)d * (size_t)h->cap + (size_t)t;

        NN_UNROLL
        for (int k = 0; k < vectors; k++) {
            __m512 key = load_lane(h->k, at + (size_t)(16 * k), f32);

            if (k % 2 == 0)
                fetch_lane(h->v, behind + (size_t)(32 * d * vectors / 2 + 16 * k), f32);
            NN_UNROLL
            for (int i = 0; i < rows; i++)
                sum[i][k] = _mm512_fmadd_ps(_mm512_set1_ps(h->q[(size_t)i * r->ldq + (size_t)d]),
                                            key, sum[i][k]);
        }
    }
    NN_UNROLL
    for (int i = 0; i < rows * vectors; i++)
        _mm512_storeu_ps(h->scores + (size_t)(i / vectors) * r->lds + t + 16 * (i % vectors),
                         _mm512_mul_ps(sum[i / vectors][i % vectors], _mm512_set1_ps(scale)));
}

NN_INLINE void mix_rows(const struct nn_head_rows *r, int d, const int rows, const int vectors,
                        const bool f32)
{
    const struct nn_head *h = &r->first;
    size_t next = (size_t)(h->head_dim + d) * (size_t)h->cap; /* keys of the next head */
    __m512 sum[2][NN_HEAD_ROWS][2];

    NN_UNROLL
    for (int i = 0; i < 2 * rows * vectors; i++)
        sum[i % 2][i / 2 / vectors][i / 2 % vectors] = _mm512_setzero_ps();
    for (int t = 0; t < h->n; t += 2) {
        NN_UNROLL
        for (int i = 0; i < 2; i++) {
            size_t at = (size_t)(t + i) * (size_t)h->head_dim + (size_t)d;
            __m512 value[2];

            fetch_lane(h->k, next + (size_t)(32 * (t + i)), f32);
            NN_UNROLL
            for (int k = 0; k < vectors; k++)
                value[k] = load_lane(h->v, at + (size_t)(16 * k), f32);
            NN_UNROLL
            for (int row = 0; row < rows; row++) {
                __m512 p = _mm512_set1_ps(h->scores[(size_t)row * r->lds + (size_t)(t + i)]);

                NN_UNROLL
                for (int k = 0; k < vectors; k++)
                    sum[i][row][k] = _mm512_fmadd_ps(p, value[k], sum[i][row][k]);
            }
        }
    }
    NN_UNROLL
    for (int i = 0; i < rows * vectors; i++)
        _mm512_storeu_ps(
            h->out + (size_t)(i / vectors) * r->ldo + d + 16 * (i % vectors),
            _mm512_add_ps(sum[0][i / vectors][i % vectors], sum[1][i / vectors][i % vectors]));
}

NN_INLINE void rows_of(const struct nn_head_rows *r, const int rows, const bool f32)
{
    const struct nn_head *h = &r->first;
    int t = 0, d = 0;

    for (; t + 16 * ROWS_VECTORS < h->n + 32; t += 16 * ROWS_VECTORS)
        score_rows(r, t, rows, ROWS_VECTORS, f32);
    if (t < h->n)
        score_rows(r, t, rows, 2, f32);
    for (int i = 0; i < rows; i++) {
        float *scores = h->scores + (size_t)i * r->lds;
        __m512 norm = _mm512_set1_ps(1.0f / softmax(scores, h->n));

        for (t = 0; t < h->n; t += 16)
            _mm512_storeu_ps(scores + t, _mm512_mul_ps(norm, _mm512_loadu_ps(scores + t)));
    }
    for (; d + 32 <= h->head_dim; d += 32)
        mix_rows(r, d, rows, 2, f32);
    for (; d < h->head_dim; d += 16)
        mix_rows(r, d, rows, 1, f32);
}

#define ROWS_FN(n)                                                                                 \
    static void rows_##n(const struct nn_head_rows *r)                                             \
    {                                                                                              \
        if (r->first.f32)                                                                          \
            rows_of(r, n, true);                                                                   \
        else                                                                                       \
            rows_of(r, n, false);                                                                  \
    }

ROWS_FN(2)
ROWS_FN(3)
ROWS_FN(4)
ROWS_FN(5)

static void head_rows(const struct nn_head_rows *r)
{
    static void (*const fns[])(const struct nn_head_rows *) = {rows_2, rows_3, rows_4, rows_5};

    fns[r->rows - 2](r);
}

/* ---- peaks -------------------------------------------------------------------------------- */

enum { CHAINS = 12 };

static double peak_f32(long rounds)
{
    __m512 sum[CHAINS], a = _mm512_set1_ps(0.5f), b = _mm512_set1_ps(0.25f);

    NN_UNROLL
    for (int k = 0; k < CHAINS; k++)
        sum[k] = _mm512_setzero_ps();
    for (long i = 0; i < rounds; i++) {
        NN_UNROLL
        for (int k = 0; k < CHAINS; k++) {
            sum[k] = _mm512_fmadd_ps(a, b, sum[k]);
            __asm__ volatile("" : "+v"(sum[k]));
        }
    }
    return (double)rounds * CHAINS * 16 * 2;
}

static double peak_int8(long rounds)
{
    __m512i sum[CHAINS], a = _mm512_set1_epi8(1), b = _mm512_set1_epi8(2);

    NN_UNROLL
    for (int k = 0; k < CHAINS; k++)
        sum[k] = _mm512_setzero_si512();
    for (long i = 0; i < rounds; i++) {
        NN_UNROLL
        for (int k = 0; k < CHAINS; k++) {
            sum[k] = _mm512_dpbusd_epi32(sum[k], a, b);
            __asm__ volatile("" : "+v"(sum[k]));
        }
    }
    return (double)rounds * CHAINS * 64 * 2;
}

static double peak_int16(long rounds)
{
    __m512i sum[CHAINS], a = _mm512_set1_epi8(1), b = _mm512_set1_epi8(2);

    NN_UNROLL
    for (int k = 0; k < CHAINS; k++)
        sum[k] = _mm512_setzero_si512();
    for (long i = 0; i < rounds; i++) {
        NN_UNROLL
        for (int k = 0; k < CHAINS; k++) {
            sum[k] = _mm512_dpwssd_epi32(sum[k], a, b);
            __asm__ volatile("" : "+v"(sum[k]));
        }
    }
    return (double)rounds * CHAINS * 32 * 2;
}

static uint64_t read_all(const void *p, size_t bytes)
{
    const char *x = p;
    __m512i sum[4];

    for (int k = 0; k < 4; k++)
        sum[k] = _mm512_setzero_si512();
    for (size_t i = 0; i + 256 <= bytes; i += 256) {
        NN_UNROLL
        for (size_t k = 0; k < 4; k++) {
            _mm_prefetch(x + i + 64 * k + 2048, _MM_HINT_T0);
            sum[k] = _mm512_xor_si512(sum[k], _mm512_loadu_si512(x + i + 64 * k));
        }
    }
    sum[0] = _mm512_xor_si512(_mm512_xor_si512(sum[0], sum[1]), _mm512_xor_si512(sum[2], sum[3]));
    return (uint64_t)_mm512_reduce_add_epi64(sum[0]);
}

const struct nn_isa nn_isa_avx512vnni = {
    .name = "avx512vnni",
    .usable = usable,
    .few = nn_avx512_few,
    .many = nn_avx512_many,
    .finish = finish,
    .layer_norm = layer_norm,
    .head = head,
    .head_rows = head_rows,
    .self = &nn_avx512_self,
    .to_halves = to_halves,
    .keys_to_halves = keys_to_halves,
    .sum_exp = sum_exp,
    .curve = curve,
    .lstm_cell = lstm_cell,
    .peak_f32 = peak_f32,
    .peak_int8 = peak_int8,
    .peak_int16 = peak_int16,
    .read = read_all,
};
