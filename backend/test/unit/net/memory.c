/**
 * @file test/unit/net/memory.c  A server when memory runs out, at each allocation in turn
 *
 * Whoever is being served then may get an error or a closed connection, never silence; the next
 * one is served, and everything is given back (the sanitizer looks). The clients here allocate
 * nothing themselves.
 */
#include "cmocka_all.h"

#include "support/certificate.h"
#include "support/failing.h"
#include "support/h2_client.h"
#include "support/net_fixture.h"
#include "support/scratch.h"
#include "support/wire.h"

#include <errno.h>
#include <jansson.h>
#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_BYTES = 4096, PATIENCE_MS = 5000, CLOSE_FRAME = 0x88 };

/* ------------------------------------------------------ nghttp2's memory is ours */

int __wrap_nghttp2_session_server_new2(nghttp2_session **to, const nghttp2_session_callbacks *cb,
                                       void *arg, const nghttp2_option *option);

static void *take_memory(size_t n, void *arg)
{
    (void)arg;
    return malloc(n);
}

static void *take_zeroed(size_t n, size_t size, void *arg)
{
    (void)arg;
    return calloc(n, size);
}

static void *take_more(void *p, size_t n, void *arg)
{
    (void)arg;
    return realloc(p, n);
}

static void give_memory(void *p, void *arg)
{
    (void)arg;
    free(p);
}

int __wrap_nghttp2_session_server_new2(nghttp2_session **to, const nghttp2_session_callbacks *cb,
                                       void *arg, const nghttp2_option *option)
{
    static nghttp2_mem memory = {NULL, take_memory, give_memory, take_zeroed, take_more};

    return nghttp2_session_server_new3(to, cb, arg, option, &memory);
}

/* ---------------------------------------------------------------------- handlers */

static int hello(const struct http_request *req, struct http_response *res)
{
    (void)req;
    return http_reply_json(res, 200, json_pack("{s:s}", "hello", "world"));
}

static int thing(const struct http_request *req, struct http_response *res)
{
    const char *id = http_param(req, "id");

    http_set_header(res, "X-Thing", id);
    return http_reply_bytes(res, 200, "text/plain", id, strlen(id));
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
    {.method = "GET", .pattern = "/things/{id}", .handler = thing},
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

/* A server of its own each time: what it makes once, it makes anew. Its making and its end are
 * held: who cannot have that is told by the command line. */
struct served {
    struct net_fixture f;
    const struct http_config *config;
    void (*with)(int port);
};

static void one_server(void *arg)
{
    struct served *s = arg;

    failing_hold();
    memset(&s->f, 0, sizeof(s->f));
    net_fixture_start(&s->f, s->config, routes, sockets);
    failing_go_on();
    s->with(s->f.port);
    failing_hold();
    net_fixture_stop(&s->f);
    failing_go_on();
}

static int run_each(const struct http_config *config, void (*with)(int port))
{
    struct served s = {.config = config, .with = with};
    int n = failing_each(one_server, &s);

    assert_true(n > 3);
    return n;
}

/* ---------------------------------------------------------------------- HTTP/1 */

static void get_hello(int port)
{
    char answer[ANSWER_BYTES];

    if (!exchange(port, get, NULL, answer))
        fail_msg("silence after %s", answer);
    if (strstr(answer, " 200 "))
        assert_non_null(strstr(answer, "world")); /* never half of it as if it were whole */
    is_well(port);
}

static void a_request_ends_wherever_memory_runs_out(void **state)
{
    (void)state;
    run_each(NULL, get_hello);
}

static void post_word(int port)
{
    char answer[ANSWER_BYTES];

    if (!exchange(port, post, NULL, answer))
        fail_msg("silence after %s", answer);
    if (strstr(answer, " 200 "))
        assert_non_null(strstr(answer, "word"));
    is_well(port);
}

static void a_body_ends_wherever_memory_runs_out(void **state)
{
    (void)state;
    run_each(NULL, post_word);
}

/* A problem is whole, or it is the status alone; and a path that is known is never a wrong method.
 */
static void get_problem(int port)
{
    static const char nothing[] =
        "GET /api/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    char answer[ANSWER_BYTES];
    const char *body;

    if (!exchange(port, nothing, NULL, answer))
        fail_msg("silence after %s", answer);
    body = strstr(answer, "\r\n\r\n");
    if (body && body[4] && !strchr(body, '}'))
        fail_msg("half of a problem: %s", answer);
    is_well(port);
}

static void a_problem_is_whole_or_only_a_status(void **state)
{
    (void)state;
    run_each(NULL, get_problem);
}

static void get_thing(int port)
{
    static const char request[] =
        "GET /things/seven HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    char answer[ANSWER_BYTES];

    if (!exchange(port, request, NULL, answer))
        fail_msg("silence after %s", answer);
    assert_null(strstr(answer, " 405 "));
    if (strstr(answer, " 200 ") &&
        (!strstr(answer, "seven\r\n") || !strstr(answer, "\r\n\r\nseven")))
        fail_msg("half an answer: %s", answer);
    is_well(port);
}

static void a_header_that_was_lost_is_no_answer(void **state)
{
    (void)state;
    run_each(NULL, get_thing);
}

/* ------------------------------------------------------------------- WebSocket */

static void echo_word(int port)
{
    int fd = wire_connect(port);
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
    is_well(port);
}

static void an_echo_ends_wherever_memory_runs_out(void **state)
{
    (void)state;
    run_each(NULL, echo_word);
}

/* ------------------------------------------------------------------- static files */

/* What is there is never said to be absent, and what is compressed says so. */
static void get_page(int port)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n"
                                  "Accept-Encoding: gzip\r\nConnection: close\r\n\r\n";
    char answer[ANSWER_BYTES];

    if (!exchange(port, request, NULL, answer))
        fail_msg("silence after %s", answer);
    assert_null(strstr(answer, " 404 "));
    if (strstr(answer, " 200 ")) {
        assert_non_null(strcasestr(answer, "content-encoding: gzip\r\n"));
        assert_non_null(strcasestr(answer, "content-security-policy: "));
        assert_non_null(strstr(answer, "as if it were gzip"));
    }
    is_well(port);
}

