/**
 * @file test/unit/net/server.c  The server on a real socket: requests, halves of them, refusals
 */
#include "cmocka_all.h"

#include "base/json.h"
#include "net/address.h"
#include "net/range.h"
#include "support/net_fixture.h"
#include "support/wire.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct net_fixture f;
static atomic_int gone;
static uv_sem_t gate;

/* ------------------------------------------------------------ handlers */

static int hello(const struct http_request *req, struct http_response *res)
{
    json_t *obj = json_object();
    const char *name = http_query(req, "name");
    const char *id = http_param(req, "id");
    const char *cookie = http_cookie(req, "refresh");

    json_set_str(obj, "name", name);
    json_set_str(obj, "id", id);
    json_set_str(obj, "cookie", cookie);
    json_set_str(obj, "auth", http_header(req, "Authorization"));
    json_object_set_new(obj, "local", json_boolean(http_is_local(req)));
    return http_reply_json(res, 200, obj);
}

static int echo(const struct http_request *req, struct http_response *res)
{
    return http_reply_bytes(res, 200, "application/octet-stream", req->body ? req->body : "",
                            req->body_len);
}

static int big(const struct http_request *req, struct http_response *res)
{
    char *at = buf_reserve(&res->body, 3 << 20);

    memset(at, 'b', 3 << 20);
    res->body.len = 3 << 20;
    res->status = 200;
    res->type = "text/plain";
    return http_apply_range(req, res);
}

static int fails(const struct http_request *req, struct http_response *res)
{
    const char *code = http_query(req, "code");

    http_set_header(res, "X-Left-Over", "1");
    return code ? -atoi(code) : UV_EIO;
}

/* More headers than an answer has room for, from a handler that does not look. */
static int boasts(const struct http_request *req, struct http_response *res)
{
    char value[1000];

    (void)req;
    memset(value, 'v', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    for (int i = 0; i < 10; i++)
        http_set_header(res, "X-Boast", value);
    res->status = 204;
    return 0;
}

static int slow(const struct http_request *req, struct http_response *res)
{
    (void)req;
    uv_sem_wait(&gate);
    return http_reply_empty(res, 204);
}

static int upload(const struct http_request *req, struct http_response *res)
{
    struct http_part part;
    int rc = http_multipart(req, "file", &part);

    return rc ? rc : http_reply_bytes(res, 200, "audio/wav", part.data, part.len);
}

static void on_gone(void *arg)
{
    (void)arg;
    atomic_fetch_add(&gone, 1);
}

static void one_event(struct http_stream *stream, void *arg)
{
    if (!stream) {
        on_gone(arg);
        return;
    }
    http_stream_on_gone(stream, on_gone, NULL);
    http_stream_write(stream, "data: 1\n\n", 9);
    if (arg)
        http_stream_end(stream);
}

static int stream(const struct http_request *req, struct http_response *res)
{
    return http_reply_stream(res, "text/event-stream", one_event,
                             http_query(req, "end") ? &f : NULL);
}

/* ------------------------------------------------------------ answering later */

static uint64_t tickets[4];
static atomic_int ticket_count;

static int wait_for_it(const struct http_request *req, struct http_response *res)
{
    int i = atomic_load(&ticket_count);

    (void)req;
    http_reply_later(res, &tickets[i]);
    http_later_on_gone(res, on_gone, NULL);
    atomic_store(&ticket_count, i + 1);
    return 0;
}

static int say_late(const struct http_request *req, struct http_response *res, void *arg)
{
    const char *fails = http_query(req, "fails");

    (void)arg;
    return fails ? UV_EEXIST : http_reply_bytes(res, 200, "text/plain", "late", 4);
}

static void answer_at_once(void *arg)
{
    uint64_t *ticket = arg;

    assert_int_equal(http_answer_later(f.server, *ticket, say_late, NULL), 0);
    assert_int_equal(http_answer_later(f.server, *ticket, say_late, NULL), UV_ENOENT);
    uv_sem_post(&gate); /* only now may the handler return */
}

static int overtaken(const struct http_request *req, struct http_response *res)
{
    static uint64_t ticket;

    (void)req;
    http_reply_later(res, &ticket);
    assert_int_equal(loop_post(f.loop, answer_at_once, &ticket), 0);
    uv_sem_wait(&gate);
    return http_query(req, "fails-itself") ? UV_EACCES : 0;
}

static const struct http_route routes[] = {
    {.method = "GET", .pattern = "/api/later", .handler = wait_for_it},
    {.method = "GET",
     .pattern = "/api/later-inline",
     .handler = wait_for_it,
     .flags = ROUTE_INLINE},
    {.method = "GET", .pattern = "/api/overtaken", .handler = overtaken},
    {.method = "GET", .pattern = "/api/hello", .handler = hello},
    {.method = "GET", .pattern = "/api/hello/{id}", .handler = hello},
    {.method = "PUT", .pattern = "/api/hello/{id}", .handler = echo},
    {.method = "PATCH", .pattern = "/api/hello/{id}", .handler = echo},
    {.method = "DELETE", .pattern = "/api/hello/{id}", .handler = hello},
    {.method = "GET", .pattern = "/api/inline", .handler = hello, .flags = ROUTE_INLINE},
    {.method = "POST", .pattern = "/api/echo", .handler = echo, .body_max = 4 << 20},
    {.method = "POST", .pattern = "/api/small", .handler = echo, .body_max = 10},
    {.method = "POST", .pattern = "/api/upload", .handler = upload},
    {.method = "GET", .pattern = "/api/big", .handler = big},
    {.method = "GET", .pattern = "/api/fails", .handler = fails},
    {.method = "GET", .pattern = "/api/boasts", .handler = boasts},
    {.method = "GET", .pattern = "/api/slow", .handler = slow},
    {.method = "GET", .pattern = "/api/stream", .handler = stream},
    {.method = NULL},
};

static const struct ws_route sockets[] = {{.path = "/ws/x"}, {.path = NULL}};

/* ---------------------------------------------------------------- site */

static char site[] = "/tmp/siteXXXXXX";

static void put(const char *rel, const char *text)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", site, rel);
    file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static void make_folder(const char *rel)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", site, rel);
    mkdir(path, 0755);
}

