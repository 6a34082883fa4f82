/**
 * @file net/conn.c  One TCP connection: reading, writing, time and its end
 *
 * What arrives is read into one buffer of the server and given to whatever is spoken here. What is
 * left over of it is kept, and reading stops until that has been used; what the socket does not
 * take waits in `out`, and nothing new is made until that has gone. So an idle connection holds no
 * buffers, and one whose peer does not read costs no more than one write.
 */
#include "net/net_internal.h"

#include "base/clock.h"
#include "net/forwarded.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    OUT_MAX = 16 << 20, /* far above what is ever given at once */
    CROWD_SLACK = 16,   /* connections above an address's share that still get their 429 */
    TLS_RECORD_HANDSHAKE = 0x16,
};

/* ------------------------------------------------------------------- end */

static void on_closed(uv_handle_t *handle)
{
    struct conn *c = handle->data;
    struct http_server *s = c->server;

    h1_gone(c);
    h2_gone(c);
    if (c->ws)
        ws_gone(c->ws);
    SSL_free(c->ssl);
    close(c->fd);
    guests_leave(s->guests, &c->address);
    buf_release(&c->in);
    buf_release(&c->out);
    link_del(&c->in_list);
    s->connections--;
    free(c);
    server_maybe_stopped(s);
    server_unref(s);
}

void conn_kill(struct conn *c)
{
    if (c->dead)
        return;
    c->dead = true;
    link_del(&c->touched);
    link_del(&c->paced);
    uv_close((uv_handle_t *)&c->poll, on_closed);
}

/* All is written: say so, and give the peer time to read it before the door falls shut. Closing at
 * once would send a reset when there is anything we have not read, and the reset would overtake
 * the answer. */
static void linger(struct conn *c)
{
    if (c->eof) {
        conn_kill(c);
        return;
    }
    if (c->ssl)
        SSL_shutdown(c->ssl);
    shutdown(c->fd, SHUT_WR);
    c->kind = CONN_LINGER;
    buf_release(&c->in);
    conn_due(c, LINGER_MS);
}

void conn_finish(struct conn *c)
{
    c->closing = true;
    if (!c->dead && c->kind != CONN_LINGER && !conn_blocked(c))
        linger(c);
}

void conn_due(struct conn *c, uint64_t within_ms)
{
    c->due_ms = within_ms ? uv_now(c->poll.loop) + within_ms : 0;
}

/* --------------------------------------------------------------- writing */

bool conn_blocked(const struct conn *c)
{
    return c->out.len > c->out_at;
}

