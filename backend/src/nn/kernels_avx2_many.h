/**
 * @file nn/kernels_avx2_many.h  Many rows times quantised weights in 8 bits, AVX2
 *
 * Included by kernels_avx2.c after kernels_generic.h. With AVX-VNNI, vpdpbusd adds four products in
 * 32 bits; 8-bit weights are stored plus 128 for it. Without it, vpmaddubsw adds two products of an
 * unsigned and a signed byte in 16 bits. With weights of at most 15 (4 bits) the sum of all eight
 * quads of a block fits in 16 bits, with at most 31 (5 bits) that of four quads: 8 * 2 * 15 * 127 =
 * 30480, 4 * 2 * 31 * 127 = 31496. So a block costs two instructions for 32 products, and one
 * conversion at its end. 8-bit weights do not fit; for them f32 is as fast.
 *
 * Rows of x are quantised in blocks of 32 (struct xblock), and the weights keep the blocks of the
 * file: y = sum over blocks  s_x d sum n q_x + s_x sum q_x (m - zero d).
 */
#ifndef NN_KERNELS_AVX2_MANY_H
#define NN_KERNELS_AVX2_MANY_H

enum {
#ifdef __AVXVNNI__
    ROWS = 6,                    /* of the register tile: 6 x 16 sums of 32 bits */
    FIVE_BIT_FIT = NN_BLOCK / 4, /* quads of 5-bit weights whose sum fits: all */
#else
    ROWS = 4,         /* 4 x 16 sums of 16 bits, and as many widened ones */
    FIVE_BIT_FIT = 4, /* quads of 5-bit weights whose sum fits 16 bits */
#endif
    BLOCKS_L1 = 24, /* blocks whose weights stay in the L1 cache while all rows are multiplied */
    QUADS = NN_BLOCK / 4,
};

/* A block of a panel, unpacked. */
struct wblock {
    uint8_t n[QUADS][4 * NN_PANEL];
    float d[NN_PANEL];
    float rest[NN_PANEL]; /* m - zero d */
};

static size_t bytes_scratch(const struct nn_matrix *m)
{
    return (size_t)m->blocks * sizeof(struct wblock) * NN_PANELS_MAX;
}

/* Adds 128 to the weights. */
static void make_unsigned(struct wblock *w)
{
    for (int q = 0; q < QUADS; q++) {
        for (int i = 0; i < 4 * NN_PANEL; i++)
            w->n[q][i] ^= 0x80;
    }
    for (int r = 0; r < NN_PANEL; r++)
        w->rest[r] -= 128 * w->d[r];
}

static void bytes_unpack(const struct nn_matrix *m, int panel, int n_panels, void *scratch)
{
    struct wblock *to = scratch;

    for (int p = 0; p < n_panels; p++) {
        for (int b = 0; b < m->blocks; b++, to++) {
            scales_of(m, nn_panel(m, panel + p), b, to->d, to->rest);
            raw_block(m, nn_panel(m, panel + p), b, to->n[0]);
            if (m->type == NN_Q8_0)
                make_unsigned(to);
        }
    }
}

/* The same block, i rows further down; rows are `row` bytes apart. */
static inline const struct xblock *row_of(const struct xblock *x, size_t row, int i)
{
    return (const struct xblock *)(const void *)((const uint8_t *)x + (size_t)i * row);
}

/* Adds products of unsigned and signed bytes: four in 32 bits, or two in 16. */
static inline __m256i add_products(__m256i sum, __m256i u, __m256i s)
{
#ifdef __AVXVNNI__
    return dot8(sum, u, s);
#else
    return _mm256_add_epi16(sum, _mm256_maddubs_epi16(u, s));
#endif
}

/* Widens such sums to 32 bits. */
static inline __m256i widen(__m256i sum)
{
#ifdef __AVXVNNI__
    return sum;
#else
    return _mm256_madd_epi16(sum, _mm256_set1_epi16(1));
#endif
}

