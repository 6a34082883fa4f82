/**
 * @file test/unit/ground/grounding.c  Stems, terms, passages and the search over them
 */
#include "cmocka_all.h"

#include "ground/grounding.h"
#include "ground/related.h"
#include "ground/stem.h"
#include "ground/terms.h"

#include <stdio.h>
#include <string.h>

static const char context[] =
    "Experience\n"
    "Senior Engineer, Acme Pay (2020-2024)\n"
    "- Led the migration of the billing database to PostgreSQL, cutting latency by 40 %.\n"
    "- Mentored four junior engineers. Two of them, e.g. Ann, were promoted.\n"
    "\n"
    "At Shoply the product manager and I disagreed about a launch before the holidays and\n"
    "nobody wanted to give in. I measured the error rate and we agreed on a staged launch.\n"
    "\n"
    "Ich habe in M\xc3\xbcnchen \xc3\x9c"
    "bersetzungen gepr\xc3\xbc"
    "ft.\n"
    "\xe6\x88\x91\xe5\x9c\xa8\xe5\x8c\x97\xe4\xba\xac\xe5\xb7\xa5\xe4\xbd\x9c\xe3\x80\x82";

static struct grounding *open_context(const char *text)
{
    static const char *const skills[] = {"PostgreSQL", "C++"};
    struct grounding *g = NULL;

    assert_int_equal(grounding_open(&g, &(struct grounding_input){.role = "Engineer",
                                                                  .years_experience = 8,
                                                                  .skills = skills,
                                                                  .skill_count = 2,
                                                                  .context = text}),
                     0);
    return g;
}

static bool best_holds(const struct grounding *g, const char *query, const char *part)
{
    struct ground_query q;
    struct ground_hit hit;
    char text[1024];
    const struct passage *p;

    ground_query_init(&q);
    ground_query_text(&q, query, 1);
    if (grounding_search(g, &q, GROUND_CANDIDATE, &hit, 1) != 1)
        return false;
    p = grounding_passage(g, hit.passage);
    snprintf(text, sizeof(text), "%.*s", (int)p->len, p->text);
    return strstr(text, part) != NULL;
}