static void make_site(void)
{
    char link[256];

    assert_non_null(mkdtemp(site));
    make_folder("interview");
    make_folder("interview/placeholder");
    make_folder("_next");
    make_folder("_next/static");
    put("index.html", "<html><script src=\"/a.js\"></script><script>go()</script></html>");
    put("404.html", "<html>lost</html>");
    put("interview/placeholder/index.html", "<html>live</html>");
    put("interview/placeholder/index.txt", "flight");
    put("_next/static/a.js", "plain");
    put("_next/static/a.js.gz", "zipped");
    snprintf(link, sizeof(link), "%s/leak.txt", site);
    assert_int_equal(symlink("/etc/passwd", link), 0);
}

static int start(void **state)
{
    static const char *const origins[] = {"https://app.example", NULL};
    struct http_config config = {.connections_max = 8, .web_root = site, .origins = origins};

    (void)state;
    uv_sem_init(&gate, 0);
    make_site();
    net_fixture_start(&f, &config, routes, sockets);
    return 0;
}

static int stop(void **state)
{
    char command[64];

    (void)state;
    net_fixture_stop(&f);
    snprintf(command, sizeof(command), "rm -rf %s", site);
    return system(command);
}

/* --------------------------------------------------------------- helpers */

static struct wire_answer ask(const char *method, const char *path, const char *headers,
                              const char *body)
{
    struct wire_answer a;

    assert_int_equal(wire_request(f.port, method, path, headers, body, body ? strlen(body) : 0, &a),
                     0);
    return a;
}

static void expect_problem(const char *method, const char *path, const char *headers, int status,
                           const char *code)
{
    struct wire_answer a = ask(method, path, headers, NULL);
    char type[64];
    char id[64];
    json_t *obj = json_parse(a.body, a.len);

    assert_int_equal(a.status, status);
    assert_string_equal(wire_header(&a, "content-type", type, sizeof(type)),
                        "application/problem+json");
    assert_string_equal(json_str(obj, "code"), code);
    assert_int_equal(json_int(obj, "status", 0), status);
    assert_string_equal(json_str(obj, "requestId"), wire_header(&a, "x-request-id", id, 64));
    json_decref(obj);
    wire_answer_release(&a);
}

static json_t *ask_json(const char *method, const char *path, const char *headers)
{
    struct wire_answer a = ask(method, path, headers, NULL);
    json_t *obj = json_parse(a.body, a.len);

    assert_int_equal(a.status, 200);
    wire_answer_release(&a);
    return obj;
}

