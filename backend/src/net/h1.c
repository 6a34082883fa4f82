/**
 * @file net/h1.c  HTTP/1 on a connection: one request after the other
 *
 *     header -> [who is it?] -> [body] -> worker -> answer -> the next one, which may be here
 * already
 *
 * Requests that were sent in one go are answered in their order, because the next one is not looked
 * at before the last one's answer is with the socket.
 */
#include "net/net_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- refusing */

/* The request cannot be read to its end, so its answer is the connection's last. */
static void refuse_and_close(struct txn *t, int status, const char *why)
{
    if (link_empty(&t->in_list)) { /* its header was not whole */
        link_add(&t->server->txns, &t->in_list);
        peer_read(t);
    }
    t->close_after = true;
    t->why = why;
    txn_refuse(t, status);
}

/* Refused for its header. A small body is read and dropped, and the connection goes on. */
static void refuse_head(struct conn *c, struct txn *t, int status)
{
    bool waits = http_header(&t->req, "expect") != NULL; /* the body may never come */

    if (t->has_coming && (waits || t->close_after || t->length > SKIP_MAX)) {
        t->close_after = true;
    } else if (t->has_coming) {
        c->skipping = true;
        c->skipped = 0;
    }
    txn_refuse(t, status);
}

/* ------------------------------------------------------------------- body */

static int body_status(struct txn *t)
{
    if (t->length > t->body_max)
        return 413;
    if (!t->has_coming && !t->conn->h1.has_length && http_header(&t->req, "content-type") &&
        (strcmp(t->req.method, "POST") == 0 || strcmp(t->req.method, "PUT") == 0 ||
         strcmp(t->req.method, "PATCH") == 0))
        return 411; /* it says what its body is, and not where it ends */
    return 0;
}

static void begin_body(struct conn *c, struct txn *t)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

    t->state = TXN_BODY;
    t->in.max = t->body_max;
    if (t->length)
        buf_reserve(&t->in, t->length < READ_SIZE ? (size_t)t->length : READ_SIZE);
    conn_due(c, t->server->config.body_grace_ms);
    if (!t->http10 && http_header(&t->req, "expect"))
        conn_send(c, text, sizeof(text) - 1);
}

/* The request is whole. */
static void complete(struct conn *c)
{
    http1_reset(&c->h1);
    if (c->skipping) {
        c->skipping = false;
        conn_due(c, c->server->config.idle_timeout_ms);
        return;
    }
    conn_due(c, 0);
    intake_whole(c->txn);
}

/* Enough for a worker. The sender's time stands still meanwhile. */
static void store(struct conn *c, struct txn *t)
{
    uint64_t now = uv_now(c->poll.loop);

    t->left_ms = c->due_ms > now ? c->due_ms - now : 1;
    conn_due(c, 0);
    intake_store(t);
}

void h1_stored(struct txn *t)
{
    struct conn *c = t->conn;

    if (t->whole) {
        txn_dispatch(t);
        return;
    }
    conn_due(c, t->left_ms < BODY_LEAD_MS ? t->left_ms : BODY_LEAD_MS);
    h1_process(c);
    conn_rearm(c);
}

static void on_body(struct conn *c, const struct piece *piece)
{
    int status = c->skipping ? 0 : txn_take_body(c->txn, piece->at, piece->len);

    if (status) {
        refuse_and_close(c->txn, status, NULL);
        return;
    }
    c->skipped += c->skipping ? piece->len : 0;
    if (c->skipping && c->skipped > SKIP_MAX) {
        conn_finish(c);
        return;
    }
    c->due_ms += piece->len * 1000 / BODY_RATE;
    if (!c->h1.chunked && !c->h1.left)
        complete(c);
    else if (!c->skipping && intake_is_due(c->txn))
        store(c, c->txn);
}

/* --------------------------------------------------------------- upgrading */

static void upgrade(struct conn *c, struct txn *t)
{
    struct buf *out = &c->server->scratch;
    struct ws *ws = ws_new(t, c, NULL);
    const char *protocol;
    char accept[32];

    if (!ws) {
        refuse_and_close(t, 503, NULL);
        return;
    }
    ws_accept_key(http_header(&t->req, "sec-websocket-key"), accept);
    buf_clear(out);
    buf_printf(out,
               "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
               "sec-websocket-accept: %s\r\nx-request-id: %s\r\n",
               accept, t->req.id);
    protocol = ws_protocol(ws, &t->req);
    if (protocol)
        buf_printf(out, "sec-websocket-protocol: %s\r\n", protocol);
    buf_puts(out, "\r\n");
    c->kind = CONN_WS;
    c->ws = ws;
    c->txn = NULL;
    conn_due(c, 0);
    conn_send(c, out->data, out->len);
    ws_opened(ws, t);
    txn_free(t);
}

