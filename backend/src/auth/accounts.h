/**
 * @file auth/accounts.h  Who somebody is: signing up, in, on and out, over the store
 *
 *     accounts_open(&accounts, store, seal, &params, err);
 *     accounts_login(accounts, email, password, now, &grant, err);
 *     ...                       grant.user, grant.access, grant.refresh
 *     accounts_verify(accounts, token, strlen(token), now, user_id);      // each request
 *
 * Every refresh rotates its token; one that was used before revokes its whole family (RFC 9700
 * section 4.14.2). Two tabs of a browser that refresh at the same moment are no reuse: who asked
 * before the other had its answer cannot have known (docs/architecture/decisions/0006). An unknown
 * e-mail takes as long to be refused as a wrong password.
 *
 * Threads    accounts_verify() and accounts_claims(): any, the loop thread too. The rest blocks:
 *            request workers.
 * Errors     UV_EACCES wrong e-mail or password, or no such token; UV_ETIMEDOUT expired;
 * UV_EALREADY the refresh token had been used before (its family is revoked now); UV_EEXIST e-mail
 *            taken; UV_ENOENT no such user; the store's own, with a sentence.
 * Ownership  grant_release() frees what is in a grant. Store and seal are borrowed.
 */
#ifndef AUTH_ACCOUNTS_H
#define AUTH_ACCOUNTS_H

#include "auth/token.h"
#include "base/error.h"
#include "store/store.h"

#include <stdint.h>

struct accounts;
struct seal;

struct accounts_params {
    int access_token_s;  /**< 0: 900 */
    int refresh_token_s; /**< 0: 30 days */
};

struct grant {
    struct store_user user;
    char access[TOKEN_TEXT_MAX];
    int expires_in; /**< Of the access token, [s] */
    char refresh[REFRESH_TEXT_MAX];
    int refresh_expires_in; /**< [s] */
};

int accounts_open(struct accounts **ap, struct store *store, const struct seal *seal,
                  const struct accounts_params *params, struct errbuf *err);
void accounts_close(struct accounts *accounts); /**< NULL is allowed */

int accounts_signup(struct accounts *a, const char *email, const char *password,
                    const char *display_name, int64_t now, struct grant *grant, struct errbuf *err);
int accounts_login(struct accounts *a, const char *email, const char *password, int64_t now,
                   struct grant *grant, struct errbuf *err);
/** Single-user mode: the local owner, made now if there is none. */
int accounts_local(struct accounts *a, int64_t now, struct grant *grant, struct errbuf *err);
/** asked_us: when the request arrived, clock_mono_us(). UV_EBUSY: another request with the same
 *  token was being served when this one arrived (or ended in the same microsecond); it got the new
 *  token, and nothing is revoked. */
int accounts_refresh(struct accounts *a, const char *refresh, int64_t now, uint64_t asked_us,
                     struct grant *grant, struct errbuf *err);
/** Revokes the family of the token; 0 also when there was nothing to revoke. */
int accounts_logout(struct accounts *a, const char *refresh, struct errbuf *err);
/** Erase everything of the user; access tokens that are still out stop working at once. */
int accounts_erase(struct accounts *a, const char *user_id, struct errbuf *err);

/** Whose access token is it? Fills user (ID_TEXT_MAX). UV_EACCES or UV_ETIMEDOUT. */
int accounts_verify(struct accounts *a, const char *token, size_t len, int64_t now,
                    char user[static ID_TEXT_MAX]);

void grant_release(struct grant *grant);

#endif
