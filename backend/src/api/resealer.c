/**
 * @file api/resealer.c  Loading new keys in a server, and resealing what the old ones sealed
 *
 * A timer on the loop thread; on LANE_READ first a check of the key file, and then, while there is
 * something to do, step after step, each queued behind other work.
 */
#include "api/resealing.h"

#include "api/app.h"
#include "auth/seal.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "store/sealed.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_MS = 500, /* after the start */
    EVERY_MS = 5000,
};

struct resealer {
    struct app *app;
    struct loop_timer *timer;
    bool working;       /* loop thread */
    bool again;         /* loop thread: requested again meanwhile */
    bool stopped;       /* loop thread */
    atomic_bool forced; /* make a pass whatever the last one did */

    /* the worker's, of which there is one at a time */
    struct resealing pass;
    bool passing;
    char told[ERR_TEXT_MAX]; /* the last error, so that it is logged only once */

    _Atomic(enum resealing_state) state;
    atomic_size_t done;
};

/* --------------------------------------------------------------------------- the worker's */

static void tell(struct resealer *r, const struct errbuf *why)
{
    if (!strcmp(r->told, why->text))
        return;
    memcpy(r->told, why->text, sizeof(r->told));
    log_error("keys", "%s", why->text);
}

/* Starts a pass if one is due: an older key may have sealed something. */
static void look(struct resealer *r)
{
    char before[SEAL_KEYS_MAX][SEAL_ID_LEN + 1];
    char ids[SEAL_KEYS_MAX][SEAL_ID_LEN + 1];
    bool forced = atomic_exchange(&r->forced, false);
    struct errbuf why = {""};
    bool fresh = true;
    size_t count;

    seal_ids(r->app->seal, before);
    if (seal_again(r->app->seal, &why)) { /* readyz reports it, too */
        tell(r, &why);
        return;
    }
    count = seal_ids(r->app->seal, ids);
    if (strcmp(before[0], ids[0]) != 0)
        log_info("keys", "the key %s seals from now on, no longer %s", ids[0], before[0]);
    if (count < 2 ||
        (!forced && (sealed_check_is_fresh(r->app->store, r->app->seal, &fresh, &why) || fresh))) {
        r->told[0] = '\0';
        return;
    }
    resealing_begin(&r->pass, r->app->store, r->app->blobs, r->app->seal);
    r->passing = true;
    atomic_store(&r->done, 0);
    atomic_store(&r->state, RESEALING_RUNNING);
}

static void end_pass(struct resealer *r, int err, const struct errbuf *why)
{
    if (err)
        tell(r, why);
    else
        log_info("keys",
                 "%zu fields and recordings are sealed by the new key; %zu could not be opened by "
                 "any key, and are as they were",
                 r->pass.done, r->pass.damaged);
    resealing_end(&r->pass);
    r->passing = false;
    atomic_store(&r->state, err ? RESEALING_FAILED : RESEALING_DONE);
}

static void work(void *arg)
{
    struct resealer *r = arg;
    struct errbuf why = {""};
    bool over = false;
    size_t before;
    int err;

    if (!r->passing) {
        look(r);
        return;
    }
    before = r->pass.done;
    err = resealing_step(&r->pass, &over, &why);
    metric_add(METRIC_RESEALED, (double)(r->pass.done - before), NULL);
    atomic_store(&r->done, r->pass.done);
    if (err || over)
        end_pass(r, err, &why);
}

/* ------------------------------------------------------------------------- the loop's */

static void go_on(struct resealer *r);

static void worked(int err, void *arg)
{
    struct resealer *r = arg;
    bool again = r->again;

    r->working = false;
    r->again = false;
    if (!err && !r->stopped && (r->passing || again))
        go_on(r);
}

static void go_on(struct resealer *r)
{
    if (r->working)
        r->again = true;
    else /* the lane is full: the timer comes again */
        r->working = lane_submit(r->app->lanes, LANE_READ, work, worked, r) == 0;
}

static void on_timer(void *arg)
{
    struct resealer *r = arg;

    if (!r->working && !r->stopped)
        go_on(r);
}

void resealer_look(struct resealer *r)
{
    if (!r || r->stopped)
        return;
    atomic_store(&r->forced, true);
    go_on(r);
}

void resealer_stop(struct resealer *r)
{
    if (r)
        r->stopped = true;
}

enum resealing_state resealer_state(const struct resealer *r, size_t *done)
{
    *done = r ? atomic_load(&r->done) : 0;
    return r ? atomic_load(&r->state) : RESEALING_DONE;
}

int resealer_open(struct resealer **rp, struct app *app, struct errbuf *why)
{
    struct resealer *r = calloc(1, sizeof(*r));
    int err;

    if (!r)
        return err_set(why, UV_ENOMEM, "out of memory");
    r->app = app;
    err = timer_open(&r->timer, app->loop, on_timer, r);
    if (!err)
        err = timer_start(r->timer, FIRST_MS, EVERY_MS);
    if (err) {
        resealer_close(r);
        return err_set(why, err, "the keys cannot be watched");
    }
    *rp = r;
    return 0;
}

void resealer_close(struct resealer *r)
{
    if (!r)
        return;
    timer_close(r->timer);
    resealing_end(&r->pass);
    free(r);
}