static void expect_header(const char *path, const char *headers, const char *name,
                          const char *value)
{
    struct wire_answer a = ask("GET", path, headers, NULL);
    char found[4096];

    if (value)
        assert_string_equal(wire_header(&a, name, found, sizeof(found)), value);
    else
        assert_null(wire_header(&a, name, found, sizeof(found)));
    wire_answer_release(&a);
}

/* ------------------------------------------------------------- requests */

static void a_handler_sees_query_path_cookies_and_headers(void **state)
{
    json_t *obj = ask_json("GET", "/api/hello/s_1?name=J%C3%BCrgen+M&x=%26&y",
                           "Cookie: a=b; refresh=tok; c=d\r\nAuthorization: Bearer t\r\n");

    (void)state;
    assert_string_equal(json_str(obj, "name"), "J\xc3\xbcrgen M");
    assert_string_equal(json_str(obj, "id"), "s_1");
    assert_string_equal(json_str(obj, "cookie"), "tok");
    assert_string_equal(json_str(obj, "auth"), "Bearer t");
    json_decref(obj);
}

static void every_method_reaches_its_route(void **state)
{
    static const char *const methods[] = {"PUT", "PATCH"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct wire_answer a = ask(methods[i], "/api/hello/1", NULL, "body");

        assert_int_equal(a.status, 200);
        assert_string_equal(a.body, "body");
        wire_answer_release(&a);
    }
    json_decref(ask_json("DELETE", "/api/hello/1", NULL));
    json_decref(ask_json("GET", "/api/inline", NULL));
}

static void head_says_the_length_and_sends_nothing(void **state)
{
    struct wire_answer a = ask("HEAD", "/api/big", NULL, NULL);
    char length[32];

    (void)state;
    assert_int_equal(a.status, 200);
    assert_string_equal(wire_header(&a, "content-length", length, sizeof(length)), "3145728");
    wire_answer_release(&a);
}

static void a_large_answer_arrives_whole_and_in_part(void **state)
{
    struct wire_answer a = ask("GET", "/api/big", NULL, NULL);

    (void)state;
    assert_int_equal(a.len, 3 << 20);
    wire_answer_release(&a);
    a = ask("GET", "/api/big", "Range: bytes=5-9\r\n", NULL);
    assert_int_equal(a.status, 206);
    assert_string_equal(a.body, "bbbbb");
    wire_answer_release(&a);
    expect_problem("GET", "/api/big", "Range: bytes=9999999-\r\n", 416, "bad_request");
}

static void failures_become_problems_and_leave_nothing_behind(void **state)
{
    (void)state;
    expect_problem("GET", "/api/nothing", NULL, 404, "not_found");
    expect_problem("GET", "/api/fails?code=2", NULL, 404, "not_found");
    expect_problem("GET", "/api/fails?code=13", NULL, 401, "unauthorized");
    expect_problem("GET", "/api/fails?code=11", NULL, 503, "overloaded");
    expect_problem("GET", "/api/fails?code=17", NULL, 409, "conflict");
    expect_problem("GET", "/api/fails", NULL, 500, "internal");
    expect_problem("POST", "/api/hello", NULL, 405, "method_not_allowed");
    expect_problem("GET", "/ws/x", NULL, 426, "bad_request");
    expect_header("/api/fails", NULL, "x-left-over", NULL);
    expect_problem("GET", "/api/boasts", NULL, 500, "internal");
    expect_header("/api/boasts", NULL, "x-boast", NULL);
}

