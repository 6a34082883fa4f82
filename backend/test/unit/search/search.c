/**
 * @file test/unit/search/search.c  One index a person, over a store whose texts are sealed
 */
#include "search/search.h"

#include "base/clock.h"
#include "cmocka_all.h"
#include "store/sealed.h"
#include "support/sealed_store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world {
    char dir[SCRATCH_MAX];
    struct store *store;
    struct seal *seal;
    struct search *search;
    char ada[ID_TEXT_MAX], bob[ID_TEXT_MAX];
};

static struct world w;

static void make_user(char id[static ID_TEXT_MAX], const char *email)
{
    struct store_user user = {.display_name = LITERAL("Ada"),
                              .settings = LITERAL("{}"),
                              .subscription = LITERAL("{}"),
                              .created_at = 1};

    user.email = LITERAL(email);
    id_new(user.id);
    assert_int_equal(store_user_put(w.store, &user, NULL), 0);
    memcpy(id, user.id, ID_TEXT_MAX);
}

static int setup(void **state)
{
    (void)state;
    w = (struct world){.store = NULL};
    sealed_store_make(w.dir, NULL, &w.store, &w.seal);
    assert_int_equal(search_open(&w.search, w.store, w.seal), 0);
    store_watch(w.store, search_written, w.search);
    make_user(w.ada, "ada@example.com");
    make_user(w.bob, "bob@example.com");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    search_close(w.search);
    sealed_store_remove(w.dir, w.store, w.seal);
    return 0;
}

static struct store_session make_session(const char *user, const char *title)
{
    struct store_session s = {.metadata = LITERAL("{}"), .created_at = clock_unix_ms()};

    s.title = LITERAL(title);
    id_new(s.id);
    memcpy(s.user_id, user, ID_TEXT_MAX);
    assert_int_equal(sealed_session_put(w.store, w.seal, &s, NULL), 0);
    return s;
}

static struct store_transcript say(const struct store_session *s, const char *question,
                                   const char *answer)
{
    struct store_transcript t = {.metrics = LITERAL("{}"), .timestamp = clock_unix_ms()};

    t.question = LITERAL(question);
    t.answer = LITERAL(answer);
    id_new(t.id);
    memcpy(t.session_id, s->id, ID_TEXT_MAX);
    assert_int_equal(sealed_transcript_put(w.store, w.seal, &t, NULL), 0);
    return t;
}

static size_t count(const char *user, const char *query)
{
    struct search_found found;
    struct errbuf why = {""};
    size_t n;

    if (search_find(w.search, user, query, &found, &why))
        fail_msg("%s", why.text);
    n = found.found.count;
    search_found_release(&found);
    return n;
}

static void what_was_said_is_found_by_whose_it_is(void **state)
{
    struct store_session s = make_session(w.ada, "Acme");

    (void)state;
    say(&s, "How do you scale Postgres?", "We sharded.");
    assert_int_equal(count(w.ada, "postgres sharded acme"), 1);
    assert_int_equal(count(w.bob, "postgres"), 0);
}

static void what_is_written_afterwards_is_found_at_once(void **state)
{
    struct store_session s = make_session(w.ada, "");
    struct store_session other;
    struct store_transcript t;

    (void)state;
    assert_int_equal(count(w.ada, "ledger"), 0);
    t = say(&s, "And the ledger?", "");
    assert_int_equal(count(w.ada, "ledger"), 1);
    t.question = LITERAL("And the letter?");
    assert_int_equal(sealed_transcript_put(w.store, w.seal, &t, NULL), 0);
    assert_int_equal(count(w.ada, "ledger"), 0);
    assert_int_equal(count(w.ada, "letter"), 1);
    assert_int_equal(store_transcript_erase(w.store, s.id, t.id, NULL), 0);
    assert_int_equal(count(w.ada, "letter"), 0);
    other = make_session(w.ada, "Globex");
    say(&other, "ledger", "");
    assert_int_equal(count(w.ada, "globex ledger"), 1);
    assert_int_equal(store_session_erase(w.store, w.ada, other.id, NULL), 0);
    assert_int_equal(count(w.ada, "ledger"), 0);
}

