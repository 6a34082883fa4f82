/**
 * @file test/unit/audio/mel.c  Bands of hearing, against the definition in double precision
 */
#include "cmocka_all.h"

#include "audio/mel.h"
#include "support/sound.h"

#include <math.h>
#include <uv.h>

enum { FRAMES = 5, SAMPLES = MEL_HOP * (FRAMES - 1) + MEL_FRAME };

static double to_scale(double hz)
{
    return hz < 1000 ? hz * 3 / 200 : 15 + log(hz / 1000) * 27 / log(6.4);
}

static double to_hertz(double step)
{
    return step < 15 ? step * 200 / 3 : 1000 * exp((step - 15) * log(6.4) / 27);
}

static double bin_power(const float *pcm, int bin)
{
    double re = 0, im = 0;

    for (int i = 0; i < MEL_FRAME; i++) {
        double x = (double)pcm[i] * (0.5 - 0.5 * cos(2 * M_PI * i / MEL_FRAME));

        re += x * cos(2 * M_PI * i * bin / MEL_FRAME);
        im += x * sin(2 * M_PI * i * bin / MEL_FRAME);
    }
    return re * re + im * im;
}

static double band_power(const float *pcm, int bands, int band)
{
    double step = to_scale(8000) / (bands + 1), sum = 0;
    double low = to_hertz(step * band), mid = to_hertz(step * (band + 1)),
           high = to_hertz(step * (band + 2));

    for (int bin = 0; bin < MEL_BINS; bin++) {
        double hz = 40.0 * bin;
        double w = fmin((hz - low) / (mid - low), (high - hz) / (high - mid));

        if (w > 0)
            sum += w * 2 / (high - low) * bin_power(pcm, bin);
    }
    return sum;
}

static void test_bands_follow_their_definition(void **state)
{
    static const int counts[] = {40, 80};
    int16_t pcm[SAMPLES] = {0};
    float x[SAMPLES], out[FRAMES * MEL_BANDS_MAX];

    (void)state;
    sound_voice(pcm, SAMPLES, -20, 7);
    for (int i = 0; i < SAMPLES; i++)
        x[i] = (float)pcm[i] / 32768;
    for (int k = 0; k < 2; k++) {
        struct mel_bank *bank = NULL;

        assert_int_equal(mel_bank_open(&bank, counts[k]), 0);
        mel_frames(bank, x, FRAMES, out);
        for (int i = 0; i < FRAMES; i++) {
            for (int band = 0; band < counts[k]; band += 7) {
                double right = band_power(x + MEL_HOP * i, counts[k], band);

                assert_true(fabs((double)out[i * counts[k] + band] - right) <= 1e-4 * right + 1e-9);
            }
        }
        mel_bank_close(bank);
    }
}

static void test_too_many_bands_are_refused(void **state)
{
    struct mel_bank *bank = NULL;

    (void)state;
    assert_int_equal(mel_bank_open(&bank, 0), UV_EINVAL);
    assert_int_equal(mel_bank_open(&bank, MEL_BANDS_MAX + 1), UV_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bands_follow_their_definition),
        cmocka_unit_test(test_too_many_bands_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
