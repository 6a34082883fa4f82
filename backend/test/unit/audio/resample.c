/**
 * @file test/unit/audio/resample.c  Frequency response, delay and arithmetic of the resampler
 */
#include "audio/resample.h"

#include "cmocka_all.h"
#include "support/sanitized.h"

#include <math.h>
#include <stdlib.h>
#include <uv.h>

enum { OUT_MAX = 64000 };

static const int rates[] = {8000,  11025, 12000, 16000, 22050, 24000,  32000,
                            44100, 44099, 48000, 88200, 96000, 176400, 192000};
enum { RATES = sizeof(rates) / sizeof(rates[0]) };

/** One second of a sine through the resampler in pieces of uneven length. */
static size_t run(int rate, int channels, double hz, int16_t *out)
{
    struct resampler *r;
    int16_t *in = calloc((size_t)rate * (size_t)channels, sizeof(*in));
    size_t done = 0, at = 0, piece = 1;

    for (int i = 0; i < rate * channels; i++)
        in[i] = (int16_t)lrint(16000 * sin(2 * M_PI * hz * (i / channels) / rate));
    assert_int_equal(0, resampler_open(&r, rate, channels));
    while (at < (size_t)rate) {
        size_t n = (size_t)rate - at < piece ? (size_t)rate - at : piece;
        size_t got = resampler_feed(r, in + at * (size_t)channels, n, out + done);

        assert_true(got <= resampler_room(r, n));
        done += got;
        at += n;
        piece = piece * 7 % 2003 + 1;
    }
    done += resampler_flush(r, out + done, OUT_MAX - done);
    resampler_close(r);
    free(in);
    return done;
}

/** Amplitude of the frequency in the middle of the output, relative to what went in, [dB]. */
static double gain_db(const int16_t *out, size_t n, double hz)
{
    double re = 0, im = 0;
    size_t from = 2000, to = n - 2000;

    for (size_t i = from; i < to; i++) {
        double w = 1 - cos(2 * M_PI * (double)(i - from) / (double)(to - from));

        re += w * out[i] * cos(2 * M_PI * hz * (double)i / 16000);
        im += w * out[i] * sin(2 * M_PI * hz * (double)i / 16000);
    }
    return 20 * log10(2 * hypot(re, im) / (double)(to - from) / 16000 + 1e-9);
}

static double power_db(const int16_t *out, size_t n)
{
    double sum = 0;

    for (size_t i = 2000; i < n - 2000; i++)
        sum += (double)out[i] * out[i];
    return 10 * log10(2 * sum / (double)(n - 4000) / 16000 / 16000 + 1e-12);
}

static void what_speech_needs_passes_unchanged(void **state)
{
    static int16_t out[OUT_MAX];

    (void)state;
    for (int i = 0; i < RATES; i++) {
        double top = (rates[i] < 16000 ? rates[i] : 16000) / 2.0 * 0.8;

        for (double hz = 100; hz <= top; hz *= SANITIZED ? 5 : 1.7) {
            size_t n = run(rates[i], 1, hz, out);

            if (fabs(gain_db(out, n, hz)) > 0.2)
                fail_msg("%d Hz: %.0f Hz comes out at %.2f dB", rates[i], hz, gain_db(out, n, hz));
        }
    }
}

static void what_does_not_fit_is_taken_away_not_folded_back(void **state)
{
    static int16_t out[OUT_MAX];

    (void)state;
    for (int i = 0; i < RATES; i++) {
        for (double hz = 8900; hz < rates[i] / 2.0; hz *= SANITIZED ? 2 : 1.13) {
            size_t n = run(rates[i], 1, hz, out);

            if (power_db(out, n) > -70)
                fail_msg("%d Hz: %.0f Hz leaves %.1f dB", rates[i], hz, power_db(out, n));
        }
    }
}

static void no_time_is_added_or_lost(void **state)
{
    static int16_t out[OUT_MAX];

    (void)state;
    for (int i = 0; i < RATES; i++) {
        size_t n = run(rates[i], 1, 100, out);
        double re = 0, im = 0;

        assert_in_range(n, 15990, 16010);
        for (size_t k = 1600; k < 14400; k++) {
            re += out[k] * sin(2 * M_PI * 100 * (double)k / 16000);
            im += out[k] * cos(2 * M_PI * 100 * (double)k / 16000);
        }
        assert_true(fabs(atan2(im, re)) < 0.02); /* 30 us at 100 Hz */
    }
}

