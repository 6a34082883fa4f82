/**
 * @file test/unit/ground/question.c  Questions are told from statements, and their kinds apart
 *
 * The floors are what a person would notice; the sentences of test/data/interview/questions.tsv
 * stand in no training text word for word; they are by the author of data/interview/.
 */
#include "cmocka_all.h"

#include "ground/question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELD_OUT_MIN = 190 };

static const double FLOOR_QUESTION = 0.95; /* question or not */
static const double FLOOR_KIND = 0.90;     /* kind of what is a question */

struct tally {
    int total;
    int asked_right;
    int questions;
    int kind_right;
};

static void judge(struct tally *t, const char *label, const char *text)
{
    struct question q = question_classify(text);
    bool asks = strcmp(label, "statement") != 0;

    t->total++;
    t->asked_right += q.is_question == asks;
    if (q.is_question != asks)
        print_message("# %s: \"%s\" taken for %s (%.2f)\n", label, text,
                      q.is_question ? question_kind_name(q.kind) : "a statement",
                      (double)q.certainty);
    if (!asks)
        return;
    t->questions++;
    if (strcmp(question_kind_name(q.kind), label) == 0)
        t->kind_right++;
    else
        print_message("# %s: \"%s\" taken for %s (%.2f)\n", label, text, question_kind_name(q.kind),
                      (double)q.certainty);
}

static void held_out_sentences_are_recognised(void **state)
{
    const char *root = getenv("INTERVIEWD_SOURCE_ROOT");
    char path[512];
    char line[1024];
    struct tally t = {0};
    FILE *f;

    (void)state;
    snprintf(path, sizeof(path), "%s/backend/test/data/interview/questions.tsv", root ? root : ".");
    f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        char *tab = strchr(line, '\t');

        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || !tab)
            continue;
        *tab = '\0';
        judge(&t, line, tab + 1);
    }
    fclose(f);
    print_message("# question or not: %.1f %% of %d; kind: %.1f %% of %d\n",
                  100.0 * t.asked_right / t.total, t.total, 100.0 * t.kind_right / t.questions,
                  t.questions);
    assert_true(t.total >= HELD_OUT_MIN);
    assert_true(t.asked_right >= FLOOR_QUESTION * t.total);
    assert_true(t.kind_right >= FLOOR_KIND * t.questions);
}

static void punctuation_and_case_do_not_change_the_kind(void **state)
{
    (void)state;
    assert_int_equal(question_classify("TELL ME ABOUT A TIME YOU FAILED").kind,
                     QUESTION_BEHAVIORAL);
    assert_int_equal(question_classify("What's the difference between TCP and UDP?").kind,
                     QUESTION_TECHNICAL);
    assert_int_equal(question_classify("whats the difference between tcp and udp").kind,
                     QUESTION_TECHNICAL);
}

static void a_question_mark_is_believed_in_any_language(void **state)
{
    (void)state;
    assert_true(question_classify("Warum möchten Sie bei uns arbeiten?").is_question);
    assert_true(question_classify("なぜ当社で働きたいのですか？").is_question);
    assert_true(question_classify("لماذا تريد العمل هنا؟").is_question);
}

static void nothing_is_no_question(void **state)
{
    (void)state;
    assert_false(question_classify("").is_question);
    assert_false(question_classify(" ... ").is_question);
    assert_false(question_classify("\xff\xfe").is_question);
}

static void a_question_after_a_long_preamble_is_still_heard(void **state)
{
    char text[4096] = "";

    (void)state;
    for (int i = 0; i < 40; i++)
        strcat(text, "we are a small company and we build things ");
    strcat(text, "so can you tell me about a time you had to handle a conflict in your team");
    assert_true(question_classify(text).is_question);
    assert_int_equal(question_classify(text).kind, QUESTION_BEHAVIORAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_out_sentences_are_recognised),
        cmocka_unit_test(punctuation_and_case_do_not_change_the_kind),
        cmocka_unit_test(a_question_mark_is_believed_in_any_language),
        cmocka_unit_test(nothing_is_no_question),
        cmocka_unit_test(a_question_after_a_long_preamble_is_still_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
