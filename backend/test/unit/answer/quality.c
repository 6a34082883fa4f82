/**
 * @file test/unit/answer/quality.c  A better answer scores higher, whatever makes the other worse
 *
 * test/data/interview/stories/pairs.json has pairs of answers to one question, a better one and a
 * worse: invented figures, facts of other stories, denial, the answer to another question, keywords
 * in a row, padding, phrases that fit everything, a stub, and wrong plain facts. With the network
 * of meanings too, where $INTERVIEWD_TEST_MODELS has it.
 */
#include "cmocka_all.h"

#include "answer/claims.h"
#include "answer/quality.h"
#include "ground/similar.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 512, SKILLS = 32, PROFILES = 8, KINDS = 16, PERCENT = 100, PAIRS_MIN = 150 };

struct tally {
    char what[32];
    int right;
    int all;
};

static struct {
    char name[32];
    struct grounding *g;
} profiles[PROFILES];

static json_t *load(const char *name, const char *ending)
{
    const char *root = getenv("INTERVIEWD_SOURCE_ROOT");
    char path[PATH_BYTES];
    json_t *json;

    snprintf(path, sizeof(path), "%s/backend/test/data/interview/stories/%s%s", root ? root : ".",
             name, ending);
    json = json_load_file(path, 0, NULL);
    assert_non_null(json);
    return json;
}

static struct grounding *profile_of(const char *name)
{
    const char *skills[SKILLS];
    struct grounding_input in = {.skills = skills};
    json_t *profile;
    json_t *skill;
    size_t at = 0;
    size_t i;

    while (profiles[at].g && strcmp(profiles[at].name, name) != 0)
        at++;
    if (profiles[at].g)
        return profiles[at].g;
    profile = load(name, ".json");
    in.role = json_string_value(json_object_get(profile, "role"));
    in.industry = json_string_value(json_object_get(profile, "industry"));
    in.context = json_string_value(json_object_get(profile, "context"));
    in.job_description = json_string_value(json_object_get(profile, "jobDescription"));
    in.years_experience = (int)json_integer_value(json_object_get(profile, "yearsExperience"));
    json_array_foreach(json_object_get(profile, "skills"), i, skill)
    {
        skills[in.skill_count++] = json_string_value(skill);
    }
    assert_int_equal(grounding_open(&profiles[at].g, &in), 0);
    snprintf(profiles[at].name, sizeof(profiles[at].name), "%s", name);
    similar_index(profiles[at].g, true);
    json_decref(profile);
    return profiles[at].g;
}

static void forget_profiles(void)
{
    for (size_t i = 0; i < PROFILES; i++)
        grounding_free(profiles[i].g);
    memset(profiles, 0, sizeof(profiles));
}

static const char *text(const json_t *pair, const char *key)
{
    return json_string_value(json_object_get(pair, key));
}

static int score(const json_t *pair, const char *which)
{
    struct quality_input in = {.question = text(pair, "question"),
                               .answer = text(pair, which),
                               .grounding = profile_of(text(pair, "profile"))};
    struct quality q;
    int sum = 0;

    while (strcmp(question_kind_name(in.kind), text(pair, "kind")) != 0)
        in.kind++;
    quality_score(&q, &in);
    for (int i = 0; i < QUALITY_PARTS; i++) {
        assert_in_range(q.parts[i].score, 0, quality_part_most((enum quality_part)i));
        assert_true(q.parts[i].why[0] != '\0');
        sum += q.parts[i].score;
    }
    assert_int_equal(q.total, sum);
    return q.total;
}

static void check_pairs(int all_percent, int each_percent)
{
    struct tally t[KINDS] = {{"", 0, 0}};
    json_t *pairs = load("pairs", ".json");
    json_t *pair;
    int right = 0;
    size_t i;

    assert_true(json_array_size(pairs) >= PAIRS_MIN);
    json_array_foreach(pairs, i, pair)
    {
        const char *what = text(pair, "what");
        int better = score(pair, "better");
        int worse = score(pair, "worse");
        size_t k = 0;

        while (t[k].all && strcmp(t[k].what, what) != 0)
            k++;
        snprintf(t[k].what, sizeof(t[k].what), "%s", what);
        t[k].all++;
        t[k].right += better > worse;
        right += better > worse;
        if (better <= worse)
            printf("# %s, %s: %d against %d\n", what, text(pair, "question"), better, worse);
    }
    for (size_t k = 0; k < KINDS && t[k].all; k++) {
        printf("# %s: %d of %d\n", t[k].what, t[k].right, t[k].all);
        assert_true(t[k].right * PERCENT >= each_percent * t[k].all);
    }
    assert_true(right * PERCENT >= all_percent * (int)json_array_size(pairs));
    json_decref(pairs);
    forget_profiles();
}

static void the_better_answer_scores_higher(void **state)
{
    (void)state;
    check_pairs(94, 77);
}

static void and_more_surely_with_meanings(void **state)
{
    const char *models = getenv("INTERVIEWD_TEST_MODELS");
    bool there;

    (void)state;
    similar_use(models);
    there = grounding_points(profile_of("primary")) != NULL;
    if (there)
        check_pairs(95, 85);
    forget_profiles();
    similar_close();
    if (!there) {
        print_message("skipped: no published weights in $INTERVIEWD_TEST_MODELS\n");
        skip();
    }
}

static int length_of(int words)
{
    struct quality q;
    char text[8192] = "";

    for (int w = 0; w < words; w++)
        strcat(text, "word ");
    quality_score(&q, &(struct quality_input){.question = "Tell me about a time you failed.",
                                              .kind = QUESTION_BEHAVIORAL,
                                              .answer = text});
    return q.parts[QUALITY_LENGTH].score;
}

