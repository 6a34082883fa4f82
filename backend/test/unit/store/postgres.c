/**
 * @file test/unit/store/postgres.c  Bad days of a PostgreSQL server, and what a call costs
 *
 * What the store does on it is the conformance suite's matter (conformance/store.c).
 */
#include "cmocka_all.h"

#include "base/clock.h"
#include "store/store.h"
#include "support/postgres.h"
#include "support/scratch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_MS = 700 }; /* of a server that hangs */

struct fixture {
    struct store *store;
    struct store_user ada;
    struct store_session session;
    char url[POSTGRES_URL_MAX];
    char schema[32];
};

static struct errbuf why;

static int open_at(struct store **store, const char *url, int answer_ms)
{
    struct store_params params = {.url = url, .answer_ms = answer_ms};

    why.text[0] = '\0';
    return store_open(store, "postgres", &params, &why);
}

static void make_ada(struct fixture *f)
{
    f->ada = (struct store_user){.email = LITERAL("ada@example.com"),
                                 .display_name = LITERAL("Ada"),
                                 .settings = LITERAL("{}"),
                                 .subscription = LITERAL("{}")};
    f->session = (struct store_session){.metadata = LITERAL("{}"), .created_at = 1};
    id_new(f->ada.id);
    id_new(f->session.id);
    memcpy(f->session.user_id, f->ada.id, ID_TEXT_MAX);
    assert_int_equal(store_user_put(f->store, &f->ada, NULL), 0);
    assert_int_equal(store_session_put(f->store, &f->session, NULL), 0);
}

