/**
 * @file net/send.c  The header of an answer: the same fields for both versions of HTTP
 */
#include "net/net_internal.h"

#include "base/clock.h"
#include "net/address.h"

#include <inttypes.h>
#include <stdio.h>
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
    case 308:
        return "Permanent Redirect";
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

static bool status_has_body(const struct txn *t)
{
    return t->res.status != 204 && t->res.status != 304 && t->res.status >= 200;
}

bool send_has_body(const struct txn *t)
{
    return status_has_body(t) && !t->head_only && !t->res.on_stream;
}

bool send_is_stream(const struct txn *t)
{
    return t->res.on_stream && !t->head_only && status_has_body(t);
}

/* What a response says of itself wins. Without a policy of its own it is data and never a page: it
 * may load nothing and be shown nowhere. A browser would put that of a 304 onto what it has kept.
 */
static int put_guards(struct txn *t, put_fn *put, void *to)
{
    static const char *const guards[][2] = {
        {"content-security-policy", "default-src 'none'; frame-ancestors 'none'"},
        {"x-frame-options", "DENY"},
        {"referrer-policy", "no-referrer"},
        {"cross-origin-resource-policy", "same-origin"},
    };
    static const char hsts[] = "max-age=31536000"; /* RFC 6797: a year */

    if (put(to, "x-content-type-options", 22, "nosniff", 7))
        return -1;
    if (t->req.tls && !host_is_loopback(t->req.host) &&
        put(to, "strict-transport-security", 25, hsts, sizeof(hsts) - 1))
        return -1;
    if (t->res.status < 200 || t->res.status == 304)
        return 0;
    for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++)
        if (!has_header(&t->res, guards[i][0]) &&
            put(to, guards[i][0], strlen(guards[i][0]), guards[i][1], strlen(guards[i][1])))
            return -1;
    return 0;
}

int send_fields(struct txn *t, put_fn *put, void *to)
{
    char length[24];
    const char *p = t->res.headers.len ? t->res.headers.data : "";
    const char *date = date_now(t->server);
    int err = 0;

    err |= put(to, "date", 4, date, strlen(date));
    err |= put(to, "x-request-id", 12, t->req.id, strlen(t->req.id));
    err |= put_guards(t, put, to);
    if (t->res.type)
        err |= put(to, "content-type", 12, t->res.type, strlen(t->res.type));
    if (!has_header(&t->res, "Cache-Control"))
        err |= put(to, "cache-control", 13, "no-store", 8);
    if (status_has_body(t) && !t->res.on_stream && !source_is_open_ended(&t->res)) {
        snprintf(length, sizeof(length), "%" PRIu64, source_length(&t->res));
        err |= put(to, "content-length", 14, length, strlen(length));
    }
    while (*p && !err) {
        size_t name = strcspn(p, ":");
        size_t line = strcspn(p, "\n");

        err |= put(to, p, name, p + name + 2, line - name - 2);
        p += line + 1;
    }
    return err;
}

static int put_line(void *to, const char *name, size_t name_len, const char *value,
                    size_t value_len)
{
    struct buf *out = to;
    char *at = buf_reserve(out, name_len + value_len + 4);

    if (!at)
        return out->err;
    memcpy(at, name, name_len);
    at += name_len;
    *at++ = ':';
    *at++ = ' ';
    memcpy(at, value, value_len);
    at += value_len;
    *at++ = '\r';
    *at++ = '\n';
    out->len += name_len + value_len + 4;
    return 0;
}

static bool must_close(const struct txn *t)
{
    const struct head *head = &t->inner.head;

    if (t->close_after || t->server->stopping || t->conn->eof)
        return true;
    if (head_lists(head, "connection", "close"))
        return true;
    return t->http10 && !head_lists(head, "connection", "keep-alive");
}

void send_head_h1(struct txn *t, struct buf *out)
{
    buf_printf(out, "HTTP/1.1 %d %s\r\n", t->res.status, reason(t->res.status));
    send_fields(t, put_line, out);
    if (send_is_stream(t) && t->http10)
        t->close_after = true;
    else if (send_is_stream(t) || t->res.chunked)
        put_line(out, "transfer-encoding", 17, "chunked", 7);
    else if (source_is_open_ended(&t->res) && send_has_body(t))
        t->close_after = true;
    t->close_after = must_close(t);
    if (t->close_after)
        put_line(out, "connection", 10, "close", 5);
    else if (t->http10)
        put_line(out, "connection", 10, "keep-alive", 10);
    else if (has_header(&t->res, "Upgrade"))
        put_line(out, "connection", 10, "Upgrade", 7);
    buf_append(out, "\r\n", 2);
}
