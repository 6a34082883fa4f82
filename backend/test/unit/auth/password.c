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

static void what_is_tried_first_is_told_by_what_it_is(void **state)
{
    static const struct {
        const char *password, *word;
    } weak[] = {
        {"password123", "tried first"}, {"PassWord123", "tried first"},
        {"P@ssw0rd2024", "tried"},      {"interviewassistant", "tried"},
        {"another password", "tried"},  {"iloveyou12", "tried"},
        {"1234567890", "row"},          {"abcdefghijkl", "row"},
        {"aaaaaaaaaaaaaaa", "same"},    {"aaaaaaaaaaaaaab", "same"},
        {"passwordpassword", "same"},   {"", "tried"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
        const char *why = password_weakness(weak[i].password, NULL);

        assert_non_null(why);
        assert_non_null(strstr(why, weak[i].word));
    }
    assert_null(password_weakness("correct horse battery", NULL));
    assert_null(password_weakness("password123 but longer", NULL));
    assert_null(password_weakness("xK9#mQ2vLp", NULL));
    assert_null(password_weakness("\xc3\xa4rger mit dem \xc3\xbc", NULL));
}

static void ones_own_name_is_easy_to_guess_for_others(void **state)
{
    const char *const about[] = {"grizelda.vandersmark@example.com", "Grizelda Vandersmark", NULL};

    (void)state;
    assert_null(password_weakness("vandersmark17", NULL));
    assert_non_null(strstr(password_weakness("vandersmark17", about), "name"));
    assert_non_null(strstr(password_weakness("V4nd3rsm4rk17", about), "name"));
    assert_null(password_weakness("correct horse battery", about));
}

static void a_long_name_has_more_words_than_are_looked_at(void **state)
{
    char name[700] = "";
    const char *const about[] = {name, NULL};

    (void)state;
    for (int i = 0; i < 60; i++)
        strcat(name, "word-long ");
    assert_null(password_weakness("correct horse battery", about));
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_known_again_and_another_is_not),
        cmocka_unit_test(weaker_parameters_are_outdated),
        cmocka_unit_test(what_was_not_made_here_is_refused_without_the_work_it_asks_for),
        cmocka_unit_test(nobody_has_no_password),
        cmocka_unit_test(what_is_tried_first_is_told_by_what_it_is),
        cmocka_unit_test(ones_own_name_is_easy_to_guess_for_others),
        cmocka_unit_test(a_long_name_has_more_words_than_are_looked_at),
        cmocka_unit_test(the_cost_that_is_believed_has_a_limit),
        cmocka_unit_test(each_parameter_counts_for_being_outdated),
    };

    return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
