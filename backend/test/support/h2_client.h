/**
 * @file test/support/h2_client.h  HTTP/2 frame by frame, so that wrong ones can be written too
 *
 *     struct h2_client *c = h2_client_open(port);
 *     h2_get(c, 1, "/hello");
 *     h2_expect_status(c, 1, 200);             // and c->answer[0].text is what came
 *     h2_client_close(c);
 *
 * Over TLS, as a browser does it; the test numbers the streams: 1, 3, 5 … Blocking; a read without
 * data ends after 5 s, as if the server had closed.
 *
 * Threads    One per client.
 */
#ifndef TEST_SUPPORT_H2_CLIENT_H
#define TEST_SUPPORT_H2_CLIENT_H

#include <nghttp2/nghttp2.h>
#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { H2_CLIENT_STREAMS = 64, H2_CLIENT_TEXT = 4096 };

struct h2_answer {
    int status;
    bool told_to_go_on; /**< A 100 preceded it */
    int reset;          /**< Error code, or -1 */
    bool ended;
    char text[H2_CLIENT_TEXT];
    size_t len;    /**< Length of the body, even if text holds less */
    size_t window; /**< Bytes that the server still allows */
};

struct h2_client {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
    nghttp2_hd_deflater *out;
    nghttp2_hd_inflater *in;
    struct h2_answer answer[H2_CLIENT_STREAMS]; /**< By (id - 1) / 2 */
    int goaway;                                 /**< Error code, or -1 */
    bool settings;                              /**< The server's have arrived */
    bool closed;
    bool silent; /**< A read timed out */
};

/** Preface and settings have been sent. .closed: the server closed before TLS was established. */
struct h2_client *h2_client_open(int port);
void h2_client_close(struct h2_client *c);

void h2_put(struct h2_client *c, const void *data, size_t len); /**< Bytes as they are */
void h2_frame(struct h2_client *c, int type, int flags, uint32_t id, const void *data, size_t len);
/** fields: "name", "value", … NULL */
void h2_request(struct h2_client *c, uint32_t id, int flags, const char *const *fields);
void h2_get(struct h2_client *c, uint32_t id, const char *path);
/** Sends the header; the caller sends the body. length: the value of content-length, or NULL. */
void h2_post(struct h2_client *c, uint32_t id, const char *path, const char *type,
             const char *length);

/** Read and process one frame; false if there are no more. */
bool h2_take(struct h2_client *c);
/** Wait until the stream has ended or was reset. */
struct h2_answer *h2_wait_for(struct h2_client *c, uint32_t id);
void h2_expect_status(struct h2_client *c, uint32_t id, int status);

#endif
