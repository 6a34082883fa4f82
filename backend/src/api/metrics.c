/**
 * @file api/metrics.c  GET /metrics for Prometheus, and the metrics of each request
 *
 * Events are counted where they happen; states are read here.
 */
#include "observe/metrics.h"
#include "answer/answer.h"
#include "api/reply.h"
#include "api/resealing.h"
#include "asr/hub.h"
#include "base/clock.h"
#include "base/text.h"
#include "config/config.h"
#include "live/live.h"
#include "loop/child.h"
#include "loop/lanes.h"
#include "observe/log.h"
#include "observe/process.h"
#include "observe/trace.h"
#include "search/search.h"

#include <string.h>

static void count_lanes(struct lanes *lanes)
{
    for (enum lane lane = 0; lane < LANE_COUNT; lane++) {
        struct lane_stats now = lane_stats(lanes, lane);
        const char *name = lane_name(lane);

        metric_set(METRIC_LANE_QUEUE, (double)now.queued, name);
        metric_set(METRIC_LANE_QUEUE_MAX, (double)now.queue_max, name);
        metric_set(METRIC_LANE_RUNNING, (double)now.running, name);
        metric_set(METRIC_LANE_THREADS, now.threads, name);
        metric_set(METRIC_LANE_REFUSED, (double)now.refused, name);
        metric_take(METRIC_LANE_WAIT, &now.waited, name);
        metric_take(METRIC_LANE_RUN, &now.worked, name);
    }
}

static void count_speech(struct asr_hub *hub)
{
    struct child_count children[CHILD_PROGRAMS_MAX];
    size_t n = child_counts(children);

    for (size_t i = 0; i < n; i++) {
        metric_set(METRIC_CHILD_STARTS, (double)children[i].started, children[i].program);
        metric_set(METRIC_CHILD_LOSSES, (double)children[i].lost, children[i].program);
    }
    if (hub) {
        struct asr_hub_stats now = asr_hub_stats(hub);

        metric_set(METRIC_SPEECH_WORKERS, now.workers, NULL);
        metric_set(METRIC_SPEECH_BUSY, now.busy, NULL);
        metric_set(METRIC_SPEECH_STREAMS, (double)now.lines, NULL);
        metric_set(METRIC_SPEECH_STREAMS_MAX, (double)now.lines_max, NULL);
        metric_set(METRIC_SPEECH_BACKLOG, (double)now.backlog_ms / 1e3, NULL);
    }
}

static void count_providers(const struct answerer *answerer)
{
    size_t n;
    const struct llm_provider *chain = answerer_providers(answerer, &n);

    for (size_t i = 0; i < n; i++)
        metric_set(METRIC_PROVIDER_RESTING, !answerer_available(answerer, chain[i].name),
                   chain[i].name);
}

static void count_resealing(const struct resealer *resealer)
{
    static const char *const names[] = {
        [RESEALING_DONE] = "done", [RESEALING_RUNNING] = "running", [RESEALING_FAILED] = "failed"};
    size_t done;
    enum resealing_state state = resealer_state(resealer, &done);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        metric_set(METRIC_RESEALING, i == (size_t)state, names[i]);
}

/* So that they exist with 0 before the first event: a rate needs two numbers. */
static void begin_with_zero(void)
{
    static const char *const reports[] = {"error", "crash", "spans"};

    metric_add(METRIC_EAGER, 0, "kept");
    metric_add(METRIC_EAGER, 0, "discarded");
    metric_add(METRIC_ANSWERS, 0, answer_finish_name(ANSWER_ERROR));
    metric_add(METRIC_REMOVED, 0, "recording");
    metric_add(METRIC_REMOVED_BYTES, 0, "recording");
    metric_add(METRIC_RESEALED, 0, NULL);
    for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
        metric_add(METRIC_REPORTS, 0, reports[i], "sent");
        metric_add(METRIC_REPORTS, 0, reports[i], "dropped");
    }
}

