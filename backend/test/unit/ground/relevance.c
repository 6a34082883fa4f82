/**
 * @file test/unit/ground/relevance.c  Does the outline quote the passage that answers best?
 *
 * test/data/interview/relevance.tsv has questions, the profile they are put to, and the passage a
 * person would choose; a fifth column has what a recogniser wrote when the question was read to it.
 * hit@1: the first place of the profile that the outline quotes is the expected one; hit@3: it is
 * among the first three. "tuned" lines were looked at while the ranking was made, "held" ones were
 * not. The floors are what was reached; INTERVIEWD_RELEVANCE_SHOW=1 lists the misses.
 */
#include "cmocka_all.h"

#include "answer/outline.h"
#include "ground/grounding.h"
#include "support/profile.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 2048, COLUMNS = 5, SKILLS = 32, PLACES = 3, STORY_BYTES = 180, PERCENT = 100 };

struct tally {
    int first;
    int three;
    int all;
};

struct row {
    char *column[COLUMNS];
};

static struct outline answer(const json_t *profile, const char *question)
{
    const char *skills[SKILLS];
    struct grounding_input in = {
        .role = json_string_value(json_object_get(profile, "role")),
        .industry = json_string_value(json_object_get(profile, "industry")),
        .context = json_string_value(json_object_get(profile, "context")),
        .years_experience = (int)json_integer_value(json_object_get(profile, "yearsExperience")),
        .skills = skills};
    struct grounding *g = NULL;
    struct outline o;
    json_t *skill;
    size_t i;

    json_array_foreach(json_object_get(profile, "skills"), i, skill)
    {
        skills[in.skill_count++] = json_string_value(skill);
    }
    assert_int_equal(grounding_open(&g, &in), 0);
    assert_int_equal(outline_compose(&o, g, question, question_classify(question).kind), 0);
    grounding_free(g);
    return o;
}

/** The line of the text that at stands in. */
static void line_of(const char *text, const char *at, const char **start, const char **end)
{
    *start = at;
    while (*start > text && (*start)[-1] != '\n')
        (*start)--;
    *end = at + strcspn(at, "\n");
}

/** A bullet or a paragraph is one story: any sentence of it will do. A line of short labelled
 *  facts is not: there the very sentence is wanted. */
static bool quotes(const char *context, const char *quote, const char *expected)
{
    const char *at = strstr(context, quote);
    const char *want = strstr(context, expected);
    const char *start;
    const char *end;

    assert_non_null(want);
    if (!at)
        return false;
    line_of(context, want, &start, &end);
    if (strncmp(start, "- ", 2) == 0 || strncmp(start, "* ", 2) == 0 || end - start > STORY_BYTES)
        return at >= start && at < end;
    return strstr(quote, expected) != NULL;
}

static bool expected_one(const char *context, const char *quote, const char *expected)
{
    char list[LINE_BYTES];
    char *rest = list;
    char *one;

    snprintf(list, sizeof(list), "%s", expected);
    while ((one = strsep(&rest, "|")))
        if (quotes(context, quote, one))
            return true;
    return false;
}

static bool is_heading(const char *context, const char *quote)
{
    const char *at = strstr(context, quote);
    const char *end = at + strlen(quote);

    return (at == context || at[-1] == '\n') && (*end == '\n' || *end == '\0') &&
           quote[strlen(quote) - 1] != '.';
}

/** The scene that a story of another line opens with ("The first try failed" wants to know of what)
 *  is not what was chosen. */
static bool only_scene(const struct outline *o, size_t i, const char *context)
{
    const char *start;
    const char *end;
    const char *next;

    if (strcmp(o->points[i].label, "Situation") != 0 || i + 1 == o->count)
        return false;
    line_of(context, strstr(context, o->points[i].quote), &start, &end);
    for (size_t k = i + 1; k < o->count && k < i + 3; k++) {
        next = o->points[k].quote ? strstr(context, o->points[k].quote) : NULL;
        if (next && strcmp(o->points[k].field, "context") == 0)
            return next < start || next >= end;
    }
    return false;
}

/** Which of the places quoted is the expected one: 1, 2, 3; 0: none. */
static int place_of(const struct outline *o, const char *context, const char *expected)
{
    const char *last_line = NULL;
    int place = 0;

    for (size_t i = 0; i < o->count && place <= PLACES; i++) {
        const char *quote = o->points[i].quote;
        const char *start;
        const char *end;

        if (!quote || strcmp(o->points[i].field, "context") != 0 || is_heading(context, quote) ||
            only_scene(o, i, context))
            continue;
        line_of(context, strstr(context, quote), &start, &end);
        place += start != last_line;
        last_line = start;
        if (place <= PLACES && expected_one(context, quote, expected))
            return place;
    }
    return 0;
}

static bool read_row(FILE *f, char line[static LINE_BYTES], struct row *row)
{
    char *rest = line;

    do {
        if (!fgets(line, LINE_BYTES, f))
            return false;
    } while (*line == '#' || *line == '\n');
    line[strcspn(line, "\n")] = '\0';
    for (int i = 0; i < COLUMNS; i++)
        row->column[i] = strsep(&rest, "\t");
    return true;
}

/** The lines of one set; heard: what the recogniser wrote in place of what was asked. */
static struct tally run(const char *set, bool heard)
{
    const char *root = getenv("INTERVIEWD_SOURCE_ROOT");
    bool show = getenv("INTERVIEWD_RELEVANCE_SHOW") != NULL;
    char path[512];
    char line[LINE_BYTES];
    struct row row;
    struct tally t = {0};
    FILE *f;

    snprintf(path, sizeof(path), "%s/backend/test/data/interview/relevance.tsv", root ? root : ".");
    f = fopen(path, "r");
    assert_non_null(f);
    while (read_row(f, line, &row)) {
        const char *question = row.column[heard ? 4 : 2];
        json_t *profile;
        struct outline o;
        int place;

        if (strcmp(row.column[0], set) != 0 || !question)
            continue;
        profile = profile_load(row.column[1]);
        o = answer(profile, question);
        place = place_of(&o, json_string_value(json_object_get(profile, "context")), row.column[3]);
        t.all++;
        t.first += place == 1;
        t.three += place > 0;
        if (show && place != 1)
            printf("# %d %s %s: %s [%s]\n#      got %s\n", place, row.column[1],
                   question_kind_name(question_classify(question).kind), question, row.column[3],
                   o.count > 0 && o.points[0].quote ? o.points[0].quote : "");
        outline_release(&o);
        json_decref(profile);
    }
    fclose(f);
    printf("# %s, %s: hit@1 %d, hit@3 %d of %d\n", set, heard ? "as heard" : "as asked", t.first,
           t.three, t.all);
    return t;
}

static void at_least(struct tally t, int first_percent, int three_percent)
{
    assert_true(t.all > 0);
    assert_true(t.first * PERCENT >= first_percent * t.all);
    assert_true(t.three * PERCENT >= three_percent * t.all);
}

static void the_best_passage_is_quoted(void **state)
{
    (void)state;
    at_least(run("tuned", false), 60, 80);
    at_least(run("held", false), 60, 76);
}

static void the_best_passage_is_quoted_for_what_a_recogniser_wrote(void **state)
{
    (void)state;
    at_least(run("tuned", true), 40, 58);
    at_least(run("held", true), 40, 58);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_passage_is_quoted),
        cmocka_unit_test(the_best_passage_is_quoted_for_what_a_recogniser_wrote),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
