/**
 * @file observe/trace.c  Where time is spent, as spans of a trace
 */
#include "observe/trace.h"

#include "base/id.h"
#include "base/text.h"
#include "observe/metrics.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static struct {
    uv_mutex_t lock;
    struct span *ring; /* {lock} TRACE_WAITING_MAX of them; NULL: off */
    size_t first;      /* {lock} */
    size_t count;      /* {lock} */
    double share;      /* {lock} */
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

void trace_open(double share)
{
    uv_mutex_lock(&state.lock);
    if (!state.ring)
        state.ring = calloc(TRACE_WAITING_MAX, sizeof(*state.ring));
    state.share = share;
    uv_mutex_unlock(&state.lock);
}

void trace_close(void)
{
    uv_mutex_lock(&state.lock);
    free(state.ring);
    state.ring = NULL;
    state.first = state.count = 0;
    uv_mutex_unlock(&state.lock);
}

static bool is_on(double *share)
{
    bool on;

    uv_mutex_lock(&state.lock);
    on = state.ring != NULL;
    *share = state.share;
    uv_mutex_unlock(&state.lock);
    return on;
}

/* ----------------------------------------------------------------------------- contexts */

static struct trace_context new_trace(double share)
{
    struct trace_context t = {.sampled = false};
    uint64_t number;

    random_bytes(t.trace, sizeof(t.trace));
    random_bytes(t.span, sizeof(t.span));
    memcpy(&number, t.trace + 8, sizeof(number));
    t.sampled = (double)number < share * (double)UINT64_MAX || share >= 1;
    return t;
}

struct trace_context trace_child(const struct trace_context *of)
{
    struct trace_context t = *of;

    if (!trace_is_set(of))
        return t;
    memcpy(t.parent, of->span, sizeof(t.parent));
    random_bytes(t.span, sizeof(t.span));
    return t;
}

struct trace_context trace_join(const char *header)
{
    struct trace_context t = {.sampled = false};
    double share;

    if (!is_on(&share))
        return t;
    return header && trace_parse(&t, header) ? trace_child(&t) : new_trace(share);
}

struct trace_context trace_here(void)
{
    struct trace_context here = about_get().trace;
    double share;

    if (trace_is_set(&here))
        return trace_child(&here);
    return is_on(&share) ? new_trace(share) : here;
}

/* -------------------------------------------------------------------------------- spans */

void span_name(struct span *span, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(span->name, sizeof(span->name), fmt, ap);
    va_end(ap);
}

static struct span_fact *add_fact(struct span *span, const char *name, bool number)
{
    struct span_fact *fact;

    if (span->fact_count == SPAN_FACTS_MAX)
        return NULL;
    fact = &span->facts[span->fact_count++];
    fact->name = name;
    fact->number = number;
    return fact;
}

void span_fact(struct span *span, const char *name, const char *value)
{
    struct span_fact *fact = add_fact(span, name, false);

    if (fact)
        text_copy(fact->value, sizeof(fact->value), value, strlen(value));
}

void span_number(struct span *span, const char *name, long long value)
{
    struct span_fact *fact = add_fact(span, name, true);

    if (fact)
        snprintf(fact->value, sizeof(fact->value), "%lld", value);
}

void trace_record(const struct span *span)
{
    bool dropped;

    if (!trace_is_set(&span->trace) || !span->trace.sampled)
        return;
    uv_mutex_lock(&state.lock);
    dropped = state.ring && state.count == TRACE_WAITING_MAX;
    if (state.ring && !dropped) {
        state.ring[(state.first + state.count) % TRACE_WAITING_MAX] = *span;
        state.count++;
    }
    uv_mutex_unlock(&state.lock);
    if (dropped)
        metric_add(METRIC_REPORTS, 1, "spans", "dropped");
}

void trace_step(const struct trace_context *parent, const char *name, uint64_t start_us,
                uint64_t end_us)
{
    struct span span = {.start_us = start_us, .end_us = end_us};

    if (!start_us || end_us < start_us)
        return;
    span.trace = trace_child(parent);
    span_name(&span, "%s", name);
    trace_record(&span);
}

size_t trace_take(struct span *to, size_t max)
{
    size_t n = 0;

    uv_mutex_lock(&state.lock);
    for (; n < max && state.count; n++) {
        to[n] = state.ring[state.first];
        state.first = (state.first + 1) % TRACE_WAITING_MAX;
        state.count--;
    }
    uv_mutex_unlock(&state.lock);
    return n;
}
