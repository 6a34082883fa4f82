/**
 * @file test/unit/ground/resume.c  Who a résumé is about, and its story cards
 *
 * The profiles of ground/stories.c are résumés of ten trades by people of different habits.
 */
#include "cmocka_all.h"

#include "ground/resume.h"
#include "ground/story.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { YEAR = 2026, PATH_BYTES = 512 };

static struct resume read_it(const char *text)
{
    struct resume r;

    resume_read(&r, text, YEAR);
    return r;
}

static void a_name_stands_on_top(void **state)
{
    static const char *const named[][3] = {
        {"Zoë Müller\nPlatform engineer\n", "Zoë Müller", "Platform engineer"},
        {"CURRICULUM VITAE\n\nMARA LINDQVIST\nmara@example.org | +46 70 1234567\nSenior Platform "
         "Engineer\n",
         "MARA LINDQVIST", "Senior Platform Engineer"},
        {"# Ilse Brandt\nProduct designer, nine years, Hamburg.\n", "Ilse Brandt",
         "Product designer"},
        {"Adaeze Okoro. Registered nurse for eleven years, charge nurse since 2020.\n",
         "Adaeze Okoro", "Registered nurse"},
        {"J. R. van der Berg – Data Scientist\n", "J. R. van der Berg", "Data Scientist"},
        {"Noor Haddou\nKeeper of bees\n", "Noor Haddou", "Keeper of bees"},
        {"山田 太郎\nソフトウェアエンジニア\n", "山田 太郎", "ソフトウェアエンジニア"},
        {"SUMMARY\nElectrician with fourteen years on site.\n", "", "Electrician"},
        {"PROFILE\nPlain advice.\n\nFinancial Controller, Veldman Packaging, since 2020\n", "",
         "Financial Controller"},
        {"", "", ""},
        {"\n\n - \n#\n", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        struct resume r = read_it(named[i][0]);

        assert_string_equal(r.name, named[i][1]);
        assert_string_equal(r.role, named[i][2]);
    }
}

static void years_are_said_or_counted(void **state)
{
    (void)state;
    assert_int_equal(read_it("Eight years building platforms.\n").years, 8);
    assert_int_equal(read_it("I have 10+ years of sales.\n").years, 10);
    assert_int_equal(read_it("Work\nA GmbH, 2014 to 2020\nB GmbH, since 2020\n").years, 12);
    assert_int_equal(read_it("Northwind, 03/2019 - 05/2023\n").years, 4);
    assert_int_equal(read_it("EDUCATION\nUniversity of Lund, 2009 - 2014\n").years, -1);
    assert_int_equal(read_it("BSc, University of Lund, 2009 - 2014\n").years, -1);
    assert_int_equal(read_it("- Cut the close in 2 years\n").years, -1);
    assert_int_equal(read_it("Call 20202020\n").years, -1);
    assert_int_equal(read_it("").years, -1);
}

static void skills_are_listed(void **state)
{
    struct resume r =
        read_it("Zoë\n\nSKILLS\nGo, PostgreSQL; Kubernetes | AWS (S3, EC2)\n"
                "Tools: Terraform, go\n- Incident response\n\nEDUCATION\nLund, 2010\n");
    static const char *const wanted[] = {
        "Go", "PostgreSQL", "Kubernetes", "AWS (S3, EC2)", "Terraform", "Incident response"};

    (void)state;
    assert_int_equal(r.skill_count, 6);
    for (size_t i = 0; i < r.skill_count; i++)
        assert_string_equal(r.skills[i], wanted[i]);
    assert_int_equal(read_it("Skills: a, b\nmore text\n").skill_count, 2);
    assert_int_equal(read_it("My skills are many and they are good\n").skill_count, 0);
    assert_int_equal(read_it("Technologies\n\nRust\nC\nLinux\nEducation\nX\n").skill_count, 3);
}

static void no_more_than_there_is_room_for(void **state)
{
    char text[16 * 1024] = "Skills\n";
    struct resume r;

    (void)state;
    for (int i = 0; i < 2 * RESUME_SKILLS_MAX; i++)
        snprintf(text + strlen(text), 16, "s%d, ", i);
    r = read_it(text);
    assert_true(r.skill_count <= RESUME_SKILLS_MAX);
    memset(text, 'x', sizeof(text) - 1);
    r = read_it(text);
    assert_string_equal(r.name, "");
}

/* ------------------------------------------------------------------------------------- stories */

static struct grounding *open_text(const char *context)
{
    struct grounding_input in = {.years_experience = -1, .context = context};
    struct grounding *g = NULL;

    assert_int_equal(grounding_open(&g, &in), 0);
    return g;
}

static size_t stories_in(const struct grounding *g, struct story *stories)
{
    struct place places[64];
    size_t n = places_find(g, places);
    size_t count = 0;

    assert_true(n <= 64);
    for (size_t k = 0; k < n; k++)
        if (story_is(g, &places[k]))
            story_tell(&stories[count++], g, &places[k], places[k].first);
    return count;
}

/** The words of a place, from its first to its last. */
static void assert_place(const struct grounding *g, const struct place *place, const char *text)
{
    const struct passage *a = grounding_passage(g, place->first);
    const struct passage *b = grounding_passage(g, place->end - 1);

    assert_int_equal((size_t)(b->text + b->len - a->text), strlen(text));
    assert_memory_equal(a->text, text, strlen(text));
}

static void short_sentences_stay_where_they_stand(void **state)
{
    static const char crew[] = "Two of mine had a scrap in the car park. No bother since.";
    static const char blunt[] = "Bit blunt. Been told. I ask before I tell now.";
    char text[256];
    struct grounding *g;
    struct place places[8];

    (void)state;
    snprintf(text, sizeof(text), "Ada Mbeki\n\n%s\n%s\n", crew, blunt);
    g = open_text(text);
    assert_int_equal(places_find(g, places), 2);
    assert_place(g, &places[0], crew);
    assert_place(g, &places[1], blunt);
    grounding_free(g);
}

static void a_place_says_of_what_it_is(void **state)
{
    struct grounding *g = open_text("I am looking for a team that still teaches.\n"
                                    "BS Communication, Colorado State, 2017.\n"
                                    "A manager wanted us to skip the checks and I said no.\n");
    struct place places[8];

    (void)state;
    assert_int_equal(places_find(g, places), 3);
    assert_true(places[0].wish && !places[0].learning && !places[0].digits);
    assert_true(!places[1].wish && places[1].learning && places[1].digits);
    assert_true(!places[2].wish && !places[2].learning && !places[2].digits);
    grounding_free(g);
}

static void a_story_has_its_parts(void **state)
{
    struct grounding *g = open_text(
        "Northwind Pay, platform engineer, 2021 to now\n"
        "- When I came the nightly close took 4 hours. I was asked to halve it. I split the ledger "
        "by month. It now takes 35 minutes.\n"
        "- Cut the cost of the clusters by 38 percent, saving 30,000 euros.\n\n"
        "Notice period: two months.\n");
    struct story s[64];
    size_t n = stories_in(g, s);

    (void)state;
    assert_int_equal(n, 2);
    assert_int_equal(s[0].count, 4);
    for (int part = 0; part < STORY_PARTS; part++) {
        assert_int_equal(s[0].runs[part].part, part);
        assert_true(story_tells(&s[0], (enum story_part)part));
        assert_int_equal(story_tells(&s[1], (enum story_part)part), part != STORY_TASK);
    }
    assert_true(s[1].alone);
    grounding_free(g);
}

/** What a person adds to a card is understood as what it was asked for as. */
static void a_task_that_is_said_plainly_is_one(void **state)
{
    static const char *const told[] = {"My task was to bring the bill down.",
                                       "I was asked to halve it.",
                                       "I was responsible for the bill."};

    (void)state;
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        char text[256];
        struct grounding *g;
        struct story s[64];

        snprintf(text, sizeof(text),
                 "Acme, engineer, 2019 to 2023\n- %s Cut it by 38 percent, saving 30,000 euros.\n",
                 told[i]);
        g = open_text(text);
        assert_int_equal(stories_in(g, s), 1);
        for (int part = 0; part < STORY_PARTS; part++)
            assert_true(story_tells(&s[0], (enum story_part)part));
        grounding_free(g);
    }
}

