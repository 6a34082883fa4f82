/**
 * @file net/server.c  The server itself: listening, its life, stopping
 *
 * The connections (conn.c) and what they speak (h1.c, h2.c, websocket.c) bring requests to txn.c
 * and carry answers away.
 */
#include "net/address.h"
#include "net/net_internal.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <wslay/wslay.h>

enum {
    BACKLOG = 511,
    CONNECTIONS_DEFAULT = 4096,
    OVER_CAP_SLACK = 64, /* connections above the cap that still get their 503 */
    IDLE_DEFAULT_MS = 60000,
    OTHER_FILES = 512, /* descriptors the rest of the process may need */
};

/* ---------------------------------------------------------------------------- listening */

static void adopt(struct http_server *s, const struct listener *l, int fd,
                  const struct sockaddr_storage *from)
{
    struct in6_addr address;
    uint16_t port = from->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)from)->sin6_port
                                                : ((const struct sockaddr_in *)from)->sin_port;

    conn_in_family((const struct sockaddr *)from, &address);
    if (s->connections >= (size_t)s->config.connections_max + OVER_CAP_SLACK ||
        conn_open(s, fd, &address, ntohs(port), l->redirects))
        close(fd);
}

static void on_listen(uv_poll_t *poll, int status, int events)
{
    enum { AT_ONCE = 64 };
    struct listener *l = LINK_OF(poll, struct listener, poll);

    (void)events;
    if (status)
        return;
    for (int i = 0; i < AT_ONCE; i++) {
        struct sockaddr_storage from;
        socklen_t len = sizeof(from);
        int fd = accept4(l->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0 && (errno == EMFILE || errno == ENFILE))
            uv_poll_stop(poll); /* out of descriptors: the sweep tries again */
        if (fd < 0)
            break;
        adopt(poll->data, l, fd, &from);
    }
}

static int bind_one(const struct addrinfo *a)
{
    int yes = 1;
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, BACKLOG)) {
        int err = -errno;

        close(fd);
        return err;
    }
    return fd;
}

static int open_socket(const char *host, int port, struct errbuf *why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list;
    char service[8];
    int fd = UV_EADDRNOTAVAIL;
    int err;

    snprintf(service, sizeof(service), "%d", port);
    err = getaddrinfo(host, service, &hints, &list);
    if (err)
        return err_set(why, UV_EAI_NONAME, "cannot listen on %s: %s", host, gai_strerror(err));
    for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
        fd = bind_one(a);
    freeaddrinfo(list);
    if (fd < 0)
        return err_set(why, fd, "cannot listen on %s port %d: %s", host, port, uv_strerror(fd));
    return fd;
}

static int local_port(int fd)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof(addr);

    if (getsockname(fd, (struct sockaddr *)&addr, &len))
        return 0;
    if (addr.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&addr)->sin6_port);
    return ntohs(((struct sockaddr_in *)&addr)->sin_port);
}

/* What is safe to serve was decided by the configured address: a socket that more people reach is
 * not taken. */
static int adopt_socket(int fd, const char *host, struct errbuf *why)
{
    struct sockaddr_storage at = {0};
    socklen_t len = sizeof(at);
    char text[64] = "an address that cannot be told";

    if (!host_is_loopback(host))
        return fd;
    if (!getsockname(fd, (struct sockaddr *)&at, &len) &&
        !getnameinfo((struct sockaddr *)&at, len, text, sizeof(text), NULL, 0, NI_NUMERICHOST) &&
        address_is_loopback(text))
        return fd;
    close(fd);
    return err_set(why, UV_EACCES,
                   "the socket of the service manager is open to %s, but INTERVIEWD_LISTEN is %s: "
                   "set it to the same address, so that accounts and TLS are asked for",
                   text, host);
}

static int start_listening(struct http_server *s, struct listener *l, const char *host, int port,
                           int socket, struct errbuf *why)
{
    int fd = socket > 0 ? adopt_socket(socket, host, why) : open_socket(host, port, why);
    int err;

    if (fd < 0)
        return fd;
    l->fd = fd;
    l->port = local_port(fd);
    err = uv_poll_init(loop_uv(s->loop), &l->poll, fd);
    if (err)
        return err_set(why, err, "cannot watch the listening socket: %s", uv_strerror(err));
    l->poll.data = s;
    s->refs++;
    l->open = true;
    return uv_poll_start(&l->poll, UV_READABLE, on_listen);
}

