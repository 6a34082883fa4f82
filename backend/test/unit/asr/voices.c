/**
 * @file test/unit/asr/voices.c  The speaker encoder against recorded numbers, and who is told from
 * whom
 */
#include "cmocka_all.h"

#include "asr/voices/encoder.h"
#include "nn/nn.h"
#include "support/kit.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void test_voices_equal_the_published_network(void **state)
{
    struct voice_encoder *e = NULL;
    struct errbuf err = {""};
    struct nn *nn = NULL;
    const char *name;
    json_t *golden, *numbers;

    (void)state;
    if (!kit_has(kit_weights("voices.pt")) || !kit_has(kit_path("nn/voices/golden.json")))
        skip();
    assert_int_equal(nn_open(&nn, 1, NULL, NULL), 0);
    if (voice_encoder_load(&e, kit_weights("voices.pt"), nn, &err))
        fail_msg("%s", err.text);
    golden = json_load_file(kit_path("nn/voices/golden.json"), 0, NULL);
    assert_non_null(golden);
    json_object_foreach(golden, name, numbers)
    {
        float voice[VOICE_DIMENSIONS], worst = 0;
        char path[256];
        int16_t *pcm;
        double from;
        size_t n;

        snprintf(path, sizeof(path), "speech/%s", name);
        pcm = kit_wav(kit_path(path), &n);
        assert_non_null(pcm);
        from = cpu_ms();
        assert_int_equal(voice_encode(e, nn, pcm, n, voice), 0);
        from = cpu_ms() - from;
        for (size_t i = 0; i < VOICE_DIMENSIONS; i++) {
            float right = (float)json_real_value(json_array_get(numbers, i));

            worst = fabsf(voice[i] - right) <= worst ? worst : fabsf(voice[i] - right);
        }
        printf("# %s: %.1f s, off by %.1e, %.1f ms\n", name, (double)n / 16000, (double)worst,
               from);
        assert_true(worst < 1e-5f);
        assert_true(fabsf(voice_alike(voice, voice) - 1) < 1e-5f);
        free(pcm);
    }
    json_decref(golden);
    voice_encoder_unload(e);
    nn_close(nn);
}

static void test_another_file_is_refused_with_a_sentence(void **state)
{
    struct voice_encoder *e = NULL;
    struct errbuf err = {""};
    struct nn *nn = NULL;

    (void)state;
    assert_int_equal(nn_open(&nn, 1, "plain", NULL), 0);
    assert_int_equal(voice_encoder_load(&e, "/nowhere/voices.pt", nn, &err), UV_ENOENT);
    if (!kit_has(kit_weights("vad.onnx")))
        skip();
    assert_int_equal(voice_encoder_load(&e, kit_weights("vad.onnx"), nn, &err), UV_EINVAL);
    nn_close(nn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_voices_equal_the_published_network),
        cmocka_unit_test(test_another_file_is_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
