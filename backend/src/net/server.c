/**
 * @file net/server.c  The server itself: listening, the lws callback, the life of a request
 *
 *     accept -> header -> [body] -> worker -> answer -> next request on the same connection
 *
 * lws (4.1) does HTTP/1.1, HTTP/2, TLS and framing; everything that decides is here and in the
 * files beside. We accept connections ourselves, so that a full server can say 503, a stopping one
 * can close its door, and running out of descriptors is not fatal.
 */
#include "net/inner.h"

#include "base/clock.h"
#include "base/text.h"
#include "net/address.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    BACKLOG = 511,
    CONNECTIONS_DEFAULT = 4096,
    OVER_CAP_SLACK = 64, /* connections above the cap that still get their 503 */
    IDLE_DEFAULT_MS = 60000,
    OTHER_FILES = 512, /* descriptors the rest of the process may need */
};

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len);

static const struct lws_protocols protocols[] = {
    {.name = "interviewd",
     .callback = callback,
     .per_session_data_size = sizeof(struct session),
     .rx_buffer_size = 4096,
     .tx_packet_size = H1_CHUNK + RESPONSE_HEADERS_MAX},
    {.name = NULL},
};

static void server_unref(struct http_server *s)
{
    if (--s->refs)
        return;
    site_close(s->site);
    buf_release(&s->scratch);
    free(s);
}

/* lws looks at its timers only after one of its sockets did something, so it is nudged. */
void wsi_end(struct lws *wsi, int seconds)
{
    lws_set_timeout(wsi, PENDING_TIMEOUT_CLOSE_SEND, seconds ? seconds : LWS_TO_KILL_ASYNC);
    lws_cancel_service(lws_get_context(wsi));
}

/* ------------------------------------------------------------- answers */

static void txn_forget(struct session *session)
{
    struct txn *t = session->txn;
    struct http_server *s;

    if (!t)
        return;
    s = t->server;
    session->txn = NULL;
    t->wsi = NULL;
    stream_gone(t->stream);
    t->stream = NULL;
    if (!t->with_worker) {
        later_gone(t);
        txn_free(t);
        server_maybe_stopped(s);
    }
}

void txn_answer(struct txn *t)
{
    if (!t->res.status)
        reply_error(t, UV_EIO);
    send_start(t);
}

static void answer_status(struct txn *t, int status)
{
    http_problem(&t->res, &t->req, status, NULL, NULL, NULL);
    if (status == 503)
        http_set_header(&t->res, "Retry-After", "1");
    txn_answer(t);
}

static void run_handler(struct txn *t)
{
    struct http_server *s = t->server;
    int err = 0;

    if (t->req.route && s->config.before)
        err = s->config.before(&t->req, &t->res);
    if (!err)
        err = t->handler(&t->req, &t->res);
    if (t->res.later && err >= 0)
        return;
    t->res.later = false;
    if (!err && s->config.handled && t->req.route && !(t->req.route->flags & ROUTE_INLINE))
        s->config.handled(&t->req, &t->res);
    if (err < 0)
        reply_error(t, err);
    else if (t->res.body.err)
        reply_error(t, t->res.body.err);
}

static void work(void *arg)
{
    run_handler(arg);
}

static void worked(int err, void *arg)
{
    struct txn *t = arg;
    struct http_server *s = t->server;

    t->with_worker = false;
    if (!t->wsi) {
        later_gone(t);
        txn_free(t);
        server_maybe_stopped(s);
    } else if (err) {
        answer_status(t, 503);
    } else if (t->res.later) {
        later_handled(t);
    } else {
        later_gone(t);
        txn_answer(t);
    }
    server_unref(s);
}

static void tell_handled(void *arg)
{
    struct txn *t = arg;

    t->server->config.handled(&t->req, &t->res);
}

