/**
 * @file test/unit/auth/manage.c  Sign-ins as a list, links that set a password, roles, disabled
 * accounts
 */
#include "cmocka_all.h"

#include "auth/accounts.h"
#include "auth/recovery.h"
#include "auth/signup_link.h"
#include "base/clock.h"
#include "support/sealed_store.h"

#include <stdlib.h>
#include <string.h>

static const char password[] = "correct horse battery";
static const struct sign_in_from phone = {"192.0.2.7", "Firefox on Android"};

struct fixture {
    char dir[SCRATCH_MAX];
    struct store *store;
    struct seal *seal;
    struct accounts *accounts;
    struct grant ada;
    int64_t now;
    int ended;
};

static void count_end(const char *user, const char *family, void *arg)
{
    (void)user;
    (void)family;
    ++*(int *)arg;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->now = clock_unix_ms();
    sealed_store_make(f->dir, SEALED_STORE_KEY, &f->store, &f->seal);
    assert_int_equal(accounts_open(&f->accounts, f->store, f->seal, NULL, NULL), 0);
    accounts_watch(f->accounts, count_end, &f->ended);
    assert_int_equal(accounts_signup(f->accounts, "ada@example.com", password, "Ada", f->now,
                                     &phone, &f->ada, NULL),
                     0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    grant_release(&f->ada);
    accounts_close(f->accounts);
    sealed_store_remove(f->dir, f->store, f->seal);
    free(f);
    return 0;
}

static int log_in(struct fixture *f, const char *with, struct grant *grant)
{
    return accounts_login(f->accounts, "ada@example.com", with, f->now, NULL, grant, NULL);
}

static bool is_in(struct fixture *f, const struct grant *grant)
{
    struct token_claims claims;

    return !accounts_verify(f->accounts, grant->access, strlen(grant->access), f->now, &claims);
}

/* ------------------------------------------------------------------------------ sign-ins */

static void a_sign_in_is_listed_once_however_often_it_was_renewed(void **state)
{
    struct fixture *f = *state;
    const struct sign_in_from train = {"2001:db8::1", "Firefox on Android"};
    const struct store_refresh *s;
    struct store_list list;
    struct grant again;

    assert_int_equal(accounts_refresh(f->accounts, f->ada.refresh, f->now + 60000, clock_mono_us(),
                                      &train, &again, NULL),
                     0);
    assert_int_equal(accounts_sign_ins(f->accounts, f->ada.user.id, f->now, &list, NULL), 0);
    assert_int_equal(list.count, 1);
    s = list.items;
    assert_string_equal(s->family, f->ada.family);
    assert_string_equal(s->address, "2001:db8::1");
    assert_string_equal(s->program, "Firefox on Android");
    assert_int_equal(s->began_at, f->now);
    assert_int_equal(s->seen_at, f->now + 60000);
    free(list.items);
    assert_int_equal(
        accounts_sign_ins(f->accounts, f->ada.user.id, f->now + 40LL * 86400000, &list, NULL), 0);
    assert_int_equal(list.count, 0); /* too old to be used */
    free(list.items);
    grant_release(&again);
}

static void one_sign_in_or_all_others_are_ended(void **state)
{
    struct fixture *f = *state;
    struct grant laptop, tablet;
    size_t count = 0;

    assert_int_equal(log_in(f, password, &laptop), 0);
    assert_int_equal(log_in(f, password, &tablet), 0);
    assert_int_equal(accounts_sign_out(f->accounts, f->ada.user.id, laptop.family, f->now, NULL),
                     0);
    assert_false(is_in(f, &laptop));
    assert_true(is_in(f, &tablet));
    assert_int_equal(accounts_sign_out(f->accounts, f->ada.user.id, laptop.family, f->now, NULL),
                     UV_ENOENT);
    assert_int_equal(accounts_sign_out(f->accounts, f->ada.user.id, "no id", f->now, NULL),
                     UV_ENOENT);
    assert_int_equal(
        accounts_sign_out_others(f->accounts, f->ada.user.id, f->ada.family, f->now, &count, NULL),
        0);
    assert_int_equal(count, 1);
    assert_false(is_in(f, &tablet));
    assert_true(is_in(f, &f->ada));
    assert_int_equal(f->ended, 2);
    grant_release(&laptop);
    grant_release(&tablet);
}

static void somebody_elses_sign_in_is_not_there(void **state)
{
    struct fixture *f = *state;
    struct grant bob;

    assert_int_equal(
        accounts_signup(f->accounts, "bob@example.com", password, "Bob", f->now, NULL, &bob, NULL),
        0);
    assert_int_equal(accounts_sign_out(f->accounts, bob.user.id, f->ada.family, f->now, NULL),
                     UV_ENOENT);
    assert_true(is_in(f, &f->ada));
    grant_release(&bob);
}

/* ---------------------------------------------------------------------------- disabled */

static void a_disabled_account_is_out_at_once_and_in_again_when_it_is_enabled(void **state)
{
    struct fixture *f = *state;
    struct store_user user;
    struct grant grant;

    assert_int_equal(accounts_disable(f->accounts, f->ada.user.id, true, f->now, &user, NULL), 0);
    assert_int_equal(user.disabled_at, f->now);
    store_user_release(&user);
    assert_int_equal(f->ended, 1);
    assert_false(is_in(f, &f->ada));
    assert_int_equal(
        accounts_refresh(f->accounts, f->ada.refresh, f->now, clock_mono_us(), NULL, &grant, NULL),
        UV_EACCES);
    assert_int_equal(log_in(f, password, &grant), UV_EPERM);
    assert_string_equal(grant.user.id, f->ada.user.id);
    assert_int_equal(log_in(f, "wrong", &grant), UV_EACCES);
    assert_int_equal(accounts_disable(f->accounts, f->ada.user.id, true, f->now + 5, &user, NULL),
                     0);
    assert_int_equal(user.disabled_at, f->now); /* since when it is */
    store_user_release(&user);
    assert_int_equal(accounts_disable(f->accounts, f->ada.user.id, false, f->now, &user, NULL), 0);
    store_user_release(&user);
    assert_int_equal(log_in(f, password, &grant), 0);
    grant_release(&grant);
    assert_int_equal(accounts_disable(f->accounts, "nobody", true, f->now, &user, NULL), UV_ENOENT);
}

static void a_role_is_kept(void **state)
{
    struct fixture *f = *state;
    struct store_user user;
    struct grant grant;

    assert_int_equal(f->ada.user.role, STORE_ROLE_USER);
    assert_int_equal(accounts_set_role(f->accounts, f->ada.user.id, STORE_ROLE_ADMIN, &user, NULL),
                     0);
    store_user_release(&user);
    assert_int_equal(log_in(f, password, &grant), 0);
    assert_int_equal(grant.user.role, STORE_ROLE_ADMIN);
    grant_release(&grant);
}

/* ------------------------------------------------------------------------------ recovery */

static void a_link_sets_the_password_once_and_ends_every_sign_in(void **state)
{
    struct fixture *f = *state;
    char token[RECOVERY_TEXT_MAX], user[ID_TEXT_MAX];
    struct grant grant;

    assert_int_equal(recovery_begin(f->accounts, f->ada.user.id, RECOVERY_S, f->now, token, NULL),
                     0);
    assert_memory_equal(token, "rp_", 3);
    assert_int_equal(log_in(f, password, &grant), 0); /* which still works */
    grant_release(&grant);
    assert_int_equal(recovery_end(f->accounts, token, "battery horse correct", f->now, user, NULL),
                     0);
    assert_string_equal(user, f->ada.user.id);
    assert_int_equal(f->ended, 2);
    assert_false(is_in(f, &f->ada));
    assert_int_equal(log_in(f, password, &grant), UV_EACCES);
    assert_int_equal(log_in(f, "battery horse correct", &grant), 0);
    grant_release(&grant);
    assert_int_equal(recovery_end(f->accounts, token, "one more time now", f->now, user, NULL),
                     UV_EACCES);
}

static void the_newest_link_alone_works_and_not_for_long(void **state)
{
    struct fixture *f = *state;
    char first[RECOVERY_TEXT_MAX], second[RECOVERY_TEXT_MAX], user[ID_TEXT_MAX];
    struct errbuf why = {""};

    assert_int_equal(recovery_begin(f->accounts, f->ada.user.id, 60, f->now, first, NULL), 0);
    assert_int_equal(recovery_begin(f->accounts, f->ada.user.id, 60, f->now, second, NULL), 0);
    assert_string_not_equal(first, second);
    assert_int_equal(recovery_end(f->accounts, first, "battery horse correct", f->now, user, &why),
                     UV_EACCES);
    assert_non_null(strstr(why.text, "Ask for a new one"));
    assert_int_equal(
        recovery_end(f->accounts, second, "battery horse correct", f->now + 60000, user, NULL),
        UV_EACCES);
    assert_int_equal(
        recovery_end(f->accounts, second, "battery horse correct", f->now + 59999, user, NULL), 0);
}

static void what_is_no_link_sets_nothing(void **state)
{
    struct fixture *f = *state;
    static const char *const wrong[] = {"", "rp_", "rp_short",
                                        "rp_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                        "rp_!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    char user[ID_TEXT_MAX];

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(recovery_end(f->accounts, wrong[i], password, f->now, user, NULL),
                         UV_EACCES);
    assert_int_equal(recovery_end(f->accounts, f->ada.refresh, password, f->now, user, NULL),
                     UV_EACCES); /* a refresh token is something else */
}

static void a_disabled_account_has_no_link_and_one_from_before_is_void(void **state)
{
    struct fixture *f = *state;
    char token[RECOVERY_TEXT_MAX], user[ID_TEXT_MAX];
    struct store_user changed;
    struct grant owner;

    assert_int_equal(recovery_begin(f->accounts, f->ada.user.id, RECOVERY_S, f->now, token, NULL),
                     0);
    assert_int_equal(accounts_disable(f->accounts, f->ada.user.id, true, f->now, &changed, NULL),
                     0);
    store_user_release(&changed);
    assert_int_equal(recovery_end(f->accounts, token, "battery horse correct", f->now, user, NULL),
                     UV_EACCES);
    assert_int_equal(recovery_begin(f->accounts, f->ada.user.id, RECOVERY_S, f->now, token, NULL),
                     UV_EPERM);
    assert_int_equal(accounts_local(f->accounts, f->now, NULL, &owner, NULL), 0);
    assert_int_equal(recovery_begin(f->accounts, owner.user.id, RECOVERY_S, f->now, token, NULL),
                     UV_EPERM);
    grant_release(&owner);
}

static void whom_an_administrator_made_has_no_password_until_the_link_is_used(void **state)
{
    struct fixture *f = *state;
    char token[RECOVERY_TEXT_MAX], id[ID_TEXT_MAX];
    struct store_user user;
    struct grant grant;

    assert_int_equal(
        accounts_add(f->accounts, " Zoe@Example.com", "Zoe", STORE_ROLE_ADMIN, f->now, &user, NULL),
        0);
    assert_string_equal(user.email, "zoe@example.com");
    assert_int_equal(accounts_login(f->accounts, "zoe@example.com", "", f->now, NULL, &grant, NULL),
                     UV_EACCES);
    assert_int_equal(recovery_begin(f->accounts, user.id, RECOVERY_INVITE_S, f->now, token, NULL),
                     0);
    assert_int_equal(recovery_end(f->accounts, token, password, f->now, id, NULL), 0);
    assert_int_equal(
        accounts_login(f->accounts, "zoe@example.com", password, f->now, NULL, &grant, NULL), 0);
    assert_int_equal(grant.user.role, STORE_ROLE_ADMIN);
    grant_release(&grant);
    store_user_release(&user);
    assert_int_equal(
        accounts_add(f->accounts, "zoe@example.com", "Zoe", STORE_ROLE_USER, f->now, &user, NULL),
        UV_EEXIST);
    assert_int_equal(accounts_add(f->accounts, "  ", "Zoe", STORE_ROLE_USER, f->now, &user, NULL),
                     UV_EINVAL);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* ------------------------------------------------------------------- links of sign-ups */

static void a_sign_up_link_is_of_its_address_for_an_hour(void **state)
{
    struct fixture *f = *state;
    char longest[ACCOUNTS_EMAIL_MAX];
    char token[SIGNUP_LINK_TEXT_MAX];
    char email[ACCOUNTS_EMAIL_MAX] = "";
    struct errbuf why = {""};

    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(signup_link_make(f->seal, longest, f->now, token, NULL), 0);
    assert_null(strstr(token, "aaaaaaaa"));
    assert_int_equal(signup_link_read(f->seal, token, f->now, email, NULL), 0);
    assert_string_equal(email, longest);
    assert_int_equal(
        signup_link_read(f->seal, token, f->now + SIGNUP_LINK_S * 1000LL - 1, email, NULL), 0);
    assert_int_equal(signup_link_read(f->seal, token, f->now + SIGNUP_LINK_S * 1000LL, email, &why),
                     UV_EACCES);
    assert_non_null(strstr(why.text, "Ask for a new one"));
    token[40] = token[40] == 'A' ? 'B' : 'A';
    assert_int_equal(signup_link_read(f->seal, token, f->now, email, NULL), UV_EACCES);
    assert_int_equal(signup_link_read(f->seal, "", f->now, email, NULL), UV_EACCES);
    assert_int_equal(signup_link_read(f->seal, "su_", f->now, email, NULL), UV_EACCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(a_sign_in_is_listed_once_however_often_it_was_renewed),
        EACH(one_sign_in_or_all_others_are_ended),
        EACH(somebody_elses_sign_in_is_not_there),
        EACH(a_disabled_account_is_out_at_once_and_in_again_when_it_is_enabled),
        EACH(a_role_is_kept),
        EACH(a_link_sets_the_password_once_and_ends_every_sign_in),
        EACH(the_newest_link_alone_works_and_not_for_long),
        EACH(what_is_no_link_sets_nothing),
        EACH(a_disabled_account_has_no_link_and_one_from_before_is_void),
        EACH(whom_an_administrator_made_has_no_password_until_the_link_is_used),
        EACH(a_sign_up_link_is_of_its_address_for_an_hour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