static void a_page_is_there_or_the_server_is_in_trouble(void **state)
{
    char folder[SCRATCH_MAX];
    struct http_config config = {.connections_max = 16, .web_root = folder};

    (void)state;
    scratch_make(folder);
    scratch_write(scratch_path(folder, "index.html"), "<!doctype html><script>1</script>");
    scratch_write(scratch_path(folder, "index.html.gz"), "as if it were gzip");
    run_each(&config, get_page);
    scratch_remove(folder);
}

/* ---------------------------------------------------------------------- HTTP/2 */

static struct certificate certificate;

/* An answer, a reset, or the end of the connection; never silence. */
static bool ends(struct h2_client *c, uint32_t id)
{
    struct h2_answer *a = h2_wait_for(c, id);

    if (!a->ended && a->reset < 0 && (!c->closed || c->silent))
        fail_msg("silence on stream %u", id);
    if (a->status == 200)
        assert_true(c->settings); /* else it goes by rules that it does not know */
    return a->status == 200 && a->ended;
}

static void h2_is_well(int port)
{
    struct h2_client *c;

    failing_hold();
    c = h2_client_open(port);
    h2_get(c, 1, "/hello");
    h2_expect_status(c, 1, 200);
    h2_client_close(c);
    failing_go_on();
}

static void h2_requests(int port)
{
    struct h2_client *c = h2_client_open(port);

    h2_get(c, 1, "/hello");
    h2_post(c, 3, "/echo", "text/plain", NULL);
    h2_frame(c, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 3, "word", 4);
    h2_get(c, 5, "/nothing?%zz");
    if (ends(c, 1))
        assert_non_null(strstr(c->answer[0].text, "world"));
    if (ends(c, 3))
        assert_string_equal(c->answer[1].text, "word");
    assert_false(ends(c, 5));
    h2_client_close(c);
    h2_is_well(port);
}

static void h2_echo(int port)
{
    /* As long as what a header has room for at first, so that what is added to it needs more. */
    enum { FILLED = 766, OTHERS = 49, FILL = FILLED - OTHERS - 3 };
    static char fill[FILL + 1];
    const char *const fields[] = {":method",
                                  "CONNECT",
                                  ":protocol",
                                  "websocket",
                                  ":path",
                                  "/ws/echo",
                                  ":scheme",
                                  "https",
                                  ":authority",
                                  "h",
                                  "x",
                                  fill,
                                  "sec-websocket-version",
                                  "13",
                                  NULL};
    struct h2_client *c = h2_client_open(port);
    struct h2_answer *a = &c->answer[0];

    memset(fill, 'f', FILL);
    h2_request(c, 1, 0, fields);
    h2_frame(c, NGHTTP2_DATA, 0, 1, frame, sizeof(frame) - 1);
    while (!a->ended && a->reset < 0 && a->len < 6 && h2_take(c))
        ;
    if (!a->ended && a->reset < 0 && a->len < 6 && (!c->closed || c->silent))
        fail_msg("silence instead of an echo");
    if (a->status == 200 && a->len >= 6 && a->text[0] == '\x81')
        assert_memory_equal(a->text + 2, "word", 4);
    h2_client_close(c);
    h2_is_well(port);
}

/* One whose first field is wrong, so that nothing of it was kept. */
static void h2_refused(int port)
{
    static const char *const fields[] = {":nonsense", "x", NULL};
    struct h2_client *c = h2_client_open(port);

    h2_request(c, 1, NGHTTP2_FLAG_END_STREAM, fields);
    assert_false(ends(c, 1));
    h2_client_close(c);
    h2_is_well(port);
}

static void streams_end_wherever_memory_runs_out(void **state)
{
    struct http_config config = {.connections_max = 16};

    (void)state;
    certificate_make(&certificate);
    config.tls_cert = certificate.cert;
    config.tls_key = certificate.key;
    assert_true(run_each(&config, h2_requests) > 40); /* nghttp2's are among them */
    run_each(&config, h2_echo);
    run_each(&config, h2_refused);
    certificate_remove(&certificate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_ends_wherever_memory_runs_out),
        cmocka_unit_test(a_body_ends_wherever_memory_runs_out),
        cmocka_unit_test(a_problem_is_whole_or_only_a_status),
        cmocka_unit_test(a_header_that_was_lost_is_no_answer),
        cmocka_unit_test(an_echo_ends_wherever_memory_runs_out),
        cmocka_unit_test(a_page_is_there_or_the_server_is_in_trouble),
        cmocka_unit_test(streams_end_wherever_memory_runs_out),
    };

    return cmocka_run_group_tests_name("net/memory", tests, NULL, NULL);
}
