/**
 * @file test/unit/nn/pool.c  Every chunk runs once, whatever the threads do
 */
#include "cmocka_all.h"

#include "nn/pool.h"

#include <sched.h>
#include <stdatomic.h>
#include <time.h>

enum { CHUNKS_MAX = 1000 };

struct tally {
    _Atomic int calls[CHUNKS_MAX];
    _Atomic int total;
    int plain[CHUNKS_MAX]; /* written by chunks, read after the loop: must be visible */
    int threads;
};

static void count(void *arg, int chunk, int worker)
{
    struct tally *t = arg;

    assert_true(worker >= 0 && worker < t->threads);
    atomic_fetch_add(&t->calls[chunk], 1);
    atomic_fetch_add(&t->total, 1);
    t->plain[chunk]++;
    if (chunk % 97 == 5)
        sched_yield();
}

static void run_loops(int threads, bool adaptive, int loops)
{
    static struct tally t;
    struct nn_pool *pool;
    int want = 0;

    t = (struct tally){.threads = threads};
    assert_int_equal(nn_pool_open(&pool, threads, NULL), 0);
    nn_pool_set_adaptive(pool, adaptive);
    assert_int_equal(nn_pool_threads(pool), threads);
    for (int i = 0; i < loops; i++) {
        int chunks = i * 37 % CHUNKS_MAX;

        nn_pool_run(pool, chunks, count, &t);
        want += chunks;
        assert_int_equal(t.total, want);
        for (int c = 0; c < chunks; c++)
            assert_int_equal(t.calls[c], t.plain[c]);
    }
    nn_pool_close(pool);
}

static void every_chunk_runs_once(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 5; threads++) {
        run_loops(threads, true, 200);
        run_loops(threads, false, 200);
    }
}

static void helpers_wake_up_after_a_pause(void **state)
{
    static struct tally t;
    struct timespec pause = {.tv_nsec = 2000000};
    struct nn_pool *pool;

    (void)state;
    t = (struct tally){.threads = 3};
    assert_int_equal(nn_pool_open(&pool, 3, NULL), 0);
    for (int i = 1; i <= 20; i++) {
        nanosleep(&pause, NULL);
        nn_pool_run(pool, 50, count, &t);
        assert_int_equal(t.total, 50 * i);
    }
    nn_pool_close(pool);
}

static void an_unused_pool_closes(void **state)
{
    struct nn_pool *pool;

    (void)state;
    nn_pool_close(NULL);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(nn_pool_open(&pool, i % 4, NULL), 0);
        nn_pool_close(pool);
    }
    assert_int_equal(nn_pool_open(&pool, -1, NULL), UV_EINVAL);
    assert_int_equal(nn_pool_open(&pool, NN_THREADS_MAX + 1, NULL), UV_EINVAL);
}

static void what_helpers_fetch_may_not_exist(void **state)
{
    static struct tally t;
    struct nn_pool *pool;

    (void)state;
    t = (struct tally){.threads = 3};
    assert_int_equal(nn_pool_open(&pool, 3, NULL), 0);
    for (int i = 1; i <= 50; i++) {
        nn_pool_fetch(pool, i % 2 ? (void *)&t : (void *)8, (size_t)i << 40, 1 << 16);
        nn_pool_run(pool, 50, count, &t);
        assert_int_equal(t.total, 50 * i);
    }
    nn_pool_close(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chunk_runs_once),
        cmocka_unit_test(helpers_wake_up_after_a_pause),
        cmocka_unit_test(an_unused_pool_closes),
        cmocka_unit_test(what_helpers_fetch_may_not_exist),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
