/**
 * @file base/about.h  What this thread is working on: the ids that its log lines and spans carry
 *
 *     struct about before = about_set((struct about){.request = req->id, .trace = req->trace}); ...
 *     log lines in here name the request ... about_set(before);
 *
 * Code that starts to work for a request or an interview sets this, and restores the old value
 * before it returns. lane_call() passes it on to the other lane; lane_submit() and loop_post() pass
 * on only the trace, which borrows nothing.
 *
 * The trace is that of W3C Trace Context (Recommendation, 23 November 2021): which original request
 * all this belongs to, across programs. A header is "00-<32 hex>-<16 hex>-<2 hex>".
 *
 * Threads    Each has its own.
 * Ownership  Ids are borrowed: they must live until about_set() restores the old value.
 */
#ifndef BASE_ABOUT_H
#define BASE_ABOUT_H

#include <stdbool.h>
#include <stdint.h>

enum { TRACE_HEADER_MAX = 56 }; /**< A traceparent and NUL */

struct trace_context {
    uint8_t trace[16]; /**< All zero: not traced */
    uint8_t span[8];   /**< Parent of what begins here */
    uint8_t parent[8]; /**< Its own parent; zero: none */
    bool sampled;      /**< It is recorded */
};

struct about {
    const char *request; /**< Ids; NULL: none */
    const char *session;
    const char *generation;
    struct trace_context trace;
};

/** Returns the previous value. */
struct about about_set(struct about now);
struct about about_get(void);

bool trace_is_set(const struct trace_context *t);

/** Parses a request's traceparent. false: malformed, and *t is unchanged. */
bool trace_parse(struct trace_context *t, const char *header);
void trace_format(const struct trace_context *t, char header[static TRACE_HEADER_MAX]);

#endif
