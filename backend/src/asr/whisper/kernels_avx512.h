/**
 * @file asr/whisper/kernels_avx512.h  What the AVX-512 files share
 *
 * Private to kernels_avx512*.c, all compiled with the flags listed in meson.build and entered only
 * after wk_isa_avx512vnni.usable().
 */
#ifndef ASR_WHISPER_KERNELS_AVX512_H
#define ASR_WHISPER_KERNELS_AVX512_H

#include "asr/whisper/kernels_isa.h"

#include <immintrin.h>
#include <string.h>

#define WK_INLINE static inline __attribute__((always_inline))

extern const struct wk_self_kind wk_avx512_self;            /* kernels_avx512_self.c */
const struct wk_product *wk_avx512_few(enum wk_type type);  /* kernels_avx512_few.c */
const struct wk_product *wk_avx512_many(enum wk_type type); /* kernels_avx512_many.c */
extern const struct wk_product wk_avx512_f32;               /* kernels_avx512_f32.c */

/*
 * Integers of the many-row path, in groups of columns that share a scale; `bytes` is 1 or 2.
 *
 *     a row    the integers of all groups, then a struct wk_group_x each
 *     panels   [group][step][panel][64 bytes], a step being the columns of 4 bytes of one row;
 *              then scales [group][panel][16]
 *
 * 8 bits: at most WK_GROUP_8 columns a group, as equal as multiples of WK_GROUP allow; weights
 * are stored plus 128; rows start their sums from -128 times their own sum.
 * 16 bits: WK_GROUP columns a group; both signed, at most WK_TOP_16 large, so that 64 products
 * never leave 32 bits.
 */
enum {
    WK_GROUP = 64,
    WK_GROUP_8 = 256,
    WK_TOP_16 = 5792,
};

/* How the columns of a matrix are divided. */
struct wk_groups {
    int n, cols;
};

struct wk_group_x {
    float scale;
    int32_t start;
};

struct wk_panels {
    uint8_t *w;
    float *scale;
};

/* kernels_avx512_unpack.c */
int wk_avx512_part_8(const struct wk_matrix *m);
void wk_avx512_prepare_part_8(const struct wk_matrix *m, const float *x, int part, void *row);
void wk_avx512_prepare_8(const struct wk_matrix *m, const float *x, void *row);
void wk_avx512_prepare_16(const struct wk_matrix *m, const float *x, void *row);
void wk_avx512_row_16(const float *x, int cols, void *row); /* cols alone decide the groups */
void wk_avx512_unpack_8(const struct wk_matrix *m, int panel, int n_panels, void *scratch);
void wk_avx512_unpack_16(const struct wk_matrix *m, int panel, int n_panels, void *scratch);

WK_INLINE struct wk_groups groups_of(const struct wk_matrix *m, const int bytes)
{
    const int most = bytes == 1 ? WK_GROUP_8 : WK_GROUP;
    struct wk_groups g = {.n = (m->blocks * WK_BLOCK + most - 1) / most};

    g.cols = (m->blocks * WK_BLOCK + g.n - 1) / g.n;
    g.cols = (g.cols + WK_GROUP - 1) / WK_GROUP * WK_GROUP;
    return g;
}

WK_INLINE struct wk_panels panels_at(const struct wk_matrix *m, void *scratch, const int bytes)
{
    struct wk_groups g = groups_of(m, bytes);
    size_t count = (size_t)(g.n * g.cols) * WK_PANEL * WK_PANELS_MAX;

    return (struct wk_panels){scratch,
                              (float *)(void *)((uint8_t *)scratch + count * (size_t)bytes)};
}

WK_INLINE __m512 halves(const void *p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}

/* sum += four products a lane of unsigned u and signed s bytes. In assembly because gcc 12 moves
 * the sums from register to register around the intrinsic. */
WK_INLINE void dot8(__m512i *sum, __m512i u, __m512i s)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(*sum) : "v"(u), "v"(s));
}

/* v in a register of its own: gcc 12 carries sums that start alike from register to register. */
WK_INLINE __m512i apart(__m512i v)
{
    __asm__("" : "+v"(v));
    return v;
}

/* sum += two products a lane of signed 16-bit integers. */
WK_INLINE void dot16(__m512i *sum, __m512i a, __m512i b)
{
    __asm__("vpdpwssd %2, %1, %0" : "+v"(*sum) : "v"(a), "v"(b));
}

/* Fetch a line that will be written: it need not be asked for again then. */
WK_INLINE void fetch_to_write(const void *p)
{
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)p));
}

WK_INLINE int32_t load32(const void *p)
{
    int32_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

/*
 * exp(x) to about 2e-7 relative for x <= 88; 0 below -87. Range reduction to |r| <= ln(2)/2 and a
 * polynomial of degree 6 (Taylor coefficients, remainder below 1e-8 there).
 */
WK_INLINE __m512 exp_ps(__m512 x)
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

/* 1 / x to 1e-7 for normal x below 2^125: an estimate of 14 bits and one step of Newton's. */
WK_INLINE __m512 inverse_ps(__m512 x)
{
    __m512 y = _mm512_rcp14_ps(x);

    return _mm512_mul_ps(y, _mm512_fnmadd_ps(x, y, _mm512_set1_ps(2.0f)));
}

/* 2^x to 3e-6: a polynomial (Taylor's, scaled by ln 2) on |r| <= 1/2. */
WK_INLINE __m512 power_ps(__m512 x)
{
    __m512 n = _mm512_roundscale_ps(x, 0);
    __m512 r = _mm512_sub_ps(x, n);
    __m512 p = _mm512_set1_ps(1.3333558e-3f);

    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(9.6181291e-3f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.5504109e-2f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(2.4022651e-1f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(6.9314718e-1f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(p, n);
}

/* GELU, tanh form: x * sigmoid(2 u) = x / (1 + exp(-2 u)), u = sqrt(2/pi) (x + 0.044715 x^3). */
WK_INLINE __m512 gelu_ps(__m512 x)
{
    const float by = -2 * 0.79788456f * 1.44269504f; /* in units of ln 2 */
    __m512 u = _mm512_mul_ps(x, _mm512_fmadd_ps(_mm512_mul_ps(x, x), _mm512_set1_ps(by * 0.044715f),
                                                _mm512_set1_ps(by)));
    __m512 e =
        power_ps(_mm512_max_ps(_mm512_min_ps(u, _mm512_set1_ps(115.0f)), _mm512_set1_ps(-30.0f)));

    return _mm512_mul_ps(x, inverse_ps(_mm512_add_ps(e, _mm512_set1_ps(1.0f))));
}

/* 16 x 16 values of 32 bits: v[i] lane j becomes v[j] lane i. */
WK_INLINE void transpose_16(__m512i v[16])
{
    __m512i t[16];

    WK_UNROLL
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
    WK_UNROLL
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

WK_INLINE __mmask16 lanes(int n)
{
    return n >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << n) - 1);
}

#endif
