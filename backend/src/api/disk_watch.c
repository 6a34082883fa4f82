/**
 * @file api/disk_watch.c  How full the data folder and its disk are, for /metrics
 */
#include "api/disk_watch.h"

#include "api/app.h"
#include "config/config.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "observe/metrics.h"

#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* Files in the data folder, by prefix of their names. The last entry is everything else. */
static const struct {
    const char *begins;
    const char *part;
} parts[] = {
    {"interview.db", "database"}, {"audio", "recordings"}, {"models", "models"},
    {"audit", "audit"},           {"", "other"},
};

enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

struct disk_watch {
    const struct app *app;
    struct loop_timer *timer;
    bool looking; /* loop thread */
};

static size_t part_of(const FTSENT *entry)
{
    const FTSENT *top = entry;
    size_t i = 0;

    while (top->fts_level > 1)
        top = top->fts_parent;
    while (strncmp(top->fts_name, parts[i].begins, strlen(parts[i].begins)) != 0)
        i++;
    return i;
}

static void measure_folder(const char *folder)
{
    char *const paths[] = {strdup(folder), NULL};
    FTS *walk = paths[0] ? fts_open(paths, FTS_PHYSICAL | FTS_XDEV, NULL) : NULL;
    double bytes[PARTS] = {0};
    FTSENT *entry;

    while (walk && (entry = fts_read(walk)))
        if (entry->fts_info == FTS_F && entry->fts_level > 0)
            bytes[part_of(entry)] += (double)entry->fts_statp->st_size;
    for (size_t i = 0; walk && i < PARTS; i++)
        metric_set(METRIC_DATA_BYTES, bytes[i], parts[i].part);
    if (walk)
        fts_close(walk);
    free(paths[0]);
}

static void look(void *arg)
{
    const struct disk_watch *w = arg;
    const char *folder = w->app->config->data_dir;
    struct statvfs disk;

    if (!statvfs(folder, &disk)) {
        metric_set(METRIC_DISK_FREE, (double)disk.f_bavail * (double)disk.f_frsize, NULL);
        metric_set(METRIC_DISK_SIZE, (double)disk.f_blocks * (double)disk.f_frsize, NULL);
    }
    measure_folder(folder);
}

static void looked(int err, void *arg)
{
    struct disk_watch *w = arg;

    (void)err;
    w->looking = false;
}

static void on_timer(void *arg)
{
    struct disk_watch *w = arg;

    if (!w->looking) /* otherwise the disk hangs */
        w->looking = lane_submit(w->app->lanes, LANE_READ, look, looked, w) == 0;
}

int disk_watch_open(struct disk_watch **wp, const struct app *app)
{
    struct disk_watch *w = calloc(1, sizeof(*w));
    int err = w ? 0 : UV_ENOMEM;

    if (err)
        return err;
    w->app = app;
    err = timer_open(&w->timer, app->loop, on_timer, w);
    if (!err)
        err = timer_start(w->timer, 0, DISK_WATCH_MS);
    if (err)
        disk_watch_close(w);
    else
        *wp = w;
    return err;
}

void disk_watch_close(struct disk_watch *w)
{
    if (!w)
        return;
    timer_close(w->timer);
    free(w);
}