/* Bytes taken; 0: none now; or a negative code. */
static ssize_t put(struct conn *c, const char *data, size_t len)
{
    ssize_t n;

    if (c->ssl) {
        ERR_clear_error();
        n = SSL_write(c->ssl, data, len < INT32_MAX ? (int)len : INT32_MAX);
        if (n > 0)
            return n;
        n = SSL_get_error(c->ssl, (int)n);
        return n == SSL_ERROR_WANT_WRITE || n == SSL_ERROR_WANT_READ ? 0 : UV_EPIPE;
    }
    n = send(c->fd, data, len, MSG_NOSIGNAL);
    if (n >= 0)
        return n;
    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

/* As much as the socket takes of it. */
static size_t put_all(struct conn *c, const char *data, size_t len)
{
    size_t done = 0;

    while (done < len) {
        ssize_t n = put(c, data + done, len - done);

        if (n < 0)
            conn_kill(c);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return done;
}

bool conn_send(struct conn *c, const void *data, size_t len)
{
    size_t n = 0;

    if (c->dead)
        return false;
    if (!conn_blocked(c)) {
        n = put_all(c, data, len);
        c->write_ms = uv_now(c->poll.loop);
    }
    if (!c->dead && n < len && buf_append(&c->out, (const char *)data + n, len - n))
        conn_kill(c);
    return !c->dead;
}

/* The socket takes bytes again. */
static void flush(struct conn *c)
{
    size_t n = put_all(c, c->out.data + c->out_at, c->out.len - c->out_at);

    if (n)
        c->write_ms = uv_now(c->poll.loop);
    c->out_at += n;
    if (c->dead || conn_blocked(c))
        return;
    buf_release(&c->out);
    c->out_at = 0;
    if (c->closing)
        linger(c);
}

/* --------------------------------------------------------------- reading */

static void use(struct conn *c, const char *data, size_t len)
{
    switch (c->kind) {
    case CONN_HTTP1:
        h1_input(c, data, len);
        break;
    case CONN_HTTP2:
        h2_input(c, data, len);
        break;
    case CONN_WS:
        ws_input(c->ws, data, len);
        break;
    default:
        break; /* lingering: nobody listens any more */
    }
}

static void begin_http(struct conn *c)
{
    const unsigned char *name = NULL;
    unsigned int len = 0;

    if (c->ssl)
        SSL_get0_alpn_selected(c->ssl, &name, &len);
    if (len == 2 && memcmp(name, "h2", 2) == 0) {
        if (h2_begin(c))
            conn_kill(c);
    } else {
        h1_begin(c);
    }
}

/* A client that means TLS begins with a handshake record; a browser that was sent to http:// does
 * not, and gets an answer that it can show. True: go on reading. */
static bool look_first(struct conn *c)
{
    unsigned char first;
    ssize_t n = recv(c->fd, &first, 1, MSG_PEEK);

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            conn_kill(c);
        return false;
    }
    if (first != TLS_RECORD_HANDSHAKE) {
        c->plain_on_tls = true;
        h1_begin(c);
        return true;
    }
    c->ssl = tls_accept(c->server->tls, c->fd);
    if (!c->ssl)
        conn_kill(c);
    else
        c->kind = CONN_HANDSHAKE;
    return !c->dead;
}

static bool shake_hands(struct conn *c)
{
    int n, why;

    ERR_clear_error();
    n = SSL_do_handshake(c->ssl);
    why = SSL_get_error(c->ssl, n);
    c->wants_write = why == SSL_ERROR_WANT_WRITE;
    if (n == 1)
        begin_http(c);
    else if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
        conn_kill(c);
    return n == 1 && !c->dead;
}

/* Bytes; 0 at the end; UV_EAGAIN; or another negative code. */
static ssize_t get(struct conn *c, char *to, size_t size)
{
    ssize_t n;

    if (!c->ssl) {
        n = recv(c->fd, to, size, 0);
        return n < 0 ? (errno == EINTR ? UV_EAGAIN : -errno) : n;
    }
    ERR_clear_error();
    n = SSL_read(c->ssl, to, (int)size);
    if (n > 0)
        return n;
    switch (SSL_get_error(c->ssl, (int)n)) {
    case SSL_ERROR_WANT_READ:
        return UV_EAGAIN;
    case SSL_ERROR_WANT_WRITE:
        c->wants_write = true;
        return UV_EAGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        return UV_ECONNRESET;
    }
}

static void at_end(struct conn *c)
{
    c->eof = true;
    if (c->kind == CONN_HTTP1)
        h1_eof(c);
    else
        conn_kill(c);
}

/* Is it in the middle of a body that is handed on in pieces? Whoever sends one sends as fast as it
 * is read, and a loop that is kept busy is put aside by the kernel for some milliseconds when its
 * share is used up, with everybody who only asks for a line. So these are read in ticks: the loop
 * rests in between, and who rests is woken at once. */
static bool is_bulk(const struct conn *c)
{
    const struct txn *t = c->kind == CONN_HTTP1 ? c->txn : NULL;

    return t && t->state == TXN_BODY && t->upload; /* behind that state it is a worker's */
}

static bool wants_input(const struct conn *c)
{
    if (c->dead || c->eof)
        return false;
    switch (c->kind) {
    case CONN_HTTP1:
        return c->in.len == 0 && (c->credit || !is_bulk(c));
    case CONN_HTTP2:
        return !conn_blocked(c);
    default:
        return true;
    }
}

static void wait_for_tick(struct conn *c)
{
    struct http_server *s = c->server;

    if (!link_empty(&c->paced))
        return;
    if (link_empty(&s->paced))
        timer_start(s->pace, BULK_TICK_MS, 0);
    link_add(&s->paced, &c->paced);
}

void conn_pace(void *server)
{
    struct http_server *s = server;
    size_t waiting = 0, share, left = BULK_A_TICK;

    for (const struct link *l = s->paced.next; l != &s->paced; l = l->next)
        waiting++;
    share = BULK_A_TICK / (waiting ? waiting : 1);
    share = share < BULK_LEAST ? BULK_LEAST : share;
    for (; left >= share && !link_empty(&s->paced); left -= share) {
        struct conn *c = LINK_OF(s->paced.next, struct conn, paced);

        link_del(&c->paced);
        c->credit = share;
        conn_rearm(c);
    }
    if (!link_empty(&s->paced))
        timer_start(s->pace, BULK_TICK_MS, 0);
}

static size_t most_now(const struct conn *c)
{
    if (is_bulk(c))
        return c->credit < READ_SIZE ? c->credit : READ_SIZE;
    return c->txn && c->txn->state > TXN_BODY ? HELD_MAX : READ_SIZE;
}

static void readable(struct conn *c)
{
    if (c->kind == CONN_NEW && !look_first(c))
        return;
    if (c->kind == CONN_HANDSHAKE && !shake_hands(c))
        return;
    c->again = false;
    c->wants_write = false;
    for (int i = 0; i < READS_A_TURN && wants_input(c); i++) {
        size_t most = most_now(c);
        ssize_t n = get(c, c->server->rx, most);

        if (n == UV_EAGAIN)
            return;
        if (n < 0) {
            conn_kill(c);
            return;
        }
        if (n == 0) {
            at_end(c);
            return;
        }
        c->credit -= (size_t)n < c->credit ? (size_t)n : c->credit;
        use(c, c->server->rx, (size_t)n);
        if (!c->ssl && (size_t)n < most)
            return;
    }
    c->again = !c->dead && c->ssl != NULL; /* what OpenSSL has read wakes nobody */
}

/* --------------------------------------------------------------- waiting */

static void on_poll(uv_poll_t *poll, int status, int events);

void conn_rearm(struct conn *c)
{
    int want = 0;

    if (c->dead)
        return;
    if (is_bulk(c) && !c->credit)
        wait_for_tick(c);
    if (wants_input(c))
        want |= UV_READABLE;
    else if (!c->eof && !c->hung_up)
        want |= UV_DISCONNECT;
    if (conn_blocked(c) || c->wants_write)
        want |= UV_WRITABLE;
    if (!want)
        want = UV_PRIORITIZED; /* never comes, but errors are told */
    if (c->again && want & UV_READABLE)
        conn_touch(c);
    if (want == c->armed)
        return;
    c->armed = (uint8_t)want;
    uv_poll_start(&c->poll, want, on_poll);
}

/* What is spoken here may go on: there is room for output, or time for what was read. */
static void go_on(struct conn *c)
{
    if (c->dead || conn_blocked(c))
        return;
    if (c->kind == CONN_HTTP1)
        h1_process(c);
    else if (c->kind == CONN_HTTP2)
        h2_pump(c);
    else if (c->kind == CONN_WS)
        ws_pump(c);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct conn *c = poll->data;

    if (status) {
        conn_kill(c);
        return;
    }
    if (events & UV_WRITABLE && conn_blocked(c)) {
        flush(c);
        go_on(c);
    }
    if (events & UV_READABLE || (c->wants_write && events & UV_WRITABLE))
        readable(c);
    if (!c->dead && events & UV_DISCONNECT && !(events & UV_READABLE)) {
        c->hung_up = true;
        if (c->kind == CONN_HTTP1)
            h1_eof(c);
    }
    if (!c->dead && c->kind != CONN_HTTP1)
        go_on(c);
    conn_rearm(c);
}

void conn_touch(struct conn *c)
{
    struct http_server *s = c->server;

    if (c->dead || !link_empty(&c->touched))
        return;
    if (link_empty(&s->touched))
        uv_idle_start(&s->turn, conn_turn);
    link_add(&s->touched, &c->touched);
}

void conn_turn(uv_idle_t *idle)
{
    struct http_server *s = idle->data;
    struct link now; /* those that are touched meanwhile have their turn in the next one */

    link_init(&now);
    if (!link_empty(&s->touched)) {
        now = s->touched;
        now.next->prev = now.prev->next = &now;
        link_init(&s->touched);
    }
    while (!link_empty(&now)) {
        struct conn *c = LINK_OF(now.next, struct conn, touched);

        link_del(&c->touched);
        if (c->again && wants_input(c))
            readable(c);
        go_on(c);
        conn_rearm(c);
    }
    if (link_empty(&s->touched))
        uv_idle_stop(idle);
}

/* ------------------------------------------------------------------ time */

static void late(struct conn *c)
{
    c->due_ms = 0;
    if (c->kind == CONN_HTTP1)
        h1_late(c);
    else if (c->kind == CONN_HTTP2)
        h2_goodbye(c);
    else
        conn_kill(c);
    conn_rearm(c);
}

void conn_sweep(struct http_server *s, uint64_t now)
{
    struct link *next;

    for (struct link *l = s->conns.next; l != &s->conns; l = next) {
        struct conn *c = LINK_OF(l, struct conn, in_list);

        next = l->next; /* nobody is freed before the turn ends */
        if (c->dead)
            continue;
        if (conn_blocked(c) && now - c->write_ms >= SEND_TIMEOUT_MS)
            conn_kill(c);
        else if (c->due_ms && now >= c->due_ms)
            late(c);
    }
}

/* ------------------------------------------------------------- beginning */

void conn_in_family(const struct sockaddr *from, struct in6_addr *to)
{
    if (from->sa_family == AF_INET6) {
        *to = ((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;
        return;
    }
    *to = (struct in6_addr){{{[10] = 0xff, [11] = 0xff}}};
    memcpy(to->s6_addr + 12, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
}

/* All clients behind a proxy, or on this machine, come from one address. */
static size_t address_limit(const struct http_server *s, const struct in6_addr *from)
{
    struct ip_address address;

    memcpy(address.byte, from->s6_addr, sizeof(address.byte));
    if (s->config.connections_per_address > 0)
        return (size_t)s->config.connections_per_address;
    return forwarded_believes(s->proxies, s->proxy_count, &address) ? SIZE_MAX
                                                                    : (size_t)PER_ADDRESS;
}

int conn_open(struct http_server *s, int fd, const struct in6_addr *from, uint16_t port,
              bool redirects)
{
    struct conn *c;
    size_t have = guests_enter(s->guests, from);
    size_t most = address_limit(s, from);
    int yes = 1;

    if (most < have && have - most > CROWD_SLACK) {
        guests_leave(s->guests, from);
        return UV_EMFILE;
    }
    c = calloc(1, sizeof(*c));
    if (!c || uv_poll_init(loop_uv(s->loop), &c->poll, fd)) {
        guests_leave(s->guests, from);
        free(c);
        return UV_ENOMEM;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    c->poll.data = c;
    c->server = s;
    c->fd = fd;
    c->over = s->connections >= (size_t)s->config.connections_max;
    c->address = *from;
    c->port = port;
    c->redirects = redirects;
    c->crowded = have > most;
    buf_init(&c->in, SIZE_MAX / 2);
    buf_init(&c->out, OUT_MAX);
    link_init(&c->touched);
    link_init(&c->paced);
    link_add(&s->conns, &c->in_list);
    s->connections++;
    s->refs++;
    c->kind = CONN_NEW;
    conn_due(c, s->config.header_timeout_ms);
    if (!s->tls || redirects)
        h1_begin(c);
    conn_rearm(c);
    return 0;
}
