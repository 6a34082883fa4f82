/**
 * @file test/support/h2_client.c  HTTP/2 frame by frame
 */
#include "support/h2_client.h"

#include "cmocka_all.h"
#include "support/wire.h"

#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

void h2_put(struct h2_client *c, const void *data, size_t len)
{
    if (!c->closed && SSL_write(c->ssl, data, (int)len) != (int)len)
        c->closed = true;
}

void h2_frame(struct h2_client *c, int type, int flags, uint32_t id, const void *data, size_t len)
{
    unsigned char head[9] = {
        (unsigned char)(len >> 16), (unsigned char)(len >> 8), (unsigned char)len,
        (unsigned char)type,        (unsigned char)flags,      (unsigned char)(id >> 24),
        (unsigned char)(id >> 16),  (unsigned char)(id >> 8),  (unsigned char)id};
    char all[9 + H2_CLIENT_TEXT];

    assert_true(len <= H2_CLIENT_TEXT);
    memcpy(all, head, 9);
    if (len)
        memcpy(all + 9, data, len);
    h2_put(c, all, 9 + len);
}

struct h2_client *h2_client_open(int port)
{
    static const unsigned char alpn[] = "\x02h2";
    struct h2_client *c = OPENSSL_zalloc(sizeof(*c)); /* not affected by support/failing.h */
    struct timeval wait = {.tv_sec = 5};

    c->goaway = -1;
    for (int i = 0; i < H2_CLIENT_STREAMS; i++)
        c->answer[i].reset = -1;
    c->fd = wire_connect(port);
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    c->ctx = SSL_CTX_new(TLS_client_method());
    c->ssl = SSL_new(c->ctx);
    SSL_set_alpn_protos(c->ssl, alpn, 3);
    SSL_set_fd(c->ssl, c->fd);
    c->closed = SSL_connect(c->ssl) != 1;
    nghttp2_hd_deflate_new(&c->out, 4096);
    nghttp2_hd_inflate_new(&c->in);
    h2_put(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    h2_frame(c, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
    return c;
}

void h2_client_close(struct h2_client *c)
{
    SSL_free(c->ssl);
    SSL_CTX_free(c->ctx);
    wire_close(c->fd);
    nghttp2_hd_deflate_del(c->out);
    nghttp2_hd_inflate_del(c->in);
    OPENSSL_free(c);
}

void h2_request(struct h2_client *c, uint32_t id, int flags, const char *const *fields)
{
    nghttp2_nv nv[160] = {{0}};
    unsigned char block[H2_CLIENT_TEXT];
    size_t n = 0;
    ssize_t len;

    for (; fields[2 * n]; n++)
        nv[n] = (nghttp2_nv){(uint8_t *)(uintptr_t)fields[2 * n],
                             (uint8_t *)(uintptr_t)fields[2 * n + 1], strlen(fields[2 * n]),
                             strlen(fields[2 * n + 1]), NGHTTP2_NV_FLAG_NONE};
    len = nghttp2_hd_deflate_hd(c->out, block, sizeof(block), nv, n);
    assert_true(len > 0);
    h2_frame(c, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | flags, id, block, (size_t)len);
}

void h2_get(struct h2_client *c, uint32_t id, const char *path)
{
    const char *const fields[] = {":method", "GET",        ":path", path, ":scheme",
                                  "https",   ":authority", "h",     NULL};

    h2_request(c, id, NGHTTP2_FLAG_END_STREAM, fields);
}

static bool get_all(struct h2_client *c, void *to, size_t len)
{
    for (size_t got = 0; got < len;) {
        int n = SSL_read(c->ssl, (char *)to + got, (int)(len - got));

        if (n <= 0) {
            c->silent = SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ;
            c->closed = true;
            return false;
        }
        got += (size_t)n;
    }
    return true;
}

static void on_headers(struct h2_client *c, struct h2_answer *a, const unsigned char *data,
                       size_t len)
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
        if (a->status == 100)
            a->told_to_go_on = true;
    }
    nghttp2_hd_inflate_end_headers(c->in);
}

static void on_data(struct h2_answer *a, const unsigned char *data, size_t len)
{
    if (a->len + len < H2_CLIENT_TEXT)
        memcpy(a->text + a->len, data, len);
    a->len += len;
}

bool h2_take(struct h2_client *c)
{
    static unsigned char data[1 << 17];
    unsigned char head[9];
    size_t len, id;
    struct h2_answer *a;

    if (!get_all(c, head, 9))
        return false;
    len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    id = (size_t)head[5] << 24 | (size_t)head[6] << 16 | (size_t)head[7] << 8 | head[8];
    if (!get_all(c, data, len))
        return false;
    a = &c->answer[(id ? id - 1 : 0) / 2 % H2_CLIENT_STREAMS];
    if (head[3] == NGHTTP2_HEADERS)
        on_headers(c, a, data, len);
    else if (head[3] == NGHTTP2_DATA)
        on_data(a, data, len);
    else if (head[3] == NGHTTP2_RST_STREAM)
        a->reset = data[3];
    else if (head[3] == NGHTTP2_SETTINGS && !(head[4] & NGHTTP2_FLAG_ACK))
        h2_frame(c, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, NULL, 0);
    else if (head[3] == NGHTTP2_GOAWAY)
        c->goaway = data[7];
    else if (head[3] == NGHTTP2_WINDOW_UPDATE && id)
        a->window += (size_t)data[0] << 24 | (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
    if (head[3] == NGHTTP2_SETTINGS && !(head[4] & NGHTTP2_FLAG_ACK))
        c->settings = true;
    if (head[3] <= NGHTTP2_HEADERS && head[4] & NGHTTP2_FLAG_END_STREAM)
        a->ended = true;
    return true;
}

struct h2_answer *h2_wait_for(struct h2_client *c, uint32_t id)
{
    struct h2_answer *a = &c->answer[(id - 1) / 2];

    while (!a->ended && a->reset < 0 && h2_take(c))
        ;
    return a;
}

void h2_expect_status(struct h2_client *c, uint32_t id, int status)
{
    struct h2_answer *a = h2_wait_for(c, id);

    if (a->status != status)
        fail_msg("stream %u: status %d (reset %d, goaway %d), not %d", id, a->status, a->reset,
                 c->goaway, status);
}

void h2_post(struct h2_client *c, uint32_t id, const char *path, const char *type,
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

    h2_request(c, id, 0, fields);
}
