/**
 * @file test/unit/loop/lanes.c  Lanes: work that leaves the loop and comes back, and waits that may
 * not be
 */
#include "cmocka_all.h"

#include "loop/child.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "loop/wait.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ITEMS = 500 };

struct counts {
    struct loop *loop;
    struct lanes *lanes;
    atomic_int worked;
    int done;
    int canceled;
    int expect;
    bool on_loop;
    uv_sem_t gate;
};

static const struct lane_size small[LANE_COUNT] = {
    [LANE_REQUEST] = {1, 2},
    [LANE_HASH] = {1, 1},
};

static int setup(void **state)
{
    static struct counts c;

    c = (struct counts){.on_loop = true};
    assert_int_equal(loop_open(&c.loop, NULL), 0);
    *state = &c;
    return 0;
}

static void close_all(struct counts *c)
{
    lanes_close(c->lanes);
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
    if (!loop_is_current(c->loop))
        c->on_loop = false;
    if (++c->done == c->expect)
        loop_stop(c->loop);
}

static uint64_t times(const struct histogram *h)
{
    uint64_t n = 0;

    for (int i = 0; i <= HISTOGRAM_BOUNDS; i++)
        n += h->count[i];
    return n;
}

static void work_leaves_the_loop_and_comes_back(void **state)
{
    struct counts *c = *state;
    struct lane_stats stats;

    c->expect = ITEMS;
    assert_int_equal(lanes_open(&c->lanes, c->loop, NULL), 0);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(lane_submit(c->lanes, LANE_REQUEST, count_work, count_done, c), 0);
    loop_run(c->loop);
    assert_int_equal(atomic_load(&c->worked), ITEMS);
    assert_int_equal(c->done, ITEMS);
    assert_true(c->on_loop);
    stats = lane_stats(c->lanes, LANE_REQUEST);
    assert_int_equal(stats.done, ITEMS);
    assert_int_equal(times(&stats.waited), ITEMS);
    assert_int_equal(times(&stats.worked), ITEMS);
    assert_int_equal(stats.queued + stats.running + stats.refused, 0);
    assert_int_equal(lane_stats(c->lanes, LANE_READ).done, 0);
    close_all(c);
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
    assert_int_equal(lanes_open(&c->lanes, c->loop, small), 0);
    while (lane_submit(c->lanes, LANE_REQUEST, wait_at_the_gate, count_done, c) != UV_EAGAIN)
        taken++;
    assert_in_range(taken, 2, 3); /* two wait; one more if the worker was quick */
    assert_int_equal(lane_stats(c->lanes, LANE_REQUEST).refused, 1);
    assert_true(lanes_busy(c->lanes) >= 2);
    for (int i = 0; i < taken; i++)
        uv_sem_post(&c->gate);
    close_all(c);
    assert_int_equal(c->done, taken);
    assert_int_equal(c->canceled + atomic_load(&c->worked), taken);
    uv_sem_destroy(&c->gate);
}

static void a_full_lane_is_not_felt_in_another(void **state)
{
    struct counts *c = *state;

    uv_sem_init(&c->gate, 0);
    assert_int_equal(lanes_open(&c->lanes, c->loop, small), 0);
    for (int i = 0; i < 8; i++) /* more than there are workers and places */
        lane_submit(c->lanes, LANE_HASH, wait_at_the_gate, NULL, c);
    c->expect = 1;
    assert_int_equal(lane_submit(c->lanes, LANE_STORE, count_work, count_done, c), 0);
    loop_run(c->loop);
    assert_int_equal(c->done, 1);
    for (int i = 0; i < 8; i++)
        uv_sem_post(&c->gate);
    close_all(c);
    uv_sem_destroy(&c->gate);
}

/* ------------------------------------------------------------------------------- waiting */

static void write_down(void *arg)
{
    struct counts *c = arg;

    lane_only(LANE_STORE, "a write");
    atomic_fetch_add(&c->worked, 1);
}

static void hash_then_write(void *arg)
{
    struct counts *c = arg;

    if (lane_call(c->lanes, LANE_STORE, write_down, c, "storing a sign-in"))
        c->on_loop = false;
}

static void a_lane_may_wait_for_one_behind_it(void **state)
{
    struct counts *c = *state;

    assert_int_equal(lanes_open(&c->lanes, c->loop, NULL), 0);
    c->expect = 20;
    for (int i = 0; i < c->expect; i++)
        assert_int_equal(lane_submit(c->lanes, LANE_HASH, hash_then_write, count_done, c), 0);
    loop_run(c->loop);
    assert_int_equal(atomic_load(&c->worked), 20);
    assert_true(c->on_loop);
    close_all(c);
}

static void a_caller_of_no_lane_may_wait_too(void **state)
{
    struct counts *c = *state;

    assert_int_equal(lanes_open(&c->lanes, c->loop, NULL), 0);
    assert_int_equal(lane_call(c->lanes, LANE_STORE, write_down, c, "a command"), 0);
    assert_int_equal(atomic_load(&c->worked), 1);
    close_all(c);
}

