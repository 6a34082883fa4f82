/**
 * @file nn/kernels_avx512_unpack.c  From floats and packed weights to integers, in groups
 *
 * The layout is described in kernels_avx512.h. Block-quantised weights become 8 bits: a group has
 * one scale per row, derived from its blocks of 32, so a weight is off by at most half a step, the
 * step being 1/127 of the largest value the group can hold. f16 weights and 12-bit integers become
 * 16 bits, off by at most half a step of 1/4095 of the group's largest.
 */
#include "nn/kernels_avx512.h"

enum {
    AHEAD = 2048, /* prefetch distance [bytes] */
};

/* ---- rows of x ---------------------------------------------------------------------------- */

struct xgroup {
    __m512 v[4];
};

NN_INLINE struct xgroup load_group(const float *x, int left)
{
    struct xgroup g;

    if (__builtin_expect(left >= NN_GROUP, 1)) {
        NN_UNROLL
        for (int i = 0; i < 4; i++)
            g.v[i] = _mm512_loadu_ps(x + 16 * i);
        return g;
    }
    NN_UNROLL
    for (int i = 0; i < 4; i++, left -= 16)
        g.v[i] = left > 0 ? _mm512_maskz_loadu_ps(lanes(left), x + 16 * i) : _mm512_setzero_ps();
    return g;
}

NN_INLINE __m512 group_top(const struct xgroup *g)
{
    return _mm512_max_ps(_mm512_max_ps(_mm512_abs_ps(g->v[0]), _mm512_abs_ps(g->v[1])),
                         _mm512_max_ps(_mm512_abs_ps(g->v[2]), _mm512_abs_ps(g->v[3])));
}

/* 64 values in 8 bits, in order. */
NN_INLINE __m512i bytes_of(const struct xgroup *g, __m512 inverse)
{
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i q[4];

    NN_UNROLL
    for (int i = 0; i < 4; i++)
        q[i] = _mm512_cvtps_epi32(_mm512_mul_ps(g->v[i], inverse));
    q[0] = _mm512_packs_epi32(q[0], q[1]);
    q[2] = _mm512_packs_epi32(q[2], q[3]);
    return _mm512_permutexvar_epi32(order, _mm512_packs_epi16(q[0], q[2]));
}

/* Largest magnitude of a group of a row; only `left` columns from x on exist. */
NN_INLINE __m512 top_of(const float *x, int left, int cols)
{
    __m512 top = _mm512_setzero_ps();

    for (int c = 0; c < cols; c += NN_GROUP) {
        struct xgroup g = load_group(x + c, left - c);

        top = _mm512_max_ps(top, group_top(&g));
    }
    return top;
}

/* Writes one group of a row as integers of `bytes` bytes; for 8 bits, returns their sum in 16
 * lanes. */
NN_INLINE __m512 put_group(const float *x, int left, int cols, float inverse, uint8_t *to,
                           const int bytes)
{
    __m512 by = _mm512_set1_ps(inverse);
    __m512i sum = _mm512_setzero_si512();

    for (int c = 0; c < cols; c += NN_GROUP, to += NN_GROUP * bytes) {
        struct xgroup g = load_group(x + c, left - c);

        if (bytes == 1) {
            __m512i q = bytes_of(&g, by);

            _mm512_storeu_si512(to, q);
            dot8(&sum, _mm512_set1_epi8(1), q);
        } else {
            NN_UNROLL
            for (int i = 0; i < 4; i++)
                put_16(to + 32 * i, _mm512_mul_ps(g.v[i], by));
        }
    }
    return _mm512_cvtepi32_ps(sum);
}

/* Largest integer of that width. */
NN_INLINE float top_integer(const int bytes)
{
    return bytes == 1 ? 127.0f : (float)NN_TOP_16;
}