static int setup(void **state)
{
    static int count;
    struct fixture *f = calloc(1, sizeof(*f));

    snprintf(f->schema, sizeof(f->schema), "t%d", count++);
    postgres_url(f->schema, f->url);
    if (open_at(&f->store, f->url, 0) || store_migrate(f->store, NULL, NULL, &why))
        fail_msg("%s", why.text);
    make_ada(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    free(f);
    return 0;
}

/* In the schema of the test. */
static void run_sql(const struct fixture *f, const char *sql)
{
    char command[1024];

    snprintf(command, sizeof(command), "sql SET search_path=%s; %s", f->schema, sql);
    postgres_do(command);
}

static struct store_transcript line_of(const struct fixture *f)
{
    struct store_transcript t = {
        .question = LITERAL("v1.q"), .metrics = LITERAL("{}"), .timestamp = 1000};

    id_new(t.id);
    memcpy(t.session_id, f->session.id, ID_TEXT_MAX);
    return t;
}

static enum store_fault fault_of(struct store *store)
{
    struct store_health health;

    store_health(store, &health);
    return health.fault;
}

/* ------------------------------------------------------------------------- round trips */

static int set_name(struct store_user *user, void *arg)
{
    free(user->display_name);
    user->display_name = strdup(arg);
    return 0;
}

/* Once, so that everything is prepared; then it is counted. */
static void each_call_is_one_round_trip_and_a_change_two(void **state)
{
    struct fixture *f = *state;
    struct store_refresh token = {.expires_at = 9000}, fresh = {.expires_at = 9000};
    uint64_t before = 0;

    memcpy(token.user_id, f->ada.id, ID_TEXT_MAX);
    memcpy(fresh.user_id, f->ada.id, ID_TEXT_MAX);
    id_new(token.family);
    memcpy(fresh.family, token.family, ID_TEXT_MAX);
    for (int round = 0; round < 2; round++) {
        struct store_transcript t = line_of(f), back;
        struct store_list list;
        struct store_user user;
        char *is = NULL;

        memset(token.hash, 'a' + 2 * round, sizeof(token.hash) - 1);
        memset(fresh.hash, 'b' + 2 * round, sizeof(fresh.hash) - 1);
#define COSTS(n, call)                                                                             \
    before = store_round_trips(f->store);                                                          \
    assert_int_equal(call, 0);                                                                     \
    if (round)                                                                                     \
        print_message("%d  %s\n", (int)(store_round_trips(f->store) - before), #call);             \
    assert_int_equal(store_round_trips(f->store) - before, n)

        COSTS(1, store_user_get(f->store, f->ada.id, &user, NULL));
        store_user_release(&user);
        COSTS(1, store_session_list(f->store, f->ada.id, NULL, 20, NULL, &list, NULL));
        store_list_release(&list, STORE_KIND_SESSION);
        COSTS(1, store_transcript_put(f->store, &t, NULL));
        COSTS(1, store_transcript_get(f->store, f->ada.id, t.id, &back, NULL));
        store_transcript_release(&back);
        COSTS(1, store_transcript_list(f->store, f->ada.id, f->session.id, true, 20, NULL, &list,
                                       NULL));
        store_list_release(&list, STORE_KIND_TRANSCRIPT);
        COSTS(1, store_transcript_erase(f->store, f->session.id, t.id, NULL));
        COSTS(1, store_refresh_put(f->store, &token, NULL));
        COSTS(1, store_refresh_rotate(f->store, token.hash, &fresh, 1, NULL));
        COSTS(1, store_user_password(f->store, f->ada.id, "x", "", 1, &list, NULL));
        free(list.items);
        COSTS(1, store_fact_claim(f->store, "a", "b", &is, NULL));
        free(is);
        COSTS(2, store_user_change(f->store, f->ada.id, set_name, (char[]){"A"}, &user, NULL));
        store_user_release(&user);
#undef COSTS
    }
}

/* ----------------------------------------------------------------------- cut, killed, hung */

enum { WRITERS = 2, LINES = 4000 };

struct writer {
    struct fixture *f;
    char (*kept)[ID_TEXT_MAX]; /* those that were acknowledged */
    _Atomic size_t kept_count;
    int away; /* how often it was told that the server is */
    int other;
};

static _Atomic bool enough;

static void *write_on(void *arg)
{
    struct writer *w = arg;

    while (!enough && w->kept_count < LINES) {
        struct store_transcript t = line_of(w->f);
        int err = store_transcript_put(w->f->store, &t, NULL);

        if (!err) {
            memcpy(w->kept[w->kept_count], t.id, ID_TEXT_MAX);
            w->kept_count++;
            continue;
        }
        if (err == UV_ENOTCONN)
            w->away++;
        else
            w->other++;
        if (err)
            usleep(20000);
    }
    return NULL;
}

static void none_is_lost(struct fixture *f, const struct writer *w)
{
    for (size_t i = 0; i < w->kept_count; i++) {
        struct store_transcript back;

        assert_int_equal(store_transcript_get(f->store, f->ada.id, w->kept[i], &back, NULL), 0);
        store_transcript_release(&back);
    }
}

/* Until each has written so many more. */
static void wait_for_more(const struct writer writers[static WRITERS], size_t more)
{
    for (int i = 0; i < WRITERS; i++) {
        size_t had = writers[i].kept_count;

        for (int t = 0; t < 3000 && writers[i].kept_count < had + more; t++)
            usleep(10000);
        assert_true(writers[i].kept_count >= had + more);
    }
}

/* Two threads write while bad() happens `times`; what was acknowledged is there afterwards. */
static void write_through(struct fixture *f, int times, void (*bad)(struct fixture *f))
{
    struct writer writers[WRITERS] = {{.f = f}, {.f = f}};
    pthread_t threads[WRITERS];
    size_t before = 0;

    enough = false;
    for (int i = 0; i < WRITERS; i++) {
        writers[i].kept = calloc(LINES, ID_TEXT_MAX);
        assert_int_equal(pthread_create(&threads[i], NULL, write_on, &writers[i]), 0);
    }
    for (int i = 0; i <= times; i++) {
        wait_for_more(writers, 10);
        if (i < times)
            bad(f);
    }
    enough = true;
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        before += writers[i].kept_count;
        assert_int_equal(writers[i].other, 0);
    }
    for (int i = 0; i < 300 && store_probe(f->store, NULL); i++)
        usleep(20000);
    assert_int_equal(fault_of(f->store), STORE_SOUND);
    for (int i = 0; i < WRITERS; i++) {
        none_is_lost(f, &writers[i]);
        free(writers[i].kept);
    }
    print_message("%zu lines were acknowledged, %d and %d times the server was away\n", before,
                  writers[0].away, writers[1].away);
}

static void cut_all(struct fixture *f)
{
    (void)f;
    postgres_do("cut");
}

static void connections_that_are_cut_lose_nothing(void **state)
{
    write_through(*state, 8, cut_all);
}

static void kill_and_start(struct fixture *f)
{
    (void)f;
    postgres_do("kill");
    usleep(100000);
    assert_int_equal(fault_of(f->store), STORE_AWAY);
    postgres_do("start");
}

static void a_server_that_is_killed_loses_nothing(void **state)
{
    write_through(*state, 3, kill_and_start);
}

static void while_it_is_away_that_is_said_and_then_all_is_as_before(void **state)
{
    struct fixture *f = *state;
    struct store *late = NULL;
    struct store_user user;
    uint64_t began;

    postgres_do("kill");
    assert_int_equal(store_user_get(f->store, f->ada.id, &user, &why), UV_ENOTCONN);
    assert_non_null(strstr(why.text, "away"));
    assert_int_equal(fault_of(f->store), STORE_AWAY);
    began = clock_mono_ms(); /* nobody waits for it again and again */
    for (int i = 0; i < 50; i++)
        assert_int_equal(store_user_get(f->store, f->ada.id, &user, &why), UV_ENOTCONN);
    assert_true(clock_mono_ms() - began < 1500);
    assert_int_equal(open_at(&late, f->url, 0), UV_ENOTCONN);
    postgres_do("start");
    for (int i = 0; i < 300 && store_ping(f->store, NULL); i++)
        usleep(20000);
    assert_int_equal(fault_of(f->store), STORE_SOUND);
    assert_int_equal(store_user_get(f->store, f->ada.id, &user, &why), 0);
    store_user_release(&user);
}

/* A read goes over another connection when the one at hand was cut while it lay idle. */
static void a_connection_that_was_cut_while_idle_is_not_felt(void **state)
{
    struct fixture *f = *state;
    struct store_transcript t = line_of(f);
    struct store_user user;

    for (int i = 0; i < 3; i++) {
        postgres_do("cut");
        assert_int_equal(store_user_get(f->store, f->ada.id, &user, &why), 0);
        store_user_release(&user);
        postgres_do("cut");
        assert_int_equal(store_transcript_put(f->store, &t, &why), 0);
    }
}

static void one_that_hangs_is_waited_for_only_so_long(void **state)
{
    struct fixture *f = *state;
    struct store *store = NULL;
    struct store_user user;
    uint64_t began, took;
    int err;

    assert_int_equal(open_at(&store, f->url, ANSWER_MS), 0);
    postgres_do("freeze");
    began = clock_mono_ms();
    err = store_user_put(store, &f->ada, &why);
    took = clock_mono_ms() - began;
    postgres_do("thaw");
    assert_int_equal(err, UV_ENOTCONN);
    assert_non_null(strstr(why.text, "may be stored or not"));
    assert_true(took >= ANSWER_MS && took < ANSWER_MS + 5000);
    for (int i = 0; i < 300 && store_probe(store, NULL); i++)
        usleep(20000);
    assert_int_equal(store_user_get(store, f->ada.id, &user, &why), 0);
    store_user_release(&user);
    store_close(store);
}

/* ------------------------------------------------------------- what the server may answer */

/* Every statement that writes users fails with `state` as long as the sequence says so. */
static void fail_users(const struct fixture *f, const char *state, int times)
{
    char sql[700];

    snprintf(sql, sizeof(sql),
             "CREATE SEQUENCE fails; CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS "
             "$$ BEGIN IF nextval('%s.fails') <= %d THEN RAISE EXCEPTION 'no' USING "
             "ERRCODE='%s'; END IF; RETURN new; END $$; CREATE TRIGGER fail BEFORE INSERT OR "
             "UPDATE ON users FOR EACH ROW EXECUTE FUNCTION fail()",
             f->schema, times, state);
    run_sql(f, sql);
}

struct seen {
    int calls;
};

static int count_calls(struct store_user *user, void *arg)
{
    ((struct seen *)arg)->calls++;
    return set_name(user, (char[]){"Again"});
}

static void a_serialization_failure_is_tried_again(void **state)
{
    struct fixture *f = *state;
    struct seen seen = {0};
    struct store_user user;

    fail_users(f, "40001", 3);
    assert_int_equal(store_user_change(f->store, f->ada.id, count_calls, &seen, &user, &why), 0);
    assert_int_equal(seen.calls, 4);
    store_user_release(&user);
    run_sql(f, "ALTER SEQUENCE fails RESTART");
    assert_int_equal(store_user_put(f->store, &f->ada, &why), 0);
    run_sql(f, "ALTER SEQUENCE fails RESTART; DROP TRIGGER fail ON users;"
               "DROP FUNCTION fail; DROP SEQUENCE fails");
    fail_users(f, "40P01", 1000);
    assert_int_equal(store_user_put(f->store, &f->ada, &why), UV_EAGAIN); /* it gives up */
}

static void a_full_disk_is_told_and_over_after_the_next_write(void **state)
{
    struct fixture *f = *state;

    fail_users(f, "53100", 1);
    assert_int_equal(store_user_put(f->store, &f->ada, &why), UV_ENOSPC);
    assert_int_equal(fault_of(f->store), STORE_FULL);
    assert_int_equal(store_probe(f->store, NULL), 0);
    assert_int_equal(fault_of(f->store), STORE_SOUND);
}

static void what_may_not_be_written_can_be_read(void **state)
{
    struct fixture *f = *state;
    char url[POSTGRES_URL_MAX + 64];
    struct store *store = NULL;
    struct store_user user;

    snprintf(url, sizeof(url), "%s%%20-cdefault_transaction_read_only%%3Don", f->url);
    assert_int_equal(open_at(&store, url, 0), 0);
    assert_int_equal(store_user_put(store, &f->ada, &why), UV_EROFS);
    assert_int_equal(fault_of(store), STORE_READ_ONLY);
    assert_int_equal(store_user_get(store, f->ada.id, &user, &why), 0);
    store_user_release(&user);
    assert_int_equal(fault_of(store), STORE_READ_ONLY); /* a read says nothing of it */
    store_close(store);
}

static void a_newer_schema_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct store *store = NULL;

    run_sql(f, "INSERT INTO interviewd_schema (version,name) VALUES (999,'later')");
    assert_int_equal(open_at(&store, f->url, 0), UV_ENOTSUP);
    assert_non_null(strstr(why.text, "newer version"));
    assert_int_equal(store_migrate(f->store, NULL, NULL, &why), UV_ENOTSUP);
}

