/**
 * @file test/unit/audio/fft.c  Power spectra beside the sum they are defined by
 */
#include "cmocka_all.h"

#include "audio/fft.h"

#include <math.h>
#include <stdint.h>
#include <uv.h>

static float noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (float)(int32_t)*seed / 2147483648.0f;
}

/* |X[k]|^2 by the definition, in double. */
static double power_at(const float *x, int n, int k)
{
    double re = 0, im = 0;

    for (int i = 0; i < n; i++) {
        double angle = 2 * M_PI * (double)((int64_t)i * k % n) / n;

        re += x[i] * cos(angle);
        im -= x[i] * sin(angle);
    }
    return re * re + im * im;
}

static void every_length_and_lane_is_the_transform(void **state)
{
    static const int lengths[] = {4,  8,   10,  16,  20,  32,  40,  50,  64,
                                  80, 100, 160, 200, 256, 320, 400, 500, 512};
    static float x[FFT_LANES][FFT_MAX];
    static fft_vec packed[FFT_MAX], power[FFT_MAX / 2 + 1];
    uint32_t seed = 7;

    (void)state;
    for (size_t l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++) {
        struct fft_plan plan;
        int n = lengths[l];

        assert_int_equal(fft_plan_init(&plan, n), 0);
        for (int lane = 0; lane < FFT_LANES; lane++)
            for (int i = 0; i < n; i++)
                packed[i][lane] = x[lane][i] = noise(&seed);
        fft_power(&plan, packed, power);
        for (int lane = 0; lane < FFT_LANES; lane++)
            for (int k = 0; k <= n / 2; k++)
                assert_true(fabs(power[k][lane] - power_at(x[lane], n, k)) < 1e-4 * n);
    }
}

static void other_lengths_are_refused(void **state)
{
    struct fft_plan plan;

    (void)state;
    assert_int_equal(fft_plan_init(&plan, 0), UV_EINVAL);
    assert_int_equal(fft_plan_init(&plan, 2), UV_EINVAL);
    assert_int_equal(fft_plan_init(&plan, 401), UV_EINVAL);
    assert_int_equal(fft_plan_init(&plan, 6 * 64), UV_EINVAL);
    assert_int_equal(fft_plan_init(&plan, 1024), UV_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_and_lane_is_the_transform),
        cmocka_unit_test(other_lengths_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