void txn_handled(struct txn *t)
{
    struct http_server *s = t->server;

    if (!s->config.handled || !t->req.route || t->req.route->flags & ROUTE_INLINE) {
        txn_answer(t);
        return;
    }
    t->state = TXN_HEAD; /* answered: its ticket is used up */
    t->with_worker = true;
    s->refs++;
    if (lane_submit(s->lanes, LANE_REQUEST, tell_handled, worked, t)) {
        t->with_worker = false;
        s->refs--;
        tell_handled(t); /* no worker to be had: what was done is told and written all the same */
        txn_answer(t);
    }
}

static int serve_site(const struct http_request *req, struct http_response *res)
{
    const struct txn *t = (const struct txn *)(const void *)req;

    return site_serve(t->server->site, req, res);
}

/* The site's files are read from the disk. */
static enum lane lane_of(const struct txn *t)
{
    return t->req.route ? (enum lane)(t->req.route->flags >> ROUTE_LANE_SHIFT) : LANE_READ;
}

/* The request is complete: let somebody answer it. */
void txn_dispatch(struct txn *t)
{
    t->state = TXN_WORKING;
    t->req.received_us = clock_mono_us();
    t->req.body = t->in.len ? t->in.data : NULL;
    t->req.body_len = t->in.len;
    lws_set_timeout(t->wsi, NO_PENDING_TIMEOUT, 0);
    t->handler = t->req.route ? t->req.route->handler : serve_site;
    if (t->req.route && t->req.route->flags & ROUTE_INLINE) {
        run_handler(t);
        if (t->res.later)
            later_handled(t);
        else
            txn_answer(t);
        return;
    }
    if (!t->h2)
        lws_rx_flow_control(t->wsi, 0);
    t->with_worker = true;
    t->server->refs++;
    if (lane_submit(t->server->lanes, lane_of(t), work, worked, t)) {
        t->with_worker = false;
        t->server->refs--;
        answer_status(t, 503);
    }
}

/* ---------------------------------------------------------- cross-site */

static void allow_origin(struct txn *t)
{
    const char *origin = http_header(&t->req, "origin");

    if (!t->server->config.origins || !*t->server->config.origins)
        return;
    http_set_header(&t->res, "Vary", "Origin");
    if (!origin_is_listed(origin, t->server->config.origins))
        return;
    http_set_header(&t->res, "Access-Control-Allow-Origin", origin);
    http_set_header(&t->res, "Access-Control-Allow-Credentials", "true");
    http_set_header(&t->res, "Access-Control-Expose-Headers",
                    "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Content-Disposition");
}

static void answer_options(struct txn *t)
{
    char allow[128];

    route_methods(t->server->routes, t, allow, sizeof(allow));
    http_reply_empty(&t->res, 204);
    http_set_header(&t->res, "Allow", *allow ? allow : "GET, HEAD");
    if (origin_is_listed(http_header(&t->req, "origin"), t->server->config.origins)) {
        http_set_header(&t->res, "Access-Control-Allow-Methods",
                        "GET, POST, PUT, PATCH, DELETE, OPTIONS");
        http_set_header(&t->res, "Access-Control-Allow-Headers", "Authorization, Content-Type");
        http_set_header(&t->res, "Access-Control-Max-Age", "600");
    }
    txn_answer(t);
}

/* -------------------------------------------------------------- header */

static bool is_api(const char *path)
{
    return strncmp(path, "/api/", 5) == 0 || strncmp(path, "/ws/", 4) == 0;
}

/* Who answers? 0, or the status that says nobody. */
static int choose(struct txn *t)
{
    int match = route_find(t->server->routes, t);
    char allow[128];

    if (match == MATCH_ROUTE)
        return 0;
    if (match == MATCH_PATH) {
        route_methods(t->server->routes, t, allow, sizeof(allow));
        http_set_header(&t->res, "Allow", allow);
        return 405;
    }
    if (ws_route_find(t->server, t->req.path)) {
        http_set_header(&t->res, "Upgrade", "websocket");
        return 426;
    }
    if (is_api(t->req.path))
        return 404;
    if (strcmp(t->req.method, "GET") != 0 && !t->head_only) {
        http_set_header(&t->res, "Allow", "GET, HEAD");
        return 405;
    }
    return t->server->site ? 0 : 404;
}