/* The same group of four rows, so that latencies overlap. */
NN_INLINE void put_four(const float *x, size_t ldx, int left, int cols, uint8_t *to, size_t row,
                        uint8_t *of, const int bytes)
{
    const float most = top_integer(bytes);
    float max[4], sums[4];
    __m512 v[4];

    NN_UNROLL
    for (int i = 0; i < 4; i++)
        v[i] = top_of(x + (size_t)i * ldx, left, cols);
    store_quarters(max, fold(v, true));
    NN_UNROLL
    for (int i = 0; i < 4; i++) {
        max[i] = nn_worth(max[i]);
        v[i] = put_group(x + (size_t)i * ldx, left, cols, max[i] > 0 ? most / max[i] : 0,
                         to + (size_t)i * row, bytes);
    }
    store_quarters(sums, fold(v, false));
    NN_UNROLL
    for (int i = 0; i < 4; i++)
        *(struct nn_group_x *)(void *)(of + (size_t)i * row) =
            (struct nn_group_x){max[i] / most, -128 * (int32_t)sums[i]};
}

NN_INLINE void put_one(const float *x, int left, int cols, uint8_t *to, uint8_t *of,
                       const int bytes)
{
    const float most = top_integer(bytes);
    float max = nn_worth(_mm512_reduce_max_ps(top_of(x, left, cols)));
    __m512 sum = put_group(x, left, cols, max > 0 ? most / max : 0, to, bytes);

    *(struct nn_group_x *)(void *)of =
        (struct nn_group_x){max / most, -128 * (int32_t)_mm512_reduce_add_ps(sum)};
}

NN_INLINE void prepare_part(const struct nn_matrix *m, const float *x, size_t ldx, int n, int part,
                            void *rows, const int bytes)
{
    struct nn_groups groups = groups_of(m, bytes);
    size_t row = int_row_bytes(groups, bytes);
    int left = m->cols - part * groups.cols;
    uint8_t *to = (uint8_t *)rows + part * groups.cols * bytes;
    uint8_t *of = (uint8_t *)rows + (size_t)(groups.n * groups.cols * bytes) +
                  (size_t)part * sizeof(struct nn_group_x);

    for (; n >= 4; n -= 4, x += 4 * ldx, to += 4 * row, of += 4 * row)
        put_four(x, ldx, left, groups.cols, to, row, of, bytes);
    for (; n > 0; n--, x += ldx, to += row, of += row)
        put_one(x, left, groups.cols, to, of, bytes);
}

void nn_avx512_prepare_8(const struct nn_matrix *m, const float *x, size_t ldx, int n, int part,
                         void *rows)
{
    prepare_part(m, x, ldx, n, part, rows, 1);
}

void nn_avx512_prepare_16(const struct nn_matrix *m, const float *x, size_t ldx, int n, int part,
                          void *rows)
{
    prepare_part(m, x, ldx, n, part, rows, 2);
}

/* ---- blocks into 8 bits ------------------------------------------------------------------- */

/* What a block contributes: value = d * n + m for its raw quants n. */
struct block_scales {
    __m512 d, m;
    __m512 top; /* largest magnitude the block can hold */
};

NN_INLINE struct block_scales scales_of(const struct nn_matrix *m, const uint8_t *panel, int b,
                                        enum nn_type type)
{
    struct block_scales s = {.d = halves(panel + m->d + 32 * (size_t)b)};
    float most = type == NN_Q8_0 ? 128.0f : type == NN_Q4_0 ? 8.0f : 16.0f;

    if (has_min(type)) {
        __m512 range = _mm512_set1_ps(type == NN_Q4_1 ? 15.0f : 31.0f);

        s.m = halves(panel + m->m + 32 * (size_t)b);
        s.top = _mm512_max_ps(_mm512_abs_ps(s.m), _mm512_abs_ps(_mm512_fmadd_ps(s.d, range, s.m)));
        return s;
    }
    s.m = _mm512_mul_ps(s.d, _mm512_set1_ps(type == NN_Q8_0 ? 0.0f : -most));
    s.top = _mm512_mul_ps(_mm512_abs_ps(s.d), _mm512_set1_ps(most));
    return s;
}

