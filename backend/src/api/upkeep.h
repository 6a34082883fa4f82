/**
 * @file api/upkeep.h  What is done from time to time: abandoned sessions, indexes that nobody uses
 *
 *     upkeep_open(&upkeep, app, why);     // before the first request
 *     upkeep_close(upkeep);               // after the lanes, before the loop
 *
 * A session in which nothing happened for the setting abandon-hours is marked as abandoned, from
 * the last that was said in it. A session that somebody has joined with a socket is not, however
 * silent it is. What happened last stands in the store, so a restart changes nothing of it.
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
