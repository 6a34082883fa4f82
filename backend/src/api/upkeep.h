/**
 * @file api/upkeep.h  Periodic work: abandoned sessions, unused search indexes
 *
 *     upkeep_open(&upkeep, app, why);     // before the first request
 *     upkeep_close(upkeep);               // after the lanes, before the loop
 *
 * A session without activity for the setting abandon-hours is marked as abandoned, with its last
 * words as its end. A session that somebody has joined with a socket is not, however silent it is.
 * The last activity is in the store, so a restart makes no difference.
 *
 * Threads    Loop thread.
 */
#ifndef API_UPKEEP_H
#define API_UPKEEP_H

#include "base/error.h"

struct app;
struct upkeep;

int upkeep_open(struct upkeep **up, const struct app *app, struct errbuf *why);
void upkeep_close(struct upkeep *u); /**< NULL is allowed */

#endif
