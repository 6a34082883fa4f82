/**
 * @file net/sse.c  Server-sent events: a pure function from bytes to events
 *
 * Lines end with CR, LF or CRLF; an empty line dispatches what was collected. `id` and `retry`
 * are for reconnecting browsers and mean nothing to us.
 */
#include "net/sse.h"

#include <string.h>
#include <uv.h>

enum { FIELD_MAX = 16 }; /* "event: " and the like, beyond the data itself */

void sse_init(struct sse *s)
{
    *s = (struct sse){.started = false};
    buf_init(&s->line, SSE_EVENT_MAX + FIELD_MAX);
    buf_init(&s->data, SSE_EVENT_MAX);
    buf_init(&s->event, SSE_EVENT_MAX);
}

void sse_release(struct sse *s)
{
    buf_release(&s->line);
    buf_release(&s->data);
    buf_release(&s->event);
}

static void give(struct sse *s, sse_fn *fn, void *arg)
{
    if (s->has_data)
        fn(s->event.len ? s->event.data : "message", s->data.len ? s->data.data : "", s->data.len,
           arg);
    buf_clear(&s->data);
    s->has_data = false;
}

static void field(struct sse *s, const char *name, size_t name_len, const char *value, size_t len)
{
    if (name_len == 4 && memcmp(name, "data", 4) == 0) {
        if (s->has_data)
            buf_putc(&s->data, '\n');
        buf_append(&s->data, value, len);
        s->has_data = true;
    } else if (name_len == 5 && memcmp(name, "event", 5) == 0) {
        buf_clear(&s->event);
        buf_append(&s->event, value, len);
    }
}

static int end_of_line(struct sse *s, sse_fn *fn, void *arg)
{
    const char *line = s->line.len ? s->line.data : "";
    size_t len = s->line.len;
    const char *colon = memchr(line, ':', len);
    size_t name_len = colon ? (size_t)(colon - line) : len;
    const char *value = colon ? colon + 1 : line + len;

    if (colon && value < line + len && *value == ' ')
        value++;
    if (!len) {
        give(s, fn, arg);
        buf_clear(&s->event);
    } else if (name_len) { /* a line that begins with a colon is a comment */
        field(s, line, name_len, value, len - (size_t)(value - line));
    }
    if (s->by_line && !s->data.err)
        give(s, fn, arg);
    buf_clear(&s->line);
    return s->data.err ? s->data.err : s->event.err;
}

static void skip_mark(struct sse *s)
{
    if (!s->started && s->line.len >= 3 && memcmp(s->line.data, "\xef\xbb\xbf", 3) == 0)
        buf_consume(&s->line, 3);
    s->started = true;
}

int sse_feed(struct sse *s, const char *bytes, size_t len, sse_fn *fn, void *arg)
{
    const char *end = bytes + len;
    int err = s->line.err;

    while (bytes < end && !err) {
        size_t run = 0;

        if (s->saw_cr && *bytes == '\n') {
            s->saw_cr = false;
            bytes++;
            continue;
        }
        s->saw_cr = false;
        while (bytes + run < end && bytes[run] != '\r' && bytes[run] != '\n')
            run++;
        err = buf_append(&s->line, bytes, run);
        bytes += run;
        if (err || bytes == end)
            break;
        s->saw_cr = *bytes == '\r';
        bytes++;
        skip_mark(s);
        err = end_of_line(s, fn, arg);
    }
    if (err)
        s->line.err = UV_ENOBUFS;
    return err ? UV_ENOBUFS : 0;
}
