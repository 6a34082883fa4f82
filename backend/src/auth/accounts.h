/**
 * @file auth/accounts.h  Accounts on top of the store: sign-up, sign-in, refresh and sign-out
 *
 *     accounts_open(&accounts, store, seal, &params, why);
 *     accounts_login(accounts, email, password, now, &grant, why);
 *     ...                       grant.user, grant.access, grant.refresh
 *     accounts_verify(accounts, token, strlen(token), now, &claims);      // each request
 *
 * Every refresh rotates its token; using an old token again revokes its whole family (RFC 9700
 * section 4.14.2). Two browser tabs that refresh at the same moment do not count as reuse: the one
 * that asked before the other had its answer could not know (docs/architecture/decisions/0006).
 * Refusing an unknown e-mail takes as long as refusing a wrong password.
 *
 * When a sign-in (a family, the claim sid) ends, its access tokens become invalid, at once and
 * across restarts: by accounts_logout(), a refresh token used twice, accounts_password() (all
 * others of the user) and accounts_erase() (all). Code that keeps something open for a sign-in
 * learns of its end through accounts_watch().
 *
 * Threads    accounts_verify(): any, the loop thread too. The rest blocks: request workers. The
 *            watcher is called on them.
 * Errors     UV_EACCES: wrong e-mail or password, or no such token; UV_ETIMEDOUT: expired;
 *            UV_EALREADY: the refresh token had been used before (its family is now revoked);
 *            UV_EEXIST: e-mail taken; UV_ENOENT: no such user; the store's own, with a sentence.
 *            A refused grant contains only user.id, whose it would have been; "" if nobody's.
 * Ownership  grant_release() frees what is in a grant. Store and seal are borrowed.
 */
#ifndef AUTH_ACCOUNTS_H
#define AUTH_ACCOUNTS_H

#include "auth/token.h"
#include "base/error.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct accounts;
struct seal;

enum { ACCOUNTS_EMAIL_MAX = 255 }; /**< RFC 5321 section 4.5.3.1.3, with NUL [bytes] */

struct accounts_params {
    int access_token_s;  /**< 0: 900; at most TOKEN_LIFE_MAX_S */
    int refresh_token_s; /**< 0: 30 days */
    int token_key;       /**< Number of the key that signs access tokens; 0: 1. Tokens signed with
                              the previous number are valid until they expire, older ones are not */
};

struct grant {
    struct store_user user;
    char family[ID_TEXT_MAX]; /**< The sign-in: claim sid in its access tokens */
    char access[TOKEN_TEXT_MAX];
    int expires_in; /**< Of the access token, [s] */
    char refresh[REFRESH_TEXT_MAX];
    int refresh_expires_in; /**< [s] */
};

int accounts_open(struct accounts **ap, struct store *store, const struct seal *seal,
                  const struct accounts_params *params, struct errbuf *why);
void accounts_close(struct accounts *accounts); /**< NULL is allowed */

/** The client of a sign-in, as shown to its owner (accounts_sign_ins()). */
struct sign_in_from {
    const char *address;
    const char *program; /**< "Firefox on Linux" */
};

/** from may be NULL here and below: the client is then unknown. */
int accounts_signup(struct accounts *a, const char *email, const char *password,
                    const char *display_name, int64_t now, const struct sign_in_from *from,
                    struct grant *grant, struct errbuf *why);
/** UV_EPERM: the password is right, and the account is disabled. */
int accounts_login(struct accounts *a, const char *email, const char *password, int64_t now,
                   const struct sign_in_from *from, struct grant *grant, struct errbuf *why);
/** Single-user mode: the local owner, created if there is none. */
int accounts_local(struct accounts *a, int64_t now, const struct sign_in_from *from,
                   struct grant *grant, struct errbuf *why);
/** asked_us: when the request arrived, clock_mono_us(). UV_EBUSY: another request with the same
 *  token was being served when this one arrived (or ended in the same microsecond); it got the new
 *  token, and nothing is revoked. */
int accounts_refresh(struct accounts *a, const char *refresh, int64_t now, uint64_t asked_us,
                     const struct sign_in_from *from, struct grant *grant, struct errbuf *why);
/** Ends the sign-in of the refresh token; 0 also if there was nothing to end. user: its owner, ""
 *  if there was none. */
int accounts_logout(struct accounts *a, const char *refresh, int64_t now,
                    char user[static ID_TEXT_MAX], struct errbuf *why);
/** Ends a sign-in by the name in an access token. */
int accounts_end(struct accounts *a, const char *user_id, const char *family, int64_t now,
                 struct errbuf *why);
/** Sets another password and ends every other sign-in of the user. keep: the caller's family.
 *  UV_EACCES: current is not the password; UV_ENOTSUP: the user has none. */
int accounts_password(struct accounts *a, const char *user_id, const char *keep,
                      const char *current, const char *fresh, int64_t now, struct errbuf *why);
/** The user's sign-ins, most recently used first: struct store_refresh, at most STORE_PAGE_MAX, no
 *  pages; free(items). */
int accounts_sign_ins(struct accounts *a, const char *user_id, int64_t now, struct store_list *list,
                      struct errbuf *why);
/** Ends one of the user's sign-ins. UV_ENOENT: the user has none with that name. */
int accounts_sign_out(struct accounts *a, const char *user_id, const char *family, int64_t now,
                      struct errbuf *why);
/** Ends all of the user's sign-ins except keep ("": all). count may be NULL. */
int accounts_sign_out_others(struct accounts *a, const char *user_id, const char *keep, int64_t now,
                             size_t *count, struct errbuf *why);

/** Erases everything of the user, and ends their sign-ins. */
int accounts_erase(struct accounts *a, const char *user_id, int64_t now, struct errbuf *why);

/* For administrators; see also auth/recovery.h. */

/** A user who has no password yet: it is set with a token of recovery_begin(). */
int accounts_add(struct accounts *a, const char *email, const char *display_name,
                 enum store_role role, int64_t now, struct store_user *user, struct errbuf *why);
/** A disabled user is signed out everywhere and cannot sign in; their data is kept. */
int accounts_disable(struct accounts *a, const char *user_id, bool disabled, int64_t now,
                     struct store_user *user, struct errbuf *why);
int accounts_set_role(struct accounts *a, const char *user_id, enum store_role role,
                      struct store_user *user, struct errbuf *why);

/** Whose access token is this? UV_EACCES or UV_ETIMEDOUT. */
int accounts_verify(struct accounts *a, const char *token, size_t len, int64_t now,
                    struct token_claims *claims);

/** Has the sign-in of these claims ended since they were verified? Any thread. */
bool accounts_has_ended(struct accounts *a, const struct token_claims *claims);

/** fn(user, family, arg) is called for each sign-in that ends, once its end is stored. NULL:
 *  stop. */
void accounts_watch(struct accounts *a,
                    void (*fn)(const char *user_id, const char *family, void *arg), void *arg);

/** The canonical form of an address: trimmed, composed (Unicode NFC) and case-folded. UV_EINVAL if
 *  the result is empty, not UTF-8, or longer than 254 bytes. */
int accounts_email(const char *email, char to[static ACCOUNTS_EMAIL_MAX]);

void grant_release(struct grant *grant);

#endif
