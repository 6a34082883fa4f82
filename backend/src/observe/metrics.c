/**
 * @file observe/metrics.c  Numbers for Prometheus
 *
 * A series is identified by its labels as printed. A metric without labels exists from the start,
 * at 0; a series with labels appears when it is first counted.
 */
#include "observe/metrics.h"

#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum kind { COUNTER, GAUGE, HISTOGRAM, INFO };

enum {
    LABELS_TEXT_MAX = METRIC_LABELS_MAX * (2 * METRIC_LABEL_MAX + 24), /* each byte escaped */
};

/* Counters are listed without _total and infos without _info, as OpenMetrics wants it. */
static const struct {
    const char *name;
    const char *help;
    enum kind kind;
    const char *labels[METRIC_LABELS_MAX];
} table[METRIC_COUNT] = {
    [METRIC_FINAL_SECONDS] = {"interviewd_speech_to_final_seconds",
                              "From the end of speech to the final text.",
                              HISTOGRAM,
                              {"engine"}},
    [METRIC_OUTLINE_SECONDS] = {"interviewd_question_to_outline_seconds",
                                "From the final text, or from asking, to the outline.",
                                HISTOGRAM,
                                {NULL}},
    [METRIC_FIRST_TOKEN_SECONDS] = {"interviewd_question_to_first_token_seconds",
                                    "From the final text, or from asking, to the first word.",
                                    HISTOGRAM,
                                    {"provider"}},
    [METRIC_FINISHED_SECONDS] = {"interviewd_question_to_finished_seconds",
                                 "From the final text, or from asking, to the last word.",
                                 HISTOGRAM,
                                 {"provider"}},
    [METRIC_STORE_SECONDS] = {"interviewd_store_write_seconds",
                              "A write to the store, its waiting included.",
                              HISTOGRAM,
                              {NULL}},
    [METRIC_STORE_ROUND_TRIPS] = {"interviewd_store_round_trips",
                                  "Times that the database server was asked; 0: it is a file.",
                                  COUNTER,
                                  {NULL}},
    [METRIC_UTTERANCES] = {"interviewd_utterances", "Utterances recognised.", COUNTER, {"engine"}},
    [METRIC_ANSWERS] = {"interviewd_answers", "Answers, by how they ended.", COUNTER, {"finish"}},
    [METRIC_EAGER] = {"interviewd_eager_answers",
                      "Answers begun before the question was surely over, by what became of them.",
                      COUNTER,
                      {"outcome"}},
    [METRIC_LIVE_SESSIONS] = {"interviewd_live_sessions",
                              "Interviews that run now.",
                              GAUGE,
                              {NULL}},

    [METRIC_PROVIDER_REQUESTS] = {"interviewd_provider_requests",
                                  "Questions that a provider was asked.",
                                  COUNTER,
                                  {"provider"}},
    [METRIC_PROVIDER_ERRORS] = {"interviewd_provider_errors",
                                "Questions that a provider failed at, by how.",
                                COUNTER,
                                {"provider", "kind"}},
    [METRIC_PROVIDER_FIRST_TOKEN] = {"interviewd_provider_first_token_seconds",
                                     "From asking a provider to its first word.",
                                     HISTOGRAM,
                                     {"provider"}},
    [METRIC_PROVIDER_TOKENS] = {"interviewd_provider_tokens",
                                "Tokens as the provider counts them, where it does.",
                                COUNTER,
                                {"provider", "direction"}},
    [METRIC_SEARCH_BYTES] = {"interviewd_search_index_bytes",
                             "Memory of the indexes of those who search.",
                             GAUGE,
                             {NULL}},
    [METRIC_PROVIDER_RESTING] = {"interviewd_provider_breaker_open",
                                 "1 while a provider that kept failing is left alone.",
                                 GAUGE,
                                 {"provider"}},

    [METRIC_SPEECH_WORKERS] = {"interviewd_speech_workers",
                               "Threads that decode speech.",
                               GAUGE,
                               {NULL}},
    [METRIC_SPEECH_BUSY] = {"interviewd_speech_workers_busy",
                            "Threads that decode speech at this moment.",
                            GAUGE,
                            {NULL}},
    [METRIC_SPEECH_STREAMS] = {"interviewd_speech_streams",
                               "Streams that are heard.",
                               GAUGE,
                               {NULL}},
    [METRIC_SPEECH_STREAMS_MAX] = {"interviewd_speech_streams_limit",
                                   "Streams that can be heard at the same time.",
                                   GAUGE,
                                   {NULL}},
    [METRIC_SPEECH_BACKLOG] = {"interviewd_speech_backlog_seconds",
                               "Sound that came and is not decoded yet.",
                               GAUGE,
                               {NULL}},
    [METRIC_CHILD_STARTS] = {"interviewd_child_starts",
                             "Child programs started.",
                             COUNTER,
                             {"program"}},
    [METRIC_CHILD_LOSSES] = {"interviewd_child_losses",
                             "Child programs that died or hung at work and were replaced.",
                             COUNTER,
                             {"program"}},

    [METRIC_LANE_QUEUE] = {"interviewd_lane_queue_depth",
                           "Work waiting for a thread.",
                           GAUGE,
                           {"lane"}},
    [METRIC_LANE_QUEUE_MAX] = {"interviewd_lane_queue_limit",
                               "Work that may wait before more is refused.",
                               GAUGE,
                               {"lane"}},
    [METRIC_LANE_RUNNING] = {"interviewd_lane_running", "Work with a thread.", GAUGE, {"lane"}},
    [METRIC_LANE_THREADS] = {"interviewd_lane_threads", "Threads of a lane.", GAUGE, {"lane"}},
    [METRIC_LANE_REFUSED] = {"interviewd_lane_refused",
                             "Work refused: too much was waiting.",
                             COUNTER,
                             {"lane"}},
    [METRIC_LANE_WAIT] = {"interviewd_lane_wait_seconds",
                          "How long work waited for a thread.",
                          HISTOGRAM,
                          {"lane"}},
    [METRIC_LANE_RUN] = {"interviewd_lane_run_seconds",
                         "How long a thread worked at it.",
                         HISTOGRAM,
                         {"lane"}},

    [METRIC_HTTP_REQUESTS] = {"interviewd_http_requests",
                              "Requests answered.",
                              COUNTER,
                              {"method", "route", "status"}},
    [METRIC_HTTP_SECONDS] = {"interviewd_http_request_duration_seconds",
                             "From the last byte of a request to its answer.",
                             HISTOGRAM,
                             {"method", "route"}},
    [METRIC_HTTP_IN_FLIGHT] = {"interviewd_http_requests_in_flight",
                               "Requests that are read or answered now.",
                               GAUGE,
                               {NULL}},
    [METRIC_HTTP_CONNECTIONS] = {"interviewd_http_connections",
                                 "Open connections, WebSockets included.",
                                 GAUGE,
                                 {NULL}},
    [METRIC_WS_CONNECTIONS] = {"interviewd_websocket_connections",
                               "Open WebSockets.",
                               GAUGE,
                               {"path"}},
    [METRIC_WS_CLOSED] = {"interviewd_websockets_closed",
                          "WebSockets closed, by close code.",
                          COUNTER,
                          {"path", "code"}},

    [METRIC_LOG_LINES] = {"interviewd_log_lines",
                          "Lines logged, by level and part.",
                          COUNTER,
                          {"level", "area"}},
    [METRIC_LOG_DROPPED] = {"interviewd_log_dropped_lines",
                            "Lines that came faster than they can be written.",
                            COUNTER,
                            {NULL}},
    [METRIC_REMOVED] = {"interviewd_retention_removed",
                        "What was kept for as long as it may be, and erased.",
                        COUNTER,
                        {"kind"}},
    [METRIC_REMOVED_BYTES] = {"interviewd_retention_removed_bytes",
                              "The same in bytes.",
                              COUNTER,
                              {"kind"}},
    [METRIC_REPORTS] = {"interviewd_reports",
                        "Errors, crashes and spans told to a collector.",
                        COUNTER,
                        {"kind", "outcome"}},

    [METRIC_DISK_FREE] = {"interviewd_disk_free_bytes",
                          "Room on the disk of the data folder.",
                          GAUGE,
                          {NULL}},
    [METRIC_DISK_SIZE] = {"interviewd_disk_size_bytes",
                          "Size of the disk of the data folder.",
                          GAUGE,
                          {NULL}},
    [METRIC_DATA_BYTES] = {"interviewd_data_bytes",
                           "What the data folder holds, by part.",
                           GAUGE,
                           {"part"}},

    [METRIC_RESEALING] = {"interviewd_resealing",
                          "Whether what older master keys sealed is sealed anew: 1 for its state.",
                          GAUGE,
                          {"state"}},
    [METRIC_RESEALED] = {"interviewd_resealed",
                         "Fields and recordings that were sealed anew by a newer master key.",
                         COUNTER,
                         {NULL}},

    [METRIC_BUILD] = {"interviewd_build",
                      "Which program this is.",
                      INFO,
                      {"version", "build_id", "compiler"}},

    [METRIC_CPU_SECONDS] = {"process_cpu_seconds",
                            "Processor time used, user and system.",
                            COUNTER,
                            {NULL}},
    [METRIC_RESIDENT_BYTES] = {"process_resident_memory_bytes", "Memory in use.", GAUGE, {NULL}},
    [METRIC_VIRTUAL_BYTES] = {"process_virtual_memory_bytes",
                              "Address space in use.",
                              GAUGE,
                              {NULL}},
    [METRIC_OPEN_FDS] = {"process_open_fds", "Open file descriptors.", GAUGE, {NULL}},
    [METRIC_MAX_FDS] = {"process_max_fds", "File descriptors there may be.", GAUGE, {NULL}},
    [METRIC_THREADS] = {"process_threads", "Threads of the process.", GAUGE, {NULL}},
    [METRIC_START_TIME] = {"process_start_time_seconds",
                           "When it began, in seconds since 1970.",
                           GAUGE,
                           {NULL}},
};

