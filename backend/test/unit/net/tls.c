/**
 * @file test/unit/net/tls.c  HTTP/2 and HTTP/1.1 over TLS, with a certificate made here
 */
#include "cmocka_all.h"

#include "net/client.h"
#include "support/certificate.h"
#include "support/net_fixture.h"
#include "support/wire.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BIG = 1000000 };

static struct net_fixture f;
static struct certificate certificate;

static int echo(const struct http_request *req, struct http_response *res)
{
    return http_reply_bytes(res, 200, "application/octet-stream", req->body ? req->body : "",
                            req->body_len);
}

static void events(struct http_stream *stream, void *arg)
{
    (void)arg;
    http_stream_write(stream, "data: 1\n\n", 9);
    http_stream_end(stream);
}

static int stream(const struct http_request *req, struct http_response *res)
{
    return req->tls ? http_reply_stream(res, "text/event-stream", events, NULL) : UV_EIO;
}

static const struct http_route routes[] = {
    {.method = "POST", .pattern = "/echo", .handler = echo},
    {.method = "GET", .pattern = "/stream", .handler = stream},
    {.method = NULL},
};

static int start(void **state)
{
    struct http_config config = {.connections_max = 16};

    (void)state;
    certificate_make(&certificate);
    config.tls_cert = certificate.cert;
    config.tls_key = certificate.key;
    net_fixture_start(&f, &config, routes, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    net_fixture_stop(&f);
    certificate_remove(&certificate);
    return 0;
}

/* A browser that was sent to http:// by mistake. */
static void plain_http_is_told_that_this_is_https(void **state)
{
    struct wire_answer a;
    int fd = wire_connect(f.port);

    (void)state;
    wire_puts(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(wire_answer_read(fd, 0, &a), 0);
    assert_int_equal(a.status, 400);
    assert_non_null(strstr(a.body, "https://"));
    wire_answer_release(&a);
    wire_close(fd);
}

static size_t collect(char *data, size_t size, size_t count, void *arg)
{
    return buf_append(arg, data, size * count) ? 0 : size * count;
}

/* One request; the version of HTTP that was spoken, or 0 when it failed. */
static long ask(long version, const char *path, const char *body, size_t len, struct buf *got)
{
    CURL *e = curl_easy_init();
    char url[64];
    long spoken = 0;

    buf_init(got, 4 * BIG);
    snprintf(url, sizeof(url), "https://127.0.0.1:%d%s", f.port, path);
    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_CAINFO, certificate.cert);
    curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(e, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, version);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, got);
    if (body) {
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, body);
    }
    if (curl_easy_perform(e) == CURLE_OK)
        curl_easy_getinfo(e, CURLINFO_HTTP_VERSION, &spoken);
    curl_easy_cleanup(e);
    return spoken;
}

static void a_megabyte_goes_up_and_down(void **state)
{
    static const long versions[] = {CURL_HTTP_VERSION_1_1, CURL_HTTP_VERSION_2_0};
    char *body = malloc(BIG);
    struct buf got;

    (void)state;
    for (size_t i = 0; i < BIG; i++)
        body[i] = (char)(i * 7);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ask(versions[i], "/echo", body, BIG, &got), versions[i]);
        assert_int_equal(got.len, BIG);
        assert_memory_equal(got.data, body, BIG);
        buf_release(&got);
    }
    free(body);
}

static void streams_work_over_http2(void **state)
{
    struct buf got;

    (void)state;
    assert_int_equal(ask(CURL_HTTP_VERSION_2_0, "/stream", NULL, 0, &got), CURL_HTTP_VERSION_2_0);
    assert_string_equal(got.data, "data: 1\n\n");
    buf_release(&got);
}

static void our_own_client_trusts_no_stranger(void **state)
{
    struct http_client *client;
    struct http_call_request req = {.url = NULL};
    struct http_reply reply;
    struct net_fixture plain = {.loop = NULL};
    char url[64];

    (void)state;
    setenv("no_proxy", "127.0.0.1", 1);
    assert_int_equal(loop_open(&plain.loop, NULL), 0);
    assert_int_equal(http_client_open(&client, plain.loop, NULL), 0);
    uv_thread_create(&plain.thread, (uv_thread_cb)loop_run, plain.loop);
    while (loop_is_current(plain.loop))
        usleep(1000); /* until the other thread owns it */
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/stream", f.port);
    req.url = url;
    assert_int_equal(http_fetch(client, &req, 100, NULL, &reply, NULL), UV_EPROTO);
    loop_stop(plain.loop);
    uv_thread_join(&plain.thread);
    http_client_close(client);
    assert_int_equal(loop_close(plain.loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_megabyte_goes_up_and_down),
        cmocka_unit_test(streams_work_over_http2),
        cmocka_unit_test(plain_http_is_told_that_this_is_https),
        cmocka_unit_test(our_own_client_trusts_no_stranger),
    };

    return cmocka_run_group_tests_name("net/tls", tests, start, stop);
}