/* Raw quants of quad q (0..7) of a block: 0..31 for 4 and 5 bits, signed for 8. */
NN_INLINE __m512i raw_quad(const struct nn_matrix *m, const uint8_t *panel, int b, int q,
                           enum nn_type type)
{
    const uint8_t *qs = panel + (size_t)b * (size_t)nn_block_bytes(type);
    __m512i v;

    if (type == NN_Q8_0)
        return _mm512_loadu_si512(qs + 64 * q);
    v = _mm512_loadu_si512(qs + 64 * (q % 4));
    if (q >= 4)
        v = _mm512_srli_epi16(v, 4);
    v = _mm512_and_si512(v, _mm512_set1_epi8(15));
    if (type == NN_Q5_0 || type == NN_Q5_1) {
        uint64_t mask;

        memcpy(&mask, panel + m->qh + 64 * (size_t)b + 8 * (size_t)q, sizeof(mask));
        v = _mm512_mask_add_epi8(v, mask, v, _mm512_set1_epi8(16));
    }
    return v;
}

/* The low halves of 16 integers, each twice: for both pairs of bytes of a row. */
NN_INLINE __m512i twice(__m512 f)
{
    __m512i v = _mm512_cvtps_epi32(f);

    return _mm512_or_si512(_mm512_and_si512(v, _mm512_set1_epi32(0xffff)),
                           _mm512_slli_epi32(v, 16));
}

/* (n * d + m) / 256, byte by byte; d and m have 16 bits, and m includes the rounding and the
 * 128. */
NN_INLINE __m512i rescale(__m512i n, __m512i d, __m512i m, enum nn_type type)
{
    const __m512i high = _mm512_set1_epi16((short)0xff00);
    __m512i even, odd;

    if (type == NN_Q8_0) {
        even = _mm512_srai_epi16(_mm512_slli_epi16(n, 8), 8);
        odd = _mm512_srai_epi16(n, 8);
    } else {
        even = _mm512_andnot_si512(high, n);
        odd = _mm512_srli_epi16(n, 8);
    }
    even = _mm512_add_epi16(_mm512_mullo_epi16(even, d), m); /* intermediate results may wrap
                                                                around */
    odd = _mm512_add_epi16(_mm512_mullo_epi16(odd, d), m);
    /* high ? odd : even >> 8 */
    return _mm512_ternarylogic_epi32(high, odd, _mm512_srli_epi16(even, 8), 0xca);
}

/* Unpacks one block of one panel into its half of a group. */
NN_INLINE void unpack_block(const struct nn_matrix *m, const uint8_t *panel, int b,
                            const struct block_scales *s, __m512 inverse, int stride, uint8_t *to,
                            enum nn_type type)
{
    __m512i d = twice(_mm512_mul_ps(s->d, inverse));
    __m512i bias = twice(_mm512_fmadd_ps(s->m, inverse, _mm512_set1_ps(128.0f * 256 + 128)));

    NN_UNROLL
    for (int q = 0; q < 8; q++) {
        _mm_prefetch(panel + (size_t)b * (size_t)nn_block_bytes(type) + 64 * q + AHEAD,
                     _MM_HINT_T0);
        _mm512_store_si512(to + q * stride, rescale(raw_quad(m, panel, b, q, type), d, bias, type));
    }
}

/* Largest magnitude that blocks begin .. end - 1 of each row can hold. */
NN_INLINE __m512 largest_of(const struct nn_matrix *m, const uint8_t *panel, int begin, int end,
                            enum nn_type type)
{
    __m512 top = _mm512_setzero_ps();

    for (int b = begin; b < end; b++)
        top = _mm512_max_ps(top, scales_of(m, panel, b, type).top);
    return top;
}

NN_INLINE void unpack_panel(const struct nn_matrix *m, const uint8_t *panel, int p, int n_panels,
                            struct nn_panels to, enum nn_type type)
{
    const struct nn_groups groups = groups_of(m, 1);
    const int of_group = groups.cols / NN_BLOCK;
    const int stride = 64 * n_panels;
    uint8_t *w = to.w + 64 * p;

