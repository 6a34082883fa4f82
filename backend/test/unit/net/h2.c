/**
 * @file test/unit/net/h2.c  HTTP/2 frame by frame: bad streams, bad peers, WebSockets (RFC 8441)
 *
 * The client here writes frames itself, so that it can write wrong ones.
 */
#include "cmocka_all.h"

#include "support/certificate.h"
#include "support/net_fixture.h"
#include "support/wire.h"

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { STREAMS = 64, TEXT = 4096 };

static struct net_fixture f;
static struct certificate certificate;
static atomic_int gone;
static atomic_int closed_with;

/* ------------------------------------------------------------- handlers */

static int hello(const struct http_request *req, struct http_response *res)
{
    const char *cookie = http_cookie(req, "c");

    return http_reply_bytes(res, 200, "text/plain", cookie ? cookie : "hello",
                            strlen(cookie ? cookie : "hello"));
}

static int echo(const struct http_request *req, struct http_response *res)
{
    return http_reply_bytes(res, 200, "text/plain", req->body ? req->body : "", req->body_len);
}

static int big(const struct http_request *req, struct http_response *res)
{
    enum { SIZE = 1 << 20 };

    (void)req;
    memset(buf_reserve(&res->body, SIZE), 'b', SIZE);
    res->body.len = SIZE;
    res->status = 200;
    res->type = "text/plain";
    return 0;
}

static void on_gone(void *arg)
{
    (void)arg;
    atomic_fetch_add(&gone, 1);
}

static int later(const struct http_request *req, struct http_response *res)
{
    uint64_t ticket;

    (void)req;
    http_reply_later(res, &ticket);
    http_later_on_gone(res, on_gone, NULL);
    return 0;
}

static int before(struct http_request *req, struct http_response *res)
{
    if (!(req->route->flags & ROUTE_AUTH) || http_header(req, "authorization"))
        return 0;
    http_problem(res, req, 401, NULL, NULL, NULL);
    return 1;
}

static const struct http_route routes[] = {
    {.method = "GET", .pattern = "/hello", .handler = hello},
    {.method = "GET", .pattern = "/in", .handler = hello, .flags = ROUTE_INLINE},
    {.method = "GET", .pattern = "/big", .handler = big},
    {.method = "GET", .pattern = "/later", .handler = later},
    {.method = "POST", .pattern = "/echo", .handler = echo, .types = "text/plain"},
    {.method = "POST", .pattern = "/signed", .handler = echo, .flags = ROUTE_AUTH},
    {.method = NULL},
};

static void on_text(struct ws *ws, const char *text, size_t len, void *ctx)
{
    (void)ctx;
    ws_send(ws, text, len, WS_KEEP, 0);
}

static void on_close(struct ws *ws, int code, void *ctx)
{
    (void)ws;
    (void)ctx;
    atomic_store(&closed_with, code);
}

static const struct ws_route sockets[] = {
    {.path = "/ws/echo", .h = {.on_text = on_text, .on_close = on_close}},
    {.path = NULL},
};

static int start(void **state)
{
    struct http_config config = {.connections_max = 16, .before = before, .body_grace_ms = 600};

    (void)state;
    certificate_make(&certificate);
    config.tls_cert = certificate.cert;
    config.tls_key = certificate.key;
    net_fixture_start(&f, &config, routes, sockets);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    net_fixture_stop(&f);
    certificate_remove(&certificate);
    return 0;
}

/* --------------------------------------------------------------- client */

struct answer {
    int status;
    int reset; /* code, or -1 */
    bool ended;
    char text[TEXT];
    size_t len; /* of the body, also beyond text */
};

struct client {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
    nghttp2_hd_deflater *out;
    nghttp2_hd_inflater *in;
    struct answer answer[STREAMS]; /* by (id - 1) / 2 */
    int goaway;                    /* code, or -1 */
    bool closed;
};