static void words_lose_their_endings(void **state)
{
    /* Examples of Porter's paper; the two of one root that its first version took for one word. */
    static const char *const pairs[][2] = {
        {"caresses", "caress"},     {"ponies", "poni"},         {"cats", "cat"},
        {"agreed", "agre"},         {"plastered", "plaster"},   {"motoring", "motor"},
        {"conflated", "conflat"},   {"hopping", "hop"},         {"falling", "fall"},
        {"filing", "file"},         {"happy", "happi"},         {"relational", "relat"},
        {"digitizer", "digit"},     {"operator", "oper"},       {"hopefulness", "hope"},
        {"formalize", "formal"},    {"electrical", "electr"},   {"allowance", "allow"},
        {"adjustment", "adjust"},   {"adoption", "adopt"},      {"effective", "effect"},
        {"probate", "probat"},      {"controlling", "control"}, {"generalizations", "general"},
        {"generously", "generous"}, {"oscillators", "oscil"},   {"sky", "sky"},
        {"feed", "feed"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char word[TERM_MAX];
        size_t n = strlen(pairs[i][0]);

        memcpy(word, pairs[i][0], n + 1);
        n = stem_english(word, n, sizeof(word));
        assert_string_equal(word, pairs[i][1]);
        assert_int_equal(n, strlen(pairs[i][1]));
    }
}

struct seen {
    char words[16][TERM_MAX];
    size_t n;
};

static void collect(const struct term *t, void *arg)
{
    struct seen *s = arg;

    assert_true(s->n < 16);
    snprintf(s->words[s->n++], TERM_MAX, "%s", t->word);
}

static void letters_fold_as_people_write_them(void **state)
{
    static const struct {
        uint32_t rune;
        uint32_t folded; /* 0: no letter */
    } runes[] = {
        {'A', 'a'},       {0xc9, 'e'},        {0xd8, 'o'},    {0x141, 'l'},   {0x110, 'd'},
        {0x130, 'i'},     {0x1e9e, 0xdf},     {0x1ea4, 'a'},  {0x3a3, 0x3c3}, {0x3c2, 0x3c3},
        {0x42f, 0x44f},   {0x419, 0x439},     {0x531, 0x561}, {0xff21, 'a'},  {0xff19, '9'},
        {0x10a0, 0x2d00}, {0x10400, 0x10428}, {0x939, 0x939}, {0x93f, 0x93f}, {0xac00, 0xac00},
        {0xa0, 0},        {0x2014, 0},        {0x20ac, 0},    {0x3002, 0},    {0x1f600, 0},
        {0xd7, 0},        {0x60c, 0},         {0xfeff, 0},    {0xe000, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(runes) / sizeof(runes[0]); i++) {
        assert_int_equal(rune_is_letter(runes[i].rune), runes[i].folded != 0);
        if (runes[i].folded)
            assert_int_equal(rune_fold(runes[i].rune), runes[i].folded);
    }
}

static void terms_of_any_script_are_found(void **state)
{
    const char *text =
        "Don't use C++, C# or na\xc3\xafve \xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0 "
        "\xe5\x8c\x97\xe4\xba\xac\xe5\xb8\x82!";
    static const char *const want[] = {"dont",
                                       "use",
                                       "c++",
                                       "c#",
                                       "or",
                                       "naive",
                                       "\xd0\xbc\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0",
                                       "\xe5\x8c\x97\xe4\xba\xac",
                                       "\xe4\xba\xac\xe5\xb8\x82"};
    struct seen s = {.n = 0};

    (void)state;
    terms_each(text, strlen(text), collect, &s);
    assert_int_equal(s.n, sizeof(want) / sizeof(want[0]));
    for (size_t i = 0; i < s.n; i++)
        assert_string_equal(s.words[i], want[i]);
    assert_int_equal(term_hash("led"), term_hash("leading"));
}

static void check_related(uint64_t hash, void *arg)
{
    uint64_t *want = arg;

    if (hash == want[0])
        want[1] = 1;
}

static void related_words_reach_the_last_group(void **state)
{
    uint64_t want[2] = {term_hash("overtime"), 0};

    (void)state;
    related_each(term_hash("fulltime"), check_related, want);
    assert_int_equal(want[1], 1);
    want[0] = term_hash("disagreement");
    want[1] = 0;
    related_each(term_hash("conflict"), check_related, want);
    assert_int_equal(want[1], 1);
}

static void passages_are_runs_of_their_field(void **state)
{
    struct grounding *g = open_context(context);
    size_t from_context = 0;

    (void)state;
    for (size_t i = 0; i < grounding_count(g); i++) {
        const struct passage *p = grounding_passage(g, i);

        if (p->field != GROUND_CONTEXT)
            continue;
        from_context++;
        assert_true(p->at + p->len <= strlen(context));
        assert_memory_equal(p->text, context + p->at, p->len);
    }
    assert_true(from_context >= 9);
    grounding_free(g);
}

static void a_bullet_stands_under_its_job(void **state)
{
    struct grounding *g = open_context(context);
    bool seen = false;

    (void)state;
    for (size_t i = 0; i < grounding_count(g); i++) {
        const struct passage *p = grounding_passage(g, i);

        if (strncmp(p->text, "Led the", 7) != 0)
            continue;
        seen = true;
        assert_true(p->bullet && p->action && p->figure);
        assert_true(p->heading >= 0);
        assert_memory_equal(grounding_passage(g, (size_t)p->heading)->text, "Senior Engineer", 15);
    }
    assert_true(seen);
    grounding_free(g);
}

static void other_words_for_the_same_thing_find_it(void **state)
{
    struct grounding *g = open_context(context);

    (void)state;
    assert_true(best_holds(g, "a conflict with a colleague", "disagreed"));
    assert_true(best_holds(g, "how do you coach people", "Mentored"));
    assert_true(best_holds(g, "postgres performance", "PostgreSQL"));
    assert_true(best_holds(g, "munchen", "M\xc3\xbcnchen"));
    assert_true(best_holds(g, "\xe5\x8c\x97\xe4\xba\xac", "\xe5\x8c\x97\xe4\xba\xac"));
    assert_false(best_holds(g, "zebra", ""));
    grounding_free(g);
}

static void an_empty_briefing_has_nothing_to_find(void **state)
{
    struct grounding *g = NULL;
    struct ground_query q;
    struct ground_hit hit;

    (void)state;
    assert_int_equal(grounding_open(&g, &(struct grounding_input){.years_experience = -1}), 0);
    assert_int_equal(grounding_count(g), 0);
    assert_false(grounding_has_candidate(g));
    ground_query_init(&q);
    ground_query_text(&q, "anything at all", 1);
    assert_int_equal(grounding_search(g, &q, ~0u, &hit, 1), 0);
    grounding_free(g);
    grounding_free(NULL);
}

static void the_best_hits_come_first_and_only_so_many(void **state)
{
    struct grounding *g = open_context("Cats sleep.\n\nDogs and cats and cats.\n\nA dog barks.\n\n"
                                       "The cat and the dog are friends of the house.");
    struct ground_query q;
    struct ground_hit hits[2];

    (void)state;
    ground_query_init(&q);
    ground_query_text(&q, "cat", 1);
    assert_int_equal(grounding_search(g, &q, GROUND_BIT(GROUND_CONTEXT), hits, 2), 2);
    assert_true(hits[0].score >= hits[1].score);
    grounding_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_lose_their_endings),
        cmocka_unit_test(letters_fold_as_people_write_them),
        cmocka_unit_test(terms_of_any_script_are_found),
        cmocka_unit_test(related_words_reach_the_last_group),
        cmocka_unit_test(passages_are_runs_of_their_field),
        cmocka_unit_test(a_bullet_stands_under_its_job),
        cmocka_unit_test(other_words_for_the_same_thing_find_it),
        cmocka_unit_test(an_empty_briefing_has_nothing_to_find),
        cmocka_unit_test(the_best_hits_come_first_and_only_so_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
