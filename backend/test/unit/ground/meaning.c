/**
 * @file test/unit/ground/meaning.c  Pieces of words, and the network of meanings against its papers
 *
 * The list of words is also tried with one of a dozen pieces made here. What needs the published
 * files looks for them in $INTERVIEWD_TEST_MODELS and says so when they are not there.
 */
#include "cmocka_all.h"

#include "ground/grounding.h"
#include "ground/meaning.h"
#include "ground/similar.h"
#include "ground/themes.h"
#include "ground/wordpiece.h"
#include "meaning_golden.h"
#include "support/scratch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IDS = 64, PATH_BYTES = 512 };

static const float ALIKE_MIN = 0.99f; /* what 8 bits may cost */

static const char list[] =
    "{\"model\": {\"vocab\": {\"[PAD]\": 0, \"[UNK]\": 1, \"[CLS]\": 2, \"[SEP]\": 3, \"un\": 4, "
    "\"##able\": 5, \"##a\": 6, \"cafe\": 7, \",\": 8, \"\xe6\x97\xa5\": 9, \"a\": 10}}}";

static char folder[SCRATCH_MAX];

static const char *file_of(const char *text)
{
    const char *path = scratch_path(folder, "words.json");

    scratch_write(path, text);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    scratch_make(folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void check_ids(const struct wordpiece *w, const char *text, const int *expected)
{
    int32_t ids[IDS];
    size_t n = wordpiece_encode(w, text, strlen(text), ids, IDS);
    size_t want = 0;

    while (expected[want])
        want++;
    assert_int_equal(n, want);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(ids[i], expected[i]);
}

static void words_become_their_longest_pieces(void **state)
{
    struct errbuf err = {""};
    struct wordpiece *w = NULL;
    int32_t ids[IDS];

    (void)state;
    assert_int_equal(wordpiece_open(&w, file_of(list), &err), 0);
    check_ids(w, "Unable", (const int[]){2, 4, 5, 3, 0});
    check_ids(w, "una,a", (const int[]){2, 4, 6, 8, 10, 3, 0});
    check_ids(w, "Caf\xc3\xa9\x01", (const int[]){2, 7, 3, 0});
    check_ids(w,
              "unzz \xe6\x97\xa5"
              "a",
              (const int[]){2, 1, 9, 10, 3, 0});
    check_ids(w, "", (const int[]){2, 3, 0});
    assert_int_equal(wordpiece_encode(w, "a a a a a a", 11, ids, 4), 4);
    assert_int_equal(ids[3], 3); /* a text that is cut still ends */
    wordpiece_close(w);
}

static void what_is_no_list_of_words_is_refused_with_a_reason(void **state)
{
    static const char *const wrong[] = {
        "", "[]", "{\"model\": {}}", "{\"model\": {\"vocab\": {\"a\": 0}}}",
        "{\"model\": {\"vocab\": {\"[UNK]\": 9, \"[CLS]\": 1, \"[SEP]\": 2}}}"};
    struct wordpiece *w = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct errbuf err = {""};

        assert_int_equal(wordpiece_open(&w, file_of(wrong[i]), &err), UV_EINVAL);
        assert_non_null(strstr(err.text, "words"));
        assert_null(w);
    }
}

/* ------------------------------------------------------------------------ the published weights */

static bool published(char path[static PATH_BYTES], const char *name)
{
    const char *models = getenv("INTERVIEWD_TEST_MODELS");
    FILE *f;

    snprintf(path, PATH_BYTES, "%s/%s", models ? models : "", name);
    f = models ? fopen(path, "rb") : NULL;
    if (f)
        fclose(f);
    return f != NULL;
}

static void the_network_gives_what_its_papers_say(void **state)
{
    char weights[PATH_BYTES];
    char words[PATH_BYTES];
    struct errbuf err = {""};
    struct meaning_reader *r = NULL;
    struct meaning_text texts[GOLDEN_TEXTS];
    static float points[GOLDEN_TEXTS][MEANING_SIZE];
    struct meaning *m = NULL;
    struct wordpiece *w = NULL;

    (void)state;
    if (!published(weights, "meaning.safetensors") || !published(words, "meaning-words.json")) {
        print_message("skipped: no published weights in $INTERVIEWD_TEST_MODELS\n");
        skip();
    }
    assert_int_equal(wordpiece_open(&w, words, &err), 0);
    assert_int_equal(meaning_open(&m, weights, words, &err), 0);
    assert_int_equal(meaning_reader_open(&r, m, &err), 0);
    for (size_t i = 0; i < GOLDEN_TEXTS; i++) {
        texts[i] = (struct meaning_text){golden[i].text, strlen(golden[i].text)};
        check_ids(w, golden[i].text, golden[i].ids);
    }
    assert_int_equal(meaning_read(r, texts, GOLDEN_TEXTS, points), 0);
    for (size_t i = 0; i < GOLDEN_TEXTS; i++) {
        float dot = 0;
        float ours = 0;
        float theirs = 0;

        for (size_t k = 0; k < GOLDEN_SIZE; k++) {
            float a = points[i][k * GOLDEN_STEP];
            float b = golden[i].point[k] / 1000.0f;

            dot += a * b;
            ours += a * a;
            theirs += b * b;
        }
        assert_true(dot / sqrtf(ours * theirs) >= ALIKE_MIN);
    }
    meaning_reader_close(r);
    meaning_close(m);
    wordpiece_close(w);
}

static void other_weights_are_refused_with_a_reason(void **state)
{
    char words[PATH_BYTES];
    struct errbuf err = {""};
    struct meaning *m = NULL;

    (void)state;
    assert_true(meaning_open(&m, "/no/such/file", "/no/such/list", &err) < 0);
    assert_non_null(strstr(err.text, "/no/such/list"));
    if (!published(words, "meaning-words.json"))
        return;
    assert_true(meaning_open(&m, words, words, &err) < 0);
    assert_null(m);
}

static void a_profile_gets_its_points_in_the_background(void **state)
{
    static const struct grounding_input in = {
        .years_experience = -1,
        .context = "- I repaired the boiler of a school at night.\n- I speak Welsh.\n"};
    struct meaning_text text = {"fixing a heating system", 23};
    struct grounding *g = NULL;
    char path[PATH_BYTES];
    float point[1][MEANING_SIZE];

    (void)state;
    if (!published(path, "meaning.safetensors"))
        skip();
    similar_use(getenv("INTERVIEWD_TEST_MODELS"));
    assert_false(similar_points(&text, 1, point)); /* nothing is loaded yet */
    assert_int_equal(grounding_open(&g, &in), 0);
    similar_index(g, true);
    assert_non_null(grounding_points(g));
    assert_true(similar_points(&text, 1, point));
    assert_true(meaning_alike(grounding_points(g), point[0]) >
                meaning_alike(grounding_points(g) + MEANING_SIZE, point[0]) + 0.2f);
    similar_index(g, false); /* nobody waits for it: close does */
    grounding_free(g);
    similar_close();
    assert_false(similar_points(&text, 1, point));
}

static void every_theme_has_room_for_its_sentences(void **state)
{
    size_t n = 0;

    (void)state;
    for (size_t t = 0; t < themes_count(); t++)
        for (const char *s = theme_told(t); s && *s; s++)
            n += *s == '|' || s == theme_told(t);
    assert_true(n > 40 && n < 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_become_their_longest_pieces),
        cmocka_unit_test(what_is_no_list_of_words_is_refused_with_a_reason),
        cmocka_unit_test(the_network_gives_what_its_papers_say),
        cmocka_unit_test(other_weights_are_refused_with_a_reason),
        cmocka_unit_test(a_profile_gets_its_points_in_the_background),
        cmocka_unit_test(every_theme_has_room_for_its_sentences),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