enum body { BODY_NONE, BODY_COMING, BODY_UNKNOWN_LENGTH, BODY_TOO_LARGE, BODY_NONSENSE };

static enum body expect_body(struct txn *t)
{
    const char *length = http_header(&t->req, "content-length");
    const char *method = t->req.method;
    int64_t n;

    t->body_max = t->req.route && t->req.route->body_max ? t->req.route->body_max
                                                         : (size_t)HTTP_BODY_DEFAULT_MAX;
    if (http_header(&t->req, "transfer-encoding"))
        return BODY_UNKNOWN_LENGTH;
    if (!length) {
        /* lws now waits for a body that may never come, so this connection is at its end */
        if (strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
            strcmp(method, "PATCH") == 0) {
            t->close_after = true;
            return t->h2 ? BODY_UNKNOWN_LENGTH : BODY_NONE;
        }
        return BODY_NONE;
    }
    if (!text_to_int64(length, 0, INT64_MAX, &n))
        return BODY_NONSENSE;
    if (n && (uint64_t)n > t->body_max)
        return BODY_TOO_LARGE;
    t->body_len = (size_t)n;
    return n ? BODY_COMING : BODY_NONE;
}

static int say_continue(struct txn *t)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const char *expect = http_header(&t->req, "expect");
    unsigned char out[LWS_PRE + sizeof(text)];

    if (!expect || t->h2 || strcasecmp(expect, "100-continue") != 0)
        return 0;
    memcpy(out + LWS_PRE, text, sizeof(text) - 1);
    return lws_write(t->wsi, out + LWS_PRE, sizeof(text) - 1, LWS_WRITE_HTTP) < 0 ? -1 : 0;
}

/* Answer without reading the body that was announced. */
static void refuse_body(struct txn *t, int status)
{
    t->close_after = true;
    t->body_due_ms = clock_mono_ms() + LINGER_MS;
    t->state = TXN_HEAD;
    answer_status(t, status);
}

static int error_status(int err)
{
    switch (err) {
    case UV_ENOTSUP:
        return 501;
    case UV_E2BIG:
        return 431;
    case UV_ENAMETOOLONG:
        return 414;
    default:
        return 400;
    }
}

static int on_body_expected(struct txn *t, int status)
{
    switch (expect_body(t)) {
    case BODY_UNKNOWN_LENGTH:
        refuse_body(t, 411);
        return 0;
    case BODY_NONSENSE:
        refuse_body(t, 400);
        return 0;
    case BODY_TOO_LARGE:
        refuse_body(t, status ? status : 413);
        return 0;
    case BODY_COMING:
        if (status) {
            refuse_body(t, status);
            return 0;
        }
        t->state = TXN_BODY;
        t->in.max = t->body_max;
        t->body_due_ms = clock_mono_ms() + t->server->config.body_grace_ms;
        /* HTTP/2: lws 4.1 lets the window run down to single bytes; all of it is granted now */
        if (t->h2)
            lws_wsi_tx_credit(t->wsi, LWSTXCR_PEER_TO_US, (int)t->body_len);
        return say_continue(t);
    case BODY_NONE:
        break;
    }
    if (status)
        answer_status(t, status);
    else if (strcmp(t->req.method, "OPTIONS") == 0)
        answer_options(t);
    else
        txn_dispatch(t);
    return 0;
}

static int on_request(struct http_server *s, struct lws *wsi, struct session *session)
{
    struct conn *conn = lws_get_opaque_user_data(lws_get_network_wsi(wsi));
    struct txn *t = txn_new(s, wsi);
    int err;

    if (!t)
        return -1;
    session->txn = t;
    link_add(&s->txns, &t->in_list);
    t->req.received_us = clock_mono_us();
    err = request_read(t);
    if (conn && conn->over)
        t->close_after = true;
    if (err) {
        t->close_after = true;
        answer_status(t, error_status(err));
        return 0;
    }
    if ((conn && conn->over) || s->stopping) {
        refuse_body(t, 503);
        return 0;
    }
    allow_origin(t);
    return on_body_expected(t, strcmp(t->req.method, "OPTIONS") == 0 ? 0 : choose(t));
}