struct series {
    char *labels; /* as printed; "": none */
    double value;
    struct histogram times;
};

struct column {
    struct series *at;
    size_t n;
    size_t cap;
};

static uv_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct column columns[METRIC_COUNT]; /* {lock} */

/* ------------------------------------------------------------------------------- series */

static size_t put_escaped(char *to, const char *value)
{
    char *at = to;

    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            *at++ = '\\';
        *at++ = (unsigned char)*value < ' ' ? ' ' : *value;
    }
    return (size_t)(at - to);
}

static void print_labels(enum metric m, const char *const labels[], char text[LABELS_TEXT_MAX])
{
    size_t n = 0;

    for (int i = 0; i < METRIC_LABELS_MAX && table[m].labels[i]; i++) {
        const char *value = labels && labels[i] ? labels[i] : "";
        char cut[METRIC_LABEL_MAX];

        text_copy(cut, sizeof(cut), value, strlen(value));
        n += (size_t)snprintf(text + n, LABELS_TEXT_MAX - n, "%s%s=\"", i ? "," : "",
                              table[m].labels[i]);
        n += put_escaped(text + n, cut);
        text[n++] = '"';
    }
    text[n] = '\0';
}

/* {lock} */
static struct series *grow(struct column *c, const char *labels)
{
    char *own = strdup(labels);