static void more_is_written_than_is_noted_one_by_one(void **state)
{
    (void)state;
    assert_int_equal(count(w.ada, "ledger"), 0);
    for (int i = 0; i < 100; i++) {
        struct store_session s = make_session(w.ada, "");

        say(&s, "The ledger.", "");
    }
    assert_int_equal(count(w.ada, "ledger"), 100);
}

static void nothing_stays_of_who_signed_out_was_erased_or_is_idle(void **state)
{
    struct store_session s = make_session(w.ada, "Acme");
    struct store_list ended = {0};

    (void)state;
    assert_int_equal(count(w.ada, "acme"), 1);
    assert_true(search_bytes(w.search) > 0);
    search_forget(w.search, w.ada);
    assert_int_equal(search_bytes(w.search), 0);

    assert_int_equal(count(w.ada, "acme"), 1);
    search_forget_idle(w.search, clock_mono_ms());
    assert_true(search_bytes(w.search) > 0);
    search_forget_idle(w.search, clock_mono_ms() + SEARCH_IDLE_MS + 1);
    assert_int_equal(search_bytes(w.search), 0);

    say(&s, "x", "y");
    assert_int_equal(count(w.ada, "x y acme"), 1);
    assert_int_equal(store_user_erase(w.store, w.ada, 1, &ended, NULL), 0);
    free(ended.items);
    assert_int_equal(search_bytes(w.search), 0);
}

static void only_so_many_people_are_held(void **state)
{
    char id[ID_TEXT_MAX];
    size_t bytes;

    (void)state;
    count(w.ada, "a");
    bytes = search_bytes(w.search);
    for (int i = 0; i < SEARCH_PEOPLE_MAX + 10; i++) {
        id_new(id);
        count(id, "a");
    }
    assert_int_equal(search_bytes(w.search), bytes * SEARCH_PEOPLE_MAX);
}

static void *write_on(void *arg)
{
    struct store_session s = make_session(w.ada, "");

    for (int i = 0; i < 50; i++)
        say(&s, "queue", arg);
    return NULL;
}

static void *ask_on(void *arg)
{
    for (int i = 0; i < 50; i++) {
        count(w.ada, "queue");
        if (i % 10 == 9)
            search_forget(w.search, w.ada);
    }
    return arg;
}

static void it_is_asked_written_and_forgotten_at_once(void **state)
{
    pthread_t threads[4];
    char answer[] = "x";

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i % 2 ? write_on : ask_on, answer), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(count(w.ada, "queue"), 2);
}

static void an_excerpt_shows_the_words_and_what_is_around_them(void **state)
{
    struct search_excerpt e;
    struct index_query query;
    char text[2000] = "";

    (void)state;
    index_query_read(&query, "größe led");
    assert_int_equal(search_excerpt(&query, "Die Größe: the ledger.", &e), 2);
    assert_string_equal(e.text, "Die Größe: the ledger.");
    assert_int_equal(e.mark_count, 2);
    assert_int_equal(e.marks[0].start, 4);
    assert_int_equal(e.marks[0].end, 9);
    assert_int_equal(e.marks[1].start, 15);
    assert_int_equal(e.marks[1].end, 21);

    for (int i = 0; i < 100; i++)
        strcat(text, i == 60 ? "the ledger " : "öffentlich ");
    assert_int_equal(search_excerpt(&query, text, &e), 1);
    assert_true(strlen(e.text) <= SEARCH_EXCERPT_MAX + 6);
    assert_memory_equal(e.text, "…öffentlich", strlen("…öffentlich"));
    assert_non_null(strstr(e.text, "the ledger"));
    assert_int_equal(e.mark_count, 1);
    assert_int_equal(search_excerpt(&query, "nothing of it", &e), 0);
    assert_string_equal(e.text, "nothing of it");
    memset(text, 'x', 1000); /* no space anywhere */
    text[1000] = '\0';
    search_excerpt(&query, text, &e);
    assert_int_equal(strlen(e.text), SEARCH_EXCERPT_MAX + strlen("…"));
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(what_was_said_is_found_by_whose_it_is),
        EACH(what_is_written_afterwards_is_found_at_once),
        EACH(more_is_written_than_is_noted_one_by_one),
        EACH(nothing_stays_of_who_signed_out_was_erased_or_is_idle),
        EACH(only_so_many_people_are_held),
        EACH(it_is_asked_written_and_forgotten_at_once),
        EACH(an_excerpt_shows_the_words_and_what_is_around_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
