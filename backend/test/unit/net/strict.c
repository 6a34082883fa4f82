/**
 * @file test/unit/net/strict.c  What is not quite a request gets an answer too
 *
 * On a real socket: every refusal is a problem with its request id and guards, in its place among
 * pipelined answers, and nobody else notices.
 */
#include "cmocka_all.h"

#include "base/json.h"
#include "net/owner.h"
#include "support/net_fixture.h"
#include "support/wire.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

static struct net_fixture f;
static atomic_int asked_first; /* before hooks that ran */
static atomic_int gone;        /* clients that left */
static uint64_t ticket;
static atomic_bool has_ticket;

/* ------------------------------------------------------------- handlers */

static int echo(const struct http_request *req, struct http_response *res)
{
    return http_reply_bytes(res, 200, "text/plain", req->body ? req->body : "", req->body_len);
}

static int site_name(const struct http_request *req, struct http_response *res)
{
    return http_reply_bytes(res, 200, "text/plain", req->host ? req->host : "",
                            req->host ? strlen(req->host) : 0);
}

static void on_gone(void *arg)
{
    (void)arg;
    atomic_fetch_add(&gone, 1);
}

static int later(const struct http_request *req, struct http_response *res)
{
    (void)req;
    http_reply_later(res, &ticket);
    http_later_on_gone(res, on_gone, NULL);
    atomic_store(&has_ticket, true);
    return 0;
}

static int before(struct http_request *req, struct http_response *res)
{
    atomic_fetch_add(&asked_first, 1);
    if (!(req->route->flags & ROUTE_AUTH) || http_header(req, "authorization"))
        return 0;
    http_problem(res, req, 401, NULL, NULL, NULL);
    return 1;
}

static const struct http_route routes[] = {
    {.method = "GET", .pattern = "/in", .handler = echo, .flags = ROUTE_INLINE},
    {.method = "GET", .pattern = "/get", .handler = echo},
    {.method = "GET", .pattern = "/host", .handler = site_name},
    {.method = "GET", .pattern = "/later", .handler = later},
    {.method = "GET", .pattern = "/api/items/{id}", .handler = echo},
    {.method = "POST", .pattern = "/post", .handler = echo},
    {.method = "POST", .pattern = "/json", .handler = echo, .types = HTTP_JSON},
    {.method = "POST",
     .pattern = "/signed",
     .handler = echo,
     .flags = ROUTE_AUTH,
     .body_max = 8 << 20},
    {.method = NULL},
};

static const struct ws_route sockets[] = {{.path = "/ws/x"}, {.path = NULL}};

static int start(void **state)
{
    struct http_config config = {.connections_max = 32,
                                 .before = before,
                                 .header_timeout_ms = 600,
                                 .body_grace_ms = 600,
                                 .idle_timeout_ms = 60000};

    (void)state;
    net_fixture_start(&f, &config, routes, sockets);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    net_fixture_stop(&f);
    return 0;
}

/* -------------------------------------------------------------- helpers */

static void expect_guards(const struct wire_answer *a)
{
    char type[64], id[64], value[64];
    json_t *obj = json_parse(a->body, a->len);

    assert_string_equal(wire_header(a, "content-type", type, sizeof(type)),
                        "application/problem+json");
    assert_non_null(wire_header(a, "x-request-id", id, sizeof(id)));
    assert_string_equal(json_str(obj, "requestId"), id);
    assert_int_equal(json_int(obj, "status", 0), a->status);
    assert_string_equal(wire_header(a, "x-content-type-options", value, sizeof(value)), "nosniff");
    assert_string_equal(wire_header(a, "x-frame-options", value, sizeof(value)), "DENY");
    assert_non_null(wire_header(a, "content-security-policy", value, sizeof(value)));
    assert_string_equal(wire_header(a, "cache-control", value, sizeof(value)), "no-store");
    json_decref(obj);
}

static int next_status(int fd, int head_only)
{
    struct wire_answer a;
    int status;

    assert_int_equal(wire_answer_read(fd, head_only, &a), 0);
    status = a.status;
    if (status >= 400 && !head_only)
        expect_guards(&a);
    wire_answer_release(&a);
    return status;
}

