/**
 * @file test/unit/net/h2.c  HTTP/2 frame by frame: bad streams, bad peers, WebSockets (RFC 8441)
 */
#include "cmocka_all.h"

#include "net/h2_guard.h"
#include "support/certificate.h"
#include "support/h2_client.h"
#include "support/net_fixture.h"

#include <nghttp2/nghttp2.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODIES = 160 << 10 };

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

/* A body in pieces; the handler says how long it was. */
static atomic_int dropped;

static int begin_taking(const struct http_request *req, struct http_response *res, uint64_t length,
                        void **upload)
{
    (void)req;
    (void)res;
    (void)length;
    *upload = calloc(1, sizeof(size_t));
    return *upload ? 0 : UV_ENOMEM;
}

static int take_piece(const struct http_request *req, struct http_response *res, void *upload,
                      const void *data, size_t len)
{
    size_t *sum = upload;

    (void)data;
    *sum += len;
    if (http_query(req, "refuses") && *sum > 100000) {
        http_problem(res, req, 415, NULL, NULL, NULL);
        return 1;
    }
    return 0;
}

static void drop_taken(void *upload)
{
    atomic_fetch_add(&dropped, 1);
    free(upload);
}

static int taken(const struct http_request *req, struct http_response *res)
{
    char text[32];

    snprintf(text, sizeof(text), "%zu", *(size_t *)req->upload);
    free(req->upload);
    return http_reply_bytes(res, 200, "text/plain", text, strlen(text));
}

static int read_letters(void *arg, uint64_t offset, void *to, size_t len)
{
    (void)offset;
    memset(to, 'b', len);
    return arg && offset > 500000 ? UV_EIO : 0;
}

static int source(const struct http_request *req, struct http_response *res)
{
    struct http_source from = {.size = 1 << 20, .read = read_letters};

    if (http_query(req, "bad"))
        from.arg = &f;
    return http_reply_source(res, "text/plain", &from);
}

/* As many, of which nobody knows how many there are. */
static int64_t draw_letters(void *arg, void *to, size_t len)
{
    size_t *left = arg;
    size_t n = *left < len ? *left : len;

    memset(to, 'c', n);
    *left -= n;
    return (int64_t)n;
}

static int open_ended(const struct http_request *req, struct http_response *res)
{
    struct http_source from = {
        .next = draw_letters, .release = free, .arg = malloc(sizeof(size_t))};

    (void)req;
    *(size_t *)from.arg = 1 << 20;
    return http_reply_source(res, "text/plain", &from);
}

static const struct http_intake intake = {begin_taking, take_piece, drop_taken};
static const struct http_route routes[] = {
    {.method = "POST",
     .pattern = "/take",
     .handler = taken,
     .body_max = 1 << 20,
     .intake = &intake},
    {.method = "GET", .pattern = "/source", .handler = source},
    {.method = "GET", .pattern = "/open-ended", .handler = open_ended},
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
    struct http_config config = {
        .connections_max = 16, .before = before, .body_grace_ms = 600, .bodies_max = BODIES};

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

/* ----------------------------------------------------------------- tests */

#define GET(path) ":method", "GET", ":path", path, ":scheme", "https", ":authority", "h"

static void a_bad_request_is_answered_and_costs_only_itself(void **state)
{
    static const struct {
        int status;
        const char *fields[24];
    } cases[] = {
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
        {200, {":method", "GET", ":path", "/hello", ":scheme", "https", "host", "h"}},
        {501, {":method", "CONNECT", ":authority", "h:443"}},
        /* From here on no request, by RFC 9113 sections 8.2 and 8.3. */
        {400, {GET("/hello"), "x-a", "b\x01z"}},
        {400, {GET("/hello"), "X-Upper", "a"}},
        {400, {GET("/hello"), "connection", "close"}},
        {400, {GET("/hello"), "transfer-encoding", "chunked"}},
        {400, {GET("/hello"), ":path", "/two"}},
        {400, {GET("/hello"), "content-length", "5"}},
        {400, {":method", "GET", ":scheme", "https", ":authority", "h"}},
        {400, {":method", "GET", ":path", "/hello", ":scheme", "https", ":authority", "a b"}},
    };
    struct h2_client *c = h2_client_open(f.port);
    uint32_t id = 1;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++, id += 2) {
        h2_request(c, id, NGHTTP2_FLAG_END_STREAM, cases[i].fields);
        h2_expect_status(c, id, cases[i].status);
        assert_int_equal(c->answer[i].reset, -1);
        if (cases[i].status == 400) {
            assert_non_null(strstr(c->answer[i].text, "\"requestId\""));
            assert_non_null(strstr(c->answer[i].text, "\"detail\""));
        }
    }
    h2_get(c, id, "/in");
    h2_expect_status(c, id, 200);
    assert_int_equal(c->goaway, -1);
    h2_client_close(c);
}

