/**
 * @file observe/log.c  One line for each thing worth knowing afterwards
 */
#include "observe/log.h"

#include "base/about.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "loop/wait.h"
#include "observe/metrics.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

static const char *const level_names[] = {"error", "warn", "info", "debug"};

struct line {
    struct line *next;
    char text[];
};

static struct {
    uv_mutex_t lock;
    uv_cond_t wake;
    pthread_t writer;
    bool open;           /* {lock} */
    struct line *first;  /* {lock} */
    struct line **last;  /* {lock} */
    size_t waiting;      /* {lock} */
    size_t dropped;      /* {lock} */
    enum log_level most; /* set before the writer thread starts */
    bool json;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .most = LOG_INFO};

static struct {
    uv_mutex_t lock;
    void (*fn)(const char *area, const char *message, void *arg); /* {lock} */
    void *arg;                                                    /* {lock} */
} watcher = {.lock = PTHREAD_MUTEX_INITIALIZER};

void log_watch(void (*fn)(const char *area, const char *message, void *arg), void *arg)
{
    uv_mutex_lock(&watcher.lock);
    watcher.fn = fn;
    watcher.arg = arg;
    uv_mutex_unlock(&watcher.lock);
}

static void tell_watcher(const char *area, const char *message)
{
    uv_mutex_lock(&watcher.lock);
    if (watcher.fn)
        watcher.fn(area, message, watcher.arg);
    uv_mutex_unlock(&watcher.lock);
}

/* ---- format ------------------------------------------------------------------------------- */

/* A line that is being logged. */
struct entry {
    enum log_level level;
    const char *area;
    const char *message;
    const struct log_request *request; /* NULL: not a request */
};

static void put_id(struct buf *out, const char *name, const char *id)
{
    if (id)
        buf_printf(out, " %s=%s", name, id);
}

static void write_text(struct buf *out, const struct entry *e)
{
    struct about about = about_get();
    char time[CLOCK_TEXT_MAX];

    clock_format(clock_unix_ms(), time);
    buf_printf(out, "%.8s %-5s %s: %s", time + 11, level_names[e->level], e->area, e->message);
    put_id(out, "request", about.request);
    put_id(out, "session", about.session);
    put_id(out, "generation", about.generation);
    buf_putc(out, '\n');
}

static void set_id(json_t *obj, const char *name, const char *id)
{
    if (id)
        json_set_str(obj, name, id);
}

static void write_json(struct buf *out, const struct entry *e)
{
    struct about about = about_get();
    char trace[TRACE_HEADER_MAX];
    char time[CLOCK_TEXT_MAX];
    json_t *obj = json_object();

    clock_format(clock_unix_ms(), time);
    json_set_str(obj, "time", time);
    json_set_str(obj, "level", level_names[e->level]);
    json_set_str(obj, "area", e->area);
    json_set_str(obj, "message", e->message);
    set_id(obj, "requestId", about.request);
    set_id(obj, "sessionId", about.session);
    set_id(obj, "generationId", about.generation);
    if (trace_is_set(&about.trace)) {
        trace_format(&about.trace, trace);
        json_object_set_new(obj, "traceId", json_stringn(trace + 3, 32));
    }
    if (e->request) {
        json_set_str(obj, "method", e->request->method);
        json_set_str(obj, "route", e->request->route);
        json_object_set_new(obj, "status", json_integer(e->request->status));
        json_object_set_new(obj, "ms", json_real((double)e->request->micros / 1e3));
        json_object_set_new(obj, "bytes", json_integer((json_int_t)e->request->bytes));
    }
    json_write(out, obj);
    buf_putc(out, '\n');
    json_decref(obj);
}

/* ------------------------------------------------------------------------ writing */

