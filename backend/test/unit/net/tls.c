/**
 * @file test/unit/net/tls.c  HTTP/2 and HTTP/1.1 over TLS, with a certificate made here
 */
#include "cmocka_all.h"

#include "net/client.h"
#include "support/net_fixture.h"

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BIG = 1000000 };

static struct net_fixture f;
static char folder[] = "/tmp/tlsXXXXXX";
static char cert_path[64];
static char key_path[64];

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

static void name_it(X509 *cert)
{
    X509_NAME *name = X509_get_subject_name(cert);
    X509_EXTENSION *alt = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");

    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(cert, name);
    X509_add_ext(cert, alt, -1);
    X509_EXTENSION_free(alt);
}

static void make_certificate(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    FILE *file;

    assert_non_null(mkdtemp(folder));
    snprintf(cert_path, sizeof(cert_path), "%s/cert.pem", folder);
    snprintf(key_path, sizeof(key_path), "%s/key.pem", folder);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    name_it(cert);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    file = fopen(cert_path, "w");
    PEM_write_X509(file, cert);
    fclose(file);
    file = fopen(key_path, "w");
    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static int start(void **state)
{
    struct http_config config = {.connections_max = 16};

    (void)state;
    make_certificate();
    config.tls_cert = cert_path;
    config.tls_key = key_path;
    net_fixture_start(&f, &config, routes, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    net_fixture_stop(&f);
    unlink(cert_path);
    unlink(key_path);
    return rmdir(folder);
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
    curl_easy_setopt(e, CURLOPT_CAINFO, cert_path);
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
        cmocka_unit_test(our_own_client_trusts_no_stranger),
    };

    return cmocka_run_group_tests_name("net/tls", tests, start, stop);
}