/* Sums of quads q .. q + n - 1 of R rows. */
static inline __attribute__((always_inline)) void bytes_dot(const struct wblock *w,
                                                            const struct xblock *x, size_t row,
                                                            int q, const int n,
                                                            __m256i sum[ROWS][2], const int R)
{
    for (int i = 0; i < R; i++)
        sum[i][0] = sum[i][1] = _mm256_setzero_si256();
    NN_UNROLL
    for (int k = q; k < q + n; k++) {
        __m256i lo = _mm256_loadu_si256((const __m256i *)(const void *)w->n[k]);
        __m256i hi = _mm256_loadu_si256((const __m256i *)(const void *)(w->n[k] + 32));

        NN_UNROLL
        for (int i = 0; i < R; i++) {
            __m256i four = same_for_all(row_of(x, row, i)->q + 4 * k);

            sum[i][0] = add_products(sum[i][0], lo, four);
            sum[i][1] = add_products(sum[i][1], hi, four);
        }
    }
}

/* One block of R rows, added to y[R][width]. */
static inline __attribute__((always_inline)) void bytes_block(const struct wblock *w,
                                                              const struct xblock *x, size_t row,
                                                              float *y, int width, bool first,
                                                              const int fit, const int R)
{
    __m256i whole[ROWS][2];

    for (int q = 0; q < QUADS; q += fit) {
        __m256i sum[ROWS][2];

        bytes_dot(w, x, row, q, fit, sum, R);
        NN_UNROLL
        for (int i = 0; i < R; i++) {
            for (int v = 0; v < 2; v++) {
                __m256i wide = widen(sum[i][v]);

                whole[i][v] = q ? _mm256_add_epi32(whole[i][v], wide) : wide;
            }
        }
    }
    NN_UNROLL
    for (int i = 0; i < R; i++) {
        const struct xblock *xb = row_of(x, row, i);

        for (int v = 0; v < 2; v++) {
            float *to = y + i * width + 8 * v;
            __m256 d = _mm256_mul_ps(_mm256_loadu_ps(w->d + 8 * v), _mm256_set1_ps(xb->scale));
            __m256 sum = first ? _mm256_setzero_ps() : _mm256_loadu_ps(to);

            sum = _mm256_fmadd_ps(_mm256_loadu_ps(w->rest + 8 * v), _mm256_set1_ps(xb->sum), sum);
            _mm256_storeu_ps(to, _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole[i][v]), d, sum));
        }
    }
}

/* Blocks begin .. end - 1 of one panel times all rows. */
static inline __attribute__((always_inline)) void bytes_rows(const struct wblock *w,
                                                             const struct xblock *x, size_t row,
                                                             int begin, int end, int n, float *y,
                                                             int width, const int fit)
{
    for (; n >= ROWS; n -= ROWS, x = row_of(x, row, ROWS), y += ROWS * width) {
        for (int b = begin; b < end; b++)
            bytes_block(w + b, x + b, row, y, width, b == 0, fit, ROWS);
    }
    for (; n > 0; n--, x = row_of(x, row, 1), y += width) {
        for (int b = begin; b < end; b++)
            bytes_block(w + b, x + b, row, y, width, b == 0, fit, 1);
    }
}

static void bytes_multiply(const struct nn_matrix *m, int panel, int n_panels, const void *scratch,
                           const void *rows, int n, float *tile, const struct nn_ahead *ahead)
{
    size_t row = i8_row_bytes(m);
    bool five = m->type == NN_Q5_0 || m->type == NN_Q5_1;

    (void)panel;
    (void)ahead;
    for (int p = 0; p < n_panels; p++) {
        const struct wblock *w = (const struct wblock *)scratch + (size_t)p * (size_t)m->blocks;
        float *y = tile + p * NN_PANEL;

        for (int b = 0; b < m->blocks; b += BLOCKS_L1) {
            int end = b + BLOCKS_L1 < m->blocks ? b + BLOCKS_L1 : m->blocks;

            if (five)
                bytes_rows(w, rows, row, b, end, n, y, n_panels * NN_PANEL, FIVE_BIT_FIT);
            else
                bytes_rows(w, rows, row, b, end, n, y, n_panels * NN_PANEL, QUADS);
        }
    }
}

static const struct nn_product many_bytes = {
    .arithmetic = "int8",
    .row_bytes = i8_row_bytes,
    .prepare = i8_prepare,
    .scratch_bytes = bytes_scratch,
    .unpack = bytes_unpack,
    .multiply = bytes_multiply,
};

static const struct nn_product *many_avx2(enum nn_type type)
{
#ifdef __AVXVNNI__
    bool fits = type != NN_F32 && type != NN_F16 && type != NN_Q12;
#else
    bool fits = type == NN_Q4_0 || type == NN_Q4_1 || type == NN_Q5_0 || type == NN_Q5_1;
#endif

    return fits ? &many_bytes : many(type);
}

#endif
