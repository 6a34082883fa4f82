/**
 * @file test/unit/net/window.c  HTTP/2: what a client may send before it is known who it is
 */
#include "cmocka_all.h"

#include "support/certificate.h"
#include "support/h2_client.h"
#include "support/net_fixture.h"

#include <nghttp2/nghttp2.h>
#include <stdatomic.h>
#include <unistd.h>

static struct certificate certificate;
static atomic_bool undecided; /* nobody is told yet who is signed in */

static int hello(const struct http_request *req, struct http_response *res)
{
    (void)req;
    return http_reply_bytes(res, 200, "text/plain", "hello", 5);
}

static int echo(const struct http_request *req, struct http_response *res)
{
    return http_reply_bytes(res, 200, "text/plain", req->body, req->body_len);
}

static int before(struct http_request *req, struct http_response *res)
{
    (void)res;
    while (req->route->flags & ROUTE_AUTH && atomic_load(&undecided))
        usleep(1000);
    return 0;
}

static const struct http_route routes[] = {
    {.method = "GET", .pattern = "/hello", .handler = hello},
    {.method = "POST", .pattern = "/signed", .handler = echo, .flags = ROUTE_AUTH},
    {.method = NULL},
};

/* A client may fill the window before it is known who it is, and then it must be told to go on. */
static void a_window_that_was_filled_opens_once_it_is_known_who_it_is(void **state)
{
    enum { WINDOW = 256 << 10, MORE = 8 };
    static const char *const fields[] = {
        ":method", "POST",          ":path",    "/signed",      ":scheme",    "https", ":authority",
        "h",       "authorization", "Bearer a", "content-type", "text/plain", NULL};
    static char piece[H2_CLIENT_TEXT];
    struct http_config config = {.connections_max = 16,
                                 .before = before,
                                 .tls_cert = certificate.cert,
                                 .tls_key = certificate.key};
    struct net_fixture f = {0};
    struct h2_client *c;
    struct h2_answer *a;

    (void)state;
    certificate_make(&certificate);
    net_fixture_start(&f, &config, routes, NULL);
    atomic_store(&undecided, true);
    c = h2_client_open(f.port);
    a = &c->answer[1];
    h2_get(c, 1, "/hello");
    h2_expect_status(c, 1, 200); /* and its settings were read */
    h2_request(c, 3, 0, fields);
    for (int i = 0; i < WINDOW / H2_CLIENT_TEXT; i++)
        h2_frame(c, NGHTTP2_DATA, 0, 3, piece, H2_CLIENT_TEXT);
    h2_get(c, 5, "/hello");
    h2_expect_status(c, 5, 200); /* so all that came before it was read */
    assert_int_equal(a->window, 0);
    atomic_store(&undecided, false);
    while (a->window < MORE * H2_CLIENT_TEXT && h2_take(c))
        ;
    if (a->window < MORE * H2_CLIENT_TEXT)
        fail_msg("only %zu bytes may follow (status %d, reset %d, goaway %d)", a->window, a->status,
                 a->reset, c->goaway);
    for (int i = 0; i < MORE; i++)
        h2_frame(c, NGHTTP2_DATA, i + 1 < MORE ? 0 : NGHTTP2_FLAG_END_STREAM, 3, piece,
                 H2_CLIENT_TEXT);
    h2_frame(c, NGHTTP2_WINDOW_UPDATE, 0, 3, "\0\x10\0\0", 4);
    h2_frame(c, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\x10\0\0", 4);
    h2_expect_status(c, 3, 200);
    assert_int_equal(a->len, WINDOW + MORE * H2_CLIENT_TEXT);
    h2_client_close(c);
    net_fixture_stop(&f);
    certificate_remove(&certificate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_that_was_filled_opens_once_it_is_known_who_it_is),
    };

    return cmocka_run_group_tests_name("net/window", tests, NULL, NULL);
}