/* ------------------------------------------------------------------ header */

static void on_head(struct conn *c)
{
    struct txn *t = c->txn;
    const struct head *head = &t->inner.head;
    int status;

    t->http10 = c->h1.minor == 0;
    t->length = c->h1.length;
    t->has_coming = c->h1.chunked || t->length;
    t->req.received_us = 0;
    link_add(&t->server->txns, &t->in_list);
    t->upgrades = !t->http10 && head_lists(head, "connection", "upgrade") &&
                  head_lists(head, "upgrade", "websocket");
    status = txn_headed(t);
    if (!status)
        status = body_status(t);
    if (!status && t->upgrades && t->has_coming)
        status = 400;
    if (!t->has_coming)
        http1_reset(&c->h1);
    if (status) {
        refuse_head(c, t, status);
    } else if (t->upgrades) {
        upgrade(c, t);
    } else if (!t->has_coming) {
        conn_due(c, 0);
        txn_dispatch(t);
    } else if (txn_needs_admission(t)) {
        conn_due(c, 0);
        txn_admit(t);
    } else {
        begin_body(c, t);
    }
}

void h1_admitted(struct txn *t)
{
    struct conn *c = t->conn;

    begin_body(c, t);
    h1_process(c);
    conn_rearm(c);
}

/* ----------------------------------------------------------------- reading */

void h1_begin(struct conn *c)
{
    c->kind = CONN_HTTP1;
    http1_reset(&c->h1);
}

/* Is it a request's turn to be read? */
static bool may_read(const struct conn *c)
{
    return !c->dead && c->kind == CONN_HTTP1 && !c->closing && !conn_blocked(c) &&
           (!c->txn || c->txn->state == TXN_HEADING || c->txn->state == TXN_BODY);
}

static bool begin_request(struct conn *c)
{
    c->txn = txn_new(c->server, c);
    if (!c->txn) {
        conn_kill(c);
        return false;
    }
    conn_due(c, c->server->config.header_timeout_ms);
    return true;
}

/* Bytes used. */
static size_t run(struct conn *c, const char *data, size_t len)
{
    const char *at = data;
    const char *end = data + len;
    int requests = 0;

    c->busy = true;
    while (at < end && may_read(c)) {
        struct piece piece;

        if (!c->txn && !c->skipping) {
            if (++requests > REQUESTS_A_TURN) {
                conn_touch(c);
                break;
            }
            if (!begin_request(c))
                break;
        }
        switch (http1_next(&c->h1, c->txn ? &c->txn->inner.head : NULL, &at, end, &piece)) {
        case HTTP1_MORE:
            break;
        case HTTP1_HEAD:
            on_head(c);
            break;
        case HTTP1_BODY:
            on_body(c, &piece);
            break;
        case HTTP1_END:
            complete(c);
            break;
        case HTTP1_BAD:
            if (c->skipping)
                conn_finish(c);
            else
                refuse_and_close(c->txn, c->h1.status, c->h1.why);
            break;
        }
    }
    c->busy = false;
    return (size_t)(at - data);
}

/* The peer said its last word: what it began and did not finish is answered too. */
static void check_end(struct conn *c)
{
    if (!c->eof || c->in.len || !may_read(c))
        return;
    if (c->txn && http1_begun(&c->h1))
        refuse_and_close(c->txn, 400, "The request ended before it was whole.");
    else
        conn_finish(c);
}

/* What was left over: kept, or what comes after an upgrade. */
static void keep(struct conn *c, const char *data, size_t len)
{
    if (c->dead || !len)
        return;
    if (c->kind == CONN_WS)
        ws_input(c->ws, data, len);
    else if (c->kind == CONN_HTTP1 && !c->closing && buf_append(&c->in, data, len))
        conn_kill(c);
}

void h1_input(struct conn *c, const char *data, size_t len)
{
    size_t used;

    if (c->in.len || c->busy) {
        keep(c, data, len);
        h1_process(c);
        return;
    }
    used = run(c, data, len);
    keep(c, data + used, len - used);
    check_end(c);
}

