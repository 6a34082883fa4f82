/**
 * @file nn/kernels_avx512_few.c  One to eight rows times packed weights, bound by memory
 *
 * Packed weights are read once, front to back, and unpacked in registers. Block-quantised: the raw
 * quants are unsigned bytes, rows of x are quantised to signed bytes in blocks of 32, so
 *
 *     y = sum over blocks  d s_x (sum n q_x - zero sum q_x) + m s_x sum q_x
 *
 * where zero is 8, 16 or 128, and only the _1 types have m. 12-bit integers are signed and
 * multiplied by 16 bits of x. f16 and f32: fused multiply-add.
 */
#include "nn/kernels_avx512.h"

enum {
    AHEAD = 8192,      /* prefetch distance [bytes]: f16 and f32, */
    BLOCKS_AHEAD = 32, /* or in blocks of each panel (12 bits: half as many); never past the end */
    ROWS = 5,          /* multiplied together: the hypotheses of a beam */
};

/* ---- blocks ------------------------------------------------------------------------------- */

/* A block of a row of x. */
struct xblock {
    int8_t q[NN_BLOCK];
    float scale;
    float sum;     /* scale times the sum of q */
    int32_t start; /* -zero times the sum of q */
    int32_t unused[5];
};

static size_t few_row_bytes(const struct nn_matrix *m)
{
    return (size_t)m->blocks * sizeof(struct xblock);
}

static int zero_of(enum nn_type type)
{
    return type == NN_Q8_0 ? 128 : type == NN_Q5_0 ? 16 : type == NN_Q4_0 ? 8 : 0;
}

static void few_prepare(const struct nn_matrix *m, const float *x, void *row)
{
    struct xblock *b = row;
    int zero = zero_of(m->type);

    for (int i = 0; i < m->blocks; i++, b++, x += NN_BLOCK) {
        __m512 lo = _mm512_loadu_ps(x), hi = _mm512_loadu_ps(x + 16);
        float max =
            nn_worth(_mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(lo), _mm512_abs_ps(hi))));
        __m512 inv = _mm512_set1_ps(max > 0 ? 127.0f / max : 0);
        __m512i l = _mm512_cvtps_epi32(_mm512_mul_ps(lo, inv));
        __m512i h = _mm512_cvtps_epi32(_mm512_mul_ps(hi, inv));
        int sum = _mm512_reduce_add_epi32(_mm512_add_epi32(l, h));

        _mm_storeu_si128((__m128i *)(void *)b->q, _mm512_cvtepi32_epi8(l));
        _mm_storeu_si128((__m128i *)(void *)(b->q + 16), _mm512_cvtepi32_epi8(h));
        b->scale = max / 127.0f;
        b->sum = b->scale * (float)sum;
        b->start = -zero * sum;
    }
}

static size_t q12_row_bytes(const struct nn_matrix *m)
{
    return align64((size_t)m->blocks * sizeof(struct nn_block_16));
}

static void q12_prepare(const struct nn_matrix *m, const float *x, void *row)
{
    struct nn_block_16 *b = row;

    for (int left = m->cols; left > 0; left -= NN_BLOCK, b++, x += NN_BLOCK) {
        __m512 lo = _mm512_maskz_loadu_ps(lanes(left), x), hi = _mm512_setzero_ps(), inv;
        float max;

        if (left > 16)
            hi = _mm512_maskz_loadu_ps(lanes(left - 16), x + 16);
        max = nn_worth(_mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(lo), _mm512_abs_ps(hi))));
        inv = _mm512_set1_ps(max > 0 ? 32767.0f / max : 0);
        put_16(b->q, _mm512_mul_ps(lo, inv));
        put_16(b->q + 16, _mm512_mul_ps(hi, inv));
        b->scale = max / 32767.0f;
    }
}

/* Prefetches `bytes` bytes AHEAD of p, or the last ones before the end. */
NN_INLINE void fetch_ahead(const uint8_t *p, const uint8_t *end, const int bytes)
{
    const uint8_t *at = p + AHEAD + bytes < end ? p + AHEAD : end - bytes;

    NN_UNROLL
    for (int i = 0; i < bytes; i += 64)
        _mm_prefetch(at + i, _MM_HINT_T0);
}

