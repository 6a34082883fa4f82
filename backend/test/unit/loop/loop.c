/**
 * @file test/unit/loop/loop.c  Posts, timers, and when memory goes
 */
#include "cmocka_all.h"

#include "loop/loop.h"

enum { POSTS = 1000 };

struct counts {
    struct loop *loop;
    struct loop_timer *timer;
    int done;
    int last;
    int expect;
    bool in_order;
    bool on_loop;
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

/* ----------------------------------------------------------- memory that goes at the turn's end */

struct mortal {
    struct counts *c;
    int freed_after; /* handlers that had run when it was freed */
};

static int handlers_run;

static void note_freed(void *ptr)
{
    struct mortal *m = ptr;

    m->freed_after = handlers_run;
    m->c->done++;
}

static void give_away(void *arg)
{
    struct mortal *m = arg;

    loop_free_later(m->c->loop, m, note_freed);
    assert_int_equal(m->freed_after, -1); /* this handler may still look at it */
    handlers_run++;
}

static void memory_goes_when_no_handler_is_on_the_stack(void **state)
{
    struct counts *c = *state;
    struct mortal one = {c, -1};
    struct mortal two = {c, -1};

    handlers_run = 0;
    loop_post(c->loop, give_away, &one);
    loop_post(c->loop, give_away, &two);
    loop_post(c->loop, stop, c);
    loop_run(c->loop);
    assert_int_equal(c->done, 2);
    assert_int_equal(one.freed_after, 2); /* not between the two */
    assert_int_equal(two.freed_after, 2);
    assert_int_equal(loop_close(c->loop), 0);
}

static void stop_when_freed(void *ptr)
{
    struct counts *c = ptr;

    c->done++;
    loop_stop(c->loop);
}

static void give_from_timer(void *arg)
{
    struct counts *c = arg;

    loop_free_later(c->loop, c, stop_when_freed);
}

static void a_loop_with_nothing_else_to_do_does_not_sleep_before(void **state)
{
    struct counts *c = *state;

    assert_int_equal(timer_open(&c->timer, c->loop, give_from_timer, c), 0);
    assert_int_equal(timer_start(c->timer, 1, 0), 0);
    loop_run(c->loop); /* would never return */
    assert_int_equal(c->done, 1);
    timer_close(c->timer);
    assert_int_equal(loop_close(c->loop), 0);
}

static void free_and_give_another(void *ptr)
{
    struct mortal *m = ptr;

    m->c->done++;
    loop_free_later(m->c->loop, m, note_freed);
}

static void what_a_destructor_gives_away_goes_too(void **state)
{
    struct counts *c = *state;
    struct mortal m[40];

    for (size_t i = 0; i < 40; i++) {
        m[i] = (struct mortal){c, -1};
        loop_free_later(c->loop, &m[i], free_and_give_another);
    }
    loop_free_later(c->loop, NULL, note_freed);
    assert_int_equal(c->done, 0);
    assert_int_equal(loop_close(c->loop), 0); /* though it never ran */
    assert_int_equal(c->done, 80);
}

static void nonsense_is_refused(void **state)
{
    struct counts *c = *state;

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
        cmocka_unit_test_setup(memory_goes_when_no_handler_is_on_the_stack, setup),
        cmocka_unit_test_setup(a_loop_with_nothing_else_to_do_does_not_sleep_before, setup),
        cmocka_unit_test_setup(what_a_destructor_gives_away_goes_too, setup),
        cmocka_unit_test_setup(nonsense_is_refused, setup),
    };

    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
