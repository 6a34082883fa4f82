/**
 * @file test/unit/auth/ended.c  Which sign-ins are known to be over
 */
#include "cmocka_all.h"

#include "auth/ended.h"
#include "base/id.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static const int64_t now = 1700000000000;

static struct ended *open_ended(void)
{
    struct ended *ended = NULL;

    assert_int_equal(ended_open(&ended), 0);
    return ended;
}

/* As many names as one likes, each 26 characters. */
static const char *name(int i)
{
    static char text[ID_TEXT_MAX];

    snprintf(text, sizeof(text), "0%025d", i);
    return text;
}

static void what_was_ended_is_known_and_nothing_else(void **state)
{
    enum { MANY = 5000 };
    struct ended *ended = open_ended();

    (void)state;
    for (int i = 0; i < MANY; i += 2)
        ended_add(ended, name(i), now + 1000, now);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(ended_has(ended, name(i), now), i % 2 == 0);
    ended_close(ended);
}

static void what_has_expired_makes_room(void **state)
{
    enum { ROUND = 50000, ROUNDS = 2 * ENDED_MAX / ROUND };
    struct ended *ended = open_ended();

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < ROUND; i++)
            ended_add(ended, name(round * ROUND + i), now + round * 60000 + 1000,
                      now + round * 60000);
        assert_true(ended_has(ended, name(round * ROUND + 7), now + round * 60000));
    }
    assert_int_equal(ended_all_until(ended), 0);
    ended_add(ended, "00000000000000000000000000", now - 1, now); /* is over anyway */
    ended_close(ended);
}

/* Rather all sign in again by their refresh token than one who was signed out is let in. */
static void when_too_many_end_at_once_all_tokens_until_then_are_refused(void **state)
{
    struct ended *ended = open_ended();
    int i = 0;

    (void)state;
    while (!ended_all_until(ended) && i < 2 * ENDED_MAX)
        ended_add(ended, name(i++), now + 900000, now);
    assert_in_range(i, ENDED_MAX, 2 * ENDED_MAX - 1);
    assert_int_equal(ended_all_until(ended), now);
    assert_true(ended_has(ended, name(0), now - 60000));
    assert_true(ended_has(ended, name(i + 1), now));
    assert_false(ended_has(ended, name(i + 1), now + 1000));
    ended_add(ended, name(i + 2), now + 900000, now + 2000);
    assert_true(ended_has(ended, name(i + 2), now + 2000));
    ended_close(ended);
}

static void *add_some(void *arg)
{
    struct ended *ended = arg;
    char text[ID_TEXT_MAX];

    for (int i = 0; i < 2000; i++) {
        id_new(text);
        ended_add(ended, text, now + 1000, now);
        if (!ended_has(ended, text, now))
            return arg;
    }
    return NULL;
}

static void several_threads_may_ask_and_tell(void **state)
{
    struct ended *ended = open_ended();
    pthread_t threads[4];
    void *lost;

    (void)state;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, add_some, ended);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &lost);
        assert_null(lost);
    }
    ended_close(ended);
    ended_close(NULL);
}

/* Known until the last millisecond of the last token, also when the table is made anew. */
static void what_has_not_expired_is_never_forgotten(void **state)
{
    enum { MANY = 1000 };
    struct ended *ended = open_ended();

    (void)state;
    ended_add(ended, name(0), now, now); /* over already */
    assert_false(ended_has(ended, name(0), now));
    ended_add(ended, name(0), now + 1, now);
    assert_true(ended_has(ended, name(0), now));
    for (int i = 1; i <= MANY; i++) /* grows at the very end of the first one's life */
        ended_add(ended, name(i), now + 5000, now + 999);
    for (int i = 0; i <= MANY; i++)
        assert_true(ended_has(ended, name(i), now));
    ended_add(ended, name(1), now + 100, now); /* again: told twice, counted once */
    for (int i = MANY; i < 4 * MANY; i++)
        ended_add(ended, name(i), now + 9000, now + 1000);
    assert_false(ended_has(ended, name(0), now)); /* left behind */
    for (int i = 2; i < 4 * MANY; i++)
        assert_true(ended_has(ended, name(i), now));
    ended_close(ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_ended_is_known_and_nothing_else),
        cmocka_unit_test(what_has_expired_makes_room),
        cmocka_unit_test(when_too_many_end_at_once_all_tokens_until_then_are_refused),
        cmocka_unit_test(several_threads_may_ask_and_tell),
        cmocka_unit_test(what_has_not_expired_is_never_forgotten),
    };

    return cmocka_run_group_tests_name("ended", tests, NULL, NULL);
}