static void put(struct client *c, const void *data, size_t len)
{
    if (!c->closed && SSL_write(c->ssl, data, (int)len) != (int)len)
        c->closed = true;
}

static void frame(struct client *c, int type, int flags, uint32_t id, const void *data, size_t len)
{
    unsigned char head[9] = {
        (unsigned char)(len >> 16), (unsigned char)(len >> 8), (unsigned char)len,
        (unsigned char)type,        (unsigned char)flags,      (unsigned char)(id >> 24),
        (unsigned char)(id >> 16),  (unsigned char)(id >> 8),  (unsigned char)id};
    char all[9 + TEXT];

    assert_true(len <= TEXT);
    memcpy(all, head, 9);
    if (len)
        memcpy(all + 9, data, len);
    put(c, all, 9 + len);
}

static struct client *client_open(void)
{
    static const unsigned char alpn[] = "\x02h2";
    struct client *c = calloc(1, sizeof(*c));
    struct timeval wait = {.tv_sec = 5};

    c->goaway = -1;
    for (int i = 0; i < STREAMS; i++)
        c->answer[i].reset = -1;
    c->fd = wire_connect(f.port);
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    c->ctx = SSL_CTX_new(TLS_client_method());
    c->ssl = SSL_new(c->ctx);
    SSL_set_alpn_protos(c->ssl, alpn, 3);
    SSL_set_fd(c->ssl, c->fd);
    assert_int_equal(SSL_connect(c->ssl), 1);
    nghttp2_hd_deflate_new(&c->out, 4096);
    nghttp2_hd_inflate_new(&c->in);
    put(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    frame(c, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
    return c;
}

static void client_close(struct client *c)
{
    SSL_free(c->ssl);
    SSL_CTX_free(c->ctx);
    wire_close(c->fd);
    nghttp2_hd_deflate_del(c->out);
    nghttp2_hd_inflate_del(c->in);
    free(c);
}

/* "name", "value", … NULL */
static void request(struct client *c, uint32_t id, int flags, const char *const *fields)
{
    nghttp2_nv nv[160];
    unsigned char block[TEXT];
    size_t n = 0;
    ssize_t len;

    for (; fields[2 * n]; n++)
        nv[n] = (nghttp2_nv){(uint8_t *)(uintptr_t)fields[2 * n],
                             (uint8_t *)(uintptr_t)fields[2 * n + 1], strlen(fields[2 * n]),
                             strlen(fields[2 * n + 1]), NGHTTP2_NV_FLAG_NONE};
    len = nghttp2_hd_deflate_hd(c->out, block, sizeof(block), nv, n);
    assert_true(len > 0);
    frame(c, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | flags, id, block, (size_t)len);
}

static void get(struct client *c, uint32_t id, const char *path)
{
    const char *const fields[] = {":method", "GET",        ":path", path, ":scheme",
                                  "https",   ":authority", "h",     NULL};

    request(c, id, NGHTTP2_FLAG_END_STREAM, fields);
}

static bool get_all(struct client *c, void *to, size_t len)
{
    for (size_t got = 0; got < len;) {
        int n = SSL_read(c->ssl, (char *)to + got, (int)(len - got));

        if (n <= 0) {
            c->closed = true;
            return false;
        }
        got += (size_t)n;
    }
    return true;
}

static void on_headers(struct client *c, struct answer *a, const unsigned char *data, size_t len)
{
    int flags = 0;

    while (!(flags & NGHTTP2_HD_INFLATE_FINAL)) {
        nghttp2_nv nv;
        ssize_t n = nghttp2_hd_inflate_hd2(c->in, &nv, &flags, data, len, 1);

        assert_true(n >= 0);
        data += n;
        len -= (size_t)n;
        if (flags & NGHTTP2_HD_INFLATE_EMIT && nv.namelen == 7 &&
            memcmp(nv.name, ":status", 7) == 0)
            a->status = atoi((const char *)nv.value);
    }
    nghttp2_hd_inflate_end_headers(c->in);
}

static void on_data(struct answer *a, const unsigned char *data, size_t len)
{
    if (a->len + len < TEXT)
        memcpy(a->text + a->len, data, len);
    a->len += len;
}

/* One frame taken in; false when there are no more. */
static bool take(struct client *c)
{
    static unsigned char data[1 << 17];
    unsigned char head[9];
    size_t len, id;
    struct answer *a;

    if (!get_all(c, head, 9))
        return false;
    len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    id = (size_t)head[5] << 24 | (size_t)head[6] << 16 | (size_t)head[7] << 8 | head[8];
    if (!get_all(c, data, len))
        return false;
    a = &c->answer[(id ? id - 1 : 0) / 2 % STREAMS];
    if (head[3] == NGHTTP2_HEADERS)
        on_headers(c, a, data, len);
    else if (head[3] == NGHTTP2_DATA)
        on_data(a, data, len);
    else if (head[3] == NGHTTP2_RST_STREAM)
        a->reset = data[3];
    else if (head[3] == NGHTTP2_GOAWAY)
        c->goaway = data[7];
    if (head[3] <= NGHTTP2_HEADERS && head[4] & NGHTTP2_FLAG_END_STREAM)
        a->ended = true;
    return true;
}

static struct answer *wait_for(struct client *c, uint32_t id)
{
    struct answer *a = &c->answer[(id - 1) / 2];

    while (!a->ended && a->reset < 0 && take(c))
        ;
    return a;
}

static void expect_status(struct client *c, uint32_t id, int status)
{
    struct answer *a = wait_for(c, id);

    if (a->status != status)
        fail_msg("stream %u: status %d (reset %d, goaway %d), not %d", id, a->status, a->reset,
                 c->goaway, status);
}

/* ----------------------------------------------------------------- tests */

static void a_bad_stream_costs_only_itself(void **state)
{
    static const struct {
        int status; /* 0: the stream is reset */
        const char *fields[24];
    } cases[] = {
#define GET(path) ":method", "GET", ":path", path, ":scheme", "https", ":authority", "h"
        {200, {GET("/hello")}},
        {400, {GET("/hello?%00")}},
        {400, {GET("/hello?%zz")}},
        {400, {GET("/hello?\xff")}},
        {404, {GET("/api/nothing")}},
        {404, {GET("/api%2fnothing")}},
        {405, {":method", "DELETE", ":path", "/hello", ":scheme", "https", ":authority", "h"}},
        {501, {":method", "BREW", ":path", "/hello", ":scheme", "https", ":authority", "h"}},
        {204, {":method", "OPTIONS", ":path", "*", ":scheme", "https", ":authority", "h"}},
        {200, {":method", "HEAD", ":path", "/hello", ":scheme", "https", ":authority", "h"}},
        {426, {GET("/ws/echo")}},
        {400, {GET("/hello"), "x-a", "b\x01z"}},
        {200, {GET("/hello"), "cookie", "a=b", "cookie", "c=d"}},
        {0, {GET("/hello"), "X-Upper", "a"}},
        {0, {GET("/hello"), "connection", "close"}},
        {0, {GET("/hello"), "transfer-encoding", "chunked"}},
        {0, {GET("/hello"), ":path", "/two"}},
        {0, {":method", "GET", ":scheme", "https", ":authority", "h"}},
        {0, {":method", "GET", ":path", "/hello", ":scheme", "https", ":authority", "a b"}},
    };
    struct client *c = client_open();
    uint32_t id = 1;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++, id += 2) {
        request(c, id, NGHTTP2_FLAG_END_STREAM, cases[i].fields);
        expect_status(c, id, cases[i].status);
        if (!cases[i].status)
            assert_int_equal(c->answer[i].reset, NGHTTP2_PROTOCOL_ERROR);
    }
    assert_string_equal(c->answer[12].text, "d"); /* the cookie's crumbs were joined */
    get(c, id, "/in");
    expect_status(c, id, 200);
    assert_int_equal(c->goaway, -1);
    client_close(c);
}

static void a_header_that_is_too_large_is_431(void **state)
{
    const char *fields[2 * 130 + 1] = {GET("/hello")};
    struct client *c = client_open();

    (void)state;
    for (int i = 8; i < 2 * 125; i += 2) {
        fields[i] = "x";
        fields[i + 1] = "y";
    }
    request(c, 1, NGHTTP2_FLAG_END_STREAM, fields);
    expect_status(c, 1, 431);
    get(c, 3, "/hello");
    expect_status(c, 3, 200);
    client_close(c);
}

static void post(struct client *c, uint32_t id, const char *path, const char *type,
                 const char *length)
{
    const char *const fields[] = {":method",
                                  "POST",
                                  ":path",
                                  path,
                                  ":scheme",
                                  "https",
                                  ":authority",
                                  "h",
                                  "content-type",
                                  type,
                                  length ? "content-length" : NULL,
                                  length,
                                  NULL};

    request(c, id, 0, fields);
}

static void bodies_are_held_to_their_rules(void **state)
{
    static char piece[TEXT];
    struct client *c = client_open();

    (void)state;
    post(c, 1, "/echo", "text/plain", "5");
    frame(c, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "hello", 5);
    expect_status(c, 1, 200);
    assert_string_equal(c->answer[0].text, "hello");
    post(c, 3, "/echo", "application/json", NULL);
    expect_status(c, 3, 415);
    post(c, 5, "/echo", "text/plain", "99999999");
    expect_status(c, 5, 413);
    post(c, 7, "/echo", "text/plain", "5");
    frame(c, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 7, "hello!", 6);
    assert_int_equal(wait_for(c, 7)->reset, NGHTTP2_PROTOCOL_ERROR);
    post(c, 9, "/echo", "text/plain", NULL);
    frame(c, NGHTTP2_DATA, 0, 9, piece, 10);
    expect_status(c, 9, 408); /* and then nothing */
    post(c, 11, "/signed", "text/plain", NULL);
    expect_status(c, 11, 401);
    get(c, 13, "/hello");
    expect_status(c, 13, 200);
    client_close(c);
}

static void a_window_opens_as_the_answer_is_read(void **state)
{
    static const unsigned char wide[] = {0, 0x20, 0, 0};
    struct client *c = client_open();

    (void)state;
    get(c, 1, "/big");
    get(c, 3, "/hello"); /* is not held up by the first one */
    frame(c, NGHTTP2_WINDOW_UPDATE, 0, 0, wide, 4);
    expect_status(c, 3, 200);
    frame(c, NGHTTP2_WINDOW_UPDATE, 0, 1, wide, 4);
    expect_status(c, 1, 200);
    assert_int_equal(c->answer[0].len, 1 << 20);
    client_close(c);
}

static void who_resets_what_waits_is_heard(void **state)
{
    static const unsigned char cancel[] = {0, 0, 0, NGHTTP2_CANCEL};
    int count = atomic_load(&gone);
    struct client *c = client_open();

    (void)state;
    get(c, 1, "/later");
    get(c, 3, "/hello");
    expect_status(c, 3, 200);
    frame(c, NGHTTP2_RST_STREAM, 0, 1, cancel, 4);
    for (int i = 0; i < 1000 && atomic_load(&gone) == count; i++)
        usleep(5000);
    assert_int_equal(atomic_load(&gone), count + 1);
    get(c, 5, "/later");
    client_close(c); /* and so is who leaves altogether */
    for (int i = 0; i < 1000 && atomic_load(&gone) == count + 1; i++)
        usleep(5000);
    assert_int_equal(atomic_load(&gone), count + 2);
}

/* Frames that ask for nothing, until the server has had enough. */
static void flood(int type, int flags, const void *data, size_t len)
{
    enum { MANY = 30000 };
    struct client *c = client_open();

    for (int i = 0; i < MANY && !c->closed; i++)
        frame(c, type, flags, type == NGHTTP2_PING || type == NGHTTP2_SETTINGS ? 0 : 1, data, len);
    c->closed = false;
    while (take(c))
        ;
    assert_true(c->closed);
    client_close(c);
}

static void floods_end_their_connection_only(void **state)
{
    static const unsigned char cancel[] = {0, 0, 0, NGHTTP2_CANCEL};
    struct client *other = client_open();
    struct client *c;

    (void)state;
    flood(NGHTTP2_PING, 0, "12345678", 8);
    flood(NGHTTP2_SETTINGS, 0, NULL, 0);
    flood(NGHTTP2_PRIORITY, 0, "\0\0\0\0\x10", 5);
    flood(NGHTTP2_CONTINUATION, 0, "", 0);
    c = client_open();
    for (uint32_t id = 1; id < 6000 && !c->closed; id += 2) { /* rapid reset, CVE-2023-44487 */
        get(c, id, "/hello");
        frame(c, NGHTTP2_RST_STREAM, 0, id, cancel, 4);
    }
    c->closed = false;
    while (take(c))
        ;
    assert_true(c->closed);
    client_close(c);
    get(other, 1, "/hello");
    expect_status(other, 1, 200);
    client_close(other);
}

static void connect_socket(struct client *c, uint32_t id, const char *protocol, const char *path)
{
    const char *const fields[] = {":method",
                                  "CONNECT",
                                  ":protocol",
                                  protocol,
                                  ":path",
                                  path,
                                  ":scheme",
                                  "https",
                                  ":authority",
                                  "h",
                                  "sec-websocket-version",
                                  "13",
                                  NULL};

    request(c, id, 0, fields);
}

static void a_stream_may_be_a_socket(void **state)
{
    struct client *c = client_open();
    struct answer *a = &c->answer[0];

    (void)state;
    connect_socket(c, 1, "websocket", "/ws/echo");
    while (!a->status && take(c))
        ;
    assert_int_equal(a->status, 200);
    frame(c, NGHTTP2_DATA, 0, 1, "\x81\x85\0\0\0\0he", 8);
    frame(c, NGHTTP2_DATA, 0, 1, "llo", 3);
    while (a->len < 7 && take(c))
        ;
    assert_memory_equal(a->text, "\x81\x05hello", 7);
    get(c, 3, "/hello"); /* beside it */
    expect_status(c, 3, 200);
    frame(c, NGHTTP2_DATA, 0, 1, "\x88\x82\0\0\0\0\x03\xe8", 8);
    wait_for(c, 1);
    assert_memory_equal(a->text + 7, "\x88\x02\x03\xe8", 4);
    for (int i = 0; i < 1000 && atomic_load(&closed_with) != 1000; i++)
        usleep(5000);
    assert_int_equal(atomic_load(&closed_with), 1000);
    connect_socket(c, 5, "websocket", "/ws/nothing");
    expect_status(c, 5, 404);
    connect_socket(c, 7, "tea", "/ws/echo");
    wait_for(c, 7);
    assert_true(c->answer[3].status >= 400 || c->answer[3].reset > 0);
    connect_socket(c, 9, "websocket", "/ws/echo");
    frame(c, NGHTTP2_DATA, 0, 9, "\x81\x01x", 3); /* no mask: the socket ends, nothing else */
    wait_for(c, 9);
    assert_memory_equal(c->answer[4].text, "\x88", 1);
    get(c, 11, "/hello");
    expect_status(c, 11, 200);
    client_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_stream_costs_only_itself),
        cmocka_unit_test(a_header_that_is_too_large_is_431),
        cmocka_unit_test(bodies_are_held_to_their_rules),
        cmocka_unit_test(a_window_opens_as_the_answer_is_read),
        cmocka_unit_test(who_resets_what_waits_is_heard),
        cmocka_unit_test(floods_end_their_connection_only),
        cmocka_unit_test(a_stream_may_be_a_socket),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("net/h2", tests, start, stop);
}
