/**
 * @file api/auth.h  Shared by the resources under auth/
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

/** Records in the audit log who signed in or out, or tried to; only this code knows whose account
 *  it was. user "": nobody's. */
void auth_tell(const struct http_request *req, const char *user, const char *action, int status);

/** Limits guesses per guesser, per account, and for both together. account: an e-mail address in
 *  the form of accounts_email(), or a user's id; NULL: an account is to be created. 1: answered. */
int auth_limit(const struct http_request *req, struct http_response *res, const char *account);

/** Is the password easy to guess, even for somebody who knows the words of about (NULL-terminated)?
 *  Then answers 422 with the reason at field, and returns true. */
bool auth_refuse_weak(const struct http_request *req, struct http_response *res, const char *field,
                      const char *password, const char *const *about);

/** Who may create an account, according to the settings and the mail server. */
enum sign_ups { SIGN_UPS_OFF, SIGN_UPS_MAIL, SIGN_UPS_ON };
enum sign_ups auth_sign_ups(const struct app *app);

/** Somebody to be notified by mail, looked up after the answer. */
struct auth_mail {
    const struct app *app;
    struct api_origin origin;
    char request_id[HTTP_REQUEST_ID_MAX];
    char email[ACCOUNTS_EMAIL_MAX];
};
/** The e-mail address of a body that contains nothing else, in canonical form. 1: answered. */
int auth_mail_address(const struct http_request *req, struct http_response *res,
                      char email[static ACCOUNTS_EMAIL_MAX]);
/** Within the sign-in limits, answers 202 with the message before look() gets the struct auth_mail
 *  on the reading lane. Returns what the handler returns. */
int auth_mail_later(const struct http_request *req, struct http_response *res, const char *email,
                    void (*look)(void *mail), const char *message);

/** The client's address and program, as shown to the owner of the sign-in. */
struct auth_origin {
    char program[sizeof(((struct store_refresh *)0)->program)];
    struct sign_in_from from;
};
const struct sign_in_from *auth_from(const struct http_request *req, struct auth_origin *origin);

/** Answers with the user and the tokens, sets the cookie, and writes to the audit log, using the
 *  last word of the route; releases the grant. Returns 0. */
int auth_reply_grant(const struct http_request *req, struct http_response *res, int status,
                     struct grant *grant);
/** The answer if accounts_*() does not grant. access_code: for a 401. Returns 0. */
int auth_reply_refused(const struct http_request *req, struct http_response *res, int err,
                       const struct errbuf *why, const char *access_code);

int auth_unauthorized(const struct http_request *req, struct http_response *res, const char *code,
                      const char *detail);
int auth_accounts_off(const struct http_request *req, struct http_response *res);
/** Makes the browser forget its refresh token. */
void auth_clear_cookie(const struct http_request *req, struct http_response *res);

/** Erases everything of a user: records and sign-ins, voices in running interviews, the audio of
 *  recordings, and the name in the audit log. UV_ENOENT: no such user. */
int auth_erase(const struct app *app, const char *user, struct errbuf *why);

/** "Firefox on Linux" from a User-Agent field (RFC 9110 section 10.1.5), "" from none; at most
 *  size-1 ASCII characters, whatever the field contains. */
void auth_program(const char *user_agent, char *to, size_t size);

#endif
