/**
 * @file test/unit/ground/spans.c  The question is found inside what was said
 *
 * test/data/interview/spans.tsv holds what was said with the questions between brackets. Its lines
 * are tried as they are, and put together: remarks of it before and behind questions of it, with
 * marks and without. The floors are a little below what was measured (docs/SPEED.md).
 */
#include "cmocka_all.h"

#include "ground/spans.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LINES_MAX = 512, TEXT_MAX = 2048, NEAR_WORDS = 2 };

struct line {
    char kinds[96];
    char text[TEXT_MAX];
    size_t start; /* of the first question to the end of the last */
    size_t end;
    int questions;
};

static struct line lines[LINES_MAX];
static size_t line_count;

struct tally {
    int right; /* a question was found where one is */
    int missed;
    int wrong; /* found where none is */
    int near;
    int kind_right;
    int kinds;
};

static void read_line(char *line)
{
    struct line *l = &lines[line_count];
    char *tab = strchr(line, '\t');
    size_t n = 0;

    line[strcspn(line, "\n")] = '\0';
    if (line[0] == '#' || !tab)
        return;
    assert_true(line_count < LINES_MAX);
    snprintf(l->kinds, sizeof(l->kinds), "%.*s", (int)(tab - line), line);
    for (const char *p = tab + 1; *p; p++) {
        if (*p == '[' && l->questions++ == 0)
            l->start = n;
        else if (*p == ']')
            l->end = n;
        else if (*p != '[')
            l->text[n++] = *p;
    }
    line_count++;
}

static int read_file(const char *name)
{
    const char *root = getenv("INTERVIEWD_SOURCE_ROOT");
    char path[512];
    char line[TEXT_MAX];
    FILE *f;

    memset(lines, 0, sizeof(lines));
    line_count = 0;
    snprintf(path, sizeof(path), "%s/backend/test/data/interview/%s", root ? root : ".", name);
    f = fopen(path, "r");
    if (!f)
        return -1;
    while (fgets(line, sizeof(line), f))
        read_line(line);
    fclose(f);
    return 0;
}

static int read_lines(void **state)
{
    (void)state;
    return read_file("spans.tsv");
}

static int words_before(const char *text, size_t to)
{
    int n = 0;

    for (size_t i = 0; i < to; i++)
        n += text[i] != ' ' && (i == 0 || text[i - 1] == ' ');
    return n;
}

static bool near(const char *text, size_t a, size_t b)
{
    return abs(words_before(text, a) - words_before(text, b)) <= NEAR_WORDS;
}

static bool kind_is(const char *kinds, enum question_kind kind)
{
    const char *name = question_kind_name(kind);
    const char *at = strstr(kinds, name);

    return at && (at == kinds || at[-1] == '|') && strchr("|", at[strlen(name)]);
}

static void judge(struct tally *t, const struct line *l)
{
    struct question_span spans[QUESTION_SPANS_MAX];
    size_t n = question_spans(l->text, strlen(l->text), spans, QUESTION_SPANS_MAX);
    size_t longest = 0;

    if (!n || !l->questions) {
        t->wrong += n > 0;
        t->missed += l->questions > 0;
        return;
    }
    if (spans[0].start >= l->end || spans[n - 1].end <= l->start) {
        t->wrong++;
        t->missed++;
        return;
    }
    t->right++;
    t->near += near(l->text, spans[0].start, l->start) && near(l->text, spans[n - 1].end, l->end);
    for (size_t i = 0; i < n; i++)
        if (spans[i].end - spans[i].start > spans[longest].end - spans[longest].start)
            longest = i;
    if (l->questions > 1)
        return;
    t->kinds++;
    t->kind_right += kind_is(l->kinds, spans[longest].kind);
}

/* Without marks and capitals, as many recognisers write. */
static struct line bare(const struct line *l)
{
    struct line out = *l;
    size_t n = 0;

    out.start = out.end = 0;
    for (size_t i = 0; i <= strlen(l->text); i++) {
        if (i == l->start)
            out.start = n;
        if (i == l->end)
            out.end = n;
        if (!l->text[i] || !strchr(",.?!;:", l->text[i]))
            out.text[n++] = (char)tolower((unsigned char)l->text[i]);
    }
    return out;
}

