/**
 * @file test/unit/auth/ratelimit.c  How often is too often
 */
#include "cmocka_all.h"

#include "auth/ratelimit.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

static void a_quota_is_spent_and_comes_back_evenly(void **state)
{
    struct ratelimit *limit = NULL;
    struct ratelimit_state s;

    (void)state;
    assert_int_equal(ratelimit_open(&limit, "default", 100, 60), 0);
    for (int i = 0; i < 100; i++) {
        assert_true(ratelimit_take(limit, "ada", 1000, &s));
        assert_int_equal(s.remaining, 99 - i);
    }
    assert_false(ratelimit_take(limit, "ada", 1000, &s));
    assert_int_equal(s.remaining, 0);
    assert_int_equal(s.retry_s, 1);
    assert_int_equal(s.reset_s, 60);
    assert_int_equal(s.quota, 100);

    assert_false(ratelimit_take(limit, "ada", 1500, &s));
    assert_true(ratelimit_take(limit, "ada", 1600, &s)); /* one every 600 ms */
    assert_false(ratelimit_take(limit, "ada", 1601, &s));
    for (int i = 0; i < 100; i++)
        assert_true(ratelimit_take(limit, "ada", 1601 + 60000, &s));
    assert_false(ratelimit_take(limit, "ada", 1601 + 60000, &s));
    ratelimit_close(limit);
}

static void asking_often_does_not_lose_what_comes_back(void **state)
{
    struct ratelimit *limit = NULL;
    struct ratelimit_state s;
    int taken = 0;

    (void)state;
    assert_int_equal(ratelimit_open(&limit, "slow", 6, 60), 0);
    for (uint64_t t = 0; t < 60000; t++)
        taken += ratelimit_take(limit, "x", t, &s);
    assert_in_range(taken, 11, 12); /* the first six, and six more in a minute */
    ratelimit_close(limit);
}

static void one_does_not_spend_anothers_quota(void **state)
{
    struct ratelimit *limit = NULL;
    struct ratelimit_state s;

    (void)state;
    assert_int_equal(ratelimit_open(&limit, "x", 1, 60), 0);
    assert_true(ratelimit_take(limit, "ada", 1, &s));
    assert_false(ratelimit_take(limit, "ada", 1, &s));
    assert_true(ratelimit_take(limit, "bob", 1, &s));
    ratelimit_close(limit);
}

static void any_number_of_keys_fits(void **state)
{
    struct ratelimit *limit = NULL;
    struct ratelimit_state s;
    char key[32];

    (void)state;
    assert_int_equal(ratelimit_open(&limit, "x", 2, 60), 0);
    for (int i = 0; i < 100000; i++) {
        snprintf(key, sizeof(key), "10.0.%d.%d", i / 256, i % 256);
        assert_true(ratelimit_take(limit, key, (uint64_t)i, &s));
    }
    ratelimit_close(limit);
}

static void no_limit_always_says_yes(void **state)
{
    struct ratelimit_state s;
    struct ratelimit *limit = NULL;

    (void)state;
    assert_true(ratelimit_take(NULL, "x", 0, &s));
    assert_int_equal(ratelimit_open(&limit, "x", 0, 60), UV_EINVAL);
    ratelimit_close(NULL);
}

static void what_is_left_is_told_to_the_second(void **state)
{
    struct ratelimit *limit = NULL;
    struct ratelimit_state s;

    (void)state;
    assert_int_equal(ratelimit_open(&limit, "default", 4, 8), 0); /* one every two seconds */
    assert_string_equal(ratelimit_name(limit), "default");
    assert_true(ratelimit_take(limit, "ada", 0, &s));
    assert_int_equal(s.remaining, 3);
    assert_int_equal(s.reset_s, 2);
    assert_int_equal(s.retry_s, 0);
    assert_int_equal(s.window_s, 8);
    assert_true(ratelimit_take(limit, "ada", 1000, &s));
    assert_int_equal(s.remaining, 2); /* and a half */
    assert_int_equal(s.reset_s, 3);
    for (int i = 0; i < 2; i++)
        assert_true(ratelimit_take(limit, "ada", 1000, &s));
    assert_int_equal(s.reset_s, 7);
    assert_false(ratelimit_take(limit, "ada", 1000, &s));
    assert_int_equal(s.retry_s, 1);
    assert_false(ratelimit_take(limit, "ada", 1999, &s));
    assert_int_equal(s.retry_s, 1);
    assert_true(ratelimit_take(limit, "ada", 2000, &s));
    assert_false(ratelimit_take(limit, "ada", 2000, &s));
    assert_int_equal(s.retry_s, 2);
    assert_int_equal(s.reset_s, 8);
    ratelimit_close(limit);
}

static void a_clock_that_goes_back_gives_nothing(void **state)
{
    struct ratelimit *limit = NULL;
    struct ratelimit_state s;

    (void)state;
    assert_int_equal(ratelimit_open(&limit, "x", 1, 1), 0);
    assert_true(ratelimit_take(limit, "ada", 5000, &s));
    assert_false(ratelimit_take(limit, "ada", 100, &s));
    assert_false(ratelimit_take(limit, "ada", 5999, &s));
    assert_true(ratelimit_take(limit, "ada", 6000, &s));
    assert_true(ratelimit_take(limit, "ada", 9000, &s)); /* and saves up no more than it holds */
    assert_false(ratelimit_take(limit, "ada", 9000, &s));
    ratelimit_close(limit);
    assert_int_equal(ratelimit_open(&limit, "x", 1, 0), UV_EINVAL);
}

/* Whoever comes in between pushes out the one that was seen longest ago, and nobody while there is
 * room. */
static void the_newest_are_remembered(void **state)
{
    enum { FEW = RATELIMIT_BUCKETS / 4, MANY = 4 * RATELIMIT_BUCKETS, LATE = 100000 };
    struct ratelimit *limit = NULL;
    struct ratelimit_state s;
    char key[32], before[32] = "";
    int forgotten = 0;

    (void)state;
    assert_int_equal(ratelimit_open(&limit, "x", 1, 1000), 0);
    for (int i = 0; i < FEW; i++) {
        snprintf(key, sizeof(key), "few %d", i);
        assert_true(ratelimit_take(limit, key, (uint64_t)i, &s));
    }
    for (int i = 0; i < FEW; i++) {
        snprintf(key, sizeof(key), "few %d", i);
        forgotten += ratelimit_take(limit, key, FEW, &s);
    }
    assert_in_range(forgotten, 0, FEW / 8); /* a set may get more than it holds, by chance */
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof(key), "many %d", i);
        assert_true(ratelimit_take(limit, key, (uint64_t)(LATE + i), &s));
        if (i)
            assert_false(ratelimit_take(limit, before, (uint64_t)(LATE + i), &s));
        memcpy(before, key, sizeof(before));
    }
    ratelimit_close(limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quota_is_spent_and_comes_back_evenly),
        cmocka_unit_test(asking_often_does_not_lose_what_comes_back),
        cmocka_unit_test(one_does_not_spend_anothers_quota),
        cmocka_unit_test(any_number_of_keys_fits),
        cmocka_unit_test(no_limit_always_says_yes),
        cmocka_unit_test(what_is_left_is_told_to_the_second),
        cmocka_unit_test(a_clock_that_goes_back_gives_nothing),
        cmocka_unit_test(the_newest_are_remembered),
    };

    return cmocka_run_group_tests_name("ratelimit", tests, NULL, NULL);
}
