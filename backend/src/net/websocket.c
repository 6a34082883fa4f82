/**
 * @file net/websocket.c  WebSocket connections (RFC 6455): whole messages in, a bounded queue out
 *
 * The receiver pulls: a message is framed when the socket is writable. Until then a newer partial
 * replaces an older one and deltas fold together. A receiver that falls WS_QUEUE_MAX messages or
 * WS_QUEUE_BYTES_MAX bytes behind is closed with 1013 and, when it does not even read that,
 * dropped CLOSE_WITHIN_MS later. Silence is answered with a ping, longer silence with the end.
 *
 * wslay takes frames apart. Its context holds a buffer of 4 KiB, so a socket borrows one from its
 * first byte of a frame to the last, and a socket that rests has none: between frames they are all
 * alike. Only bytes pass through here, so the same code serves TCP, TLS and an HTTP/2 stream.
 */
#include "net/net_internal.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "net/address.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

enum {
    CODE_PROTOCOL = 1002,
    CODE_NONE = 1005,     /* a close frame without a code */
    CODE_ABNORMAL = 1006, /* the socket went without a close frame */
    CODE_TEXT = 1007,
    CODE_TOO_LARGE = 1009,
    CODE_INTERNAL = 1011,
    CODE_SLOW = 1013,
    CONTROL_MAX = 125, /* payload of a control frame */
};

/* --------------------------------------------------------------- queue */

static void msg_free(struct ws_msg *m)
{
    if (!m)
        return;
    buf_release(&m->data);
    free(m);
}

static struct ws_msg *msg_new(uint8_t opcode, const void *data, size_t len)
{
    struct ws_msg *m = calloc(1, sizeof(*m));

    if (!m)
        return NULL;
    buf_init(&m->data, WS_QUEUE_BYTES_MAX);
    m->opcode = opcode;
    if (buf_append(&m->data, data, len)) {
        msg_free(m);
        return NULL;
    }
    return m;
}

static const char no_memory[] = "out of memory";

static void queue_drop(struct ws *ws)
{
    for (struct ws_msg *m = ws->first, *next; m; m = next) {
        next = m->next;
        msg_free(m);
    }
    ws->first = ws->last = NULL;
    ws->queued = 0;
    ws->queued_bytes = 0;
}

static struct ws_msg *queue_find(struct ws *ws, enum ws_kind kind, uint32_t key)
{
    struct ws_msg *found = NULL;

    for (struct ws_msg *m = ws->first; m; m = m->next) {
        if (m->key == key && m->kind == kind)
            found = m;
    }
    return found;
}

static struct ws_msg *queue_take(struct ws *ws)
{
    struct ws_msg *m = ws->first;

    if (!m)
        return NULL;
    ws->first = m->next;
    if (!ws->first)
        ws->last = NULL;
    ws->queued--;
    ws->queued_bytes -= m->data.len;
    return m;
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
    struct ws_msg *m = msg_new(WSLAY_TEXT_FRAME, text, len);

    if (!m)
        return UV_ENOMEM;
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

static void wake(struct ws *ws)
{
    if (!ws->conn)
        return;
    if (ws->h2)
        h2_wake(ws->h2);
    else
        conn_touch(ws->conn);
}

static void doom(struct ws *ws)
{
    if (!ws->doom_ms && ws->conn)
        ws->doom_ms = uv_now(ws->conn->poll.loop) + CLOSE_WITHIN_MS;
}

static void end_now(struct ws *ws)
{
    if (ws->h2)
        h2_reset(ws->h2);
    else if (ws->conn)
        conn_kill(ws->conn);
}

/* Say why and close; what was queued is dropped, and what still arrives is ignored. */
static void give_up(struct ws *ws, int code, const char *reason)
{
    queue_drop(ws);
    ws_close(ws, code, reason);
    doom(ws);
}

int ws_send(struct ws *ws, const char *text, size_t len, enum ws_kind kind, uint32_t key)
{
    struct ws_msg *m = kind != WS_KEEP && key ? queue_find(ws, kind, key) : NULL;
    int err;

    if (ws->close_code)
        return UV_EPIPE;
    if (m && kind == WS_REPLACE) {
        err = msg_set(ws, m, text, len);
        if (err)
            give_up(ws, CODE_INTERNAL, no_memory);
        return err;
    }
    if (m && kind == WS_MERGE && m == ws->last && msg_merge(ws, m, text, len))
        return 0;
    if (ws->queued >= WS_QUEUE_MAX || ws->queued_bytes + len > WS_QUEUE_BYTES_MAX) {
        give_up(ws, CODE_SLOW, "too slow");
        return UV_ENOBUFS;
    }
    err = queue_add(ws, text, len, kind, key);
    if (err) /* a message is never dropped in silence: whoever waits for it asks again */
        give_up(ws, CODE_INTERNAL, no_memory);
    else
        wake(ws);
    return err;
}

void ws_close(struct ws *ws, int code, const char *reason)
{
    if (ws->close_code)
        return;
    ws->close_code = code;
    ws->reason = reason ? strndup(reason, CONTROL_MAX - 2) : NULL;
    wake(ws);
}

void ws_set_message_max(struct ws *ws, size_t bytes)
{
    ws->message_max = bytes;
}

/* ------------------------------------------------------------- writing */

/* The last frame: our code, or the one the peer gave (1005: it gave none). */
static struct ws_msg *close_message(struct ws *ws)
{
    char data[CONTROL_MAX];
    size_t len = ws->reason ? strlen(ws->reason) : 0;

