/**
 * @file net/stream.c  Answers without a known end (server-sent events)
 *
 * Bytes wait in a bounded buffer until the end of the turn, and longer when the socket does not
 * take them. A reader that leaves more than STREAM_QUEUE_MAX behind is cut off.
 */
#include "net/net_internal.h"

#include <stdlib.h>

static void release(struct http_stream *stream)
{
    buf_release(&stream->out);
    free(stream);
}

static void wake(struct txn *t)
{
    if (t->h2)
        h2_wake(t->h2);
    else
        conn_touch(t->conn);
}

void stream_free(struct txn *t)
{
    if (t->stream)
        release(t->stream);
    t->stream = NULL;
}

void stream_begin(struct txn *t)
{
    struct http_stream *stream = calloc(1, sizeof(*stream));

    if (!stream) {
        conn_kill(t->conn);
        return;
    }
    stream->txn = t;
    buf_init(&stream->out, STREAM_QUEUE_MAX);
    t->stream = stream;
    t->res.streaming = true;
    t->res.on_stream(stream, t->res.stream_arg);
}

void stream_gone(struct txn *t)
{
    struct http_stream *stream = t->stream;

    if (!stream)
        return;
    t->stream = NULL;
    stream->txn = NULL;
    if (!stream->ended && stream->on_gone)
        stream->on_gone(stream->gone_arg);
    if (stream->ended || stream->on_gone)
        release(stream);
    /* otherwise the owner has not said how to be told: it finds out when it writes or ends */
}

/* -------------------------------------------------------------- public */

void http_stream_on_gone(struct http_stream *stream, void (*fn)(void *arg), void *arg)
{
    stream->on_gone = fn;
    stream->gone_arg = arg;
}

int http_stream_write(struct http_stream *stream, const void *data, size_t len)
{
    struct txn *t = stream->txn;
    int err;

    if (!t)
        return UV_EPIPE;
    err = buf_append(&stream->out, data, len);
    t->given += err ? 0 : len;
    if (!err)
        wake(t);
    else if (t->h2)
        h2_reset(t->h2);
    else
        conn_kill(t->conn);
    return err;
}

void http_stream_end(struct http_stream *stream)
{
    stream->ended = true;
    if (stream->txn)
        wake(stream->txn);
    else
        release(stream);
}