static void an_address_that_leads_nowhere_is_told_without_its_password(void **state)
{
    struct store *store = NULL;

    (void)state;
    assert_int_equal(open_at(&store, "postgres://ada:geheim@127.0.0.1:1/x?connect_timeout=2", 0),
                     UV_ENOTCONN);
    assert_non_null(strstr(why.text, "127.0.0.1"));
    assert_null(strstr(why.text, "geheim"));
    assert_int_equal(open_at(&store, "", 0), UV_EINVAL);
}

/* A text that is no UTF-8 is the caller's mistake, and no value is told in the sentence. */
static void a_value_that_cannot_be_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store_user user = f->ada;

    user.display_name = LITERAL("\xff\xfe secret");
    assert_int_equal(store_user_put(f->store, &user, &why), UV_EINVAL);
    assert_null(strstr(why.text, "secret"));
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(each_call_is_one_round_trip_and_a_change_two),
        EACH(a_connection_that_was_cut_while_idle_is_not_felt),
        EACH(connections_that_are_cut_lose_nothing),
        EACH(a_server_that_is_killed_loses_nothing),
        EACH(while_it_is_away_that_is_said_and_then_all_is_as_before),
        EACH(one_that_hangs_is_waited_for_only_so_long),
        EACH(a_serialization_failure_is_tried_again),
        EACH(a_full_disk_is_told_and_over_after_the_next_write),
        EACH(what_may_not_be_written_can_be_read),
        EACH(a_newer_schema_is_left_alone),
        EACH(an_address_that_leads_nowhere_is_told_without_its_password),
        EACH(a_value_that_cannot_be_is_refused),
    };
    int failed;

    if (!postgres_start()) {
        puts("1..0 # SKIP no PostgreSQL server is installed");
        return 0;
    }
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    postgres_stop();
    return failed;
}
