/**
 * @file auth/recovery.h  For a user who has forgotten the password: a token to set a new one
 *
 *     recovery_begin(accounts, user_id, RECOVERY_S, now, token, why);    // "rp_…", to be sent
 *     recovery_end(accounts, token, "a new password", now, user_id, why);
 *
 * What is stored is the token's SHA-256. A token works once and for a limited time, and only the
 * newest one of a user works; setting the password ends all sign-ins of the user. The same kind of
 * token invites a user whom an administrator created (accounts_add()).
 *
 * Threads    Request workers; recovery_end() on the hash lane.
 * Errors     UV_EACCES: no such token, used, expired, or its user is disabled; the error does not
 *            say which. The store's own, with a sentence.
 */
#ifndef AUTH_RECOVERY_H
#define AUTH_RECOVERY_H

#include "auth/accounts.h"

enum {
    RECOVERY_TEXT_MAX = REFRESH_TEXT_MAX, /**< "rp_", 43 characters of base64url and NUL */
    RECOVERY_S = 3600,                    /**< Lifetime of a requested token [s] */
    RECOVERY_INVITE_S = 7 * 24 * 3600,    /**< Lifetime of an invitation [s] */
};

/** UV_ENOENT: no such user. UV_EPERM: the user is disabled, or the local owner. */
int recovery_begin(struct accounts *a, const char *user_id, int life_s, int64_t now,
                   char token[static RECOVERY_TEXT_MAX], struct errbuf *why);
/** user_id: the owner of the token. */
int recovery_end(struct accounts *a, const char *token, const char *password, int64_t now,
                 char user_id[static ID_TEXT_MAX], struct errbuf *why);

#endif