    for (int g = 0; g < groups.n; g++) {
        int end = (g + 1) * of_group < m->blocks ? (g + 1) * of_group : m->blocks;
        __m512 top = largest_of(m, panel, g * of_group, end, type);
        /* 255/256 of the range, so that rounding does not carry out of the byte */
        __m512 inverse =
            _mm512_maskz_div_ps(_mm512_cmp_ps_mask(top, _mm512_set1_ps(1e-30f), _CMP_GT_OQ),
                                _mm512_set1_ps(127.0f * 255.0f), top);

        for (int b = g * of_group; b < end; b++, w += 8 * stride) {
            struct block_scales s = scales_of(m, panel, b, type);

            unpack_block(m, panel, b, &s, inverse, stride, w, type);
        }
        for (int b = end; b < (g + 1) * of_group; b++) {
            for (int q = 0; q < 8; q++, w += stride)
                _mm512_store_si512(w, _mm512_set1_epi8((char)128));
        }
        _mm512_store_ps(to.scale + (g * n_panels + p) * NN_PANEL,
                        _mm512_mul_ps(top, _mm512_set1_ps(256 / (127.0f * 255))));
    }
}

void nn_avx512_unpack_8(const struct nn_matrix *m, int panel, int n_panels, void *scratch)
{
    struct nn_panels to = panels_at(m, scratch, 1);

    for (int p = 0; p < n_panels; p++) {
        const uint8_t *from = nn_panel(m, panel + p);

        switch (m->type) {
        case NN_Q4_0:
            unpack_panel(m, from, p, n_panels, to, NN_Q4_0);
            break;
        case NN_Q4_1:
            unpack_panel(m, from, p, n_panels, to, NN_Q4_1);
            break;
        case NN_Q5_0:
            unpack_panel(m, from, p, n_panels, to, NN_Q5_0);
            break;
        case NN_Q5_1:
            unpack_panel(m, from, p, n_panels, to, NN_Q5_1);
            break;
        default:
            unpack_panel(m, from, p, n_panels, to, NN_Q8_0);
            break;
        }
    }
}

/* ---- f16 into 16 bits --------------------------------------------------------------------- */

/* Largest magnitude of each row over `count` columns; halves compare like integers. */
NN_INLINE __m512 largest_half(const uint8_t *from, int count)
{
    __m512i top = _mm512_setzero_si512();
    __m256i both;

    for (int c = 0; c < count; c += 2, from += 64) {
        _mm_prefetch(from + AHEAD, _MM_HINT_T0);
        top = _mm512_max_epu16(
            top, _mm512_and_si512(_mm512_loadu_si512(from), _mm512_set1_epi16(0x7fff)));
    }
    both = _mm256_max_epu16(_mm512_castsi512_si256(top), _mm512_extracti64x4_epi64(top, 1));
    return _mm512_cvtph_ps(both);
}

/* Two columns of 16 rows, scaled: 16-bit pairs, row by row. */
NN_INLINE __m512i pair(__m512 a, __m512 b, __m512 by)
{
    __m512i low = _mm512_cvtps_epi32(_mm512_mul_ps(a, by));
    __m512i high = _mm512_cvtps_epi32(_mm512_mul_ps(b, by));

    return _mm512_mask_blend_epi16(0xaaaaaaaa, low, _mm512_slli_epi32(high, 16));
}

static void unpack_halves(const struct nn_matrix *m, const uint8_t *from, int p, int n_panels,
                          struct nn_panels to)
{
    struct nn_groups groups = groups_of(m, 2);
    uint8_t *w = to.w + 64 * p;

