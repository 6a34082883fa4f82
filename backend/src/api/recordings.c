/**
 * @file api/recordings.c  Retention of recordings, and erasing them completely
 */
#include "api/recordings.h"

#include "api/app.h"
#include "base/clock.h"
#include "base/json.h"
#include "blob/blob.h"
#include "config/config.h"
#include "live/recorder.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "observe/audit.h"
#include "observe/log.h"
#include "observe/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DAY_MS = 86400000,
    EVERY_MS = 3600000,
    FIRST_MS = 1000, /* after the start */
    MEGABYTE = 1 << 20,
};

int64_t recordings_quota(const struct config *config)
{
    return config->audio_quota_mb ? (int64_t)config->audio_quota_mb * MEGABYTE : INT64_MAX;
}

struct recordings {
    const struct app *app;
    struct loop_timer *timer;
    bool running; /* loop thread */
    size_t unknown;
};

int64_t recordings_keep_until(const struct app *app, const char *user, int64_t now)
{
    double days = app->config->audio_keep_days;
    struct store_user who;
    json_t *settings;

    if (!store_user_get(app->store, user, &who, NULL)) {
        settings = json_parse(who.settings, strlen(who.settings));
        days = fmin(days, json_num(settings, "retentionDays", days));
        json_decref(settings);
        store_user_release(&who);
    }
    return now + (int64_t)(days * DAY_MS);
}

/* ------------------------------------------------------------------------------ erasing */

/* True: it is gone, and so is its entry in the list. */
static bool erase_blob(const struct app *app, const char *id)
{
    struct errbuf why = {""};
    int err = blob_erase(app->blobs, id, &why);

    if (err && err != UV_ENOENT) {
        log_error("audio", "%s: %s", id, why.text);
        return false;
    }
    err = store_erased_gone(app->store, id, &why);
    if (err && err != UV_ENOENT) /* another worker may have been faster */
        log_error("audio", "%s: %s", id, why.text);
    return !err || err == UV_ENOENT;
}

void recordings_clean(const struct app *app)
{
    size_t left = STORE_PAGE_MAX;

    while (app->blobs && left == STORE_PAGE_MAX) {
        struct store_list list = {0};
        struct errbuf why = {""};

        if (store_erased_list(app->store, STORE_PAGE_MAX, &list, &why)) {
            log_error("audio", "%s", why.text);
            return;
        }
        left = list.count;
        for (size_t i = 0; i < list.count; i++) {
            if (!erase_blob(app, ((struct store_erased *)list.items)[i].id))
                left = 0; /* the same ones would come again */
        }
        free(list.items);
    }
}

static int64_t tell_expired(const struct store_list *list)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct store_recording *r = (const struct store_recording *)list->items + i;

        bytes += r->bytes;
        metric_add(METRIC_REMOVED, 1, "recording");
        metric_add(METRIC_REMOVED_BYTES, (double)r->bytes, "recording");
        if (audit(&(struct audit_event){.user = r->user_id,
                                        .action = "expire",
                                        .kind = "audio",
                                        .id = r->id,
                                        .status = 200}))
            log_error("audit", "the audit log cannot be written");
    }
    return bytes;
}

static void expire(const struct app *app)
{
    int64_t bytes = 0;
    size_t count = 0;
    size_t last = STORE_PAGE_MAX;

    while (last == STORE_PAGE_MAX) {
        struct store_list list = {0};
        struct errbuf why = {""};

        if (store_recording_expire(app->store, clock_unix_ms(), STORE_PAGE_MAX, &list, &why)) {
            log_error("audio", "old recordings cannot be erased: %s", why.text);
            break;
        }
        last = list.count;
        count += list.count;
        bytes += tell_expired(&list);
        store_list_release(&list, STORE_KIND_RECORDING);
    }
    if (count)
        log_info("audio",
                 "%zu recordings were kept for as long as they may be, and are erased (%" PRId64
                 " bytes)",
                 count, bytes);
}

/* ------------------------------------------------------------------------------- the job */

static void run(void *arg)
{
    const struct recordings *r = arg;

    expire(r->app);
    recordings_clean(r->app);
}

static void ran(int err, void *arg)
{
    struct recordings *r = arg;

    (void)err; /* the lanes are closing: the next start does it */
    r->running = false;
}

static void on_timer(void *arg)
{
    struct recordings *r = arg;

    if (!r->running)
        r->running = lane_submit(r->app->lanes, LANE_READ, run, ran, r) == 0;
}

/* ---- at start ----------------------------------------------------------------------------- */

struct search {
    const struct app *app;
    bool forget; /* somebody allowed unknown ones to be erased */
    size_t cut_off;
    size_t unknown;
    struct errbuf *why;
};

