/**
 * @file api/socket.c  Common part of both WebSockets: signing in and joining an interview
 *
 * States, changed by set_state() only:
 *
 *     SIGN_IN -> LOADING -> JOINED <-> HELD
 *         \__________\_________\________\-> CLOSED
 *
 * A load that is on its way knows its socket by id. When it comes back and the socket is gone,
 * nobody wants what it brings.
 */
#include "api/socket.h"

#include "api/messages.h"
#include "api/presence.h"
#include "api/providers.h"
#include "auth/accounts.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "observe/log.h"
#include "observe/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum state { SIGN_IN, LOADING, JOINED, HELD, CLOSED };

struct waiting {
    struct waiting *next;
    bool binary;
    size_t len;
    char data[];
};

struct socket_inner {
    uint64_t id; /* in app->sockets */
    enum state state;
    char session_id[ID_TEXT_MAX];
    struct api_origin origin;
    struct presence_entry who; /* its user and family are "" until it has signed in */
    int64_t expires_at;        /* of its access token, [ms] since 1970 */
    bool reminded;
    struct loop_timer *timer;
    struct waiting *first;
    struct waiting **last;
    size_t waiting_bytes;
};

/* A session being loaded: created on the loop, filled by a worker, back on the loop. */
struct load {
    struct app *app;
    uint64_t socket;
    struct api_origin origin;
    char user[ID_TEXT_MAX];
    char session[ID_TEXT_MAX];
    struct session_context context;
    int code;
    struct errbuf err;
};

/* -------------------------------------------------------------------------- leaving */

static void drop_waiting(struct socket_inner *in)
{
    struct waiting *next;

    for (struct waiting *w = in->first; w; w = next) {
        next = w->next;
        free(w);
    }
    in->first = NULL;
    in->last = &in->first;
    in->waiting_bytes = 0;
}

static void socket_free(void *arg)
{
    struct socket *s = arg;

    drop_waiting(s->inner);
    free(s->inner);
    free(s);
}

static void shut(struct socket *s, int code, const char *reason)
{
    s->inner->state = CLOSED;
    timer_stop(s->inner->timer);
    presence_leave(&s->inner->who);
    drop_waiting(s->inner);
    if (s->ws)
        ws_close(s->ws, code, reason);
}

void socket_error(struct socket *s, const char *code, const char *message, int close_code)
{
    struct buf msg;

    if (!s->ws || s->inner->state == CLOSED)
        return;
    buf_init(&msg, MESSAGE_MAX);
    message_error(&msg, code, message);
    if (!msg.err)
        ws_send(s->ws, msg.data, msg.len, WS_KEEP, 0);
    buf_release(&msg);
    if (close_code)
        shut(s, close_code, code);
}

void socket_event(const struct live_event *event, void *arg)
{
    struct message_delivery how = message_delivery(event);
    struct socket *s = arg;
    struct buf msg;

    if (!s->ws)
        return;
    buf_init(&msg, MESSAGE_MAX);
    message_write(&msg, event);
    if (!msg.err)
        ws_send(s->ws, msg.data, msg.len, how.kind, how.key);
    buf_release(&msg);
}

void socket_closed(struct socket *s, int code)
{
    char text[12];

    snprintf(text, sizeof(text), "%d", code);
    metric_add(METRIC_WS_CONNECTIONS, -1, s->kind->path);
    /* A peer may send any code. */
    metric_add(METRIC_WS_CLOSED, 1, s->kind->path, code >= 1000 && code <= 1015 ? text : "other");
    s->ws = NULL;
    s->inner->state = CLOSED;
    slots_drop(&s->app->sockets, s->inner->id);
    timer_close(s->inner->timer);
    presence_leave(&s->inner->who);
    s->kind->on_gone(s->owner);
    if (s->live)
        live_leave(s->live);
    s->live = NULL;
    loop_free_later(s->app->loop, s, socket_free);
}

/* --------------------------------------------------------------------------- joining */