static bool alone(const struct line *l)
{
    return !l->questions || (l->start == 0 && l->end == strlen(l->text));
}

static const struct line *any_remark(uint32_t *seed)
{
    const struct line *l;

    do {
        *seed = *seed * 1664525u + 1013904223u;
        l = &lines[(*seed >> 8) % line_count];
    } while (l->questions || words_before(l->text, strlen(l->text)) < 5);
    return l;
}

/* Remarks of the file before a question of it, or behind it. */
static struct line composed(const struct line *question, int before, int behind, uint32_t *seed)
{
    struct line out = *question;
    char text[TEXT_MAX] = "";

    for (int i = 0; i < before; i++)
        strcat(strcat(text, any_remark(seed)->text), " ");
    out.start = strlen(text);
    strcat(text, question->text);
    out.end = strlen(text);
    for (int i = 0; i < behind; i++)
        strcat(strcat(text, " "), any_remark(seed)->text);
    strcpy(out.text, text);
    return out;
}

static void hold(const char *what, const struct tally *t, double precision, double recall,
                 double span, double kind)
{
    double p = 100.0 * t->right / (t->right + t->wrong);
    double r = 100.0 * t->right / (t->right + t->missed);
    double s = 100.0 * t->near / t->right;
    double k = 100.0 * t->kind_right / t->kinds;

    print_message("# %s: precision %.1f %%, recall %.1f %%, span %.1f %%, kind %.1f %% of %d\n",
                  what, p, r, s, k, t->right + t->missed);
    assert_true(p >= precision);
    assert_true(r >= recall);
    assert_true(s >= span);
    assert_true(k >= kind);
}

static void what_is_asked_alone_is_found(void **state)
{
    struct tally marks = {0};
    struct tally none = {0};

    (void)state;
    assert_true(line_count >= 300);
    for (size_t i = 0; i < line_count; i++) {
        struct line without = bare(&lines[i]);

        if (!alone(&lines[i]))
            continue;
        judge(&marks, &lines[i]);
        judge(&none, &without);
    }
    hold("alone", &marks, 95, 95, 92, 88);
    hold("alone, no marks", &none, 92, 94, 85, 88);
}

static void what_is_asked_behind_and_before_others_is_found(void **state)
{
    struct tally t = {0};

    (void)state;
    for (size_t i = 0; i < line_count; i++)
        if (!alone(&lines[i]))
            judge(&t, &lines[i]);
    hold("within", &t, 95, 95, 85, 85);
}

static void remarks_before_a_question_do_not_hide_it(void **state)
{
    (void)state;
    for (int before = 1; before <= 3; before++) {
        struct tally marks = {0};
        struct tally none = {0};
        uint32_t seed = 7;

        for (size_t i = 0; i < line_count; i++) {
            struct line l;
            struct line without;

            if (lines[i].questions != 1 || !alone(&lines[i]))
                continue;
            l = composed(&lines[i], before, 0, &seed);
            without = bare(&l);
            judge(&marks, &l);
            judge(&none, &without);
        }
        hold("behind remarks", &marks, 95, 93, 78, 85);
        hold("behind remarks, no marks", &none, 95, 90, 62, 82);
    }
}

static void remarks_behind_a_question_do_not_hide_it(void **state)
{
    struct tally marks = {0};
    struct tally none = {0};
    uint32_t seed = 11;

    (void)state;
    for (size_t i = 0; i < line_count; i++) {
        struct line l;
        struct line without;

        if (lines[i].questions != 1 || !alone(&lines[i]))
            continue;
        l = composed(&lines[i], 0, 1, &seed);
        without = bare(&l);
        judge(&marks, &l);
        judge(&none, &without);
    }
    hold("before a remark", &marks, 95, 90, 75, 85);
    hold("before a remark, no marks", &none, 95, 85, 55, 80);
}