    if (own && c->n == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 4;
        struct series *at = realloc(c->at, cap * sizeof(*at));

        if (at) {
            c->at = at;
            c->cap = cap;
        }
    }
    if (!own || c->n == c->cap) {
        free(own);
        return NULL;
    }
    c->at[c->n] = (struct series){.labels = own};
    return &c->at[c->n++];
}

/* {lock} */
static struct series *find(enum metric m, const char *labels)
{
    struct column *c = &columns[m];

    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->at[i].labels, labels) == 0)
            return &c->at[i];
    return NULL;
}

/* {lock} NULL: no memory */
static struct series *series_of(enum metric m, const char *const labels[])
{
    char text[LABELS_TEXT_MAX];
    struct series *s;

    print_labels(m, labels, text);
    s = find(m, text);
    if (s)
        return s;
    if (columns[m].n >= METRIC_SERIES_MAX) {
        print_labels(m, METRIC_LABELS("other", "other", "other"), text);
        s = find(m, text);
    }
    return s ? s : grow(&columns[m], text);
}

void metric_change(enum metric metric, double by, const char *const labels[])
{
    struct series *s;

    uv_mutex_lock(&lock);
    s = series_of(metric, labels);
    if (s)
        s->value += by;
    uv_mutex_unlock(&lock);
}

void metric_put(enum metric metric, double now, const char *const labels[])
{
    struct series *s;

    uv_mutex_lock(&lock);
    s = series_of(metric, labels);
    if (s)
        s->value = now;
    uv_mutex_unlock(&lock);
}