static void sign_in_again(struct socket *s, const json_t *msg);

static bool is_authenticate(const json_t *msg)
{
    const char *type = json_str(msg, "type");

    return type && !strcmp(type, "authenticate");
}

static void deliver(struct socket *s, bool binary, const char *data, size_t len)
{
    json_t *msg;

    if (binary) {
        if (s->kind->on_audio)
            s->kind->on_audio(s, data, len, s->owner);
        else
            socket_error(s, "bad_message", "this socket takes no binary messages",
                         SOCKET_CLOSE_RULES);
        return;
    }
    msg = json_parse(data, len);
    if (!json_is_object(msg))
        socket_error(s, "bad_message", "a message must be one JSON object", SOCKET_CLOSE_RULES);
    else if (is_authenticate(msg))
        sign_in_again(s, msg);
    else
        s->kind->on_message(s, msg, s->owner);
    json_decref(msg);
}

static void deliver_waiting(struct socket *s)
{
    struct socket_inner *in = s->inner;

    while (in->first && in->state == JOINED) {
        struct waiting *w = in->first;

        in->first = w->next;
        if (!in->first)
            in->last = &in->first;
        in->waiting_bytes -= w->len;
        deliver(s, w->binary, w->data, w->len);
        free(w);
    }
}

uint64_t socket_hold(struct socket *s)
{
    s->inner->state = HELD;
    return s->inner->id;
}

struct socket *socket_held(struct app *app, uint64_t name)
{
    struct socket *s = slots_get(&app->sockets, name);

    return s && s->inner->state == HELD ? s : NULL;
}

void socket_go_on(struct socket *s)
{
    if (s->inner->state != HELD)
        return;
    s->inner->state = JOINED;
    deliver_waiting(s);
}

static void load(void *arg)
{
    struct load *l = arg;
    struct live_deps deps = {.store = l->app->store, .seal = l->app->seal};

    l->code = session_context_load(&deps, l->user, l->session, &l->context, &l->err);
    if (!l->code)
        l->code = providers_choice(l->app, l->user, &l->context.choice, &l->err);
    if (!l->code && store_session_resume(l->app->store, l->user, l->session, &l->err))
        log_warn("api", "a session is not marked as resumed: %s", l->err.text);
    if (!l->code)
        api_audit_say(&l->origin, l->user, "join", "session", l->session, 101, "");
    else if (l->code == UV_ENOENT)
        api_audit_say(&l->origin, l->user, "join", "session", l->session, 404, "");
}

static void join(struct socket *s, struct session_context *context)
{
    struct socket_inner *in = s->inner;
    int err = live_join(s->app->live, context, &s->live);

    if (err == UV_ECANCELED) {
        socket_error(s, "shutting_down", "the server is going away", SOCKET_CLOSE_AWAY);
        return;
    }
    if (!err) {
        in->state = JOINED;
        err = s->kind->on_joined(s, s->owner);
    }
    if (err)
        socket_error(s, "internal", "the interview could not be joined", SOCKET_CLOSE_FAILED);
    else
        deliver_waiting(s);
}

static void loaded(int err, void *arg)
{
    struct load *l = arg;
    struct socket *s = slots_get(&l->app->sockets, l->socket);
    int code = err ? err : l->code;

    if (!s || s->inner->state == CLOSED) {
        ; /* nobody wants it any more */
    } else if (code == UV_ENOENT) {
        socket_error(s, "not_found", "there is no such session", SOCKET_CLOSE_NO_SESSION);
    } else if (code == UV_ENOTCONN) {
        log_error("api", "a session could not be loaded: %s", l->err.text);
        socket_error(s, "unavailable", "the database cannot be reached at the moment",
                     SOCKET_CLOSE_FULL);
    } else if (code) {
        log_error("api", "a session could not be loaded: %s", l->err.text);
        socket_error(s, "internal", "the session could not be loaded", SOCKET_CLOSE_FAILED);
    } else {
        join(s, &l->context);
    }
    session_context_release(&l->context);
    free(l);
}

