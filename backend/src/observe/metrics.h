/**
 * @file observe/metrics.h  Numbers for Prometheus: a fixed list, counted from any thread
 *
 *     metric_http("GET", "/api/v1/sessions/{id}", 200, 850);     // from http_config.after
 *     metric_add(METRIC_UTTERANCES, "pocketsphinx", 1);
 *     metric_observe(METRIC_FINAL_SECONDS, "pocketsphinx", 0.42);
 *     metric_set(METRIC_QUEUE, "request", stats.queued);
 *     metrics_write(&body);                                       // GET /metrics
 *
 * To add one, add a line to the enum here and to the table in metrics.c. Labels are few by
 * nature: the pattern of a route, never an address; a name of an engine, never an id. Past
 * METRIC_SERIES_MAX values of a label, further ones are counted as "other".
 *
 * Form: Prometheus text exposition format 0.0.4.
 *
 * Threads    Any.
 */
#ifndef OBSERVE_METRICS_H
#define OBSERVE_METRICS_H

#include "base/buffer.h"

#include <stdint.h>

enum {
    METRIC_SERIES_MAX = 128, /**< Label values of one metric */
    METRIC_LABEL_MAX = 96,   /**< Longest label value and NUL, the rest is cut */
    METRIC_TEXT_MAX = 1 << 20,
};

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum metric {
    METRIC_HTTP_REQUESTS,       /**< counter; route, status */
    METRIC_HTTP_SECONDS,        /**< histogram; route */
    METRIC_WS_CONNECTIONS,      /**< gauge; path */
    METRIC_UTTERANCES,          /**< counter; engine */
    METRIC_FINAL_SECONDS,       /**< histogram; engine: last voiced sample to final */
    METRIC_FIRST_TOKEN_SECONDS, /**< histogram; provider */
    METRIC_ANSWERS,             /**< counter; how it ended */
    METRIC_EAGER,        /**< counter; "kept" or "discarded": begun before the turn was over */
    METRIC_QUEUE,        /**< gauge; lane: work waiting for a thread */
    METRIC_LANE_RUNNING, /**< gauge; lane: work with a thread */
    METRIC_LANE_DONE,    /**< counter; lane */
    METRIC_LANE_REFUSED, /**< counter; lane: its queue was full */
    METRIC_LANE_WAITED,  /**< counter; lane: waiting for a thread, [s] in all */
    METRIC_LANE_WORKED,  /**< counter; lane: with a thread, [s] in all */
    METRIC_COUNT,
};

void metric_add(enum metric metric, const char *label, double by); /**< Counters and gauges */
void metric_set(enum metric metric, const char *label,
                double now); /**< Gauges, and counters kept elsewhere */
void metric_observe(enum metric metric, const char *label, double seconds);

/** Count a request and its time. route: the pattern; NULL: the exported site or nothing. */
void metric_http(const char *method, const char *route, int status, uint64_t micros);

int metrics_write(struct buf *out);
void metrics_reset(void); /**< For tests */

#endif