void metric_time(enum metric metric, double seconds, const char *const labels[])
{
    struct series *s;

    uv_mutex_lock(&lock);
    s = series_of(metric, labels);
    if (s)
        histogram_add(&s->times, seconds);
    uv_mutex_unlock(&lock);
}

void metric_copy(enum metric metric, const struct histogram *from, const char *const labels[])
{
    struct series *s;

    uv_mutex_lock(&lock);
    s = series_of(metric, labels);
    if (s)
        s->times = *from;
    uv_mutex_unlock(&lock);
}

/* A client that invents methods must not create series. */
const char *metric_method(const char *method)
{
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(method, known[i]) == 0)
            return known[i];
    return "other";
}

void metric_http(const char *method, const char *route, int status, uint64_t micros)
{
    const char *name = metric_method(method);
    char code[12];

    snprintf(code, sizeof(code), "%d", status);
    route = route ? route : "none";
    metric_add(METRIC_HTTP_REQUESTS, 1, name, route, code);
    metric_observe(METRIC_HTTP_SECONDS, (double)micros / 1e6, name, route);
}

/* ------------------------------------------------------------------------------ writing */

const char *metrics_type(enum metrics_form form)
{
    return form == METRICS_OPEN ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                : "text/plain; version=0.0.4; charset=utf-8";
}

static void put_bucket(struct buf *out, enum metric m, const struct series *s, const char *le,
                       uint64_t count)
{
    buf_printf(out, "%s_bucket{%s%sle=\"%s\"} %llu\n", table[m].name, s->labels,
               *s->labels ? "," : "", le, (unsigned long long)count);
}

static void put_name(struct buf *out, enum metric m, const char *suffix, const struct series *s)
{
    buf_printf(out, *s->labels ? "%s%s{%s} " : "%s%s%s ", table[m].name, suffix, s->labels);
}

static void put_histogram(struct buf *out, enum metric m, const struct series *s,
                          enum metrics_form form)
{
    uint64_t count = 0;
    char le[16];

    for (int i = 0; i < HISTOGRAM_BOUNDS; i++) {
        double bound = histogram_bounds[i];
        bool whole = form == METRICS_OPEN && bound == (double)(int)bound;

        snprintf(le, sizeof(le), whole ? "%.1f" : "%g", bound);
        count += s->times.count[i];
        put_bucket(out, m, s, le, count);
    }
    count += s->times.count[HISTOGRAM_BOUNDS];
    put_bucket(out, m, s, "+Inf", count);
    put_name(out, m, "_sum", s);
    buf_printf(out, "%.9g\n", s->times.sum);
    put_name(out, m, "_count", s);
    buf_printf(out, "%llu\n", (unsigned long long)count);
}

/* {lock} */
static void put_metric(struct buf *out, enum metric m, enum metrics_form form)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram", "info"};
    static const char *const suffixes[] = {"_total", "", "", "_info"};
    const struct column *c = &columns[m];
    const struct series none = {.labels = (char[]){""}};
    const char *suffix = suffixes[table[m].kind];
    bool open = form == METRICS_OPEN;

    buf_printf(out, "# HELP %s%s %s\n# TYPE %s%s %s\n", table[m].name, open ? "" : suffix,
               table[m].help, table[m].name, open ? "" : suffix,
               table[m].kind == INFO && !open ? "gauge" : kinds[table[m].kind]);
    for (size_t i = 0; i < c->n || (i == 0 && !table[m].labels[0]); i++) {
        const struct series *s = c->n ? &c->at[i] : &none;

        if (table[m].kind == HISTOGRAM) {
            put_histogram(out, m, s, form);
            continue;
        }
        put_name(out, m, suffix, s);
        buf_printf(out, "%.15g\n", s->value);
    }
}

int metrics_write(struct buf *out, enum metrics_form form)
{
    uv_mutex_lock(&lock);
    for (int m = 0; m < METRIC_COUNT; m++)
        put_metric(out, (enum metric)m, form);
    uv_mutex_unlock(&lock);
    if (form == METRICS_OPEN)
        buf_puts(out, "# EOF\n");
    return out->err;
}

void metrics_reset(void)
{
    uv_mutex_lock(&lock);
    for (int m = 0; m < METRIC_COUNT; m++) {
        for (size_t i = 0; i < columns[m].n; i++)
            free(columns[m].at[i].labels);
        free(columns[m].at);
        columns[m] = (struct column){.at = NULL};
    }
    uv_mutex_unlock(&lock);
}
