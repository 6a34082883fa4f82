/**
 * @file net/sse.h  Server-sent events: a pure function from bytes to events
 *
 * HTML Living Standard, section 9.2 "Server-sent events", parsing and interpretation.
 *
 * Threads    None of its own.
 * Errors     UV_ENOBUFS when one event exceeds SSE_EVENT_MAX; the parser is then spent.
 */
#ifndef NET_SSE_H
#define NET_SSE_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

enum { SSE_EVENT_MAX = 1 << 20 }; /**< Longest data of one event, in [bytes] */

struct sse {
    struct buf line;
    struct buf data;
    struct buf event;
    bool started; /**< A byte-order mark is skipped only before this */
    bool saw_cr;
    bool has_data;
    bool by_line; /**< Each line of data is an event: for streams that leave out the empty lines */
};

/** event is "message" when the stream names none; data is NUL-terminated, newlines joined. */
typedef void sse_fn(const char *event, const char *data, size_t len, void *arg);

void sse_init(struct sse *s);
int sse_feed(struct sse *s, const char *bytes, size_t len, sse_fn *fn, void *arg);
void sse_release(struct sse *s);

#endif
