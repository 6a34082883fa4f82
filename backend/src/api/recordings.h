/**
 * @file api/recordings.h  Retention of recordings, and erasing them completely
 *
 *     recordings_open(&recordings, app, why);     // before the first request
 *     recordings_close(recordings);               // after the lanes, before the loop
 *
 * A recording is a record in the store and a blob of the same id. The blob exists before the record
 * and is removed after it. So an unclaimed blob without a record belongs to an interrupted upload,
 * and opening erases it; a claimed blob without a record is kept, because the database is not the
 * one that it was claimed for. Opening also completes recordings of interviews during which the
 * server was killed. Erasing a record, by itself or with its session or user, adds its id to the
 * store's list of erased recordings in the same transaction, and recordings_clean() works through
 * that list. At the start and every hour recordings that have expired are erased, and each is
 * written to the audit log.
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

/** Most that one user's recordings may take [bytes] */
int64_t recordings_quota(const struct config *config);

/** app->blobs and the store must be open; waits for the disk. */
int recordings_open(struct recordings **rp, const struct app *app, struct errbuf *why);
/** Number of recordings that the database does not know: they are kept, and reported (health.c,
 *  doctor). They are erased at a start after `interviewd migrate --erase-unknown-recordings`. */
size_t recordings_unknown(const struct recordings *r); /**< Any thread. NULL: 0 */
void recordings_close(struct recordings *r);           /**< NULL is allowed */

/** Until when a recording that the user makes now may be kept, [ms] since 1970: the server's
 *  setting, or the user's own (settings.retentionDays) if that is shorter. */
int64_t recordings_keep_until(const struct app *app, const char *user, int64_t now);

/** Erases the blobs of recordings that were erased from the store. What cannot be erased is logged
 *  and stays in the list for the next time. */
void recordings_clean(const struct app *app);

#endif
