/**
 * @file net/source.c  Answers whose bytes are read while they are sent
 *
 * One piece is in the response's body at a time. The first is read on the handler's worker, so that
 * what cannot be read at all is a proper answer; each further one when the one before it is with
 * the socket.
 */
#include "net/net_internal.h"

#include <stdio.h>
#include <string.h>

int http_reply_source(struct http_response *res, const char *type, const struct http_source *source)
{
    source_release(res);
    res->status = 200;
    res->type = type;
    buf_clear(&res->body);
    res->source = *source;
    res->source_at = 0;
    res->source_end = source->next ? UINT64_MAX : source->size;
    return 0;
}

void source_release(struct http_response *res)
{
    if ((res->source.read || res->source.next) && res->source.release)
        res->source.release(res->source.arg);
    res->source = (struct http_source){0};
    res->source_at = res->source_end = 0;
}

uint64_t source_left(const struct http_response *res)
{
    return res->source_end - res->source_at;
}

uint64_t source_length(const struct http_response *res)
{
    return res->body.len + source_left(res);
}

bool source_is_open_ended(const struct http_response *res)
{
    return res->source.next != NULL;
}

/* The next piece, framed where the peer knows its length by that. */
static int fill_open_ended(struct http_response *res)
{
    enum { FRAME = 16 }; /* "20000\r\n" before a piece, and "\r\n" and the last chunk behind it */
    char head[FRAME] = "";
    int64_t n;
    char *to;

    if (!source_left(res))
        return 0;
    buf_clear(&res->body);
    to = buf_reserve(&res->body, PIECE + 2 * FRAME);
    if (!to)
        return UV_ENOMEM;
    n = res->source.next(res->source.arg, to + FRAME, PIECE);
    if (n < 0)
        return (int)n;
    if (n == 0)
        res->source_at = res->source_end;
    if (res->chunked)
        snprintf(head, sizeof(head), "%x\r\n", (unsigned)n);
    memcpy(to, head, strlen(head));
    memmove(to + strlen(head), to + FRAME, (size_t)n);
    res->body.len = strlen(head) + (size_t)n;
    buf_seal(&res->body);
    return res->chunked ? buf_puts(&res->body, "\r\n") : 0;
}

int source_fill(struct http_response *res)
{
    size_t len = source_left(res) < PIECE ? (size_t)source_left(res) : (size_t)PIECE;
    char *to;
    int err;

    if (source_is_open_ended(res))
        return fill_open_ended(res);
    if (!len)
        return 0;
    buf_clear(&res->body);
    to = buf_reserve(&res->body, len);
    if (!to)
        return UV_ENOMEM;
    err = res->source.read(res->source.arg, res->source_at, to, len);
    if (err)
        return err;
    res->body.len = len;
    buf_seal(&res->body);
    res->source_at += len;
    return 0;
}

static void fetch(void *arg)
{
    struct txn *t = arg;
    struct about before = txn_about(t);

    t->verdict = source_fill(&t->res);
    about_set(before);
}

static void fetched(int err, void *arg)
{
    struct txn *t = arg;
    struct http_server *s = t->server;

    if (!txn_came_back(t)) {
        server_unref(s);
        return;
    }
    t->state = TXN_SENDING;
    t->sent = 0;
    if ((err || t->verdict) && t->h2)
        h2_reset(t->h2);
    else if (err || t->verdict)
        conn_kill(t->conn); /* shorter than it was announced: that is how its reader knows */
    else if (t->h2)
        h2_wake(t->h2);
    else
        h1_send(t);
    server_unref(s);
}

bool source_fetch(struct txn *t)
{
    t->state = TXN_FETCHING;
    return txn_give(t, LANE_READ, fetch, fetched);
}
