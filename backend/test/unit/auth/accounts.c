/**
 * @file test/unit/auth/accounts.c  Signing up, in, on and out
 */
#include "cmocka_all.h"

#include "auth/accounts.h"
#include "auth/password.h"
#include "auth/seal.h"
#include "base/clock.h"
#include "support/sealed_store.h"

#include <argon2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE = 60000 };
static int64_t now; /* the server that is started anew asks the clock */

struct fixture {
    char dir[SCRATCH_MAX];
    struct store *store;
    struct seal *seal;
    struct accounts *accounts;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    now = clock_unix_ms() / 1000 * 1000;
    sealed_store_make(f->dir, SEALED_STORE_KEY, &f->store, &f->seal);
    assert_int_equal(accounts_open(&f->accounts, f->store, f->seal, NULL, NULL), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    accounts_close(f->accounts);
    sealed_store_remove(f->dir, f->store, f->seal);
    free(f);
    return 0;
}

static int verify(struct fixture *f, const struct grant *grant, int64_t at)
{
    struct token_claims claims;

    return accounts_verify(f->accounts, grant->access, strlen(grant->access), at, &claims);
}

static struct grant log_in(struct fixture *f, const char *password)
{
    struct grant grant;
    struct errbuf err = {""};

    if (accounts_login(f->accounts, "ada@example.com", password, now, NULL, &grant, &err))
        fail_msg("%s", err.text);
    return grant;
}

/* The server is started anew, with these settings. */
static void restart(struct fixture *f, const struct accounts_params *params)
{
    accounts_close(f->accounts);
    assert_int_equal(accounts_open(&f->accounts, f->store, f->seal, params, NULL), 0);
}

static struct grant sign_up(struct fixture *f)
{
    struct grant grant;
    struct errbuf err = {""};

