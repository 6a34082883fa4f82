/**
 * @file auth/signup_link.h  Proof that somebody reads the mail of an address: a token that makes an
 * account
 *
 *     signup_link_make(seal, "ada@example.com", now, token, why);         // "su_…", into a mail
 *     ...
 *     signup_link_read(seal, token, now, email, why);                     // out of the link
 *
 * Nothing is stored: the token is the address and the time it works until, sealed by the master
 * key. So asking for one leaves nothing behind, whoever asks how often for whatever address. It
 * works until there is an account of the address, or it is too old.
 *
 * Threads    Any.
 * Errors     UV_EACCES: no such token, or too old: which of them is not told.
 */
#ifndef AUTH_SIGNUP_LINK_H
#define AUTH_SIGNUP_LINK_H

#include "auth/accounts.h"

struct seal;

enum {
    SIGNUP_LINK_S = 3600,       /**< How long it works, [s] */
    SIGNUP_LINK_TEXT_MAX = 512, /**< A token and NUL, [bytes] */
};

int signup_link_make(const struct seal *seal, const char *email, int64_t now,
                     char token[static SIGNUP_LINK_TEXT_MAX], struct errbuf *why);
int signup_link_read(const struct seal *seal, const char *token, int64_t now,
                     char email[static ACCOUNTS_EMAIL_MAX], struct errbuf *why);

#endif
