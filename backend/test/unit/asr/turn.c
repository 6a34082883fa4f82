/**
 * @file test/unit/asr/turn.c  The networks of turns against recorded numbers of the published ones
 *
 * Recorded with onnxruntime on six clips: shared/nn/turn. The tolerances are those of f32 sums in
 * another order; where attention works in 16-bit integers, or weights are kept in f16, p is off by
 * up to 2e-3.
 */
#include "cmocka_all.h"

#include "asr/turn/silero.h"
#include "asr/turn/smart_turn.h"
#include "base/clock.h"
#include "nn/nn.h"
#include "nn/weights.h"
#include "support/kit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const clips[] = {"0-jfk",           "1-fliteslt__q11", "2-librivox_0880",
                                    "3-librivox_0920", "4-espkgb__q05",   "5-zeros"};
enum { CLIPS = sizeof(clips) / sizeof(clips[0]) };

static struct nn *nn;

static int open_kernels(void **state)
{
    (void)state;
    return nn_open(&nn, 1, NULL, NULL);
}

static int close_kernels(void **state)
{
    (void)state;
    nn_close(nn);
    return 0;
}

static bool open_clip(int i, struct kit_golden *g, int16_t **pcm, size_t *n)
{
    char name[256];

    snprintf(name, sizeof(name), "nn/turn/golden/%s.gold", clips[i]);
    if (!kit_has(kit_path(name)))
        return false;
    assert_true(kit_golden_open(g, kit_path(name)));
    snprintf(name, sizeof(name), "nn/turn/golden/%s.wav", clips[i]);
    *pcm = kit_wav(kit_path(name), n);
    assert_non_null(*pcm);
    return true;
}

static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void test_voice_activity_equals_the_published_network(void **state)
{
    struct silero_model *m = NULL;
    struct errbuf err = {""};

    (void)state;
    if (!kit_has(kit_weights("vad.onnx")))
        skip();
    assert_int_equal(silero_load(&m, kit_weights("vad.onnx"), nn, &err), 0);
    for (int i = 0; i < CLIPS; i++) {
        struct kit_golden g;
        int16_t *pcm;
        size_t n, steps;
        struct silero s;
        float *p;
        double from;

        if (!open_clip(i, &g, &pcm, &n))
            skip();
        steps = (n + SILERO_WINDOW - 1) / SILERO_WINDOW;
        p = calloc(steps, sizeof(*p));
        silero_reset(&s);
        from = cpu_ms();
        for (size_t t = 0; t < steps; t++) {
            float x[SILERO_WINDOW] = {0};

            for (size_t k = 0; k < SILERO_WINDOW && t * SILERO_WINDOW + k < n; k++)
                x[k] = (float)pcm[t * SILERO_WINDOW + k] / 32768;
            p[t] = silero_step(m, nn, &s, x);
        }
        printf("# %s: %zu windows, off by %.1e, %.3f ms each\n", clips[i], steps,
               (double)kit_difference(&g, "vad", p, steps), (cpu_ms() - from) / (double)steps);
        assert_true(kit_difference(&g, "vad", p, steps) < 2e-5f);
        free(p);
        free(pcm);
        kit_golden_close(&g);
    }
    silero_unload(m);
}

/* Golden features are kept as [bands][some frames]. */
static float features_off(const struct kit_golden *g, const float *mel)
{
    const struct nn_tensor *t = nn_weights_find(g->w, "features");
    size_t frames = t ? SMART_TURN_FRAMES : SMART_TURN_FRAMES / 25 + 1;
    float *x = malloc(frames * SMART_TURN_MELS * sizeof(float)), off;

    for (size_t band = 0; band < SMART_TURN_MELS; band++) {
        for (size_t i = 0; i < frames; i++) {
            size_t at = t ? i : i + 1 < frames ? 25 * i : SMART_TURN_FRAMES - 1;

            x[band * frames + i] = mel[at * SMART_TURN_MELS + band];
        }
    }
    off = kit_difference(g, t ? "features" : "features.some", x, frames * SMART_TURN_MELS);
    free(x);
    return off;
}

static void compare_ends(const struct smart_turn_model *m, struct nn *with, float tolerance)
{
    static float mel[SMART_TURN_FRAMES * SMART_TURN_MELS];

    for (int i = 0; i < CLIPS; i++) {
        struct kit_golden g;
        int16_t *pcm;
        size_t n;
        float p = -1;
        double from;

        if (!open_clip(i, &g, &pcm, &n))
            skip();
        assert_int_equal(smart_turn_features(m, pcm, n, mel), 0);
        from = cpu_ms();
        assert_int_equal(smart_turn_probability(m, with, pcm, n, &p), 0);
        printf("# %s: p %.5f off by %.1e, features by %.1e, %.1f ms\n", clips[i], (double)p,
               (double)kit_difference(&g, "p", &p, 1), (double)features_off(&g, mel),
               cpu_ms() - from);
        assert_true(features_off(&g, mel) < 1e-4f);
        assert_true(kit_difference(&g, "p", &p, 1) < tolerance);
        free(pcm);
        kit_golden_close(&g);
    }
}

static void test_ends_of_turns_equal_the_published_network(void **state)
{
    struct smart_turn_model *m = NULL;
    struct errbuf err = {""};

    (void)state;
    if (!kit_has(kit_weights("turn.onnx")))
        skip();
    if (smart_turn_load(&m, kit_weights("turn.onnx"), nn, false, &err))
        fail_msg("%s", err.text);
    compare_ends(m, nn, 3e-3f);
    smart_turn_unload(m);
}

/* With weights and attention in f32. */
static void test_ends_of_turns_are_exact_in_f32(void **state)
{
    struct smart_turn_model *m = NULL;
    struct nn *avx2 = NULL;

    (void)state;
    if (!kit_has(kit_weights("turn.onnx")) || nn_open(&avx2, 1, "avx2", NULL))
        skip();
    assert_int_equal(smart_turn_load(&m, kit_weights("turn.onnx"), avx2, true, NULL), 0);
    compare_ends(m, avx2, 2e-5f);
    smart_turn_unload(m);
    nn_close(avx2);
}

static void test_another_file_is_refused_with_a_sentence(void **state)
{
    struct smart_turn_model *turn = NULL;
    struct silero_model *vad = NULL;
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(silero_load(&vad, "/nowhere/vad.onnx", nn, &err), UV_ENOENT);
    assert_non_null(strstr(err.text, "/nowhere/vad.onnx"));
    if (!kit_has(kit_weights("vad.onnx")) || !kit_has(kit_weights("turn.onnx")))
        skip();
    assert_int_equal(silero_load(&vad, kit_weights("turn.onnx"), nn, &err), UV_EINVAL);
    assert_non_null(strstr(err.text, "model.stft"));
    assert_int_equal(smart_turn_load(&turn, kit_weights("vad.onnx"), nn, false, &err), UV_EINVAL);
    assert_non_null(err.text[0] ? err.text : NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_voice_activity_equals_the_published_network),
        cmocka_unit_test(test_ends_of_turns_equal_the_published_network),
        cmocka_unit_test(test_ends_of_turns_are_exact_in_f32),
        cmocka_unit_test(test_another_file_is_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, open_kernels, close_kernels);
}