static void the_crumbs_of_a_cookie_are_joined(void **state)
{
    enum { CRUMBS = 120 };
    const char *fields[2 * CRUMBS + 16] = {GET("/hello"), "cookie", "a=b"};
    struct h2_client *c = h2_client_open(f.port);
    int n = 10;

    (void)state;
    for (int i = 0; i < CRUMBS; i++) {
        fields[n++] = "cookie";
        fields[n++] = "filler=of some length, as they have it";
    }
    fields[n++] = "accept"; /* one that comes between */
    fields[n++] = "*/*";
    fields[n++] = "cookie";
    fields[n++] = "c=d";
    h2_request(c, 1, NGHTTP2_FLAG_END_STREAM, fields);
    h2_expect_status(c, 1, 200);
    assert_string_equal(c->answer[0].text, "d");
    h2_client_close(c);
}

static void a_header_that_is_too_large_is_431(void **state)
{
    const char *fields[2 * 130 + 1] = {GET("/hello")};
    struct h2_client *c = h2_client_open(f.port);

    (void)state;
    for (int i = 8; i < 2 * 125; i += 2) {
        fields[i] = "x";
        fields[i + 1] = "y";
    }
    h2_request(c, 1, NGHTTP2_FLAG_END_STREAM, fields);
    h2_expect_status(c, 1, 431);
    h2_get(c, 3, "/hello");
    h2_expect_status(c, 3, 200);
    h2_client_close(c);
}

/* A header of `pieces` frames of 16 KiB, one field from first to last byte. */
static void put_huge(struct h2_client *c, uint32_t id, int flags, int pieces)
{
    enum { PIECE = 16 << 10 };
    /* Literal without indexing (RFC 7541 section 6.2.2), name "x", a value of a megabyte. */
    static const unsigned char begins[] = {0x00, 0x01, 'x', 0x7f, 0x81, 0xff, 0x3e};
    static unsigned char all[H2_FRAME_HEAD + PIECE];

    for (int i = 0; i < pieces && !c->closed; i++) {
        unsigned char head[H2_FRAME_HEAD] = {
            0, PIECE >> 8,       0, i ? NGHTTP2_CONTINUATION : NGHTTP2_HEADERS, i ? 0 : flags, 0, 0,
            0, (unsigned char)id};

        memset(all, 'v', sizeof(all));
        memcpy(all, head, sizeof(head));
        if (!i)
            memcpy(all + sizeof(head), begins, sizeof(begins));
        h2_put(c, all, sizeof(all));
    }
}

