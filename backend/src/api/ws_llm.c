/**
 * @file api/ws_llm.c  WS /ws/llm-stream: whatever is generated for the session
 */
#include "api/sockets.h"

#include "api/messages.h"
#include "api/socket.h"
#include "api/ws_messages.h"
#include "base/json.h"
#include "loop/loop.h"

#include <stdlib.h>
#include <string.h>

struct llm_socket {
    struct socket *socket;
    struct live_listener *listener;
};

static void on_generate(struct llm_socket *l, const json_t *msg)
{
    struct errbuf err = {""};
    struct ws_complaint why;
    struct live_ask ask;
    int code;

    if (!ws_read_generate(msg, &ask, &why)) {
        socket_error(l->socket, why.code, why.text, 0);
        return;
    }
    code = live_ask(l->socket->live, &ask, NULL, &err);
    if (code)
        socket_error(l->socket, code == UV_EINVAL ? "bad_message" : "provider_failed",
                     err.text[0] ? err.text : uv_strerror(code), 0);
}

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