static void each_status_has_its_name_on_the_wire(void **state)
{
    static const char head[] = "HTTP/1.1 426 Upgrade Required\r\n";
    char got[sizeof(head)] = "";
    int fd = wire_connect(f.port);

    (void)state;
    wire_puts(fd, "GET /ws/x HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(wire_recv_all(fd, got, sizeof(head) - 1, WIRE_WAIT_MS), 0);
    assert_string_equal(got, head);
    wire_close(fd);
}

static void one_connection_serves_many_requests_also_all_at_once(void **state)
{
    enum { MANY = 20 };
    struct wire_answer a;
    int fd = wire_connect(f.port);

    (void)state;
    for (int i = 0; i < MANY; i++)
        wire_puts(fd, "GET /api/hello?name=x HTTP/1.1\r\nHost: h\r\n\r\n");
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(wire_answer_read(fd, 0, &a), 0);
        assert_int_equal(a.status, 200);
        wire_answer_release(&a);
    }
    wire_puts(fd, "POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    assert_int_equal(wire_answer_read(fd, 0, &a), 0);
    assert_string_equal(a.body, "hello");
    wire_answer_release(&a);
    wire_close(fd);
}

static void a_request_in_single_bytes_is_still_a_request(void **state)
{
    static const char text[] =
        "POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
    struct wire_answer a;
    int fd = wire_connect(f.port);

    (void)state;
    for (size_t i = 0; i + 1 < sizeof(text); i++)
        assert_int_equal(wire_send(fd, text + i, 1), 0);
    assert_int_equal(wire_answer_read(fd, 0, &a), 0);
    assert_string_equal(a.body, "hello");
    wire_answer_release(&a);
    wire_close(fd);
}

static void a_form_is_taken_apart(void **state)
{
    struct wire_answer a =
        ask("POST", "/api/upload", "Content-Type: multipart/form-data; boundary=B\r\n",
            "--B\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nRIFF\r\n--B--");

    (void)state;
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, "RIFF");
    wire_answer_release(&a);
}

/* ------------------------------------------------------------- refusals */

static void a_large_body_is_refused_before_it_is_read(void **state)
{
    static char body[2 << 20];
    struct wire_answer a;

    (void)state;
    assert_int_equal(wire_request(f.port, "POST", "/api/small", NULL, body, sizeof(body), &a), 0);
    assert_int_equal(a.status, 413);
    wire_answer_release(&a);
}

static void refused_at_once(const char *request, int status)
{
    struct wire_answer a;
    int fd = wire_connect(f.port);

    wire_puts(fd, request);
    assert_int_equal(wire_answer_read(fd, 0, &a), 0);
    assert_int_equal(a.status, status);
    wire_answer_release(&a);
    wire_close(fd);
}

static void a_body_of_unknown_or_nonsense_length_is_refused(void **state)
{
    (void)state;
    refused_at_once("POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\n\r\n", 411);
    refused_at_once("POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400);
    refused_at_once("POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5x\r\n\r\n", 400);
}

static void a_post_without_a_length_has_no_body(void **state)
{
    (void)state;
    refused_at_once("POST /api/echo HTTP/1.1\r\nHost: h\r\n\r\n", 200);
}

static void expect_continue_is_answered(void **state)
{
    char text[26] = "";
    struct wire_answer a;
    int fd = wire_connect(f.port);

    (void)state;
    wire_puts(fd, "POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: "
                  "100-continue\r\n\r\n");
    assert_int_equal(wire_recv_all(fd, text, 25, WIRE_WAIT_MS), 0);
    assert_string_equal(text, "HTTP/1.1 100 Continue\r\n\r\n");
    wire_puts(fd, "ok");
    assert_int_equal(wire_answer_read(fd, 0, &a), 0);
    assert_string_equal(a.body, "ok");
    wire_answer_release(&a);
    wire_close(fd);
}

static void a_full_server_says_503_and_recovers(void **state)
{
    int fd[8];

    (void)state;
    for (int i = 0; i < 8; i++) {
        struct wire_answer a;

        fd[i] = wire_connect(f.port);
        wire_puts(fd[i], "GET /api/inline HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_int_equal(wire_answer_read(fd[i], 0, &a), 0);
        wire_answer_release(&a);
    }
    expect_problem("GET", "/api/inline", NULL, 503, "overloaded");
    for (int i = 0; i < 8; i++)
        wire_close(fd[i]);
    for (int tries = 0; tries < 100; tries++) {
        struct wire_answer a = ask("GET", "/api/inline", NULL, NULL);
        int status = a.status;

        wire_answer_release(&a);
        if (status == 200)
            return;
        usleep(20000);
    }
    fail();
}

/* This server takes few connections: those that vanished must be noticed first. */
static void until_there_is_room(void)
{
    int status = 503;

    for (int i = 0; i < 500 && status == 503; i++) {
        struct wire_answer a = ask("GET", "/api/hello", NULL, NULL);

        status = a.status;
        wire_answer_release(&a);
        usleep(10000);
    }
    assert_int_equal(status, 200);
}

static void nobody_notices_who_vanishes(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        int fd = wire_connect(f.port);

        if (i % 3 == 0)
            wire_puts(fd, "POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\nhalf");
        else if (i % 3 == 1)
            wire_puts(fd, "GET /api/big HTTP/1.1\r\nHost: h\r\n\r\n");
        else
            wire_puts(fd, "GET /api/he");
        if (i % 2)
            wire_reset(fd);
        else
            wire_close(fd);
        usleep(2000);
    }
    until_there_is_room();
    json_decref(ask_json("GET", "/api/hello", NULL));
}

static void a_request_whose_client_left_is_finished_quietly(void **state)
{
    int fd = wire_connect(f.port);

    (void)state;
    wire_puts(fd, "GET /api/slow HTTP/1.1\r\nHost: h\r\n\r\n");
    usleep(50000);
    wire_reset(fd);
    usleep(50000);
    uv_sem_post(&gate);
    json_decref(ask_json("GET", "/api/hello", NULL));
}

/* -------------------------------------------------------------- streams */

static void a_stream_ends_when_it_is_told(void **state)
{
    struct wire_answer a = ask("GET", "/api/stream?end=1", NULL, NULL);

    (void)state;
    assert_string_equal(a.body, "data: 1\n\n");
    wire_answer_release(&a);
}

static void a_stream_learns_that_its_reader_left(void **state)
{
    int before = atomic_load(&gone);
    char text[512];
    int fd = wire_connect(f.port);

    (void)state;
    wire_puts(fd, "GET /api/stream HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(wire_recv(fd, text, sizeof(text), WIRE_WAIT_MS) > 0);
    wire_close(fd);
    for (int i = 0; i < 200 && atomic_load(&gone) == before; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&gone), before + 1);
}

static void a_stream_that_never_begins_is_told(void **state)
{
    int before = atomic_load(&gone);
    struct wire_answer a = ask("HEAD", "/api/stream", NULL, NULL);

    (void)state;
    assert_int_equal(a.status, 200);
    wire_answer_release(&a);
    for (int i = 0; i < 200 && atomic_load(&gone) == before; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&gone), before + 1);
}

