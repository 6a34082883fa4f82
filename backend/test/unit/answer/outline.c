/**
 * @file test/unit/answer/outline.c  Outlines have the right form and quote exactly
 */
#include "cmocka_all.h"

#include "answer/form.h"
#include "answer/outline.h"
#include "ground/evidence.h"
#include "ground/grounding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char profile[] =
    "Senior Engineer, Acme Pay (2020-2024)\n"
    "- Led the migration of the billing database from MySQL to PostgreSQL, cutting latency by 40 "
    "%.\n"
    "- Introduced runbooks after a six-hour outage. Pages per week dropped from 30 to 6.\n"
    "\n"
    "At Shoply the product manager and I disagreed about launching before the holidays. I was\n"
    "responsible for the payment flow. I measured the error rate and proposed a staged launch. We\n"
    "agreed on it and the season went through without an incident.\n";

static const char job[] = "Requirements\n"
                          "- Strong knowledge of PostgreSQL\n"
                          "- Design and build payment services\n"
                          "Benefits\n"
                          "- Hybrid work in our Berlin office\n";

static const char *const skills[] = {"PostgreSQL", "Kubernetes"};

static const struct grounding_input input = {.role = "Backend Engineer",
                                             .years_experience = 8,
                                             .skills = skills,
                                             .skill_count = 2,
                                             .industry = "Fintech",
                                             .context = profile,
                                             .job_description = job};

static struct outline compose(const char *question, enum question_kind kind)
{
    struct grounding *g = NULL;
    struct outline o;

    assert_int_equal(grounding_open(&g, &input), 0);
    assert_int_equal(outline_compose(&o, g, question, kind), 0);
    grounding_free(g);
    return o;
}

static const struct llm_point *labelled(const struct outline *o, const char *label)
{
    for (size_t i = 0; i < o->count; i++)
        if (strcmp(o->points[i].label, label) == 0)
            return &o->points[i];
    return NULL;
}

static void a_story_is_told_in_four_parts_from_one_place(void **state)
{
    static const char *const labels[] = {"Situation", "Task", "Action", "Result"};
    struct outline o = compose("tell me about a conflict with a coworker", QUESTION_BEHAVIORAL);
    const char *last = profile;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const struct llm_point *p = labelled(&o, labels[i]);
        const char *at;

        assert_non_null(p);
        assert_non_null(p->quote);
        at = strstr(profile, p->quote);
        assert_non_null(at);
        assert_true(at >= last); /* in the order it is told there */
        assert_true(at >= strstr(profile, "At Shoply"));
        last = at;
    }
    outline_release(&o);
}

static void a_single_bullet_gives_deed_and_result(void **state)
{
    struct outline o = compose("tell me about a migration you led", QUESTION_BEHAVIORAL);

    (void)state;
    assert_string_equal(labelled(&o, "Action")->quote,
                        "Led the migration of the billing database from MySQL to PostgreSQL");
    assert_string_equal(labelled(&o, "Result")->quote, "cutting latency by 40 %.");
    assert_string_equal(labelled(&o, "Situation")->quote, "Senior Engineer, Acme Pay (2020-2024)");
    outline_release(&o);
}

static void how_it_was_resolved_is_no_subject_of_its_own(void **state)
{
    static const struct grounding_input logistics = {
        .role = "Engineer",
        .context =
            "Halden Logistics, software engineer, 2017 to 2021\n"
            "- Built the parcel tracking API in Go: 9,000 requests per second at peak.\n"
            "- Disagreed with my lead about adding a message broker. I wrote a two-page "
            "comparison, we ran a one-week trial, and the simpler design won. It still runs.\n"
            "- Caused an outage in 2019 by a migration that locked the orders table.\n"};
    static const char question[] =
        "tell me about a time when you disagreed with a colleague and how you resolved it";
    struct grounding *g = NULL;
    const char *first = NULL;
    struct outline o;

    (void)state;
    assert_int_equal(grounding_open(&g, &logistics), 0);
    assert_int_equal(outline_compose(&o, g, question, QUESTION_BEHAVIORAL), 0);
    for (size_t i = 0; i < o.count && !first; i++)
        first = o.points[i].quote;
    assert_non_null(strstr(first, "Disagreed with my lead"));
    outline_release(&o);
    grounding_free(g);
}

