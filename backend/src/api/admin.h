/**
 * @file api/admin.h  What a server's operator can do with other people's accounts
 *
 * The same few things by REST (admin/users, api/admin.c) and in a terminal (`interviewd admin`,
 * api/orders.c): both go through here, so everything is done and logged in the same way.
 *
 * Threads    Workers of lanes before LANE_STORE, or any thread if there are no lanes.
 * Errors     Those of auth/accounts.h, with a sentence.
 */
#ifndef API_ADMIN_H
#define API_ADMIN_H

#include "api/app.h"
#include "api/mailer.h"
#include "store/store.h"

/** A link for the user to set a password, valid once within life_s. */
int admin_link(const struct app *app, const struct store_user *user, int life_s,
               char link[static MAILER_LINK_MAX], struct errbuf *why);

/** Records in the user's own audit log what was done to the account. */
void admin_tell(const char *user, const char *action, const char *request_id);

/** Executes one command of `interviewd admin`: words are its arguments. out gets the text to print,
 *  or the error sentence. 0; UV_EINVAL: wrong arguments. */
int order_run(const struct app *app, const char *const *words, size_t count, struct buf *out);

enum { ORDER_OUT_MAX = 8 << 20 }; /**< [bytes] */

#endif