static void write_now(const char *text)
{
    size_t len = strlen(text);

    while (len > 0) {
        ssize_t n = write(STDERR_FILENO, text, len);

        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

static void write_list(struct line *list)
{
    struct line *next;

    for (; list; list = next) {
        next = list->next;
        write_now(list->text);
        free(list);
    }
}

static void *writer(void *arg)
{
    bool open = true;

    (void)arg;
    while (open) {
        struct line *list;
        size_t dropped;

        uv_mutex_lock(&state.lock);
        while (state.open && !state.first)
            wait_for_work(&state.wake, &state.lock, 0);
        list = state.first;
        dropped = state.dropped;
        open = state.open;
        state.first = NULL;
        state.last = &state.first;
        state.waiting = state.dropped = 0;
        uv_mutex_unlock(&state.lock);

        write_list(list);
        if (dropped)
            log_warn("log", "%zu lines were dropped: they came faster than they can be written",
                     dropped);
    }
    return NULL;
}

/* Hands the line to the writer; false if there is none. Takes ownership only if it returns true. */
static bool enqueue(struct line *line)
{
    bool open;

    uv_mutex_lock(&state.lock);
    open = state.open;
    if (open && state.waiting >= LOG_QUEUE_MAX) {
        state.dropped++;
        metric_add(METRIC_LOG_DROPPED, 1, NULL);
        free(line);
    } else if (open) {
        *state.last = line;
        state.last = &line->next;
        state.waiting++;
        uv_cond_signal(&state.wake);
    }
    uv_mutex_unlock(&state.lock);
    return open;
}

static void write_entry(const struct entry *e)
{
    struct buf out;
    struct line *line;

    metric_add(METRIC_LOG_LINES, 1, level_names[e->level], e->area);
    if (e->level == LOG_ERROR)
        tell_watcher(e->area, e->message);
    buf_init(&out, 8 * LOG_LINE_MAX);
    (state.json ? write_json : write_text)(&out, e);
    line = out.err ? NULL : malloc(sizeof(*line) + out.len + 1);
    if (line) {
        line->next = NULL;
        memcpy(line->text, out.data, out.len + 1);
        if (!enqueue(line)) {
            write_now(line->text);
            free(line);
        }
    }
    buf_release(&out);
}

void log_line(enum log_level level, const char *area, const char *fmt, ...)
{
    char message[LOG_LINE_MAX];
    va_list ap;

    if (level > state.most)
        return;
    va_start(ap, fmt);
    vsnprintf(message, sizeof(message), fmt, ap);
    va_end(ap);
    message[strcspn(message, "\r\n")] = '\0';
    write_entry(&(struct entry){.level = level, .area = area, .message = message});
}

void log_request(const struct log_request *r)
{
    char message[LOG_LINE_MAX];

    if (LOG_INFO > state.most)
        return;
    snprintf(message, sizeof(message), "%s %s %d in %.1f ms, %llu bytes", r->method,
             r->route ? r->route : "a file of the page", r->status, (double)r->micros / 1e3,
             (unsigned long long)r->bytes);
    write_entry(
        &(struct entry){.level = LOG_INFO, .area = "http", .message = message, .request = r});
}

/* ------------------------------------------------------------------ opening and closing */

int log_open(const char *level, const char *format)
{
    int found = -1;

    for (int i = 0; i <= LOG_DEBUG; i++) {
        if (level && !strcmp(level, level_names[i]))
            found = i;
    }
    if (found < 0 || state.open)
        return UV_EINVAL;
    state.most = (enum log_level)found;
    state.json =
        format && strcmp(format, "text") && (!strcmp(format, "json") || !isatty(STDERR_FILENO));
    state.last = &state.first;
    state.open = true;
    if (pthread_create(&state.writer, NULL, writer, NULL))
        state.open = false; /* from here on lines are written at once */
    return 0;
}

void log_close(void)
{
    uv_mutex_lock(&state.lock);
    if (!state.open) {
        uv_mutex_unlock(&state.lock);
        return;
    }
    state.open = false;
    uv_cond_signal(&state.wake);
    uv_mutex_unlock(&state.lock);
    wait_gone(&state.writer, "the log's writer to leave");
}