/* Prefetches a block of a panel, unless it is past the end. */
NN_INLINE void fetch_block(const struct nn_matrix *m, const uint8_t *panel, int b,
                           const uint8_t *end, enum nn_type type)
{
    const int bytes = nn_block_bytes(type);

    if (panel >= end)
        return;
    NN_UNROLL
    for (int i = 0; i < bytes; i += 64)
        _mm_prefetch(panel + b * bytes + i, _MM_HINT_T0);
    if (type == NN_Q5_0 || type == NN_Q5_1)
        _mm_prefetch(panel + m->qh + 64 * (size_t)b, _MM_HINT_T0);
    if (b % 2 == 0)
        _mm_prefetch(panel + m->d + 32 * (size_t)b, _MM_HINT_T0);
}

/* The eight quads of a block as unsigned bytes; for 12 bits, its sixteen pairs. */
NN_INLINE void unpack_block(const struct nn_matrix *m, const uint8_t *panel, int b, __m512i w[16],
                            enum nn_type type)
{
    const uint8_t *qs = panel + (size_t)b * (size_t)nn_block_bytes(type);

    if (type == NN_Q12) {
        NN_UNROLL
        for (int g = 0; g < 4; g++)
            unpack_12_bits(qs + 192 * g, w + 4 * g);
        return;
    }
    if (type == NN_Q8_0) {
        NN_UNROLL
        for (int q = 0; q < 8; q++)
            w[q] = _mm512_xor_si512(_mm512_load_si512(qs + 64 * q), _mm512_set1_epi8((char)0x80));
        return;
    }
    NN_UNROLL
    for (int q = 0; q < 4; q++) {
        __m512i v = _mm512_load_si512(qs + 64 * q);

        w[q] = _mm512_and_si512(v, _mm512_set1_epi8(15));
        w[q + 4] = _mm512_and_si512(_mm512_srli_epi16(v, 4), _mm512_set1_epi8(15));
    }
    if (type == NN_Q5_0 || type == NN_Q5_1) {
        const uint8_t *qh = panel + m->qh + 64 * (size_t)b;

        NN_UNROLL
        for (int q = 0; q < 8; q++) {
            uint64_t mask;

            memcpy(&mask, qh + 8 * q, sizeof(mask));
            w[q] = _mm512_mask_add_epi8(w[q], mask, w[q], _mm512_set1_epi8(16));
        }
    }
}

/* Integer sums of one block of one row, in two chains because each addition takes five cycles. */
NN_INLINE __m512i dot_block(const __m512i w[8], const struct xblock *x)
{
    __m512i even = _mm512_set1_epi32(x->start), odd = _mm512_setzero_si512();

    NN_UNROLL
    for (int q = 0; q < 8; q += 2) {
        dot8_of(&even, w[q], x->q + 4 * q);
        dot8_of(&odd, w[q + 1], x->q + 4 * q + 4);
    }
    return _mm512_add_epi32(even, odd);
}

NN_INLINE __m512i dot_q12(const __m512i w[16], const struct nn_block_16 *x)
{
    __m512i even = _mm512_setzero_si512(), odd = apart(_mm512_setzero_si512());

    NN_UNROLL
    for (int k = 0; k < 16; k += 2) {
        dot16_of(&even, w[k], x->q + 2 * k);
        dot16_of(&odd, w[k + 1], x->q + 2 * k + 2);
    }
    return _mm512_add_epi32(even, odd);
}

/* sum += the products of a block of weights and block `at` of x. */
NN_INLINE __m512 add_block(__m512 sum, const __m512i w[16], __m512 d, __m512 min, const void *x,
                           size_t at, enum nn_type type)
{
    const struct xblock *b = (const struct xblock *)x + at;
    const struct nn_block_16 *b16 = (const struct nn_block_16 *)x + at;

    if (type == NN_Q12)
        return _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot_q12(w, b16)),
                               _mm512_mul_ps(d, _mm512_set1_ps(b16->scale)), sum);
    sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot_block(w, b)),
                          _mm512_mul_ps(d, _mm512_set1_ps(b->scale)), sum);
    if (has_min(type))
        sum = _mm512_fmadd_ps(min, _mm512_set1_ps(b->sum), sum);
    return sum;
}