    if (accounts_signup(f->accounts, " Ada@Example.com", "correct horse battery", "Ada", now, NULL,
                        &grant, &err))
        fail_msg("%s", err.text);
    return grant;
}

static void signing_up_signs_in(void **state)
{
    struct fixture *f = *state;
    struct grant grant = sign_up(f);
    struct token_claims claims;

    assert_string_equal(grant.user.email, "ada@example.com");
    assert_int_equal(grant.expires_in, 900);
    assert_int_equal(accounts_verify(f->accounts, grant.access, strlen(grant.access), now, &claims),
                     0);
    assert_string_equal(claims.user, grant.user.id);
    assert_string_equal(claims.family, grant.family);
    assert_int_equal(verify(f, &grant, now + 15 * MINUTE), UV_ETIMEDOUT);
    grant_release(&grant);
    assert_int_equal(accounts_signup(f->accounts, "ADA@example.com", "another password", "A", now,
                                     NULL, &grant, NULL),
                     UV_EEXIST);
}

static void the_password_itself_is_not_kept(void **state)
{
    struct fixture *f = *state;
    struct grant grant = sign_up(f);
    size_t len;
    char *db;

    assert_memory_equal(grant.user.password, "$argon2id$", 10);
    store_close(f->store);
    db = scratch_read(scratch_path(f->dir, "i.db"), &len);
    assert_null(memmem(db, len, "correct horse", 13));
    assert_null(memmem(db, len, grant.refresh, strlen(grant.refresh)));
    assert_non_null(memmem(db, len, "ada@example.com", 15));
    free(db);
    grant_release(&grant);
    f->store = NULL;
}

static void wrong_mail_and_wrong_password_are_told_alike(void **state)
{
    struct fixture *f = *state;
    struct grant grant = sign_up(f);
    struct errbuf a = {""};
    struct errbuf b = {""};

    grant_release(&grant);
    assert_int_equal(accounts_login(f->accounts, "ada@example.com", "wrong", now, NULL, &grant, &a),
                     UV_EACCES);
    assert_int_equal(accounts_login(f->accounts, "eve@example.com", "wrong", now, NULL, &grant, &b),
                     UV_EACCES);
    assert_string_equal(a.text, b.text);
    assert_int_equal(accounts_login(f->accounts, "ADA@example.com ", "correct horse battery", now,
                                    NULL, &grant, &a),
                     0);
    grant_release(&grant);
}

static void a_weakly_hashed_password_is_hashed_anew_at_login(void **state)
{
    struct fixture *f = *state;
    struct grant grant = sign_up(f);
    char weak[PASSWORD_TEXT_MAX];

    assert_int_equal(
        argon2id_hash_encoded(1, 1024, 1, "pw", 2, "saltsalt", 8, 32, weak, sizeof(weak)),
        ARGON2_OK);
    free(grant.user.password);
    grant.user.password = strdup(weak);
    assert_int_equal(store_user_put(f->store, &grant.user, NULL), 0);
    grant_release(&grant);

    assert_int_equal(accounts_login(f->accounts, "ada@example.com", "pw", now, NULL, &grant, NULL),
                     0);
    assert_false(password_outdated(grant.user.password));
    grant_release(&grant);
    assert_int_equal(accounts_login(f->accounts, "ada@example.com", "pw", now, NULL, &grant, NULL),
                     0);
    grant_release(&grant);
}

static void the_local_owner_is_made_once(void **state)
{
    struct fixture *f = *state;
    struct grant first;
    struct grant second;

    assert_int_equal(accounts_local(f->accounts, now, NULL, &first, NULL), 0);
    assert_int_equal(accounts_local(f->accounts, now, NULL, &second, NULL), 0);
    assert_string_equal(first.user.id, second.user.id);
    assert_null(first.user.email);
    assert_string_not_equal(first.refresh, second.refresh);
    grant_release(&first);
    grant_release(&second);
}

/* When a request came that was sent after the answer to the one before: the clock counts whole
 * microseconds, and what came in the same one counts as beside it (accounts.h). */
static uint64_t afterwards(void)
{
    return clock_mono_us() + 1;
}

static void refreshing_rotates_and_a_used_token_ends_the_family(void **state)
{
    struct fixture *f = *state;
    struct grant first = sign_up(f);
    struct grant second;
    struct grant third;

    assert_int_equal(
        accounts_refresh(f->accounts, first.refresh, now, clock_mono_us(), NULL, &second, NULL), 0);
    assert_string_not_equal(first.refresh, second.refresh);
    assert_string_equal(second.user.id, first.user.id);
    assert_int_equal(
        accounts_refresh(f->accounts, second.refresh, now, clock_mono_us(), NULL, &third, NULL), 0);

    /* somebody has the first one too */
    grant_release(&second);
    assert_int_equal(
        accounts_refresh(f->accounts, first.refresh, now, afterwards(), NULL, &second, NULL),
        UV_EALREADY);
    assert_int_equal(
        accounts_refresh(f->accounts, third.refresh, now, clock_mono_us(), NULL, &second, NULL),
        UV_EACCES);
    grant_release(&first);
    grant_release(&third);
}

struct tab {
    struct fixture *f;
    const char *refresh;
    uint64_t asked_us;
    struct grant grant;
    int code;
};

static void *refresh_in_tab(void *arg)
{
    struct tab *tab = arg;

    tab->code = accounts_refresh(tab->f->accounts, tab->refresh, now, tab->asked_us, NULL,
                                 &tab->grant, NULL);
    return NULL;
}

/* All requests are there before the first one is answered, as from several tabs of a browser. */
static void refreshing_at_the_same_moment_is_no_reuse(void **state)
{
    enum { TABS = 4 };
    struct fixture *f = *state;
    struct grant first = sign_up(f), next;
    uint64_t asked = clock_mono_us();
    struct tab tabs[TABS];
    pthread_t threads[TABS];
    int granted = 0;

    for (int i = 0; i < TABS; i++) {
        tabs[i] = (struct tab){.f = f, .refresh = first.refresh, .asked_us = asked};
        pthread_create(&threads[i], NULL, refresh_in_tab, &tabs[i]);
    }
    for (int i = 0; i < TABS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < TABS; i++) {
        assert_true(tabs[i].code == 0 || tabs[i].code == UV_EBUSY);
        if (tabs[i].code)
            continue;
        granted++;
        assert_int_equal(accounts_refresh(f->accounts, tabs[i].grant.refresh, now, clock_mono_us(),
                                          NULL, &next, NULL),
                         0);
        grant_release(&next);
        grant_release(&tabs[i].grant);
    }
    assert_int_equal(granted, 1);
    assert_int_equal(
        accounts_refresh(f->accounts, first.refresh, now, afterwards(), NULL, &next, NULL),
        UV_EALREADY); /* but who asks after the answer is a thief, or was robbed */
    grant_release(&first);
}

static void another_sign_in_of_the_same_user_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct grant phone = sign_up(f);
    struct grant laptop;
    struct grant grant;

