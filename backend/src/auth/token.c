/**
 * @file auth/token.c  Access tokens (JWT) and refresh tokens (random)
 *
 * A token is header "." payload "." signature. The header of a key is always the same bytes, so it
 * is compared and not parsed: "alg":"none" and other algorithms cannot even be asked for. The
 * payload is read only after its signature was verified, and strictly in the form that
 * token_issue() writes: nobody else has the key.
 */
#include "auth/token.h"

#include "auth/base64url.h"
#include "base/text.h"

#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
    MAC_LEN = 32,
    PAYLOAD_MAX = 320,
    HEADER_MAX = 96,
    REFRESH_BYTES = 32,
};

static const char refresh_prefix[] = "rt_";

struct token_key {
    EVP_MAC *mac;
    EVP_MAC_CTX *keyed;      /* only ever copied, so any thread may use it */
    char header[HEADER_MAX]; /* header of its tokens: base64url, and the dot after it */
    size_t header_len;
};

static bool is_name(const char *kid)
{
    size_t n = strspn(kid, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    return n && n < TOKEN_KID_MAX && !kid[n];
}

int token_key_open(struct token_key **kp, const unsigned char raw[static TOKEN_KEY_LEN],
                   const char *kid)
{
    struct token_key *key = calloc(1, sizeof(*key));
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    char json[64];
    int n;

    if (!key)
        return UV_ENOMEM;
    if (!is_name(kid)) {
        free(key);
        return UV_EINVAL;
    }
    n = snprintf(json, sizeof(json), "{\"alg\":\"HS256\",\"kid\":\"%s\",\"typ\":\"JWT\"}", kid);
    key->header_len = base64url_encode(json, (size_t)n, key->header);
    key->header[key->header_len++] = '.';
    key->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    key->keyed = key->mac ? EVP_MAC_CTX_new(key->mac) : NULL;
    if (!key->keyed || EVP_MAC_init(key->keyed, raw, TOKEN_KEY_LEN, params) != 1) {
        token_key_close(key);
        return UV_ENOMEM;
    }
    *kp = key;
    return 0;
}

void token_key_close(struct token_key *key)
{
    if (!key)
        return;
    EVP_MAC_CTX_free(key->keyed);
    EVP_MAC_free(key->mac);
    free(key);
}

static int sign(const struct token_key *key, const char *text, size_t len,
                unsigned char mac[static MAC_LEN])
{
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(key->keyed);
    size_t n = 0;
    bool ok = ctx && EVP_MAC_update(ctx, (const unsigned char *)text, len) == 1 &&
              EVP_MAC_final(ctx, mac, &n, MAC_LEN) == 1 && n == MAC_LEN;

    EVP_MAC_CTX_free(ctx);
    return ok ? 0 : UV_ENOMEM;
}

static const char payload_form[] =
    "{\"iss\":\"interviewd\",\"aud\":\"interviewd\",\"sub\":\"%s\","
    "\"sid\":\"%s\",\"iat\":%" PRId64 ",\"nbf\":%" PRId64 ",\"exp\":%" PRId64 "}";

int token_issue(const struct token_key *key, const struct token_claims *claims,
                char text[static TOKEN_TEXT_MAX])
{
    char payload[PAYLOAD_MAX];
    unsigned char mac[MAC_LEN];
    size_t len = key->header_len;
    int n;
    int err;

    if (!id_valid(claims->user) || !id_valid(claims->family))
        return UV_EINVAL;
    n = snprintf(payload, sizeof(payload), payload_form, claims->user, claims->family,
                 claims->issued_at / 1000, claims->issued_at / 1000, claims->expires_at / 1000);
    if (n < 0 || n >= PAYLOAD_MAX)
        return UV_EINVAL;

    memcpy(text, key->header, len);
    len += base64url_encode(payload, (size_t)n, text + len);
    err = sign(key, text, len, mac);
    if (err)
        return err;
    text[len++] = '.';
    base64url_encode(mac, sizeof(mac), text + len);
    return 0;
}

/* ------------------------------------------------------------------------ reading claims */

static bool take(const char **p, const char *literal)
{
    size_t n = strlen(literal);

    if (strncmp(*p, literal, n) != 0)
        return false;
    *p += n;
    return true;
}

static bool take_id(const char **p, char id[static ID_TEXT_MAX])
{
    size_t n = strcspn(*p, "\"");

    if (n != ID_TEXT_MAX - 1)
        return false;
    memcpy(id, *p, n);
    id[n] = '\0';
    *p += n;
    return id_valid(id);
}

static bool take_seconds(const char **p, int64_t *ms)
{
    size_t n = strspn(*p, "0123456789");
    char digits[16];
    int64_t seconds;

    if (n == 0 || n > 11)
        return false;
    memcpy(digits, *p, n);
    digits[n] = '\0';
    *p += n;
    if (!text_to_int64(digits, 0, 99999999999, &seconds))
        return false;
    *ms = seconds * 1000;
    return true;
}

static bool read_payload(const char *payload, struct token_claims *c, int64_t *not_before)
{
    const char *p = payload;

    return take(&p, "{\"iss\":\"interviewd\",\"aud\":\"interviewd\",\"sub\":\"") &&
           take_id(&p, c->user) && take(&p, "\",\"sid\":\"") && take_id(&p, c->family) &&
           take(&p, "\",\"iat\":") && take_seconds(&p, &c->issued_at) && take(&p, ",\"nbf\":") &&
           take_seconds(&p, not_before) && take(&p, ",\"exp\":") &&
           take_seconds(&p, &c->expires_at) && take(&p, "}") && !*p;
}

int token_verify(const struct token_key *key, const char *text, size_t len, int64_t now_ms,
                 struct token_claims *claims)
{
    enum { SIGNATURE = BASE64URL_LEN(MAC_LEN) };
    unsigned char given[MAC_LEN];
    unsigned char ours[MAC_LEN];
    char payload[PAYLOAD_MAX + 1];
    struct token_claims c;
    int64_t not_before;
    size_t body;
    long n;

    if (len >= TOKEN_TEXT_MAX || len < key->header_len + 1 + SIGNATURE ||
        memcmp(text, key->header, key->header_len) != 0)
        return UV_EACCES;
    body = len - SIGNATURE - 1;
    if (text[body] != '.' ||
        base64url_decode(text + body + 1, SIGNATURE, given, sizeof(given)) != MAC_LEN)
        return UV_EACCES;
    if (sign(key, text, body, ours) || !text_equal_secret(given, ours, MAC_LEN))
        return UV_EACCES;

    n = base64url_decode(text + key->header_len, body - key->header_len, payload, PAYLOAD_MAX);
    if (n < 0)
        return UV_EACCES;
    payload[n] = '\0';
    if (strlen(payload) != (size_t)n || !read_payload(payload, &c, &not_before))
        return UV_EACCES;
    if (c.issued_at > now_ms + TOKEN_LEEWAY_MS || not_before > now_ms + TOKEN_LEEWAY_MS ||
        c.expires_at <= c.issued_at || c.expires_at - c.issued_at > TOKEN_LIFE_MAX_S * 1000LL)
        return UV_EACCES;
    if (c.expires_at <= now_ms)
        return UV_ETIMEDOUT;
    *claims = c;
    return 0;
}

/* ------------------------------------------------------------------------ refresh tokens */

void refresh_new(char text[static REFRESH_TEXT_MAX])
{
    unsigned char raw[REFRESH_BYTES];

    random_bytes(raw, sizeof(raw));
    memcpy(text, refresh_prefix, sizeof(refresh_prefix) - 1);
    base64url_encode(raw, sizeof(raw), text + sizeof(refresh_prefix) - 1);
    explicit_bzero(raw, sizeof(raw));
}

int refresh_hash(const char *text, char hash[static REFRESH_HASH_MAX])
{
    unsigned char raw[REFRESH_BYTES];
    unsigned char digest[SHA256_DIGEST_LENGTH];
    size_t skip = sizeof(refresh_prefix) - 1;

    if (strncmp(text, refresh_prefix, skip) != 0 || strlen(text) != REFRESH_TEXT_MAX - 1 ||
        base64url_decode(text + skip, strlen(text + skip), raw, sizeof(raw)) != REFRESH_BYTES)
        return UV_EINVAL;
    SHA256((const unsigned char *)text, strlen(text), digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(hash + 2 * i, 3, "%02x", digest[i]);
    return 0;
}
