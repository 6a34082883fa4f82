/**
 * @file auth/passkeys.h  The passkeys of accounts: adding one, and signing in with one
 *
 *     passkeys_may_add(accounts, user, family, NULL, now, why);      // or with the password
 *     passkeys_challenge(accounts, user, now, text);                 // to the browser
 *     passkeys_check_new(accounts, user, &rp, &answer, now, &made, why);    // and back
 *
 *     passkeys_challenge(accounts, "", now, text);
 *     passkeys_login(accounts, &rp, &answer, now, &from, &grant, why);
 *
 * auth/passkey.h lists the checks of an answer with their sections of WebAuthn. Here are the steps
 * that need state: the challenge was made here and can be answered only once (7.1 step 8, 7.2 step
 * 12), the key is known and the user handle is its owner's (7.2 steps 5 to 7), and its counter
 * rises (7.2 step 21), otherwise the sign-in is refused.
 *
 * Threads    Request workers: they block. passkeys_may_add() with a password: the hash lane.
 * Errors     Those of auth/passkey.h; passkeys_login() like accounts_login(), including
 *            grant->user.id. UV_ETIMEDOUT: the challenge is too old.
 */
#ifndef AUTH_PASSKEYS_H
#define AUTH_PASSKEYS_H

#include "auth/accounts.h"
#include "auth/challenge.h"
#include "auth/passkey.h"

enum {
    PASSKEYS_MAX = 20,              /**< Per user */
    PASSKEYS_RECENT_MS = 600000,    /**< This long after signing in, the password is not required */
    PASSKEYS_CREDENTIAL_MAX = 1364, /**< A credential id as base64url, [bytes] */
};

/** What a browser answers, unchanged: all in base64url. */
struct passkeys_answer {
    const char *client_data;
    const char *attestation; /**< For a registration */
    const char *credential;  /**< For a sign-in, like the rest */
    const char *auth_data;
    const char *signature;
    const char *user_handle;
};

/** A challenge for the user to add a passkey, or with "" to sign in. 0 or UV_ENOMEM. */
int passkeys_challenge(struct accounts *a, const char *user_id, int64_t now,
                       char text[static CHALLENGE_TEXT_MAX]);

/** So that nobody who finds a page open can add a key: 0 with the user's password, or if the
 *  sign-in began a short while ago. UV_EPERM: the password is required; UV_EACCES: it is wrong. */
int passkeys_may_add(struct accounts *a, const char *user_id, const char *family,
                     const char *password, int64_t now, struct errbuf *why);

/** made: complete except for name and transports; store_passkey_release(). */
int passkeys_check_new(struct accounts *a, const char *user_id, const struct passkey_rp *rp,
                       const struct passkeys_answer *answer, int64_t now,
                       struct store_passkey *made, struct errbuf *why);

int passkeys_login(struct accounts *a, const struct passkey_rp *rp,
                   const struct passkeys_answer *answer, int64_t now,
                   const struct sign_in_from *from, struct grant *grant, struct errbuf *why);

#endif