static void a_header_beyond_all_measure_is_431_and_the_last(void **state)
{
    for (int whole = 0; whole < 2; whole++) {
        struct h2_client *c = h2_client_open(f.port);

        h2_get(c, 1, "/later"); /* what was asked before stays */
        h2_post(c, 3, "/echo", "text/plain", "10");
        h2_frame(c, NGHTTP2_DATA, 0, 3, "hello", 5);
        put_huge(c, 5, whole ? NGHTTP2_FLAG_END_STREAM : 0, 20);
        h2_expect_status(c, 5, 431);
        assert_non_null(strstr(c->answer[2].text, "\"requestId\""));
        h2_get(c, 7, "/hello"); /* nobody reads a header any more */
        h2_frame(c, NGHTTP2_DATA, 0, 7, "x", 1);
        h2_frame(c, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 3, "again", 5);
        h2_expect_status(c, 3, 200);
        assert_string_equal(c->answer[1].text, "helloagain");
        assert_int_equal(c->answer[3].status, 0);
        assert_int_equal(c->goaway, NGHTTP2_ENHANCE_YOUR_CALM);
        h2_frame(c, NGHTTP2_RST_STREAM, 0, 1, "\0\0\0\x08", 4);
        while (h2_take(c)) /* and when all is answered, that was it */
            ;
        assert_true(c->closed);
        h2_client_close(c);
    }
    (void)state;
}

static void a_header_may_come_in_pieces(void **state)
{
    struct h2_client *c = h2_client_open(f.port);
    const char *const fields[] = {GET("/hello"), "x-much", "of it", NULL};
    nghttp2_nv nv[5];
    unsigned char block[H2_CLIENT_TEXT];
    size_t len;

    (void)state;
    for (size_t i = 0; i < 5; i++)
        nv[i] = (nghttp2_nv){(uint8_t *)(uintptr_t)fields[2 * i],
                             (uint8_t *)(uintptr_t)fields[2 * i + 1], strlen(fields[2 * i]),
                             strlen(fields[2 * i + 1]), NGHTTP2_NV_FLAG_NONE};
    len = (size_t)nghttp2_hd_deflate_hd(c->out, block, sizeof(block), nv, 5);
    h2_frame(c, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, block, 3);
    h2_frame(c, NGHTTP2_CONTINUATION, 0, 1, block + 3, 4);
    h2_frame(c, NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 1, block + 7, len - 7);
    h2_expect_status(c, 1, 200);
    h2_get(c, 3, "/hello");
    h2_expect_status(c, 3, 200);
    /* Nothing may come between the pieces (RFC 9113 section 4.3). */
    h2_frame(c, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 5, "\x82", 1);
    h2_frame(c, NGHTTP2_PING, 0, 0, "12345678", 8);
    while (h2_take(c))
        ;
    assert_int_equal(c->goaway, NGHTTP2_PROTOCOL_ERROR);
    h2_client_close(c);
}

/* A header that waits for its 100. */
static void expect_to_go_on(struct h2_client *c, uint32_t id, const char *path, const char *more)
{
    const char *const fields[] = {
        ":method",   "POST",   ":path",        path, ":scheme",         "https", ":authority",
        "localhost", "expect", "100-continue", more, more ? "a" : NULL, NULL};

    h2_request(c, id, 0, fields);
}

static void who_waits_for_a_word_before_the_body_gets_it(void **state)
{
    struct h2_client *c = h2_client_open(f.port);

    (void)state;
    expect_to_go_on(c, 1, "/echo", NULL);
    while (!c->answer[0].told_to_go_on && h2_take(c))
        ;
    assert_true(c->answer[0].told_to_go_on);
    h2_frame(c, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "hello", 5);
    h2_expect_status(c, 1, 200);
    assert_string_equal(c->answer[0].text, "hello");
    expect_to_go_on(c, 3, "/signed", "authorization"); /* once it is known who asks */
    while (!c->answer[1].told_to_go_on && h2_take(c))
        ;
    assert_true(c->answer[1].told_to_go_on);
    h2_frame(c, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 3, "hello", 5);
    h2_expect_status(c, 3, 200);
    expect_to_go_on(c, 5, "/signed", NULL);
    h2_expect_status(c, 5, 401);
    assert_false(c->answer[2].told_to_go_on);
    h2_client_close(c);
}