static int on_body(struct txn *t, const void *in, size_t len)
{
    if (!t || t->state != TXN_BODY)
        return 0; /* answered already: dropped */
    if (buf_append(&t->in, in, len)) {
        refuse_body(t, 413);
        return 0;
    }
    t->body_due_ms += len * 1000 / BODY_RATE;
    return 0;
}

static int on_body_complete(struct session *session)
{
    struct txn *t = session->txn;

    if (!t)
        return 0;
    if (t->state == TXN_LINGER) {
        txn_forget(session);
        return -1;
    }
    t->body_due_ms = 0;
    if (t->state == TXN_BODY)
        txn_dispatch(t);
    return 0;
}

/* ------------------------------------------------------------- upgrade */

static int on_upgrade(struct http_server *s, struct lws *wsi)
{
    struct txn *t = txn_new(s, wsi);
    int status;

    if (!t)
        return -1;
    t->req.received_us = clock_mono_us();
    status = request_read(t) ? 400 : ws_admit(t);
    if (!status && http_header(&t->req, "sec-websocket-protocol"))
        status = 400; /* we know none, and lws would hang up without a word */
    if (!status) {
        t->wsi = NULL;
        txn_free(t);
        return 0;
    }
    t->close_after = true;
    if (status == 426)
        http_set_header(&t->res, "Sec-WebSocket-Version", "13");
    http_problem(&t->res, &t->req, status, NULL, NULL, NULL);
    send_refusal(t);
    t->wsi = NULL;
    txn_free(t);
    return -1;
}

static int on_filter_ws(struct http_server *s, struct lws *wsi)
{
    struct txn *t;
    int refused;

    if (lws_get_network_wsi(wsi) == wsi)
        return 0; /* HTTP/1: on_upgrade() has seen it */
    t = txn_new(s, wsi);
    refused = !t || request_read(t) || ws_admit(t);
    if (t)
        t->wsi = NULL;
    txn_free(t);
    return refused;
}

/* ------------------------------------------------------------ callback */

static void on_wsi_gone(struct http_server *s, struct lws *wsi)
{
    struct conn *conn = lws_get_opaque_user_data(wsi);

    if (!conn || conn->wsi != wsi)
        return;
    lws_set_opaque_user_data(wsi, NULL);
    s->connections--;
    free(conn);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    struct http_server *s = lws_context_user(lws_get_context(wsi));
    struct session *session = user;

    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return on_request(s, wsi, session);
    case LWS_CALLBACK_HTTP_BODY:
        return on_body(session->txn, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return on_body_complete(session);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return session && session->txn ? send_writable(session->txn) : 0;
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (session)
            txn_forget(session);
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return on_upgrade(s, wsi);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return on_filter_ws(s, wsi);
    case LWS_CALLBACK_WSI_DESTROY:
        on_wsi_gone(s, wsi);
        return 0;
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_RECEIVE_PONG:
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    case LWS_CALLBACK_CLOSED:
        return session ? ws_callback(s, wsi, reason, session, in, len) : 0;
    default:
        return 0;
    }
}

/* ----------------------------------------------------------- listening */

