/**
 * @file net/txn.c  The life of a request, from its header to its answer
 *
 *     header -> [who is it?] -> [body] -> worker -> answer -> next request
 *
 * Everything that decides about a request is in this file and those beside it; what carries it
 * (h1.c, h2.c) asks here what comes next.
 */
#include "net/net_internal.h"

#include "base/clock.h"
#include "net/address.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------------------- header */

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

/* ------------------------------------------------------------------------------ answers */

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

/* ------------------------------------------------------------------------------ workers */

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

/* ---------------------------------------------------------------------------- admission */

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

/* -------------------------------------------------------------------------- the handler */

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

static int serve_site(const struct http_request *req, struct http_response *res)
{
    return site_serve(req->server->site, req, res);
}

/* The site's files are read from the disk. */
static enum lane lane_of(const struct txn *t)
{
    return t->req.route ? (enum lane)(t->req.route->flags >> ROUTE_LANE_SHIFT) : LANE_READ;
}

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