/* ---------------------------------------------------------------- later */

static atomic_int late_err;

static void answer_ticket(void *arg)
{
    atomic_store(&late_err, http_answer_later(f.server, *(uint64_t *)arg, say_late, NULL));
    uv_sem_post(&gate);
}

static int answer_from_here(uint64_t *ticket)
{
    assert_int_equal(loop_post(f.loop, answer_ticket, ticket), 0);
    uv_sem_wait(&gate);
    return atomic_load(&late_err);
}

static void wait_for_tickets(int n)
{
    for (int i = 0; i < 500 && atomic_load(&ticket_count) < n; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&ticket_count), n);
}

/* More of them than there are workers, and others are served meanwhile. */
static void waiting_for_an_answer_holds_no_worker(void **state)
{
    static const char *const paths[] = {"/api/later", "/api/later?fails=1", "/api/later-inline",
                                        "/api/later"};
    int fd[4];

    (void)state;
    atomic_store(&ticket_count, 0);
    for (int i = 0; i < 4; i++) {
        char text[96];

        fd[i] = wire_connect(f.port);
        snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", paths[i]);
        wire_puts(fd[i], text);
        wait_for_tickets(i + 1);
    }
    json_decref(ask_json("GET", "/api/hello", NULL));
    for (int i = 3; i >= 0; i--) {
        struct wire_answer a;

        assert_int_equal(answer_from_here(&tickets[i]), 0);
        assert_int_equal(answer_from_here(&tickets[i]), UV_ENOENT);
        assert_int_equal(wire_answer_read(fd[i], 0, &a), 0);
        assert_int_equal(a.status, i == 1 ? 409 : 200);
        wire_answer_release(&a);
        wire_close(fd[i]);
    }
}

static void an_answer_may_overtake_its_handler(void **state)
{
    struct wire_answer a = ask("GET", "/api/overtaken", NULL, NULL);

    (void)state;
    assert_string_equal(a.body, "late");
    wire_answer_release(&a);
    expect_problem("GET", "/api/overtaken?fails-itself=1", NULL, 401, "unauthorized");
}

/* ------------------------------------------------------ who may ask what */

