/**
 * @file test/unit/net/memory.c  A server when memory runs out, at each allocation in turn
 *
 * Whoever is being served then may get an error or a closed connection, never silence; the next
 * one is served, and everything is given back (the sanitizer looks). The clients here allocate
 * nothing themselves.
 */
#include "cmocka_all.h"

#include "support/failing.h"
#include "support/net_fixture.h"
#include "support/wire.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_BYTES = 4096, PATIENCE_MS = 5000, CLOSE_FRAME = 0x88 };

static int hello(const struct http_request *req, struct http_response *res)
{
    (void)req;
    return http_reply_json(res, 200, json_pack("{s:s}", "hello", "world"));
}

static int echo(const struct http_request *req, struct http_response *res)
{
    return http_reply_bytes(res, 200, "text/plain", req->body, req->body_len);
}

static int on_open(struct ws *ws, const struct http_request *req, void *app, void **ctx)
{
    (void)req;
    (void)app;
    *ctx = ws;
    return 0;
}

static void on_text(struct ws *ws, const char *text, size_t len, void *ctx)
{
    (void)ctx;
    ws_send(ws, text, len, WS_KEEP, 0);
}

static void on_binary(struct ws *ws, const void *data, size_t len, void *ctx)
{
    (void)ws;
    (void)data;
    (void)len;
    (void)ctx;
}

static void on_close(struct ws *ws, int code, void *ctx)
{
    (void)ws;
    (void)code;
    (void)ctx;
}

static const struct http_route routes[] = {
    {.method = "GET", .pattern = "/hello", .handler = hello},
    {.method = "POST", .pattern = "/echo", .handler = echo},
    {.method = NULL},
};

static const struct ws_route sockets[] = {
    {.path = "/ws/echo", .h = {on_open, on_text, on_binary, on_close, NULL}},
    {.path = NULL},
};

/** What comes until the other side closes or says that it does, or `until` is there; false:
 *  neither, but silence. */
static bool read_until(int fd, const char *until, char *to)
{
    size_t len = 0;

    for (;;) {
        long n = wire_recv(fd, to + len, ANSWER_BYTES - len - 1, PATIENCE_MS);

        if (n == -ETIMEDOUT)
            return false;
        if (n <= 0)
            return true;
        len += (size_t)n;
        to[len] = '\0';
        if (until && (memmem(to, len, until, strlen(until)) || memchr(to, CLOSE_FRAME, len)))
            return true;
        if (len + 1 == ANSWER_BYTES)
            return true;
    }
}

static bool exchange(int port, const char *request, const char *until, char *answer)
{
    int fd = wire_connect(port);
    bool ended;

    assert_true(fd >= 0);
    answer[0] = '\0';
    ended = wire_puts(fd, request) || read_until(fd, until, answer);
    wire_close(fd);
    return ended;
}

static const char get[] = "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
static const char post[] = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
                           "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                           "4\r\nword\r\n0\r\n\r\n";
static const char upgrade[] =
    "GET /ws/echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
/* Masked with zeros, so that it reads as it is (RFC 6455 section 5.2). */
static const char frame[] = "\x81\x84\0\0\0\0word";

/** The next one is served as if nothing had been. */
static void is_well(int port)
{
    char answer[ANSWER_BYTES];

    failing_hold();
    assert_true(exchange(port, get, NULL, answer));
    if (!strstr(answer, " 200 ") || !strstr(answer, "world"))
        fail_msg("afterwards: %s", answer);
    failing_go_on();
}

static void one_request(void *arg)
{
    struct net_fixture *f = arg;
    char answer[ANSWER_BYTES];

    if (!exchange(f->port, get, NULL, answer))
        fail_msg("silence after %s", answer);
    if (strstr(answer, " 200 "))
        assert_non_null(strstr(answer, "world")); /* never half of it as if it were whole */
    is_well(f->port);
}

static void one_body(void *arg)
{
    struct net_fixture *f = arg;
    char answer[ANSWER_BYTES];

    if (!exchange(f->port, post, NULL, answer))
        fail_msg("silence after %s", answer);
    if (strstr(answer, " 200 "))
        assert_non_null(strstr(answer, "word"));
    is_well(f->port);
}

static void one_echo(void *arg)
{
    struct net_fixture *f = arg;
    int fd = wire_connect(f->port);
    char answer[ANSWER_BYTES] = "";

    assert_true(fd >= 0);
    if (wire_puts(fd, upgrade) == 0) {
        if (!read_until(fd, "\r\n\r\n", answer))
            fail_msg("silence instead of a handshake");
        if (strstr(answer, " 101 ") && wire_send(fd, frame, sizeof(frame) - 1) == 0 &&
            !read_until(fd, "word", answer))
            fail_msg("silence instead of an echo");
    }
    wire_close(fd);
    is_well(f->port);
}

static void run_each(void (*scenario)(void *arg))
{
    struct net_fixture f = {0};

    net_fixture_start(&f, NULL, routes, sockets);
    assert_true(failing_each(scenario, &f) > 3);
    net_fixture_stop(&f);
}

static void a_request_ends_wherever_memory_runs_out(void **state)
{
    (void)state;
    run_each(one_request);
}

static void a_body_ends_wherever_memory_runs_out(void **state)
{
    (void)state;
    run_each(one_body);
}

static void an_echo_ends_wherever_memory_runs_out(void **state)
{
    (void)state;
    run_each(one_echo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_ends_wherever_memory_runs_out),
        cmocka_unit_test(a_body_ends_wherever_memory_runs_out),
        cmocka_unit_test(an_echo_ends_wherever_memory_runs_out),
    };

    return cmocka_run_group_tests_name("net/memory", tests, NULL, NULL);
}
