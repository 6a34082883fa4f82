/**
 * @file api/metrics.c  GET /metrics for Prometheus, and what each request leaves behind
 */
#include "observe/metrics.h"
#include "api/reply.h"
#include "asr/hub.h"
#include "live/live.h"
#include "loop/lanes.h"
#include "observe/log.h"

static void count_lanes(struct lanes *lanes)
{
    for (enum lane lane = 0; lane < LANE_COUNT; lane++) {
        struct lane_stats now = lane_stats(lanes, lane);

        metric_set(METRIC_QUEUE, lane_name(lane), (double)now.queued);
        metric_set(METRIC_LANE_RUNNING, lane_name(lane), (double)now.running);
        metric_set(METRIC_LANE_DONE, lane_name(lane), (double)now.done);
        metric_set(METRIC_LANE_REFUSED, lane_name(lane), (double)now.refused);
        metric_set(METRIC_LANE_WAITED, lane_name(lane), (double)now.waited_us / 1e6);
        metric_set(METRIC_LANE_WORKED, lane_name(lane), (double)now.worked_us / 1e6);
    }
}

static int get_metrics(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);

    count_lanes(app->lanes);
    buf_init(&res->body, METRIC_TEXT_MAX);
    res->status = 200;
    res->type = METRICS_TYPE;
    return metrics_write(&res->body);
}

void api_after(const struct http_request *req, int status, uint64_t micros)
{
    const struct http_route *route = req->route;

    metric_http(req->method, route ? route->pattern : NULL, status, micros);
    if (route && !(route->flags & ROUTE_QUIET))
        log_debug("api", "%s %s %d %llu us %s", req->method, route->pattern, status,
                  (unsigned long long)micros, req->id);
}

const struct http_route api_metrics_routes[] = {
    {"GET", "/metrics", get_metrics, .flags = ROUTE_QUIET | ROUTE_INLINE},
    {.method = NULL},
};