/* Each of these is wrong for its stream alone. */
static void a_wrong_frame_costs_its_stream_only(void **state)
{
    static const struct {
        int type, flags;
        const char *data;
        size_t len;
        bool is_whole; /* the request, before it comes */
        int code;
    } cases[] = {
        {NGHTTP2_WINDOW_UPDATE, 0, "\0\0\0\0", 4, false, NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_WINDOW_UPDATE, 0, "\x80\0\0\0", 4, false, NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_WINDOW_UPDATE, 0, "\x7f\xff\xff\xff", 4, false, NGHTTP2_FLOW_CONTROL_ERROR},
        {NGHTTP2_PRIORITY, 0, "\0\0\0\0", 4, false, NGHTTP2_FRAME_SIZE_ERROR},
        {NGHTTP2_DATA, 0, "more", 4, true, NGHTTP2_STREAM_CLOSED},
        {NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, "\x82", 1, true, NGHTTP2_STREAM_CLOSED},
    };
    struct h2_client *c = h2_client_open(f.port);
    uint32_t id = 1;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++, id += 4) {
        if (cases[i].is_whole)
            h2_get(c, id, "/later");
        else
            h2_post(c, id, "/echo", "text/plain", NULL);
        h2_frame(c, cases[i].type, cases[i].flags, id, cases[i].data, cases[i].len);
        assert_int_equal(h2_wait_for(c, id)->reset, cases[i].code);
        h2_get(c, id + 2, "/hello");
        h2_expect_status(c, id + 2, 200);
    }
    h2_post(c, id, "/echo", "text/plain", NULL);
    h2_frame(c, NGHTTP2_PRIORITY, 0, id, "\0\0\0\0\x10", 5); /* is not read */
    h2_frame(c, NGHTTP2_WINDOW_UPDATE, 0, id, "\0\0\0\1", 4);
    h2_frame(c, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, id, "hello", 5);
    h2_expect_status(c, id, 200);
    h2_client_close(c);
}

static void bodies_are_held_to_their_rules(void **state)
{
    static char piece[H2_CLIENT_TEXT];
    struct h2_client *c = h2_client_open(f.port);

    (void)state;
    h2_post(c, 1, "/echo", "text/plain", "5");
    h2_frame(c, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "hello", 5);
    h2_expect_status(c, 1, 200);
    assert_string_equal(c->answer[0].text, "hello");
    h2_post(c, 3, "/echo", "application/json", NULL);
    h2_expect_status(c, 3, 415);
    h2_post(c, 5, "/echo", "text/plain", "99999999");
    h2_expect_status(c, 5, 413);
    h2_post(c, 7, "/echo", "text/plain", "5");
    h2_frame(c, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 7, "hello!", 6);
    h2_expect_status(c, 7, 400);
    h2_post(c, 9, "/echo", "text/plain", NULL);
    h2_frame(c, NGHTTP2_DATA, 0, 9, piece, 10);
    h2_expect_status(c, 9, 408); /* and then nothing */
    h2_post(c, 11, "/signed", "text/plain", NULL);
    h2_expect_status(c, 11, 401);
    h2_get(c, 13, "/hello");
    h2_expect_status(c, 13, 200);
    h2_post(c, 15, "/echo", "text/plain", "5");
    h2_frame(c, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 15, "hell", 4);
    h2_expect_status(c, 15, 400);
    h2_post(c, 17, "/echo", "text/plain", "x");
    h2_expect_status(c, 17, 400);
    h2_client_close(c);
}

static void what_is_odd_in_a_header_is_told_as_over_http1(void **state)
{
    static const struct {
        int status;
        const char *const field[7];
    } cases[] = {
        {417, {"expect", "tea", NULL}},
        {400, {"authorization", "Bearer a", "authorization", "Bearer b", NULL}},
        {400, {"origin", "https://a", "origin", "https://b", NULL}},
        {400, {"content-type", "text/plain", "content-type", "application/json", NULL}},
        {200, {"cookie", "a=1", "cookie", "b=2", NULL}},
    };
    struct h2_client *c = h2_client_open(f.port);

    (void)state;
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *fields[16] = {":method", "GET",   ":path",      "/hello",
                                  ":scheme", "https", ":authority", "h"};

        for (size_t k = 0; cases[i].field[k]; k++)
            fields[8 + k] = cases[i].field[k];
        h2_request(c, 2 * i + 1, NGHTTP2_FLAG_END_STREAM, fields);
        h2_expect_status(c, 2 * i + 1, cases[i].status);
    }
    h2_client_close(c);
}

