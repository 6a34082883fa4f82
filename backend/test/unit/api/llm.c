/**
 * @file test/unit/api/llm.c  Handlers that answer later do not wait for the loop
 *
 * They run while the loop stands still, as it would in a machine that is far too busy: each must
 * return at once and hold no worker, and what it posted must be done with when the loop turns at
 * last, though its client has left or its ticket names nobody. (That providers are slow, refuse or
 * are gone is in e2e/llm.)
 */
#include "cmocka_all.h"

#include "answer/answer.h"
#include "api/app.h"
#include "auth/accounts.h"
#include "auth/seal.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "net/client.h"
#include "net/net_internal.h"
#include "support/sealed_store.h"

#include <stdio.h>
#include <string.h>

struct call {
    const char *method;
    const char *path;
    const char *body;
    const char *token;
    struct http_response res;
    int err;
};

static const struct http_route *route_of(const struct call *c)
{
    const struct http_route *r = api_routes();

    while (r->method && (strcmp(r->method, c->method) || strcmp(r->pattern, c->path)))
        r++;
    assert_non_null(r->method);
    return r;
}

static void run_call(struct call *c, struct app *app, struct http_server *server)
{
    char bearer[TOKEN_TEXT_MAX + 8];
    int name, value;
    struct http_request_inner inner = {.param_count = 0};
    struct http_request req = {
        .method = c->method,
        .path = c->path,
        .peer = "127.0.0.1",
        .body = c->body,
        .body_len = c->body ? strlen(c->body) : 0,
        .id = "a-request",
        .user = "a-user",
        .app = app,
        .server = server,
        .inner = &inner,
    };

    snprintf(bearer, sizeof(bearer), "Bearer %s", c->token);
    head_init(&inner.head);
    name = head_text(&inner.head, "authorization", strlen("authorization"));
    value = head_text(&inner.head, bearer, strlen(bearer));
    assert_int_equal(head_add(&inner.head, (uint16_t)name, (uint16_t)value), 0);
    reply_init(&c->res);
    c->err = route_of(c)->handler(&req, &c->res);
    head_release(&inner.head);
}

static void stop(void *arg)
{
    loop_stop(arg);
}

/* Somebody who is signed in. */
struct owner {
    char dir[SCRATCH_MAX];
    struct store *store;
    struct seal *seal;
    struct accounts *accounts;
    struct grant grant;
};

static void owner_enter(struct owner *o)
{

    sealed_store_make(o->dir, SEALED_STORE_KEY, &o->store, &o->seal);
    assert_int_equal(accounts_open(&o->accounts, o->store, o->seal, NULL, NULL), 0);
    assert_int_equal(accounts_local(o->accounts, clock_unix_ms(), NULL, &o->grant, NULL), 0);
}

static void owner_leave(struct owner *o)
{
    grant_release(&o->grant);
    accounts_close(o->accounts);
    sealed_store_remove(o->dir, o->store, o->seal);
}

/* clients_leave: before the loop turns; else their tickets are asked for and name nobody. */
static void run_while_the_loop_stands_still(bool clients_leave)
{
    static const struct http_route no_routes[] = {{.method = NULL}};
    static const struct ws_route no_sockets[] = {{.path = NULL}};
    struct http_config http = {.host = "127.0.0.1"};
    struct answerer_config config = {.provider_count = 0};
    struct call calls[] = {
        {.method = "GET", .path = "/api/v1/llm/models"},
        {.method = "GET", .path = "/v1/models"},
        {.method = "POST",
         .path = "/v1/chat/completions",
         .body = "{\"messages\":[{\"role\":\"user\",\"content\":\"Why?\"}],\"stream\":true}"},
        {.method = "POST",
         .path = "/api/v1/llm/interrupt",
         .body = "{\"sessionId\":\"a-session\"}"},
        {.method = "POST",
         .path = "/api/v1/llm/generate",
         .body = "{\"question\":\"Why?\",\"stream\":true}"},
        /* goes on until its client leaves or is answered, so it needs one that leaves */
        {.method = "POST", .path = "/api/v1/llm/generate", .body = "{\"question\":\"Why?\"}"},
    };
    size_t count = sizeof(calls) / sizeof(calls[0]) - !clients_leave;
    static const struct config settings = {.own_keys = true};
    struct app app = {.config = &settings};
    struct http_server *server;
    struct errbuf err = {""};
    struct owner owner;

    owner_enter(&owner);
    app.accounts = owner.accounts;
    app.store = owner.store;
    app.seal = owner.seal;
    assert_int_equal(loop_open(&app.loop, &err), 0);
    assert_int_equal(lanes_open(&app.lanes, app.loop, NULL), 0);
    assert_int_equal(http_client_open(&app.client, app.loop, &err), 0);
    assert_int_equal(answerer_open(&app.answerer, app.loop, app.client, &config, &err), 0);
    assert_int_equal(
        http_server_open(&server, app.loop, app.lanes, &http, no_routes, no_sockets, &app, &err),
        0);
    for (size_t i = 0; i < count; i++) {
        struct call *c = &calls[i];

        c->token = owner.grant.access;
        run_call(c, &app, server);
        assert_int_equal(c->err, 0);
        assert_true(c->res.later);
        assert_non_null(c->res.on_gone);
        if (clients_leave)
            c->res.on_gone(c->res.gone_arg);
        reply_release(&c->res);
    }

    /* Now it turns. The sanitizers see what is left behind, or touched too late. */
    assert_int_equal(loop_post(app.loop, stop, app.loop), 0);
    loop_run(app.loop);
    answerer_close(app.answerer);
    http_client_close(app.client);
    http_server_close(server);
    lanes_close(app.lanes);
    assert_int_equal(loop_close(app.loop), 0);
    owner_leave(&owner);
}

static void no_handler_waits_for_the_loop(void **state)
{
    (void)state;
    run_while_the_loop_stands_still(false);
}

static void what_was_posted_for_a_client_that_left_is_freed(void **state)
{
    (void)state;
    run_while_the_loop_stands_still(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_handler_waits_for_the_loop),
        cmocka_unit_test(what_was_posted_for_a_client_that_left_is_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