    assert_int_equal(accounts_login(f->accounts, "ada@example.com", "correct horse battery", now,
                                    NULL, &laptop, NULL),
                     0);
    assert_int_equal(
        accounts_refresh(f->accounts, phone.refresh, now, clock_mono_us(), NULL, &grant, NULL), 0);
    grant_release(&grant);
    assert_int_equal(
        accounts_refresh(f->accounts, phone.refresh, now, afterwards(), NULL, &grant, NULL),
        UV_EALREADY);
    assert_int_equal(
        accounts_refresh(f->accounts, laptop.refresh, now, clock_mono_us(), NULL, &grant, NULL), 0);
    grant_release(&grant);
    grant_release(&phone);
    grant_release(&laptop);
}

static void what_is_no_refresh_token_is_refused(void **state)
{
    struct fixture *f = *state;
    struct grant mine;
    struct grant grant;
    char made_up[REFRESH_TEXT_MAX];

    refresh_new(made_up);
    assert_int_equal(
        accounts_refresh(f->accounts, made_up, now, clock_mono_us(), NULL, &grant, NULL),
        UV_EACCES);
    assert_int_equal(accounts_refresh(f->accounts, "", now, clock_mono_us(), NULL, &grant, NULL),
                     UV_EACCES);
    mine = sign_up(f);
    assert_int_equal(
        accounts_refresh(f->accounts, mine.access, now, clock_mono_us(), NULL, &grant, NULL),
        UV_EACCES);
    grant_release(&mine);
}

static void a_refresh_token_expires(void **state)
{
    struct fixture *f = *state;
    struct grant grant = sign_up(f);
    char refresh[REFRESH_TEXT_MAX];

    memcpy(refresh, grant.refresh, sizeof(refresh));
    grant_release(&grant);
    assert_int_equal(accounts_refresh(f->accounts, refresh, now + 30LL * 24 * 60 * MINUTE,
                                      clock_mono_us(), NULL, &grant, NULL),
                     UV_ETIMEDOUT);
}

static void log_out(struct fixture *f, const char *refresh, const char *whose)
{
    char user[ID_TEXT_MAX];

    assert_int_equal(accounts_logout(f->accounts, refresh, now, user, NULL), 0);
    assert_string_equal(user, whose);
}

static void logging_out_ends_the_family_and_is_always_fine(void **state)
{
    struct fixture *f = *state;
    struct grant grant = sign_up(f);
    struct grant again;

    log_out(f, grant.refresh, grant.user.id);
    log_out(f, grant.refresh, "");
    log_out(f, "nonsense", "");
    assert_int_equal(
        accounts_refresh(f->accounts, grant.refresh, now, clock_mono_us(), NULL, &again, NULL),
        UV_EACCES);
    grant_release(&grant);
}

static void logging_out_takes_the_access_token_with_it_also_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct grant phone = sign_up(f);
    struct grant laptop = log_in(f, "correct horse battery");

    assert_int_equal(verify(f, &phone, now), 0);
    log_out(f, phone.refresh, phone.user.id);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(verify(f, &phone, now), UV_EACCES);
        assert_int_equal(verify(f, &laptop, now), 0);
        restart(f, NULL);
    }
    grant_release(&phone);
    grant_release(&laptop);
}

static void a_refresh_token_used_twice_takes_the_access_tokens_with_it(void **state)
{
    struct fixture *f = *state;
    struct grant first = sign_up(f), second, third;

    assert_int_equal(
        accounts_refresh(f->accounts, first.refresh, now, clock_mono_us(), NULL, &second, NULL), 0);
    assert_int_equal(verify(f, &second, now), 0);
    assert_int_equal(
        accounts_refresh(f->accounts, first.refresh, now, afterwards(), NULL, &third, NULL),
        UV_EALREADY);
    assert_int_equal(verify(f, &first, now), UV_EACCES);
    assert_int_equal(verify(f, &second, now), UV_EACCES);
    grant_release(&first);
    grant_release(&second);
}