NN_INLINE size_t x_row_bytes(const struct nn_matrix *m, enum nn_type type)
{
    return type == NN_Q12 ? q12_row_bytes(m) : few_row_bytes(m);
}

/* n rows by P consecutive panels. The panels are read side by side, so each prefetches the rest of
 * its own data and then the same position in the next panels. */
NN_INLINE void few_panels(const struct nn_matrix *m, const uint8_t *panel, const uint8_t *end,
                          const uint8_t *x, const int n, const int P, float *tile, int width,
                          enum nn_type type)
{
    const size_t row = x_row_bytes(m, type);
    const int ahead = type == NN_Q12 ? BLOCKS_AHEAD / 2 : BLOCKS_AHEAD;
    const uint8_t *next = panel + ahead / m->blocks * P * m->panel_bytes; /* prefetched */
    int at_next = ahead % m->blocks;
    __m512 sum[ROWS];

    NN_UNROLL
    for (int i = 0; i < n * P; i++)
        sum[i] = _mm512_setzero_ps();
    for (int b = 0; b < m->blocks; b++) {
        NN_UNROLL
        for (int p = 0; p < P; p++) {
            const uint8_t *at = panel + (size_t)p * m->panel_bytes;
            __m512 d = halves(at + m->d + 32 * (size_t)b);
            __m512 min = has_min(type) ? halves(at + m->m + 32 * (size_t)b) : d;
            __m512i w[16];

            fetch_block(m, next + (size_t)p * m->panel_bytes, at_next, end, type);
            unpack_block(m, at, b, w, type);
            NN_UNROLL
            for (int i = 0; i < n; i++)
                sum[i * P + p] =
                    add_block(sum[i * P + p], w, d, min, x + (size_t)i * row, (size_t)b, type);
        }
        if (++at_next == m->blocks) {
            at_next = 0;
            next += P * m->panel_bytes;
        }
    }
    NN_UNROLL
    for (int i = 0; i < n; i++) {
        NN_UNROLL
        for (int p = 0; p < P; p++)
            _mm512_storeu_ps(tile + i * width + p * NN_PANEL, sum[i * P + p]);
    }
}

/* Five rows together, any other number by fours, twos and ones: a panel that was just read is in
 * the cache. */
NN_INLINE void few_all(const struct nn_matrix *m, int panel, int n_panels, const uint8_t *end,
                       const uint8_t *x, int n, float *tile, enum nn_type type)
{
    const size_t row = x_row_bytes(m, type);
    int width = n_panels * NN_PANEL;

    for (; n == 1 && n_panels >= 2; n_panels -= 2, panel += 2, tile += 2 * NN_PANEL)
        few_panels(m, nn_panel(m, panel), end, x, 1, 2, tile, width, type);
    for (; n_panels > 0; n_panels--, panel++, tile += NN_PANEL) {
        const uint8_t *from = nn_panel(m, panel);
        int i = 0;

        if (n == ROWS) {
            few_panels(m, from, end, x, ROWS, 1, tile, width, type);
            continue;
        }
        for (; i + 4 <= n; i += 4)
            few_panels(m, from, end, x + (size_t)i * row, 4, 1, tile + i * width, width, type);
        for (; i + 2 <= n; i += 2)
            few_panels(m, from, end, x + (size_t)i * row, 2, 1, tile + i * width, width, type);
        if (i < n)
            few_panels(m, from, end, x + (size_t)i * row, 1, 1, tile + i * width, width, type);
    }
}

static void few_multiply(const struct nn_matrix *m, int panel, int n_panels, const void *scratch,
                         const void *rows, int n, float *tile, const struct nn_ahead *ahead)
{
    (void)scratch;
    switch (m->type) {
    case NN_Q4_0:
        few_all(m, panel, n_panels, ahead->end, rows, n, tile, NN_Q4_0);
        break;
    case NN_Q4_1:
        few_all(m, panel, n_panels, ahead->end, rows, n, tile, NN_Q4_1);
        break;
    case NN_Q5_0:
        few_all(m, panel, n_panels, ahead->end, rows, n, tile, NN_Q5_0);
        break;
    case NN_Q5_1:
        few_all(m, panel, n_panels, ahead->end, rows, n, tile, NN_Q5_1);
        break;
    case NN_Q12:
        few_all(m, panel, n_panels, ahead->end, rows, n, tile, NN_Q12);
        break;
    default:
        few_all(m, panel, n_panels, ahead->end, rows, n, tile, NN_Q8_0);
        break;
    }
}