static void a_story_that_does_not_fit_is_announced(void **state)
{
    struct outline o = compose("tell me about an angry passenger on a flight", QUESTION_BEHAVIORAL);

    (void)state;
    assert_non_null(labelled(&o, "Careful"));
    outline_release(&o);
}

static void motivation_links_a_need_to_a_proof(void **state)
{
    struct outline o = compose("why do you want to work here", QUESTION_MOTIVATIONAL);

    (void)state;
    assert_string_equal(labelled(&o, "They look for")->field, "jobDescription");
    assert_string_equal(labelled(&o, "You bring")->field, "context");
    outline_release(&o);
}

static void closing_asks_about_the_job(void **state)
{
    struct outline o = compose("do you have any questions for us", QUESTION_CLOSING);

    (void)state;
    assert_string_equal(o.points[0].field, "jobDescription");
    outline_release(&o);
}

static void without_a_profile_nothing_is_claimed(void **state)
{
    (void)state;
    for (int kind = 0; kind <= QUESTION_OTHER; kind++) {
        struct outline o;

        assert_int_equal(
            outline_compose(&o, NULL, "tell me about a conflict", (enum question_kind)kind), 0);
        assert_true(o.count >= OUTLINE_POINTS_MIN && o.count <= OUTLINE_POINTS_MAX);
        for (size_t i = 0; i < o.count; i++) {
            assert_null(o.points[i].field);
            assert_null(o.points[i].quote);
        }
        if (kind != QUESTION_SMALL_TALK && kind != QUESTION_CLOSING)
            assert_non_null(labelled(&o, "Your own words"));
        outline_release(&o);
    }
}

/* -------------------------------------------------------------- a quote is always in its field */

static uint32_t seed = 7;

static uint32_t chance(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void random_text(char *to, size_t size)
{
    static const char *const pieces[] = {"Led ",
                                         "the ",
                                         "team ",
                                         "of ",
                                         "5 ",
                                         "engineers",
                                         ", ",
                                         ". ",
                                         "\n",
                                         "\n\n",
                                         "- ",
                                         "* ",
                                         "I ",
                                         "we ",
                                         "reduced ",
                                         "cost by 40 % ",
                                         "conflict ",
                                         "with a ",
                                         "manager ",
                                         "Acme Corp",
                                         "# ",
                                         "1. ",
                                         "PostgreSQL ",
                                         "M\xc3\xbcller ",
                                         "\xe6\x88\x91\xe5\x9c\xa8",
                                         "\xe3\x80\x82",
                                         "\xf0\x9f\x8e\xa4",
                                         "\xff",
                                         "\xc3",
                                         "\t",
                                         "  ",
                                         "\xe2\x80\xa2 ",
                                         "! ",
                                         "? ",
                                         "resulting in ",
                                         "which ",
                                         "failed ",
                                         "\r\n",
                                         ":",
                                         "Experience\n",
                                         "e.g. ",
                                         "2019-2020 ",
                                         "you will ",
                                         "experience with ",
                                         "learned ",
                                         "project "};
    size_t n = 0;

    while (chance(40) && n + 24 < size) {
        const char *p = pieces[chance(sizeof(pieces) / sizeof(pieces[0]))];

        memcpy(to + n, p, strlen(p));
        n += strlen(p);
        if (chance(3) == 0)
            n += (size_t)snprintf(to + n, size - n, "%s ", chance(2) ? "measured" : "because");
    }
    to[n] = '\0';
}

static bool in_field(const struct grounding_input *in, const char *field, const char *quote)
{
    char years[16];

    if (strcmp(field, "skills") == 0) {
        for (size_t i = 0; i < in->skill_count; i++)
            if (strstr(in->skills[i], quote))
                return true;
        return false;
    }
    snprintf(years, sizeof(years), "%d", in->years_experience);
    if (strcmp(field, "yearsExperience") == 0)
        return strcmp(years, quote) == 0;
    if (strcmp(field, "role") == 0)
        return strstr(in->role, quote) != NULL;
    if (strcmp(field, "industry") == 0)
        return strstr(in->industry, quote) != NULL;
    if (strcmp(field, "context") == 0)
        return strstr(in->context, quote) != NULL;
    return strcmp(field, "jobDescription") == 0 && strstr(in->job_description, quote) != NULL;
}

static void every_quote_is_a_run_of_its_field(void **state)
{
    enum { ROUNDS = 1500, TEXT_BYTES = 1500 };
    static char text[5][TEXT_BYTES];

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct grounding *g = NULL;
        const char *const some[] = {text[2]};
        struct grounding_input in = {.role = text[0],
                                     .years_experience = (int)chance(60) - 1,
                                     .skills = some,
                                     .skill_count = chance(2),
                                     .industry = text[1],
                                     .context = text[3],
                                     .job_description = text[4]};
        char question[TEXT_BYTES];
        struct outline o;

        for (int i = 0; i < 5; i++)
            random_text(text[i], TEXT_BYTES);
        random_text(question, sizeof(question));
        assert_int_equal(grounding_open(&g, &in), 0);
        assert_int_equal(outline_compose(&o, g, question, (enum question_kind)(round % 10)), 0);
        assert_true(o.count >= OUTLINE_POINTS_MIN && o.count <= OUTLINE_POINTS_MAX);
        for (size_t i = 0; i < o.count; i++) {
            assert_true((o.points[i].field == NULL) == (o.points[i].quote == NULL));
            assert_memory_equal(o.points[i].text, o.points[i].label, strlen(o.points[i].label));
            if (o.points[i].quote)
                assert_true(in_field(&in, o.points[i].field, o.points[i].quote));
        }
        outline_release(&o);
        grounding_free(g);
    }
}