static void bodies_of_all_have_a_bound(void **state)
{
    enum { PIECES = 25, BODY = PIECES * H2_CLIENT_TEXT };
    static char piece[H2_CLIENT_TEXT];
    struct h2_client *c = h2_client_open(f.port);
    struct h2_client *other = h2_client_open(f.port);

    (void)state;
    h2_post(c, 1, "/echo", "text/plain", "102400");
    for (int i = 0; i < PIECES - 1; i++)
        h2_frame(c, NGHTTP2_DATA, 0, 1, piece, H2_CLIENT_TEXT);
    h2_get(c, 3, "/hello");
    h2_expect_status(c, 3, 200);
    h2_post(other, 1, "/echo", "text/plain", "102400");
    h2_expect_status(other, 1, 503);
    h2_post(other, 3, "/echo", "text/plain", NULL);
    for (int i = 0; i < PIECES; i++)
        h2_frame(other, NGHTTP2_DATA, 0, 3, piece, H2_CLIENT_TEXT);
    h2_expect_status(other, 3, 503);
    h2_frame(c, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, piece, H2_CLIENT_TEXT);
    h2_frame(c, NGHTTP2_WINDOW_UPDATE, 0, 1, "\0\1\0\0", 4);
    h2_frame(c, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\1\0\0", 4);
    h2_expect_status(c, 1, 200);
    assert_int_equal(c->answer[0].len, BODY);
    h2_client_close(c);
    h2_post(other, 5, "/echo", "text/plain", "102400"); /* and then there is room again */
    for (int i = 0; i < PIECES; i++)
        h2_frame(other, NGHTTP2_DATA, i + 1 == PIECES ? NGHTTP2_FLAG_END_STREAM : 0, 5, piece,
                 H2_CLIENT_TEXT);
    h2_expect_status(other, 5, 200);
    h2_client_close(other);
}

static void trailers_are_held_to_the_same_rules(void **state)
{
    static const char *const good[] = {"x-sum", "1", NULL};
    static const char *const pseudo[] = {":path", "/", NULL};
    static const char *const upper[] = {"X-Sum", "1", NULL};
    static char text[TRAILER_MAX];
    const char *const large[] = {"x-sum", text, NULL};
    const struct {
        int status;
        int flags;
        const char *const *fields;
    } cases[] = {{200, NGHTTP2_FLAG_END_STREAM, good},
                 {400, 0, good},
                 {400, NGHTTP2_FLAG_END_STREAM, pseudo},
                 {400, NGHTTP2_FLAG_END_STREAM, upper},
                 {431, NGHTTP2_FLAG_END_STREAM, large}};
    struct h2_client *c = h2_client_open(f.port);
    uint32_t id = 1;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++, id += 2) {
        h2_post(c, id, "/echo", "text/plain", NULL);
        h2_frame(c, NGHTTP2_DATA, 0, id, "hello", 5);
        h2_request(c, id, cases[i].flags, cases[i].fields);
        h2_expect_status(c, id, cases[i].status);
    }
    h2_client_close(c);
}

static void a_window_opens_as_the_answer_is_read(void **state)
{
    static const unsigned char wide[] = {0, 0x20, 0, 0};
    struct h2_client *c = h2_client_open(f.port);

    (void)state;
    h2_get(c, 1, "/big");
    h2_get(c, 3, "/hello"); /* is not held up by the first one */
    h2_frame(c, NGHTTP2_WINDOW_UPDATE, 0, 0, wide, 4);
    h2_expect_status(c, 3, 200);
    h2_frame(c, NGHTTP2_WINDOW_UPDATE, 0, 1, wide, 4);
    h2_expect_status(c, 1, 200);
    assert_int_equal(c->answer[0].len, 1 << 20);
    h2_client_close(c);
}

