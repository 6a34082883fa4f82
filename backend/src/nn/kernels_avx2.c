/**
 * @file nn/kernels_avx2.c  AVX2 with FMA and F16C: most x86 processors since 2013
 *
 * Few rows are multiplied in 8 bits, and so are many rows by 4- and 5-bit weights
 * (kernels_avx2_many.h); the rest in f32: without VNNI, byte products that need 32-bit sums take
 * three instructions, where f32 takes one for half as many products.
 *
 * Compiled a second time for processors with AVX-VNNI (those since 2021 without AVX-512): one
 * instruction adds four products, and 8-bit weights are multiplied in 8 bits too.
 */
#include "nn/kernels_curves.h"
#include "nn/kernels_isa.h"

#include <cpuid.h>
#include <immintrin.h>

#define GENERIC_LANES   8
#define GENERIC_KEEP(v) "+x"(v)

static inline void halves_to_floats(const uint16_t *from, float *to)
{
    const __m128i *x = (const __m128i *)(const void *)from;

    _mm256_storeu_ps(to, _mm256_cvtph_ps(_mm_loadu_si128(x)));
    _mm256_storeu_ps(to + 8, _mm256_cvtph_ps(_mm_loadu_si128(x + 1)));
}

/* Broadcasts four bytes of x, which are four or two values, to all lanes. */
static inline __m256i same_for_all(const void *x)
{
    int32_t four;

    __builtin_memcpy(&four, x, sizeof(four));
    return _mm256_set1_epi32(four);
}

/* sum += four products per lane of unsigned bytes u and signed bytes s. Without VNNI the sum of two
 * products must fit 16 bits, which it does if u is at most 128. */
static inline __m256i dot8(__m256i sum, __m256i u, __m256i s)
{
#ifdef __AVXVNNI__
    return _mm256_dpbusd_avx_epi32(sum, u, s);
#else
    return _mm256_add_epi32(sum,
                            _mm256_madd_epi16(_mm256_maddubs_epi16(u, s), _mm256_set1_epi16(1)));
#endif
}

/* Eight rows. */
static inline __m256i dot_half(const uint8_t *w, const int8_t *x, enum nn_type type)
{
    __m256i sum = _mm256_setzero_si256();

    for (int q = 0; q < 8; q++, w += 64, x += 4) {
        __m256i raw = _mm256_loadu_si256((const __m256i *)(const void *)w);
        __m256i four = same_for_all(x);

        if (type == NN_Q8_0) {
            four = _mm256_sign_epi8(four, raw);
            raw = _mm256_abs_epi8(raw);
        }
        sum = dot8(sum, raw, four);
    }
    return sum;
}

static inline void dot_quads(const uint8_t *w, const int8_t *x, int32_t *sums, enum nn_type type)
{
    __m256i *to = (__m256i *)(void *)sums;

    for (int half = 0; half < 2; half++)
        _mm256_storeu_si256(to + half, _mm256_add_epi32(_mm256_loadu_si256(to + half),
                                                        dot_half(w + 32 * half, x, type)));
}

/* sum += products of eight rows and eight columns of 12-bit weights. */
static inline __m256i dot_eight(__m256i sum, const uint8_t *words, const int16_t *x)
{
    __m256i w[4];

    for (int k = 0; k < 3; k++)
        w[k] = _mm256_loadu_si256((const __m256i *)(const void *)(words + 64 * k));
    w[3] = _mm256_or_si256(
        _mm256_slli_epi16(w[0], 12),
        _mm256_or_si256(_mm256_and_si256(_mm256_slli_epi16(w[1], 8), _mm256_set1_epi16(0xf00)),
                        _mm256_and_si256(_mm256_slli_epi16(w[2], 4), _mm256_set1_epi16(0xf0))));
    for (int k = 0; k < 4; k++)
        sum = _mm256_add_epi32(
            sum, _mm256_madd_epi16(_mm256_srai_epi16(w[k], 4), same_for_all(x + 2 * k)));
    return sum;
}

static inline void dot_q12(const uint8_t *words, const int16_t *x, int32_t *sums)
{
    for (int half = 0; half < 2; half++) {
        __m256i sum = _mm256_setzero_si256();

        for (int g = 0; g < 4; g++)
            sum = dot_eight(sum, words + 192 * g + 32 * half, x + 8 * g);
        _mm256_storeu_si256((__m256i *)(void *)sums + half, sum);
    }
}

#include "nn/kernels_generic.h"

#include "nn/kernels_avx2_many.h"

enum { AVX_VNNI = 1 << 4 }; /* CPUID leaf 7, sub-leaf 1, EAX */

static bool usable(void)
{
    unsigned a, b, c, d;

    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
        !__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_F16C))
        return false;
#ifdef __AVXVNNI__
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & AVX_VNNI);
#else
    return true;
#endif
}

static void to_halves(const float *x, uint16_t *y, int count)
{
    int i = 0;

    for (; i + 8 <= count; i += 8)
        _mm_storeu_si128((__m128i *)(void *)(y + i), _mm256_cvtps_ph(_mm256_loadu_ps(x + i), 0));
    for (; i < count; i++)
        y[i] = (uint16_t)_cvtss_sh(x[i], 0);
}

static double peak_int8(long rounds)
{
    __m256i sum[12], a = _mm256_set1_epi8(1);

    NN_UNROLL
    for (int k = 0; k < 12; k++) /* if not unrolled, the sums would be kept in memory */
        sum[k] = _mm256_setzero_si256();
    for (long i = 0; i < rounds; i++) {
        NN_UNROLL
        for (int k = 0; k < 12; k++) {
            sum[k] = dot8(sum[k], a, a);
            __asm__ volatile("" : "+x"(sum[k]), "+x"(a));
        }
    }
    return (double)rounds * 12 * 32 * 2;
}

#ifdef __AVXVNNI__
#define THIS nn_isa_avxvnni
#define NAME "avxvnni"
#else
#define THIS nn_isa_avx2
#define NAME "avx2"
#endif

const struct nn_isa THIS = {
    .name = NAME,
    .usable = usable,
    .few = few,
    .many = many_avx2,
    .finish = finish,
    .layer_norm = layer_norm,
    .head = head,
    .self = &self,
    .to_halves = to_halves,
    .sum_exp = sum_exp,
    .curve = curve,
    .lstm_cell = lstm_cell,
    .peak_f32 = peak_f32,
    .peak_int8 = peak_int8,
    .read = read_all,
};