static int listen_everywhere(struct http_server *s, struct errbuf *why)
{
    int err =
        start_listening(s, &s->listener[0], s->config.host, s->config.port, s->config.socket, why);

    if (err || !s->config.redirect_host)
        return err;
    s->listener[1].redirects = true;
    return start_listening(s, &s->listener[1], s->config.redirect_host, s->config.redirect_port, 0,
                           why);
}

static void on_listen_closed(uv_handle_t *handle)
{
    server_unref(handle->data);
}

static void stop_listening(struct http_server *s)
{
    for (struct listener *l = s->listener; l < s->listener + 2; l++) {
        if (l->open)
            uv_close((uv_handle_t *)&l->poll, on_listen_closed);
        l->open = false;
        if (l->fd >= 0)
            close(l->fd); /* uv_close() has taken it out of the poll set already */
        l->fd = -1;
    }
}

/* -------------------------------------------------------------------------------- sweep */

static void on_sweep(void *arg)
{
    struct http_server *s = arg;
    uint64_t now = uv_now(loop_uv(s->loop));

    conn_sweep(s, now);
    h2_sweep(s, now);
    ws_sweep(s, now);
    for (struct listener *l = s->listener; l < s->listener + 2; l++) {
        if (l->open && !uv_is_active((uv_handle_t *)&l->poll))
            uv_poll_start(&l->poll, UV_READABLE, on_listen);
    }
}

/* ----------------------------------------------------------------------------- stopping */

/* All is answered, or time is up: what is left ends now. Whoever owns something of a connection is
 * told when it closes, so the rest of the house is not freed before the last one has. */
static void on_deadline(void *arg)
{
    struct http_server *s = arg;
    void (*done)(void *) = s->on_stopped;

    timer_stop(s->deadline);
    s->ending = true;
    for (struct link *l = s->conns.next; l != &s->conns; l = l->next)
        conn_kill(LINK_OF(l, struct conn, in_list));
    if (!link_empty(&s->conns))
        return;
    s->on_stopped = NULL;
    if (done)
        done(s->stopped_arg);
}

void server_maybe_stopped(struct http_server *s)
{
    bool quiet = link_empty(&s->txns) && link_empty(&s->open_sockets);

    if (s->on_stopped && (s->ending ? link_empty(&s->conns) : quiet))
        timer_start(s->deadline, 0, 0); /* soon, but not from inside somebody's callback */
}

/* To those who ask for nothing at the moment. */
static void say_goodbye(struct http_server *s)
{
    for (struct link *l = s->conns.next; l != &s->conns; l = l->next) {
        struct conn *c = LINK_OF(l, struct conn, in_list);

        if (c->kind == CONN_HTTP2)
            h2_goodbye(c);
        else if (c->kind == CONN_HTTP1 && !c->txn)
            conn_finish(c);
        conn_rearm(c);
    }
}

void http_server_shutdown(struct http_server *s, uint64_t within_ms, void (*done)(void *arg),
                          void *arg)
{
    if (s->stopping)
        return;
    s->stopping = true;
    s->on_stopped = done;
    s->stopped_arg = arg;
    stop_listening(s);
    ws_close_all(s, 1001);
    say_goodbye(s);
    timer_start(s->deadline, within_ms, 0);
    server_maybe_stopped(s);
}

/* ----------------------------------------------------------------------------- lifetime */

void server_unref(struct http_server *s)
{
    if (--s->refs)
        return;
    site_close(s->site);
    tls_close(s->tls);
    guests_close(s->guests);
    if (s->spare_frames)
        wslay_frame_context_free(s->spare_frames);
    buf_release(&s->scratch);
    buf_release(&s->h2_out);
    free(s->proxies);
    free(s->rx);
    free(s);
}

/* Descriptors for every connection, as far as the hard limit allows. */
static void limit_files(const struct http_config *config)
{
    rlim_t need = (rlim_t)config->connections_max + OVER_CAP_SLACK + OTHER_FILES;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= need)
        return;
    limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void on_turn_closed(uv_handle_t *handle)
{
    server_unref(handle->data);
}

static int open_turn(struct http_server *s)
{
    int err = uv_idle_init(loop_uv(s->loop), &s->turn);

    s->turn.data = s;
    s->refs++;
    s->turning = !err;
    return err;
}

