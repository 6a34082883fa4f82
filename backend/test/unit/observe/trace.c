/**
 * @file test/unit/observe/trace.c  Which spans are kept, and whose children they are
 */
#include "cmocka_all.h"

#include "observe/metrics.h"
#include "observe/trace.h"

#include <stdlib.h>
#include <string.h>

static const char KEPT[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
static const char LEFT[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

static int off(void **state)
{
    (void)state;
    trace_close();
    about_set((struct about){0});
    return 0;
}

static void nothing_is_kept_while_it_is_off(void **state)
{
    struct trace_context t = trace_join(KEPT);
    struct span span;

    (void)state;
    assert_false(trace_is_set(&t));
    trace_record(&(struct span){.trace = t, .name = "x", .start_us = 1, .end_us = 2});
    assert_int_equal(trace_take(&span, 1), 0);
}

static void a_request_is_the_child_of_who_sent_it(void **state)
{
    struct trace_context parent, t, inside;
    struct span spans[2];

    (void)state;
    trace_open(0);
    assert_true(trace_parse(&parent, KEPT));
    t = trace_join(KEPT);
    assert_memory_equal(t.trace, parent.trace, sizeof(t.trace));
    assert_memory_equal(t.parent, parent.span, sizeof(t.parent));
    assert_memory_not_equal(t.span, parent.span, sizeof(t.span));
    about_set((struct about){.trace = t});
    inside = trace_here();
    assert_memory_equal(inside.parent, t.span, sizeof(t.span));
    trace_step(&inside, "step", 5, 9);
    trace_step(&inside, "that did not begin", 0, 9);
    trace_record(&(struct span){.trace = inside, .name = "all", .start_us = 4, .end_us = 9});
    assert_int_equal(trace_take(spans, 2), 2);
    assert_string_equal(spans[0].name, "step");
    assert_memory_equal(spans[0].trace.parent, inside.span, sizeof(inside.span));
    assert_string_equal(spans[1].name, "all");
}

static void its_parent_decides_and_otherwise_the_share(void **state)
{
    struct trace_context t;
    struct span span;
    int kept = 0;

    (void)state;
    trace_open(1);
    t = trace_join(LEFT);
    assert_true(trace_is_set(&t)); /* it goes on to whom we ask */
    assert_false(t.sampled);
    trace_record(&(struct span){.trace = t, .start_us = 1, .end_us = 2});
    assert_int_equal(trace_take(&span, 1), 0);
    assert_true(trace_join("nonsense").sampled);
    assert_true(trace_join(NULL).sampled);
    trace_open(0);
    assert_false(trace_join(NULL).sampled);
    trace_open(0.5);
    for (int i = 0; i < 1000; i++)
        kept += trace_join(NULL).sampled;
    assert_in_range(kept, 400, 600);
}

static void it_is_bounded_and_says_what_it_dropped(void **state)
{
    struct span *spans = calloc(TRACE_WAITING_MAX, sizeof(*spans));
    struct span span = {.start_us = 1, .end_us = 2};
    struct buf out;

    (void)state;
    metrics_reset();
    trace_open(1);
    span.trace = trace_join(NULL);
    for (int i = 0; i < TRACE_WAITING_MAX + 3; i++) {
        span.fact_count = 0;
        span_number(&span, "n", i);
        trace_record(&span);
    }
    assert_int_equal(trace_take(spans, 10), 10);
    assert_string_equal(spans[9].facts[0].value, "9");
    trace_record(&span);
    assert_int_equal(trace_take(spans, TRACE_WAITING_MAX), TRACE_WAITING_MAX - 10 + 1);
    buf_init(&out, METRIC_TEXT_MAX);
    metrics_write(&out, METRICS_TEXT);
    assert_non_null(
        strstr(out.data, "interviewd_reports_total{kind=\"spans\",outcome=\"dropped\"} 3\n"));
    buf_release(&out);
    free(spans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(nothing_is_kept_while_it_is_off, off),
        cmocka_unit_test_teardown(a_request_is_the_child_of_who_sent_it, off),
        cmocka_unit_test_teardown(its_parent_decides_and_otherwise_the_share, off),
        cmocka_unit_test_teardown(it_is_bounded_and_says_what_it_dropped, off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