static void adopt(struct http_server *s, int fd)
{
    struct conn *conn = calloc(1, sizeof(*conn));
    int yes = 1;
    struct lws *wsi;

    if (!conn || s->connections >= (size_t)s->config.connections_max + OVER_CAP_SLACK) {
        free(conn);
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    wsi = lws_adopt_socket_vhost(s->vhost, fd); /* closes fd when it fails */
    if (!wsi) {
        free(conn);
        return;
    }
    conn->server = s;
    conn->wsi = wsi;
    conn->over = s->connections >= (size_t)s->config.connections_max;
    lws_set_opaque_user_data(wsi, conn);
    s->connections++;
}

static void on_listen(uv_poll_t *poll, int status, int events)
{
    enum { AT_ONCE = 64 };
    struct http_server *s = poll->data;

    (void)events;
    if (status)
        return;
    for (int i = 0; i < AT_ONCE; i++) {
        int fd = accept4(s->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0)
            break; /* none left; or out of descriptors: the sweep tries again */
        adopt(s, fd);
    }
    if (errno == EMFILE || errno == ENFILE) {
        uv_poll_stop(poll);
        errno = 0;
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

static int open_socket(const char *host, int port, struct errbuf *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list;
    char service[8];
    int fd = UV_EADDRNOTAVAIL;
    int rc;

    snprintf(service, sizeof(service), "%d", port);
    rc = getaddrinfo(host, service, &hints, &list);
    if (rc)
        return err_set(err, UV_EAI_NONAME, "cannot listen on %s: %s", host, gai_strerror(rc));
    for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
        fd = bind_one(a);
    freeaddrinfo(list);
    if (fd < 0)
        return err_set(err, fd, "cannot listen on %s port %d: %s", host, port, uv_strerror(fd));
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

static int start_listening(struct http_server *s, struct errbuf *err)
{
    int fd = open_socket(s->config.host, s->config.port, err);
    int rc;

    if (fd < 0)
        return fd;
    s->listen_fd = fd;
    s->port = local_port(fd);
    rc = uv_poll_init(loop_uv(s->loop), &s->listen_poll, fd);
    if (rc)
        return err_set(err, rc, "cannot watch the listening socket: %s", uv_strerror(rc));
    s->listen_poll.data = s;
    s->refs++;
    s->listening = true;
    return uv_poll_start(&s->listen_poll, UV_READABLE, on_listen);
}

static void on_listen_closed(uv_handle_t *handle)
{
    server_unref(handle->data);
}

static void stop_listening(struct http_server *s)
{
    if (s->listening)
        uv_close((uv_handle_t *)&s->listen_poll, on_listen_closed);
    s->listening = false;
    if (s->listen_fd >= 0)
        close(s->listen_fd); /* uv_close() has taken it out of the poll set already */
    s->listen_fd = -1;
}

/* --------------------------------------------------------------- sweep */

static void sweep_txns(struct http_server *s, uint64_t now)
{
    struct link *l;
    struct link *next;

    for (l = s->txns.next; l != &s->txns; l = next) {
        struct txn *t = LINK_OF(l, struct txn, in_list);

        next = l->next;
        if (!t->wsi || !t->body_due_ms || now < t->body_due_ms)
            continue;
        if (t->state == TXN_BODY)
            refuse_body(t, 408);
        else if (t->state == TXN_LINGER)
            wsi_end(t->wsi, 0);
    }
}

static void on_sweep(void *arg)
{
    struct http_server *s = arg;
    uint64_t now = clock_mono_ms();

    sweep_txns(s, now);
    ws_sweep(s, now);
    if (s->listening && !uv_is_active((uv_handle_t *)&s->listen_poll))
        uv_poll_start(&s->listen_poll, UV_READABLE, on_listen);
}

/* ------------------------------------------------------------ lifetime */

/* lws reserves room for every descriptor the process may open; a limit of a million would cost
 * more memory than the whole server. So the soft limit becomes what we need. */
static void limit_files(const struct http_config *config)
{
    rlim_t need = (rlim_t)config->connections_max + OVER_CAP_SLACK + OTHER_FILES;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return;
    limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_lws(struct http_server *s, struct errbuf *err)
{
    static const lws_retry_bo_t no_retry = {.secs_since_valid_ping = 0};
    void *loops[1] = {loop_uv(s->loop)};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME,
        .foreign_loops = loops,
        .user = s,
        .timeout_secs = HEADER_TIMEOUT_S,
        .keepalive_timeout = (int)(s->config.idle_timeout_ms / 1000),
        .max_http_header_data = 8192,
        .max_http_header_pool = 0, /* as many as there are connections */
        .retry_and_idle_policy = &no_retry,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
        .vhost_name = "interviewd",
    };

    if (s->tls) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = s->config.tls_cert;
        info.ssl_private_key_filepath = s->config.tls_key;
        info.alpn = "h2,http/1.1";
    }
    lws_set_log_level(0, NULL);
    limit_files(&s->config);
    s->lws = lws_create_context(&info);
    if (!s->lws)
        return err_set(err, UV_ENOMEM, "the web server library cannot start");
    s->vhost = lws_create_vhost(s->lws, &info);
    if (!s->vhost)
        return err_set(err, UV_EINVAL,
                       s->tls ? "the certificate or its key cannot be used (%s)"
                              : "the web server cannot start%.0s",
                       s->tls ? s->config.tls_cert : "");
    return 0;
}

static int open_parts(struct http_server *s, struct errbuf *err)
{
    int rc = open_lws(s, err);

    if (!rc)
        rc = start_listening(s, err);
    if (!rc)
        rc = site_open(&s->site, s->config.web_root);
    if (!rc)
        rc = timer_open(&s->sweep, s->loop, on_sweep, s);
    if (!rc)
        rc = timer_start(s->sweep, SWEEP_MS, SWEEP_MS);
    return rc;
}

static void patience(struct http_config *c)
{
    if (!c->ping_after_ms)
        c->ping_after_ms = PING_AFTER_MS;
    if (!c->dead_after_ms)
        c->dead_after_ms = DEAD_AFTER_MS;
    if (!c->body_grace_ms)
        c->body_grace_ms = BODY_GRACE_MS;
}

int http_server_open(struct http_server **sp, struct loop *loop, struct lanes *lanes,
                     const struct http_config *config, const struct http_route *routes,
                     const struct ws_route *sockets, void *app, struct errbuf *err)
{
    struct http_server *s = calloc(1, sizeof(*s));
    int rc;

    if (!s)
        return err_set(err, UV_ENOMEM, "no memory for the server");
    s->loop = loop;
    s->lanes = lanes;
    s->config = *config;
    patience(&s->config);
    s->routes = routes;
    s->sockets = sockets;
    s->app = app;
    s->listen_fd = -1;
    s->refs = 1;
    s->tls = config->tls_cert != NULL;
    if (s->config.connections_max <= 0)
        s->config.connections_max = CONNECTIONS_DEFAULT;
    if (!s->config.idle_timeout_ms)
        s->config.idle_timeout_ms = IDLE_DEFAULT_MS;
    link_init(&s->txns);
    link_init(&s->open_sockets);
    buf_init(&s->scratch, LWS_PRE + (1 << 20));
    rc = open_parts(s, err);
    if (rc) {
        http_server_close(s);
        return rc;
    }
    *sp = s;
    return 0;
}

int http_server_port(const struct http_server *server)
{
    return server->port;
}

size_t http_server_connections(const struct http_server *server)
{
    return server->connections;
}

/* ------------------------------------------------------------ stopping */

static void stopped(void *arg)
{
    struct http_server *s = arg;
    void (*done)(void *) = s->on_stopped;

    s->on_stopped = NULL;
    timer_stop(s->deadline);
    if (done)
        done(s->stopped_arg);
}

void server_maybe_stopped(struct http_server *s)
{
    if (!s->on_stopped || s->txns.next != &s->txns || s->open_sockets.next != &s->open_sockets)
        return;
    timer_start(s->deadline, 0, 0); /* soon, but not from inside somebody's callback */
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
    if (timer_open(&s->deadline, s->loop, stopped, s))
        return;
    timer_start(s->deadline, within_ms, 0);
    server_maybe_stopped(s);
}

/* lws 4.1 on a foreign loop ends in two steps: its handles close on the loop, then the rest. */
static void close_lws(struct http_server *s)
{
    enum { TURNS = 16 };

    if (!s->lws)
        return;
    lws_context_destroy(s->lws);
    for (int i = 0; i < TURNS; i++)
        uv_run(loop_uv(s->loop), UV_RUN_NOWAIT);
    lws_context_destroy(s->lws);
    s->lws = NULL;
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
    close_lws(s);
    server_unref(s);
}