static int change_password(struct fixture *f, const struct grant *grant, const char *current,
                           const char *fresh)
{
    return accounts_password(f->accounts, grant->user.id, grant->family, current, fresh, now, NULL);
}

static void a_new_password_ends_every_other_sign_in(void **state)
{
    struct fixture *f = *state;
    struct grant mine = sign_up(f), grant;
    struct grant theirs = log_in(f, "correct horse battery");

    assert_int_equal(change_password(f, &mine, "wrong", "battery horse correct"), UV_EACCES);
    assert_int_equal(verify(f, &theirs, now), 0);
    assert_int_equal(change_password(f, &mine, "correct horse battery", "battery horse correct"),
                     0);
    assert_int_equal(verify(f, &mine, now), 0);
    assert_int_equal(verify(f, &theirs, now), UV_EACCES);
    assert_int_equal(
        accounts_refresh(f->accounts, theirs.refresh, now, clock_mono_us(), NULL, &grant, NULL),
        UV_EACCES);
    assert_int_equal(accounts_login(f->accounts, "ada@example.com", "correct horse battery", now,
                                    NULL, &grant, NULL),
                     UV_EACCES);
    grant = log_in(f, "battery horse correct");
    grant_release(&grant);
    assert_int_equal(
        accounts_refresh(f->accounts, mine.refresh, now, clock_mono_us(), NULL, &grant, NULL), 0);
    grant_release(&grant);
    grant_release(&mine);
    grant_release(&theirs);
}

static void the_local_owner_has_no_password_to_change(void **state)
{
    struct fixture *f = *state;
    struct grant owner;

    assert_int_equal(accounts_local(f->accounts, now, NULL, &owner, NULL), 0);
    assert_int_equal(change_password(f, &owner, "", "battery horse correct"), UV_ENOTSUP);
    grant_release(&owner);
}

static void erasing_takes_effect_on_tokens_that_are_out(void **state)
{
    struct fixture *f = *state;
    struct grant grant = sign_up(f), laptop = log_in(f, "correct horse battery");
    struct grant again;

    assert_int_equal(accounts_erase(f->accounts, grant.user.id, now, NULL), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(verify(f, &grant, now), UV_EACCES);
        assert_int_equal(verify(f, &laptop, now), UV_EACCES);
        restart(f, NULL);
    }
    assert_int_equal(
        accounts_refresh(f->accounts, grant.refresh, now, clock_mono_us(), NULL, &again, NULL),
        UV_EACCES);
    assert_int_equal(accounts_erase(f->accounts, grant.user.id, now, NULL), UV_ENOENT);
    grant_release(&grant);
    grant_release(&laptop);
}

struct watcher {
    int count;
    char user[ID_TEXT_MAX];
    char family[ID_TEXT_MAX];
};

static void on_end(const char *user, const char *family, void *arg)
{
    struct watcher *w = arg;

    w->count++;
    memcpy(w->user, user, sizeof(w->user));
    memcpy(w->family, family, sizeof(w->family));
}

static void whoever_watches_hears_of_each_end(void **state)
{
    struct fixture *f = *state;
    struct grant a = sign_up(f), b = log_in(f, "correct horse battery"), c;
    struct watcher w = {0};

    accounts_watch(f->accounts, on_end, &w);
    log_out(f, b.refresh, b.user.id);
    assert_int_equal(w.count, 1);
    assert_string_equal(w.user, b.user.id);
    assert_string_equal(w.family, b.family);
    c = log_in(f, "correct horse battery");
    assert_int_equal(change_password(f, &a, "correct horse battery", "battery horse correct"), 0);
    assert_int_equal(w.count, 2);
    assert_string_equal(w.family, c.family);
    assert_int_equal(accounts_erase(f->accounts, a.user.id, now, NULL), 0);
    assert_int_equal(w.count, 3);
    assert_string_equal(w.family, a.family);
    accounts_watch(f->accounts, NULL, NULL);
    grant_release(&a);
    grant_release(&b);
    grant_release(&c);
}

