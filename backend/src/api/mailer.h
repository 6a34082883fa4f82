/**
 * @file api/mailer.h  Mails that the server sends: links that set a password or make an account
 *
 *     mailer_send_link(app, "ada@example.com", "Ada", token);
 *
 * In the background: whoever asked for a mail is answered before anything is looked up or sent, so
 * that the answer tells nothing. What cannot be sent is logged, without the address it was for.
 *
 * Threads    Any; the loop sends. At most MAILS_MAX are on their way; more are not sent, and that
 * is logged too.
 */
#ifndef API_MAILER_H
#define API_MAILER_H

#include "auth/recovery.h"
#include "auth/signup_link.h"

struct app;

enum { MAILS_MAX = 32, MAIL_TEXT_MAX = 4 << 10 /**< [bytes] */ };

/** <url>/reset/#<token>: what is behind # stays in the browser and out of every log. */
enum { MAILER_LINK_MAX = 512 };
void mailer_link(const struct app *app, const char *token, char to[static MAILER_LINK_MAX]);

/** Can mails be sent at all? */
bool mailer_is_there(const struct app *app);

/** Loop thread never waits for it. 0, UV_ENOMEM, UV_ECANCELED, UV_ENOTSUP: no mail server is set.
 */
int mailer_send_link(const struct app *app, const char *email, const char *name, const char *token);
/** A link that makes an account; nothing in the mail is from who asked for it but the address. */
int mailer_send_signup(const struct app *app, const char *email, const char *token);
/** To who has an account and asked for another one with the same address. */
int mailer_send_known(const struct app *app, const char *email, const char *name);

#endif