static void channels_are_averaged(void **state)
{
    static const int16_t in[] = {1000, 3000, -200, 200, 32767, 32767, -32768, -32768};
    int16_t out[16];
    struct resampler *r;

    (void)state;
    assert_int_equal(0, resampler_open(&r, 16000, 2));
    assert_int_equal(4, resampler_feed(r, in, 4, out));
    assert_int_equal(out[0], 2000);
    assert_int_equal(out[1], 0);
    assert_int_equal(out[2], 32767);
    assert_int_equal(out[3], -32768);
    resampler_close(r);
}

static void stereo_at_any_rate_is_as_good_as_mono(void **state)
{
    static int16_t out[OUT_MAX];
    size_t n = run(44100, 2, 1000, out);

    (void)state;
    assert_true(fabs(gain_db(out, n, 1000)) < 0.1);
}

/* A voice on both channels, one of them upside down, and the right way up in between. */
static void a_channel_of_the_opposite_sign_takes_nothing_away(void **state)
{
    enum { N = 48000, PART = 16000 };
    int16_t *in = calloc(N * 2, sizeof(*in)), *out = calloc(N, sizeof(*out));
    struct resampler *r;
    double energy[3] = {0};

    (void)state;
    for (int i = 0; i < N; i++) {
        int16_t left = (int16_t)lrint(8000 * sin(2 * M_PI * 440 * i / 16000.0));

        in[2 * i] = left;
        in[2 * i + 1] = (int16_t)(i / PART == 1 ? left : -left);
    }
    assert_int_equal(0, resampler_open(&r, 16000, 2));
    assert_int_equal(resampler_feed(r, in, N, out), N);
    for (int i = 0; i < N; i++)
        energy[i / PART] += (double)out[i] * out[i] / PART;
    for (int i = 0; i < 3; i++) /* 8000^2 / 2, less what it takes to notice a change */
        assert_in_range(energy[i], 27e6, 34e6);
    resampler_close(r);
    free(in);
    free(out);
}

static void two_voices_on_two_channels_are_both_there(void **state)
{
    enum { N = 32000 };
    int16_t *in = calloc(N * 2, sizeof(*in)), *out = calloc(N, sizeof(*out));
    struct resampler *r;

    (void)state;
    for (int i = 0; i < N; i++) {
        in[2 * i] = (int16_t)lrint(8000 * sin(2 * M_PI * 440 * i / 16000.0));
        in[2 * i + 1] = (int16_t)lrint(8000 * sin(2 * M_PI * 1000 * i / 16000.0));
    }
    assert_int_equal(0, resampler_open(&r, 16000, 2));
    assert_int_equal(resampler_feed(r, in, N, out), N);
    assert_true(fabs(gain_db(out, N, 440) - 20 * log10(4000 / 16000.0)) < 0.5);
    assert_true(fabs(gain_db(out, N, 1000) - 20 * log10(4000 / 16000.0)) < 0.5);
    resampler_close(r);
    free(in);
    free(out);
}

static void rates_outside_the_limits_are_refused(void **state)
{
    struct resampler *r = NULL;

    (void)state;
    assert_int_equal(UV_EINVAL, resampler_open(&r, 7999, 1));
    assert_int_equal(UV_EINVAL, resampler_open(&r, 192001, 1));
    assert_int_equal(UV_EINVAL, resampler_open(&r, 16000, 0));
    assert_int_equal(UV_EINVAL, resampler_open(&r, 16000, 9));
    assert_null(r);
    resampler_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_speech_needs_passes_unchanged),
        cmocka_unit_test(what_does_not_fit_is_taken_away_not_folded_back),
        cmocka_unit_test(no_time_is_added_or_lost),
        cmocka_unit_test(channels_are_averaged),
        cmocka_unit_test(stereo_at_any_rate_is_as_good_as_mono),
        cmocka_unit_test(a_channel_of_the_opposite_sign_takes_nothing_away),
        cmocka_unit_test(two_voices_on_two_channels_are_both_there),
        cmocka_unit_test(rates_outside_the_limits_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