static int open_parts(struct http_server *s, struct errbuf *why)
{
    int err = 0;

    limit_files(&s->config);
    if (s->config.tls_cert)
        err = tls_open(&s->tls, s->config.tls_cert, s->config.tls_key, why);
    if (!err)
        err = peer_open(s, why);
    if (!err)
        err = guests_open(&s->guests);
    if (!err)
        err = open_turn(s);
    if (!err)
        err = listen_everywhere(s, why);
    if (!err)
        err = site_open(&s->site, s->config.web_root);
    if (!err)
        err = timer_open(&s->sweep, s->loop, on_sweep, s);
    if (!err)
        err = timer_start(s->sweep, SWEEP_MS, SWEEP_MS);
    if (!err)
        err = timer_open(&s->deadline, s->loop, on_deadline, s);
    if (!err)
        err = timer_open(&s->pace, s->loop, conn_pace, s);
    return err;
}

static void set_defaults(struct http_config *c)
{
    if (c->connections_max <= 0)
        c->connections_max = CONNECTIONS_DEFAULT;
    if (!c->bodies_max)
        c->bodies_max = BODIES_MAX;
    if (!c->idle_timeout_ms)
        c->idle_timeout_ms = IDLE_DEFAULT_MS;
    if (!c->header_timeout_ms)
        c->header_timeout_ms = HEADER_TIMEOUT_MS;
    if (!c->ping_after_ms)
        c->ping_after_ms = PING_AFTER_MS;
    if (!c->dead_after_ms)
        c->dead_after_ms = DEAD_AFTER_MS;
    if (!c->body_grace_ms)
        c->body_grace_ms = BODY_GRACE_MS;
}

/* All of it now, so that no answer on its way out fails for want of memory. */
static bool make_room(struct buf *b, size_t size)
{
    buf_init(b, size);
    return buf_reserve(b, size) != NULL;
}

int http_server_open(struct http_server **sp, struct loop *loop, struct lanes *lanes,
                     const struct http_config *config, const struct http_route *routes,
                     const struct ws_route *sockets, void *app, struct errbuf *why)
{
    struct http_server *s = calloc(1, sizeof(*s));
    int err;

    if (!s)
        return err_set(why, UV_ENOMEM, "no memory for the server");
    s->loop = loop;
    s->lanes = lanes;
    s->config = *config;
    set_defaults(&s->config);
    s->routes = routes;
    s->sockets = sockets;
    s->app = app;
    s->listener[0].fd = s->listener[1].fd = -1;
    s->refs = 1;
    link_init(&s->conns);
    link_init(&s->txns);
    link_init(&s->open_sockets);
    link_init(&s->touched);
    link_init(&s->paced);
    s->rx = malloc(READ_SIZE);
    err = s->rx && make_room(&s->scratch, RESPONSE_HEADERS_MAX + READ_SIZE + WRITE_SIZE) &&
                  make_room(&s->h2_out, READ_SIZE + WRITE_SIZE)
              ? open_parts(s, why)
              : err_set(why, UV_ENOMEM, "no memory for the server");
    if (err) {
        http_server_close(s);
        return err;
    }
    *sp = s;
    return 0;
}

/* Kill them all, and turn the loop until their handles are closed and everybody has been told. */
static void close_connections(struct http_server *s)
{
    enum { TURNS = 16 };

    for (struct link *l = s->conns.next; l != &s->conns; l = l->next)
        conn_kill(LINK_OF(l, struct conn, in_list));
    for (int i = 0; i < TURNS && !link_empty(&s->conns); i++)
        uv_run(loop_uv(s->loop), UV_RUN_NOWAIT);
}

void http_server_close(struct http_server *s)
{
    if (!s)
        return;
    s->on_stopped = NULL;
    s->stopping = true;
    timer_close(s->sweep);
    timer_close(s->deadline);
    stop_listening(s);
    close_connections(s);
    timer_close(s->pace);
    if (s->turning)
        uv_close((uv_handle_t *)&s->turn, on_turn_closed);
    server_unref(s);
}

/* ------------------------------------------------------------------ what is asked of it */

int http_server_port(const struct http_server *server)
{
    return server->listener[0].port;
}

struct http_server_stats http_server_stats(const struct http_server *server)
{
    struct http_server_stats stats = {.connections = server->connections};

    for (const struct link *l = server->txns.next; l != &server->txns; l = l->next)
        stats.requests++;
    return stats;
}

int http_server_renew_certificate(struct http_server *s, struct errbuf *why)
{
    return s->tls ? tls_renew(s->tls, s->config.tls_cert, s->config.tls_key, why) : 0;
}
