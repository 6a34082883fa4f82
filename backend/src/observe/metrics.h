/**
 * @file observe/metrics.h  Numbers for Prometheus: a fixed list, counted from any thread
 *
 *     metric_add(METRIC_UTTERANCES, 1, "pocketsphinx");
 *     metric_observe(METRIC_FINAL_SECONDS, 0.42, "pocketsphinx");
 *     metric_set(METRIC_LANE_QUEUE, stats.queued, "request");
 *     metric_add(METRIC_LOG_DROPPED, 3, NULL);                    // one without labels
 *     metrics_write(&body, METRICS_OPEN);                         // GET /metrics
 *
 * To add one, add a line to the enum here and to the table in metrics.c, which says its labels; a
 * call passes their values in that order. Use only values of which there are few: the pattern of a
 * route, never an address; the name of an engine, never an id or anything that was said.
 * Combinations beyond METRIC_SERIES_MAX are counted as "other".
 *
 * Names follow Prometheus' "Metric and label naming": one prefix, base units, _total on counters.
 * Output: Prometheus text exposition format 0.0.4, or OpenMetrics 1.0.0 if the client accepts it.
 *
 * Threads    Any.
 */
#ifndef OBSERVE_METRICS_H
#define OBSERVE_METRICS_H

#include "base/buffer.h"
#include "base/histogram.h"

#include <stdint.h>

enum {
    METRIC_LABELS_MAX = 3,   /**< Labels of one metric */
    METRIC_SERIES_MAX = 512, /**< Combinations of label values of one metric */
    METRIC_LABEL_MAX = 64,   /**< Longest label value and NUL; the rest is cut off */
    METRIC_TEXT_MAX = 4 << 20,
};

enum metrics_form { METRICS_TEXT, METRICS_OPEN };

const char *metrics_type(enum metrics_form form); /**< For the Content-Type header */

enum metric {
    /* What a person waits for. A spoken question counts from its final text, a typed one from when
     * it was typed. */
    METRIC_FINAL_SECONDS,       /**< histogram; engine: last voiced sample to final text */
    METRIC_OUTLINE_SECONDS,     /**< histogram: question to outline; 0: it was ready before */
    METRIC_FIRST_TOKEN_SECONDS, /**< histogram; provider: question to first word */
    METRIC_FINISHED_SECONDS,    /**< histogram; provider: question to last word */
    METRIC_STORE_SECONDS,       /**< histogram: a write to the store, including its waiting time */
    METRIC_STORE_ROUND_TRIPS,   /**< counter: to a database server; 0 where it is a file */
    METRIC_UTTERANCES,          /**< counter; engine */
    METRIC_ANSWERS,             /**< counter; outcome */
    METRIC_EAGER,         /**< counter; "kept" or "discarded": answers begun before the turn was
                               over */
    METRIC_LIVE_SESSIONS, /**< gauge: interviews in progress */

    METRIC_PROVIDER_REQUESTS,    /**< counter; provider */
    METRIC_PROVIDER_ERRORS,      /**< counter; provider, kind */
    METRIC_PROVIDER_FIRST_TOKEN, /**< histogram; provider: request to first word */
    METRIC_PROVIDER_TOKENS,      /**< counter; provider, "prompt" or "answer": as the provider
                                      counts */
    METRIC_PROVIDER_RESTING,     /**< gauge; provider: 1 while its circuit breaker is open */

    METRIC_SPEECH_WORKERS,     /**< gauge */
    METRIC_SPEECH_BUSY,        /**< gauge: of these, busy */
    METRIC_SPEECH_STREAMS,     /**< gauge: streams in use */
    METRIC_SPEECH_STREAMS_MAX, /**< gauge */
    METRIC_SPEECH_BACKLOG,     /**< gauge: audio not yet recognised [s] */
    METRIC_CHILD_STARTS,       /**< counter; program */
    METRIC_CHILD_LOSSES,       /**< counter; program: it died or hung and was replaced */

    METRIC_LANE_QUEUE,     /**< gauge; lane: jobs waiting for a thread */
    METRIC_LANE_QUEUE_MAX, /**< gauge; lane */
    METRIC_LANE_RUNNING,   /**< gauge; lane: jobs being run */
    METRIC_LANE_THREADS,   /**< gauge; lane */
    METRIC_LANE_REFUSED,   /**< counter; lane: its queue was full */
    METRIC_LANE_WAIT,      /**< histogram; lane: time spent waiting for a thread */
    METRIC_LANE_RUN,       /**< histogram; lane: time spent running */

    METRIC_HTTP_REQUESTS,    /**< counter; method, route, status */
    METRIC_HTTP_SECONDS,     /**< histogram; method, route */
    METRIC_HTTP_IN_FLIGHT,   /**< gauge */
    METRIC_HTTP_CONNECTIONS, /**< gauge */
    METRIC_WS_CONNECTIONS,   /**< gauge; path */
    METRIC_WS_CLOSED,        /**< counter; path, code */

    METRIC_LOG_LINES,     /**< counter; level, area */
    METRIC_LOG_DROPPED,   /**< counter */
    METRIC_REMOVED,       /**< counter; kind: erased because its retention period was over */
    METRIC_REMOVED_BYTES, /**< counter; kind */
    METRIC_REPORTS,       /**< counter; kind ("error", "crash", "spans"), outcome */

    METRIC_DISK_FREE,    /**< gauge: of the data folder's disk [bytes] */
    METRIC_DISK_SIZE,    /**< gauge */
    METRIC_DATA_BYTES,   /**< gauge; part of the data folder */
    METRIC_SEARCH_BYTES, /**< gauge: all users' search indexes */

    METRIC_RESEALING, /**< gauge; state "done", "running" or "failed": 1 for the current one */
    METRIC_RESEALED,  /**< counter: fields and recordings that were resealed with a newer key */

    METRIC_BUILD, /**< info; version, build id, compiler */

    /* The names that every Prometheus client library uses for these. */
    METRIC_CPU_SECONDS,
    METRIC_RESIDENT_BYTES,
    METRIC_VIRTUAL_BYTES,
    METRIC_OPEN_FDS,
    METRIC_MAX_FDS,
    METRIC_THREADS,
    METRIC_START_TIME,

    METRIC_COUNT,
};

#define METRIC_LABELS(...) ((const char *const[METRIC_LABELS_MAX]){__VA_ARGS__})

/** Counters and gauges. */
#define metric_add(metric, by, ...) metric_change(metric, by, METRIC_LABELS(__VA_ARGS__))
/** Gauges, and counters that are counted elsewhere. */
#define metric_set(metric, now, ...) metric_put(metric, now, METRIC_LABELS(__VA_ARGS__))
#define metric_observe(metric, seconds, ...)                                                       \
    metric_time(metric, seconds, METRIC_LABELS(__VA_ARGS__))
/** A histogram that is counted elsewhere. */
#define metric_take(metric, histogram, ...)                                                        \
    metric_copy(metric, histogram, METRIC_LABELS(__VA_ARGS__))

void metric_change(enum metric metric, double by, const char *const labels[]);
void metric_put(enum metric metric, double now, const char *const labels[]);
void metric_time(enum metric metric, double seconds, const char *const labels[]);
void metric_copy(enum metric metric, const struct histogram *from, const char *const labels[]);

/** The method, or "other" for one that HTTP does not have. */
const char *metric_method(const char *method);

/** Counts a request and its time. route: the pattern; NULL: the exported site, or no route. */
void metric_http(const char *method, const char *route, int status, uint64_t micros);

int metrics_write(struct buf *out, enum metrics_form form);
void metrics_reset(void); /**< For tests */

#endif
