/**
 * @file test/unit/auth/password.c  Passwords are kept in a form that says how it was made
 */
#include "cmocka_all.h"

#include "auth/password.h"

#include <argon2.h>
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

/* Right, but at what cost: the most that is believed, and one more. */
static void the_cost_that_is_believed_has_a_limit(void **state)
{
    static const struct {
        unsigned memory, passes, lanes;
        int verdict;
    } cases[] = {{64, 16, 1, 0},        {64, 17, 1, UV_EINVAL},
                 {128, 1, 16, 0},       {136, 1, 17, UV_EINVAL},
                 {256 * 1024, 1, 1, 0}, {256 * 1024 + 4, 1, 1, UV_EINVAL}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char encoded[PASSWORD_TEXT_MAX];

        assert_int_equal(argon2id_hash_encoded(cases[i].passes, cases[i].memory, cases[i].lanes,
                                               "pw", 2, "saltsalt", 8, 32, encoded,
                                               sizeof(encoded)),
                         ARGON2_OK);
        assert_int_equal(password_check(encoded, "pw"), cases[i].verdict);
    }
}

static void each_parameter_counts_for_being_outdated(void **state)
{
    char encoded[PASSWORD_TEXT_MAX];

    (void)state;
    assert_int_equal(password_hash("pw", encoded), 0);
    assert_int_equal(strlen(encoded), 97); /* 16 bytes of salt, 32 of hash */
    assert_false(password_outdated(encoded));
    assert_true(password_outdated("$argon2id$v=19$m=19455,t=2,p=1$c2FsdA$aGFzaA"));
    assert_true(password_outdated("$argon2id$v=19$m=19456,t=2,p=0$c2FsdA$aGFzaA"));
    assert_true(password_outdated("$argon2id$v=19$m=19456,t=2,p=1"));
    assert_true(password_outdated("$argon2id$v=19$m=19456,t=2"));
    assert_int_equal(password_check("$argon2id$v=19$m=19456,t=2,p=1", "x"), UV_EINVAL);
}

static void the_whole_list_of_common_ones_is_looked_through(void **state)
{
    (void)state;
    assert_true(password_is_common("0123456789"));
    assert_true(password_is_common("111222333444"));
    assert_true(password_is_common("x"));
    assert_false(password_is_common("aaaaaaaaaaaaaab"));
    assert_false(password_is_common("baaaaaaaaaaaaaa"));
    assert_false(password_is_common("password124"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_known_again_and_another_is_not),
        cmocka_unit_test(weaker_parameters_are_outdated),
        cmocka_unit_test(what_was_not_made_here_is_refused_without_the_work_it_asks_for),
        cmocka_unit_test(nobody_has_no_password),
        cmocka_unit_test(what_is_tried_first_is_known_in_any_case),
        cmocka_unit_test(the_cost_that_is_believed_has_a_limit),
        cmocka_unit_test(each_parameter_counts_for_being_outdated),
        cmocka_unit_test(the_whole_list_of_common_ones_is_looked_through),
    };

    return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
