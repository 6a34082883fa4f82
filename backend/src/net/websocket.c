/**
 * @file net/websocket.c  WebSocket connections: whole messages in, a bounded queue out
 *
 * The receiver pulls: a message is framed when the socket is writable. Until then a newer partial
 * replaces an older one and deltas fold together. A receiver that falls WS_QUEUE_MAX messages or
 * WS_QUEUE_BYTES_MAX bytes behind is closed with 1013 and, when it does not even read that,
 * dropped CLOSE_WITHIN_S later. Silence is answered with a ping, longer silence with the end.
 */
#include "net/inner.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "net/address.h"

#include <stdlib.h>
#include <string.h>

enum {
    CODE_ABNORMAL = 1006, /* the socket went without a close frame */
    CODE_NONE = 1005,     /* a close frame without a code */
    WRITE_CLOSE = 4,      /* lws keeps the name for lws_write() to itself, the value is its ABI */
};

/* --------------------------------------------------------------- queue */

static void msg_free(struct ws_msg *m)
{
    buf_release(&m->data);
    free(m);
}

static void queue_drop(struct ws *ws, struct ws_msg *keep)
{
    struct ws_msg *m = keep ? keep->next : ws->first;

    while (m) {
        struct ws_msg *next = m->next;

        ws->queued--;
        ws->queued_bytes -= m->data.len;
        msg_free(m);
        m = next;
    }
    ws->last = keep;
    if (keep)
        keep->next = NULL;
    else
        ws->first = NULL;
}

/* The one being written (first, when sent > 0) may not change any more. */
static struct ws_msg *queue_find(struct ws *ws, enum ws_kind kind, uint32_t key)
{
    struct ws_msg *m = ws->sent ? ws->first->next : ws->first;
    struct ws_msg *found = NULL;

    for (; m; m = m->next) {
        if (m->key == key && m->kind == kind)
            found = m;
    }
    return found;
}

static int msg_set(struct ws *ws, struct ws_msg *m, const char *text, size_t len)
{
    ws->queued_bytes -= m->data.len;
    buf_clear(&m->data);
    buf_append(&m->data, text, len);
    ws->queued_bytes += m->data.len;
    return m->data.err;
}

static bool msg_merge(struct ws *ws, struct ws_msg *m, const char *text, size_t len)
{
    size_t before = m->data.len;
    bool merged = ws->route->h.merge && ws->route->h.merge(&m->data, text, len) && !m->data.err;

    ws->queued_bytes += m->data.len - before;
    return merged;
}

static int queue_add(struct ws *ws, const char *text, size_t len, enum ws_kind kind, uint32_t key)
{
    struct ws_msg *m = calloc(1, sizeof(*m));

    if (!m)
        return UV_ENOMEM;
    buf_init(&m->data, WS_QUEUE_BYTES_MAX);
    if (buf_append(&m->data, text, len)) {
        msg_free(m);
        return UV_ENOBUFS;
    }
    m->kind = (uint8_t)kind;
    m->key = key;
    if (ws->last)
        ws->last->next = m;
    else
        ws->first = m;
    ws->last = m;
    ws->queued++;
    ws->queued_bytes += len;
    return 0;
}

static void doom(struct ws *ws)
{
    if (!ws->doomed)
        wsi_end(ws->wsi, CLOSE_WITHIN_S);
    ws->doomed = true;
}

static void give_up(struct ws *ws)
{
    queue_drop(ws, ws->sent ? ws->first : NULL); /* a frame begun must be completed */
    ws_close(ws, 1013, "too slow");
    doom(ws);
}

int ws_send(struct ws *ws, const char *text, size_t len, enum ws_kind kind, uint32_t key)
{
    struct ws_msg *m = kind != WS_KEEP && key ? queue_find(ws, kind, key) : NULL;
    int err;

    if (ws->close_code)
        return UV_EPIPE;
    if (m && kind == WS_REPLACE)
        return msg_set(ws, m, text, len);
    if (m && kind == WS_MERGE && m == ws->last && msg_merge(ws, m, text, len))
        return 0;
    if (ws->queued >= WS_QUEUE_MAX || ws->queued_bytes + len > WS_QUEUE_BYTES_MAX) {
        give_up(ws);
        return UV_ENOBUFS;
    }
    err = queue_add(ws, text, len, kind, key);
    if (!err)
        lws_callback_on_writable(ws->wsi);
    return err;
}

int ws_send_json(struct ws *ws, json_t *msg, enum ws_kind kind, uint32_t key)
{
    struct buf text;
    int err;

    buf_init(&text, WS_QUEUE_BYTES_MAX);
    err = msg ? json_write(&text, msg) : UV_ENOMEM;
    json_decref(msg);
    if (!err)
        err = ws_send(ws, text.data, text.len, kind, key);
    buf_release(&text);
    return err;
}

