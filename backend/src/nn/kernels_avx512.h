/**
 * @file nn/kernels_avx512.h  What the AVX-512 files share
 *
 * Private to kernels_avx512*.c, all compiled with the flags listed in meson.build and entered only
 * after nn_isa_avx512vnni.usable().
 */
#ifndef NN_KERNELS_AVX512_H
#define NN_KERNELS_AVX512_H

#include "nn/kernels_isa.h"

#include <immintrin.h>
#include <string.h>

#define NN_INLINE static inline __attribute__((always_inline))

extern const struct nn_self_kind nn_avx512_self;            /* kernels_avx512_self.c */
const struct nn_product *nn_avx512_few(enum nn_type type);  /* kernels_avx512_few.c */
const struct nn_product *nn_avx512_many(enum nn_type type); /* kernels_avx512_many.c */
extern const struct nn_product nn_avx512_f32;               /* kernels_avx512_f32.c */

/*
 * Integers of the many-row path, in groups of columns that share one scale; `bytes` is 1 or 2.
 *
 *     a row    the integers of all groups, then a struct nn_group_x for each
 *     panels   [group][step][panel][64 bytes], a step being the columns of 4 bytes of one row;
 *              then scales [group][panel][16]
 *
 * 8 bits: at most NN_GROUP_8 columns a group; weights are stored plus 128, so the sum of a row
 * starts from -128 times the sum of its own integers.
 * 16 bits: NN_GROUP_16 columns a group; both signed, with magnitudes of at most NN_TOP_16, so that
 * 128 products never overflow 32 bits.
 */
enum {
    NN_GROUP = 64, /* what groups are made of */
    NN_GROUP_8 = 512,
    NN_GROUP_16 = 128,
    NN_TOP_16 = 4095,
};

/* How the columns of a matrix are divided into groups. */
struct nn_groups {
    int n, cols;
};

struct nn_group_x {
    float scale;
    int32_t start;
};

struct nn_panels {
    uint8_t *w;
    float *scale;
};

/* kernels_avx512_unpack.c */
void nn_avx512_prepare_8(const struct nn_matrix *m, const float *x, size_t ldx, int n, int part,
                         void *rows);
void nn_avx512_prepare_16(const struct nn_matrix *m, const float *x, size_t ldx, int n, int part,
                          void *rows);
void nn_avx512_unpack_8(const struct nn_matrix *m, int panel, int n_panels, void *scratch);
void nn_avx512_unpack_16(const struct nn_matrix *m, int panel, int n_panels, void *scratch);

/* 8 bits: the widest groups of equal size, of which there is an even number, so that two threads
 * share them well. */
NN_INLINE struct nn_groups groups_of(const struct nn_matrix *m, const int bytes)
{
    int all = (m->blocks * NN_BLOCK + NN_GROUP - 1) / NN_GROUP;
    int of = NN_GROUP_8 / NN_GROUP;

    if (bytes == 2)
        return (struct nn_groups){(all + 1) / 2, NN_GROUP_16};
    if (all <= of)
        return (struct nn_groups){1, all * NN_GROUP};
    while (of > 4 && all % (2 * of) != 0)
        of--;
    return (struct nn_groups){(all + of - 1) / of, of * NN_GROUP};
}

NN_INLINE size_t int_row_bytes(struct nn_groups g, const int bytes)
{
    return align64((size_t)g.n * ((size_t)(g.cols * bytes) + sizeof(struct nn_group_x)));
}

NN_INLINE struct nn_panels panels_at(const struct nn_matrix *m, void *scratch, const int bytes)
{
    struct nn_groups g = groups_of(m, bytes);
    size_t count = (size_t)(g.n * g.cols) * NN_PANEL * NN_PANELS_MAX;

    return (struct nn_panels){scratch,
                              (float *)(void *)((uint8_t *)scratch + count * (size_t)bytes)};
}

/* True for types whose weights are d n + m. */
NN_INLINE bool has_min(enum nn_type type)
{
    return type == NN_Q4_1 || type == NN_Q5_1;
}

NN_INLINE __m512 halves(const void *p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}

/* sum += four products per lane of unsigned bytes u and signed bytes s. In assembly because gcc 12
 * moves the sums from register to register around the intrinsic. */
NN_INLINE void dot8(__m512i *sum, __m512i u, __m512i s)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(*sum) : "v"(u), "v"(s));
}

/* Four bytes of a row that every lane is multiplied by. */
struct quad {
    char bytes[4];
};

/* As dot8, with the same four bytes in all lanes. */
NN_INLINE void dot8_of(__m512i *sum, __m512i u, const int8_t *s)
{
    __asm__("vpdpbusd %2%{1to16%}, %1, %0"
            : "+v"(*sum)
            : "v"(u), "m"(*(const struct quad *)(const void *)s));
}

/* Unpacks eight columns of 16 rows of 12-bit weights into four vectors of 16-bit pairs. */
NN_INLINE void unpack_12_bits(const uint8_t *from, __m512i w[4])
{
    __m512i a = _mm512_loadu_si512(from), b = _mm512_loadu_si512(from + 64);
    __m512i c = _mm512_loadu_si512(from + 128), last = _mm512_slli_epi16(a, 12);

    last =
        _mm512_or_si512(last, _mm512_and_si512(_mm512_slli_epi16(b, 8), _mm512_set1_epi16(0xf00)));
    last =
        _mm512_or_si512(last, _mm512_and_si512(_mm512_slli_epi16(c, 4), _mm512_set1_epi16(0xf0)));
    w[0] = _mm512_srai_epi16(a, 4);
    w[1] = _mm512_srai_epi16(b, 4);
    w[2] = _mm512_srai_epi16(c, 4);
    w[3] = _mm512_srai_epi16(last, 4);
}

