/**
 * @file net/h2.c  HTTP/2 on a connection (RFC 9113), with nghttp2
 *
 * nghttp2 keeps the protocol; here a stream becomes a txn or a WebSocket (RFC 8441) and back. What
 * nghttp2 calls HTTP messaging is off: a request that is malformed gets its 400 (h2_head.h), where
 * nghttp2 would reset it. A stream that goes wrong otherwise is reset and costs the connection
 * nothing. Who sends little but what asks for nothing is sent away with ENHANCE_YOUR_CALM
 * (h2_guard.h).
 */
#include "net/h2_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    WINDOW = 1 << 20,          /* unread bytes a connection may send us */
    STREAM_WINDOW = 256 << 10, /* the same for a stream */
};

/* ------------------------------------------------------------------------------ streams */

/* What nghttp2 could not keep, for want of memory, cannot be told any other way. */
void h2_check(struct conn *c, int err)
{
    if (nghttp2_is_fatal(err))
        conn_kill(c);
}

struct h2_stream *h2_stream_of(nghttp2_session *ng, int32_t id)
{
    return nghttp2_session_get_stream_user_data(ng, id);
}

static void stream_end(struct h2_stream *st)
{
    link_del(&st->in_list);
    if (st->txn)
        txn_forget(st->txn);
    if (st->ws)
        ws_gone(st->ws);
    free(st);
}

static int on_stream_close(nghttp2_session *ng, int32_t id, uint32_t code, void *arg)
{
    struct h2_stream *st = h2_stream_of(ng, id);
    struct conn *c = arg;

    (void)code;
    if (!st)
        return 0;
    nghttp2_session_set_stream_user_data(ng, id, NULL);
    stream_end(st);
    if (link_empty(&c->h2->all))
        conn_due(c, c->server->config.idle_timeout_ms);
    return 0;
}

/* ------------------------------------------------------------------------------- header */

static int on_begin_headers(nghttp2_session *ng, const nghttp2_frame *frame, void *arg)
{
    struct conn *c = arg;
    struct h2_stream *st;

    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    st = calloc(1, sizeof(*st));
    if (st)
        st->txn = txn_new(c->server, c);
    if (!st || !st->txn) {
        free(st);
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* resets this stream */
    }
    st->conn = c;
    st->id = frame->hd.stream_id;
    if (c->h2->huge)
        h2_head_refuse(&st->head, 431, "The header is too large.");
    st->txn->h2 = st;
    st->txn->due_ms = uv_now(c->poll.loop) + c->server->config.header_timeout_ms;
    link_add(&c->server->txns, &st->txn->in_list);
    nghttp2_session_set_stream_user_data(ng, st->id, st);
    link_add(&c->h2->all, &st->in_list);
    conn_due(c, 0);
    return 0;
}

static int on_header(nghttp2_session *ng, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                     nghttp2_rcbuf *value, uint8_t flags, void *arg)
{
    struct h2_stream *st = h2_stream_of(ng, frame->hd.stream_id);
    nghttp2_vec n = nghttp2_rcbuf_get_buf(name);
    nghttp2_vec v = nghttp2_rcbuf_get_buf(value);

    (void)flags;
    (void)arg;
    if (!st || !st->txn)
        return 0;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        h2_head_trailer(&st->head, (const char *)n.base, n.len, (const char *)v.base, v.len);
    else if (st->txn->state == TXN_HEADING)
        h2_head_field(&st->head, &st->txn->inner.head, (const char *)n.base, n.len,
                      (const char *)v.base, v.len);
    return 0;
}

/* ------------------------------------------------------------------------------ request */

/* Who waits for a word before sending a body, and has sent none of it, gets it (RFC 9110
 * section 10.1.1). */