void ws_close(struct ws *ws, int code, const char *reason)
{
    if (ws->close_code)
        return;
    ws->close_code = code;
    ws->reason = reason ? strndup(reason, 123) : NULL;
    lws_callback_on_writable(ws->wsi);
}

size_t ws_queued_bytes(const struct ws *ws)
{
    return ws->queued_bytes;
}

/* ------------------------------------------------------------- writing */

static int write_frame(struct ws *ws)
{
    struct buf *out = &ws->server->scratch;
    struct ws_msg *m = ws->first;
    size_t most = ws->h2 ? H2_CHUNK : H1_CHUNK;
    size_t n = m->data.len - ws->sent;
    bool first = ws->sent == 0;
    int flags;

    if (n > most)
        n = most;
    flags = lws_write_ws_flags(LWS_WRITE_TEXT, first, ws->sent + n == m->data.len);
    buf_clear(out);
    if (!buf_reserve(out, LWS_PRE + n))
        return -1;
    out->len = LWS_PRE;
    buf_append(out, m->data.len ? m->data.data + ws->sent : "", n);
    if (lws_write(ws->wsi, (unsigned char *)out->data + LWS_PRE, n,
                  (enum lws_write_protocol)flags) < 0)
        return -1;
    ws->sent += n;
    if (ws->sent < m->data.len)
        return 0;
    ws->sent = 0;
    ws->first = m->next;
    if (!ws->first)
        ws->last = NULL;
    ws->queued--;
    ws->queued_bytes -= m->data.len;
    msg_free(m);
    return 0;
}

static int write_ping(struct ws *ws)
{
    unsigned char ping[LWS_PRE + 1];

    ws->ping_due = false;
    ws->pinged = true;
    ping[LWS_PRE] = '.'; /* lws does not tell of a pong that carries nothing */
    return lws_write(ws->wsi, ping + LWS_PRE, 1, LWS_WRITE_PING) < 0 ? -1 : 0;
}

/* lws would send the frame for us when a callback fails, but as Debian builds it (with its debug
 * checks) it closes twice and the frame is lost. So: send it, wait for the answer, then go. */
static int write_close(struct ws *ws)
{
    unsigned char frame[LWS_PRE + 125];
    size_t len = ws->reason ? strlen(ws->reason) : 0;

    frame[LWS_PRE] = (unsigned char)(ws->close_code >> 8);
    frame[LWS_PRE + 1] = (unsigned char)ws->close_code;
    memcpy(frame + LWS_PRE + 2, ws->reason ? ws->reason : "", len);
    ws->close_sent = true;
    doom(ws);
    return lws_write(ws->wsi, frame + LWS_PRE, len + 2, (enum lws_write_protocol)WRITE_CLOSE) < 0
               ? -1
               : 0;
}

static int ws_writable(struct ws *ws)
{
    int err = 0;

    if (ws->close_sent)
        return 0;
    if (ws->ping_due && !ws->sent)
        err = write_ping(ws);
    else if (ws->first)
        err = write_frame(ws);
    else if (ws->close_code)
        return write_close(ws);
    if (!err && (ws->first || ws->close_code || ws->ping_due))
        lws_callback_on_writable(ws->wsi);
    return err;
}

/* ------------------------------------------------------------- reading */

static int refuse_message(struct ws *ws, int code, const char *reason)
{
    queue_drop(ws, ws->sent ? ws->first : NULL);
    ws_close(ws, code, reason);
    doom(ws);
    return 0;
}

static int deliver(struct ws *ws, const char *data, size_t len)
{
    if (ws->in_binary) {
        if (ws->route->h.on_binary)
            ws->route->h.on_binary(ws, data, len, ws->ctx);
        return 0;
    }
    if (!utf8_valid(data, len))
        return refuse_message(ws, 1007, "text must be UTF-8");
    if (ws->route->h.on_text)
        ws->route->h.on_text(ws, data, len, ws->ctx);
    return 0;
}

static int ws_receive(struct ws *ws, const char *data, size_t len)
{
    bool last = lws_is_final_fragment(ws->wsi) && !lws_remaining_packet_payload(ws->wsi);
    size_t most;

    ws->heard_ms = clock_mono_ms();
    ws->pinged = false;
    if (ws->close_code)
        return 0; /* we said goodbye; what still arrives is not for us */
    if (lws_is_first_fragment(ws->wsi)) {
        ws->in_binary = lws_frame_is_binary(ws->wsi);
        buf_clear(&ws->in);
        if (last)
            return deliver(ws, data, len); /* the usual case: no copy */
    }
    most = ws->in_binary ? (size_t)WS_BINARY_MAX : (size_t)WS_TEXT_MAX;
    if (ws->in.len + len + lws_remaining_packet_payload(ws->wsi) > most)
        return refuse_message(ws, 1009, "message too large");
    if (buf_append(&ws->in, data, len))
        return refuse_message(ws, 1009, "message too large");
    if (last) {
        int rc = deliver(ws, ws->in.data, ws->in.len);

        buf_release(&ws->in);
        buf_init(&ws->in, WS_BINARY_MAX);
        return rc;
    }
    return 0;
}

