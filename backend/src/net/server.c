/**
 * @file net/server.c  The server itself: listening, the life of a request, stopping
 *
 *     accept -> header -> [who is it?] -> [body] -> worker -> answer -> next request
 *
 * The connections (conn.c) and what they speak (h1.c, h2.c, websocket.c) bring requests here and
 * carry answers away; everything that decides about a request is in this file and those beside it.
 */
#include "net/net_internal.h"

#include "base/clock.h"
#include "base/text.h"
#include "net/address.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static void answer_status(struct txn *t, int status);
static void on_deadline(void *arg);

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

/* ------------------------------------------------------------- answers */

void txn_forget(struct txn *t)
{
    struct http_server *s = t->server;

    t->conn = NULL;
    t->h2 = NULL;
    if (t->with_worker)
        return; /* it is freed when it comes back */
    stream_gone(t);
    later_gone(t);
    txn_free(t);
    server_maybe_stopped(s);
}

void txn_done(struct txn *t)
{
    struct http_server *s = t->server;
    uint64_t began = t->req.received_us;

    if (s->config.after)
        s->config.after(&t->req,
                        &(struct http_answered){.status = t->res.status,
                                                .micros = began ? clock_mono_us() - began : 0,
                                                .bytes = t->given});
    txn_free(t);
    server_maybe_stopped(s);
}

void txn_answer(struct txn *t)
{
    if (!t->res.status)
        reply_error(t, UV_EIO);
    t->state = TXN_HEAD;
    t->given = t->head_only ? 0 : source_length(&t->res);
    if (t->h2)
        h2_send(t);
    else
        h1_send(t);
}

static void answer_status(struct txn *t, int status)
{
    if (status == 308)
        http_reply_empty(&t->res, status);
    else
        http_problem(&t->res, &t->req, status, NULL, t->why, NULL);
    if (status == 503 || status == 429)
        http_set_header(&t->res, "Retry-After", "1");
    txn_answer(t);
}

void txn_refuse(struct txn *t, int status)
{
    if (!t->req.received_us)
        t->req.received_us = clock_mono_us();
    answer_status(t, status);
}

/* ------------------------------------------------------------- workers */

/* An answer, or a header of it, that is not whole is none. */
void txn_filled(struct txn *t, int err)
{
    if (err >= 0 && t->res.body.err)
        err = t->res.body.err;
    if (err >= 0 && t->res.headers.err)
        err = t->res.headers.err;
    if (err < 0)
        reply_error(t, err);
}

/* From here on it is this request that is worked at. Returns what was before. */
struct about txn_about(const struct txn *t)
{
    return about_set((struct about){.request = t->req.id, .trace = t->req.trace});
}

static void run_handler(struct txn *t)
{
    struct http_server *s = t->server;
    struct about before = txn_about(t);
    int err = 0;

    if (t->req.route && s->config.before && !t->admitted)
        err = s->config.before(&t->req, &t->res);
    if (!err) {
        t->req.upload = t->upload;
        t->upload = NULL; /* the handler's, from here on */
        err = t->handler(&t->req, &t->res);
    }
    t->res.chunked = source_is_open_ended(&t->res) && !t->h2 && !t->http10 && !t->head_only;
    if (!err && !t->head_only)
        err = source_fill(&t->res);
    if (!t->res.later || err < 0) {
        t->res.later = false;
        if (!err && s->config.handled && t->req.route && !(t->req.route->flags & ROUTE_INLINE))
            s->config.handled(&t->req, &t->res);
        txn_filled(t, err);
    }
    about_set(before);
}

static void work(void *arg)
{
    run_handler(arg);
}

/* The worker has let go. True: its client is still there. */
bool txn_came_back(struct txn *t)
{
    t->with_worker = false;
    if (!t->conn)
        txn_forget(t);
    else if (!t->conn->dead)
        return true;
    return false; /* of a dead connection it goes with the connection, in this turn */
}

static void worked(int err, void *arg)
{
    struct txn *t = arg;
    struct http_server *s = t->server;

    if (!txn_came_back(t)) {
        server_unref(s);
        return;
    }
    if (err) {
        answer_status(t, 503);
    } else if (t->res.later) {
        later_handled(t);
    } else {
        later_gone(t);
        txn_answer(t);
    }
    server_unref(s);
}

bool txn_give(struct txn *t, enum lane lane, void (*fn)(void *arg),
              void (*done)(int err, void *arg))
{
    t->with_worker = true;
    t->server->refs++;
    if (lane_submit(t->server->lanes, lane, fn, done, t) == 0)
        return true;
    t->with_worker = false;
    t->server->refs--;
    return false;
}