void h1_process(struct conn *c)
{
    struct buf held = c->in;
    size_t used;

    if (c->busy || c->dead || c->kind != CONN_HTTP1)
        return;
    if (c->txn && (c->txn->state == TXN_SENDING || c->txn->state == TXN_STREAMING)) {
        h1_send(c->txn);
        return;
    }
    if (held.len && may_read(c)) {
        buf_init(&c->in, held.max);
        used = run(c, held.data, held.len);
        keep(c, held.data + used, held.len - used);
        buf_release(&held);
    }
    check_end(c);
}

/* ----------------------------------------------------------------- sending */

void h1_answered(struct txn *t)
{
    struct conn *c = t->conn;
    bool close_after = t->close_after;

    c->txn = NULL;
    txn_done(t);
    if (close_after) {
        conn_finish(c);
    } else {
        conn_due(c,
                 c->skipping ? c->server->config.body_grace_ms : c->server->config.idle_timeout_ms);
        h1_process(c);
    }
    if (!c->busy)
        conn_rearm(c);
}

static bool is_all_sent(const struct txn *t)
{
    return !send_has_body(t) || (t->sent == t->res.body.len && !source_left(&t->res));
}

/* A stream's bytes, as chunks where the peer knows them. */
static void send_stream(struct txn *t)
{
    struct http_stream *stream = t->stream;
    struct conn *c = t->conn;
    struct buf *out = &t->server->scratch;
    bool last;

    while (!c->dead && !conn_blocked(c) && (stream->out.len || stream->ended)) {
        size_t n = stream->out.len < WRITE_SIZE ? stream->out.len : WRITE_SIZE;

        buf_clear(out);
        if (n && !t->http10)
            buf_printf(out, "%zx\r\n", n);
        buf_append(out, stream->out.data, n);
        if (n && !t->http10)
            buf_append(out, "\r\n", 2);
        buf_consume(&stream->out, n);
        last = stream->ended && !stream->out.len;
        if (last && !t->http10)
            buf_append(out, "0\r\n\r\n", 5);
        conn_send(c, out->data, out->len);
        if (last) {
            stream_free(t);
            h1_answered(t);
            return;
        }
    }
    conn_rearm(c);
}

void h1_send(struct txn *t)
{
    struct conn *c = t->conn;
    struct buf *out = &t->server->scratch;

    if (t->state == TXN_STREAMING) {
        send_stream(t);
        return;
    }
    if (t->state == TXN_HEAD) {
        buf_clear(out);
        send_head_h1(t, out);
        if (send_has_body(t) && t->res.body.len <= H1_INLINE) {
            buf_append(out, t->res.body.data, t->res.body.len);
            t->sent = t->res.body.len;
        }
        t->state = TXN_SENDING;
        conn_send(c, out->data, out->len);
        if (send_is_stream(t)) {
            t->state = TXN_STREAMING;
            stream_begin(t);
            return;
        }
    }
    while (t->sent < t->res.body.len && send_has_body(t) && !c->dead && !conn_blocked(c)) {
        size_t left = t->res.body.len - t->sent;
        size_t n = left < WRITE_SIZE ? left : WRITE_SIZE;

        conn_send(c, t->res.body.data + t->sent, n);
        t->sent += n;
    }
    if (c->dead)
        return;
    if (is_all_sent(t)) {
        h1_answered(t);
        return;
    }
    if (t->sent == t->res.body.len && !conn_blocked(c) && !source_fetch(t))
        conn_kill(c); /* a worker cannot be had, and the header with its length is out */
    if (!c->busy)
        conn_rearm(c);
}

/* ------------------------------------------------------------- time and end */

void h1_eof(struct conn *c)
{
    static const char probe[] = "HTTP/1.1 102 Processing\r\n\r\n";
    struct txn *t = c->txn;

    if (t && t->state == TXN_STREAMING) {
        conn_kill(c); /* a client that reads events does not close its half of the connection */
    } else if (t && t->state == TXN_WAITING) {
        /* Half a door or the whole one? Who still listens skips this, who is gone answers with a
         * reset, and then the work for him can be stopped. */
        if (!t->http10)
            conn_send(c, probe, sizeof(probe) - 1);
    } else {
        check_end(c);
    }
}

void h1_late(struct conn *c)
{
    struct txn *t = c->txn;

    if (t && (t->state == TXN_HEADING || t->state == TXN_BODY))
        refuse_and_close(t, 408, NULL);
    else if (!t)
        conn_finish(c);
}

void h1_gone(struct conn *c)
{
    struct txn *t = c->txn;

    c->txn = NULL;
    if (t)
        txn_forget(t);
}