static void start_loading(struct socket *s)
{
    struct socket_inner *in = s->inner;
    struct load *l;

    if (!id_valid(in->session_id)) {
        socket_error(s, "not_found", "there is no such session", SOCKET_CLOSE_NO_SESSION);
        return;
    }
    in->state = LOADING;
    l = calloc(1, sizeof(*l));
    if (l) {
        l->app = s->app;
        l->socket = in->id;
        l->origin = in->origin;
        memcpy(l->user, in->who.user, sizeof(l->user));
        memcpy(l->session, in->session_id, sizeof(l->session));
    }
    if (!l || lane_submit(s->app->lanes, LANE_READ, load, loaded, l)) {
        free(l);
        socket_error(s, "overloaded", "the server is busy; try again in a moment",
                     SOCKET_CLOSE_FULL);
    }
}

/* ------------------------------------------------------------------------- signing in */

static void refuse(struct socket *s, const char *message)
{
    socket_error(s, "unauthorized", message, SOCKET_CLOSE_SIGN_IN);
}

static void on_signed_out(void *arg)
{
    socket_error(arg, "signed_out", "this sign-in was ended", SOCKET_CLOSE_SIGN_IN);
}

static void remind(struct socket *s, int64_t left_ms)
{
    struct buf msg;

    s->inner->reminded = true;
    buf_init(&msg, MESSAGE_MAX);
    buf_printf(&msg, "{\"type\":\"expiring\",\"inMs\":%lld}", (long long)left_ms);
    if (!msg.err)
        ws_send(s->ws, msg.data, msg.len, WS_KEEP, 0);
    buf_release(&msg);
}

/* The wall clock is read again each time: the machine may have slept, or the clock may have been
 * set. */
static void watch_expiry(struct socket *s)
{
    struct socket_inner *in = s->inner;
    int64_t left = in->expires_at - clock_unix_ms();
    int64_t remind_at = left > 2 * SOCKET_REMIND_MS ? SOCKET_REMIND_MS : left / 2;

    if (left <= 0) {
        s->lapsed = true;
        socket_error(s, "token_expired", "the access token has expired", SOCKET_CLOSE_SIGN_IN);
        return;
    }
    if (in->reminded)
        remind_at = 0;
    timer_start(in->timer, (uint64_t)(left - remind_at), 0);
}

static void on_timer(void *arg)
{
    struct socket *s = arg;
    struct socket_inner *in = s->inner;

    if (in->state == SIGN_IN) {
        refuse(s, "sign in within 5 seconds: the first message must be authenticate");
        return;
    }
    if (!in->reminded && in->expires_at > clock_unix_ms())
        remind(s, in->expires_at - clock_unix_ms());
    watch_expiry(s);
}

static bool verify(struct socket *s, const char *token, struct token_claims *claims)
{
    return token &&
           !accounts_verify(s->app->accounts, token, strlen(token), clock_unix_ms(), claims);
}

static void sign_in_as(struct socket *s, const char *token)
{
    struct socket_inner *in = s->inner;
    struct token_claims claims;

    if (!verify(s, token, &claims)) {
        refuse(s, "the access token is not valid or has expired");
        return;
    }
    memcpy(in->who.user, claims.user, sizeof(in->who.user));
    memcpy(in->who.family, claims.family, sizeof(in->who.family));
    in->who.on_signed_out = on_signed_out;
    in->who.arg = s;
    in->expires_at = claims.expires_at;
    if (presence_join(s->app->presence, &in->who)) {
        socket_error(s, "rate_limited", "too many sockets of this user are open",
                     SOCKET_CLOSE_FULL);
        return;
    }
    ws_set_message_max(s->ws, WS_MESSAGE_MAX); /* now it is known who sends them */
    start_loading(s);
    if (in->state != CLOSED)
        watch_expiry(s);
}