static void tell_handled(void *arg)
{
    struct txn *t = arg;
    struct about before = txn_about(t);

    t->server->config.handled(&t->req, &t->res);
    about_set(before);
}

void txn_handled(struct txn *t)
{
    struct http_server *s = t->server;

    if (!s->config.handled || !t->req.route || t->req.route->flags & ROUTE_INLINE) {
        txn_answer(t);
        return;
    }
    t->state = TXN_WORKING; /* answered: its ticket is used up */
    t->res.ticket = 0;
    if (!txn_give(t, LANE_REQUEST, tell_handled, worked)) {
        tell_handled(t); /* no worker to be had: what was done is told and written all the same */
        txn_answer(t);
    }
}

static int serve_site(const struct http_request *req, struct http_response *res)
{
    return site_serve(req->server->site, req, res);
}

/* The site's files are read from the disk. */
static enum lane lane_of(const struct txn *t)
{
    return t->req.route ? (enum lane)(t->req.route->flags >> ROUTE_LANE_SHIFT) : LANE_READ;
}

static void answer_options(struct txn *t);

void txn_dispatch(struct txn *t)
{
    t->state = TXN_WORKING;
    t->req.received_us = clock_mono_us();
    t->req.body = t->in.len ? t->in.data : NULL;
    t->req.body_len = t->in.len;
    if (strcmp(t->req.method, "OPTIONS") == 0) {
        answer_options(t);
        return;
    }
    t->handler = t->req.route ? t->req.route->handler : serve_site;
    if (t->req.route && t->req.route->flags & ROUTE_INLINE) {
        run_handler(t);
        if (t->res.later)
            later_handled(t);
        else
            txn_answer(t);
        return;
    }
    if (!txn_give(t, lane_of(t), work, worked))
        answer_status(t, 503);
}

/* ----------------------------------------------------------- admission */

bool txn_needs_admission(const struct txn *t)
{
    if (t->req.route && t->req.route->intake)
        return true;
    return t->req.route && t->req.route->flags & ROUTE_AUTH && t->server->config.before &&
           (t->length > UNSIGNED_BODY_MAX || !t->length); /* of chunks nobody says how many */
}

static void ask_who(void *arg)
{
    struct txn *t = arg;
    struct about before = txn_about(t);

    t->admitted = !t->server->config.before || t->server->config.before(&t->req, &t->res) == 0;
    if (t->admitted && t->req.route->intake)
        t->admitted = intake_begin(t) == 0;
    about_set(before);
}

static void asked_who(int err, void *arg)
{
    struct txn *t = arg;
    struct http_server *s = t->server;

    if (!txn_came_back(t)) {
        server_unref(s);
        return;
    }
    if (!err && t->admitted) {
        if (t->h2)
            h2_admitted(t);
        else
            h1_admitted(t);
    } else {
        t->close_after = true;
        t->req.received_us = clock_mono_us();
        if (err)
            answer_status(t, 503);
        else
            txn_answer(t);
    }
    server_unref(s);
}

void txn_admit(struct txn *t)
{
    t->state = TXN_ADMITTING;
    if (txn_give(t, LANE_REQUEST, ask_who, asked_who))
        return;
    t->close_after = true;
    txn_refuse(t, 503);
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
                    "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Content-Disposition, "
                    "Content-Range, Accept-Ranges, ETag, Location");
}

