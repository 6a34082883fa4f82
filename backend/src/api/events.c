/**
 * @file api/events.c  A stream of server-sent events that accepts data before it has started
 */
#include "api/events.h"

#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

enum { EVENT_MAX = 4 << 20 }; /* largest event [bytes] */

struct events {
    struct http_stream *stream; /* NULL: not started */
    struct buf waiting;
    void (*gone)(void *arg);
    void *arg;
    bool ended;
};

static void events_free(struct events *e)
{
    if (e->waiting.data)
        explicit_bzero(e->waiting.data, e->waiting.cap);
    buf_release(&e->waiting);
    free(e);
}

static void on_gone(void *arg)
{
    struct events *e = arg;

    if (!e->ended)
        e->gone(e->arg);
    events_free(e);
}

static void on_stream(struct http_stream *stream, void *arg)
{
    struct events *e = arg;

    if (!stream) { /* the client left before the start */
        on_gone(e);
        return;
    }
    e->stream = stream;
    if (e->waiting.len)
        http_stream_write(stream, e->waiting.data, e->waiting.len);
    if (e->ended || e->waiting.err) {
        http_stream_end(stream);
        on_gone(e);
        return;
    }
    http_stream_on_gone(stream, on_gone, e);
}

static int fill(const struct http_request *req, struct http_response *res, void *arg)
{
    (void)req;
    http_set_header(res, "Cache-Control", "no-store");
    http_set_header(res, "X-Accel-Buffering", "no");
    return http_reply_stream(res, "text/event-stream", on_stream, arg);
}

int events_open(struct events **ep, struct http_server *server, uint64_t ticket,
                void (*gone)(void *arg), void *arg)
{
    struct events *e = calloc(1, sizeof(*e));
    int err;

    if (!e)
        return UV_ENOMEM;
    e->gone = gone;
    e->arg = arg;
    buf_init(&e->waiting, EVENTS_WAITING_MAX);
    *ep = e;
    err = http_answer_later(server, ticket, fill, e);
    if (err) {
        *ep = NULL;
        events_free(e);
    }
    return err;
}

void events_say(struct events *e, const char *event, const char *data, size_t len)
{
    struct buf out;

    buf_init(&out, EVENT_MAX);
    if (event)
        buf_printf(&out, "event: %s\n", event);
    buf_puts(&out, "data: ");
    buf_append(&out, data, len);
    buf_puts(&out, "\n\n");
    if (!out.err && e->stream)
        http_stream_write(e->stream, out.data, out.len);
    else if (!out.err)
        buf_append(&e->waiting, out.data, out.len);
    if (out.data)
        explicit_bzero(out.data, out.cap);
    buf_release(&out);
}

void events_end(struct events *e)
{
    if (!e)
        return;
    e->ended = true;
    if (!e->stream)
        return; /* it ends once it has started */
    http_stream_end(e->stream);
    events_free(e);
}