static void count_everything(const struct app *app, struct http_server *server)
{
    struct http_server_stats front = http_server_stats(server);

    metric_set(METRIC_HTTP_IN_FLIGHT, (double)front.requests, NULL);
    metric_set(METRIC_HTTP_CONNECTIONS, (double)front.connections, NULL);
    count_lanes(app->lanes);
    count_speech(app->hub);
    if (app->answerer)
        count_providers(app->answerer);
    if (app->live)
        metric_set(METRIC_LIVE_SESSIONS, (double)live_count(app->live), NULL);
    if (app->search)
        metric_set(METRIC_SEARCH_BYTES, (double)search_bytes(app->search), NULL);
    metric_set(METRIC_STORE_ROUND_TRIPS, (double)store_round_trips(app->store), NULL);
    count_resealing(app->resealer);
    process_measure();
    begin_with_zero();
}

/* How many people use a server, and when, is not for everybody. */
static bool may_read(const struct http_request *req)
{
    const char *header = http_header(req, "authorization");
    const char *token = app_of(req)->config->metrics_token;

    if (!app_of(req)->config->accounts || req->peer_loopback)
        return true;
    return token && header && strncasecmp(header, "Bearer ", 7) == 0 &&
           strlen(header + 7) == strlen(token) &&
           text_equal_secret(header + 7, token, strlen(token));
}

static enum metrics_form form_for(const struct http_request *req)
{
    const char *accept = http_header(req, "accept");

    return accept && strstr(accept, "application/openmetrics-text") ? METRICS_OPEN : METRICS_TEXT;
}

static int get_metrics(const struct http_request *req, struct http_response *res)
{
    enum metrics_form form = form_for(req);

    if (!may_read(req)) {
        http_set_header(res, "WWW-Authenticate", "Bearer");
        return http_problem(res, req, 401, "unauthorized",
                            "Ask from the server's own machine, or with the token of "
                            "INTERVIEWD_METRICS_TOKEN.",
                            NULL);
    }
    count_everything(app_of(req), req->server);
    buf_init(&res->body, METRIC_TEXT_MAX);
    res->status = 200;
    res->type = metrics_type(form);
    http_set_header(res, "Vary", "Accept");
    return metrics_write(&res->body, form);
}

void api_begin(struct http_request *req)
{
    req->trace = trace_join(http_header(req, "traceparent"));
}

static void record(const struct http_request *req, const char *route,
                   const struct http_answered *how)
{
    uint64_t now = clock_mono_us();
    struct span span = {.trace = req->trace,
                        .kind = SPAN_SERVER,
                        .start_us = now - how->micros,
                        .end_us = now,
                        .failed = how->status >= 500};

    span_name(&span, "%s %s", metric_method(req->method), route ? route : "page");
    span_fact(&span, "http.request.method", metric_method(req->method));
    if (route)
        span_fact(&span, "http.route", route);
    span_number(&span, "http.response.status_code", how->status);
    span_fact(&span, "interviewd.request_id", req->id);
    trace_record(&span);
}

void api_after(const struct http_request *req, const struct http_answered *how)
{
    const char *route = req->route ? req->route->pattern : NULL;
    bool quiet = req->route && req->route->flags & ROUTE_QUIET;
    struct about before = about_set((struct about){.request = req->id, .trace = req->trace});

    metric_http(req->method, route, how->status, how->micros);
    if (!quiet)
        record(req, route, how);
    if (app_of(req)->config->log_requests && !quiet)
        log_request(&(struct log_request){.method = metric_method(req->method),
                                          .route = route,
                                          .status = how->status,
                                          .micros = how->micros,
                                          .bytes = how->bytes});
    about_set(before);
}

const struct http_route api_metrics_routes[] = {
    {"GET", "/metrics", get_metrics, .flags = ROUTE_QUIET | ROUTE_INLINE},
    {.method = NULL},
};