/* Written when the tagger stood; nothing was chosen by them. */
static void what_others_say_is_found(void **state)
{
    struct tally alone_marks = {0};
    struct tally alone_none = {0};
    struct tally within = {0};

    (void)state;
    assert_int_equal(read_file("spans_held.tsv"), 0);
    for (size_t i = 0; i < line_count; i++) {
        struct line without = bare(&lines[i]);

        judge(alone(&lines[i]) ? &alone_marks : &within, &lines[i]);
        if (alone(&lines[i]))
            judge(&alone_none, &without);
    }
    hold("new, alone", &alone_marks, 95, 95, 92, 85);
    hold("new, alone, no marks", &alone_none, 95, 94, 85, 80);
    hold("new, within", &within, 95, 95, 78, 70);
    assert_int_equal(read_lines(state), 0);
}

static void two_questions_are_two(void **state)
{
    static const char text[] = "Why do you want to leave your job? And what is your notice period?";
    struct question_span spans[QUESTION_SPANS_MAX];

    (void)state;
    assert_int_equal(question_spans(text, strlen(text), spans, QUESTION_SPANS_MAX), 2);
    assert_int_equal(spans[0].start, 0);
    assert_int_equal(spans[0].kind, QUESTION_MOTIVATIONAL);
    assert_int_equal(spans[1].end, strlen(text));
    assert_int_equal(spans[1].kind, QUESTION_LOGISTICS);
    assert_int_equal(question_spans(text, strlen(text), spans, 1), 1);
}

static void a_situation_belongs_to_its_question(void **state)
{
    static const char text[] = "Suppose a supplier goes bankrupt and you are in the middle of a "
                               "project. What do you do?";
    struct question_span spans[QUESTION_SPANS_MAX];

    (void)state;
    assert_int_equal(question_spans(text, strlen(text), spans, QUESTION_SPANS_MAX), 1);
    assert_int_equal(spans[0].start, 0);
    assert_int_equal(spans[0].end, strlen(text));
    assert_int_equal(spans[0].kind, QUESTION_SITUATIONAL);
}

static void a_long_text_and_odd_bytes_are_read(void **state)
{
    static char text[200000];
    struct question_span spans[QUESTION_SPANS_MAX];
    size_t n;

    (void)state;
    while (strlen(text) < sizeof(text) - 200)
        strcat(text + strlen(text), "we had a meeting about the budget ");
    strcat(text, "so what is your notice period");
    n = question_spans(text, strlen(text), spans, QUESTION_SPANS_MAX);
    assert_true(n >= 1);
    assert_int_equal(spans[n - 1].end, strlen(text));
    assert_int_equal(question_spans("", 0, spans, QUESTION_SPANS_MAX), 0);
    assert_int_equal(question_spans("\xff\xfe ... ?", 8, spans, QUESTION_SPANS_MAX), 0);
}

static void a_microsecond_a_character_is_enough(void **state)
{
    struct question_span spans[QUESTION_SPANS_MAX];
    size_t characters = 0;
    double us;
    clock_t from = clock();

    (void)state;
    for (int round = 0; round < 10; round++)
        for (size_t i = 0; i < line_count; i++) {
            question_spans(lines[i].text, strlen(lines[i].text), spans, QUESTION_SPANS_MAX);
            characters += strlen(lines[i].text);
        }
    us = 1e6 * (double)(clock() - from) / CLOCKS_PER_SEC / (double)characters;
    print_message("# %.2f us a character\n", us);
#ifndef __SANITIZE_ADDRESS__
    if (!getenv("ASAN_OPTIONS") && !getenv("TSAN_OPTIONS"))
        assert_true(us <= 3); /* 1 on an idle machine */
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked_alone_is_found),
        cmocka_unit_test(what_is_asked_behind_and_before_others_is_found),
        cmocka_unit_test(remarks_before_a_question_do_not_hide_it),
        cmocka_unit_test(remarks_behind_a_question_do_not_hide_it),
        cmocka_unit_test(what_others_say_is_found),
        cmocka_unit_test(two_questions_are_two),
        cmocka_unit_test(a_situation_belongs_to_its_question),
        cmocka_unit_test(a_long_text_and_odd_bytes_are_read),
        cmocka_unit_test(a_microsecond_a_character_is_enough),
    };

    return cmocka_run_group_tests(tests, read_lines, NULL);
}
