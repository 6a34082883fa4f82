/**
 * @file fuzz/token.c  Access tokens, refresh tokens and sealed fields from anybody
 *
 * Held: nobody without the key makes a token or a sealed field; what base64url takes has one
 * spelling. Each input is also a payload that is signed with the key, so that the reader behind the
 * signature is reached too, and an e-mail address, whose normal form is its own.
 */
#include "auth/token.h"
#include "auth/accounts.h"
#include "auth/base64url.h"
#include "auth/seal.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char raw[TOKEN_KEY_LEN] = "a key that only this target has.";

static void spelling(const char *text, size_t size)
{
    unsigned char bytes[4096];
    char again[6000];
    long n = base64url_decode(text, size, bytes, sizeof(bytes));

    if (n >= 0 && (base64url_encode(bytes, (size_t)n, again) != size || memcmp(again, text, size)))
        abort();
}

static void signed_payload(struct token_key *key, const char *text, size_t size)
{
    char token[8192] = "eyJhbGciOiJIUzI1NiIsImtpZCI6IjEiLCJ0eXAiOiJKV1QifQ.";
    size_t len = strlen(token);
    struct token_claims claims;
    unsigned char mac[32];
    unsigned n = 0;

    if (size > 512)
        return;
    len += base64url_encode(text, size, token + len);
    HMAC(EVP_sha256(), raw, sizeof(raw), (unsigned char *)token, len, mac, &n);
    token[len++] = '.';
    len += base64url_encode(mac, 32, token + len);
    if (!token_verify(key, token, len, 1700000000000, &claims) &&
        (!id_valid(claims.user) || !id_valid(claims.family) || claims.expires_at <= 1700000000000 ||
         claims.issued_at > 1700000000000 + TOKEN_LEEWAY_MS ||
         claims.expires_at - claims.issued_at > TOKEN_LIFE_MAX_S * 1000LL))
        abort();
}

static void address(const char *text)
{
    char once[ACCOUNTS_EMAIL_MAX], twice[ACCOUNTS_EMAIL_MAX];

    if (!accounts_email(text, once) && (accounts_email(once, twice) || strcmp(once, twice) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct token_key *key;
    static struct seal *seal;
    struct token_claims claims;
    char hash[REFRESH_HASH_MAX];
    char *text = malloc(size + 1);
    char *clear = NULL;

    if (!text)
        return 0;
    if (!key &&
        (token_key_open(&key, raw, "1") ||
         seal_open(&seal, NULL, "0000000000000000000000000000000000000000000000000000000000000001",
                   SEAL_FIRST_START, NULL)))
        abort();
    memcpy(text, data, size);
    text[size] = '\0';

    if (!token_verify(key, text, size, 1700000000000, &claims))
        abort();
    signed_payload(key, text, size);
    refresh_hash(text, hash);
    if (!unseal_text(seal, "id", "field", text, &clear) && text[0])
        abort();
    spelling(text, size);
    address(text);
    free(clear);
    free(text);
    return 0;
}
