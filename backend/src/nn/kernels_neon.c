/**
 * @file nn/kernels_neon.c  64-bit Arm with the dot-product extension (2018 and later)
 *
 * Processors without it run the plain kernels.
 */
#include "nn/kernels_curves.h"
#include "nn/kernels_isa.h"

#include <arm_neon.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>

#define GENERIC_LANES   4
#define GENERIC_KEEP(v) "+w"(v)

static inline void halves_to_floats(const uint16_t *from, float *to)
{
    for (int i = 0; i < 16; i += 4)
        vst1q_f32(to + i, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from + i))));
}

/* Raw quants are at most 31, or signed: signed products serve both. */
static inline void dot_quads(const uint8_t *w, const int8_t *x, int32_t *sums, enum nn_type type)
{
    (void)type;
    for (int r = 0; r < 16; r += 4, sums += 4) {
        int32x4_t sum = vld1q_s32(sums);

        for (int q = 0; q < 8; q++) {
            int32_t quad;

            __builtin_memcpy(&quad, x + 4 * q, sizeof(quad));
            sum = vdotq_s32(sum, vreinterpretq_s8_u8(vld1q_u8(w + 64 * q + 4 * r)),
                            vreinterpretq_s8_s32(vdupq_n_s32(quad)));
        }
        vst1q_s32(sums, sum);
    }
}

/* sum += products of four rows and two columns; the weights are the top 12 bits of words. */
static inline int32x4_t add_pairs(int32x4_t sum, int16x8_t words, const int16_t *x)
{
    int16x8_t w = vshrq_n_s16(words, 4), two;
    int32_t pair;

    __builtin_memcpy(&pair, x, sizeof(pair));
    two = vreinterpretq_s16_s32(vdupq_n_s32(pair));
    return vaddq_s32(
        sum, vpaddq_s32(vmull_s16(vget_low_s16(w), vget_low_s16(two)), vmull_high_s16(w, two)));
}

static inline void dot_q12(const uint8_t *words, const int16_t *x, int32_t *sums)
{
    for (int r = 0; r < 16; r += 4) {
        int32x4_t sum = vdupq_n_s32(0);

        for (int g = 0; g < 4; g++) {
            int16x8_t w[3], last;

            for (int k = 0; k < 3; k++) {
                w[k] = vreinterpretq_s16_u8(vld1q_u8(words + 192 * g + 64 * k + 4 * r));
                sum = add_pairs(sum, w[k], x + 8 * g + 2 * k);
            }
            last = vorrq_s16(vandq_s16(vshlq_n_s16(w[1], 8), vdupq_n_s16(0xf00)),
                             vandq_s16(vshlq_n_s16(w[2], 4), vdupq_n_s16(0xf0)));
            sum = add_pairs(sum, vorrq_s16(vshlq_n_s16(w[0], 12), last), x + 8 * g + 6);
        }
        vst1q_s32(sums + r, sum);
    }
}

#include "nn/kernels_generic.h"

static bool usable(void)
{
    return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
}

static void to_halves(const float *x, uint16_t *y, int count)
{
    int i = 0;

    for (; i + 4 <= count; i += 4)
        vst1_u16(y + i, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(x + i))));
    for (; i < count; i++)
        vst1_lane_u16(y + i, vreinterpret_u16_f16(vcvt_f16_f32(vdupq_n_f32(x[i]))), 0);
}

static double peak_int8(long rounds)
{
    int32x4_t sum[12];
    int8x16_t a = vdupq_n_s8(1);

    for (int k = 0; k < 12; k++)
        sum[k] = vdupq_n_s32(0);
    for (long i = 0; i < rounds; i++) {
        NN_UNROLL
        for (int k = 0; k < 12; k++) {
            sum[k] = vdotq_s32(sum[k], a, a);
            __asm__ volatile("" : "+w"(sum[k]), "+w"(a));
        }
    }
    return (double)rounds * 12 * 16 * 2;
}

const struct nn_isa nn_isa_neon = {
    .name = "neon",
    .usable = usable,
    .few = few,
    .many = many,
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