/* ------------------------------------------------------------ lifetime */

const struct ws_route *ws_route_find(const struct http_server *s, const char *path)
{
    for (const struct ws_route *r = s->sockets; r && r->path; r++) {
        if (strcmp(r->path, path) == 0)
            return r;
    }
    return NULL;
}

/* May this request become a WebSocket? 0 or the HTTP status that says why not. */
int ws_admit(struct txn *t)
{
    const char *origin = http_header(&t->req, "origin");
    const char *version = http_header(&t->req, "sec-websocket-version");

    if (!ws_route_find(t->server, t->req.path))
        return 404;
    if (strcmp(t->req.method, "GET") != 0)
        return 405;
    if (!t->h2 && (!version || strcmp(version, "13") != 0))
        return 426;
    if (!t->h2 && !http_header(&t->req, "sec-websocket-key"))
        return 400;
    if (origin && !origin_is_same(origin, http_header(&t->req, "host"), t->req.tls) &&
        !origin_is_listed(origin, t->server->config.origins))
        return 403;
    return t->server->stopping ? 503 : 0;
}

static int ws_established(struct http_server *s, struct lws *wsi, struct session *session)
{
    struct txn *t = txn_new(s, wsi);
    struct ws *ws = calloc(1, sizeof(*ws));
    int code;

    if (!t || !ws || request_read(t) || !(ws->route = ws_route_find(s, t->req.path))) {
        txn_free(t);
        free(ws);
        return -1;
    }
    ws->wsi = wsi;
    ws->server = s;
    ws->h2 = t->h2;
    ws->heard_ms = clock_mono_ms();
    buf_init(&ws->in, WS_BINARY_MAX);
    link_add(&s->open_sockets, &ws->in_list);
    session->ws = ws;
    t->req.received_us = clock_mono_us();
    code = ws->route->h.on_open ? ws->route->h.on_open(ws, &t->req, s->app, &ws->ctx) : 0;
    if (code)
        ws_close(ws, code, NULL);
    else
        ws->opened = true;
    t->wsi = NULL;
    txn_free(t);
    return 0;
}

static void ws_gone(struct http_server *s, struct session *session)
{
    struct ws *ws = session->ws;
    int code;

    if (!ws)
        return;
    session->ws = NULL;
    code = ws->close_code ? ws->close_code : CODE_ABNORMAL;
    if (ws->opened && ws->route->h.on_close)
        ws->route->h.on_close(ws, code, ws->ctx);
    link_del(&ws->in_list);
    queue_drop(ws, NULL);
    buf_release(&ws->in);
    free(ws->reason);
    free(ws);
    server_maybe_stopped(s);
}

/* Not 0: both sides have said it, the connection can go. */
static int peer_closes(struct ws *ws, const unsigned char *in, size_t len)
{
    ws->peer_code = len >= 2 ? in[0] << 8 | in[1] : CODE_NONE;
    if (!ws->close_code)
        ws->close_code = ws->peer_code; /* nothing more can be sent */
    return ws->close_sent ? -1 : 0;
}

int ws_callback(struct http_server *s, struct lws *wsi, enum lws_callback_reasons reason,
                struct session *session, void *in, size_t len)
{
    struct ws *ws = session->ws;

    if (reason == LWS_CALLBACK_ESTABLISHED)
        return ws_established(s, wsi, session);
    if (reason == LWS_CALLBACK_CLOSED) {
        ws_gone(s, session);
        return 0;
    }
    if (!ws)
        return -1;
    switch (reason) {
    case LWS_CALLBACK_RECEIVE:
        return ws_receive(ws, in, len);
    case LWS_CALLBACK_RECEIVE_PONG:
        ws->heard_ms = clock_mono_ms();
        ws->pinged = false;
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return ws_writable(ws);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        return peer_closes(ws, in, len);
    default:
        return 0;
    }
}

void ws_sweep(struct http_server *s, uint64_t now_ms)
{
    struct link *l;
    struct link *next;

    for (l = s->open_sockets.next; l != &s->open_sockets; l = next) {
        struct ws *ws = LINK_OF(l, struct ws, in_list);
        uint64_t silent = now_ms - ws->heard_ms;

        next = l->next;
        if (silent >= s->config.dead_after_ms && !ws->doomed) {
            ws->doomed = true;
            wsi_end(ws->wsi, 0);
        } else if (silent >= s->config.ping_after_ms && !ws->pinged && !ws->ping_due) {
            ws->ping_due = true;
            lws_callback_on_writable(ws->wsi);
        }
    }
}

void ws_close_all(struct http_server *s, int code)
{
    struct link *l;

    for (l = s->open_sockets.next; l != &s->open_sockets; l = l->next)
        ws_close(LINK_OF(l, struct ws, in_list), code, "going away");
}
