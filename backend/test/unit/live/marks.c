/**
 * @file test/unit/live/marks.c  Doubtful words and seams, in the question that is sent
 */
#include "cmocka_all.h"

#include "live/marks.h"

#include <string.h>

static void check(const struct marks *m, const char *text, size_t start, size_t end,
                  const char *want)
{
    struct buf out;
    bool any;

    buf_init(&out, 1024);
    any = marks_put(m, text, start, end, &out);
    buf_putc(&out, '\0');
    assert_string_equal(out.data, want ? want : "");
    assert_int_equal(any, want != NULL);
    buf_release(&out);
}

static void unsure_words_are_marked_behind_them(void **state)
{
    static const char text[] = "We use Cooper Netties, do you use it?";
    static const struct asr_word words[] = {
        {"We", 0, 0, 0.9f},       {"use", 0, 0, 0.9f}, {"Cooper", 0, 0, 0.3f},
        {"Netties", 0, 0, 0.49f}, {"do", 0, 0, 0.5f},  {"you", 0, 0, 0.9f},
        {"else", 0, 0, 0.1f},     {"use", 0, 0, 0.2f}, {"it", 0, 0, 0}};
    struct marks m;

    (void)state;
    marks_note(&m, text, words, sizeof(words) / sizeof(words[0]));
    check(&m, text, 0, strlen(text), "We use Cooper(?) Netties(?), do you use(?) it?");
    check(&m, text, 23, strlen(text), "do you use(?) it?");
    check(&m, text, 7, 13, "Cooper(?)");
    check(&m, text, 0, 6, NULL);
    marks_note(&m, text, NULL, 0);
    check(&m, text, 0, strlen(text), NULL);
}

static void a_seam_is_told_where_the_question_goes_over_it(void **state)
{
    static const char text[] = "Tell me about a time you led a team";
    static const struct asr_word before[] = {{"time", 0, 0, 0.2f}, {"and", 0, 0, 0.2f}};
    static const struct asr_word own[] = {{"you", 0, 0, 0.2f}};
    struct marks turn;
    struct marks m;

    (void)state;
    marks_note(&turn, "Tell me about a time. and", before, 2);
    marks_note(&m, "you led a team", own, 1);
    marks_join(&m, &turn, 20, &m); /* what stood behind the first 20 bytes is gone */
    check(&m, text, 0, strlen(text), "Tell me about a time(?) … you(?) led a team");
    check(&m, text, 0, 20, "Tell me about a time(?)");
    check(&m, text, 21, strlen(text), "you(?) led a team");
}

static void too_many_are_not_kept(void **state)
{
    char text[4 * MARKS_MAX + 1] = "";
    struct asr_word words[2 * MARKS_MAX];
    struct marks m;

    (void)state;
    for (size_t i = 0; i < 2 * (size_t)MARKS_MAX; i++) {
        strcat(text, "a ");
        words[i] = (struct asr_word){.text = "a", .confidence = 0.1f};
    }
    marks_note(&m, text, words, 2 * (size_t)MARKS_MAX);
    assert_int_equal(m.count, MARKS_MAX);
    marks_join(&m, &m, strlen(text), &m);
    assert_int_equal(m.count, MARKS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unsure_words_are_marked_behind_them),
        cmocka_unit_test(a_seam_is_told_where_the_question_goes_over_it),
        cmocka_unit_test(too_many_are_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
