/**
 * @file api/recordings.h  How long recordings stay, and that nothing is left of them then
 *
 *     recordings_open(&recordings, app, why);     // before the first request
 *     recordings_close(recordings);               // after the lanes, before the loop
 *
 * A recording is a record in the store and a blob of the same id. The blob is there before the
 * record, and goes after it: so a blob without a record is of an upload that was cut off, and
 * opening erases it. What erases a record, by itself or with its session or its user, leaves its id
 * in the store's list of the erased in the same transaction; recordings_clean() works that list
 * off. Each hour, and at the start, those whose time is over are erased, and each is told to the
 * audit log.
 *
 * Threads    Open and close: the loop thread. recordings_clean(): any worker before LANE_STORE.
 */
#ifndef API_RECORDINGS_H
#define API_RECORDINGS_H

#include "base/error.h"

#include <stdint.h>

struct app;
struct recordings;

/** app->blobs and the store must be open; waits for the disk. */
int recordings_open(struct recordings **rp, const struct app *app, struct errbuf *why);
void recordings_close(struct recordings *r); /**< NULL is allowed */

/** Until when a recording of the user may be kept that is made now, [ms] since 1970: as long as the
 *  server's setting says, or the user's own (settings.retentionDays) when that is shorter. */
int64_t recordings_keep_until(const struct app *app, const char *user, int64_t now);

/** Erase the blobs of what was erased from the store. What cannot be erased is logged and stays in
 *  the list for the next time. */
void recordings_clean(const struct app *app);

#endif