static void put_body(struct h2_client *c, uint32_t id, int pieces)
{
    static char piece[H2_CLIENT_TEXT];

    for (int i = 0; i < pieces; i++)
        h2_frame(c, NGHTTP2_DATA, i + 1 == pieces ? NGHTTP2_FLAG_END_STREAM : 0, id, piece,
                 H2_CLIENT_TEXT);
}

static void a_body_is_handed_on_in_pieces(void **state)
{
    enum { PIECES = 38 }; /* 152 KB: more than a worker gets at a time */
    static char piece[H2_CLIENT_TEXT];
    struct h2_client *c = h2_client_open(f.port);

    (void)state;
    h2_get(c, 15, "/hello"); /* behind the server's settings: their wide windows are taken */
    h2_expect_status(c, 15, 200);
    h2_post(c, 17, "/take", "audio/webm", NULL);
    put_body(c, 17, PIECES);
    h2_expect_status(c, 17, 200);
    assert_string_equal(c->answer[8].text, "155648");
    h2_post(c, 19, "/take", "audio/webm", "155648");
    put_body(c, 19, PIECES);
    h2_expect_status(c, 19, 200);
    assert_string_equal(c->answer[9].text, "155648");
    h2_post(c, 21, "/take", "audio/webm", "155649"); /* one more than comes */
    put_body(c, 21, PIECES);
    h2_expect_status(c, 21, 400);
    h2_post(c, 23, "/take?refuses", "audio/webm", "155648");
    put_body(c, 23, PIECES);
    h2_expect_status(c, 23, 415);
    h2_post(c, 25, "/take", "audio/webm", NULL);
    h2_frame(c, NGHTTP2_DATA, 0, 25, piece, 10);
    h2_expect_status(c, 25, 408);
    h2_post(c, 27, "/take", "audio/webm", "155648");
    for (int i = 0; i < 10; i++)
        h2_frame(c, NGHTTP2_DATA, 0, 27, piece, H2_CLIENT_TEXT);
    h2_frame(c, NGHTTP2_RST_STREAM, 0, 27, "\0\0\0\x8", 4);
    h2_post(c, 29, "/take", "audio/webm", "4096");
    put_body(c, 29, 1);
    h2_expect_status(c, 29, 200);
    h2_client_close(c);
    for (int i = 0; i < 1000 && atomic_load(&dropped) < 4; i++)
        usleep(5000);
    assert_int_equal(atomic_load(&dropped), 4); /* too short, refused, too slow, reset */
}

static void an_answer_is_read_as_it_is_sent(void **state)
{
    static const unsigned char wide[] = {0, 0x40, 0, 0};
    struct h2_client *c = h2_client_open(f.port);
    struct h2_answer *a;

    (void)state;
    h2_frame(c, NGHTTP2_WINDOW_UPDATE, 0, 0, wide, 4);
    h2_get(c, 1, "/source");
    h2_frame(c, NGHTTP2_WINDOW_UPDATE, 0, 1, wide, 4);
    h2_expect_status(c, 1, 200);
    assert_int_equal(c->answer[0].len, 1 << 20);
    h2_get(c, 3, "/source?bad"); /* in the middle it cannot be read any more */
    h2_frame(c, NGHTTP2_WINDOW_UPDATE, 0, 3, wide, 4);
    a = h2_wait_for(c, 3);
    assert_int_equal(a->status, 200);
    assert_true(!a->ended && a->reset >= 0 && a->len < 1 << 20);
    h2_get(c, 5, "/hello"); /* and that cost nobody else anything */
    h2_expect_status(c, 5, 200);
    h2_frame(c, NGHTTP2_WINDOW_UPDATE, 0, 0, wide, 4);
    h2_get(c, 7, "/open-ended");
    h2_frame(c, NGHTTP2_WINDOW_UPDATE, 0, 7, wide, 4);
    h2_expect_status(c, 7, 200);
    assert_int_equal(c->answer[3].len, 1 << 20);
    h2_client_close(c);
}