    for (int g = 0; g < groups.n; g++) {
        int left = m->blocks * NN_BLOCK - g * groups.cols;
        int count = left < groups.cols ? left : groups.cols;
        __m512 top = largest_half(from, count);
        __m512 inverse =
            _mm512_maskz_div_ps(_mm512_cmp_ps_mask(top, _mm512_setzero_ps(), _CMP_GT_OQ),
                                _mm512_set1_ps((float)NN_TOP_16), top);

        for (int c = 0; c < count; c += 2, from += 64, w += 64 * n_panels)
            _mm512_store_si512(w, pair(halves(from), halves(from + 32), inverse));
        for (int c = count; c < groups.cols; c += 2, w += 64 * n_panels)
            _mm512_store_si512(w, _mm512_setzero_si512());
        _mm512_store_ps(to.scale + (g * n_panels + p) * NN_PANEL,
                        _mm512_mul_ps(top, _mm512_set1_ps(1.0f / NN_TOP_16)));
    }
}

/* ---- 12 bits into 16 bits ----------------------------------------------------------------- */

/* Pairs of integers times a factor for each row. */
NN_INLINE __m512i scaled_pair(__m512i w, __m512 by)
{
    __m512 a = _mm512_cvtepi32_ps(_mm512_srai_epi32(_mm512_slli_epi32(w, 16), 16));
    __m512 b = _mm512_cvtepi32_ps(_mm512_srai_epi32(w, 16));

    return pair(a, b, by);
}

NN_INLINE void unpack_block_12(const uint8_t *words, __m512 by, int stride, uint8_t *to)
{
    for (int g = 0; g < NN_BLOCK / 8; g++, words += 192) {
        __m512i w[4];

        unpack_12_bits(words, w);
        NN_UNROLL
        for (int k = 0; k < 4; k++, to += stride) {
            _mm_prefetch(words + 64 * k + AHEAD, _MM_HINT_T0);
            _mm512_store_si512(to, scaled_pair(w[k], by));
        }
    }
}

static void unpack_q12(const struct nn_matrix *m, const uint8_t *from, int p, int n_panels,
                       struct nn_panels to)
{
    const struct nn_groups groups = groups_of(m, 2);
    const int of_group = NN_GROUP_16 / NN_BLOCK, stride = 64 * n_panels;
    uint8_t *w = to.w + 64 * p;

    for (int g = 0; g < groups.n; g++) {
        int end = (g + 1) * of_group < m->blocks ? (g + 1) * of_group : m->blocks;
        __m512 top = _mm512_setzero_ps(), inverse;

        for (int b = g * of_group; b < end; b++)
            top = _mm512_max_ps(top, halves(from + m->d + 32 * (size_t)b));
        top = _mm512_mul_ps(top, _mm512_set1_ps(NN_TOP_12)); /* the largest value it can hold */
        inverse = _mm512_maskz_div_ps(_mm512_cmp_ps_mask(top, _mm512_setzero_ps(), _CMP_GT_OQ),
                                      _mm512_set1_ps((float)NN_TOP_16), top);
        for (int b = g * of_group; b < end; b++, w += NN_BLOCK / 2 * stride)
            unpack_block_12(from + (size_t)b * (size_t)nn_block_bytes(NN_Q12),
                            _mm512_mul_ps(halves(from + m->d + 32 * (size_t)b), inverse), stride,
                            w);
        for (int c = end * NN_BLOCK; c < (g + 1) * NN_GROUP_16; c += 2, w += stride)
            _mm512_store_si512(w, _mm512_setzero_si512());
        _mm512_store_ps(to.scale + (g * n_panels + p) * NN_PANEL,
                        _mm512_mul_ps(top, _mm512_set1_ps(1.0f / NN_TOP_16)));
    }
}

void nn_avx512_unpack_16(const struct nn_matrix *m, int panel, int n_panels, void *scratch)
{
    struct nn_panels to = panels_at(m, scratch, 2);

    for (int p = 0; p < n_panels; p++) {
        if (m->type == NN_Q12)
            unpack_q12(m, nn_panel(m, panel + p), p, n_panels, to);
        else
            unpack_halves(m, nn_panel(m, panel + p), p, n_panels, to);
    }
}
