/**
 * @file observe/metrics.c  Numbers for Prometheus
 */
#include "observe/metrics.h"

#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum kind { COUNTER, GAUGE, HISTOGRAM };
enum { BUCKETS = 14 };

/* From 1 ms (an answer out of memory) to 10 s (a slow provider). */
static const double bounds[BUCKETS] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                       0.25,  0.5,    1,     2,    3,     5,    10};

static const struct {
    const char *name;
    const char *help;
    const char *label;
    enum kind kind;
} table[METRIC_COUNT] = {
    [METRIC_HTTP_REQUESTS] = {"interviewd_http_requests_total", "Requests answered.", "route",
                              COUNTER},
    [METRIC_HTTP_SECONDS] = {"interviewd_http_request_seconds",
                             "From the last byte of a request to its answer.", "route", HISTOGRAM},
    [METRIC_WS_CONNECTIONS] = {"interviewd_websocket_connections", "Open WebSockets.", "path",
                               GAUGE},
    [METRIC_UTTERANCES] = {"interviewd_utterances_total", "Utterances recognised.", "engine",
                           COUNTER},
    [METRIC_FINAL_SECONDS] = {"interviewd_final_seconds",
                              "From the end of speech to the final text.", "engine", HISTOGRAM},
    [METRIC_FIRST_TOKEN_SECONDS] = {"interviewd_first_token_seconds",
                                    "From asking a provider to its first token.", "provider",
                                    HISTOGRAM},
    [METRIC_ANSWERS] = {"interviewd_answers_total", "Answers, by how they ended.", "finish",
                        COUNTER},
    [METRIC_EAGER] = {"interviewd_eager_answers_total",
                      "Answers begun before the question was surely over, by what became of them.",
                      "outcome", COUNTER},
    [METRIC_QUEUE] = {"interviewd_queue_depth", "Work waiting for a thread.", "lane", GAUGE},
    [METRIC_LANE_RUNNING] = {"interviewd_lane_running", "Work with a thread.", "lane", GAUGE},
    [METRIC_LANE_DONE] = {"interviewd_lane_done_total", "Work done.", "lane", COUNTER},
    [METRIC_LANE_REFUSED] = {"interviewd_lane_refused_total",
                             "Work refused because too much was waiting.", "lane", COUNTER},
    [METRIC_LANE_WAITED] = {"interviewd_lane_waited_seconds_total",
                            "Time that work waited for a thread.", "lane", COUNTER},
    [METRIC_LANE_WORKED] = {"interviewd_lane_worked_seconds_total", "Time that threads worked.",
                            "lane", COUNTER},
};

struct series {
    char label[METRIC_LABEL_MAX];
    int status; /* 0: none */
    double value;
    uint64_t bucket[BUCKETS];
    uint64_t count;
};

struct column {
    struct series *at;
    size_t n;
    size_t cap;
};

static uv_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct column columns[METRIC_COUNT]; /* {lock} */

/* {lock} */
static struct series *grow(struct column *c, const char *label, int status)
{
    if (c->n == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 8;
        struct series *at = realloc(c->at, cap * sizeof(*at));

        if (!at)
            return NULL;
        c->at = at;
        c->cap = cap;
    }
    c->at[c->n] = (struct series){.status = status};
    text_copy(c->at[c->n].label, METRIC_LABEL_MAX, label, strlen(label));
    return &c->at[c->n++];
}

/* {lock} */
static struct series *find(enum metric m, const char *label, int status)
{
    struct column *c = &columns[m];

    for (size_t i = 0; i < c->n; i++) {
        if (c->at[i].status == status && strncmp(c->at[i].label, label, METRIC_LABEL_MAX - 1) == 0)
            return &c->at[i];
    }
    if (c->n >= METRIC_SERIES_MAX && strcmp(label, "other") != 0)
        return find(m, "other", status);
    return grow(c, label, status);
}

static void change(enum metric m, const char *label, int status, double by, bool set)
{
    struct series *s;

    uv_mutex_lock(&lock);
    s = find(m, label ? label : "", status);
    if (s)
        s->value = set ? by : s->value + by;
    uv_mutex_unlock(&lock);
}

void metric_add(enum metric metric, const char *label, double by)
{
    change(metric, label, 0, by, false);
}

void metric_set(enum metric metric, const char *label, double now)
{
    change(metric, label, 0, now, true);
}

void metric_observe(enum metric metric, const char *label, double seconds)
{
    struct series *s;

    uv_mutex_lock(&lock);
    s = find(metric, label ? label : "", 0);
    if (s) {
        s->value += seconds;
        s->count++;
        for (int i = 0; i < BUCKETS; i++) {
            if (seconds <= bounds[i])
                s->bucket[i]++;
        }
    }
    uv_mutex_unlock(&lock);
}

void metric_http(const char *method, const char *route, int status, uint64_t micros)
{
    char label[METRIC_LABEL_MAX];

    snprintf(label, sizeof(label), "%s %s", method, route ? route : "-");
    change(METRIC_HTTP_REQUESTS, label, status, 1, false);
    metric_observe(METRIC_HTTP_SECONDS, label, (double)micros / 1e6);
}

/* ------------------------------------------------------------- writing */

static void put_labels(struct buf *out, enum metric m, const struct series *s, const char *le)
{
    buf_printf(out, "{%s=\"", table[m].label);
    for (const char *p = s->label; *p; p++) {
        if (*p == '"' || *p == '\\')
            buf_putc(out, '\\');
        buf_putc(out, *p == '\n' ? ' ' : *p);
    }
    buf_putc(out, '"');
    if (s->status)
        buf_printf(out, ",status=\"%d\"", s->status);
    if (le)
        buf_printf(out, ",le=\"%s\"", le);
    buf_putc(out, '}');
}

static void put_histogram(struct buf *out, enum metric m, const struct series *s)
{
    char le[16];

    for (int i = 0; i < BUCKETS; i++) {
        snprintf(le, sizeof(le), "%g", bounds[i]);
        buf_printf(out, "%s_bucket", table[m].name);
        put_labels(out, m, s, le);
        buf_printf(out, " %llu\n", (unsigned long long)s->bucket[i]);
    }
    buf_printf(out, "%s_bucket", table[m].name);
    put_labels(out, m, s, "+Inf");
    buf_printf(out, " %llu\n%s_sum", (unsigned long long)s->count, table[m].name);
    put_labels(out, m, s, NULL);
    buf_printf(out, " %.6f\n%s_count", s->value, table[m].name);
    put_labels(out, m, s, NULL);
    buf_printf(out, " %llu\n", (unsigned long long)s->count);
}

/* {lock} */
static void put_metric(struct buf *out, enum metric m)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};

    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", table[m].name, table[m].help, table[m].name,
               kinds[table[m].kind]);
    for (size_t i = 0; i < columns[m].n; i++) {
        const struct series *s = &columns[m].at[i];

        if (table[m].kind == HISTOGRAM) {
            put_histogram(out, m, s);
            continue;
        }
        buf_puts(out, table[m].name);
        put_labels(out, m, s, NULL);
        buf_printf(out, " %.15g\n", s->value);
    }
}

int metrics_write(struct buf *out)
{
    uv_mutex_lock(&lock);
    for (int m = 0; m < METRIC_COUNT; m++)
        put_metric(out, (enum metric)m);
    uv_mutex_unlock(&lock);
    return out->err;
}

void metrics_reset(void)
{
    uv_mutex_lock(&lock);
    for (int m = 0; m < METRIC_COUNT; m++) {
        free(columns[m].at);
        columns[m] = (struct column){.at = NULL};
    }
    uv_mutex_unlock(&lock);
}
