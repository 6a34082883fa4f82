/**
 * @file api/upkeep.c  Periodic work: abandoned sessions, unused search indexes
 */
#include "api/upkeep.h"

#include "api/app.h"
#include "base/clock.h"
#include "config/config.h"
#include "live/live.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "observe/log.h"
#include "search/search.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

enum {
    EVERY_MS = 60000,
    FIRST_MS = 1000,     /* after the start */
    SESSIONS_EVERY = 10, /* in units of that interval */
    HOUR_MS = 3600000,
};

struct present {
    char user_id[ID_TEXT_MAX];
    char session_id[ID_TEXT_MAX];
};

struct upkeep {
    const struct app *app;
    struct loop_timer *timer;
    bool running; /* loop thread */
    unsigned turn;
    struct present *present; /* {running} who was in which session at its beginning */
    size_t present_count;
};

/* -------------------------------------------------------------------------- on a worker */

/* For marking sessions as abandoned, somebody who is there now counts as there until the next
 * look. */
static void note_present(const struct upkeep *u)
{
    struct errbuf why = {""};

    for (size_t i = 0; i < u->present_count; i++) {
        const struct present *p = &u->present[i];
        int err = store_session_resume(u->app->store, p->user_id, p->session_id, &why);

        if (err && err != UV_ENOENT)
            log_warn("upkeep", "a session that is in use cannot be marked so: %s", why.text);
    }
}

static void abandon(const struct app *app)
{
    int64_t before = clock_unix_ms() - (int64_t)app->config->abandon_hours * HOUR_MS;
    size_t last = STORE_PAGE_MAX;
    size_t count = 0;

    while (last == STORE_PAGE_MAX) {
        struct store_list list = {0};
        struct errbuf why = {""};

        if (store_session_abandon(app->store, before, STORE_PAGE_MAX, &list, &why)) {
            log_warn("upkeep", "sessions that were left cannot be marked so: %s", why.text);
            break;
        }
        last = list.count;
        count += list.count;
        store_list_release(&list, STORE_KIND_SESSION);
    }
    if (count)
        log_info("upkeep", "%zu sessions were left long ago, and are marked as abandoned", count);
}

static void run(void *arg)
{
    const struct upkeep *u = arg;

    search_forget_idle(u->app->search, clock_mono_ms());
    if (u->turn % SESSIONS_EVERY)
        return;
    note_present(u);
    abandon(u->app);
}

/* ---------------------------------------------------------------------------- on the loop */

static void ran(int err, void *arg)
{
    struct upkeep *u = arg;

    (void)err; /* the lanes are closing: the next start does it */
    u->running = false;
    u->turn++;
    free(u->present);
    u->present = NULL;
    u->present_count = 0;
}

static void take_present(const char *user_id, const char *session_id, void *arg)
{
    struct upkeep *u = arg;
    struct present *p = &u->present[u->present_count++];

    memcpy(p->user_id, user_id, sizeof(p->user_id));
    memcpy(p->session_id, session_id, sizeof(p->session_id));
}

static void on_timer(void *arg)
{
    struct upkeep *u = arg;

    if (u->running)
        return;
    u->present = calloc(live_count(u->app->live) + 1, sizeof(*u->present));
    if (!u->present)
        return;
    live_each(u->app->live, take_present, u);
    u->running = lane_submit(u->app->lanes, LANE_READ, run, ran, u) == 0;
    if (!u->running)
        ran(0, u);
}

int upkeep_open(struct upkeep **up, const struct app *app, struct errbuf *why)
{
    struct upkeep *u = calloc(1, sizeof(*u));
    int err = u ? 0 : UV_ENOMEM;

    if (!err) {
        u->app = app;
        err = timer_open(&u->timer, app->loop, on_timer, u);
    }
    if (!err)
        err = timer_start(u->timer, FIRST_MS, EVERY_MS);
    if (err) {
        upkeep_close(u);
        return err_set(why, err, "out of memory");
    }
    *up = u;
    return 0;
}

void upkeep_close(struct upkeep *u)
{
    if (!u)
        return;
    timer_close(u->timer);
    free(u->present);
    free(u);
}