static void a_wait_ends_when_its_time_is_over(void **state)
{
    struct counts *c = *state;
    struct wait wait;

    assert_int_equal(wait_open(&wait), 0);
    assert_int_equal(wait_for(&wait, WAIT_LOOP, "nobody", 5), UV_ETIMEDOUT);
    wait_end(&wait);
    assert_int_equal(wait_for(&wait, WAIT_LOOP, "nobody", 5), 0);
    wait_close(&wait);
    assert_int_equal(loop_close(c->loop), 0);
}

/* ------------------------------------------------------- waits that would hang one day: abort */

static void wait_for_own_lane(void *arg)
{
    lane_call(((struct counts *)arg)->lanes, LANE_STORE, count_work, arg, "storing an answer");
}

static void wait_for_one_before(void *arg)
{
    lane_call(((struct counts *)arg)->lanes, LANE_HASH, count_work, arg, "a password");
}

static void wait_on_the_loop(void *arg)
{
    lane_call(((struct counts *)arg)->lanes, LANE_STORE, count_work, arg, "a quick write");
}

static void wait_for_a_state(void *arg)
{
    uv_mutex_t lock;
    uv_cond_t more;

    (void)arg;
    uv_mutex_init(&lock);
    uv_cond_init(&more);
    uv_mutex_lock(&lock);
    wait_on(&more, &lock, WAIT_OTHERS, "a model", 0);
}

static void wait_for_a_thread(void *arg)
{
    uv_thread_t self = uv_thread_self();

    (void)arg;
    wait_gone(&self, "a worker to leave");
}

static void wait_for_a_child(void *arg)
{
    (void)arg;
    child_await(getpid(), -1, &(struct child_patience){.still_ms = 1, .at_most_ms = 1});
}

static void write_elsewhere(void *arg)
{
    (void)arg;
    lane_only(LANE_STORE, "a write to the store");
}

struct death {
    enum lane lane;
    void (*work)(void *arg);
    bool on_loop;
    const char *says;
};

/* Everything is made in the child: a process that forks keeps none of its threads. */
static void __attribute__((noreturn)) live_and_die(const struct death *d, int err_fd)
{
    static struct counts c;

    signal(SIGABRT, SIG_DFL);
    dup2(err_fd, STDERR_FILENO);
    alarm(20);
    if (loop_open(&c.loop, NULL) || lanes_open(&c.lanes, c.loop, NULL))
        _exit(3);
    if (d->on_loop)
        loop_post(c.loop, d->work, &c);
    else
        lane_submit(c.lanes, d->lane, d->work, NULL, &c);
    loop_run(c.loop);
    _exit(4);
}

static void dies_saying(const struct death *d)
{
    char said[512] = "";
    size_t n = 0;
    ssize_t got;
    int status;
    int ends[2];
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (!pid)
        live_and_die(d, ends[1]);
    close(ends[1]);
    while (n < sizeof(said) - 1 && (got = read(ends[0], said + n, sizeof(said) - 1 - n)) > 0)
        n += (size_t)got;
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    if (!strstr(said, d->says))
        fail_msg("it said: %s", said);
}

static void a_mistake_is_told_at_once_and_ends_the_process(void **state)
{
    static const struct death deaths[] = {
        {LANE_STORE, wait_for_own_lane, false,
         "the lane \"store\" waits for itself (storing an answer)"},
        {LANE_STORE, wait_for_one_before, false,
         "the lane \"store\" waits for the lane \"hash\", which may wait for it (a password)"},
        {LANE_STORE, wait_on_the_loop, true, "the loop thread waits for another (a quick write)"},
        {LANE_STORE, wait_for_a_state, true, "the loop thread waits for another (a model)"},
        {LANE_STORE, wait_for_a_thread, true,
         "the loop thread waits for another (a worker to leave)"},
        {LANE_STORE, wait_for_a_child, true, "the loop thread waits for another (a child process)"},
        {LANE_REQUEST, write_elsewhere, false,
         "a write to the store belongs on the lane \"store\", not on request"},
    };
    struct counts *c = *state;

    assert_int_equal(loop_close(c->loop), 0);
    for (size_t i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++)
        dies_saying(&deaths[i]);
}

static void lanes_without_threads_are_refused(void **state)
{
    const struct lane_size none[LANE_COUNT] = {[LANE_READ] = {-1, 0}};
    struct counts *c = *state;

    assert_int_equal(lanes_open(&c->lanes, c->loop, none), UV_EINVAL);
    lanes_close(NULL);
    assert_int_equal(loop_close(c->loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(work_leaves_the_loop_and_comes_back, setup),
        cmocka_unit_test_setup(a_full_queue_sheds_load_and_close_cancels_what_waits, setup),
        cmocka_unit_test_setup(a_full_lane_is_not_felt_in_another, setup),
        cmocka_unit_test_setup(a_lane_may_wait_for_one_behind_it, setup),
        cmocka_unit_test_setup(a_caller_of_no_lane_may_wait_too, setup),
        cmocka_unit_test_setup(a_wait_ends_when_its_time_is_over, setup),
        cmocka_unit_test_setup(a_mistake_is_told_at_once_and_ends_the_process, setup),
        cmocka_unit_test_setup(lanes_without_threads_are_refused, setup),
    };

    return cmocka_run_group_tests_name("lanes", tests, NULL, NULL);
}