static void only_the_same_site_on_this_machine_is_local(void **state)
{
    static const struct {
        const char *headers;
        bool local;
    } cases[] = {
        {"Origin: http://127.0.0.1:%d\r\n", true},
        {"Sec-Fetch-Site: same-origin\r\n", true},
        {"Origin: http://evil.example\r\n", false},
        {"Sec-Fetch-Site: cross-site\r\n", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char headers[128];
        char *percent = strstr(cases[i].headers, "%d");
        json_t *obj;

        if (percent)
            snprintf(headers, sizeof(headers), "%.*s%d\r\n", (int)(percent - cases[i].headers),
                     cases[i].headers, f.port);
        else
            snprintf(headers, sizeof(headers), "%s", cases[i].headers);
        obj = ask_json("GET", "/api/hello", headers);
        assert_int_equal(json_flag(obj, "local", false), cases[i].local);
        json_decref(obj);
    }
    refused_at_once("GET /api/hello HTTP/1.1\r\nHost: evil.example\r\n\r\n", 200);
}

static void other_sites_are_allowed_by_list_only(void **state)
{
    struct wire_answer a = ask("OPTIONS", "/api/hello", "Origin: https://app.example\r\n", NULL);
    char value[128];

    (void)state;
    assert_int_equal(a.status, 204);
    assert_string_equal(wire_header(&a, "access-control-allow-origin", value, sizeof(value)),
                        "https://app.example");
    assert_non_null(wire_header(&a, "access-control-allow-methods", value, sizeof(value)));
    assert_string_equal(wire_header(&a, "access-control-allow-credentials", value, sizeof(value)),
                        "true");
    assert_string_equal(wire_header(&a, "vary", value, sizeof(value)), "Origin");
    wire_answer_release(&a);
    expect_header("/api/hello", "Origin: https://app.example.evil.example\r\n",
                  "access-control-allow-origin", NULL);
    expect_header("/api/hello", "Origin: http://app.example\r\n", "access-control-allow-origin",
                  NULL);
    expect_header("/api/hello", "Origin: null\r\n", "access-control-allow-origin", NULL);
    expect_header("/api/hello", "Origin: https://evil.example\r\n", "vary", "Origin");
    expect_header("/api/hello", "Origin: https://evil.example\r\n", "access-control-allow-origin",
                  NULL);
}

/* ----------------------------------------------------------------- site */

static void the_site_is_served_with_its_rules(void **state)
{
    struct wire_answer a = ask("GET", "/interview/s_77/", NULL, NULL);

    (void)state;
    assert_string_equal(a.body, "<html>live</html>");
    wire_answer_release(&a);
    a = ask("GET", "/interview/s_77/index.txt", NULL, NULL);
    assert_string_equal(a.body, "flight");
    wire_answer_release(&a);
    a = ask("GET", "/no/such/page", "Accept: text/html,*/*;q=0.8\r\n", NULL);
    assert_int_equal(a.status, 404);
    assert_string_equal(a.body, "<html>lost</html>");
    wire_answer_release(&a);
    expect_problem("GET", "/no/such/page", NULL, 404, "not_found");
    a = ask("GET", "/leak.txt", NULL, NULL);
    assert_int_equal(a.status, 404);
    wire_answer_release(&a);
    a = ask("GET", "/_next/static/a.js", "Accept-Encoding: br, gzip\r\n", NULL);
    assert_string_equal(a.body, "zipped");
    wire_answer_release(&a);
    expect_header("/_next/static/a.js", NULL, "cache-control",
                  "public, max-age=31536000, immutable");
    expect_header("/", NULL, "cache-control", "no-cache");
}

static void an_unchanged_page_is_not_sent_again(void **state)
{
    struct wire_answer a = ask("GET", "/", NULL, NULL);
    char tag[64];
    char header[128];

    (void)state;
    assert_non_null(wire_header(&a, "etag", tag, sizeof(tag)));
    wire_answer_release(&a);
    snprintf(header, sizeof(header), "If-None-Match: %s\r\n", tag);
    a = ask("GET", "/", header, NULL);
    assert_int_equal(a.status, 304);
    assert_int_equal(a.len, 0);
    wire_answer_release(&a);
}

static void a_file_is_served_in_parts(void **state)
{
    struct wire_answer a = ask("GET", "/interview/s/index.txt", "Range: bytes=1-3\r\n", NULL);
    char tag[64], value[64], headers[160];

    (void)state;
    assert_int_equal(a.status, 206);
    assert_string_equal(a.body, "lig");
    assert_string_equal(wire_header(&a, "content-range", value, sizeof(value)), "bytes 1-3/6");
    assert_string_equal(wire_header(&a, "accept-ranges", value, sizeof(value)), "bytes");
    assert_non_null(wire_header(&a, "etag", tag, sizeof(tag)));
    wire_answer_release(&a);
    snprintf(headers, sizeof(headers), "Range: bytes=-2\r\nIf-Range: %s\r\n", tag);
    a = ask("GET", "/interview/s/index.txt", headers, NULL);
    assert_int_equal(a.status, 206);
    assert_string_equal(a.body, "ht");
    wire_answer_release(&a);
    a = ask("GET", "/interview/s/index.txt", "Range: bytes=1-3\r\nIf-Range: \"other\"\r\n", NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, "flight");
    wire_answer_release(&a);
    a = ask("HEAD", "/interview/s/index.txt", "Range: bytes=1-3\r\n", NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(wire_header(&a, "content-length", value, sizeof(value)), "6");
    wire_answer_release(&a);
    expect_problem("GET", "/interview/s/index.txt", "Range: bytes=6-\r\n", 416, "bad_request");
}

static void inline_scripts_are_named_by_their_hash(void **state)
{
    /* printf 'go()' | openssl dgst -sha256 -binary | base64 */
    static const char hash[] = "'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='";
    struct wire_answer a = ask("GET", "/", NULL, NULL);
    char policy[4096] = "";

    (void)state;
    assert_non_null(wire_header(&a, "content-security-policy", policy, sizeof(policy)));
    assert_non_null(strstr(policy, hash));
    assert_non_null(strstr(policy, "frame-ancestors 'none'"));
    assert_null(strstr(policy, "script-src 'self' 'unsafe-inline'"));
    wire_answer_release(&a);
}

static void paths_out_of_the_site_are_not_found(void **state)
{
    static const char *const bad[] = {"//",
                                      "//index.html",
                                      "/interview//s_1/",
                                      "/../../../etc/passwd",
                                      "/%2e%2e/%2e%2e/etc/passwd",
                                      "/..%2f..%2fetc/passwd",
                                      "/.git/config"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct wire_answer a = ask("GET", bad[i], NULL, NULL);

        assert_int_equal(a.status, 404);
        wire_answer_release(&a);
    }
}

/* Half a body and then nothing; another client's body, sent whole, is not held up by it. */
static void a_body_that_does_not_come_is_408_and_others_are_served(void **state)
{
    struct http_config config = {.connections_max = 8, .body_grace_ms = 300};
    static struct net_fixture other;
    struct wire_answer a;
    int fd;

    (void)state;
    other = (struct net_fixture){.shutdown_ms = 3000};
    net_fixture_start(&other, &config, routes, NULL);
    fd = wire_connect(other.port);
    wire_puts(fd, "POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello");
    assert_int_equal(wire_request(other.port, "POST", "/api/echo", NULL, "hello there", 11, &a), 0);
    assert_int_equal(a.status, 200);
    wire_answer_release(&a);
    assert_int_equal(wire_answer_read(fd, 0, &a), 0);
    assert_int_equal(a.status, 408);
    wire_answer_release(&a);
    wire_close(fd);
    net_fixture_stop(&other);
}

/* A byte now and then: slower than any line, it does not hold a connection for ever. */
static void a_body_in_drops_is_408(void **state)
{
    struct http_config config = {.connections_max = 8, .body_grace_ms = 300};
    static struct net_fixture other;
    struct wire_answer a = {0};
    int fd, sent;

    (void)state;
    other = (struct net_fixture){.shutdown_ms = 3000};
    net_fixture_start(&other, &config, routes, NULL);
    fd = wire_connect(other.port);
    wire_puts(fd, "POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    for (sent = 0; sent < 1000; sent++) {
        char c;

        if (wire_send(fd, "x", 1) || recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
            break;
        usleep(20000);
    }
    assert_true(sent < 1000);
    assert_int_equal(wire_answer_read(fd, 0, &a), 0);
    assert_int_equal(a.status, 408);
    wire_answer_release(&a);
    wire_close(fd);
    net_fixture_stop(&other);
}

/* Many at once may not hold more than so much: who comes then is told to come again, as soon as it
 * is known that his body has no room, and small ones still pass. */
static void bodies_of_all_have_a_bound(void **state)
{
    enum { ROOM = 64 << 10, BODY = 40000 };
    struct http_config config = {.connections_max = 8, .bodies_max = ROOM};
    static char body[BODY];
    static struct net_fixture other;
    char value[8];
    struct wire_answer a;
    int first, second;

    (void)state;
    memset(body, 'b', sizeof(body));
    other = (struct net_fixture){.shutdown_ms = 3000};
    net_fixture_start(&other, &config, routes, NULL);
    first = wire_connect(other.port);
    wire_puts(first, "POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 40000\r\n\r\n");
    wire_send(first, body, BODY - 1);
    usleep(100000);
    second = wire_connect(other.port);
    wire_puts(second, "POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 40000\r\n\r\n");
    assert_int_equal(wire_answer_read(second, 0, &a), 0);
    assert_int_equal(a.status, 503);
    assert_non_null(wire_header(&a, "Retry-After", value, sizeof(value)));
    wire_answer_release(&a);
    wire_close(second);
    second = wire_connect(other.port); /* of chunks nobody knows before */
    wire_puts(second, "POST /api/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "9c40\r\n");
    wire_send(second, body, BODY);
    assert_int_equal(wire_answer_read(second, 0, &a), 0);
    assert_int_equal(a.status, 503);
    wire_answer_release(&a);
    wire_close(second);
    assert_int_equal(wire_request(other.port, "POST", "/api/echo", NULL, "small", 5, &a), 0);
    assert_int_equal(a.status, 200);
    wire_answer_release(&a);
    wire_puts(first, "b");
    assert_int_equal(wire_answer_read(first, 0, &a), 0);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.len, BODY);
    wire_answer_release(&a);
    wire_close(first);
    for (int i = 0; i < 5; i++) { /* what is over gives its room back */
        assert_int_equal(wire_request(other.port, "POST", "/api/echo", NULL, body, BODY, &a), 0);
        assert_int_equal(a.status, 200);
        wire_answer_release(&a);
    }
    net_fixture_stop(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_of_all_have_a_bound),
        cmocka_unit_test(a_body_that_does_not_come_is_408_and_others_are_served),
        cmocka_unit_test(a_body_in_drops_is_408),
        cmocka_unit_test(a_handler_sees_query_path_cookies_and_headers),
        cmocka_unit_test(every_method_reaches_its_route),
        cmocka_unit_test(head_says_the_length_and_sends_nothing),
        cmocka_unit_test(a_large_answer_arrives_whole_and_in_part),
        cmocka_unit_test(failures_become_problems_and_leave_nothing_behind),
        cmocka_unit_test(each_status_has_its_name_on_the_wire),
        cmocka_unit_test(one_connection_serves_many_requests_also_all_at_once),
        cmocka_unit_test(a_request_in_single_bytes_is_still_a_request),
        cmocka_unit_test(a_form_is_taken_apart),
        cmocka_unit_test(a_large_body_is_refused_before_it_is_read),
        cmocka_unit_test(a_body_of_unknown_or_nonsense_length_is_refused),
        cmocka_unit_test(a_post_without_a_length_has_no_body),
        cmocka_unit_test(expect_continue_is_answered),
        cmocka_unit_test(a_full_server_says_503_and_recovers),
        cmocka_unit_test(nobody_notices_who_vanishes),
        cmocka_unit_test(a_request_whose_client_left_is_finished_quietly),
        cmocka_unit_test(a_stream_ends_when_it_is_told),
        cmocka_unit_test(a_stream_learns_that_its_reader_left),
        cmocka_unit_test(a_stream_that_never_begins_is_told),
        cmocka_unit_test(waiting_for_an_answer_holds_no_worker),
        cmocka_unit_test(an_answer_may_overtake_its_handler),
        cmocka_unit_test(only_the_same_site_on_this_machine_is_local),
        cmocka_unit_test(other_sites_are_allowed_by_list_only),
        cmocka_unit_test(the_site_is_served_with_its_rules),
        cmocka_unit_test(an_unchanged_page_is_not_sent_again),
        cmocka_unit_test(a_file_is_served_in_parts),
        cmocka_unit_test(inline_scripts_are_named_by_their_hash),
        cmocka_unit_test(paths_out_of_the_site_are_not_found),
    };

    return cmocka_run_group_tests_name("net/server", tests, start, stop);
}
