/**
 * @file api/admin.h  What whoever runs the server does with the accounts of others
 *
 * The same few things by REST (admin/users, api/admin.c) and in a terminal (`interviewd admin`,
 * api/orders.c): both go through here, so each is done and written down in one way.
 *
 * Threads    Workers before LANE_STORE, or a thread of none where there are no lanes.
 * Errors     As auth/accounts.h, with a sentence.
 */
#ifndef API_ADMIN_H
#define API_ADMIN_H

#include "api/app.h"
#include "api/mailer.h"
#include "store/store.h"

/** A link with which the user sets a password, once within life_s. */
int admin_link(const struct app *app, const struct store_user *user, int life_s,
               char link[static MAILER_LINK_MAX], struct errbuf *why);

/** Tell the user's own audit log what was done to the account. */
void admin_tell(const char *user, const char *action, const char *request_id);

/** One order of `interviewd admin`: words are what stands behind it in the terminal. out gets what
 *  is to be printed, or the sentence of what is wrong. 0; UV_EINVAL the words are not right. */
int order_run(const struct app *app, const char *const *words, size_t count, struct buf *out);

enum { ORDER_OUT_MAX = 8 << 20 }; /**< [bytes] */

#endif
