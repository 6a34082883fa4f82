/**
 * @file api/health.c  Is it alive, and can it serve?
 */
#include "api/reply.h"
#include "asr/hub.h"
#include "config/config.h"
#include "export/record.h"

#include <string.h>

#ifndef INTERVIEWD_VERSION
#define INTERVIEWD_VERSION "0.0.0"
#endif

static int get_alive(const struct http_request *req, struct http_response *res)
{
    (void)req;
    return buf_puts(reply_json(res, 200), "{\"status\":\"ok\"}");
}

static int get_health(const struct http_request *req, struct http_response *res)
{
    return buf_printf(reply_json(res, 200),
                      "{\"status\":\"ok\",\"version\":\"" INTERVIEWD_VERSION
                      "\",\"accounts\":\"%s\"}",
                      app_of(req)->config->accounts ? "on" : "off");
}

static const char *recogniser(const struct app *app)
{
    if (!app->hub || !asr_hub_engine(app->hub))
        return "unavailable";
    if (app->config->asr_preload && !asr_hub_loaded(app->hub))
        return "loading";
    return "ok";
}

/* On the loop thread, because the recogniser is asked there; the store reads one cached page. */
static int get_ready(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    bool store = store_ping(app->store, NULL) == 0;
    const char *hears = recogniser(app);
    bool ok = store && strcmp(hears, "ok") == 0;

    return buf_printf(reply_json(res, ok ? 200 : 503),
                      "{\"status\":\"%s\",\"store\":\"%s\",\"recogniser\":\"%s\"}",
                      ok ? "ok" : "unavailable", store ? "ok" : "unavailable", hears);
}

const struct http_route api_health_routes[] = {
    {"GET", "/healthz", get_alive, .flags = ROUTE_QUIET | ROUTE_INLINE},
    {"GET", "/readyz", get_ready, .flags = ROUTE_QUIET | ROUTE_INLINE},
    {"GET", "/api/v1/health", get_health, .flags = ROUTE_QUIET | ROUTE_INLINE},
    {.method = NULL},
};
