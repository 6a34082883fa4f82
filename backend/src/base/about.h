/**
 * @file base/about.h  What this thread is busy with: the ids that its log lines and spans carry
 *
 *     struct about before = about_set((struct about){.request = req->id, .trace = req->trace});
 *     ... whatever is logged in here names the request ...
 *     about_set(before);
 *
 * Whoever begins something for a request or an interview says so, and puts back what was there
 * before it returns. lane_call() takes it along to the other lane; lane_submit() and loop_post()
 * take the trace along, which borrows nothing.
 *
 * The trace is that of W3C Trace Context (Recommendation, 23 November 2021): which request of whom
 * all this belongs to, across programs. A header is "00-<32 hex>-<16 hex>-<2 hex>".
 *
 * Threads    Each has its own.
 * Ownership  Ids are borrowed: they live until about_set() puts back what was before.
 */
#ifndef BASE_ABOUT_H
#define BASE_ABOUT_H

#include <stdbool.h>
#include <stdint.h>

enum { TRACE_HEADER_MAX = 56 }; /**< A traceparent and NUL */

struct trace_context {
    uint8_t trace[16]; /**< All zero: nothing is traced */
    uint8_t span[8];   /**< Whose children what begins here is */
    uint8_t parent[8]; /**< Whose child it is itself; zero: of none */
    bool sampled;      /**< It is recorded */
};

struct about {
    const char *request; /**< Ids; NULL: none */
    const char *session;
    const char *generation;
    struct trace_context trace;
};

/** Returns what it was before. */
struct about about_set(struct about now);
struct about about_get(void);

bool trace_is_set(const struct trace_context *t);

/** The traceparent of a request. false: it is none, and *t is left alone. */
bool trace_parse(struct trace_context *t, const char *header);
void trace_format(const struct trace_context *t, char header[static TRACE_HEADER_MAX]);

#endif
