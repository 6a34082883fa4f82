/**
 * @file test/unit/store/memory.c  The store, its sealed records and the settings when memory ends
 *
 * Whichever allocation fails: nothing crashes or leaks (the sanitizer looks), what was acknowledged
 * is there, and what was not done is said by a code.
 */
#include "cmocka_all.h"

#include "base/clock.h"
#include "config/config.h"
#include "store/sealed.h"
#include "support/failing.h"
#include "support/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

struct fixture {
    char dir[SCRATCH_MAX];
    struct store *store;
    struct seal *seal;
    char user[ID_TEXT_MAX];
    char session[ID_TEXT_MAX];
    char profile[ID_TEXT_MAX];
};

static int add_records(struct fixture *f)
{
    struct store_user user = {
        .display_name = LITERAL("You"), .settings = LITERAL("{}"), .subscription = LITERAL("{}")};
    struct store_session session = {.job_description = LITERAL("A job"),
                                    .title = LITERAL("old"),
                                    .metadata = LITERAL("{}"),
                                    .created_at = 1000};
    struct store_profile profile = {.name = LITERAL("p"),
                                    .role = LITERAL("Engineer"),
                                    .skills = LITERAL("[]"),
                                    .industry = LITERAL(""),
                                    .context = LITERAL("old")};

    id_new(f->user);
    id_new(f->session);
    id_new(f->profile);
    memcpy(user.id, f->user, ID_TEXT_MAX);
    memcpy(session.id, f->session, ID_TEXT_MAX);
    memcpy(session.user_id, f->user, ID_TEXT_MAX);
    memcpy(profile.id, f->profile, ID_TEXT_MAX);
    memcpy(profile.user_id, f->user, ID_TEXT_MAX);
    return store_user_put(f->store, &user, NULL) ||
           sealed_session_put(f->store, f->seal, &session, NULL) ||
           sealed_profile_add(f->store, f->seal, &profile, 10, NULL);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct store_params params = {0};

    scratch_make(f->dir);
    params.path = scratch_path(f->dir, "i.db");
    assert_int_equal(store_open(&f->store, "sqlite", &params, NULL), 0);
    assert_int_equal(store_migrate(f->store, NULL, NULL, NULL), 0);
    assert_int_equal(seal_open(&f->seal, NULL, KEY, SEAL_FIRST_START, NULL), 0);
    assert_int_equal(add_records(f), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    seal_close(f->seal);
    store_close(f->store);
    scratch_remove(f->dir);
    free(f);
    return 0;
}

/* ----------------------------------------------------------------------- opening it all */

static void open_all(void *arg)
{
    struct fixture *f = arg;
    struct store_params params = {
        .path = scratch_path(f->dir, "other.db"), .reserve_bytes = 4096, .inspect_ms = 1000};
    struct store *store = NULL;
    struct seal *seal = NULL;
    bool any = false;
    int e = store_open(&store, "sqlite", &params, NULL);

    if (!e)
        e = store_migrate(store, NULL, NULL, NULL);
    if (!e)
        e = sealed_any(store, &any, NULL);
    if (!e)
        e = seal_open(&seal, scratch_path(f->dir, "keys/master.key"), NULL, SEAL_FIRST_START, NULL);
    if (!e)
        e = sealed_check(store, seal, NULL);
    assert_true(e == 0 || e == UV_ENOMEM);
    seal_close(seal);
    store_close(store);
}

static void opening_fails_with_a_code(void **state)
{
    assert_true(failing_each(open_all, *state) > 10);
}

/* ---------------------------------------------------------------------------- changing */

static int rename_session(struct store_session *session, void *arg)
{
    char *title = strdup(arg);

    if (!title)
        return UV_ENOMEM;
    free(session->title);
    session->title = title;
    return 0;
}

static int rewrite(struct store_profile *profile, void *arg)
{
    char *context = strdup(arg);

    if (!context)
        return UV_ENOMEM;
    free(profile->context);
    profile->context = context;
    return 0;
}

static void looks_like(struct fixture *f, const char *title, const char *other)
{
    struct store_session session;

    failing_hold();
    assert_int_equal(sealed_session_get(f->store, f->seal, f->user, f->session, &session, NULL), 0);
    assert_string_equal(session.job_description, "A job");
    assert_false(session.unreadable);
    if (strcmp(session.title, other) != 0)
        assert_string_equal(session.title, title);
    store_session_release(&session);
    failing_go_on();
}

/* It happened when that was said; when it was not, it is as before, or the answer alone failed. */
static void change_both(void *arg)
{
    static int round;
    struct fixture *f = arg;
    struct store_session session;
    struct store_profile profile;
    char before[24];
    char after[24];
    int e;

    snprintf(before, sizeof(before), round ? "title %d" : "old", round);
    snprintf(after, sizeof(after), "title %d", round + 1);
    e = sealed_session_change(f->store, f->seal, f->user, f->session, rename_session, after,
                              &session, NULL);
    if (!e)
        store_session_release(&session);
    assert_true(e == 0 || e == UV_ENOMEM);
    looks_like(f, after, e ? before : after);

    failing_hold(); /* the same beginning for the next round */
    assert_int_equal(sealed_session_change(f->store, f->seal, f->user, f->session, rename_session,
                                           after, &session, NULL),
                     0);
    store_session_release(&session);
    round++;
    failing_go_on();

    if (!sealed_profile_change(f->store, f->seal, f->user, f->profile, rewrite, after, &profile,
                               NULL))
        store_profile_release(&profile);
}

static void a_change_happens_or_does_not(void **state)
{
    assert_true(failing_each(change_both, *state) > 10);
}

/* ----------------------------------------------------------------------------- reading */

static void read_all(void *arg)
{
    struct fixture *f = arg;
    struct store_session session;
    struct store_profile profile;
    struct store_user user;
    struct store_list list;
    char *is = NULL;

    if (!sealed_session_get(f->store, f->seal, f->user, f->session, &session, NULL)) {
        assert_string_equal(session.job_description, "A job");
        store_session_release(&session);
    }
    if (!sealed_profile_get(f->store, f->seal, f->user, f->profile, &profile, NULL))
        store_profile_release(&profile);
    if (!store_user_get(f->store, f->user, &user, NULL))
        store_user_release(&user);
    if (!store_session_list(f->store, f->user, NULL, 10, NULL, &list, NULL)) {
        assert_int_equal(list.count, 1);
        if (!sealed_session_open(f->seal, list.items, NULL))
            assert_string_equal(((struct store_session *)list.items)->job_description, "A job");
        store_list_release(&list, STORE_KIND_SESSION);
    }
    if (!store_fact_claim(f->store, "colour", "red", &is, NULL))
        assert_string_equal(is, "red");
    free(is);
}

static void reading_fails_with_a_code(void **state)
{
    assert_true(failing_each(read_all, *state) > 10);
}

/* ---------------------------------------------------------------------------- settings */

static void load_settings(void *arg)
{
    struct fixture *f = arg;
    char *argv[] = {LITERAL("--config"), LITERAL(scratch_path(f->dir, "my.conf")), LITERAL("file"),
                    NULL};
    char *env[] = {LITERAL("GROQ_API_KEY=\"k\""), LITERAL("INTERVIEWD_DATA=~/x"), NULL};
    struct config *config = NULL;

    if (config_load(&config, 3, argv, env, NULL))
        return;
    assert_int_equal(config->listen_port, 9);
    assert_string_equal(config->providers[0].key, "k");
    assert_int_equal(config->origin_count, 2);
    config_path(config, "x");
    config_free(config);
}

static void settings_fail_with_a_code(void **state)
{
    struct fixture *f = *state;

    scratch_write(scratch_path(f->dir, "my.conf"),
                  "\xef\xbb\xbfINTERVIEWD_LISTEN=127.0.0.1:9 # mine\nOLLAMA_HOST=localhost\n"
                  "INTERVIEWD_ORIGINS=https://a.example, https://b.example\n");
    assert_true(failing_each(load_settings, f) > 10);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(opening_fails_with_a_code),
        EACH(a_change_happens_or_does_not),
        EACH(reading_fails_with_a_code),
        EACH(settings_fail_with_a_code),
    };

    return cmocka_run_group_tests_name("store/memory", tests, NULL, NULL);
}
