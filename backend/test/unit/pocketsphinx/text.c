/**
 * @file test/unit/pocketsphinx/text.c  Words to text that people read, and spelling to phones
 */
#include "cmocka_all.h"

#include "asr/pocketsphinx/display.h"
#include "asr/pocketsphinx/heard.h"
#include "asr/pocketsphinx/mate.h"
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

static size_t words_at(struct heard to[8], const char *words, uint32_t start_ms)
{
    char copy[128];
    size_t n = 0;

    snprintf(copy, sizeof(copy), "%s", words);
    for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "), n++) {
        snprintf(to[n].text, sizeof(to[n].text), "%s", w);
        to[n].start_ms = start_ms + 200 * (uint32_t)n;
        to[n].end_ms = to[n].start_ms + 200;
    }
    return n;
}

static void expect_words(const char *promised, const char *heard, const char *said)
{
    static struct heard kept[8], word[HEARD_WORDS_MAX];
    char text[256] = "";
    size_t n = heard_keep(kept, words_at(kept, promised, 100), word, words_at(word, heard, 120));

    for (size_t i = 0; i < n; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), i ? " %s" : "%s", word[i].text);
    assert_string_equal(text, said);
}

static void promised_words_stay_and_later_ones_follow(void **state)
{
    (void)state;
    expect_words("", "why are you", "why are you");
    expect_words("why are", "why are you here", "why are you here");
    expect_words("why are", "while our you here", "why are you here");
    expect_words("why are you", "why", "why are you");
    expect_words("why are", "", "why are");
}

static void promised_words_leave_room_for_no_more_than_fit(void **state)
{
    static struct heard kept[1] = {{"first", 0, 10}}, word[HEARD_WORDS_MAX];

    (void)state;
    for (size_t i = 0; i < HEARD_WORDS_MAX; i++)
        word[i] = (struct heard){"x", (uint32_t)i * 10 + 10, (uint32_t)i * 10 + 20};
    assert_int_equal(heard_keep(kept, 1, word, HEARD_WORDS_MAX), HEARD_WORDS_MAX);
    assert_string_equal(word[0].text, "first");
    assert_int_equal(word[HEARD_WORDS_MAX - 1].start_ms, 10 * HEARD_WORDS_MAX - 10);
}

static void add_one(void *arg)
{
    ++*(int *)arg;
}

static void a_mate_does_each_call_once_and_its_work_is_seen(void **state)
{
    struct mate *mate = NULL;
    int calls = 0;

    (void)state;
    assert_int_equal(mate_open(&mate), 0);
    mate_wait(mate);
    for (int i = 1; i <= 1000; i++) {
        mate_start(mate, add_one, &calls);
        mate_wait(mate);
        assert_int_equal(calls, i);
    }
    mate_start(mate, add_one, &calls);
    mate_close(mate);
    assert_int_equal(calls, 1001);
    mate_start(NULL, add_one, &calls);
    mate_wait(NULL);
    assert_int_equal(calls, 1002);
    mate_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_gets_its_mark_and_a_statement_its_stop),
        cmocka_unit_test(names_are_written_as_they_are_written),
        cmocka_unit_test(a_table_that_is_not_there_is_an_empty_one),
        cmocka_unit_test(spelling_suggests_phones),
        cmocka_unit_test(acronyms_are_spelled),
        cmocka_unit_test(promised_words_stay_and_later_ones_follow),
        cmocka_unit_test(promised_words_leave_room_for_no_more_than_fit),
        cmocka_unit_test(a_mate_does_each_call_once_and_its_work_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
