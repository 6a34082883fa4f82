/**
 * @file test/unit/asr/voices.c  The speaker encoder against recorded numbers, and who is told from
 * whom
 */
#include "cmocka_all.h"

#include "asr/voices/book.h"
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
    if (!kit_has(kit_weights("vad.onnx"))) {
        nn_close(nn);
        skip();
    }
    assert_int_equal(voice_encoder_load(&e, kit_weights("vad.onnx"), nn, &err), UV_EINVAL);
    nn_close(nn);
}

/* A voice of two parts that is like the first axis by so much. */
static void voice_at(float voice[VOICE_DIMENSIONS], int axis, float like, int other)
{
    for (int i = 0; i < VOICE_DIMENSIONS; i++)
        voice[i] = i == axis ? like : i == other ? sqrtf(1 - like * like) : 0;
}

static void test_nobody_is_judged_before_the_candidate_is_known(void **state)
{
    struct voice_book book = {0};
    float voice[VOICE_DIMENSIONS], likeness = 1;

    (void)state;
    voice_at(voice, 0, 1, 1);
    assert_int_equal(voice_judge(&book, voice, 5000, &likeness), VOICE_UNKNOWN);
    assert_true(likeness == 0);
    voice_learn(&book, VOICE_CANDIDATE, voice, VOICE_KNOWN_MS - 1);
    assert_int_equal(voice_judge(&book, voice, 5000, &likeness), VOICE_UNKNOWN);
    voice_learn(&book, VOICE_CANDIDATE, voice, 1);
    assert_int_equal(voice_judge(&book, voice, 5000, &likeness), VOICE_CANDIDATE);
    assert_true(likeness > 0.99f);
}

/* The nearer the two are, the more must be known; a third voice is a second interviewer. */
static void test_voices_are_learned_as_they_speak(void **state)
{
    struct voice_book book = {0};
    float own[VOICE_DIMENSIONS], other[VOICE_DIMENSIONS], between[VOICE_DIMENSIONS],
        third[VOICE_DIMENSIONS], likeness;

    (void)state;
    voice_at(own, 0, 1, 1);
    voice_at(other, 0, 0.75f, 1);
    voice_at(between, 0, 0.81f, 2);
    voice_at(third, 0, 0.5f, 3);
    voice_learn(&book, VOICE_CANDIDATE, own, 4000);
    assert_int_equal(voice_judge(&book, between, 3000, &likeness), VOICE_UNKNOWN);
    assert_int_equal(voice_judge(&book, other, 3000, &likeness), VOICE_INTERVIEWER);
    assert_true(voice_known(&book, VOICE_INTERVIEWER));
    assert_int_equal(voice_judge(&book, other, 1000, &likeness), VOICE_INTERVIEWER);
    assert_true(likeness > 0.99f);
    assert_int_equal(voice_judge(&book, own, 1000, &likeness), VOICE_CANDIDATE);
    assert_int_equal(voice_judge(&book, third, 1000, &likeness), VOICE_UNKNOWN); /* too short */
    assert_int_equal(voice_judge(&book, third, 3000, &likeness), VOICE_INTERVIEWER2);
    assert_int_equal(voice_judge(&book, third, 3000, &likeness), VOICE_INTERVIEWER2);
    assert_string_equal(voice_who_name(VOICE_INTERVIEWER2), "interviewer2");
}

/* Their own microphone teaches the candidate's voice, but not what a loudspeaker says into it. */
static void test_an_interviewer_in_the_candidates_microphone_is_not_learned(void **state)
{
    struct voice_book book = {0};
    float own[VOICE_DIMENSIONS], other[VOICE_DIMENSIONS], likeness;

    (void)state;
    voice_at(own, 0, 1, 1);
    voice_at(other, 0, 0.6f, 1);
    assert_int_equal(voice_hear_own(&book, own, 4000, &likeness), VOICE_CANDIDATE);
    assert_true(likeness == 0);
    voice_learn(&book, VOICE_INTERVIEWER, other, 4000);
    assert_int_equal(voice_hear_own(&book, other, 3000, &likeness), VOICE_INTERVIEWER);
    assert_true(likeness > 0.99f);
    assert_int_equal(book.voices[VOICE_CANDIDATE].ms, 4000);
    assert_int_equal(voice_hear_own(&book, own, 3000, &likeness), VOICE_CANDIDATE);
    assert_int_equal(book.voices[VOICE_CANDIDATE].ms, 7000);
    voice_forget(&book, VOICE_CANDIDATE);
    assert_false(voice_known(&book, VOICE_CANDIDATE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_voices_equal_the_published_network),
        cmocka_unit_test(test_nobody_is_judged_before_the_candidate_is_known),
        cmocka_unit_test(test_voices_are_learned_as_they_speak),
        cmocka_unit_test(test_an_interviewer_in_the_candidates_microphone_is_not_learned),
        cmocka_unit_test(test_another_file_is_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
