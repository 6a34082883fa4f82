/**
 * @file observe/trace.h  Where time is spent, as spans of traces that cross programs
 *
 *     trace_open(0.1);                                          // a tenth of what begins here
 *     req->trace = trace_join(http_header(req, "traceparent")); // a child, or a new trace
 *     ...
 *     struct span span = {.trace = trace_here(), .name = "answer", .start_us = clock_mono_us()};
 *     about_set(span.trace ...);                                // parent of what begins meanwhile
 *     span.end_us = clock_mono_us();
 *     span_fact(&span, "interviewd.provider", "groq");
 *     trace_record(&span);
 *     ...
 *     n = trace_take(spans, 512);                               // telemetry/otlp.c sends them
 *
 * Off until trace_open(): until then contexts are zero and nothing is kept. Names and facts are of
 * limited variety: patterns of routes, names of providers, ids, numbers; never an address, a
 * person's name or anything that was said.
 *
 * Sampling: a span is kept if its parent is; of the traces that begin here a share is kept, by
 * trace id (OpenTelemetry's ParentBased(TraceIdRatioBased)). Beyond TRACE_WAITING_MAX finished
 * spans the newest are dropped and counted.
 *
 * Threads    Any.
 */
#ifndef OBSERVE_TRACE_H
#define OBSERVE_TRACE_H

#include "base/about.h"

#include <stddef.h>

enum {
    TRACE_WAITING_MAX = 2048, /**< Finished spans not taken yet */
    SPAN_FACTS_MAX = 6,
    SPAN_NAME_MAX = 96,  /**< With NUL; the rest is cut off */
    SPAN_VALUE_MAX = 64, /**< The same */
};

/** Numbers of OTLP's Span.SpanKind. */
enum span_kind { SPAN_INTERNAL = 1, SPAN_SERVER = 2, SPAN_CLIENT = 3 };

struct span {
    struct trace_context trace; /**< Its own context; .parent is the parent span */
    char name[SPAN_NAME_MAX];
    enum span_kind kind; /**< 0: internal */
    uint64_t start_us;   /**< clock_mono_us() */
    uint64_t end_us;
    bool failed;
    struct span_fact {
        const char *name; /**< A constant string */
        char value[SPAN_VALUE_MAX];
        bool number; /**< value is a number */
    } facts[SPAN_FACTS_MAX];
    size_t fact_count;
};

void trace_open(double share);
void trace_close(void); /**< Drops the spans not taken yet */

/** The context of a request with this traceparent; NULL or an invalid one starts a new trace. */
struct trace_context trace_join(const char *header);

/** A child of what this thread is working on; if that is nothing, the root of a new trace. */
struct trace_context trace_here(void);
/** A child of that context; zero if it is not traced. */
struct trace_context trace_child(const struct trace_context *of);

void span_name(struct span *span, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void span_fact(struct span *span, const char *name, const char *value);
void span_number(struct span *span, const char *name, long long value);

/** The span has ended. Discarded if it is not sampled. */
void trace_record(const struct span *span);
/** A step inside: a child of parent that is over. Discarded if its start or end is missing. */
void trace_step(const struct trace_context *parent, const char *name, uint64_t start_us,
                uint64_t end_us);

/** Takes the oldest finished spans, at most max; returns how many. */
size_t trace_take(struct span *to, size_t max);

#endif
