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
void wk_avx512_prepare_8(const struct wk_matrix *m, const float *x, void *row);
void wk_avx512_prepare_16(const struct wk_matrix *m, const float *x, void *row);
void wk_avx512_row_16(const float *x, int cols, void *row); /* cols alone decide the groups */
void wk_avx512_unpack_8(const struct wk_matrix *m, int panel, int n_panels, void *scratch);
void wk_avx512_unpack_16(const struct wk_matrix *m, int panel, int n_panels, void *scratch);

WK_INLINE size_t align64(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

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

/* sum += two products a lane of signed 16-bit integers. */
WK_INLINE void dot16(__m512i *sum, __m512i a, __m512i b)
{
    __asm__("vpdpwssd %2, %1, %0" : "+v"(*sum) : "v"(a), "v"(b));
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

/* GELU, tanh form: x * sigmoid(2 u) = x / (1 + exp(-2 u)), u = sqrt(2/pi) (x + 0.044715 x^3). */
WK_INLINE __m512 gelu_ps(__m512 x)
{
    __m512 x2 = _mm512_mul_ps(x, x);
    __m512 u = _mm512_mul_ps(x, _mm512_fmadd_ps(x2, _mm512_set1_ps(-2 * 0.79788456f * 0.044715f),
                                                _mm512_set1_ps(-2 * 0.79788456f)));
    __m512 e = exp_ps(_mm512_min_ps(u, _mm512_set1_ps(80.0f)));

    return _mm512_div_ps(x, _mm512_add_ps(e, _mm512_set1_ps(1.0f)));
}

WK_INLINE __mmask16 lanes(int n)
{
    return n >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << n) - 1);
}

#endif
