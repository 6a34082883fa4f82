/**
 * @file api/health.c  Is it alive, and can it serve?
 *
 * A problem is reported as part, code, sentence and how to fix it. Anybody may ask, so nothing here
 * names a path, a person or a key.
 */
#include "api/auth.h"
#include "api/recordings.h"
#include "api/reply.h"
#include "api/resealing.h"
#include "asr/hub.h"
#include "auth/seal.h"
#include "base/clock.h"
#include "config/config.h"
#include "export/record.h"
#include "loop/lanes.h"

#include <stdio.h>
#include <string.h>

#ifndef INTERVIEWD_VERSION
#define INTERVIEWD_VERSION "0.0.0"
#endif

enum {
    PROBE_EVERY_MS = 1000,
    CLOCK_TOLD_MS = 60000, /* time servers set clocks back by less than this */
};

static int get_alive(const struct http_request *req, struct http_response *res)
{
    (void)req;
    return buf_puts(reply_json(res, 200), "{\"status\":\"ok\"}");
}

static int get_health(const struct http_request *req, struct http_response *res)
{
    static const char *const sign_ups[] = {
        [SIGN_UPS_OFF] = "off", [SIGN_UPS_MAIL] = "mail", [SIGN_UPS_ON] = "on"};
    const struct app *app = app_of(req);
    const struct config *config = app->config;

    return buf_printf(reply_json(res, 200),
                      "{\"status\":\"ok\",\"version\":\"" INTERVIEWD_VERSION
                      "\",\"accounts\":\"%s\",\"signUps\":\"%s\",\"mail\":\"%s\"}",
                      config->accounts ? "on" : "off", sign_ups[auth_sign_ups(app)],
                      config->smtp_url ? "on" : "off");
}

/* ------------------------------------------------------------------------------ problems */

static void problem(struct buf *out, int *count, const char *part, const char *code,
                    const char *detail, const char *help)
{
    buf_printf(out, "%s{\"part\":\"%s\",\"code\":\"%s\",\"detail\":", (*count)++ ? "," : "", part,
               code);
    record_text(out, detail);
    buf_puts(out, ",\"help\":");
    record_text(out, help);
    buf_putc(out, '}');
}

static const char *recogniser(const struct app *app)
{
    if (!app->hub || !asr_hub_engine(app->hub))
        return "unavailable";
    if (app->config->asr_preload && !asr_hub_loaded(app->hub))
        return "loading";
    return "ok";
}

static void recogniser_problem(struct buf *out, int *count, const char *hears)
{
    if (!strcmp(hears, "loading"))
        problem(out, count, "recogniser", "loading", "The recogniser's model is being loaded.",
                "Ask again in a moment.");
    else if (strcmp(hears, "ok") != 0)
        problem(out, count, "recogniser", "no_recogniser", "No recogniser can be used.",
                "interviewd doctor says which can be had and how.");
}

static void key_problem(struct buf *out, int *count, const struct seal *seal)
{
    int err = seal ? seal_look(seal, NULL) : 0;

    if (err == UV_ENOENT)
        problem(out, count, "key", "key_missing",
                "The file of the master key is gone; this server still has the key, the next start "
                "will not.",
                "Put master.key back from a backup, with mode 0600, before the server stops.");
    else if (err == UV_EILSEQ)
        problem(out, count, "key", "key_changed",
                "The file of the master key holds another key than the one in use.",
                "Put the right master.key back before the server stops.");
    else if (err)
        problem(out, count, "key", "key_unreadable", "The file of the master key cannot be read.",
                "Give master.key mode 0600 and the user who runs the server.");
}

static void recordings_problem(struct buf *out, int *count, const struct app *app)
{
    char detail[160];
    size_t unknown = recordings_unknown(app->recordings);

    if (!unknown)
        return;
    snprintf(detail, sizeof(detail),
             "%zu recordings are not known to the database: it seems to be older than they are. "
             "They are kept.",
             unknown);
    problem(out, count, "recordings", "recordings_unknown", detail,
            "Put back the database that belongs to them; or, to erase them at the next start, run "
            "interviewd migrate --erase-unknown-recordings.");
}

static void clock_problem(struct buf *out, int *count)
{
    if (clock_behind_ms() > CLOCK_TOLD_MS)
        problem(out, count, "clock", "clock_set_back",
                "The clock of this machine is behind what is stored already; times go on from "
                "there.",
                "Set the clock right and restart the server; when it is right now, run interviewd "
                "migrate --accept-clock first.");
}

/* A full or failing disk only shows that it has recovered when something is written, and nobody
 * sends requests to a server that is not ready, so we write. A database server is asked whether it
 * is there. */
static void try_it(void *arg)
{
    struct store *store = arg;
    struct store_health health;

    store_health(store, &health);
    if (health.fault)
        store_probe(store, NULL);
    else
        store_ping(store, NULL);
}

static void probe(const struct app *app, enum store_fault fault)
{
    static uint64_t last_ms; /* loop thread only */
    uint64_t now = clock_mono_ms();

    if (fault != STORE_FULL && fault != STORE_READ_ONLY && fault != STORE_FAILING &&
        fault != STORE_AWAY && (fault || !store_round_trips(app->store)))
        return;
    if (last_ms && now - last_ms < PROBE_EVERY_MS)
        return;
    last_ms = now;
    lane_submit(app->lanes, LANE_STORE, try_it, NULL, app->store);
}

/* On the loop thread, because the recogniser is queried there; the store reads one cached page. A
 * problem that is only a warning (key, clock, recordings) leaves the server ready. */
static int get_ready(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    const char *hears = recogniser(app);
    static const char *const keys[] = {"ok", "resealing", "failed"};
    struct store_health health;
    struct buf problems;
    size_t resealed;
    int count = 0;
    enum resealing_state resealing = resealer_state(app->resealer, &resealed);
    bool ok;

    store_health(app->store, &health);
    probe(app, health.fault);
    ok = !health.fault && strcmp(hears, "ok") == 0;
    buf_init(&problems, 8192);
    if (health.fault)
        problem(&problems, &count, "store", health.code, health.what, health.help);
    recogniser_problem(&problems, &count, hears);
    key_problem(&problems, &count, app->seal);
    clock_problem(&problems, &count);
    recordings_problem(&problems, &count, app);
    buf_printf(reply_json(res, ok ? 200 : 503),
               "{\"status\":\"%s\",\"store\":\"%s\",\"recogniser\":\"%s\",\"confined\":\"%s\","
               "\"keys\":\"%s\","
               "\"resealed\":%zu,\"problems\":[%s]}",
               ok ? "ok" : "unavailable", health.fault ? "unavailable" : "ok", hears,
               app->confined ? app->confined : "none", keys[resealing], resealed,
               problems.data ? problems.data : "");
    buf_release(&problems);
    return 0;
}

const struct http_route api_health_routes[] = {
    {"GET", "/healthz", get_alive, .flags = ROUTE_QUIET | ROUTE_INLINE},
    {"GET", "/readyz", get_ready, .flags = ROUTE_QUIET | ROUTE_INLINE},
    {"GET", "/api/v1/health", get_health, .flags = ROUTE_QUIET | ROUTE_INLINE},
    {.method = NULL},
};
