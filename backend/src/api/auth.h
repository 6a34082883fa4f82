/**
 * @file api/auth.h  What the resources under auth/ share
 *
 *     if (auth_limit(req, res, email) || auth_refuse_weak(req, res, "/password", password, about))
 *         return 0;                                       // answered
 *
 * Threads    Request workers.
 */
#ifndef API_AUTH_H
#define API_AUTH_H

#include "api/reply.h"
#include "auth/accounts.h"

/** A line of the audit log: who signed in or out, or tried to; nobody else knows whose account it
 *  was. user "": nobody's. */
void auth_tell(const struct http_request *req, const char *user, const char *action, int status);

/** Guesses are bounded for the one who guesses, for the account, and for both together. account: an
 *  e-mail address as accounts_email() writes it, or a user's id; NULL: an account is to be made.
 *  1: answered. */
int auth_limit(const struct http_request *req, struct http_response *res, const char *account);

/** Is the password easy to guess, also for somebody who knows the words of about (NULL-terminated)?
 *  Then 422 with the reason at field, and true. */
bool auth_refuse_weak(const struct http_request *req, struct http_response *res, const char *field,
                      const char *password, const char *const *about);

/** Who may make an account, as the settings and the mail server have it. */
enum sign_ups { SIGN_UPS_OFF, SIGN_UPS_MAIL, SIGN_UPS_ON };
enum sign_ups auth_sign_ups(const struct app *app);

/** Somebody who is to hear by mail, looked for behind the answer. */
struct auth_mail {
    const struct app *app;
    struct api_origin origin;
    char request_id[HTTP_REQUEST_ID_MAX];
    char email[ACCOUNTS_EMAIL_MAX];
};
/** The e-mail address of a body that has nothing else, as accounts know it. 1: answered. */
int auth_mail_address(const struct http_request *req, struct http_response *res,
                      char email[static ACCOUNTS_EMAIL_MAX]);
/** Within the limits of sign-ins, answer 202 with the message, before look() gets the struct
 *  auth_mail on a lane for reading. Returns what the handler returns. */
int auth_mail_later(const struct http_request *req, struct http_response *res, const char *email,
                    void (*look)(void *mail), const char *message);

/** From where and with which program, as the owner of the sign-in is shown it. */
struct auth_origin {
    char program[sizeof(((struct store_refresh *)0)->program)];
    struct sign_in_from from;
};
const struct sign_in_from *auth_from(const struct http_request *req, struct auth_origin *origin);

/** Who signed in and the tokens, with the cookie and a line in the audit log, named by the last
 *  word of the route; releases the grant. Returns 0. */
int auth_reply_grant(const struct http_request *req, struct http_response *res, int status,
                     struct grant *grant);
/** What accounts_*() answers when it does not grant. access_code: of a 401. Returns 0. */
int auth_reply_refused(const struct http_request *req, struct http_response *res, int err,
                       const struct errbuf *why, const char *access_code);

int auth_unauthorized(const struct http_request *req, struct http_response *res, const char *code,
                      const char *detail);
int auth_accounts_off(const struct http_request *req, struct http_response *res);
/** The browser forgets its refresh token. */
void auth_clear_cookie(const struct http_request *req, struct http_response *res);

/** Everything of a user: the records and their sign-ins, what running interviews know of the voice,
 *  the sound of recordings, and the name in the audit log. UV_ENOENT: no such user. */
int auth_erase(const struct app *app, const char *user, struct errbuf *why);

/** "Firefox on Linux" of a User-Agent field (RFC 9110 section 10.1.5), "" of none; at most size-1
 *  characters of ASCII, whatever it says. */
void auth_program(const char *user_agent, char *to, size_t size);

#endif
