/**
 * @file api/ws_llm.c  WS /ws/llm-stream: everything that is generated for the session
 */
#include "api/sockets.h"

#include "api/messages.h"
#include "api/sessions.h"
#include "api/socket.h"
#include "api/ws_messages.h"
#include "base/json.h"
#include "base/text.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "observe/log.h"

#include <stdlib.h>
#include <string.h>

struct llm_socket {
    struct socket *socket;
    struct live_listener *listener;
};

/* -------------------------------------------------------------------------- generate */

static void ask(struct socket *s, const struct live_ask *asked)
{
    struct errbuf why = {""};
    int err = live_ask(s->live, asked, NULL, &why);

    if (err)
        socket_error(s, err == UV_EINVAL ? "bad_message" : "provider_failed",
                     why.text[0] ? why.text : uv_strerror(err), 0);
}

/* A question that is asked again in its old place: made on the loop, looked up by a worker, asked
 * on the loop. Meanwhile its socket's messages wait. */
struct asked_again {
    struct app *app;
    uint64_t socket;
    char user[ID_TEXT_MAX];
    char session[ID_TEXT_MAX];
    json_t *msg; /* owns what .generate points to; the worker must not change its reference count */
    struct ws_generate generate;
    struct live_again again;
    int err;
    struct errbuf why;
};

static void look_up(void *arg)
{
    struct asked_again *a = arg;
    char session[ID_TEXT_MAX];

    a->err =
        transcript_again(a->app, a->user, a->generate.transcript_id, &a->again, session, &a->why);
    if (!a->err && strcmp(session, a->session) != 0)
        a->err = UV_ENOENT;
}

static void looked_up(int err, void *arg)
{
    struct asked_again *a = arg;
    struct socket *s = socket_held(a->app, a->socket);

    err = err ? err : a->err;
    if (s && !err) {
        a->generate.ask.again = &a->again;
        ask(s, &a->generate.ask);
    } else if (s && err == UV_EINVAL) {
        socket_error(s, "bad_message", "transcriptId must be the id of a question", 0);
    } else if (s && err == UV_ENOENT) {
        socket_error(s, "not_found", "the session has no such question", 0);
    } else if (s) {
        log_error("api", "a question could not be looked up: %s", a->why.text);
        socket_error(s, "internal", "the question could not be looked up", 0);
    }
    if (s)
        socket_go_on(s);
    live_again_release(&a->again);
    json_decref(a->msg);
    free(a);
}

static void ask_again(struct socket *s, json_t *msg, const struct ws_generate *generate)
{
    struct asked_again *a = calloc(1, sizeof(*a));

    if (a) {
        *a = (struct asked_again){.app = s->app, .msg = json_incref(msg), .generate = *generate};
        text_copy(a->user, sizeof(a->user), s->user, strlen(s->user));
        text_copy(a->session, sizeof(a->session), s->session, strlen(s->session));
        a->socket = socket_hold(s);
        if (!lane_submit(s->app->lanes, LANE_READ, look_up, looked_up, a))
            return;
        json_decref(msg);
        free(a);
        socket_go_on(s);
    }
    socket_error(s, "overloaded", "the server is busy; try again in a moment", 0);
}

static void on_generate(struct llm_socket *l, json_t *msg)
{
    struct ws_generate generate;
    struct ws_complaint why;

    if (!ws_read_generate(msg, &generate, &why))
        socket_error(l->socket, why.code, why.text, 0);
    else if (generate.transcript_id)
        ask_again(l->socket, msg, &generate);
    else
        ask(l->socket, &generate.ask);
}

/* ------------------------------------------------------------------------------ record */

static void on_record(struct llm_socket *l, const json_t *msg)
{
    struct errbuf err = {""};
    struct ws_complaint why;
    struct ws_record record;
    int code;

    if (!ws_read_record(msg, &record, &why)) {
        socket_error(l->socket, why.code, why.text, 0);
        return;
    }
    if (!record.on) {
        live_stop_recording(l->socket->live);
        return;
    }
    code = live_record(l->socket->live, record.wording, &err);
    if (code)
        socket_error(l->socket, "unavailable", err.text[0] ? err.text : uv_strerror(code), 0);
}

static void on_message(struct socket *s, json_t *msg, void *owner)
{
    struct llm_socket *l = owner;
    const char *type = json_str(msg, "type");

    if (!type)
        socket_error(s, "bad_message", "a message needs a type: generate, interrupt or record",
                     SOCKET_CLOSE_RULES);
    else if (!strcmp(type, "generate"))
        on_generate(l, msg);
    else if (!strcmp(type, "interrupt"))
        live_interrupt(s->live);
    else if (!strcmp(type, "record"))
        on_record(l, msg);
    else
        socket_error(s, "bad_message",
                     "this type of message is not known here: generate, interrupt, record",
                     SOCKET_CLOSE_RULES);
}

static int on_joined(struct socket *s, void *owner)
{
    struct llm_socket *l = owner;

    return live_listen(s->live, socket_event, s, &l->listener);
}

static void on_gone(void *owner)
{
    struct llm_socket *l = owner;

    live_unlisten(l->listener);
    loop_free_later(l->socket->app->loop, l, free);
}

static const struct socket_kind llm_kind = {
    .path = "/ws/llm-stream",
    .on_joined = on_joined,
    .on_message = on_message,
    .on_gone = on_gone,
};

/* -------------------------------------------------------------------------- the route */

static int on_open(struct ws *ws, const struct http_request *req, void *app, void **ctx)
{
    struct llm_socket *l = calloc(1, sizeof(*l));
    int refused;

    if (!l)
        return SOCKET_CLOSE_FAILED;
    refused = socket_open(&l->socket, ws, req, app, &llm_kind, l);
    if (refused) {
        free(l);
        return refused;
    }
    *ctx = l;
    return 0;
}

static void on_text(struct ws *ws, const char *text, size_t len, void *ctx)
{
    struct llm_socket *l = ctx;

    (void)ws;
    socket_text(l->socket, text, len);
}

static void on_binary(struct ws *ws, const void *data, size_t len, void *ctx)
{
    struct llm_socket *l = ctx;

    (void)ws;
    socket_binary(l->socket, data, len);
}

static void on_close(struct ws *ws, int code, void *ctx)
{
    struct llm_socket *l = ctx;

    (void)ws;
    socket_closed(l->socket, code);
}

const struct ws_handlers ws_llm_handlers = {
    .on_open = on_open,
    .on_text = on_text,
    .on_binary = on_binary,
    .on_close = on_close,
    .merge = message_merge,
};