static const struct nn_product block_product = {
    .arithmetic = "int8",
    .row_bytes = few_row_bytes,
    .prepare = few_prepare,
    .multiply = few_multiply,
};

static const struct nn_product q12_product = {
    .arithmetic = "int16",
    .row_bytes = q12_row_bytes,
    .prepare = q12_prepare,
    .multiply = few_multiply,
};

/* ---- f16 and f32 -------------------------------------------------------------------------- */

static size_t float_row_bytes(const struct nn_matrix *m)
{
    return (size_t)m->blocks * NN_BLOCK * sizeof(float);
}

static void float_prepare(const struct nn_matrix *m, const float *x, void *row)
{
    memcpy(row, x, (size_t)m->cols * sizeof(float));
    memset((float *)row + m->cols, 0, (size_t)(m->blocks * NN_BLOCK - m->cols) * sizeof(float));
}

/* Four columns at once keep four sums per row going; at most two rows. */
NN_INLINE void float_panel(const struct nn_matrix *m, const uint8_t *panel, const uint8_t *end,
                           const float *x, const int n, float *tile, int width, enum nn_type type)
{
    const size_t size = type == NN_F16 ? 32 : 64;
    const int cols = m->blocks * NN_BLOCK;
    __m512 sum[2][4];

    for (int i = 0; i < n; i++) {
        for (int k = 0; k < 4; k++)
            sum[i][k] = _mm512_setzero_ps();
    }
    for (int c = 0; c < cols; c += 4, panel += 4 * size) {
        fetch_ahead(panel, end, type == NN_F16 ? 128 : 256);
        NN_UNROLL
        for (int k = 0; k < 4; k++) {
            __m512 w = type == NN_F16 ? halves(panel + (size_t)k * size)
                                      : _mm512_load_ps((const float *)(const void *)panel + 16 * k);

            NN_UNROLL
            for (int i = 0; i < n; i++)
                sum[i][k] = _mm512_fmadd_ps(w, _mm512_set1_ps(x[i * cols + c + k]), sum[i][k]);
        }
    }
    for (int i = 0; i < n; i++)
        _mm512_storeu_ps(tile + i * width, _mm512_add_ps(_mm512_add_ps(sum[i][0], sum[i][1]),
                                                         _mm512_add_ps(sum[i][2], sum[i][3])));
}

NN_INLINE void float_rows(const struct nn_matrix *m, const uint8_t *panel, const uint8_t *end,
                          const float *x, int n, float *tile, int width, enum nn_type type)
{
    for (; n >= 2; n -= 2, x += 2 * (size_t)m->blocks * NN_BLOCK, tile += 2 * width)
        float_panel(m, panel, end, x, 2, tile, width, type);
    if (n > 0)
        float_panel(m, panel, end, x, 1, tile, width, type);
}

static void float_multiply(const struct nn_matrix *m, int panel, int n_panels, const void *scratch,
                           const void *rows, int n, float *tile, const struct nn_ahead *ahead)
{
    (void)scratch;
    for (int p = 0; p < n_panels; p++, tile += NN_PANEL) {
        const uint8_t *from = nn_panel(m, panel + p);

        if (m->type == NN_F16)
            float_rows(m, from, ahead->end, rows, n, tile, n_panels * NN_PANEL, NN_F16);
        else
            float_rows(m, from, ahead->end, rows, n, tile, n_panels * NN_PANEL, NN_F32);
    }
}

static const struct nn_product float_product = {
    .arithmetic = "f32",
    .row_bytes = float_row_bytes,
    .prepare = float_prepare,
    .multiply = float_multiply,
};

const struct nn_product *nn_avx512_few(enum nn_type type)
{
    if (type == NN_F32 || type == NN_F16)
        return &float_product;
    return type == NN_Q12 ? &q12_product : &block_product;
}
