/**
 * @file api/recordings.h  How long recordings are kept, and that nothing is left of them afterwards
 *
 *     recordings_open(&recordings, app, why);     // before the first request
 *     recordings_close(recordings);               // after the lanes, before the loop
 *
 * A recording is a record in the store and a blob of the same id. The blob is there before the
 * record, and goes after it: so a blob that nobody has claimed and that has no record is of an
 * upload that was cut off, and opening erases it. One that was claimed and has no record is kept:
 * the database is not the one that it was claimed for. An interview that was being recorded when
 * the server was killed is made whole by opening, too. What erases a record, by itself or with its
 * session or its user, leaves its id in the store's list of the erased in the same transaction;
 * recordings_clean() works that list off. Each hour, and at the start, those whose time is over are
 * erased, and each is told to the audit log.
 *
 * Threads    Open and close: the loop thread. recordings_clean(): any worker before LANE_STORE.
 */
#ifndef API_RECORDINGS_H
#define API_RECORDINGS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct app;
struct config;
struct recordings;

/** Most that a user's recordings take together, [bytes] */
int64_t recordings_quota(const struct config *config);

/** app->blobs and the store must be open; waits for the disk. */
int recordings_open(struct recordings **rp, const struct app *app, struct errbuf *why);
/** How many the database does not know: they are kept, and told (health.c, doctor). They are erased
 *  at a start after `interviewd migrate --erase-unknown-recordings`. */
size_t recordings_unknown(const struct recordings *r); /**< Any thread. NULL: 0 */
void recordings_close(struct recordings *r);           /**< NULL is allowed */

/** Until when a recording of the user may be kept that is made now, [ms] since 1970: as long as the
 *  server's setting says, or the user's own (settings.retentionDays) when that is shorter. */
int64_t recordings_keep_until(const struct app *app, const char *user, int64_t now);

/** Erase the blobs of what was erased from the store. What cannot be erased is logged and stays in
 *  the list for the next time. */
void recordings_clean(const struct app *app);

#endif
