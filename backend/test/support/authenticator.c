/**
 * @file test/support/authenticator.c  A passkey authenticator in software
 */
#include "support/authenticator.h"

#include "cmocka_all.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

void device_open(struct device *d, int alg)
{
    *d = (struct device){.alg = alg, .rp_id = "interview.example", .flags = 5, .id_len = 32};
    if (alg == -7)
        d->key = EVP_EC_gen("P-256");
    else if (alg == -8)
        d->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    else if (alg == -257)
        d->key = EVP_RSA_gen(2048);
    assert_non_null(d->key);
}

void device_close(struct device *d)
{
    EVP_PKEY_free(d->key);
}

size_t device_client(char *json, size_t size, const char *type, const char *challenge,
                     const char *origin, const char *more)
{
    int n = snprintf(json, size, "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\"%s}", type,
                     challenge, origin, more);

    assert_true(n > 0 && (size_t)n < size);
    return (size_t)n;
}

/* ----------------------------------------------------------------------------------- CBOR */

static void put(struct device_bytes *to, const void *data, size_t len)
{
    assert_true(len <= sizeof(to->data) - to->len);
    memcpy(to->data + to->len, data, len);
    to->len += len;
}

static void put_head(struct device_bytes *to, unsigned major, size_t n)
{
    unsigned char head[3] = {(unsigned char)(major << 5), (unsigned char)n, 0};

    if (n < 24) {
        head[0] |= (unsigned char)n;
        put(to, head, 1);
    } else if (n < 256) {
        head[0] |= 24;
        put(to, head, 2);
    } else {
        head[0] |= 25;
        head[1] = (unsigned char)(n >> 8);
        head[2] = (unsigned char)n;
        put(to, head, 3);
    }
}

static void put_int(struct device_bytes *to, int n)
{
    put_head(to, n < 0, (size_t)(n < 0 ? -1 - n : n));
}

static void put_bytes(struct device_bytes *to, const void *data, size_t len)
{
    put_head(to, 2, len);
    put(to, data, len);
}

static void put_text(struct device_bytes *to, const char *text)
{
    put_head(to, 3, strlen(text));
    put(to, text, strlen(text));
}

/* ------------------------------------------------------------------------- what it answers */

static void put_number(const struct device *d, const char *name, size_t len,
                       struct device_bytes *to)
{
    unsigned char bytes[256];
    BIGNUM *n = NULL;

    assert_int_equal(EVP_PKEY_get_bn_param(d->key, name, &n), 1);
    assert_int_equal(BN_bn2binpad(n, bytes, (int)len), len);
    BN_free(n);
    put_bytes(to, bytes, len);
}

/* COSE_Key (RFC 9052 section 7, RFC 9053, RFC 8230). */
static void put_key(const struct device *d, struct device_bytes *to)
{
    unsigned char raw[32];
    size_t len = sizeof(raw);

    put_head(to, 5, d->alg == -7 ? 5 : 4);
    put_int(to, 1);
    put_int(to, d->alg == -7 ? 2 : d->alg == -8 ? 1 : 3);
    put_int(to, 3);
    put_int(to, d->alg_said ? d->alg_said : d->alg);
    put_int(to, -1);
    if (d->alg == -257) {
        put_number(d, OSSL_PKEY_PARAM_RSA_N, 256, to);
        put_int(to, -2);
        put_number(d, OSSL_PKEY_PARAM_RSA_E, 3, to);
        return;
    }
    put_int(to, d->alg == -7 ? 1 : 6);
    put_int(to, -2);
    if (d->alg == -8) {
        assert_int_equal(EVP_PKEY_get_raw_public_key(d->key, raw, &len), 1);
        put_bytes(to, raw, len);
        return;
    }
    put_number(d, OSSL_PKEY_PARAM_EC_PUB_X, 32, to);
    put_int(to, -3);
    put_number(d, OSSL_PKEY_PARAM_EC_PUB_Y, 32, to);
}

void device_auth_data(const struct device *d, int made, struct device_bytes *to)
{
    unsigned char head[37];
    size_t said = d->id_said ? d->id_said : d->id_len;

    to->len = 0;
    SHA256((const unsigned char *)d->rp_id, strlen(d->rp_id), head);
    head[32] = (unsigned char)(d->flags | (made ? 64 : 0) | (d->extensions ? 128 : 0));
    for (int i = 0; i < 4; i++)
        head[33 + i] = (unsigned char)(d->count >> (24 - 8 * i));
    put(to, head, sizeof(head));
    if (made) {
        put(to, (unsigned char[16]){0}, 16);
        put(to, (unsigned char[]){(unsigned char)(said >> 8), (unsigned char)said}, 2);
        for (size_t i = 0; i < d->id_len; i++)
            put(to, "i", 1);
        put_key(d, to);
    }
    if (d->extensions)
        put(to, d->extensions, strlen(d->extensions));
}

void device_sign(const struct device *d, const struct device_bytes *auth_data,
                 const unsigned char *client_hash, struct device_bytes *to)
{
    struct device_bytes text = *auth_data;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    put(&text, client_hash, 32);
    to->len = sizeof(to->data);
    assert_int_equal(
        EVP_DigestSignInit(ctx, NULL, d->alg == -8 ? NULL : EVP_sha256(), NULL, d->key), 1);
    assert_int_equal(EVP_DigestSign(ctx, to->data, &to->len, text.data, text.len), 1);
    EVP_MD_CTX_free(ctx);
}

void device_attest(const struct device *d, const char *fmt, const unsigned char *client_hash,
                   struct device_bytes *to)
{
    struct device_bytes auth_data, signature;
    int vouches = d->vouches || !strcmp(fmt, "packed");

    device_auth_data(d, 1, &auth_data);
    to->len = 0;
    put_head(to, 5, 3);
    put_text(to, "fmt");
    put_text(to, fmt);
    put_text(to, "attStmt");
    put_head(to, 5, vouches ? 2 : 0);
    if (vouches) {
        device_sign(d, &auth_data, client_hash, &signature);
        put_text(to, "alg");
        put_int(to, d->alg);
        put_text(to, "sig");
        put_bytes(to, signature.data, signature.len);
    }
    put_text(to, "authData");
    put_bytes(to, auth_data.data, auth_data.len);
}