/* Puts v into a register of its own: gcc 12 copies sums that start with the same value between
 * registers. */
NN_INLINE __m512i apart(__m512i v)
{
    __asm__("" : "+v"(v));
    return v;
}

/* sum += two products per lane of signed 16-bit integers. */
NN_INLINE void dot16(__m512i *sum, __m512i a, __m512i b)
{
    __asm__("vpdpwssd %2, %1, %0" : "+v"(*sum) : "v"(a), "v"(b));
}

/* As dot16, with the same pair in all lanes. */
NN_INLINE void dot16_of(__m512i *sum, __m512i a, const int16_t *b)
{
    __asm__("vpdpwssd %2%{1to16%}, %1, %0"
            : "+v"(*sum)
            : "v"(a), "m"(*(const struct quad *)(const void *)b));
}

/* Prefetch a line for writing, so that it need not be requested again. */
NN_INLINE void fetch_to_write(const void *p)
{
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)p));
}

NN_INLINE int32_t load32(const void *p)
{
    int32_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

/*
 * exp(x) to about 2e-7 relative for x <= 88; 0 below -87. Range reduction to |r| <= ln(2)/2 and a
 * polynomial of degree 6 (Taylor coefficients, remainder below 1e-8 there).
 */
NN_INLINE __m512 exp_ps(__m512 x)
{
    __m512 lo = _mm512_max_ps(x, _mm512_set1_ps(-104.0f));
    __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(lo, _mm512_set1_ps(1.44269504f)), 0);
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), lo);
    __m512 p = _mm512_set1_ps(1.0f / 720);

    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 120));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 24));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 6));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(p, n);
}

/* 16 x 16 values of 32 bits: v[i] lane j becomes v[j] lane i. */
NN_INLINE void transpose_16(__m512i v[16])
{
    __m512i t[16];

    NN_UNROLL
    for (int i = 0; i < 16; i += 4) { /* 4 x 4 blocks within the quarters */
        __m512i a = _mm512_unpacklo_epi32(v[i], v[i + 1]),
                b = _mm512_unpackhi_epi32(v[i], v[i + 1]);
        __m512i c = _mm512_unpacklo_epi32(v[i + 2], v[i + 3]);
        __m512i d = _mm512_unpackhi_epi32(v[i + 2], v[i + 3]);

        t[i] = _mm512_unpacklo_epi64(a, c);
        t[i + 1] = _mm512_unpackhi_epi64(a, c);
        t[i + 2] = _mm512_unpacklo_epi64(b, d);
        t[i + 3] = _mm512_unpackhi_epi64(b, d);
    }
    NN_UNROLL
    for (int i = 0; i < 4; i++) { /* then the quarters */
        __m512i a = _mm512_shuffle_i32x4(t[i], t[i + 4], 0x88);
        __m512i b = _mm512_shuffle_i32x4(t[i], t[i + 4], 0xdd);
        __m512i c = _mm512_shuffle_i32x4(t[i + 8], t[i + 12], 0x88);
        __m512i d = _mm512_shuffle_i32x4(t[i + 8], t[i + 12], 0xdd);

        v[i] = _mm512_shuffle_i32x4(a, c, 0x88);
        v[i + 8] = _mm512_shuffle_i32x4(a, c, 0xdd);
        v[i + 4] = _mm512_shuffle_i32x4(b, d, 0x88);
        v[i + 12] = _mm512_shuffle_i32x4(b, d, 0xdd);
    }
}

NN_INLINE __m512 either(__m512 a, __m512 b, const bool largest)
{
    return largest ? _mm512_max_ps(a, b) : _mm512_add_ps(a, b);
}

/* The largest lane or the sum of each of four vectors: the result for v[i] fills quarter i. */
NN_INLINE __m512 fold(const __m512 v[4], const bool largest)
{
    __m512 a = either(_mm512_shuffle_f32x4(v[0], v[1], 0x44),
                      _mm512_shuffle_f32x4(v[0], v[1], 0xee), largest);
    __m512 b = either(_mm512_shuffle_f32x4(v[2], v[3], 0x44),
                      _mm512_shuffle_f32x4(v[2], v[3], 0xee), largest);

    a = either(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd), largest);
    a = either(a, _mm512_permute_ps(a, 0xb1), largest);
    return either(a, _mm512_permute_ps(a, 0x4e), largest);
}

/* Stores one value of each quarter. */
NN_INLINE void store_quarters(float *to, __m512 v)
{
    const __m512i first = _mm512_setr_epi32(0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);

    _mm_storeu_ps(to, _mm512_castps512_ps128(_mm512_permutexvar_ps(first, v)));
}

/* Stores 16 values as 16-bit integers. */
NN_INLINE void put_16(void *to, __m512 v)
{
    _mm256_storeu_si256((__m256i *)to, _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(v)));
}

NN_INLINE __mmask16 lanes(int n)
{
    return n >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << n) - 1);
}

#endif