    ws->close_sent = true;
    doom(ws);
    data[0] = (char)(ws->close_code >> 8);
    data[1] = (char)ws->close_code;
    memcpy(data + 2, ws->reason ? ws->reason : "", len);
    return msg_new(WSLAY_CONNECTION_CLOSE, data, ws->close_code == CODE_NONE ? 0 : len + 2);
}

static struct ws_msg *next_message(struct ws *ws)
{
    struct ws_msg *m = ws->pong;

    if (ws->close_sent)
        return NULL;
    if (m) {
        ws->pong = NULL;
        return m;
    }
    if (ws->ping_due) {
        m = msg_new(WSLAY_PING, "", 0);
        ws->pinged = m != NULL; /* else it is tried again: a client that was not pinged has not
                                   failed to answer */
        ws->ping_due = false;
        return m;
    }
    m = ws->peer_code ? NULL : queue_take(ws); /* a peer that has said goodbye reads no more */
    return m || !ws->close_code ? m : close_message(ws);
}

static void begin_frame(struct ws *ws, struct ws_msg *m)
{
    uint8_t *head = ws->now_head;
    size_t len = m->data.len;
    int wide = len < 126 ? 0 : len <= UINT16_MAX ? 2 : 8;

    head[0] = (uint8_t)(0x80 | m->opcode); /* whole, and never masked (section 5.1) */
    head[1] = (uint8_t)(wide == 0 ? len : wide == 2 ? 126 : 127);
    for (int i = 0; i < wide; i++)
        head[2 + i] = (uint8_t)((uint64_t)len >> 8 * (wide - 1 - i));
    ws->now = m;
    ws->now_at = 0;
    ws->now_head_len = (uint8_t)(2 + wide);
}

size_t ws_pull(struct ws *ws, char *to, size_t size)
{
    size_t done = 0;

    while (done < size) {
        size_t head = ws->now_head_len;
        size_t n, whole;

        if (!ws->now) {
            struct ws_msg *m = next_message(ws);

            if (!m)
                break;
            begin_frame(ws, m);
            continue;
        }
        whole = head + ws->now->data.len;
        if (ws->now_at < head) {
            n = head - ws->now_at < size - done ? head - ws->now_at : size - done;
            memcpy(to + done, ws->now_head + ws->now_at, n);
        } else {
            n = whole - ws->now_at < size - done ? whole - ws->now_at : size - done;
            memcpy(to + done, ws->now->data.data + (ws->now_at - head), n);
        }
        done += n;
        ws->now_at += n;
        if (ws->now_at == whole) {
            msg_free(ws->now);
            ws->now = NULL;
        }
    }
    return done;
}

bool ws_done(const struct ws *ws)
{
    return ws->close_sent && !ws->now && (ws->peer_code || ws->deaf);
}

void ws_pump(struct conn *c)
{
    struct ws *ws = c->ws;
    struct buf *out = &c->server->scratch;
    size_t n;

    while (!c->dead && !conn_blocked(c)) {
        buf_clear(out);
        n = ws_pull(ws, buf_reserve(out, WRITE_SIZE), WRITE_SIZE);
        if (!n)
            break;
        conn_send(c, out->data, n);
    }
    if (c->dead || conn_blocked(c) || !ws_done(ws))
        return;
    c->ws = NULL;
    ws_gone(ws);
    conn_finish(c);
}

/* ------------------------------------------------------------- reading */

/* One byte of UTF-8 (RFC 3629). The state: how many bytes must follow, and between which bounds
 * the next one must be. 0 is a code point's end; UINT32_MAX: malformed. */
static uint32_t utf8_step(uint32_t state, unsigned char c)
{
    uint32_t left = state & 0xff, low = state >> 8 & 0xff, high = state >> 16;

    if (left) {
        if (c < low || c > high)
            return UINT32_MAX;
        return --left ? left | 0x80 << 8 | 0xbf << 16 : 0;
    }
    if (c < 0x80)
        return 0;
    if (c < 0xc2 || c > 0xf4)
        return UINT32_MAX;
    left = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    return left | low << 8 | high << 16;
}

/* A piece of a text: as soon as it cannot become UTF-8 any more, it is refused. */
static bool text_goes_on(struct ws *ws, const uint8_t *data, size_t len, bool last)
{
    if (!ws->utf8 && last && len && !ws->in.len)
        return utf8_valid((const char *)data, len); /* the usual case, and faster */
    for (size_t i = 0; i < len && ws->utf8 != UINT32_MAX; i++)
        ws->utf8 = utf8_step(ws->utf8, data[i]);
    return ws->utf8 != UINT32_MAX && !(last && ws->utf8);
}

static void deliver(struct ws *ws, const char *data, size_t len)
{
    uint8_t opcode = ws->in_opcode;

    ws->in_opcode = 0;
    if (ws->close_code)
        return; /* we said goodbye; what still arrives is not for us */
    if (opcode == WSLAY_TEXT_FRAME && ws->route->h.on_text)
        ws->route->h.on_text(ws, data, len, ws->ctx);
    else if (opcode == WSLAY_BINARY_FRAME && ws->route->h.on_binary)
        ws->route->h.on_binary(ws, data, len, ws->ctx);
}

static void fail(struct ws *ws, int code, const char *reason)
{
    ws->deaf = true;
    give_up(ws, code, reason);
}

/* A piece of a data frame; left: what of the frame is still to come. */
static void on_data(struct ws *ws, const struct wslay_frame_iocb *f, bool first, uint64_t left)
{
    bool last = f->fin && !left;

    if (first) {
        bool goes_on = f->opcode == WSLAY_CONTINUATION_FRAME;

        if (goes_on != (ws->in_opcode != 0)) {
            fail(ws, CODE_PROTOCOL, "a message must end before the next one begins");
            return;
        }
        if (!goes_on) {
            ws->in_opcode = f->opcode;
            ws->utf8 = 0;
        }
    }
    if (f->data_length + left > ws->message_max ||
        ws->in.len > ws->message_max - f->data_length - left) {
        fail(ws, CODE_TOO_LARGE, "message too large");
        return;
    }
    if (ws->in_opcode == WSLAY_TEXT_FRAME && !text_goes_on(ws, f->data, f->data_length, last)) {
        fail(ws, CODE_TEXT, "text must be UTF-8");
        return;
    }
    if (last && !ws->in.len) {
        deliver(ws, f->data_length ? (const char *)f->data : "", f->data_length);
        return; /* the usual case: no copy */
    }
    if (buf_append(&ws->in, f->data, f->data_length)) {
        fail(ws, CODE_INTERNAL, no_memory);
    } else if (last) {
        struct buf whole = ws->in;

        buf_init(&ws->in, whole.max);
        deliver(ws, whole.data, whole.len);
        buf_release(&whole);
    }
}

static bool close_code_valid(int code)
{
    if (code >= 3000)
        return code <= 4999;
    return code >= 1000 && code <= 1014 && code != 1004 && code != CODE_NONE &&
           code != CODE_ABNORMAL;
}

/* The peer says goodbye (section 5.5.1). */
static void on_goodbye(struct ws *ws, const char *data, size_t len)
{
    int code = len >= 2 ? (uint8_t)data[0] << 8 | (uint8_t)data[1] : CODE_NONE;

    if (len == 1 || (len >= 2 && !close_code_valid(code))) {
        fail(ws, CODE_PROTOCOL, "no such close code");
        code = CODE_PROTOCOL;
    } else if (len > 2 && !utf8_valid(data + 2, len - 2)) {
        fail(ws, CODE_TEXT, "a reason must be UTF-8");
        code = CODE_TEXT;
    }
    ws->deaf = true;
    ws->peer_code = code;
    if (!ws->close_code)
        ws->close_code = code;
    wake(ws);
}

static void on_control(struct ws *ws, const struct wslay_frame_iocb *f, uint64_t left)
{
    const char *data = (const char *)f->data;
    size_t len = f->data_length;

    if (left || ws->control.len) {
        if (buf_append(&ws->control, data, len))
            fail(ws, CODE_INTERNAL, no_memory);
        if (left || ws->deaf)
            return;
        data = ws->control.data;
        len = ws->control.len;
    }
    if (f->opcode == WSLAY_CONNECTION_CLOSE) {
        on_goodbye(ws, data, len);
    } else if (f->opcode == WSLAY_PING) {
        msg_free(ws->pong); /* only the newest one needs its answer (section 5.5.3) */
        ws->pong = msg_new(WSLAY_PONG, data, len);
        wake(ws);
    }
    buf_release(&ws->control);
}

static bool is_known(uint8_t opcode)
{
    return opcode <= WSLAY_BINARY_FRAME ||
           (opcode >= WSLAY_CONNECTION_CLOSE && opcode <= WSLAY_PONG);
}

static ssize_t read_feed(uint8_t *to, size_t len, int flags, void *arg)
{
    struct ws_feed *feed = arg;
    size_t n = (size_t)(feed->end - feed->at);

    (void)flags;
    if (n > len)
        n = len;
    if (!n)
        return -1; /* what wslay makes of it: not now */
    memcpy(to, feed->at, n);
    feed->at += n;
    *feed->given += n;
    return (ssize_t)n;
}

static bool borrow(struct ws *ws)
{
    static const struct wslay_frame_callbacks callbacks = {.recv_callback = read_feed};
    struct http_server *s = ws->server;

    if (!ws->frames) {
        ws->frames = s->spare_frames;
        s->spare_frames = NULL;
        ws->given = ws->used = 0;
    }
    return ws->frames || wslay_frame_context_init(&ws->frames, &callbacks, &s->feed) == 0;
}

/* Between frames, with nothing read ahead, it is as good as new. */
static void give_back(struct ws *ws)
{
    struct http_server *s = ws->server;

    if (!ws->frames || (!ws->deaf && ws->given != ws->used))
        return;
    if (s->spare_frames || ws->deaf) /* after a broken frame nobody knows what is in it */
        wslay_frame_context_free(ws->frames);
    else
        s->spare_frames = ws->frames;
    ws->frames = NULL;
}

static size_t header_length(uint64_t payload)
{
    return 2 + (size_t)(payload < 126 ? 0 : payload <= UINT16_MAX ? 2 : 8) + 4;
}

static void on_piece(struct ws *ws, const struct wslay_frame_iocb *f, uint64_t before)
{
    uint64_t left = f->payload_length - before - f->data_length;

    if (!f->mask)
        fail(ws, CODE_PROTOCOL, "a client's frames must be masked");
    else if (f->rsv || !is_known(f->opcode))
        fail(ws, CODE_PROTOCOL, "no extension was agreed on");
    else if (wslay_is_ctrl_frame(f->opcode))
        on_control(ws, f, left);
    else
        on_data(ws, f, before == 0, left);
}

void ws_input(struct ws *ws, const char *data, size_t len)
{
    struct ws_feed *feed = &ws->server->feed;

    ws->heard_ms = uv_now(loop_uv(ws->server->loop));
    ws->pinged = false;
    if (ws->deaf)
        return;
    if (!borrow(ws)) {
        fail(ws, CODE_INTERNAL, no_memory);
        return;
    }
    while (!ws->deaf && ws->conn && !ws->conn->dead) {
        struct wslay_frame_iocb f = {0};
        ssize_t n;

        *feed = (struct ws_feed){data, data + len, &ws->given};
        n = wslay_frame_recv(ws->frames, &f);
        len = (size_t)(feed->end - feed->at);
        data = feed->at;
        if (n == WSLAY_ERR_PROTO) {
            fail(ws, CODE_PROTOCOL, "a frame that breaks RFC 6455");
            break;
        }
        if (n < 0)
            break;
        on_piece(ws, &f, ws->frame_at);
        ws->frame_at += f.data_length;
        if (ws->frame_at == f.payload_length) {
            ws->used += header_length(f.payload_length) + f.payload_length;
            ws->frame_at = 0;
        }
    }
    give_back(ws);
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

/* base64 of 16 bytes, and nothing else */
static bool key_valid(const char *key)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    return key && strspn(key, letters) == 22 && strcmp(key + 22, "==") == 0;
}

int ws_admit(struct txn *t)
{
    const char *origin = http_header(&t->req, "origin");
    const char *version = http_header(&t->req, "sec-websocket-version");

    if (!version || strcmp(version, "13") != 0)
        return 426;
    if (!t->h2 && !key_valid(http_header(&t->req, "sec-websocket-key"))) {
        t->why = "Sec-WebSocket-Key must be 16 bytes in base64.";
        return 400;
    }
    if (origin && !origin_is_same(origin, t->req.host, t->req.tls) &&
        !origin_is_listed(origin, t->server->config.origins))
        return 403;
    return 0;
}

void ws_accept_key(const char *key, char to[static 32])
{
    static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char hash[EVP_MAX_MD_SIZE];
    char text[24 + sizeof(magic)];
    unsigned int n = 0;

    memcpy(text, key, 24);
    memcpy(text + 24, magic, sizeof(magic));
    EVP_Digest(text, sizeof(text) - 1, hash, &n, EVP_sha1(), NULL);
    EVP_EncodeBlock((unsigned char *)to, hash, (int)n);
}

const char *ws_protocol(const struct ws *ws, const struct http_request *req)
{
    const char *protocol = ws->route->protocol;
    const char *offered = http_header(req, "sec-websocket-protocol");

    return protocol && list_has(offered, protocol) ? protocol : NULL;
}

struct ws *ws_new(struct txn *t, struct conn *c, struct h2_stream *h2)
{
    struct ws *ws = calloc(1, sizeof(*ws));