static const char told_profile[] =
    "EMPLOYMENT\n\n"
    "- Caused an outage in 2019 by a migration that locked the orders table for nine minutes.\n"
    "- Made a mistake in the tax report of 2021 and told the client the same day.\n"
    "- Taught evening classes for two years.\n";

/* What was told is passed over; what goes on with it is not. */
static void a_story_is_not_offered_twice(void **state)
{
    struct grounding_input in = {.context = told_profile, .years_experience = -1};
    const char *question = "Tell me about a mistake you made.";
    struct grounding *g;
    struct outline first, again, on;
    struct memory *m;
    struct memory_follow follow;

    (void)state;
    assert_int_equal(grounding_open(&g, &in), 0);
    assert_int_equal(memory_open(&m), 0);
    assert_int_equal(outline_compose(&first, g, question, QUESTION_BEHAVIORAL), 0);
    assert_true(first.told.end > first.told.first);
    memory_offered(m, &(struct memory_offer){.number = 1,
                                             .question = question,
                                             .kind = QUESTION_BEHAVIORAL,
                                             .story = {first.told.first, first.told.end}});
    follow = memory_follow(m, "Do you have another example?");
    assert_int_equal(follow.is, FOLLOW_ANOTHER);
    assert_int_equal(outline_compose_after(&again, g, follow.question, follow.kind, m, &follow), 0);
    assert_true(again.told.first >= first.told.end || again.told.end <= first.told.first);
    follow = memory_follow(m, "And what happened then?");
    assert_int_equal(follow.is, FOLLOW_ON);
    assert_int_equal(outline_compose_after(&on, g, question, follow.kind, m, &follow), 0);
    assert_int_equal(on.told.first, first.told.first);
    outline_release(&first);
    outline_release(&again);
    outline_release(&on);
    memory_free(m);
    grounding_free(g);
}

