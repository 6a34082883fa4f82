/**
 * @file test/unit/loop/priority.c  Which threads go first, as the kernel sees it
 */
#include "cmocka_all.h"

#include "loop/lanes.h"
#include "loop/loop.h"
#include "loop/priority.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SLICE_AT = 24, SIZE = 48 }; /* sched_runtime in struct sched_attr, and its size */

/* Of this thread, [ns]; 0: this kernel has one slice for all. */
static uint64_t slice(void)
{
    unsigned char attr[SIZE] = {0};
    uint64_t ns = 0;

    if (syscall(SYS_sched_getattr, 0, attr, SIZE, 0) == 0)
        memcpy(&ns, attr + SLICE_AT, sizeof(ns));
    return ns;
}

struct seen {
    uint64_t slice_ns;
    int nice;
};

static void look(void *arg)
{
    struct seen *seen = arg;

    *seen = (struct seen){slice(), getpriority(PRIO_PROCESS, 0)};
}

static void short_work_goes_first_and_long_work_last(void **state)
{
    struct seen before, request, read, decode, store;
    struct loop *loop;
    struct lanes *lanes;

    (void)state;
    look(&before);
    assert_int_equal(loop_open(&loop, NULL), 0);
    assert_int_equal(lanes_open(&lanes, loop, NULL), 0);
    assert_int_equal(lane_call(lanes, LANE_REQUEST, look, &request, "a test"), 0);
    assert_int_equal(lane_call(lanes, LANE_READ, look, &read, "a test"), 0);
    assert_int_equal(lane_call(lanes, LANE_DECODE, look, &decode, "a test"), 0);
    assert_int_equal(lane_call(lanes, LANE_STORE, look, &store, "a test"), 0);
    lanes_close(lanes);
    assert_int_equal(loop_close(loop), 0);

    assert_int_equal(request.nice, before.nice);
    assert_int_equal(read.nice, before.nice);
    assert_int_equal(decode.nice, before.nice > 10 ? before.nice : 10);
    if (!before.slice_ns)
        skip();
    assert_true(request.slice_ns < before.slice_ns);
    assert_int_equal(store.slice_ns, request.slice_ns);
    assert_int_equal(read.slice_ns, before.slice_ns);
    assert_int_equal(decode.slice_ns, before.slice_ns);
}

static void *other_thread(void *arg)
{
    look(arg);
    return NULL;
}

static void threads_that_it_makes_are_as_any(void **state)
{
    struct seen before, mine, made;
    pthread_t thread;

    (void)state;
    look(&before);
    priority_prompt();
    look(&mine);
    assert_int_equal(pthread_create(&thread, NULL, other_thread, &made), 0);
    pthread_join(thread, NULL);
    assert_int_equal(mine.nice, before.nice);
    assert_int_equal(made.slice_ns, before.slice_ns);
    if (before.slice_ns)
        assert_true(mine.slice_ns < before.slice_ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_work_goes_first_and_long_work_last),
        cmocka_unit_test(threads_that_it_makes_are_as_any),
    };

    return cmocka_run_group_tests_name("priority", tests, NULL, NULL);
}