static void what_states_a_fact_is_no_story(void **state)
{
    struct grounding *g =
        open_text("Languages: German and Italian.\n\nFree from 1 March.\n\n"
                  "EDUCATION\nBSc Computer Science, KNUST Kumasi, 2016. Certified "
                  "Kubernetes Administrator since 2021, with the highest mark.\n");
    struct story s[64];

    (void)state;
    assert_int_equal(stories_in(g, s), 0);
    grounding_free(g);
}

static void bullets_of_any_language_are_stories(void **state)
{
    struct grounding *g =
        open_text("Acme GmbH, Entwickler, 2019 bis heute\n"
                  "- Den Monatsabschluss von vier Stunden auf 35 Minuten verkürzt.\n");
    struct story s[64];

    (void)state;
    assert_int_equal(stories_in(g, s), 1);
    grounding_free(g);
}

static void people_of_ten_trades_have_stories(void **state)
{
    static const char *const trades[] = {"accountant",  "chef",     "civil", "designer",
                                         "electrician", "engineer", "hotel", "logistics",
                                         "primary",     "solicitor"};
    const char *root = getenv("INTERVIEWD_SOURCE_ROOT");

    (void)state;
    for (size_t i = 0; i < sizeof(trades) / sizeof(trades[0]); i++) {
        char path[PATH_BYTES];
        struct story s[64];
        struct grounding *g;
        json_t *profile;

        snprintf(path, sizeof(path), "%s/backend/test/data/interview/stories/%s.json",
                 root ? root : ".", trades[i]);
        profile = json_load_file(path, 0, NULL);
        assert_non_null(profile);
        g = open_text(json_string_value(json_object_get(profile, "context")));
        assert_in_range(stories_in(g, s), 6, 14);
        grounding_free(g);
        json_decref(profile);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_stands_on_top),
        cmocka_unit_test(years_are_said_or_counted),
        cmocka_unit_test(skills_are_listed),
        cmocka_unit_test(no_more_than_there_is_room_for),
        cmocka_unit_test(short_sentences_stay_where_they_stand),
        cmocka_unit_test(a_place_says_of_what_it_is),
        cmocka_unit_test(a_story_has_its_parts),
        cmocka_unit_test(a_task_that_is_said_plainly_is_one),
        cmocka_unit_test(what_states_a_fact_is_no_story),
        cmocka_unit_test(bullets_of_any_language_are_stories),
        cmocka_unit_test(people_of_ten_trades_have_stories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
