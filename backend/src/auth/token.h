/**
 * @file auth/token.h  Access tokens (JWT) and refresh tokens (random)
 *
 *     token_key_open(&key, raw, "1");
 *     token_issue(key, &claims, text);
 *     token_verify(key, text, strlen(text), now, &claims);
 *
 * Access tokens are JWTs (RFC 7519) in JWS compact form (RFC 7515) signed with HS256 (RFC 7518
 * section 3.2): claims iss, aud, sub, sid, iat, nbf, exp; all of them are required (RFC 8725). A
 * key has a name (kid), and a token belongs to a key only if its header equals that key's, byte for
 * byte: so there is no algorithm to negotiate and no name to look up. The signature is compared in
 * constant time before anything else is read. Refresh tokens are 256 random bits; only their
 * SHA-256 is kept.
 *
 * Threads    Any; a verification costs a few microseconds, so the loop thread may do it.
 * Errors     UV_EACCES: not one of ours. UV_ETIMEDOUT: one of ours, but expired.
 */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "base/id.h"

#include <stddef.h>
#include <stdint.h>

enum {
    TOKEN_TEXT_MAX = 512,     /**< Longest access token and NUL [bytes]; longer ones are refused */
    TOKEN_KEY_LEN = 32,       /**< HMAC key [bytes] */
    TOKEN_KID_MAX = 12,       /**< Name of a key and NUL: letters and digits */
    TOKEN_LIFE_MAX_S = 86400, /**< A token that claims a longer lifetime is not one of ours */
    TOKEN_LEEWAY_MS = 10000,  /**< For iat and nbf: the clock may be set back this far; exp has
                                   none */
    REFRESH_TEXT_MAX = 47,    /**< "rt_", 43 characters of base64url and NUL */
    REFRESH_HASH_MAX = 65,    /**< SHA-256 in hex and NUL */
};

struct token_key;

struct token_claims {
    char user[ID_TEXT_MAX];   /**< sub */
    char family[ID_TEXT_MAX]; /**< sid: the sign-in that it belongs to */
    int64_t issued_at;        /**< iat and nbf [ms] since 1970, whole seconds in the JWT */
    int64_t expires_at;       /**< exp, likewise */
};

int token_key_open(struct token_key **kp, const unsigned char raw[static TOKEN_KEY_LEN],
                   const char *kid);
void token_key_close(struct token_key *key); /**< NULL is allowed; wipes it */

int token_issue(const struct token_key *key, const struct token_claims *claims,
                char text[static TOKEN_TEXT_MAX]);
int token_verify(const struct token_key *key, const char *text, size_t len, int64_t now_ms,
                 struct token_claims *claims);

void refresh_new(char text[static REFRESH_TEXT_MAX]);
/** The hash that is stored for it. UV_EINVAL if it cannot be a refresh token. */
int refresh_hash(const char *text, char hash[static REFRESH_HASH_MAX]);

#endif