static void the_key_before_the_present_one_still_counts_and_no_older_one(void **state)
{
    struct fixture *f = *state;
    struct grant one = sign_up(f), two;

    restart(f, &(struct accounts_params){.token_key = 2});
    assert_int_equal(verify(f, &one, now), 0);
    two = log_in(f, "correct horse battery");
    assert_string_not_equal(one.access, two.access);
    restart(f, &(struct accounts_params){.token_key = 3});
    assert_int_equal(verify(f, &one, now), UV_EACCES);
    assert_int_equal(verify(f, &two, now), 0);
    restart(f, &(struct accounts_params){.token_key = 1});
    assert_int_equal(verify(f, &two, now), UV_EACCES);
    assert_int_equal(verify(f, &one, now), 0);
    grant_release(&one);
    grant_release(&two);
}

/* A sign-in is known as long as it has a refresh token, so no access token may outlive that. */
static void an_access_token_does_not_outlive_its_sign_in(void **state)
{
    struct fixture *f = *state;
    struct grant grant;

    restart(f, &(struct accounts_params){.access_token_s = 900, .refresh_token_s = 60});
    grant = sign_up(f);
    assert_int_equal(grant.expires_in, 60);
    assert_int_equal(verify(f, &grant, now + MINUTE), UV_ETIMEDOUT);
    grant_release(&grant);
}

static void one_mailbox_has_one_spelling(void **state)
{
    static const char *const same[] = {
        "zo\xc3\xab@example.com",             /* composed */
        "zoe\xcc\x88@EXAMPLE.com",            /* e and a combining diaeresis */
        "\xe2\x80\x8bZO\xc3\x8b@example.com", /* capitals behind a zero-width space */
        "\xc2\xa0 Zo\xc3\xab@Example.COM\t",
    };
    char first[ACCOUNTS_EMAIL_MAX], other[ACCOUNTS_EMAIL_MAX], longest[400];

    (void)state;
    assert_int_equal(accounts_email(same[0], first), 0);
    for (size_t i = 1; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_int_equal(accounts_email(same[i], other), 0);
        assert_string_equal(other, first);
    }
    assert_int_equal(accounts_email("STRASSE@example.com", first), 0);
    assert_int_equal(accounts_email("stra\xc3\x9f"
                                    "e@example.com",
                                    other),
                     0);
    assert_string_equal(other, first);

    memset(longest, 'a', sizeof(longest));
    longest[254] = '\0';
    assert_int_equal(accounts_email(longest, other), 0);
    longest[254] = 'a';
    longest[255] = '\0';
    assert_int_equal(accounts_email(longest, other), UV_EINVAL);
    memset(longest, 'a', sizeof(longest));
    for (int i = 0; i < 200; i += 2)
        memcpy(longest + i, "\xc8\xba", 2); /* U+023A folds to three bytes */
    longest[200] = '\0';
    assert_int_equal(accounts_email(longest, other), UV_EINVAL);
    assert_int_equal(accounts_email("a\xff@example.com", other), UV_EINVAL);
    assert_int_equal(accounts_email(" \t", other), UV_EINVAL);
    assert_int_equal(accounts_email("", other), UV_EINVAL);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(signing_up_signs_in),
        EACH(the_password_itself_is_not_kept),
        EACH(wrong_mail_and_wrong_password_are_told_alike),
        EACH(a_weakly_hashed_password_is_hashed_anew_at_login),
        EACH(the_local_owner_is_made_once),
        EACH(refreshing_rotates_and_a_used_token_ends_the_family),
        EACH(refreshing_at_the_same_moment_is_no_reuse),
        EACH(another_sign_in_of_the_same_user_is_left_alone),
        EACH(what_is_no_refresh_token_is_refused),
        EACH(a_refresh_token_expires),
        EACH(logging_out_ends_the_family_and_is_always_fine),
        EACH(logging_out_takes_the_access_token_with_it_also_after_a_restart),
        EACH(a_refresh_token_used_twice_takes_the_access_tokens_with_it),
        EACH(a_new_password_ends_every_other_sign_in),
        EACH(the_local_owner_has_no_password_to_change),
        EACH(erasing_takes_effect_on_tokens_that_are_out),
        EACH(whoever_watches_hears_of_each_end),
        EACH(the_key_before_the_present_one_still_counts_and_no_older_one),
        EACH(an_access_token_does_not_outlive_its_sign_in),
        EACH(one_mailbox_has_one_spelling),
    };

    return cmocka_run_group_tests_name("accounts", tests, NULL, NULL);
}
