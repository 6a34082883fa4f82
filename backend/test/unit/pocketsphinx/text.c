/**
 * @file test/unit/pocketsphinx/text.c  Words to text that people read, and spelling to phones
 */
#include "cmocka_all.h"

#include "asr/pocketsphinx/display.h"
#include "asr/pocketsphinx/pronounce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct display *table(void)
{
    struct display *d = NULL;
    char path[512];

    snprintf(path, sizeof(path), "%s/backend/data/speech/casing.txt",
             getenv("INTERVIEWD_SOURCE_ROOT"));
    assert_int_equal(display_load(&d, path), 0);
    return d;
}

static void expect_text(const char *words, const char *text)
{
    struct display *d = table();
    const char *word[32];
    char copy[256];
    size_t n = 0;
    struct buf out;

    snprintf(copy, sizeof(copy), "%s", words);
    for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
        word[n++] = w;
    buf_init(&out, 1024);
    assert_int_equal(display_text(d, word, n, true, &out, NULL), 0);
    assert_string_equal(out.len ? out.data : "", text);
    buf_release(&out);
    display_free(d);
}

static void a_question_gets_its_mark_and_a_statement_its_stop(void **state)
{
    (void)state;
    expect_text("why did you apply here", "Why did you apply here?");
    expect_text("so how would you handle that", "So how would you handle that?");
    expect_text("okay and can you say more", "Okay and can you say more?");
    expect_text("tell me about your team", "Tell me about your team.");
    expect_text("what", "What.");
    expect_text("", "");
}

static void names_are_written_as_they_are_written(void **state)
{
    (void)state;
    expect_text("i use sql and typescript", "I use SQL and TypeScript.");
    expect_text("kubernetes is what i'm learning", "Kubernetes is what I'm learning.");
    expect_text("the u. s. market", "The US market.");
}

static void a_table_that_is_not_there_is_an_empty_one(void **state)
{
    struct display *d = NULL;

    (void)state;
    assert_int_equal(display_load(&d, "/nowhere/casing.txt"), 0);
    assert_string_equal(display_word(d, "sql"), "sql");
    display_free(d);
    display_free(NULL);
}

static void expect_phones(const char *word, const char *phones)
{
    char to[PRONOUNCE_MAX];

    assert_true(pronounce(word, to) > 0);
    assert_string_equal(to, phones);
}

static void spelling_suggests_phones(void **state)
{
    (void)state;
    expect_phones("node", "N OW D");
    expect_phones("shipping", "SH IH P IH NG");
    expect_phones("vercel", "V ER S EH L");
    expect_phones("station", "S T EY SH AH N");
    expect_phones("quick", "K W IH K");
    expect_phones("bright", "B R AY T");
    expect_phones("phone", "F OW N");
}

static void acronyms_are_spelled(void **state)
{
    char to[PRONOUNCE_MAX];

    (void)state;
    expect_phones("AWS", "EY D AH B AH L Y UW EH S");
    expect_phones("S3", "EH S TH R IY");
    expect_phones("HTTPS", "EY CH T IY T IY P IY EH S");
    assert_int_equal(pronounce("", to), 0);
    assert_int_equal(pronounce("'", to), 0);
    assert_int_equal(pronounce("averyveryveryveryveryveryverylongwordthatnobodysays", to), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_gets_its_mark_and_a_statement_its_stop),
        cmocka_unit_test(names_are_written_as_they_are_written),
        cmocka_unit_test(a_table_that_is_not_there_is_an_empty_one),
        cmocka_unit_test(spelling_suggests_phones),
        cmocka_unit_test(acronyms_are_spelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