/* A new token before the old one expires. It may belong to another sign-in of the same user. */
static void sign_in_again(struct socket *s, const json_t *msg)
{
    struct socket_inner *in = s->inner;
    struct token_claims claims;

    if (!verify(s, json_str(msg, "accessToken"), &claims)) {
        refuse(s, "the access token is not valid or has expired");
        return;
    }
    if (strcmp(claims.user, in->who.user) != 0) {
        refuse(s, "this socket belongs to somebody else");
        return;
    }
    memcpy(in->who.family, claims.family, sizeof(in->who.family));
    in->expires_at = claims.expires_at;
    in->reminded = false;
    watch_expiry(s);
}

static void sign_in(struct socket *s, const char *text, size_t len)
{
    json_t *msg = json_parse(text, len);

    if (is_authenticate(msg))
        sign_in_as(s, json_str(msg, "accessToken"));
    else
        refuse(s, "the first message must be authenticate");
    json_decref(msg);
}

bool socket_listen(struct socket *s)
{
    if (!presence_listen(&s->inner->who))
        return true;
    socket_error(s, "rate_limited", "as many streams of this user are heard as may be at a time",
                 SOCKET_CLOSE_FULL);
    return false;
}

static void wait_for_turn(struct socket *s, bool binary, const char *data, size_t len)
{
    struct socket_inner *in = s->inner;
    struct waiting *w;

    if (in->waiting_bytes + len > SOCKET_WAITING_MAX) {
        socket_error(s, "overloaded", "too much was sent before the session was ready",
                     SOCKET_CLOSE_FULL);
        return;
    }
    w = malloc(sizeof(*w) + len);
    if (!w) {
        socket_error(s, "internal", "out of memory", SOCKET_CLOSE_FAILED);
        return;
    }
    *w = (struct waiting){.binary = binary, .len = len};
    memcpy(w->data, data, len);
    *in->last = w;
    in->last = &w->next;
    in->waiting_bytes += len;
}

static void take(struct socket *s, bool binary, const char *data, size_t len)
{
    switch (s->inner->state) {
    case SIGN_IN:
        if (binary)
            refuse(s, "audio came before authenticate");
        else
            sign_in(s, data, len);
        break;
    case LOADING:
    case HELD:
        wait_for_turn(s, binary, data, len);
        break;
    case JOINED:
        deliver(s, binary, data, len);
        break;
    case CLOSED:
        break;
    }
}

void socket_text(struct socket *s, const char *text, size_t len)
{
    take(s, false, text, len);
}

void socket_binary(struct socket *s, const void *data, size_t len)
{
    take(s, true, data, len);
}

int socket_open(struct socket **sp, struct ws *ws, const struct http_request *req, struct app *app,
                const struct socket_kind *kind, void *owner)
{
    struct socket *s = calloc(1, sizeof(*s));
    struct socket_inner *in = calloc(1, sizeof(*in));
    const char *session = http_query(req, "session_id");
    const char *bearer = http_header(req, "authorization");

    if (s && in)
        in->id = slots_add(&app->sockets, s);
    if (!s || !in || !in->id || timer_open(&in->timer, app->loop, on_timer, s)) {
        if (in)
            slots_drop(&app->sockets, in->id);
        free(s);
        free(in);
        return SOCKET_CLOSE_FAILED;
    }
    *s = (struct socket){.app = app,
                         .user = in->who.user,
                         .session = in->session_id,
                         .ws = ws,
                         .kind = kind,
                         .owner = owner,
                         .inner = in};
    metric_add(METRIC_WS_CONNECTIONS, 1, kind->path);
    in->last = &in->first;
    if (session && id_valid(session)) /* anything else is not one of our sessions; ids are never
                                         truncated */
        text_copy(in->session_id, sizeof(in->session_id), session, strlen(session));
    api_origin(req, &in->origin);
    *sp = s;

    if (bearer && !strncasecmp(bearer, "Bearer ", 7))
        sign_in_as(s, bearer + 7);
    else
        timer_start(in->timer, SOCKET_SIGN_IN_MS, 0);
    return 0;
}