static void length_counts_within_the_bounds_of_the_form(void **state)
{
    (void)state;
    assert_int_equal(length_of(0), 0);
    assert_int_equal(length_of(30), 8);
    assert_int_equal(length_of(60), 15);
    assert_int_equal(length_of(220), 15);
    assert_int_equal(length_of(330), 8);
    assert_int_equal(length_of(440), 0);
    assert_int_equal(length_of(900), 0);
}

static void pace_pauses_and_fillers_are_delivery(void **state)
{
    static const struct {
        struct quality_speech speech;
        int most;
    } cases[] = {{{140, 0.1}, 10}, {{80, 0.1}, 8}, {{230, 0.1}, 8}, {{140, 0.6}, 4}};
    struct quality q;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        quality_score(&q, &(struct quality_input){.answer = "I led the team and it went well.",
                                                  .speech = &cases[i].speech});
        assert_true(q.parts[QUALITY_DELIVERY].score <= cases[i].most);
        assert_true(i || q.parts[QUALITY_DELIVERY].score == 10);
    }
    quality_score(&q, &(struct quality_input){.answer = "I um led uh the um team."});
    assert_int_equal(q.parts[QUALITY_DELIVERY].score, 0);
}

/* ----------------------------------------------------------------------------------- claims */

static size_t check(const struct grounding *g, const char *said, const char *answer, bool own,
                    struct claim found[CLAIMS_MAX])
{
    struct claims *c = NULL;
    size_t n;

    assert_int_equal(claims_open(&c, g), 0);
    assert_int_equal(claims_add(c, said, strlen(said)), 0);
    n = claims_check(c, answer, strlen(answer), own, found, CLAIMS_MAX);
    claims_close(c);
    return n;
}

static void what_nothing_supports_is_marked_where_it_stands(void **state)
{
    static const char answer[] = "At Contoso I cut 4,200 to 2.5 percent with forty-one people.";
    static const char *const marked[] = {"Contoso", "2.5"};
    static const struct grounding_input in = {.years_experience = 41,
                                              .context = "It cost 4200 pounds.\n"};
    struct claim found[CLAIMS_MAX];
    struct grounding *g = NULL;

    (void)state;
    assert_int_equal(grounding_open(&g, &in), 0);
    assert_int_equal(check(g, "", answer, false, found), 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(found[i].end - found[i].start, strlen(marked[i]));
        assert_memory_equal(answer + found[i].start, marked[i], strlen(marked[i]));
    }
    assert_int_equal(found[0].kind, CLAIM_EMPLOYER);
    assert_int_equal(found[1].kind, CLAIM_NUMBER);
    assert_int_equal(check(g, "Contoso had 2.5 percent", answer, false, found), 0);
    grounding_free(g);
}

static void what_explains_may_name_what_it_likes(void **state)
{
    static const char answer[] = "Redis keeps it for 30 seconds. I used Kafka in production.";
    struct claim found[CLAIMS_MAX];

    (void)state;
    assert_int_equal(check(NULL, "", answer, true, found), 1);
    assert_memory_equal(answer + found[0].start, "Kafka", 5);
}

static void numbers_of_a_list_claim_nothing(void **state)
{
    static const char answer[] = "1. I asked.\n2. I waited 2 weeks.\n **3.** Then 7. Done.\n";
    struct claim found[CLAIMS_MAX];

    (void)state;
    assert_int_equal(check(NULL, "", answer, false, found), 2);
    assert_memory_equal(answer + found[0].start, "2 weeks", 7);
    assert_memory_equal(answer + found[1].start, "7. Done", 7);
}

/** Every better answer is true to its profile; in an invented one nearly everything is not. */
static void true_answers_are_left_alone_and_inventions_found(void **state)
{
    json_t *pairs = load("pairs", ".json");
    struct claim found[CLAIMS_MAX];
    size_t wrong = 0;
    size_t marked = 0;
    json_t *pair;
    size_t i;

    (void)state;
    json_array_foreach(pairs, i, pair)
    {
        const struct grounding *g = profile_of(text(pair, "profile"));

        if (strcmp(text(pair, "what"), "invented") != 0)
            continue;
        wrong += check(g, text(pair, "question"), text(pair, "better"), false, found);
        marked += check(g, text(pair, "question"), text(pair, "worse"), false, found);
    }
    assert_int_equal(wrong, 0);
    assert_true(marked >= 100); /* of 113 figures and names in them that are made up */
    json_decref(pairs);
    forget_profiles();
}

static void no_bytes_confuse_the_scan(void **state)
{
    static const char *const odd[] = {"",
                                      " ",
                                      "\xe2",
                                      "\xe2\x82",
                                      "\xc2",
                                      "1",
                                      "1.",
                                      "1,",
                                      "'",
                                      "a'",
                                      "\xff\xfe",
                                      ("I 1,,2..3 \xe2\x82\xac"
                                       "40k")};
    struct claim found[CLAIMS_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        size_t n = check(NULL, odd[i], odd[i], false, found);

        for (size_t k = 0; k < n; k++)
            assert_true(found[k].start < found[k].end && found[k].end <= strlen(odd[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_better_answer_scores_higher),
        cmocka_unit_test(and_more_surely_with_meanings),
        cmocka_unit_test(length_counts_within_the_bounds_of_the_form),
        cmocka_unit_test(pace_pauses_and_fillers_are_delivery),
        cmocka_unit_test(what_nothing_supports_is_marked_where_it_stands),
        cmocka_unit_test(what_explains_may_name_what_it_likes),
        cmocka_unit_test(numbers_of_a_list_claim_nothing),
        cmocka_unit_test(true_answers_are_left_alone_and_inventions_found),
        cmocka_unit_test(no_bytes_confuse_the_scan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
