/**
 * @file test/unit/search/index.c  Which words stand where
 */
#include "search/index.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct index *ix;
static struct index_found found;

static int setup(void **state)
{
    (void)state;
    found = (struct index_found){NULL, 0};
    return index_open(&ix);
}

static int teardown(void **state)
{
    (void)state;
    index_found_release(&found);
    index_free(ix);
    return 0;
}

static void session(const char *id)
{
    assert_int_equal(index_session(ix, id), 0);
}

static void line(const char *id, const char *text)
{
    assert_int_equal(index_line(ix, id, text, strlen(text)), 0);
}

/* The sessions found, "b a". */
static const char *find(const char *text)
{
    static char ids[512];
    struct index_query query;
    size_t n = 0;

    index_found_release(&found);
    index_query_read(&query, text);
    assert_int_equal(index_find(ix, &query, &found), 0);
    ids[0] = '\0';
    for (size_t i = 0; i < found.count; i++)
        n += (size_t)snprintf(ids + n, sizeof(ids) - n, "%s%s", i ? " " : "",
                              found.hits[i].session_id);
    return ids;
}

static void words_are_found_without_case_and_accents(void **state)
{
    (void)state;
    session("a");
    line("1", "We moved to Kafka in Zürich, naïvely.");
    session("b");
    line("2", "KAFKA again; ΣΊΣΥΦΟΣ.");
    assert_string_equal(find("kafka "), "b a");
    assert_string_equal(find("zurich"), "a");
    assert_string_equal(find("Naïve"), "a");
    assert_string_equal(find("σίσυφος"), "b");
    assert_string_equal(find("rust"), "");
    assert_string_equal(find(""), "");
    assert_string_equal(find("..."), "");
}

static void the_last_word_is_the_beginning_of_one(void **state)
{
    (void)state;
    session("a");
    line("1", "kafka ordering");
    assert_string_equal(find("ord"), "a");
    assert_string_equal(find("kafka ord"), "a");
    assert_string_equal(find("kaf ordering"), ""); /* the first is whole */
    assert_string_equal(find("rdering"), "");
}

static void every_word_stands_somewhere_in_the_session(void **state)
{
    (void)state;
    session("a");
    line("", "Acme, second round");
    line("1", "How do you scale Postgres?");
    line("2", "We sharded Postgres, then cached.");
    session("b");
    line("3", "Postgres only.");
    assert_string_equal(find("acme postgres"), "a");
    assert_true(found.hits[0].head);
    assert_int_equal(found.hits[0].line_count, 2);
    assert_string_equal(find("postgres cached"), "a");
    assert_false(found.hits[0].head);
    assert_string_equal(found.hits[0].lines[0], "2"); /* has both */
    assert_string_equal(found.hits[0].lines[1], "1");
    assert_string_equal(find("postgres"), "b a");
    assert_string_equal(find("acme only"), "");
}

static void the_best_lines_are_told_and_no_more(void **state)
{
    (void)state;
    session("a");
    for (int i = 0; i < 20; i++) {
        char id[8];

        snprintf(id, sizeof(id), "%d", i);
        line(id, i == 7 ? "queue of events" : "queue");
    }
    find("queue events");
    assert_int_equal(found.hits[0].line_count, INDEX_LINES_MAX);
    assert_string_equal(found.hits[0].lines[0], "7");
    assert_string_equal(found.hits[0].lines[1], "0");
    assert_string_equal(found.hits[0].lines[2], "1");
}

static void question_and_answer_are_one_line(void **state)
{
    (void)state;
    session("a");
    line("1", "Why Rust?");
    line("1", "Because of the ledger.");
    find("rust ledger");
    assert_int_equal(found.hits[0].line_count, 1);
}

static void a_session_begun_anew_has_its_new_words_only(void **state)
{
    (void)state;
    session("a");
    line("1", "alpha");
    session("b");
    line("2", "alpha beta");
    session("a");
    line("1", "gamma");
    assert_string_equal(find("alpha"), "b");
    assert_string_equal(find("gamma"), "a");
}

static void what_is_forgotten_leaves_no_word_behind(void **state)
{
    struct index_query query;

    (void)state;
    session("a");
    line("1", "unforgettable");
    session("b");
    line("2", "beta");
    index_forget(ix, "a");
    index_forget(ix, "nobody");
    assert_string_equal(find("unforg"), "");
    assert_string_equal(find("beta"), "b");
    index_query_read(&query, "unforg");
    assert_true(index_query_has(&query, "unforgettable"));
    assert_int_equal(index_line(ix, "1", "x", 1), 0); /* b is still the one lines are added to */
    assert_string_equal(find("x"), "b");
    index_forget(ix, "b");
    assert_int_equal(index_line(ix, "1", "x", 1), UV_EINVAL);
}

/* As a live interview that is searched: the same session again and again. */
static void memory_does_not_grow_with_what_is_read_again(void **state)
{
    size_t bytes = 0;

    (void)state;
    session("other");
    line("o", "stays");
    for (int round = 0; round < 200; round++) {
        session("live");
        for (int i = 0; i < 60; i++) {
            char id[8];

            snprintf(id, sizeof(id), "%d", i);
            line(id, "the same words every time");
        }
        if (round == 60)
            bytes = index_bytes(ix);
    }
    assert_true(index_bytes(ix) <= bytes);
    assert_string_equal(find("same"), "live");
    assert_int_equal(found.hits[0].line_count, INDEX_LINES_MAX);
    assert_string_equal(find("stays"), "other");
}

static void past_its_limit_it_says_so_and_keeps_what_it_has(void **state)
{
    char *word = malloc(INDEX_BYTES_MAX / 4);
    int err = 0;

    (void)state;
    session("a");
    line("1", "first");
    for (unsigned round = 0; !err && round < 64; round++) {
        size_t n = 0;

        for (unsigned i = 0; n < INDEX_BYTES_MAX / 4 - 32; i++)
            n += (size_t)snprintf(word + n, 32, "w%ux%u ", round, i);
        err = index_line(ix, "2", word, n);
    }
    free(word);
    assert_int_equal(err, UV_ENOBUFS);
    assert_true(index_bytes(ix) <= INDEX_BYTES_MAX + (INDEX_BYTES_MAX >> 2));
    assert_string_equal(find("first"), "a");
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(words_are_found_without_case_and_accents),
        EACH(the_last_word_is_the_beginning_of_one),
        EACH(every_word_stands_somewhere_in_the_session),
        EACH(the_best_lines_are_told_and_no_more),
        EACH(question_and_answer_are_one_line),
        EACH(a_session_begun_anew_has_its_new_words_only),
        EACH(what_is_forgotten_leaves_no_word_behind),
        EACH(memory_does_not_grow_with_what_is_read_again),
        EACH(past_its_limit_it_says_so_and_keeps_what_it_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
