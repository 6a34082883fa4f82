/**
 * @file api/mailer.h  Mails that the server sends: links for setting a password or creating an
 * account
 *
 *     mailer_send_link(app, "ada@example.com", "Ada", token);
 *
 * In the background: a request for a mail is answered before anything is looked up or sent, so that
 * the answer reveals nothing. A mail that cannot be sent is logged, without its address.
 *
 * Threads    Any; the loop sends. At most MAILS_MAX are in progress; more are not sent, and that is
 *            logged too.
 */
#ifndef API_MAILER_H
#define API_MAILER_H

#include "auth/recovery.h"
#include "auth/signup_link.h"

struct app;

enum { MAILS_MAX = 32, MAIL_TEXT_MAX = 4 << 10 /**< [bytes] */ };

/** <url>/reset/#<token>: the part after # stays in the browser and out of every log. */
enum { MAILER_LINK_MAX = 512 };
void mailer_link(const struct app *app, const char *token, char to[static MAILER_LINK_MAX]);

/** Can mails be sent at all? */
bool mailer_is_there(const struct app *app);

/** The loop thread never waits for it. 0, UV_ENOMEM, UV_ECANCELED, UV_ENOTSUP: no mail server is
 *  configured. */
int mailer_send_link(const struct app *app, const char *email, const char *name, const char *token);
/** A link for creating an account; of the requester's input the mail contains only the address. */
int mailer_send_signup(const struct app *app, const char *email, const char *token);
/** To a person who already has an account with the requested address. */
int mailer_send_known(const struct app *app, const char *email, const char *name);

#endif