/* As a client does that reads in small steps: no flood, for there is an answer to each. */
static void who_reads_much_may_open_windows_often(void **state)
{
    enum { ANSWERS = 20, UPDATES = 2 * (1 << 20) / (16 << 10) };
    static const unsigned char step[] = {0, 0, 0x40, 0};
    struct h2_client *c = h2_client_open(f.port);

    (void)state;
    for (uint32_t id = 1; id < 2 * ANSWERS; id += 2) {
        h2_get(c, id, "/big");
        for (int i = 0; i < UPDATES; i++) {
            h2_frame(c, NGHTTP2_WINDOW_UPDATE, 0, i % 2 ? 0 : id, step, 4);
            if (i % 8 == 0 && !c->answer[id / 2].ended)
                h2_take(c);
        }
        h2_expect_status(c, id, 200);
        assert_int_equal(c->answer[id / 2].len, 1 << 20);
    }
    assert_int_equal(c->goaway, -1);
    h2_client_close(c);
}

static void who_resets_what_waits_is_heard(void **state)
{
    static const unsigned char cancel[] = {0, 0, 0, NGHTTP2_CANCEL};
    int count = atomic_load(&gone);
    struct h2_client *c = h2_client_open(f.port);

    (void)state;
    h2_get(c, 1, "/later");
    h2_get(c, 3, "/hello");
    h2_expect_status(c, 3, 200);
    h2_frame(c, NGHTTP2_RST_STREAM, 0, 1, cancel, 4);
    for (int i = 0; i < 1000 && atomic_load(&gone) == count; i++)
        usleep(5000);
    assert_int_equal(atomic_load(&gone), count + 1);
    h2_get(c, 5, "/later");
    h2_client_close(c); /* and so is who leaves altogether */
    for (int i = 0; i < 1000 && atomic_load(&gone) == count + 1; i++)
        usleep(5000);
    assert_int_equal(atomic_load(&gone), count + 2);
}

/* Frames that ask for nothing, until the server has had enough: it says so, and ends. */
static void flood(int type, int flags, const void *data, size_t len)
{
    enum { MANY = 30000 };
    bool of_all = type == NGHTTP2_PING || type == NGHTTP2_SETTINGS || type == NGHTTP2_WINDOW_UPDATE;
    struct h2_client *c = h2_client_open(f.port);

    if (type == NGHTTP2_DATA)
        h2_post(c, 1, "/echo", "text/plain", NULL);
    for (int i = 0; i < MANY && !c->closed; i++)
        h2_frame(c, type, flags, of_all ? 0 : 1, data, len);
    c->closed = false;
    while (h2_take(c))
        ;
    assert_true(c->closed);
    if (c->goaway != NGHTTP2_ENHANCE_YOUR_CALM)
        fail_msg("frames of type %d: goaway %d", type, c->goaway);
    h2_client_close(c);
}

static void floods_end_their_connection_only(void **state)
{
    enum { UNKNOWN = 0x10 };
    static const unsigned char cancel[] = {0, 0, 0, NGHTTP2_CANCEL};
    struct h2_client *other = h2_client_open(f.port);
    struct h2_client *c;

    (void)state;
    flood(NGHTTP2_PING, 0, "12345678", 8);
    flood(NGHTTP2_PING, NGHTTP2_FLAG_ACK, "12345678", 8);
    flood(NGHTTP2_SETTINGS, 0, NULL, 0);
    flood(NGHTTP2_PRIORITY, 0, "\0\0\0\0\x10", 5);
    flood(NGHTTP2_WINDOW_UPDATE, 0, "\0\0\0\1", 4);
    flood(NGHTTP2_DATA, 0, NULL, 0);
    flood(UNKNOWN, 0, "what", 4);
    c = h2_client_open(f.port);
    for (uint32_t id = 1; id < 6000 && !c->closed; id += 2) { /* rapid reset, CVE-2023-44487 */
        h2_get(c, id, "/hello");
        h2_frame(c, NGHTTP2_RST_STREAM, 0, id, cancel, 4);
    }
    c->closed = false;
    while (h2_take(c))
        ;
    assert_int_equal(c->goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    h2_client_close(c);
    c = h2_client_open(f.port);
    h2_frame(c, NGHTTP2_HEADERS, 0, 1, "\x82", 1);
    for (int i = 0; i < 10000 && !c->closed; i++) /* CVE-2024-27316 */
        h2_frame(c, NGHTTP2_CONTINUATION, 0, 1, "", 0);
    c->closed = false;
    h2_expect_status(c, 1, 431);
    h2_client_close(c);
    h2_get(other, 1, "/hello");
    h2_expect_status(other, 1, 200);
    h2_client_close(other);
}

static void connect_socket(struct h2_client *c, uint32_t id, const char *protocol, const char *path)
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

    h2_request(c, id, 0, fields);
}