static void expect_end(int fd)
{
    char c;

    assert_int_equal(wire_recv(fd, &c, 1, WIRE_WAIT_MS), 0);
}

/* Sent in one go: these statuses in this order. */
static void expect_all(const char *text, const int *statuses, bool ends)
{
    int fd = wire_connect(f.port);

    wire_puts(fd, text);
    for (; *statuses; statuses++)
        assert_int_equal(next_status(fd, 0), *statuses);
    if (ends)
        expect_end(fd);
    wire_close(fd);
}

static void expect_one(const char *text, int status)
{
    int fd = wire_connect(f.port);
    int got;

    wire_puts(fd, text);
    got = next_status(fd, 0);
    if (got != status)
        fail_msg("%d, not %d: %s", got, status, text);
    wire_close(fd);
}

#define H "Host: h\r\n"

/* ----------------------------------------------------------------- tests */

static void each_refusal_has_its_status(void **state)
{
    static const struct {
        int status;
        const char *text;
    } cases[] = {
        {400, "GET /in?%00 HTTP/1.1\r\n" H "\r\n"},
        {400, "GET /in%00 HTTP/1.1\r\n" H "\r\n"},
        {400, "GET /in?a=%zz HTTP/1.1\r\n" H "\r\n"},
        {400, "GET /in?a=%f HTTP/1.1\r\n" H "\r\n"},
        {400, "GET ?x HTTP/1.1\r\n" H "\r\n"},
        {400, "GET in HTTP/1.1\r\n" H "\r\n"},
        {400, "GET * HTTP/1.1\r\n" H "\r\n"},
        {400, "GET /in HTTP/1.1\r\nHost: a b\r\n\r\n"},
        {400, "GET /in HTTP/1.1\r\nHost:\r\n\r\n"},
        {400, "GET /in HTTP/1.1\r\nHost: a,b\r\n\r\n"},
        {400, "GET /in HTTP/1.1\r\nHost: u@h\r\n\r\n"},
        {400, "GET /in HTTP/1.1\r\nHost: h/x\r\n\r\n"},
        {400, "GET http://h/in HTTP/1.1\r\nHost: h/x\r\n\r\n"},
        {400, "GET http://h/in HTTP/1.1\r\nHost:\r\n\r\n"},
        {400, "GET /in HTTP/1.1\r\nHost: a b\r\nX-Forwarded-Host: h\r\n\r\n"},
        {400, "GET /in\r\n"},
        {400, "GET /in HTTP/1.1\n"},
        {400, "GET /in HTTP/1.1\r\n" H "X\r\n"},
        {400, "POST /post HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"},
        {400, "POST /post HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nzz\r\n"},
        {404, "GET /api/items/ HTTP/1.1\r\n" H "\r\n"},
        {404, "GET /api//items/1 HTTP/1.1\r\n" H "\r\n"},
        {404, "GET /api/items/1/ HTTP/1.1\r\n" H "\r\n"},
        {404, "GET /api/x/../items/1 HTTP/1.1\r\n" H "\r\n"},
        {404, "GET /api%2fitems/1 HTTP/1.1\r\n" H "\r\n"},
        {404, "GET /api/items/1%2f2 HTTP/1.1\r\n" H "\r\n"},
        {404, "GET //in HTTP/1.1\r\n" H "\r\n"},
        {404, "GET /./in HTTP/1.1\r\n" H "\r\n"},
        {405, "POST /in HTTP/1.1\r\n" H "\r\n"},
        {405, "DELETE /api/items/1 HTTP/1.1\r\n" H "\r\n"},
        {405, "POST /ws/x HTTP/1.1\r\n" H "\r\n"},
        {411, "POST /json HTTP/1.1\r\n" H "Content-Type: application/json\r\n\r\n"},
        {413, "POST /post HTTP/1.1\r\n" H "Content-Length: 99999999\r\n\r\n"},
        {415,
         "POST /json HTTP/1.1\r\n" H "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"},
        {415, "POST /json HTTP/1.1\r\n" H "Content-Type: application/jsonx\r\n"
              "Content-Length: 2\r\n\r\n{}"},
        {417, "POST /post HTTP/1.1\r\n" H "Expect: tea\r\nContent-Length: 2\r\n\r\n{}"},
        {417, "POST /post HTTP/1.1\r\n" H "Expect: 100-continue\r\nExpect: tea\r\n"
              "Content-Length: 2\r\n\r\n{}"},
        {421, "GET https://h/in HTTP/1.1\r\n" H "\r\n"},
        {426, "GET /ws/x HTTP/1.1\r\n" H "\r\n"},
        {426, "GET /ws/x HTTP/1.1\r\n" H "Upgrade: websocket\r\nConnection: upgrade\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n"},
        {400, "GET /ws/x HTTP/1.1\r\n" H "Upgrade: websocket\r\nConnection: upgrade\r\n"
              "Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n\r\n"},
        {400, "GET /ws/x HTTP/1.1\r\n" H "Upgrade: websocket\r\nConnection: upgrade\r\n"
              "Sec-WebSocket-Version: 13\r\n\r\n"},
        {400, "GET /ws/x HTTP/1.1\r\n" H "Upgrade: websocket\r\nConnection: upgrade\r\n"
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"},
        {400,
         "GET /in HTTP/1.1\r\n" H "Authorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n"},
        {400, "GET /in HTTP/1.1\r\n" H "Origin: http://a\r\nOrigin: http://b\r\n\r\n"},
        {400, "POST /json HTTP/1.1\r\n" H "Content-Type: text/plain\r\n"
              "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"},
        {501, "BREW /in HTTP/1.1\r\n" H "\r\n"},
        {501, "get /in HTTP/1.1\r\n" H "\r\n"},
        {405, "TRACE /in HTTP/1.1\r\n" H "\r\n"},
        {501, "CONNECT h:1 HTTP/1.1\r\n" H "\r\n"},
        {501, "POST /post HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n"},
        {505, "GET /in HTTP/3.0\r\n"},
        {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_one(cases[i].text, cases[i].status);
}

static void a_refusal_says_what_would_be_right(void **state)
{
    struct wire_answer a;
    char value[128];

    (void)state;
    assert_int_equal(wire_request(f.port, "DELETE", "/in", NULL, NULL, 0, &a), 0);
    assert_int_equal(a.status, 405);
    assert_string_equal(wire_header(&a, "allow", value, sizeof(value)), "GET, HEAD");
    wire_answer_release(&a);
    assert_int_equal(wire_request(f.port, "GET", "/ws/x", NULL, NULL, 0, &a), 0);
    assert_int_equal(a.status, 426);
    assert_string_equal(wire_header(&a, "upgrade", value, sizeof(value)), "websocket");
    assert_string_equal(wire_header(&a, "sec-websocket-version", value, sizeof(value)), "13");
    wire_answer_release(&a);
    assert_int_equal(wire_request(f.port, "OPTIONS", "/json", NULL, NULL, 0, &a), 0);
    assert_int_equal(a.status, 204);
    assert_string_equal(wire_header(&a, "allow", value, sizeof(value)), "POST");
    wire_answer_release(&a);
}

static void what_only_looks_odd_is_answered(void **state)
{
    (void)state;
    expect_one("GET http://other:1/in HTTP/1.1\r\n" H "\r\n", 200);
    expect_one("GET /in HTTP/1.0\r\n\r\n", 200);
    expect_one("\r\n\r\nGET /in HTTP/1.1\r\n" H "\r\n", 200);
    expect_one("OPTIONS * HTTP/1.1\r\n" H "\r\n", 204);
    expect_one("GET /in HTTP/1.1\r\n" H "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n", 200);
    expect_one("GET /in HTTP/1.1\r\n" H "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 200);
    expect_one("POST /json HTTP/1.1\r\n" H "Content-Type: Application/JSON; charset=utf-8\r\n"
               "Content-Length: 2\r\n\r\n{}",
               200);
    expect_one("POST /json HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\n{}", 200);
    expect_one("GET /in HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello", 200);
    expect_one("GET /in?a=%25&b=%C3%A9 HTTP/1.1\r\n" H "\r\n", 200);
}

/* A list may be spread over several fields. */
static void an_upgrade_may_be_said_in_several_fields(void **state)
{
    int fd = wire_connect(f.port);

    (void)state;
    wire_puts(fd, "GET /ws/x HTTP/1.1\r\n" H "Upgrade: h2c\r\nUpgrade: websocket\r\n"
                  "Connection: keep-alive\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    assert_int_equal(next_status(fd, 1), 101);
    wire_close(fd);
}

static void the_address_names_the_host_before_the_field_does(void **state)
{
    struct wire_answer a;
    int fd = wire_connect(f.port);

    (void)state;
    wire_puts(fd, "GET http://a.example:81/host HTTP/1.1\r\nHost: b\r\n\r\n"
                  "GET /host HTTP/1.1\r\nHost: b\r\n\r\n");
    assert_int_equal(wire_answer_read(fd, 0, &a), 0);
    assert_string_equal(a.body, "a.example:81");
    wire_answer_release(&a);
    assert_int_equal(wire_answer_read(fd, 0, &a), 0);
    assert_string_equal(a.body, "b");
    wire_answer_release(&a);
    wire_close(fd);
}

static void requests_in_one_go_are_answered_in_order(void **state)
{
    static const char mix[] =
        "GET /get HTTP/1.1\r\n" H "\r\n"
        "POST /post HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\n{}"
        "GET /in HTTP/1.1\r\n" H "\r\n"
        "GET /nothing HTTP/1.1\r\n" H "\r\n"
        "POST /api/nothing HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello"
        "POST /json HTTP/1.1\r\n" H "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"
        "POST /api/nothing HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        "POST /post HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        "OPTIONS * HTTP/1.1\r\n" H "\r\n"
        "\r\nGET /get HTTP/1.1\r\n" H "\r\n"
        "FOO / HTTP/1.1\r\n" H "\r\n"
        "GET /in HTTP/1.1\r\n" H "Connection: close\r\n\r\n"
        "GET /in HTTP/1.1\r\n" H "\r\n"; /* after the last word: not heard */
    static const int statuses[] = {200, 200, 200, 404, 404, 415, 404, 200, 204, 200, 501, 200, 0};

    (void)state;
    expect_all(mix, statuses, true);
}

/* Three hundred quick ones: more than one turn's worth. */
static void many_requests_in_one_go_are_all_answered(void **state)
{
    enum { MANY = 300 };
    static const char one[] = "GET /in HTTP/1.1\r\n" H "\r\n";
    char *all = calloc(MANY, sizeof(one));
    int fd = wire_connect(f.port);

    (void)state;
    for (int i = 0; i < MANY; i++)
        strcat(all, one);
    wire_puts(fd, all);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(next_status(fd, 0), 200);
    wire_close(fd);
    free(all);
}

static void a_wrong_request_is_the_last_of_its_connection(void **state)
{
    static const int statuses[] = {200, 400, 0};

    (void)state;
    expect_all("GET /get HTTP/1.1\r\n" H "\r\nGET /in HTTP/1.1\r\n" H "X : y\r\n\r\n"
               "GET /in HTTP/1.1\r\n" H "\r\n",
               statuses, true);
}

static void who_shuts_half_the_door_is_answered(void **state)
{
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"GET /get HTTP/1.1\r\n" H "\r\n", 200},
        {"GET /in HTTP/1.1\r\n" H "\r\n", 200},
        {"GET /in HTTP/1.1\r\nHos", 400},
        {"POST /post HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\nhel", 400},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int fd = wire_connect(f.port);

        wire_puts(fd, cases[i].text);
        shutdown(fd, SHUT_WR);
        assert_int_equal(next_status(fd, 0), cases[i].status);
        expect_end(fd);
        wire_close(fd);
    }
}

static void who_is_slow_is_told(void **state)
{
    static const char *const halves[] = {"GET /in HT", "GET /in HTTP/1.1\r\nHost: h\r\n",
                                         "POST /post HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\nhel",
                                         "POST /post HTTP/1.1\r\n" H
                                         "Transfer-Encoding: chunked\r\n\r\n5\r\nhel"};
    int fd[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        fd[i] = wire_connect(f.port);
        wire_puts(fd[i], halves[i]);
    }
    expect_one("GET /get HTTP/1.1\r\n" H "\r\n", 200); /* others do not wait for them */
    for (int i = 0; i < 4; i++) {
        assert_int_equal(next_status(fd[i], 0), 408);
        expect_end(fd[i]);
        wire_close(fd[i]);
    }
}

static void who_says_nothing_is_let_go(void **state)
{
    int fd = wire_connect(f.port);

    (void)state;
    expect_end(fd);
    wire_close(fd);
}

static void a_large_body_waits_until_its_sender_is_known(void **state)
{
    char text[40] = "";
    int before_count = atomic_load(&asked_first);
    int fd = wire_connect(f.port);
    struct wire_answer a;
    static char body[1 << 20];

    (void)state;
    wire_puts(fd, "POST /signed HTTP/1.1\r\n" H "Content-Length: 1048576\r\n"
                  "Expect: 100-continue\r\n\r\n");
    assert_int_equal(next_status(fd, 0), 401);
    expect_end(fd);
    wire_close(fd);
    assert_int_equal(atomic_load(&asked_first), before_count + 1);

    fd = wire_connect(f.port);
    wire_puts(fd, "POST /signed HTTP/1.1\r\n" H "Content-Length: 1048576\r\nAuthorization: x\r\n"
                  "Expect: 100-continue\r\n\r\n");
    assert_int_equal(wire_recv_all(fd, text, 25, WIRE_WAIT_MS), 0);
    assert_string_equal(text, "HTTP/1.1 100 Continue\r\n\r\n");
    wire_send(fd, body, sizeof(body));
    assert_int_equal(wire_answer_read(fd, 0, &a), 0);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.len, sizeof(body));
    wire_answer_release(&a);
    wire_close(fd);
    assert_int_equal(atomic_load(&asked_first), before_count + 2); /* once a request, not twice */
}

static void a_chunked_body_has_the_limit_of_its_route(void **state)
{
    enum { PIECE = 64 << 10 };
    static char piece[PIECE];
    int fd = wire_connect(f.port);
    int sent = 0;

    (void)state;
    wire_puts(fd, "POST /post HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n");
    while (sent < 40 && wire_puts(fd, "10000\r\n") == 0 && wire_send(fd, piece, PIECE) == 0 &&
           wire_puts(fd, "\r\n") == 0) {
        char c;

        if (recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
            break;
        sent++;
    }
    assert_int_equal(next_status(fd, 0), 413);
    wire_close(fd);
}

static void take_ticket(int fd)
{
    atomic_store(&has_ticket, false);
    wire_puts(fd, "GET /later HTTP/1.1\r\n" H "\r\n");
    for (int i = 0; i < 500 && !atomic_load(&has_ticket); i++)
        usleep(2000);
    assert_true(atomic_load(&has_ticket));
}

static int say_late(const struct http_request *req, struct http_response *res, void *arg)
{
    (void)req;
    (void)arg;
    return http_reply_bytes(res, 200, "text/plain", "late", 4);
}

static atomic_int late_err;

static void answer(void *arg)
{
    (void)arg;
    atomic_store(&late_err, http_answer_later(f.server, ticket, say_late, NULL));
}

static void answer_the_ticket(int wanted)
{
    atomic_store(&late_err, 1);
    assert_int_equal(loop_post(f.loop, answer, NULL), 0);
    for (int i = 0; i < 500 && atomic_load(&late_err) == 1; i++)
        usleep(2000);
    assert_int_equal(atomic_load(&late_err), wanted);
}

/* However the client leaves: closing, or with a reset, or with more requests in its wake. */
static void who_waits_for_work_is_told_that_the_client_left(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        int count = atomic_load(&gone);
        int fd = wire_connect(f.port);

        take_ticket(fd);
        if (way == 2)
            wire_puts(fd, "GET /in HTTP/1.1\r\n" H "\r\n");
        if (way == 1)
            wire_reset(fd);
        else
            wire_close(fd);
        for (int i = 0; i < 1000 && atomic_load(&gone) == count; i++)
            usleep(5000);
        assert_int_equal(atomic_load(&gone), count + 1);
        answer_the_ticket(UV_ENOENT);
    }
}

static void who_waits_with_half_a_door_is_answered_late(void **state)
{
    int count = atomic_load(&gone);
    int fd = wire_connect(f.port);
    char text[512] = "";
    size_t len = 0;
    long n;

    (void)state;
    take_ticket(fd);
    shutdown(fd, SHUT_WR);
    usleep(50000);
    answer_the_ticket(0);
    while (len + 1 < sizeof(text) &&
           (n = wire_recv(fd, text + len, sizeof(text) - 1 - len, WIRE_WAIT_MS)) > 0)
        len += (size_t)n;
    assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
    assert_string_equal(text + len - 4, "late");
    assert_int_equal(atomic_load(&gone), count);
    wire_close(fd);
}

static void one_address_has_its_share_of_the_connections(void **state)
{
    struct http_config config = {.connections_max = 32, .connections_per_address = 3};
    static struct net_fixture other;
    int fd[4];

    (void)state;
    net_fixture_start(&other, &config, routes, NULL);
    for (int i = 0; i < 4; i++) {
        fd[i] = wire_connect(other.port);
        wire_puts(fd[i], "GET /in HTTP/1.1\r\n" H "\r\n");
        assert_int_equal(next_status(fd[i], 0), i < 3 ? 200 : 429);
    }
    wire_close(fd[0]);
    wire_close(fd[3]);
    for (int i = 0, status = 0; i < 200 && status != 200; i++) {
        int again = wire_connect(other.port);

        wire_puts(again, "GET /in HTTP/1.1\r\n" H "\r\n");
        status = next_status(again, 0);
        wire_close(again);
        usleep(10000);
        assert_true(i < 199);
    }
    wire_close(fd[1]);
    wire_close(fd[2]);
    net_fixture_stop(&other);
}

/* What a client must know to go on: whether the connection does, and when to come again. */
static void an_answer_says_how_to_go_on(void **state)
{
    static const struct {
        const char *request;
        int status;
        const char *connection, *again; /* NULL: not said */
    } cases[] = {
        {"GET /get HTTP/1.1\r\n" H "\r\n", 200, NULL, NULL},
        {"GET /get HTTP/1.1\r\n" H "Connection: close\r\n\r\n", 200, "close", NULL},
        {"GET /get HTTP/1.1\r\n" H "Connection: x\r\nConnection: close\r\n\r\n", 200, "close",
         NULL},
        {"GET /get HTTP/1.0\r\n" H "\r\n", 200, "close", NULL},
        {"GET /get HTTP/1.0\r\n" H "Connection: keep-alive\r\n\r\n", 200, "keep-alive", NULL},
        {"GET /nothing HTTP/1.1\r\n" H "\r\n", 404, NULL, NULL},
        {"GET /get HTTP/1.1\r\n" H "no colon\r\n\r\n", 400, "close", NULL},
        {"GET /ws/x HTTP/1.1\r\n" H "\r\n", 426, "Upgrade", NULL},
    };
    struct http_config config = {.connections_max = 32, .connections_per_address = 1};
    static struct net_fixture other;
    struct wire_answer a;
    char value[64];
    int fd, second;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *said;

        fd = wire_connect(f.port);
        wire_puts(fd, cases[i].request);
        assert_int_equal(wire_answer_read(fd, 0, &a), 0);
        assert_int_equal(a.status, cases[i].status);
        said = wire_header(&a, "Connection", value, sizeof(value));
        if (!said != !cases[i].connection || (said && strcmp(said, cases[i].connection) != 0))
            fail_msg("case %zu: Connection: %s", i, said ? said : "(nothing)");
        assert_null(wire_header(&a, "Retry-After", value, sizeof(value)));
        wire_answer_release(&a);
        if (cases[i].connection && strcmp(cases[i].connection, "close") == 0)
            expect_end(fd);
        wire_close(fd);
    }
    net_fixture_start(&other, &config, routes, NULL);
    fd = wire_connect(other.port);
    wire_puts(fd, "GET /in HTTP/1.1\r\n" H "\r\n");
    assert_int_equal(next_status(fd, 0), 200);
    second = wire_connect(other.port);
    wire_puts(second, "GET /in HTTP/1.1\r\n" H "\r\n");
    assert_int_equal(wire_answer_read(second, 0, &a), 0);
    assert_int_equal(a.status, 429);
    assert_non_null(wire_header(&a, "Retry-After", value, sizeof(value)));
    wire_answer_release(&a);
    wire_close(second);
    wire_close(fd);
    net_fixture_stop(&other);
}

static void the_account_at_the_other_end_is_known(void **state)
{
    struct sockaddr_in address;
    socklen_t len = sizeof(address);
    uid_t uid = getuid() + 1;
    int fd = wire_connect(f.port);
    uint16_t port;

    (void)state;
    wire_puts(fd, "GET /get HTTP/1.1\r\n" H "\r\n");
    assert_int_equal(next_status(fd, 0), 200);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    port = ntohs(address.sin_port);
    if (access("/proc/net/tcp", R_OK)) {
        wire_close(fd);
        skip();
    }
    assert_int_equal(owner_of_port(port, (uint16_t)f.port, &uid), 0);
    assert_int_equal(uid, getuid());
    assert_int_equal(owner_of_port(port, 1, &uid), UV_ENOENT);
    assert_int_equal(owner_of_port(1, (uint16_t)f.port, &uid), UV_ENOENT);
    wire_close(fd);
    /* Debian Policy 9.2.2: persons from 1000 to 59999. */
    assert_true(owner_is_person(0, 1000) && owner_is_person(1000, 1000));
    assert_false(owner_is_person(1001, 1000));
    assert_false(owner_is_person(33, 1000));
    assert_false(owner_is_person(1001, 59999));
    assert_true(owner_is_person(1000, 999) && owner_is_person(59999, 60000));
    assert_false(owner_is_person(999, 998));
    assert_false(owner_is_person(60000, 998));
    assert_true(owner_is_person(998, 998));
}

/* Ten clients that ask for much and read nothing. */
static void who_does_not_read_costs_nobody(void **state)
{
    int fd[10];

    (void)state;
    for (int i = 0; i < 10; i++) {
        fd[i] = wire_connect(f.port);
        for (int k = 0; k < 2000; k++)
            if (send(fd[i], "GET /in HTTP/1.1\r\n" H "\r\n", 29, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
                break;
    }
    for (int i = 0; i < 20; i++)
        expect_one("GET /get HTTP/1.1\r\n" H "\r\n", 200);
    for (int i = 0; i < 10; i++)
        wire_close(fd[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_refusal_has_its_status),
        cmocka_unit_test(a_refusal_says_what_would_be_right),
        cmocka_unit_test(what_only_looks_odd_is_answered),
        cmocka_unit_test(an_upgrade_may_be_said_in_several_fields),
        cmocka_unit_test(the_address_names_the_host_before_the_field_does),
        cmocka_unit_test(requests_in_one_go_are_answered_in_order),
        cmocka_unit_test(many_requests_in_one_go_are_all_answered),
        cmocka_unit_test(a_wrong_request_is_the_last_of_its_connection),
        cmocka_unit_test(who_shuts_half_the_door_is_answered),
        cmocka_unit_test(who_is_slow_is_told),
        cmocka_unit_test(who_says_nothing_is_let_go),
        cmocka_unit_test(a_large_body_waits_until_its_sender_is_known),
        cmocka_unit_test(a_chunked_body_has_the_limit_of_its_route),
        cmocka_unit_test(who_waits_for_work_is_told_that_the_client_left),
        cmocka_unit_test(who_waits_with_half_a_door_is_answered_late),
        cmocka_unit_test(one_address_has_its_share_of_the_connections),
        cmocka_unit_test(who_does_not_read_costs_nobody),
        cmocka_unit_test(an_answer_says_how_to_go_on),
        cmocka_unit_test(the_account_at_the_other_end_is_known),
    };

    return cmocka_run_group_tests_name("net/strict", tests, start, stop);
}
