/**
 * @file auth/api_keys.h  Personal keys: for programs that sign in with a permanent key
 *
 *     api_key_new(user, now, &made);                              // made.text is shown once
 *     api_key_verify(accounts, text, strlen(text), now, &claims);
 *     api_key_revoke(accounts, user, id, now, why);
 *
 * "ik_" and 256 random bits; only their SHA-256 is stored, with the first characters of the key. A
 * key is valid until it is revoked or its user is disabled or erased. Every request looks it up, so
 * a revoked key stops working at once, and everything that was opened with it is notified like at
 * the end of a sign-in (accounts_watch()). docs/architecture/decisions/0029-personal-keys.md
 *
 * Threads    Request workers: all of them block.
 * Errors     UV_EACCES: no such key. UV_ENOENT: no key of that name to revoke.
 */
#ifndef AUTH_API_KEYS_H
#define AUTH_API_KEYS_H

#include "auth/accounts.h"

enum {
    API_KEYS_MAX = 20,     /**< Per user */
    API_KEY_TEXT_MAX = 47, /**< "ik_", 43 characters of base64url and NUL */
};

struct api_key_made {
    struct store_api_key key; /**< Without its .label */
    char text[API_KEY_TEXT_MAX];
};

/** Creates one; the caller gives it a label and stores it (store/sealed.h), at most
 *  API_KEYS_MAX. */
void api_key_new(const char *user_id, int64_t now, struct api_key_made *made);

/** Does this look like a personal key rather than an access token? Any thread. */
bool api_key_is(const char *text);
/** claims.family is the key's id. */
int api_key_verify(struct accounts *a, const char *text, size_t len, int64_t now,
                   struct token_claims *claims);
int api_key_revoke(struct accounts *a, const char *user_id, const char *id, int64_t now,
                   struct errbuf *why);

#endif
