/**
 * @file net/h2_send.c  Answers on an HTTP/2 stream: a body, a stream without an end, a WebSocket
 *
 * nghttp2 asks for the bytes when the peer's windows have room for them.
 */
#include "net/h2_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
    FIELDS_MAX = 48,                             /* of an answer */
    TEXT_MAX = RESPONSE_HEADERS_MAX + (2 << 10), /* all of their text */
};

struct fields {
    nghttp2_nv at[FIELDS_MAX];
    size_t n;
    char text[TEXT_MAX];
    size_t used;
    char status[4];
    char length[24];
};

static int put_field(void *to, const char *name, size_t name_len, const char *value,
                     size_t value_len)
{
    struct fields *f = to;
    char *lower = f->text + f->used;

    if (f->n == FIELDS_MAX || f->used + name_len + value_len > TEXT_MAX)
        return UV_ENOBUFS;
    for (size_t i = 0; i < name_len; i++)
        lower[i] = (char)tolower((unsigned char)name[i]);
    memcpy(lower + name_len, value, value_len);
    f->used += name_len + value_len;
    f->at[f->n++] = (nghttp2_nv){(uint8_t *)lower, (uint8_t *)lower + name_len, name_len, value_len,
                                 NGHTTP2_NV_FLAG_NONE};
    return 0;
}

static bool has_all(const struct txn *t)
{
    return t->sent == t->res.body.len && !source_left(&t->res);
}

static ssize_t read_body(nghttp2_session *ng, int32_t id, uint8_t *to, size_t size, uint32_t *flags,
                         nghttp2_data_source *source, void *arg)
{
    struct h2_stream *st = h2_stream_of(ng, id);
    struct txn *t = st ? st->txn : NULL;
    size_t n;

    (void)source;
    (void)arg;
    if (!t)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (t->state == TXN_FETCHING)
        return NGHTTP2_ERR_DEFERRED;
    if (t->sent == t->res.body.len && source_left(&t->res))
        return source_fetch(t) ? NGHTTP2_ERR_DEFERRED : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    n = t->res.body.len - t->sent < size ? t->res.body.len - t->sent : size;
    memcpy(to, t->res.body.data + t->sent, n);
    t->sent += n;
    t->due_ms = uv_now(st->conn->poll.loop) + SEND_TIMEOUT_MS;
    if (has_all(t))
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

static ssize_t read_stream(nghttp2_session *ng, int32_t id, uint8_t *to, size_t size,
                           uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    struct h2_stream *st = h2_stream_of(ng, id);
    struct http_stream *stream = st && st->txn ? st->txn->stream : NULL;
    size_t n;

    (void)source;
    (void)arg;
    if (!stream)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    n = stream->out.len < size ? stream->out.len : size;
    if (!n && !stream->ended)
        return NGHTTP2_ERR_DEFERRED;
    memcpy(to, stream->out.data, n);
    buf_consume(&stream->out, n);
    if (stream->ended && !stream->out.len)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

static ssize_t read_socket(nghttp2_session *ng, int32_t id, uint8_t *to, size_t size,
                           uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    struct h2_stream *st = h2_stream_of(ng, id);
    size_t n;

    (void)source;
    (void)arg;
    if (!st || !st->ws)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    n = ws_pull(st->ws, (char *)to, size);
    if (ws_done(st->ws))
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    else if (!n)
        return NGHTTP2_ERR_DEFERRED;
    return (ssize_t)n;
}

void h2_send(struct txn *t)
{
    struct h2_stream *st = t->h2;
    nghttp2_data_provider from = {.read_callback = NULL};
    struct fields f = {.n = 1};

    if (t->conn->dead)
        return;
    snprintf(f.status, sizeof(f.status), "%u", (unsigned)t->res.status % 1000);
    f.at[0] = (nghttp2_nv){(uint8_t *)(uintptr_t) ":status", (uint8_t *)f.status, 7, 3,
                           NGHTTP2_NV_FLAG_NONE};
    if (st->ws)
        from.read_callback = read_socket;
    else if (send_is_stream(t))
        from.read_callback = read_stream;
    else if (send_has_body(t) && t->res.body.len)
        from.read_callback = read_body;
    if (st->ws)
        put_field(&f, "x-request-id", 12, t->req.id, strlen(t->req.id));
    else
        send_fields(t, put_field, &f);
    t->state = TXN_SENDING;
    t->due_ms = uv_now(st->conn->poll.loop) + SEND_TIMEOUT_MS;
    if (nghttp2_submit_response(st->conn->h2->ng, st->id, f.at, f.n,
                                from.read_callback ? &from : NULL)) {
        h2_reset(st);
        return;
    }
    conn_touch(st->conn);
    if (send_is_stream(t)) {
        t->state = TXN_STREAMING;
        t->due_ms = 0;
        stream_begin(t);
    }
}

void h2_reset(struct h2_stream *st)
{
    if (st->conn->dead)
        return;
    h2_check(st->conn, nghttp2_submit_rst_stream(st->conn->h2->ng, NGHTTP2_FLAG_NONE, st->id,
                                                 NGHTTP2_CANCEL));
    conn_touch(st->conn);
}

void h2_wake(struct h2_stream *st)
{
    if (st->conn->dead)
        return;
    h2_check(st->conn, nghttp2_session_resume_data(st->conn->h2->ng, st->id));
    conn_touch(st->conn);
}
