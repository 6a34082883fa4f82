/**
 * @file test/unit/base/about.c  What a thread is busy with, and the header of a trace
 */
#include "cmocka_all.h"

#include "base/about.h"
#include "loop/lanes.h"
#include "loop/loop.h"

#include <string.h>

static const char HEADER[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

static void a_header_is_read_and_written(void **state)
{
    struct trace_context t = {.sampled = false};
    char text[TRACE_HEADER_MAX];

    (void)state;
    assert_false(trace_is_set(&t));
    assert_true(trace_parse(&t, HEADER));
    assert_true(trace_is_set(&t));
    assert_true(t.sampled);
    trace_format(&t, text);
    assert_string_equal(text, HEADER);
}

static void what_a_later_version_adds_is_read_over(void **state)
{
    struct trace_context t;

    (void)state;
    assert_true(
        trace_parse(&t, "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02-what-follows"));
    assert_false(t.sampled);
}

static void what_is_none_changes_nothing(void **state)
{
    static const char *const wrong[] = {
        "",
        "00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00 4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-000f067aa0ba902b7-01",
    };
    struct trace_context t, before;

    (void)state;
    assert_true(trace_parse(&t, HEADER));
    before = t;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(trace_parse(&t, wrong[i]));
        assert_memory_equal(&t, &before, sizeof(t));
    }
}

struct seen {
    struct lanes *lanes;
    struct loop *loop;
    struct about in_call, in_work, in_done, in_post;
};

static void look_in_call(void *arg)
{
    ((struct seen *)arg)->in_call = about_get();
}

static void look_in_work(void *arg)
{
    struct seen *seen = arg;
    struct about before = about_set((struct about){.request = "r1", .trace = about_get().trace});

    seen->in_work = about_get();
    lane_call(seen->lanes, LANE_STORE, look_in_call, seen, "a test");
    about_set(before);
}

static void look_in_post(void *arg)
{
    struct seen *seen = arg;

    seen->in_post = about_get();
    loop_stop(seen->loop);
}

static void look_in_done(int err, void *arg)
{
    struct seen *seen = arg;

    assert_int_equal(err, 0);
    seen->in_done = about_get();
    loop_post(seen->loop, look_in_post, seen);
}

static void it_goes_along_to_other_threads(void **state)
{
    struct seen seen = {.lanes = NULL};
    struct about here = {.request = "r0"};
    struct about before;

    (void)state;
    assert_true(trace_parse(&here.trace, HEADER));
    assert_int_equal(loop_open(&seen.loop, NULL), 0);
    assert_int_equal(lanes_open(&seen.lanes, seen.loop, NULL), 0);
    before = about_set(here);
    assert_null(before.request);
    assert_int_equal(lane_submit(seen.lanes, LANE_REQUEST, look_in_work, look_in_done, &seen), 0);
    about_set(before);
    loop_run(seen.loop);
    lanes_close(seen.lanes);
    loop_close(seen.loop);
    assert_string_equal(seen.in_call.request, "r1");
    assert_memory_equal(&seen.in_call.trace, &here.trace, sizeof(here.trace));
    assert_null(seen.in_done.request); /* it is borrowed: nobody knows whether it is still there */
    assert_memory_equal(&seen.in_done.trace, &here.trace, sizeof(here.trace));
    assert_memory_equal(&seen.in_post.trace, &here.trace, sizeof(here.trace));
    assert_false(trace_is_set(&(struct trace_context){.sampled = about_get().trace.sampled}));
    assert_null(about_get().request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_read_and_written),
        cmocka_unit_test(what_a_later_version_adds_is_read_over),
        cmocka_unit_test(what_is_none_changes_nothing),
        cmocka_unit_test(it_goes_along_to_other_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