/* Unclaimed and without a record: an upload that was cut off. Any other blob without a record was
 * known once, so it is the database that is the wrong one: nothing is erased unasked. */
static int take_unknown(struct search *s, const char *id, enum blob_form form)
{
    if (form == BLOB_UNCLAIMED) {
        s->cut_off++;
        return blob_erase(s->app->blobs, id, s->why);
    }
    s->unknown++;
    return s->forget ? blob_erase(s->app->blobs, id, s->why) : 0;
}

static int take_found(const char *id, enum blob_form form, void *arg)
{
    struct search *s = arg;
    int err = store_recording_known(s->app->store, id, s->why);

    if (err == UV_ENOENT) {
        err = take_unknown(s, id, form);
        return err == UV_ENOENT ? 0 : err; /* it was there in two forms */
    }
    return !err && form == BLOB_UNCLAIMED ? blob_claim(s->app->blobs, id, s->why) : err;
}

/* A completed record needs no log any more; mend() has handled the others. */
static int drop_log(const char *id, enum blob_form form, void *arg)
{
    struct search *s = arg;
    int err = form == BLOB_LOG ? store_recording_known(s->app->store, id, s->why) : UV_ENOENT;

    if (err)
        return err == UV_ENOENT ? 0 : err;
    return blob_log_drop(s->app->blobs, id, s->why);
}

/* Interviews that were being recorded when the server was killed. */
static int mend(const struct app *app, struct errbuf *why)
{
    size_t left = STORE_PAGE_MAX;
    int err = 0;

    while (!err && left == STORE_PAGE_MAX) {
        struct store_list list = {0};

        err = store_recording_growing(app->store, STORE_PAGE_MAX, &list, why);
        left = list.count;
        for (size_t i = 0; !err && i < list.count; i++) {
            const struct store_recording *r = (const struct store_recording *)list.items + i;

            err = recorder_mend(app->store, app->blobs, r, why);
            if (!err)
                log_info("audio", "%s: a recording that was cut off is whole now", r->id);
        }
        store_list_release(&list, STORE_KIND_RECORDING);
    }
    return err;
}

static bool may_forget(const struct app *app)
{
    char *value = NULL;
    bool may = !store_fact_get(app->store, STORE_FACT_FORGET_AUDIO, &value, NULL) && *value;

    free(value);
    return may;
}

/* Stores the number for doctor, and makes a permission to erase valid only once. */
static int note_unknown(const struct search *s)
{
    char count[24];
    int err;

    snprintf(count, sizeof(count), "%zu", s->forget ? 0 : s->unknown);
    err = store_fact_put(s->app->store, STORE_FACT_UNKNOWN_AUDIO, count, s->why);
    if (!err && s->forget)
        err = store_fact_put(s->app->store, STORE_FACT_FORGET_AUDIO, "", s->why);
    return err;
}

static int look_through(struct search *s)
{
    int err;

    recordings_clean(s->app);
    s->forget = may_forget(s->app);
    err = mend(s->app, s->why);
    if (!err)
        err = blob_list(s->app->blobs, take_found, s, s->why);
    if (!err)
        err = blob_list(s->app->blobs, drop_log, s, s->why);
    if (!err)
        err = note_unknown(s);
    if (!err && s->cut_off)
        log_info("audio", "%zu uploads that were cut off are erased", s->cut_off);
    if (!err && s->unknown && s->forget)
        log_warn("audio", "%zu recordings that the database did not know are erased, as was asked",
                 s->unknown);
    else if (!err && s->unknown)
        log_error("audio",
                  "%zu recordings are not known to the database, which may be an older one; they "
                  "are kept, and nobody can ask for them",
                  s->unknown);
    recordings_clean(s->app);
    return err;
}

int recordings_open(struct recordings **rp, const struct app *app, struct errbuf *why)
{
    struct search search = {.app = app, .why = why};
    struct recordings *r;
    int err = look_through(&search);

    if (err)
        return err;
    r = calloc(1, sizeof(*r));
    if (!r)
        return err_set(why, UV_ENOMEM, "out of memory");
    r->app = app;
    r->unknown = search.forget ? 0 : search.unknown;
    err = timer_open(&r->timer, app->loop, on_timer, r);
    if (!err)
        err = timer_start(r->timer, FIRST_MS, EVERY_MS);
    if (err)
        recordings_close(r);
    else
        *rp = r;
    return err;
}

size_t recordings_unknown(const struct recordings *r)
{
    return r ? r->unknown : 0;
}

void recordings_close(struct recordings *r)
{
    if (!r)
        return;
    timer_close(r->timer);
    free(r);
}
