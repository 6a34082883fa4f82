/**
 * @file auth/signup_link.h  Proof that somebody reads the mail of an address: a token for creating
 * an account
 *
 *     signup_link_make(seal, "ada@example.com", now, token, why);         // "su_…", into a mail
 *     ...
 *     signup_link_read(seal, token, now, email, why);                     // out of the link
 *
 * Nothing is stored: the token is the address and its expiry time, sealed with the master key. So
 * requests leave nothing behind, however many there are. It works until there is an account with
 * the address, or it has expired.
 *
 * Threads    Any.
 * Errors     UV_EACCES: not a valid token, or expired: the error does not say which.
 */
#ifndef AUTH_SIGNUP_LINK_H
#define AUTH_SIGNUP_LINK_H

#include "auth/accounts.h"

struct seal;

enum {
    SIGNUP_LINK_S = 3600,       /**< Lifetime [s] */
    SIGNUP_LINK_TEXT_MAX = 512, /**< A token and NUL [bytes] */
};

int signup_link_make(const struct seal *seal, const char *email, int64_t now,
                     char token[static SIGNUP_LINK_TEXT_MAX], struct errbuf *why);
int signup_link_read(const struct seal *seal, const char *token, int64_t now,
                     char email[static ACCOUNTS_EMAIL_MAX], struct errbuf *why);

#endif