static void go_on(struct h2_stream *st)
{
    static const char name[] = ":status", value[] = "100";
    const nghttp2_nv status = {(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value,
                               sizeof(name) - 1, sizeof(value) - 1, NGHTTP2_NV_FLAG_NONE};

    if (st->came || st->ended || !http_header(&st->txn->req, "expect"))
        return;
    h2_check(st->conn, nghttp2_submit_headers(st->conn->h2->ng, NGHTTP2_FLAG_NONE, st->id, NULL,
                                              &status, 1, NULL));
}

static void begin_body(struct txn *t)
{
    t->state = TXN_BODY;
    t->due_ms = uv_now(t->conn->poll.loop) + t->server->config.body_grace_ms;
    go_on(t->h2);
}

static void upgrade(struct h2_stream *st)
{
    struct txn *t = st->txn;
    struct ws *ws = ws_new(t, st->conn, st);

    if (!ws) {
        txn_refuse(t, 503);
        return;
    }
    http_reply_empty(&t->res, 200);
    if (ws_protocol(ws, &t->req))
        http_set_header(&t->res, "Sec-WebSocket-Protocol", ws_protocol(ws, &t->req));
    st->ws = ws;
    t->req.received_us = 1;
    txn_answer(t);
    st->txn = NULL;
    ws_opened(ws, t);
    txn_free(t);
}

/* What was found wrong with it, now that it can be answered. */
static void refuse(struct h2_stream *st)
{
    st->txn->why = st->head.why;
    txn_refuse(st->txn, st->head.status);
}

/* No more of it will come: is it as long as it said (section 8.1.1)? */
static void check_length(struct h2_stream *st)
{
    if (st->head.has_length && st->came != st->head.length)
        h2_head_refuse(&st->head, 400, "The body is not as long as Content-Length says.");
}

static void on_head(struct h2_stream *st, bool ended)
{
    struct txn *t = st->txn;
    struct head *h = &t->inner.head;
    int status;

    h2_head_end(&st->head, h);
    if (ended && !st->head.socket)
        check_length(st);
    if (!h->text && head_text(h, "", 0) < 0) { /* refused before its first field was kept */
        h2_reset(st);
        return;
    }
    t->length = st->head.length;
    t->has_coming = !ended && !st->head.socket;
    t->upgrades = st->head.socket;
    t->refused = st->head.status;
    t->why = st->head.why;
    st->ended = ended;
    status = txn_headed(t);
    if (!status && t->length > t->body_max)
        status = 413;
    if (!status && st->head.socket && !t->upgrades)
        status = 501; /* a tunnel to something that is no socket */
    if (status) {
        txn_refuse(t, status);
    } else if (t->upgrades) {
        upgrade(st);
    } else if (ended) {
        t->due_ms = 0;
        txn_dispatch(t);
    } else if (txn_needs_admission(t)) {
        t->due_ms = 0;
        txn_admit(t);
    } else {
        begin_body(t);
    }
}

static void on_end(struct h2_stream *st)
{
    struct txn *t = st->txn;

    st->ended = true;
    if (st->ws && !st->ws->peer_code)
        h2_reset(st); /* a socket without its close frame */
    if (!t || t->state != TXN_BODY)
        return;
    check_length(st);
    t->due_ms = 0;
    if (st->head.status)
        refuse(st);
    else
        intake_whole(t);
}

/* Fields behind the body: the last there is of a request. */
static void on_trailers(struct h2_stream *st, bool ended)
{
    if (!ended)
        h2_head_refuse(&st->head, 400, "Trailers must be the end of a request.");
    if (ended)
        on_end(st);
    else if (st->txn && st->txn->state == TXN_BODY)
        refuse(st);
}

static void give_window(struct h2_stream *st, size_t len)
{
    h2_check(st->conn, nghttp2_session_consume_stream(st->conn->h2->ng, st->id, len));
}

/* Enough for a worker. The sender's time stands still meanwhile. */
static void store(struct txn *t)
{
    uint64_t now = uv_now(t->conn->poll.loop);

    t->left_ms = t->due_ms > now ? t->due_ms - now : 1;
    t->due_ms = 0;
    intake_store(t);
}

void h2_stored(struct txn *t)
{
    struct h2_stream *st = t->h2;

    give_window(st, st->unread);
    st->unread = 0;
    if (st->head.status) {
        refuse(st);
    } else if (t->whole) {
        txn_dispatch(t);
    } else if (st->ended) {
        on_end(st);
    } else {
        t->due_ms =
            uv_now(st->conn->poll.loop) + (t->left_ms < BODY_LEAD_MS ? t->left_ms : BODY_LEAD_MS);
        if (intake_is_due(t))
            store(t);
    }
    conn_touch(st->conn);
}

void h2_admitted(struct txn *t)
{
    struct h2_stream *st = t->h2;

    begin_body(t);
    if (st->head.status) {
        refuse(st);
        return;
    }
    give_window(st, st->unread);
    st->unread = 0;
    if (st->ended)
        on_end(st);
    conn_touch(st->conn);
}

/* More of the body, up to what may be: what is wrong then is said when it can be answered. */
static void take_body(struct h2_stream *st, const void *data, size_t len)
{
    int status = txn_take_body(st->txn, data, len);

    if (status)
        h2_head_refuse(&st->head, status, NULL);
    if (st->head.has_length && st->came > st->head.length)
        h2_head_refuse(&st->head, 400, "The body is longer than Content-Length says.");
}

static int on_data(nghttp2_session *ng, uint8_t flags, int32_t id, const uint8_t *data, size_t len,
                   void *arg)
{
    struct h2_stream *st = h2_stream_of(ng, id);
    struct txn *t = st ? st->txn : NULL;

    (void)flags;
    h2_check(arg, nghttp2_session_consume_connection(ng, len));
    if (!st)
        return 0;
    st->came += len;
    if (t && (t->state == TXN_ADMITTING || t->state == TXN_STORING)) {
        st->unread += len;
        take_body(st, data, len);
        return 0;
    }
    give_window(st, len);
    if (st->ws) {
        ws_input(st->ws, (const char *)data, len);
    } else if (t && t->state == TXN_BODY) {
        t->due_ms += len * 1000 / BODY_RATE;
        take_body(st, data, len);
        if (st->head.status)
            refuse(st);
        else if (intake_is_due(t))
            store(t);
    }
    return 0;
}

static int on_frame(nghttp2_session *ng, const nghttp2_frame *frame, void *arg)
{
    struct h2_stream *st = h2_stream_of(ng, frame->hd.stream_id);
    bool ended = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;

    (void)arg;
    if (!st)
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        on_head(st, ended);
    else if (frame->hd.type == NGHTTP2_HEADERS)
        on_trailers(st, ended);
    else if (frame->hd.type == NGHTTP2_DATA && ended)
        on_end(st);
    return 0;
}

static void calm_down(struct conn *c)
{
    h2_check(c, nghttp2_session_terminate_session(c->h2->ng, NGHTTP2_ENHANCE_YOUR_CALM));
}

static int on_invalid_frame(nghttp2_session *ng, const nghttp2_frame *frame, int code, void *arg)
{
    struct conn *c = arg;

    (void)ng;
    (void)frame;
    (void)code;
    if (!h2_guard_noise(&c->h2->guard, uv_now(c->poll.loop)))
        calm_down(c);
    return 0;
}

/* The end of an answer went out. If it did not wait for the request's body, the peer may stop
 * sending that (section 8.1). */
static int on_frame_sent(nghttp2_session *ng, const nghttp2_frame *frame, void *arg)
{
    struct h2_stream *st = h2_stream_of(ng, frame->hd.stream_id);
    bool answer = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    struct conn *c = arg;

    if (frame->hd.type == NGHTTP2_DATA)
        h2_guard_sent(&c->h2->guard);
    if (!st || !answer || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    if (st->txn) {
        stream_free(st->txn);
        txn_done(st->txn);
        st->txn = NULL;
    }
    if (!st->ended)
        h2_check(c, nghttp2_submit_rst_stream(ng, NGHTTP2_FLAG_NONE, st->id, NGHTTP2_NO_ERROR));
    return 0;
}

/* --------------------------------------------------------------------------- connection */

static nghttp2_session_callbacks *callbacks_new(void)
{
    nghttp2_session_callbacks *cb;

    if (nghttp2_session_callbacks_new(&cb))
        return NULL;
    nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback2(cb, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(cb, on_invalid_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(cb, on_frame_sent);
    return cb;
}

static nghttp2_session *session_new(struct conn *c)
{
    nghttp2_session_callbacks *cb = callbacks_new();
    nghttp2_session *ng = NULL;
    nghttp2_option *option;

    if (!cb)
        return NULL;
    if (nghttp2_option_new(&option) == 0) {
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_option_set_no_closed_streams(option, 1);
        nghttp2_option_set_no_http_messaging(option, 1);
        if (nghttp2_session_server_new2(&ng, cb, c, option))
            ng = NULL;
        nghttp2_option_del(option);
    }
    nghttp2_session_callbacks_del(cb);
    return ng;
}

int h2_begin(struct conn *c)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, H2_STREAMS_MAX},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEAD_FIELDS_MAX},
        {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
    };
    struct h2 *h2 = calloc(1, sizeof(*h2));

    if (!h2)
        return UV_ENOMEM;
    h2->ng = session_new(c);
    if (!h2->ng) {
        free(h2);
        return UV_ENOMEM;
    }
    link_init(&h2->all);
    h2_guard_init(&h2->guard, uv_now(c->poll.loop));
    conn_due(c, c->server->config.idle_timeout_ms);
    c->h2 = h2;
    c->kind = CONN_HTTP2;
    h2_check(c, nghttp2_submit_settings(h2->ng, NGHTTP2_FLAG_NONE, settings,
                                        sizeof(settings) / sizeof(settings[0])));
    h2_check(c, nghttp2_session_set_local_window_size(h2->ng, NGHTTP2_FLAG_NONE, 0, WINDOW));
    conn_touch(c);
    return 0;
}

void h2_pump(struct conn *c)
{
    struct h2 *h2 = c->h2;
    struct buf *out = &c->server->h2_out; /* not scratch: handlers may answer others meanwhile */

    if (h2->pumping || h2->reading)
        return;
    h2->pumping = true;
    while (!c->dead && !conn_blocked(c)) {
        const uint8_t *data;
        ssize_t n = 1;

        buf_clear(out);
        while (out->len < WRITE_SIZE && (n = nghttp2_session_mem_send(h2->ng, &data)) > 0)
            buf_append(out, data, (size_t)n); /* there is room: frames are 16 KiB at most */
        if (n < 0)
            conn_kill(c);
        if (!out->len)
            break;
        conn_send(c, out->data, out->len);
    }
    h2->pumping = false;
    if (!c->dead && !conn_blocked(c) && !nghttp2_session_want_read(h2->ng) &&
        !nghttp2_session_want_write(h2->ng))
        conn_finish(c);
}

/* A request in place of the one whose header is not read, so that there is a stream to answer on;
 * then no new ones (RFC 9113 section 10.5.1). */
static ssize_t refuse_huge(struct conn *c)
{
    /* All from the static table, so that the dynamic one does not change: GET https /. */
    static const uint8_t block[] = {0x82, 0x87, 0x84};
    nghttp2_session *ng = c->h2->ng;
    uint32_t id = c->h2->guard.id;
    uint8_t flags = c->h2->guard.flags & NGHTTP2_FLAG_END_STREAM;
    uint8_t head[H2_FRAME_HEAD + sizeof(block)] = {
        [2] = sizeof(block), NGHTTP2_HEADERS,     flags | NGHTTP2_FLAG_END_HEADERS,
        (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8),
        (uint8_t)id};
    ssize_t n;

    memcpy(head + H2_FRAME_HEAD, block, sizeof(block));
    c->h2->huge = true;
    n = nghttp2_session_mem_recv(ng, head, sizeof(head));
    c->h2->huge = false;
    h2_check(c, nghttp2_submit_goaway(ng, NGHTTP2_FLAG_NONE,
                                      nghttp2_session_get_last_proc_stream_id(ng),
                                      NGHTTP2_ENHANCE_YOUR_CALM, NULL, 0));
    return n;
}

/* A frame that is wrong for this stream costs that one alone (RFC 9113 section 5.4.2). */
static void reset_faulty(struct conn *c, uint32_t id, uint32_t code)
{
    nghttp2_session *ng = c->h2->ng;

    if (h2_stream_of(ng, (int32_t)id))
        h2_check(c, nghttp2_submit_rst_stream(ng, NGHTTP2_FLAG_NONE, (int32_t)id, code));
}

/* A request that goes on behind its end is reset (section 5.1). nghttp2 would end the connection,
 * so the reset must be out before it reads the frame: to a stream that is closed, it may be late.
 */
static void check_after_end(struct conn *c, const struct piece *piece)
{
    const struct h2_guard *g = &c->h2->guard;
    struct h2_stream *st = h2_stream_of(c->h2->ng, (int32_t)g->id);
    bool begins = piece->at == g->head || g->given;

    if (!begins || !st || !st->ended ||
        (g->type != NGHTTP2_DATA && g->type != NGHTTP2_HEADERS && g->type != NGHTTP2_CONTINUATION))
        return;
    reset_faulty(c, g->id, NGHTTP2_STREAM_CLOSED);
    c->h2->reading = false;
    h2_pump(c);
    c->h2->reading = true;
}

/* 0, or a negative code: nothing more can be read. */
static ssize_t read_frames(struct conn *c, const char *at, const char *end)
{
    struct piece piece;
    ssize_t n = 0;

    while (n >= 0) {
        switch (h2_guard_next(&c->h2->guard, uv_now(c->poll.loop), &at, end, &piece)) {
        case H2_MORE:
            return 0;
        case H2_BYTES:
            check_after_end(c, &piece);
            n = nghttp2_session_mem_recv(c->h2->ng, (const uint8_t *)piece.at, piece.len);
            break;
        case H2_HUGE:
            n = refuse_huge(c);
            break;
        case H2_FAULT:
            reset_faulty(c, c->h2->guard.id, c->h2->guard.fault);
            break;
        case H2_FLOOD:
            calm_down(c);
            return 0;
        case H2_ENOMEM:
            return UV_ENOMEM;
        }
    }
    return n;
}

void h2_input(struct conn *c, const char *data, size_t len)
{
    ssize_t n;

    c->h2->reading = true;
    n = read_frames(c, data, data + len);
    c->h2->reading = false;
    h2_pump(c); /* nghttp2 has its GOAWAY ready when something was wrong */
    if (n < 0)
        conn_finish(c);
}

void h2_goodbye(struct conn *c)
{
    h2_check(c, nghttp2_submit_goaway(c->h2->ng, NGHTTP2_FLAG_NONE,
                                      nghttp2_session_get_last_proc_stream_id(c->h2->ng),
                                      NGHTTP2_NO_ERROR, NULL, 0));
    if (link_empty(&c->h2->all))
        h2_check(c, nghttp2_session_terminate_session(c->h2->ng, NGHTTP2_NO_ERROR));
    conn_touch(c);
}

void h2_gone(struct conn *c)
{
    struct h2 *h2 = c->h2;

    if (!h2)
        return;
    while (!link_empty(&h2->all))
        stream_end(LINK_OF(h2->all.next, struct h2_stream, in_list));
    c->h2 = NULL;
    nghttp2_session_del(h2->ng);
    h2_guard_release(&h2->guard);
    free(h2);
}

void h2_sweep(struct http_server *s, uint64_t now)
{
    struct link *next;

    for (struct link *l = s->txns.next; l != &s->txns; l = next) {
        struct txn *t = LINK_OF(l, struct txn, in_list);

        next = l->next;
        if (!t->h2 || !t->due_ms || now < t->due_ms || !t->conn || t->conn->dead)
            continue;
        t->due_ms = 0;
        if (t->state == TXN_BODY)
            txn_refuse(t, 408);
        else
            h2_reset(t->h2);
    }
}
