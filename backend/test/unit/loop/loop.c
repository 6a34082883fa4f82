/**
 * @file test/unit/loop/loop.c  Posts, timers and workers
 */
#include "cmocka_all.h"

#include "loop/loop.h"

#include <stdatomic.h>

enum { POSTS = 1000, POSTERS = 4, ITEMS = 500 };

struct counts {
    struct loop *loop;
    struct pool *pool;
    struct loop_timer *timer;
    atomic_int worked;
    int done;
    int canceled;
    int last;
    int expect;
    bool in_order;
    bool on_loop;
    uv_sem_t gate;
};

struct numbered {
    struct counts *c;
    int n;
};

static int setup(void **state)
{
    static struct counts c;

    c = (struct counts){.in_order = true, .on_loop = true};
    assert_int_equal(loop_open(&c.loop, NULL), 0);
    *state = &c;
    return 0;
}

static void stop(void *arg)
{
    loop_stop(((struct counts *)arg)->loop);
}

static void in_order(void *arg)
{
    struct numbered *n = arg;

    n->c->in_order = n->c->in_order && n->n == n->c->last + 1;
    n->c->on_loop = n->c->on_loop && loop_is_current(n->c->loop);
    n->c->last = n->n;
    if (++n->c->done == n->c->expect)
        loop_stop(n->c->loop);
}

static void post_many(void *arg)
{
    struct numbered *n = arg;

    for (int i = 0; i < POSTS; i++)
        loop_post(n[i].c->loop, in_order, &n[i]);
}

static void posts_from_another_thread_run_on_the_loop_in_order(void **state)
{
    static struct numbered n[POSTS];
    struct counts *c = *state;
    uv_thread_t thread;

    c->expect = POSTS;
    for (int i = 0; i < POSTS; i++)
        n[i] = (struct numbered){c, i + 1};
    uv_thread_create(&thread, post_many, n);
    loop_run(c->loop);
    uv_thread_join(&thread);
    assert_int_equal(c->done, POSTS);
    assert_true(c->in_order);
    assert_true(c->on_loop);
    assert_int_equal(loop_close(c->loop), 0);
}

static void a_stop_before_the_run_is_not_lost(void **state)
{
    struct counts *c = *state;

    loop_stop(c->loop);
    loop_run(c->loop);
    assert_int_equal(loop_close(c->loop), 0);
}

static void count_post(void *arg)
{
    ((struct counts *)arg)->done++;
}

static void what_was_posted_before_the_close_still_runs(void **state)
{
    struct counts *c = *state;

    assert_int_equal(loop_post(c->loop, count_post, c), 0);
    assert_int_equal(loop_close(c->loop), 0);
    assert_int_equal(c->done, 1);
}

static void close_own_timer(void *arg)
{
    struct counts *c = arg;

    if (++c->done < 3)
        return;
    timer_close(c->timer);
    loop_stop(c->loop);
}

static void a_repeating_timer_may_close_itself(void **state)
{
    struct counts *c = *state;

    assert_int_equal(timer_open(&c->timer, c->loop, close_own_timer, c), 0);
    assert_int_equal(timer_start(c->timer, 1, 1), 0);
    loop_run(c->loop);
    assert_int_equal(c->done, 3);
    assert_int_equal(loop_close(c->loop), 0);
}

static void never(uv_timer_t *timer)
{
    (void)timer;
}

static void a_handle_left_open_is_reported(void **state)
{
    struct counts *c = *state;
    uv_timer_t timer;

    uv_timer_init(loop_uv(c->loop), &timer);
    uv_timer_start(&timer, never, 1000000, 0);
    assert_int_equal(loop_close(c->loop), UV_EBUSY);
    uv_close((uv_handle_t *)&timer, NULL);
    assert_int_equal(loop_close(c->loop), 0);
}

static void count_work(void *arg)
{
    struct counts *c = arg;

    atomic_fetch_add(&c->worked, 1);
    if (loop_is_current(c->loop))
        c->on_loop = false;
}

static void count_done(int err, void *arg)
{
    struct counts *c = arg;

    if (err == UV_ECANCELED)
        c->canceled++;
    if (++c->done == c->expect)
        loop_stop(c->loop);
}

static void work_leaves_the_loop_and_comes_back(void **state)
{
    struct counts *c = *state;

    c->expect = ITEMS;
    assert_int_equal(pool_open(&c->pool, c->loop, "test", POSTERS, ITEMS), 0);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(pool_submit(c->pool, count_work, count_done, c), 0);
    loop_run(c->loop);
    assert_int_equal(atomic_load(&c->worked), ITEMS);
    assert_int_equal(c->done, ITEMS);
    assert_true(c->on_loop);
    assert_int_equal(pool_queued(c->pool), 0);
    pool_close(c->pool);
    assert_int_equal(loop_close(c->loop), 0);
}

static void wait_at_the_gate(void *arg)
{
    struct counts *c = arg;

    uv_sem_wait(&c->gate);
    atomic_fetch_add(&c->worked, 1);
}

static void a_full_queue_sheds_load_and_close_cancels_what_waits(void **state)
{
    struct counts *c = *state;
    int taken = 0;

    uv_sem_init(&c->gate, 0);
    assert_int_equal(pool_open(&c->pool, c->loop, "test", 1, 2), 0);
    while (pool_submit(c->pool, wait_at_the_gate, count_done, c) != UV_EAGAIN)
        taken++;
    assert_in_range(taken, 2, 3); /* two wait; one more if the worker was quick */
    for (int i = 0; i < taken; i++)
        uv_sem_post(&c->gate);
    pool_close(c->pool);
    assert_int_equal(c->done, taken);
    assert_int_equal(c->canceled + atomic_load(&c->worked), taken);
    assert_int_equal(loop_close(c->loop), 0);
    uv_sem_destroy(&c->gate);
}

static void nonsense_is_refused(void **state)
{
    struct counts *c = *state;

    assert_int_equal(pool_open(&c->pool, c->loop, "test", 0, 1), UV_EINVAL);
    pool_close(NULL);
    timer_close(NULL);
    assert_int_equal(loop_post(c->loop, stop, c), 0);
    loop_run(c->loop);
    assert_int_equal(loop_close(c->loop), 0);
    assert_int_equal(loop_close(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(posts_from_another_thread_run_on_the_loop_in_order, setup),
        cmocka_unit_test_setup(a_stop_before_the_run_is_not_lost, setup),
        cmocka_unit_test_setup(what_was_posted_before_the_close_still_runs, setup),
        cmocka_unit_test_setup(a_repeating_timer_may_close_itself, setup),
        cmocka_unit_test_setup(a_handle_left_open_is_reported, setup),
        cmocka_unit_test_setup(work_leaves_the_loop_and_comes_back, setup),
        cmocka_unit_test_setup(a_full_queue_sheds_load_and_close_cancels_what_waits, setup),
        cmocka_unit_test_setup(nonsense_is_refused, setup),
    };

    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
