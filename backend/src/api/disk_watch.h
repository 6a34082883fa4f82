/**
 * @file api/disk_watch.h  How full the data folder and its disk are, for /metrics
 *
 * Measured when opened and then every DISK_WATCH_MS, on LANE_READ, so that a hanging disk does not
 * delay requests for the numbers.
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
