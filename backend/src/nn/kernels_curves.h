/**
 * @file nn/kernels_curves.h  Activation curves to f32 precision, for every instruction set
 *
 * Included by each kernels_*.c that fills a struct nn_isa, so that vectors are as wide as that
 * file's flags allow. Errors are about 1e-7 of the largest value of the curve.
 *
 * GELU here is the exact one (with erf), which networks exported from PyTorch use; Whisper's layers
 * use the tanh form, inside nn_linear().
 */
#ifndef NN_KERNELS_CURVES_H
#define NN_KERNELS_CURVES_H

#include "nn/kernels_isa.h"

#include <string.h>

#if defined(__AVX512F__)
#define CURVE_LANES 16
#elif defined(__AVX__)
#define CURVE_LANES 8
#else
#define CURVE_LANES 4
#endif

typedef float curve_floats __attribute__((vector_size(4 * CURVE_LANES), aligned(4), may_alias));
typedef int32_t curve_ints __attribute__((vector_size(4 * CURVE_LANES), aligned(4), may_alias));

/* exp(x) for x <= 0; below -87 the value at -87, so that no result is denormal. Cody and Waite's
 * reduction in two steps, then a Taylor polynomial of degree 6 over +-ln(2)/2. */
static inline curve_floats curve_exp(curve_floats x)
{
    const curve_floats zero = {0};
    const float to_integer = 12582912.0f; /* 1.5 * 2^23: adding it rounds */
    curve_ints low = x < zero - 87.0f;
    curve_floats n, r, p, two;
    curve_ints bits;

    x = (curve_floats)((curve_ints)(zero - 87.0f) & low) + (curve_floats)((curve_ints)x & ~low);
    n = (x * 1.44269504f + to_integer) - to_integer;
    r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    p = r * (1.0f / 720) + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    bits = (__builtin_convertvector(n, curve_ints) + 127) << 23;
    memcpy(&two, &bits, sizeof(two));
    return p * two;
}

static inline curve_floats curve_abs(curve_floats x)
{
    return (curve_floats)((curve_ints)x & 0x7fffffff);
}

static inline curve_floats curve_sign_of(curve_floats size, curve_floats sign)
{
    return (curve_floats)((curve_ints)size | ((curve_ints)sign & (int32_t)0x80000000));
}

/* 1 / (1 + e^-x) */
static inline curve_floats curve_sigmoid(curve_floats x)
{
    curve_floats e = curve_exp(-curve_abs(x)), small = e / (1.0f + e);
    curve_ints right = x > (curve_floats){0};

    return (curve_floats)((curve_ints)(1.0f - small) & right) +
           (curve_floats)((curve_ints)small & ~right);
}

static inline curve_floats curve_tanh(curve_floats x)
{
    curve_floats e = curve_exp(-2.0f * curve_abs(x));

    return curve_sign_of((1.0f - e) / (1.0f + e), x);
}

/* x (1 + erf(x / sqrt 2)) / 2; erf by Abramowitz and Stegun, 7.1.26 (off by 1.5e-7 at most). */
static inline curve_floats curve_gelu(curve_floats x)
{
    curve_floats a = curve_abs(x) * 0.70710678f;
    curve_floats t = 1.0f / (1.0f + 0.3275911f * a);
    curve_floats p = 1.061405429f * t - 1.453152027f;
    curve_floats erf;

    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    erf = curve_sign_of(1.0f - p * t * curve_exp(-a * a), x);
    return 0.5f * x * (1.0f + erf);
}

static inline curve_floats curve_relu(curve_floats x)
{
    return (curve_floats)((curve_ints)x & (x > (curve_floats){0}));
}

#define CURVE(name)                                                                                \
    static void curve_##name##_all(float *x, size_t count)                                         \
    {                                                                                              \
        size_t i = 0;                                                                              \
                                                                                                   \
        for (; i + CURVE_LANES <= count; i += CURVE_LANES)                                         \
            *(curve_floats *)(x + i) = curve_##name(*(curve_floats *)(x + i));                     \
        if (i < count) {                                                                           \
            curve_floats v = {0};                                                                  \
                                                                                                   \
            memcpy(&v, x + i, (count - i) * sizeof(float));                                        \
            v = curve_##name(v);                                                                   \
            memcpy(x + i, &v, (count - i) * sizeof(float));                                        \
        }                                                                                          \
    }
CURVE(sigmoid)
CURVE(tanh)
CURVE(gelu)
CURVE(relu)
#undef CURVE

static void curve(enum nn_curve which, float *x, size_t count)
{
    switch (which) {
    case NN_SIGMOID:
        curve_sigmoid_all(x, count);
        break;
    case NN_TANH:
        curve_tanh_all(x, count);
        break;
    case NN_GELU:
        curve_gelu_all(x, count);
        break;
    case NN_RELU:
        curve_relu_all(x, count);
        break;
    }
}

/* The gates are four runs of `size` numbers; c is the cell state: see nn_lstm_run(). */
static void lstm_cell(const float *gates, size_t size, float *h, float *c)
{
    for (size_t i = 0; i < size; i += CURVE_LANES) {
        curve_floats keep = curve_sigmoid(*(const curve_floats *)(gates + size + i));
        curve_floats take = curve_sigmoid(*(const curve_floats *)(gates + i));
        curve_floats news = curve_tanh(*(const curve_floats *)(gates + 2 * size + i));
        curve_floats show = curve_sigmoid(*(const curve_floats *)(gates + 3 * size + i));
        curve_floats cell = keep * *(curve_floats *)(c + i) + take * news;

        *(curve_floats *)(c + i) = cell;
        *(curve_floats *)(h + i) = show * curve_tanh(cell);
    }
}

#endif
