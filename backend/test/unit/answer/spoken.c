/**
 * @file test/unit/answer/spoken.c  The built-in answer: speakable, and nothing is invented
 */
#include "cmocka_all.h"

#include "answer/outline.h"
#include "answer/sentence.h"
#include "answer/spoken.h"
#include "base/buffer.h"
#include "ground/grounding.h"
#include "support/profile.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SKILLS = 32, TEXT = 16 * 1024, LINE_BYTES = 2048, FORM_WORDS = 6 };

static const char context[] =
    "Northwind Pay, platform engineer, 2021 to now\n"
    "- Led the migration of the ledger to PostgreSQL. The nightly close fell from 4 hours to 35 "
    "minutes.\n"
    "- The first rehearsal failed: replication lag grew to 40 minutes. I stopped the date and "
    "rehearsed twice more.\n"
    "- On-call lead for 14 services.\n"
    "\n"
    "What I look for: a team that owns what it runs.\n"
    "Strengths: calm in incidents. Working on: delegating earlier.\n"
    "Notice period: two months. Can work in Berlin or remotely.\n";

static const char job[] = "Requirements\n- Design and build payment services in PostgreSQL\n";

static const char *const skills[] = {"PostgreSQL", "Kubernetes"};

static const struct grounding_input input = {.role = "Senior platform engineer",
                                             .years_experience = 8,
                                             .skills = skills,
                                             .skill_count = 2,
                                             .industry = "Payments",
                                             .context = context};

static char said[TEXT];

static const char *speak_of(const struct grounding_input *in, const char *question)
{
    enum question_kind kind = question_classify(question).kind;
    struct grounding *g = NULL;
    struct outline o;
    struct buf text;

    buf_init(&text, SPOKEN_BYTES_MAX);
    if (in)
        assert_int_equal(grounding_open(&g, in), 0);
    assert_int_equal(outline_compose(&o, g, question, kind), 0);
    assert_int_equal(spoken_compose(&text, g, question, &o), 0);
    assert_true(text.len > 0 && text.len < sizeof(said));
    memcpy(said, text.data, text.len);
    said[text.len] = '\0';
    buf_release(&text);
    outline_release(&o);
    grounding_free(g);
    return said;
}

static const char *speak(const char *question)
{
    return speak_of(&input, question);
}

static void a_story_is_told_in_the_first_person_with_its_scene(void **state)
{
    (void)state;
    assert_string_equal(
        speak("Tell me about a time something you led went wrong."),
        "I led the migration of the ledger to PostgreSQL. The first rehearsal failed: replication "
        "lag grew to 40 minutes. I stopped the date and rehearsed twice more. [context]");
}

static void labels_become_sentences(void **state)
{
    (void)state;
    assert_string_equal(
        speak("What is your notice period?"),
        "My notice period is two months. I can work in Berlin or remotely. [context]");
    assert_non_null(strstr(speak("What is your greatest weakness?"),
                           "I am working on delegating earlier. [context]"));
    assert_non_null(strstr(speak("Why do you want to leave your current job?"),
                           "What I look for is a team that owns what it runs. [context]"));
}

