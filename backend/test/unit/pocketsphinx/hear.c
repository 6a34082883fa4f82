/**
 * @file test/unit/pocketsphinx/hear.c  The engine on recordings
 *
 * Ceilings on word errors are loose on purpose: the decoder's beam makes a word or two a matter of
 * the last bits of an addition (compiler, instruction set). The figures themselves come from
 * bench/wer. What is caught here is a recogniser that lost its model, its mean or its words.
 */
#include "cmocka_all.h"

#include "asr/engine.h"
#include "support/sanitized.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AUDIO_MAX = 1 << 20, PIECE = 1600, TEXT_BYTES = 1024 };

static const struct asr_engine *engine;
static struct asr_model *model;

static int load(void **state)
{
    struct asr_model_params params = {0};
    struct errbuf err = {""};

    (void)state;
    engine = asr_engine_find("pocketsphinx");
    if (!engine || !engine->available(&params, &err) || engine->load(&model, &params, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    return 0;
}

static int unload(void **state)
{
    (void)state;
    engine->unload(model);
    return 0;
}

static bool read_clip(const char *name, int16_t **pcm, size_t *n)
{
    const char *shared = getenv("INTERVIEWD_TEST_SHARED");
    char path[512];
    FILE *f;

    snprintf(path, sizeof(path), "%s%s/speech/%s",
             shared ? shared : getenv("INTERVIEWD_SOURCE_ROOT"), shared ? "" : "/../shared", name);
    f = fopen(path, "rb");
    if (!f) {
        print_message("skipped: %s is not there\n", path);
        return false;
    }
    *pcm = malloc(AUDIO_MAX);
    assert_non_null(*pcm);
    fseek(f, 44, SEEK_SET);
    *n = fread(*pcm, 2, AUDIO_MAX / 2, f);
    fclose(f);
    return true;
}

static struct asr_stream *open_stream(const struct asr_params *params)
{
    struct asr_stream *st = NULL;
    struct errbuf err = {""};

    if (engine->open(&st, model, params, &err))
        fail_msg("%s", err.text);
    return st;
}

static struct asr_result hear(struct asr_stream *st, const int16_t *pcm, size_t n)
{
    struct asr_result res;
    struct errbuf err;

    assert_int_equal(engine->begin(st, &err), 0);
    for (size_t i = 0; i < n; i += PIECE)
        assert_int_equal(engine->feed(st, pcm + i, n - i < PIECE ? n - i : PIECE, &err), 0);
    assert_int_equal(engine->finish(st, &res, &err), 0);
    return res;
}

/* How many of the words of `said`, each with a space after it, are in the text. */
static int words_found(const char *text, const char *said)
{
    char copy[256];
    int found = 0;

    snprintf(copy, sizeof(copy), "%s", said);
    for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
        found += strstr(text, w) != NULL;
    return found;
}

static void expect_most_of(const char *clip, const char *said, int least)
{
    struct asr_stream *st;
    struct asr_result res;
    int16_t *pcm;
    size_t n;

    if (!read_clip(clip, &pcm, &n))
        return;
    st = open_stream(NULL);
    res = hear(st, pcm, n);
    if (words_found(res.text, said) < least)
        fail_msg("%s: \"%s\"", clip, res.text);
    assert_int_equal(res.stable, strlen(res.text));
    assert_true(res.confidence > 0 && res.confidence <= 1);
    for (size_t i = 0; i < res.word_count; i++) {
        assert_true(res.words[i].start_ms < res.words[i].end_ms);
        assert_true(res.words[i].end_ms <= n / 16 + 50);
        assert_true(!i || res.words[i].start_ms + 50 >= res.words[i - 1].end_ms);
    }
    engine->close(st);
    free(pcm);
}

static void a_question_is_heard(void **state)
{
    (void)state;
    expect_most_of("fliteslt__q12.wav", "Where do you see yourself in five years", 7);
}

static void a_question_in_another_voice_is_heard(void **state)
{
    (void)state;
    expect_most_of("fliterms__q09.wav", "Give me an example of a goal you", 5);
}

static void a_voice_of_formants_is_heard(void **state)
{
    (void)state;
    expect_most_of("espkus__q09.wav", "Give me an example of a goal you failed to reach", 9);
    expect_most_of("espkus__q12.wav", "Where do you see yourself in five years", 6);
}

static void what_is_no_question_is_heard_too(void **state)
{
    (void)state;
    expect_most_of("goforward.wav", "forward ten meters", 2);
}

static void silence_is_an_empty_text(void **state)
{
    static int16_t silence[16000];
    struct asr_stream *st = open_stream(NULL);
    struct asr_result res;

    (void)state;
    res = hear(st, silence, 16000);
    assert_string_equal(res.text, "");
    assert_int_equal(res.word_count, 0);
    res = hear(st, silence, 0);
    assert_string_equal(res.text, "");
    res = hear(st, silence, 37);
    assert_string_equal(res.text, "");
    engine->close(st);
}

static void words_of_a_profile_are_taken_in(void **state)
{
    static const char *const words[] = {"Zyntrix Quorvane", "S3", "the", "", "!!!", "\xc3\xa9"};
    struct asr_params params = {.vocabulary = words, .vocabulary_count = 6};
    struct asr_stream *st = open_stream(&params);
    struct asr_result res;
    int16_t *pcm;
    size_t n;

    (void)state;
    if (read_clip("fliteslt__q12.wav", &pcm, &n)) {
        res = hear(st, pcm, n);
        assert_true(words_found(res.text, "Where do you see yourself in five years") >= 6);
        free(pcm);
    }
    engine->close(st);
}

static void partials_grow_and_their_stable_part_stays(void **state)
{
    struct asr_stream *st;
    struct asr_result res;
    struct errbuf err;
    char kept[TEXT_BYTES] = "";
    int16_t *pcm;
    size_t n, partials = 0;

    (void)state;
    if (!read_clip("fliteslt__q12.wav", &pcm, &n))
        return;
    st = open_stream(NULL);
    assert_int_equal(engine->begin(st, &err), 0);
    for (size_t i = 0; i < n; i += PIECE) {
        assert_int_equal(engine->feed(st, pcm + i, n - i < PIECE ? n - i : PIECE, &err), 0);
        assert_int_equal(engine->partial(st, &res, &err), 0);
        assert_true(res.stable <= strlen(res.text) && res.stable < sizeof(kept));
        partials += res.text[0] != '\0';
        snprintf(kept, sizeof(kept), "%.*s", (int)res.stable, res.text);
    }
    assert_true(partials > 5);
    assert_true(kept[0] != '\0');
    assert_int_equal(engine->finish(st, &res, &err), 0);
    assert_memory_equal(res.text, kept, strlen(kept));
    engine->close(st);
    free(pcm);
}

/* The stable part of this result begins with that of the one before; kept is replaced by it. */
static void expect_kept(const struct asr_result *res, char kept[TEXT_BYTES])
{
    size_t len = strlen(kept);

    if (res->stable < len || strncmp(res->text, kept, len) != 0)
        fail_msg("promised \"%s\", then said \"%s\"", kept, res->text);
    assert_true(res->stable <= strlen(res->text) && res->stable < TEXT_BYTES);
    snprintf(kept, TEXT_BYTES, "%.*s", (int)res->stable, res->text);
}

static void expect_stable_stays(const char *clip)
{
    struct asr_stream *st;
    struct asr_result res;
    struct errbuf err;
    char kept[TEXT_BYTES] = "";
    int16_t *pcm;
    size_t n;

    if (!read_clip(clip, &pcm, &n))
        return;
    st = open_stream(NULL);
    assert_int_equal(engine->begin(st, &err), 0);
    for (size_t i = 0; i < n; i += 2 * PIECE) {
        size_t take = n - i < 2 * PIECE ? n - i : 2 * PIECE;

        assert_int_equal(engine->feed(st, pcm + i, take, &err), 0);
        if (i % (16 * PIECE) == 0)
            assert_int_equal(engine->prefetch_final(st, &err), 0);
        assert_int_equal(engine->partial(st, &res, &err), 0);
        expect_kept(&res, kept);
    }
    assert_int_equal(engine->finish(st, &res, &err), 0);
    expect_kept(&res, kept);
    engine->close(st);
    free(pcm);
}

static void what_a_partial_calls_stable_stays_whatever_is_heard_later(void **state)
{
    static const char *const clips[] = {"jfk.wav", "night_10s_back_down_the_road.wav",
                                        "espkgb__q04.wav", "fliterms__q04.wav"};

    (void)state;
    for (size_t i = SANITIZED ? 3 : 0; i < sizeof(clips) / sizeof(clips[0]); i++)
        expect_stable_stays(clips[i]);
}

static void a_pause_within_an_utterance_loses_nothing(void **state)
{
    struct asr_stream *st;
    struct asr_result res;
    struct errbuf err;
    int16_t *pcm;
    size_t n;

    (void)state;
    if (!read_clip("fliteslt__q12.wav", &pcm, &n))
        return;
    st = open_stream(NULL);
    assert_int_equal(engine->begin(st, &err), 0);
    assert_int_equal(engine->prefetch_final(st, &err), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(engine->feed(st, pcm + i * (n / 4), n / 4, &err), 0);
        assert_int_equal(engine->prefetch_final(st, &err), 0);
        assert_int_equal(engine->partial(st, &res, &err), 0);
    }
    assert_int_equal(engine->finish(st, &res, &err), 0);
    assert_true(words_found(res.text, "Where do you see yourself in five years") >= 7);
    assert_in_range(res.word_count, 7, 9);
    engine->close(st);
    free(pcm);
}

struct hearer {
    const int16_t *pcm;
    size_t n;
    char text[TEXT_BYTES];
};

static void *hear_alone(void *arg)
{
    struct hearer *h = arg;
    struct asr_stream *st = NULL;
    struct asr_result res;
    struct errbuf err;

    if (engine->open(&st, model, NULL, &err) || engine->begin(st, &err) ||
        engine->feed(st, h->pcm, h->n, &err) || engine->finish(st, &res, &err))
        snprintf(h->text, sizeof(h->text), "failed: %s", err.text);
    else
        snprintf(h->text, sizeof(h->text), "%s", res.text);
    engine->close(st);
    return NULL;
}

static void two_streams_hear_at_the_same_time(void **state)
{
    struct hearer h[2] = {{0}};
    pthread_t thread[2];
    int16_t *pcm;
    size_t n;

    (void)state;
    if (!read_clip("goforward.wav", &pcm, &n))
        return;
    for (int i = 0; i < 2; i++) {
        h[i].pcm = pcm;
        h[i].n = n;
        assert_int_equal(pthread_create(&thread[i], NULL, hear_alone, &h[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    assert_true(words_found(h[0].text, "forward ten meters") >= 2);
    assert_string_equal(h[0].text, h[1].text);
    free(pcm);
}

static void other_languages_are_refused_with_a_sentence(void **state)
{
    struct asr_params params = {.language = "fr"};
    struct asr_stream *st = NULL;
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(engine->open(&st, model, &params, &err), UV_ENOTSUP);
    assert_non_null(strstr(err.text, "English"));
    assert_null(st);
}

static void a_folder_without_a_model_is_named(void **state)
{
    struct asr_model_params params = {.path = "/nowhere"};
    struct errbuf err = {""};

    (void)state;
    assert_false(engine->available(&params, &err));
    assert_non_null(strstr(err.text, "/nowhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_is_heard),
        cmocka_unit_test(a_question_in_another_voice_is_heard),
        cmocka_unit_test(a_voice_of_formants_is_heard),
        cmocka_unit_test(what_is_no_question_is_heard_too),
        cmocka_unit_test(silence_is_an_empty_text),
        cmocka_unit_test(words_of_a_profile_are_taken_in),
        cmocka_unit_test(partials_grow_and_their_stable_part_stays),
        cmocka_unit_test(what_a_partial_calls_stable_stays_whatever_is_heard_later),
        cmocka_unit_test(a_pause_within_an_utterance_loses_nothing),
        cmocka_unit_test(two_streams_hear_at_the_same_time),
        cmocka_unit_test(other_languages_are_refused_with_a_sentence),
        cmocka_unit_test(a_folder_without_a_model_is_named),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
