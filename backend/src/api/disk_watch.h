/**
 * @file api/disk_watch.h  How full the data folder and its disk are, for /metrics
 *
 * Looked at when it is opened and every DISK_WATCH_MS from then on, on LANE_READ: a disk that hangs
 * holds up this, and no request for the numbers.
 *
 * Threads    Loop thread. Close it once the lanes are closed.
 */
#ifndef API_DISK_WATCH_H
#define API_DISK_WATCH_H

struct app;
struct disk_watch;

enum { DISK_WATCH_MS = 15000 };

int disk_watch_open(struct disk_watch **wp, const struct app *app);
void disk_watch_close(struct disk_watch *w); /**< NULL is allowed */

#endif
