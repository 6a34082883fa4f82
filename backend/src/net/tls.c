/**
 * @file net/tls.c  TLS 1.2 and 1.3 for what connects to us, and which HTTP it will be (ALPN)
 *
 * OpenSSL reads and writes the socket itself. Its buffers are given back between records, so a
 * quiet connection holds none.
 */
#include "net/net_internal.h"

#include <openssl/err.h>
#include <stdlib.h>

struct tls {
    SSL_CTX *ctx;
};

/* RFC 7301: our order counts. A client that offers neither is served HTTP/1.1 without a word. */
static int choose(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                  const unsigned char *in, unsigned int in_len, void *arg)
{
    static const unsigned char ours[] = "\x02h2\x08http/1.1";
    unsigned char *found;

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&found, out_len, ours, sizeof(ours) - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = found;
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *make_context(const char *cert, const char *key)
{
    static const unsigned char name[] = "interviewd";
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (!ctx)
        return NULL;
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_id_context(ctx, name, sizeof(name) - 1);
    SSL_CTX_set_alpn_select_cb(ctx, choose, NULL);
    if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

int tls_open(struct tls **tp, const char *cert, const char *key, struct errbuf *why)
{
    struct tls *tls = calloc(1, sizeof(*tls));

    if (!tls)
        return err_set(why, UV_ENOMEM, "no memory for TLS");
    tls->ctx = make_context(cert, key);
    ERR_clear_error();
    if (!tls->ctx) {
        free(tls);
        return err_set(why, UV_EINVAL, "the certificate or its key cannot be used (%s)", cert);
    }
    *tp = tls;
    return 0;
}

/* Connections hold the context they began with; new ones get this one. */
int tls_renew(struct tls *tls, const char *cert, const char *key, struct errbuf *why)
{
    SSL_CTX *ctx = make_context(cert, key);

    ERR_clear_error();
    if (!ctx)
        return err_set(why, UV_EINVAL, "the certificate or its key cannot be used (%s)", cert);
    SSL_CTX_free(tls->ctx);
    tls->ctx = ctx;
    return 0;
}

void tls_close(struct tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->ctx);
    free(tls);
}

SSL *tls_accept(struct tls *tls, int fd)
{
    SSL *ssl = SSL_new(tls->ctx); /* holds the context: a newer one may take its place */

    if (!ssl)
        return NULL;
    if (!SSL_set_fd(ssl, fd)) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_accept_state(ssl);
    return ssl;
}