    if (!ws)
        return NULL;
    ws->conn = c;
    ws->h2 = h2;
    ws->server = t->server;
    ws->route = ws_route_find(t->server, t->req.path);
    ws->message_max = WS_FIRST_MAX;
    ws->heard_ms = uv_now(loop_uv(t->server->loop));
    buf_init(&ws->in, SIZE_MAX / 2);
    buf_init(&ws->control, CONTROL_MAX);
    link_add(&t->server->open_sockets, &ws->in_list);
    return ws;
}

void ws_opened(struct ws *ws, struct txn *t)
{
    int err;

    t->req.received_us = clock_mono_us();
    err = ws->route->h.on_open ? ws->route->h.on_open(ws, &t->req, ws->server->app, &ws->ctx) : 0;
    if (err)
        ws_close(ws, err, NULL);
    else
        ws->opened = true;
}

void ws_gone(struct ws *ws)
{
    struct http_server *s = ws->server;

    ws->conn = NULL;
    ws->h2 = NULL;
    if (ws->opened && ws->route->h.on_close)
        ws->route->h.on_close(ws, ws->close_code ? ws->close_code : CODE_ABNORMAL, ws->ctx);
    link_del(&ws->in_list);
    queue_drop(ws);
    msg_free(ws->now);
    msg_free(ws->pong);
    if (ws->frames)
        wslay_frame_context_free(ws->frames);
    buf_release(&ws->in);
    buf_release(&ws->control);
    free(ws->reason);
    free(ws);
    server_maybe_stopped(s);
}

void ws_sweep(struct http_server *s, uint64_t now)
{
    struct link *next;

    for (struct link *l = s->open_sockets.next; l != &s->open_sockets; l = next) {
        struct ws *ws = LINK_OF(l, struct ws, in_list);
        uint64_t silent = now - ws->heard_ms;

        next = l->next;
        if (silent >= s->config.dead_after_ms || (ws->doom_ms && now >= ws->doom_ms)) {
            end_now(ws);
        } else if (silent >= s->config.ping_after_ms && !ws->pinged && !ws->ping_due) {
            ws->ping_due = true;
            wake(ws);
        }
    }
}

void ws_close_all(struct http_server *s, int code)
{
    for (struct link *l = s->open_sockets.next; l != &s->open_sockets; l = l->next) {
        struct ws *ws = LINK_OF(l, struct ws, in_list);

        ws_close(ws, code, "going away");
        doom(ws); /* a client that does not read must not hold up our shutdown */
    }
}
