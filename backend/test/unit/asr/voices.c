/**
 * @file test/unit/asr/voices.c  The speaker encoder against recorded numbers, and who is told from
 * whom
 */
#include "cmocka_all.h"

#include "asr/speakers.h"
#include "asr/voices/book.h"
#include "asr/voices/people.h"
#include "asr/voices/phrase.h"
#include "nn/nn.h"
#include "support/kit.h"
#include "support/sound.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static void test_a_voice_is_read_back_as_it_was_written(void **state)
{
    float voice[VOICE_DIMENSIONS], back[VOICE_DIMENSIONS];
    char text[VOICE_TEXT_MAX];

    (void)state;
    voice_at(voice, 3, 0.3f, 200);
    voice_write(voice, text);
    assert_true(voice_read(text, back));
    assert_memory_equal(voice, back, sizeof(voice));
    text[20] = 'x';
    assert_false(voice_read(text, back));
    voice[3] = 2; /* no length of 1 */
    voice_write(voice, text);
    assert_false(voice_read(text, back));
    assert_false(voice_read("", back));
    assert_false(voice_read("othernet/1:", back));
}

static void test_the_speech_of_a_phrase_is_taken_without_its_pauses(void **state)
{
    enum { S = 16000 };
    int16_t *pcm = calloc(12 * S, sizeof(*pcm)), *speech = calloc(VOICE_PHRASE_MOST, sizeof(*pcm));
    size_t n;

    (void)state;
    assert_int_equal(voice_phrase(pcm, 12 * S, speech, VOICE_PHRASE_MOST), 0);
    sound_voice(pcm + 2 * S, 2 * S, -25, 1);
    sound_voice(pcm + 7 * S, 3 * S, -25, 2);
    n = voice_phrase(pcm, 12 * S, speech, VOICE_PHRASE_MOST);
    assert_in_range(n, 5 * S, 5 * S + S / 2);
    sound_voice(pcm, 12 * S, -25, 1);
    assert_int_equal(voice_phrase(pcm, 12 * S, speech, VOICE_PHRASE_MOST), VOICE_PHRASE_MOST);
    free(pcm);
    free(speech);
}

static void clip_at(struct people_clip *clip, int axis, float like, int other, uint32_t ms)
{
    voice_at(clip->voice, axis, like, other);
    clip->ms = ms;
}

static void test_people_are_numbered_as_they_appear(void **state)
{
    struct people_clip clips[7] = {{{0}, 0}};
    int who[7] = {9, 9, 9, 9, 9, 9, 9};

    (void)state;
    clip_at(&clips[0], 5, 0.3f, 100, 0);    /* too short, and like nobody */
    clip_at(&clips[1], 0, 0.95f, 10, 3000); /* one */
    clip_at(&clips[2], 1, 0.95f, 11, 3000); /* another */
    clip_at(&clips[3], 0, 0.9f, 12, 2000);
    clip_at(&clips[4], 1, 0.95f, 13, 0); /* too short, and like the second */
    clip_at(&clips[5], 2, 1, 3, 1500);
    clip_at(&clips[6], 0, 0.9f, 14, 9000);
    assert_int_equal(people_group(clips, 7, who), 0);
    assert_int_equal(who[0], 0);
    assert_int_equal(who[1], 1);
    assert_int_equal(who[2], 2);
    assert_int_equal(who[3], 1);
    assert_int_equal(who[4], 2);
    assert_int_equal(who[5], 3);
    assert_int_equal(who[6], 1);
    assert_int_equal(people_group(clips, 0, who), 0);
    assert_int_equal(people_group(clips, PEOPLE_CLIPS_MAX + 1, who), UV_E2BIG);
}

/* In whatever order they come, the groups are the same. */
static void test_the_order_of_clips_changes_no_group(void **state)
{
    enum { N = 60 };
    static struct people_clip clips[N];
    int who[N];

    (void)state;
    for (int i = 0; i < N; i++)
        clip_at(&clips[i], i * 7 % 4, 0.92f, 10 + i, 1000 + (uint32_t)(i * 37 % 5) * 1000);
    assert_int_equal(people_group(clips, N, who), 0);
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < i; k++)
            assert_int_equal(who[i] == who[k], i * 7 % 4 == k * 7 % 4);
    }
}

/* Two people in turn, each with the same words again, and a segment of which there is no sound. */
static void test_segments_say_who_speaks(void **state)
{
    enum { MS = 16, PIECE = 2000, N = PIECE * MS };
    static const char *const clips[] = {"speech/goforward.wav", "speech/fliteslt__q11.wav"};
    static int16_t samples[4 * N];
    struct transcript_segment segments[5] = {{0}};
    struct transcript t = {.segments = segments, .segment_count = 5};
    struct errbuf why = {""};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int16_t *pcm;
        size_t n;

        if (!kit_has(kit_path(clips[i])) || !kit_has(kit_weights("voices.pt")))
            skip();
        pcm = kit_wav(kit_path(clips[i]), &n);
        assert_non_null(pcm);
        assert_true(n >= N);
        memcpy(samples + i * N, pcm, N * sizeof(*pcm));
        memcpy(samples + (2 + i) * N, pcm, N * sizeof(*pcm));
        free(pcm);
    }
    for (uint64_t i = 0; i < 5; i++) {
        segments[i].start_ms = i * PIECE;
        segments[i].end_ms = (i + 1) * PIECE; /* of the last there is nothing */
    }
    if (transcript_speakers(&t, kit_weights("voices.pt"), samples, 4 * N, &why))
        fail_msg("%s", why.text);
    assert_true(t.speakers);
    assert_int_equal(segments[0].speaker, 1);
    assert_int_equal(segments[1].speaker, 2);
    assert_int_equal(segments[2].speaker, 1);
    assert_int_equal(segments[3].speaker, 2);
    assert_int_equal(segments[4].speaker, 0);
}

static void test_without_the_network_a_transcript_stays_as_it_was(void **state)
{
    static const int16_t samples[16];
    struct transcript_segment segment = {.end_ms = 1, .speaker = 7};
    struct transcript t = {.segments = &segment, .segment_count = 1};
    struct errbuf why = {""};

    (void)state;
    assert_int_equal(transcript_speakers(&t, "/nowhere/voices.pt", samples, 16, &why), UV_ENOENT);
    assert_non_null(strstr(why.text, "interviewd models get voices"));
    assert_false(t.speakers);
    assert_int_equal(segment.speaker, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_voices_equal_the_published_network),
        cmocka_unit_test(test_nobody_is_judged_before_the_candidate_is_known),
        cmocka_unit_test(test_voices_are_learned_as_they_speak),
        cmocka_unit_test(test_an_interviewer_in_the_candidates_microphone_is_not_learned),
        cmocka_unit_test(test_a_voice_is_read_back_as_it_was_written),
        cmocka_unit_test(test_the_speech_of_a_phrase_is_taken_without_its_pauses),
        cmocka_unit_test(test_people_are_numbered_as_they_appear),
        cmocka_unit_test(test_the_order_of_clips_changes_no_group),
        cmocka_unit_test(test_segments_say_who_speaks),
        cmocka_unit_test(test_without_the_network_a_transcript_stays_as_it_was),
        cmocka_unit_test(test_another_file_is_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