static void a_stream_may_be_a_socket(void **state)
{
    struct h2_client *c = h2_client_open(f.port);
    struct h2_answer *a = &c->answer[0];

    (void)state;
    connect_socket(c, 1, "websocket", "/ws/echo");
    while (!a->status && h2_take(c))
        ;
    assert_int_equal(a->status, 200);
    h2_frame(c, NGHTTP2_DATA, 0, 1, "\x81\x85\0\0\0\0he", 8);
    h2_frame(c, NGHTTP2_DATA, 0, 1, "llo", 3);
    while (a->len < 7 && h2_take(c))
        ;
    assert_memory_equal(a->text, "\x81\x05hello", 7);
    h2_get(c, 3, "/hello"); /* beside it */
    h2_expect_status(c, 3, 200);
    h2_frame(c, NGHTTP2_DATA, 0, 1, "\x88\x82\0\0\0\0\x03\xe8", 8);
    h2_wait_for(c, 1);
    assert_memory_equal(a->text + 7, "\x88\x02\x03\xe8", 4);
    for (int i = 0; i < 1000 && atomic_load(&closed_with) != 1000; i++)
        usleep(5000);
    assert_int_equal(atomic_load(&closed_with), 1000);
    connect_socket(c, 5, "websocket", "/ws/nothing");
    h2_expect_status(c, 5, 404);
    connect_socket(c, 7, "tea", "/ws/echo");
    h2_wait_for(c, 7);
    assert_true(c->answer[3].status >= 400 || c->answer[3].reset > 0);
    connect_socket(c, 9, "websocket", "/ws/echo");
    h2_frame(c, NGHTTP2_DATA, 0, 9, "\x81\x01x", 3); /* no mask: the socket ends, nothing else */
    h2_wait_for(c, 9);
    assert_memory_equal(c->answer[4].text, "\x88", 1);
    h2_get(c, 11, "/hello");
    h2_expect_status(c, 11, 200);
    h2_client_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_request_is_answered_and_costs_only_itself),
        cmocka_unit_test(the_crumbs_of_a_cookie_are_joined),
        cmocka_unit_test(a_header_beyond_all_measure_is_431_and_the_last),
        cmocka_unit_test(a_header_may_come_in_pieces),
        cmocka_unit_test(bodies_of_all_have_a_bound),
        cmocka_unit_test(trailers_are_held_to_the_same_rules),
        cmocka_unit_test(a_header_that_is_too_large_is_431),
        cmocka_unit_test(who_waits_for_a_word_before_the_body_gets_it),
        cmocka_unit_test(a_wrong_frame_costs_its_stream_only),
        cmocka_unit_test(bodies_are_held_to_their_rules),
        cmocka_unit_test(what_is_odd_in_a_header_is_told_as_over_http1),
        cmocka_unit_test(a_window_opens_as_the_answer_is_read),
        cmocka_unit_test(a_body_is_handed_on_in_pieces),
        cmocka_unit_test(an_answer_is_read_as_it_is_sent),
        cmocka_unit_test(who_reads_much_may_open_windows_often),
        cmocka_unit_test(who_resets_what_waits_is_heard),
        cmocka_unit_test(floods_end_their_connection_only),
        cmocka_unit_test(a_stream_may_be_a_socket),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("net/h2", tests, start, stop);
}
