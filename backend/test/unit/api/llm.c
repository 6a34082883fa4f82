/**
 * @file test/unit/api/llm.c  What a request is told when the loop thread does not come to its
 * errand
 *
 * The handlers run on threads of their own, as on request workers, while the loop stands still: as
 * it would in a machine that is far too busy. Each must give up by itself, and what it posted must
 * find its memory still there when the loop turns at last. (That providers are slow, refuse or are
 * gone is in e2e/llm.)
 */
#include "cmocka_all.h"

#include "answer/answer.h"
#include "api/app.h"
#include "base/json.h"
#include "loop/loop.h"
#include "net/client.h"
#include "net/inner.h"

#include <string.h>

struct call {
    const char *method;
    const char *path;
    const char *body;
    struct app *app;
    uv_thread_t thread;
    struct http_response res;
    int err;
};

static const struct http_route *route_of(const struct call *c)
{
    const struct http_route *r = api_llm_routes;

    while (r->method && (strcmp(r->method, c->method) || strcmp(r->pattern, c->path)))
        r++;
    assert_non_null(r->method);
    return r;
}

static void run_call(void *arg)
{
    struct call *c = arg;
    struct http_request_inner inner = {.text_len = 0};
    struct http_request req = {
        .method = c->method,
        .path = c->path,
        .peer = "127.0.0.1",
        .body = c->body,
        .body_len = c->body ? strlen(c->body) : 0,
        .id = "a-request",
        .user = "a-user",
        .app = c->app,
        .inner = &inner,
    };

    reply_init(&c->res);
    c->err = route_of(c)->handler(&req, &c->res);
}

static void start(struct call *c, struct app *app)
{
    c->app = app;
    assert_int_equal(uv_thread_create(&c->thread, run_call, c), 0);
}

static void assert_overloaded(struct call *c)
{
    json_t *problem;

    uv_thread_join(&c->thread);
    assert_int_equal(c->err, 0);
    assert_int_equal(c->res.status, 503);
    problem = json_parse(c->res.body.data, c->res.body.len);
    assert_string_equal(json_str(problem, "code"), "overloaded");
    json_decref(problem);
    reply_release(&c->res);
}

static void stop(void *arg)
{
    loop_stop(arg);
}

static void a_loop_that_stands_still_is_not_waited_for_for_ever(void **state)
{
    struct answerer_config config = {.provider_count = 0};
    struct call models = {.method = "GET", .path = "/api/v1/llm/models"};
    struct call interrupt = {
        .method = "POST", .path = "/api/v1/llm/interrupt", .body = "{\"sessionId\":\"a-session\"}"};
    struct app app = {.loop = NULL};
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(loop_open(&app.loop, &err), 0);
    assert_int_equal(http_client_open(&app.client, app.loop, &err), 0);
    assert_int_equal(answerer_open(&app.answerer, app.loop, app.client, &config, &err), 0);
    start(&models, &app);
    start(&interrupt, &app);
    assert_overloaded(&interrupt);
    assert_overloaded(&models);

    /* Now it turns: both errands are done, for nobody, and free what is theirs. */
    assert_int_equal(loop_post(app.loop, stop, app.loop), 0);
    loop_run(app.loop);
    answerer_close(app.answerer);
    http_client_close(app.client);
    assert_int_equal(loop_close(app.loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_that_stands_still_is_not_waited_for_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
