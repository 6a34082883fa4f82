/**
 * @file test/unit/auth/password.c  Passwords are kept in a form that says how it was made
 */
#include "cmocka_all.h"

#include "auth/password.h"

#include <string.h>
#include <uv.h>

static void a_password_is_known_again_and_another_is_not(void **state)
{
    char encoded[PASSWORD_TEXT_MAX];
    char again[PASSWORD_TEXT_MAX];

    (void)state;
    assert_int_equal(password_hash("correct horse", encoded), 0);
    assert_memory_equal(encoded, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
    assert_int_equal(password_check(encoded, "correct horse"), 0);
    assert_int_equal(password_check(encoded, "correct hors"), UV_EACCES);
    assert_int_equal(password_check(encoded, ""), UV_EACCES);
    assert_int_equal(password_hash("correct horse", again), 0);
    assert_string_not_equal(encoded, again); /* each has its own salt */
}

static void weaker_parameters_are_outdated(void **state)
{
    (void)state;
    assert_false(password_outdated("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"));
    assert_false(password_outdated("$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA"));
    assert_true(password_outdated("$argon2id$v=19$m=4096,t=2,p=1$c2FsdA$aGFzaA"));
    assert_true(password_outdated("$argon2id$v=19$m=19456,t=1,p=1$c2FsdA$aGFzaA"));
    assert_true(password_outdated("$argon2i$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"));
}

static void what_was_not_made_here_is_refused_without_the_work_it_asks_for(void **state)
{
    (void)state;
    assert_int_equal(password_check("$argon2id$v=19$m=4194304,t=900,p=1$c2FsdHNhbHQ$aGFzaA", "x"),
                     UV_EINVAL);
    assert_int_equal(password_check("$2b$12$abcdefghijklmnopqrstuv", "x"), UV_EINVAL);
    assert_int_equal(password_check("$argon2id$v=19$m=19456,t=2,p=1$", "x"), UV_EINVAL);
    assert_int_equal(password_check("", "x"), UV_EINVAL);
}

static void nobody_has_no_password(void **state)
{
    (void)state;
    assert_int_equal(password_check_nobody("anything"), UV_EACCES);
}

static void what_is_tried_first_is_known_in_any_case(void **state)
{
    (void)state;
    assert_true(password_is_common("password123"));
    assert_true(password_is_common("PassWord123"));
    assert_true(password_is_common("1234567890"));
    assert_true(password_is_common("aaaaaaaaaaaaaaa"));
    assert_false(password_is_common("correct horse battery"));
    assert_false(password_is_common("password123 but longer"));
    assert_false(password_is_common(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_known_again_and_another_is_not),
        cmocka_unit_test(weaker_parameters_are_outdated),
        cmocka_unit_test(what_was_not_made_here_is_refused_without_the_work_it_asks_for),
        cmocka_unit_test(nobody_has_no_password),
        cmocka_unit_test(what_is_tried_first_is_known_in_any_case),
    };

    return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