/* The words decide before the kind does: kinds are mistaken now and then. */
static void a_question_gets_the_form_of_its_trade(void **state)
{
    static const struct {
        const char *question;
        enum question_kind kind;
        const char *role;
        enum answer_form form;
    } cases[] = {
        {"Implement a stack with a min operation.", QUESTION_TECHNICAL, "Developer", FORM_CODING},
        {"Given two sorted arrays, how do you get the median?", QUESTION_SITUATIONAL, "Developer",
         FORM_CODING},
        {"Estimate the number of coffees sold in this city.", QUESTION_DESIGN, "Analyst",
         FORM_ESTIMATE},
        {"Given a list of meetings, find out how many rooms you need.", QUESTION_TECHNICAL,
         "Developer", FORM_CODING},
        {"Tell us about a weakness of yours.", QUESTION_BEHAVIORAL, "Analyst", FORM_WEAKNESS},
        {"Tell us about yourself.", QUESTION_BACKGROUND, "Analyst", FORM_INTRO},
        {"What feedback have you had about yourself?", QUESTION_BACKGROUND, "Analyst",
         FORM_WEAKNESS},
        {"How many people report to you?", QUESTION_BACKGROUND, "Analyst", FORM_EXPERIENCE},
        {"Our client is losing money. How would you find out why?", QUESTION_SITUATIONAL,
         "Consultant", FORM_CASE},
        {"How do you bleed a radiator?", QUESTION_DESIGN, "Plumber", FORM_TRADE},
        {"How do you bleed a radiator?", QUESTION_DESIGN, "Developer", FORM_DESIGN},
        {"How would you value a company that makes no profit?", QUESTION_SITUATIONAL, "Accountant",
         FORM_FINANCE},
        {"What would you check before giving insulin?", QUESTION_TECHNICAL, "Nurse", FORM_CLINICAL},
        {"How would you handle an angry customer?", QUESTION_SITUATIONAL, "Nurse", FORM_WHAT_IF},
        {"How do you run one to ones?", QUESTION_BEHAVIORAL, "Manager", FORM_LEADERSHIP},
        {"Tell me about a crisis.", QUESTION_TECHNICAL, "Nurse", FORM_STORY},
        {"Have you led other adults?", QUESTION_LOGISTICS, "Teacher", FORM_STORY},
        {"What would your colleagues say you should work on?", QUESTION_BACKGROUND, "Teacher",
         FORM_WEAKNESS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct grounding_input in = {.role = cases[i].role, .years_experience = -1};
        struct grounding *g = NULL;
        enum answer_form form;

        assert_int_equal(grounding_open(&g, &in), 0);
        form = form_of(cases[i].question, cases[i].kind, evidence_themes(cases[i].question), g);
        grounding_free(g);
        if (form != cases[i].form)
            fail_msg("%s: %s", cases[i].question, form_plan(form)->name);
    }
}

/* "Weak spot: paperwork" is no answer to what is asked of other facts. */
static void a_fact_answers_only_what_it_is_about(void **state)
{
    static const struct grounding_input in = {
        .role = "Fitter",
        .years_experience = -1,
        .context = "OTHER\nPractising certificate without conditions.\n"
                   "Weak spot: paperwork at the end of the day.\n"
                   "I would like to lead a crew of my own.\n"};
    static const struct {
        const char *question;
        const char *quote; /* NULL: nothing fits */
    } cases[] = {{"Do you need a visa?", NULL},
                 {"Would you relocate?", NULL},
                 {"Can you work nights and weekends?", NULL},
                 {"What is your biggest weakness?", "Weak spot: paperwork at the end of the day."}};
    struct grounding *g = NULL;

    (void)state;
    assert_int_equal(grounding_open(&g, &in), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct outline o;

        assert_int_equal(
            outline_compose(&o, g, cases[i].question, question_classify(cases[i].question).kind),
            0);
        if (o.shown.fits != (cases[i].quote != NULL))
            fail_msg("%s", cases[i].question);
        if (cases[i].quote)
            assert_string_equal(o.points[0].quote, cases[i].quote);
        outline_release(&o);
    }
    grounding_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_gets_the_form_of_its_trade),
        cmocka_unit_test(a_fact_answers_only_what_it_is_about),
        cmocka_unit_test(a_story_is_told_in_four_parts_from_one_place),
        cmocka_unit_test(a_single_bullet_gives_deed_and_result),
        cmocka_unit_test(how_it_was_resolved_is_no_subject_of_its_own),
        cmocka_unit_test(a_story_that_does_not_fit_is_announced),
        cmocka_unit_test(motivation_links_a_need_to_a_proof),
        cmocka_unit_test(closing_asks_about_the_job),
        cmocka_unit_test(without_a_profile_nothing_is_claimed),
        cmocka_unit_test(every_quote_is_a_run_of_its_field),
        cmocka_unit_test(a_story_is_not_offered_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
