/**
 * @file net/send.c  A response on its way out
 *
 * HTTP/1.1: header and a small body leave in one write (measured: 1.5 times the requests of two
 * writes); larger bodies follow in chunks as the socket takes them. HTTP/2: at most H2_CHUNK
 * bytes a turn and never more than the peer allows.
 */
#include "net/inner.h"

#include "base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 204:
        return "No Content";
    case 206:
        return "Partial Content";
    case 304:
        return "Not Modified";
    default:
        return reply_title(status);
    }
}

static const char *date_now(struct http_server *s)
{
    int64_t now = clock_unix_ms() / 1000;
    time_t t = (time_t)now;
    struct tm tm;

    if (now != s->date_at && gmtime_r(&t, &tm)) {
        strftime(s->date, sizeof(s->date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
        s->date_at = now;
    }
    return s->date;
}

static bool has_header(const struct http_response *res, const char *name)
{
    const char *p = res->headers.len ? res->headers.data : "";
    size_t len = strlen(name);

    while (*p) {
        if (strncasecmp(p, name, len) == 0 && p[len] == ':')
            return true;
        p = strchr(p, '\n');
        if (!p)
            break;
        p++;
    }
    return false;
}

static bool has_body(const struct txn *t)
{
    return t->res.status != 204 && t->res.status != 304 && t->res.status >= 200;
}

/* ------------------------------------------------------------- header */

/** Calls put for each header of the answer. Both versions of HTTP walk the same list. */
static int each_header(struct txn *t, int (*put)(struct txn *t, const char *name, size_t name_len,
                                                 const char *value, size_t value_len))
{
    char length[24];
    const char *p = t->res.headers.len ? t->res.headers.data : "";
    const char *date = date_now(t->server);
    int err = 0;

    err |= put(t, "date", 4, date, strlen(date));
    err |= put(t, "x-request-id", 12, t->req.id, strlen(t->req.id));
    err |= put(t, "x-content-type-options", 22, "nosniff", 7);
    if (t->res.type)
        err |= put(t, "content-type", 12, t->res.type, strlen(t->res.type));
    if (!has_header(&t->res, "Cache-Control"))
        err |= put(t, "cache-control", 13, "no-store", 8);
    if (has_body(t) && !t->res.on_stream) {
        snprintf(length, sizeof(length), "%zu", t->res.body.len);
        err |= put(t, "content-length", 14, length, strlen(length));
    }
    while (*p && !err) {
        size_t name = strcspn(p, ":");
        size_t line = strcspn(p, "\n");

        err |= put(t, p, name, p + name + 2, line - name - 2);
        p += line + 1;
    }
    return err;
}

static int put_h1(struct txn *t, const char *name, size_t name_len, const char *value,
                  size_t value_len)
{
    buf_append(&t->out, name, name_len);
    buf_append(&t->out, ": ", 2);
    buf_append(&t->out, value, value_len);
    return buf_append(&t->out, "\r\n", 2);
}

static bool must_close(const struct txn *t)
{
    const char *connection = http_header(&t->req, "connection");

    if (t->close_after || t->server->stopping)
        return true;
    if (connection && strcasecmp(connection, "close") == 0)
        return true;
    return t->http10 && !(connection && strcasecmp(connection, "keep-alive") == 0);
}

static int head_h1(struct txn *t)
{
    buf_printf(&t->out, "HTTP/1.1 %d %s\r\n", t->res.status, reason(t->res.status));
    each_header(t, put_h1);
    if (t->res.on_stream && !t->head_only) {
        if (t->http10)
            t->close_after = true;
        else
            put_h1(t, "transfer-encoding", 17, "chunked", 7);
    }
    t->close_after = must_close(t);
    if (t->close_after)
        put_h1(t, "connection", 10, "close", 5);
    else if (t->http10)
        put_h1(t, "connection", 10, "keep-alive", 10);
    return buf_append(&t->out, "\r\n", 2);
}

static int put_h2(struct txn *t, const char *name, size_t name_len, const char *value,
                  size_t value_len)
{
    char lower[64];
    unsigned char *p = (unsigned char *)t->out.data + t->out.len;
    unsigned char *end = (unsigned char *)t->out.data + LWS_PRE + RESPONSE_HEADERS_MAX;

    if (name_len + 2 > sizeof(lower))
        return UV_EINVAL;
    for (size_t i = 0; i < name_len; i++)
        lower[i] = (char)tolower((unsigned char)name[i]);
    lower[name_len] = ':';
    lower[name_len + 1] = '\0';
    if (lws_add_http_header_by_name(t->wsi, (unsigned char *)lower,
                                    (unsigned char *)(uintptr_t)value, (int)value_len, &p, end))
        return UV_ENOBUFS;
    t->out.len = (size_t)((char *)p - t->out.data);
    return 0;
}

static int head_h2(struct txn *t)
{
    unsigned char *p;

    if (!buf_reserve(&t->out, RESPONSE_HEADERS_MAX))
        return t->out.err;
    p = (unsigned char *)t->out.data + t->out.len;
    if (lws_add_http_header_status(t->wsi, (unsigned int)t->res.status | LWSAHH_FLAG_NO_SERVER_NAME,
                                   &p,
                                   (unsigned char *)t->out.data + LWS_PRE + RESPONSE_HEADERS_MAX))
        return UV_ENOBUFS;
    t->out.len = (size_t)((char *)p - t->out.data);
    return each_header(t, put_h2);
}

/* --------------------------------------------------------------- body */

static bool is_final(const struct txn *t)
{
    return !t->res.on_stream || t->head_only || !has_body(t);
}

static size_t body_left(const struct txn *t)
{
    return is_final(t) && has_body(t) && !t->head_only ? t->res.body.len - t->sent : 0;
}

/* The whole answer is with lws now. What the lws callback must return: nonzero closes. */
static int finish(struct txn *t)
{
    struct lws *wsi = t->wsi;
    struct session *session = lws_wsi_user(wsi);
    struct http_server *s = t->server;
    uint64_t micros = clock_mono_us() - t->req.received_us;
    bool linger = t->state == TXN_LINGER;
    bool close_after = t->close_after;

    if (s->config.after && !linger)
        s->config.after(&t->req, t->res.status, micros);
    if (!t->h2 && close_after && t->body_due_ms && !linger) {
        t->state = TXN_LINGER; /* let the refused body run dry, or the refusal is lost to a reset */
        t->body_due_ms = clock_mono_ms() + LINGER_MS;
        return 0;
    }
    close_after = close_after && !t->h2;
    session->txn = NULL;
    t->wsi = NULL;
    txn_free(t);
    server_maybe_stopped(s);
    if (close_after)
        return -1; /* lws flushes what it still holds, then closes */
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int write_h1(struct txn *t)
{
    size_t left = body_left(t);
    unsigned char *from;
    size_t n;

    if (t->state == TXN_HEAD) {
        buf_clear(&t->out);
        if (!buf_reserve(&t->out, LWS_PRE))
            return -1;
        t->out.len = LWS_PRE;
        if (head_h1(t))
            return -1;
        if (left && left <= H1_INLINE) {
            buf_append(&t->out, t->res.body.data, left);
            t->sent += left;
        }
        from = (unsigned char *)t->out.data + LWS_PRE;
        n = t->out.len - LWS_PRE;
        t->state = TXN_SENDING;
    } else {
        from = (unsigned char *)t->res.body.data + t->sent;
        n = left < H1_CHUNK ? left : H1_CHUNK;
        t->sent += n;
    }
    return lws_write(t->wsi, from, n, LWS_WRITE_HTTP) < 0 ? -1 : 0;
}

static int write_h2(struct txn *t)
{
    size_t left = body_left(t);
    long allowance;
    unsigned char chunk[LWS_PRE + H2_CHUNK];
    enum lws_write_protocol wp;

    if (t->state == TXN_HEAD) {
        buf_clear(&t->out);
        if (!buf_reserve(&t->out, LWS_PRE + RESPONSE_HEADERS_MAX))
            return -1;
        t->out.len = LWS_PRE;
        if (head_h2(t))
            return -1;
        t->state = TXN_SENDING;
        wp = LWS_WRITE_HTTP_HEADERS;
        if (!left && is_final(t))
            wp = (enum lws_write_protocol)(wp | LWS_WRITE_H2_STREAM_END);
        return lws_write(t->wsi, (unsigned char *)t->out.data + LWS_PRE, t->out.len - LWS_PRE, wp) <
                       0
                   ? -1
                   : 0;
    }
    allowance = lws_get_peer_write_allowance(t->wsi);
    if (allowance == 0)
        return 0;
    if (left > H2_CHUNK)
        left = H2_CHUNK;
    if (allowance > 0 && left > (size_t)allowance)
        left = (size_t)allowance;
    memcpy(chunk + LWS_PRE, t->res.body.data + t->sent, left);
    t->sent += left;
    wp = body_left(t) ? LWS_WRITE_HTTP : LWS_WRITE_HTTP_FINAL;
    return lws_write(t->wsi, chunk + LWS_PRE, left, wp) < 0 ? -1 : 0;
}

int send_writable(struct txn *t)
{
    int err;

    if (t->state == TXN_STREAMING)
        return stream_writable(t);
    if (t->state != TXN_HEAD && t->state != TXN_SENDING)
        return 0;
    err = t->h2 ? write_h2(t) : write_h1(t);
    if (err)
        return -1;
    if (!is_final(t)) {
        t->state = TXN_STREAMING;
        stream_begin(t);
        return 0;
    }
    if (!body_left(t))
        return finish(t);
    lws_set_timeout(t->wsi, PENDING_TIMEOUT_HTTP_CONTENT, SEND_TIMEOUT_S);
    lws_callback_on_writable(t->wsi);
    return 0;
}

int send_finished(struct txn *t)
{
    return finish(t);
}

void send_refusal(struct txn *t)
{
    t->state = TXN_HEAD;
    t->close_after = true;
    write_h1(t);
}

void send_start(struct txn *t)
{
    t->state = TXN_HEAD;
    lws_rx_flow_control(t->wsi, 1); /* lws 4.1 does not report writability without it */
    lws_set_timeout(t->wsi, PENDING_TIMEOUT_HTTP_CONTENT, SEND_TIMEOUT_S);
    lws_callback_on_writable(t->wsi);
}