static void only_what_is_a_sentence_is_said_as_one(void **state)
{
    static const struct {
        const char *text;
        bool bullet;
        enum sentence_form form;
    } cases[] = {
        {"Led the crew through the storm.", true, SENTENCE_DEED},
        {"Disagreed with my lead about a broker.", true, SENTENCE_DEED},
        {"Look after six patients a shift.", true, SENTENCE_DEED},
        {"Promoted to lead in 2020.", true, SENTENCE_FRAGMENT},
        {"Trained in triage.", true, SENTENCE_FRAGMENT},
        {"Lead developer for payments.", true, SENTENCE_FRAGMENT},
        {"A boy in my class threw chairs.", false, SENTENCE_WHOLE},
        {"The police stopped it.", false, SENTENCE_WHOLE},
        {"Immediate Life Support, renewed 2025.", false, SENTENCE_FRAGMENT},
        {"BSc Nursing, Bristol, 2018.", false, SENTENCE_FRAGMENT},
        {"2.1 billion rows, no lost transaction.", true, SENTENCE_FRAGMENT},
        {"Notice period: two months.", false, SENTENCE_LABEL},
        /* what was done to somebody, with no subject of its own */
        {"Enhanced DBS check renewed last year.", false, SENTENCE_WHOLE},
        {"Admitted in September 2015.", false, SENTENCE_FRAGMENT},
        {"Level 4 food safety, renewed in 2023.", false, SENTENCE_FRAGMENT},
        {"First aid and fire marshal certificates, both renewed in 2024.", false,
         SENTENCE_FRAGMENT},
        {"Blue Card holder, can change employer without a permit.", false, SENTENCE_FRAGMENT},
        {"Super-user when the hospital moved to electronic records.", true, SENTENCE_FRAGMENT},
        {"The rate I want.", false, SENTENCE_FRAGMENT},
        {"Currently 46,000 euros; I would move for 52,000.", false, SENTENCE_FRAGMENT},
        /* nouns that are verbs elsewhere */
        {"Missed screenings fell from 12 percent to 3 percent.", true, SENTENCE_WHOLE},
        {"Added synonyms from the most common failed queries.", true, SENTENCE_DEED},
        {"Report writing and filing.", true, SENTENCE_FRAGMENT},
        {"Test automation with Selenium.", true, SENTENCE_FRAGMENT},
        {"Run the night shift.", true, SENTENCE_DEED},
        {"Worked in two wards.", true, SENTENCE_DEED},
        /* sentences of a story, whatever they begin with */
        {"One of them cried after a review of mine, and I have written since.", false,
         SENTENCE_WHOLE},
        {"The first, Dean, could not read well.", false, SENTENCE_WHOLE},
        {"A colleague and I now fix an hour in the calendar.", false, SENTENCE_WHOLE},
        {"Today eight teams use it, and a new screen takes two days.", false, SENTENCE_WHOLE},
        {"In the week of the inspection the head was taken ill.", false, SENTENCE_WHOLE},
        {"When legal stopped a launch, I brought design into one room.", false, SENTENCE_WHOLE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (sentence_form(cases[i].text, strlen(cases[i].text), cases[i].bullet) != cases[i].form)
            fail_msg("%s", cases[i].text);
}

static const char *sentence_of(const char *text)
{
    struct buf out;

    buf_init(&out, TEXT);
    sentence_say(&out, text, strlen(text), false);
    snprintf(said, sizeof(said), "%s", out.data);
    buf_release(&out);
    return said;
}

static void a_label_that_is_not_known_is_quoted_or_left_out(void **state)
{
    (void)state;
    assert_string_equal(sentence_of("Hours: I work five days."), "I work five days.");
    assert_string_equal(sentence_of("Training: diploma in cookery, 2012."),
                        "Under “Training” my profile has “diploma in cookery, 2012.”");
    assert_string_equal(sentence_of("Weak spot: paperwork."), "My weak spot is paperwork.");
    assert_string_equal(sentence_of("Weakness: I write everything myself."),
                        "I write everything myself.");
}

static void an_introduction_cites_each_field(void **state)
{
    const char *text = speak("Tell me about yourself.");

    (void)state;
    assert_non_null(strstr(text, "My role is Senior platform engineer. [role]"));
    assert_non_null(strstr(text, "I have 8 years of experience. [yearsExperience]"));
    assert_non_null(strstr(text, "[context]"));
}

static void a_skill_that_is_listed_is_named(void **state)
{
    (void)state;
    assert_non_null(strstr(speak("Do you have experience with Kubernetes?"),
                           "One of my skills is Kubernetes. [skills]"));
    assert_null(strstr(speak("Do you have experience with Haskell?"), "[skills]"));
}

static void the_posting_is_quoted_as_the_posting(void **state)
{
    struct grounding_input in = input;

    (void)state;
    in.job_description = job;
    assert_non_null(strstr(speak_of(&in, "Do you have any questions for us?"),
                           "Your posting says: “Design and build payment services in PostgreSQL” "
                           "[jobDescription]"));
}

static void without_a_profile_blanks_are_left_and_nothing_is_cited(void **state)
{
    static const char *const questions[] = {
        "Tell me about a time you failed.", "Tell me about yourself.",
        "Why do you want to work here?",    "What are your salary expectations?",
        "How would you handle a conflict?", "What is a mutex?"};

    (void)state;
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        const char *text = speak_of(NULL, questions[i]);

        assert_non_null(strstr(text, "___ ("));
        assert_null(strstr(text, "["));
    }
}

static void two_sentences_of_one_story_tell_it_once(void **state)
{
    static const struct grounding_input in = {
        .role = "Technician",
        .context =
            "Projects:\n- First repair failed because the spare was wrong. Ordered the right "
            "part. The repaired mast came back.\n"};

    (void)state;
    assert_string_equal(
        speak_of(&in, "What is repair?"),
        "In one line: ___ (the definition or the step that decides). It is for ___ (the case it "
        "helps in), and what it costs is ___ (its price). From my own work: First repair failed "
        "because the spare was wrong. I ordered the right part. The repaired mast came back. "
        "[context]");
}

/* Seven sentences are what somebody listens to; the profile may have more. */
static void no_more_is_said_than_seven_sentences(void **state)
{
    static const struct grounding_input in = {
        .role = "Technician",
        .years_experience = -1,
        .context =
            "- The mast stood in a storm. I was to keep it up. I climbed it alone. I tied it "
            "with rope. It held for a week. I slept well. The rope was old. The mayor "
            "brought a cake.\n"};

    (void)state;
    assert_non_null(strstr(speak_of(&in, "Tell me about a storm."), "It held for a week."));
    assert_null(strstr(said, "cake"));
}

static void the_name_of_a_part_is_no_place(void **state)
{
    static const struct grounding_input in = {
        .role = "Technician", .context = "Projects:\n- Led the repair of 14 masts in a storm.\n"};

    (void)state;
    assert_string_equal(speak_of(&in, "Tell me about a repair you led."),
                        "I led the repair of 14 masts in a storm. [context]");
}

/* ---------------------------------------------------------------------- nothing is invented */

/** Letters and digits of a text, small, one space between words. */
static void plain(char *to, size_t size, const char *text, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len && n + 2 < size; i++) {
        unsigned char c = (unsigned char)text[i];
        bool letter = c >= 0x80 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');

        if (letter)
            to[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        else if (n && to[n - 1] != ' ')
            to[n++] = ' ';
    }
    to[n] = '\0';
}

/** Is what stands before a mark, but for a few words of form, a run of the profile's texts? */
static bool run_of(const char *all, const char *sentence)
{
    const char *at = sentence;

    for (int dropped = 0; dropped <= FORM_WORDS && *at; dropped++) {
        if (strstr(all, at))
            return true;
        at += strcspn(at, " ");
        at += *at == ' ';
    }
    return false;
}

/* Our own sentences that may stand before a cited one: none says anything about the person. */
static const char *const frames[] = {
    "nothing i have noted is exactly that the nearest is this",
    "not that i can point to the nearest is this",
    "what i would bring",
    "what i would point to",
};

static void check_sentence(const char *all, const char *text, size_t len)
{
    char sentence[LINE_BYTES];
    size_t n;

    plain(sentence, sizeof(sentence), text, len);
    n = strlen(sentence);
    while (n && sentence[n - 1] == ' ')
        sentence[--n] = '\0';
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
        if (strcmp(sentence + (*sentence == ' '), frames[i]) == 0)
            return;
    if (!run_of(all, sentence))
        print_error("not of the profile: %s\n", sentence);
    assert_true(run_of(all, sentence));
}

/** Each sentence with a mark behind it (or a sentence with one behind it). */
static void check_marked(const char *all, const char *text)
{
    const char *start = text;
    const char *mark;

    while ((mark = strchr(start, '['))) {
        for (const char *p = start; p < mark; p++) {
            bool quoted = strncmp(p + 1, "”", 3) == 0;

            if (!strchr(".!?", *p) || p[quoted ? 4 : 1] != ' ')
                continue;
            check_sentence(all, start, (size_t)(p - start));
            start = p + 1;
        }
        start = strchr(mark, ']') + 1;
    }
}

static void check_answer(const char *name, const char *question)
{
    json_t *profile = profile_load(name);
    const char *list[SKILLS];
    struct grounding_input in = {
        .role = json_string_value(json_object_get(profile, "role")),
        .industry = json_string_value(json_object_get(profile, "industry")),
        .context = json_string_value(json_object_get(profile, "context")),
        .years_experience = (int)json_integer_value(json_object_get(profile, "yearsExperience")),
        .skills = list};
    struct grounding_input bare = {
        .role = in.role, .industry = in.industry, .years_experience = -1};
    static char raw[TEXT];
    static char all[2 * TEXT];
    json_t *skill;
    size_t i;
    size_t n;

    snprintf(raw, sizeof(raw), "%s\n%s\n", in.context, in.role);
    json_array_foreach(json_object_get(profile, "skills"), i, skill)
    {
        list[in.skill_count++] = json_string_value(skill);
        strncat(raw, json_string_value(skill), sizeof(raw) - strlen(raw) - 2);
        strncat(raw, " and ", sizeof(raw) - strlen(raw) - 1);
    }
    plain(all, sizeof(all), raw, strlen(raw));
    n = strlen(all); /* what is said to this question whatever the profile holds */
    speak_of(&bare, question);
    plain(all + n, sizeof(all) - n, said, strlen(said));
    check_marked(all, speak_of(&in, question));
    json_decref(profile);
}

static void every_cited_sentence_is_a_run_of_the_profile(void **state)
{
    const char *root = getenv("INTERVIEWD_SOURCE_ROOT");
    char path[512];
    char line[LINE_BYTES];
    int checked = 0;
    FILE *f;

    (void)state;
    snprintf(path, sizeof(path), "%s/backend/test/data/interview/relevance.tsv", root ? root : ".");
    f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        char *rest = line;
        char *column[3];

        if (*line == '#')
            continue;
        for (int i = 0; i < 3; i++)
            column[i] = strsep(&rest, "\t");
        check_answer(column[1], column[2]);
        checked++;
    }
    fclose(f);
    assert_true(checked > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_story_is_told_in_the_first_person_with_its_scene),
        cmocka_unit_test(labels_become_sentences),
        cmocka_unit_test(only_what_is_a_sentence_is_said_as_one),
        cmocka_unit_test(a_label_that_is_not_known_is_quoted_or_left_out),
        cmocka_unit_test(an_introduction_cites_each_field),
        cmocka_unit_test(a_skill_that_is_listed_is_named),
        cmocka_unit_test(the_posting_is_quoted_as_the_posting),
        cmocka_unit_test(without_a_profile_blanks_are_left_and_nothing_is_cited),
        cmocka_unit_test(two_sentences_of_one_story_tell_it_once),
        cmocka_unit_test(no_more_is_said_than_seven_sentences),
        cmocka_unit_test(the_name_of_a_part_is_no_place),
        cmocka_unit_test(every_cited_sentence_is_a_run_of_the_profile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