static void answer_options(struct txn *t)
{
    char allow[128];

    route_methods(t->server->routes, t, allow, sizeof(allow));
    if (strcmp(t->req.path, "*") == 0)
        snprintf(allow, sizeof(allow), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    http_reply_empty(&t->res, 204);
    http_set_header(&t->res, "Allow", *allow ? allow : "GET, HEAD");
    if (origin_is_listed(http_header(&t->req, "origin"), t->server->config.origins)) {
        http_set_header(&t->res, "Access-Control-Allow-Methods",
                        "GET, POST, PUT, PATCH, DELETE, OPTIONS");
        http_set_header(&t->res, "Access-Control-Allow-Headers",
                        "Authorization, Content-Type, If-Match, If-None-Match, If-Range, "
                        "Range, traceparent");
        http_set_header(&t->res, "Access-Control-Max-Age", "600");
    }
    txn_answer(t);
}

/* -------------------------------------------------------------- header */

/* The pages that show the API stand beside it, and are files all the same. */
static bool is_api(const char *path)
{
    if (strncmp(path, "/api/docs/", 10) == 0 || strcmp(path, "/api/docs") == 0)
        return false;
    return strncmp(path, "/api/", 5) == 0 || strncmp(path, "/v1/", 4) == 0 ||
           strncmp(path, "/ws/", 4) == 0;
}

static int not_allowed(struct txn *t, const char *allow)
{
    http_set_header(&t->res, "Allow", allow);
    return 405;
}

static int choose_socket(struct txn *t)
{
    http_set_header(&t->res, "Sec-WebSocket-Version", "13");
    if (strcmp(t->req.method, "GET") != 0)
        return not_allowed(t, "GET");
    if (t->upgrades)
        return ws_admit(t);
    if (!t->h2)
        http_set_header(&t->res, "Upgrade", "websocket");
    return 426;
}

/* Who answers? 0, or the status that says nobody. */
static int choose(struct txn *t)
{
    bool hidden = t->inner.target.slash_hidden;
    char allow[128];
    int match;

    if (!hidden && ws_route_find(t->server, t->req.path))
        return choose_socket(t);
    t->upgrades = false; /* an offer that need not be taken */
    match = route_find(t->server->routes, t);
    if (hidden && (match != MATCH_ROUTE || !route_takes_slashes(t->req.route))) {
        t->req.route = NULL;
        return 404; /* one name or two? Few here have a name with a slash in it */
    }
    if (match == MATCH_ROUTE)
        return 0;
    if (match < 0)
        return 503;
    if (match == MATCH_PATH) {
        route_methods(t->server->routes, t, allow, sizeof(allow));
        return not_allowed(t, allow);
    }
    if (is_api(t->req.path))
        return 404;
    if (strcmp(t->req.method, "GET") != 0 && !t->head_only)
        return not_allowed(t, "GET, HEAD");
    return t->server->site ? 0 : 404;
}

/* The same address by https; a method and its body go with it (RFC 9110 section 15.4.9). */
static int send_on(struct txn *t)
{
    int port = t->server->listener[0].port;
    size_t name = t->req.host ? strlen(t->req.host) : 0;
    const char *colon = name ? strrchr(t->req.host, ':') : NULL;
    char where[HEAD_TARGET_MAX + 300];
    char given[8] = "";

    if (!name || !t->inner.address)
        return 400;
    if (colon && !strchr(colon, ']'))
        name = (size_t)(colon - t->req.host);
    if (port != 443)
        snprintf(given, sizeof(given), ":%d", port);
    snprintf(where, sizeof(where), "https://%.*s%s%s", (int)name, t->req.host, given,
             t->inner.address);
    http_set_header(&t->res, "Location", where);
    t->close_after = true;
    return 308;
}

static int not_here(struct txn *t)
{
    if (t->conn->plain_on_tls) {
        t->close_after = true;
        t->why = "This port speaks HTTPS: the address must begin with https://.";
        return 400;
    }
    if (t->conn->redirects)
        return send_on(t);
    if (t->conn->crowded || t->conn->over || t->server->stopping) {
        t->close_after = true;
        return t->conn->crowded ? 429 : 503;
    }
    return 0;
}

/* Of the body that is announced, at a time. */
static uint64_t most_held(const struct txn *t)
{
    bool in_pieces = t->req.route && t->req.route->intake;

    return in_pieces && t->length > PIECE ? PIECE : t->length;
}

int txn_headed(struct txn *t)
{
    int status = request_read(t);

    if (t->server->config.begin)
        t->server->config.begin(&t->req);
    if (t->refused)
        status = t->refused;
    if (!status)
        status = not_here(t);
    else if (status == 400)
        t->why = t->why ? t->why : "The address or the Host of this request is not one.";
    if (status)
        return status;
    allow_origin(t);
    t->body_max = HTTP_BODY_DEFAULT_MAX;
    if (strcmp(t->req.method, "OPTIONS") == 0)
        return 0;
    status = choose(t);
    if (status)
        return status;
    if (t->req.route && t->req.route->body_max)
        t->body_max = t->req.route->body_max;
    if (t->req.route && t->has_coming &&
        !route_takes(t->req.route, http_header(&t->req, "content-type")))
        return 415;
    if (t->length <= t->body_max && !txn_has_room(t, most_held(t)))
        return 503;
    return 0;
}

/* ----------------------------------------------------------- listening */

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

static int start_listening(struct http_server *s, struct listener *l, const char *host, int port,
                           struct errbuf *why)
{
    int fd = open_socket(host, port, why);
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
    int err = start_listening(s, &s->listener[0], s->config.host, s->config.port, why);

    if (err || !s->config.redirect_host)
        return err;
    s->listener[1].redirects = true;
    return start_listening(s, &s->listener[1], s->config.redirect_host, s->config.redirect_port,
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

/* --------------------------------------------------------------- sweep */

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

/* ------------------------------------------------------------ lifetime */

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

/* ------------------------------------------------------------ stopping */

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
    if (s->turning)
        uv_close((uv_handle_t *)&s->turn, on_turn_closed);
    server_unref(s);
}
