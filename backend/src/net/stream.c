/**
 * @file net/stream.c  Answers without a known end (server-sent events)
 *
 * Bytes wait in a bounded buffer until the socket takes them. A reader that leaves more than
 * STREAM_QUEUE_MAX behind is cut off. While nothing is being sent the peer's hanging up is seen
 * by a watch on a duplicate of its descriptor, because lws does not read in that state.
 */
#include "net/inner.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --------------------------------------------------------------- watch */

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle);
}

static void unwatch(struct http_stream *stream)
{
    if (!stream->watch)
        return;
    uv_close((uv_handle_t *)stream->watch, on_watch_closed); /* out of the poll set at once */
    close(stream->watch_fd);
    stream->watch = NULL;
}

static void on_hang_up(uv_poll_t *poll, int status, int events)
{
    struct http_stream *stream = poll->data;

    (void)status;
    (void)events;
    unwatch(stream);
    if (stream->txn && stream->txn->wsi)
        wsi_end(stream->txn->wsi, 0);
}

static void watch(struct http_stream *stream, struct lws *wsi)
{
    int fd = dup(lws_get_socket_fd(wsi));

    if (fd < 0)
        return;
    stream->watch = calloc(1, sizeof(*stream->watch));
    if (!stream->watch || uv_poll_init(loop_uv(stream->txn->server->loop), stream->watch, fd)) {
        free(stream->watch);
        stream->watch = NULL;
        close(fd);
        return;
    }
    stream->watch->data = stream;
    stream->watch_fd = fd;
    uv_poll_start(stream->watch, UV_DISCONNECT, on_hang_up);
}

/* HTTP/1: in this state lws leaves whatever the peer sends unread, and would be woken for it
 * again and again; so reading is off unless there is something to write. */
static void rest(struct txn *t)
{
    if (!t->h2)
        lws_rx_flow_control(t->wsi, 0);
}

static void wake(struct txn *t)
{
    if (!t->h2)
        lws_rx_flow_control(t->wsi, 1);
    lws_callback_on_writable(t->wsi);
}

/* ------------------------------------------------------------ lifetime */

static void stream_free(struct http_stream *stream)
{
    buf_release(&stream->out);
    free(stream);
}

void stream_begin(struct txn *t)
{
    struct http_stream *stream = calloc(1, sizeof(*stream));

    if (!stream) {
        wsi_end(t->wsi, 0);
        return;
    }
    stream->txn = t;
    buf_init(&stream->out, STREAM_QUEUE_MAX);
    t->stream = stream;
    if (!t->h2)
        watch(stream, t->wsi);
    lws_set_timeout(t->wsi, NO_PENDING_TIMEOUT, 0);
    rest(t);
    t->res.streaming = true;
    t->res.on_stream(stream, t->res.stream_arg);
}

void stream_gone(struct http_stream *stream)
{
    if (!stream)
        return;
    unwatch(stream);
    stream->txn = NULL;
    if (!stream->ended && stream->on_gone)
        stream->on_gone(stream->gone_arg);
    if (stream->ended || stream->on_gone)
        stream_free(stream);
    /* otherwise the owner has not said how to be told: it finds out when it writes or ends */
}

/* -------------------------------------------------------------- public */

int http_stream_write(struct http_stream *stream, const void *data, size_t len)
{
    int err;

    if (!stream->txn)
        return UV_EPIPE;
    err = buf_append(&stream->out, data, len);
    if (err) {
        wsi_end(stream->txn->wsi, 0);
        return err;
    }
    wake(stream->txn);
    return 0;
}

void http_stream_end(struct http_stream *stream)
{
    stream->ended = true;
    if (stream->txn)
        wake(stream->txn);
    else
        stream_free(stream);
}

void http_stream_on_gone(struct http_stream *stream, void (*fn)(void *arg), void *arg)
{
    stream->on_gone = fn;
    stream->gone_arg = arg;
}

/* ------------------------------------------------------------- writing */

static int write_chunk(struct txn *t, const char *data, size_t n, bool last)
{
    enum { FRAME = 24 };
    struct buf *out = &t->server->scratch;
    char *to;

    buf_clear(out);
    to = buf_reserve(out, LWS_PRE + n + FRAME);
    if (!to)
        return -1;
    out->len = LWS_PRE;
    if (t->h2 || t->http10) {
        buf_append(out, data, n);
        return lws_write(t->wsi, (unsigned char *)out->data + LWS_PRE, n,
                         last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0
                   ? -1
                   : 0;
    }
    if (n) {
        buf_printf(out, "%zx\r\n", n);
        buf_append(out, data, n);
        buf_append(out, "\r\n", 2);
    }
    if (last)
        buf_append(out, "0\r\n\r\n", 5);
    return lws_write(t->wsi, (unsigned char *)out->data + LWS_PRE, out->len - LWS_PRE,
                     LWS_WRITE_HTTP) < 0
               ? -1
               : 0;
}

int stream_writable(struct txn *t)
{
    struct http_stream *stream = t->stream;
    size_t n = stream->out.len;
    size_t most = t->h2 ? H2_CHUNK : H1_CHUNK;
    bool last;

    if (t->h2) {
        long allowance = lws_get_peer_write_allowance(t->wsi);

        if (allowance == 0)
            return 0;
        if (allowance > 0 && most > (size_t)allowance)
            most = (size_t)allowance;
    }
    if (n > most)
        n = most;
    last = stream->ended && n == stream->out.len;
    if (!n && !last)
        return 0;
    if (write_chunk(t, stream->out.data, n, last))
        return -1;
    buf_consume(&stream->out, n);
    if (last) {
        unwatch(stream);
        t->stream = NULL;
        stream_free(stream);
        return send_finished(t);
    }
    if (stream->out.len || stream->ended)
        lws_callback_on_writable(t->wsi);
    else
        rest(t);
    return 0;
}
