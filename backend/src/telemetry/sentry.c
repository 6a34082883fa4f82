/**
 * @file telemetry/sentry.c  Errors and crashes, reported to a Sentry server
 *
 * An event is built on the thread that logs the error, waits in a short list, and is sent from the
 * loop, one at a time.
 */
#include "telemetry/sentry.h"

#include "base/about.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/text.h"
#include "loop/loop.h"
#include "net/client.h"
#include "observe/crash.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "observe/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

enum {
    EVENT_MAX = 64 << 10,
    MINUTE_MS = 60000,
    TIMEOUT_MS = 10000,
    KNOWN = 16, /* lines that were reported within the last minute */
};

struct report {
    struct report *next;
    struct buf envelope;
    char crash[CRASH_NAME_MAX]; /* crash file that it reports; "": an error */
};

struct sentry {
    struct loop *loop;
    struct http_client *client;
    struct sentry_dsn dsn;
    char auth[SENTRY_KEY_MAX + 128];
    char environment[64];
    char *folder; /* NULL: no crash files */
    uv_mutex_t lock;
    struct report *first; /* {lock} */
    struct report **last; /* {lock} */
    size_t waiting;       /* {lock} */
    uint64_t minute_ms;   /* {lock} start of the current minute */
    int in_minute;        /* {lock} */
    struct {
        uint64_t hash;
        uint64_t at_ms;
    } told[KNOWN];      /* {lock} */
    size_t told_next;   /* {lock} */
    struct report *now; /* being sent */
    struct http_call *call;
    uint64_t rest_until_ms;
    bool away; /* already logged */
};

/* --------------------------------------------------------------------------------- DSN */

int sentry_parse_dsn(struct sentry_dsn *to, const char *dsn)
{
    const char *scheme = strstr(dsn, "://");
    const char *at = scheme ? strchr(scheme, '@') : NULL;
    const char *slash = at ? strrchr(at, '/') : NULL;
    size_t key = scheme && at ? strcspn(scheme + 3, ":@") : 0;
    int n;

    if (!slash || !slash[1] || slash == at + 1 || !key || key >= sizeof(to->key) ||
        (strncmp(dsn, "https://", 8) != 0 && strncmp(dsn, "http://", 7) != 0) ||
        strpbrk(dsn, " \t\r\n?#"))
        return UV_EINVAL;
    text_copy(to->key, sizeof(to->key), scheme + 3, key);
    n = snprintf(to->url, sizeof(to->url), "%.*s://%.*s/api/%s/envelope/", (int)(scheme - dsn), dsn,
                 (int)(slash - at - 1), at + 1, slash + 1);
    return n < (int)sizeof(to->url) ? 0 : UV_EINVAL;
}

/* ------------------------------------------------------------------------------- events */

static void hex(const uint8_t *bytes, size_t n, char *text)
{
    for (size_t i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

static json_t *contexts(void)
{
    struct about about = about_get();
    json_t *all = json_object();
    struct utsname system;
    char trace[33], span[17];

    if (!uname(&system)) /* without the node name: it may be a person's */
        json_object_set_new(all, "os",
                            json_pack("{s:s, s:s, s:s}", "type", "os", "name", system.sysname,
                                      "version", system.release));
    if (trace_is_set(&about.trace)) {
        hex(about.trace.trace, sizeof(about.trace.trace), trace);
        hex(about.trace.span, sizeof(about.trace.span), span);
        json_object_set_new(
            all, "trace",
            json_pack("{s:s, s:s, s:s}", "type", "trace", "trace_id", trace, "span_id", span));
    }
    return all;
}

static void set_tag(json_t *tags, const char *name, const char *value)
{
    if (value && *value)
        json_set_str(tags, name, value);
}

/* The fields that all events have. id: 32 hexadecimal digits and NUL. */
static json_t *event_new(const struct sentry *s, const char *level, const char *area,
                         const char *version, const char *build, int64_t unix_ms, char id[33])
{
    struct about about = about_get();
    json_t *event = json_object();
    json_t *tags = json_object();
    char release[96];
    uint8_t random[16];

    random_bytes(random, sizeof(random));
    hex(random, sizeof(random), id);
    snprintf(release, sizeof(release), "interviewd@%s", version);
    json_set_str(event, "event_id", id);
    json_object_set_new(event, "timestamp", json_real((double)unix_ms / 1e3));
    json_set_str(event, "platform", "native");
    json_set_str(event, "level", level);
    json_set_str(event, "logger", area);
    json_set_str(event, "release", release);
    json_set_str(event, "dist", build);
    json_set_str(event, "environment", s->environment);
    json_object_set_new(event, "sdk",
                        json_pack("{s:s, s:s}", "name", "interviewd", "version", build_version()));
    set_tag(tags, "area", area);
    set_tag(tags, "build_id", build);
    set_tag(tags, "request_id", about.request);
    set_tag(tags, "session_id", about.session);
    set_tag(tags, "generation_id", about.generation);
    json_object_set_new(event, "tags", tags);
    json_object_set_new(event, "contexts", contexts());
    return event;
}

/* Writes header, item header and item, one line each. Takes ownership of event. */
static int write_envelope(struct buf *out, const char *id, json_t *event)
{
    char time[CLOCK_TEXT_MAX];
    struct buf body;

    buf_init(&body, EVENT_MAX);
    json_write(&body, event);
    json_decref(event);
    clock_format(clock_unix_ms(), time);
    buf_printf(out, "{\"event_id\":\"%s\",\"sent_at\":\"%s\"}\n", id, time);
    buf_printf(out, "{\"type\":\"event\",\"content_type\":\"application/json\",\"length\":%zu}\n",
               body.len);
    buf_append(out, body.data ? body.data : "", body.len);
    buf_putc(out, '\n');
    out->err = body.err ? body.err : out->err;
    buf_release(&body);
    return out->err;
}

static void report_free(struct report *r)
{
    if (r)
        buf_release(&r->envelope);
    free(r);
}

static struct report *report_new(const char *id, json_t *event)
{
    struct report *r = calloc(1, sizeof(*r));

    if (!r) {
        json_decref(event);
        return NULL;
    }
    buf_init(&r->envelope, EVENT_MAX + 1024);
    if (write_envelope(&r->envelope, id, event)) {
        report_free(r);
        return NULL;
    }
    return r;
}

static const char *kind_of(const struct report *r)
{
    return r->crash[0] ? "crash" : "error";
}

static void drop(struct report *r)
{
    metric_add(METRIC_REPORTS, 1, kind_of(r), "dropped");
    report_free(r);
}

/* ------------------------------------------------------------------------------ sending */

static struct report *take_first(struct sentry *s)
{
    struct report *r;

    uv_mutex_lock(&s->lock);
    r = s->first;
    if (r) {
        s->first = r->next;
        s->waiting--;
        if (!s->first)
            s->last = &s->first;
    }
    uv_mutex_unlock(&s->lock);
    return r;
}

static void send_next(void *arg);

static void rest(struct sentry *s, uint64_t ms, const char *why)
{
    s->rest_until_ms = clock_mono_ms() + ms;
    if (!s->away) /* not logged as an error, which would be reported in turn */
        log_warn("sentry", "reports are dropped for %llu s: %s", (unsigned long long)ms / 1000,
                 why);
    s->away = true;
}

static void on_done(struct http_call *call, int err, const char *why, void *arg)
{
    struct sentry *s = arg;
    struct report *r = s->now;
    const char *retry = http_call_header(call, "retry-after");
    int status = http_call_status(call);
    char said[64];
    int64_t after_s = 0;

    s->call = NULL;
    s->now = NULL;
    if (!err && status >= 200 && status < 300) {
        metric_add(METRIC_REPORTS, 1, kind_of(r), "sent");
        if (r->crash[0])
            crash_told(s->folder, r->crash);
        report_free(r);
        s->away = false;
        loop_post(s->loop, send_next, s); /* not from here: a handler of the client must not start a
                                             request */
        return;
    }
    drop(r);
    if (retry)
        text_to_int64(retry, 1, 3600, &after_s);
    snprintf(said, sizeof(said), "the server answered %d", status);
    rest(s, after_s ? (uint64_t)after_s * 1000 : (uint64_t)SENTRY_REST_MS, err ? why : said);
    loop_post(s->loop, send_next, s);
}

static void send_next(void *arg)
{
    static const struct http_call_handlers handlers = {.on_done = on_done};
    struct sentry *s = arg;
    const char *headers[] = {"Content-Type: application/x-sentry-envelope", s->auth, NULL};
    struct report *r;

    while (!s->call && (r = take_first(s))) {
        const struct http_call_request request = {.method = "POST",
                                                  .url = s->dsn.url,
                                                  .headers = headers,
                                                  .body = r->envelope.data,
                                                  .body_len = r->envelope.len,
                                                  .total_timeout_ms = TIMEOUT_MS};
        struct about before = about_set((struct about){0}); /* sending is not part of any trace */

        if (clock_mono_ms() < s->rest_until_ms ||
            http_call_start(s->client, &request, &handlers, s, &s->call))
            drop(r);
        else
            s->now = r;
        about_set(before);
    }
}

static void enqueue(struct sentry *s, struct report *r)
{
    bool full;

    uv_mutex_lock(&s->lock);
    full = s->waiting >= SENTRY_WAITING_MAX;
    if (!full) {
        r->next = NULL;
        *s->last = r;
        s->last = &r->next;
        s->waiting++;
    }
    uv_mutex_unlock(&s->lock);
    if (full)
        drop(r);
    else
        loop_post(s->loop, send_next, s); /* if the loop is already closed, it stays in the list */
}

/* ------------------------------------------------------------------------------- errors */

/* FNV-1a */
static uint64_t hash_of(const char *area, const char *message)
{
    const char *const texts[] = {area, message};
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < 2; i++)
        for (const char *p = texts[i]; *p; p++)
            hash = (hash ^ (unsigned char)*p) * 1099511628211u;
    return hash;
}

/* {lock} */
static bool is_known(struct sentry *s, uint64_t hash, uint64_t now)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (s->told[i].hash == hash && now - s->told[i].at_ms < MINUTE_MS)
            return true;
    s->told[s->told_next].hash = hash;
    s->told[s->told_next].at_ms = now;
    s->told_next = (s->told_next + 1) % KNOWN;
    return false;
}

static bool may_tell(struct sentry *s, const char *area, const char *message)
{
    uint64_t now = clock_mono_ms();
    bool may;

    uv_mutex_lock(&s->lock);
    if (now - s->minute_ms >= MINUTE_MS) {
        s->minute_ms = now;
        s->in_minute = 0;
    }
    may = s->in_minute < SENTRY_PER_MINUTE && !is_known(s, hash_of(area, message), now);
    s->in_minute += may;
    uv_mutex_unlock(&s->lock);
    return may;
}

static void on_error(const char *area, const char *message, void *arg)
{
    struct sentry *s = arg;
    char id[33];
    struct report *r;
    json_t *event;

    if (!may_tell(s, area, message)) {
        metric_add(METRIC_REPORTS, 1, "error", "dropped");
        return;
    }
    event = event_new(s, "error", area, build_version(), build_id(), clock_unix_ms(), id);
    json_object_set_new(event, "message", json_pack("{s:s}", "formatted", message));
    r = report_new(id, event);
    if (r)
        enqueue(s, r);
}

/* ------------------------------------------------------------------------------ crashes */

static void set_address(json_t *obj, const char *name, uint64_t address)
{
    char text[24];

    snprintf(text, sizeof(text), "0x%" PRIx64, address);
    json_set_str(obj, name, text);
}

/* Outermost first, as Sentry wants it. */
static json_t *frames_of(const struct crash_record *c)
{
    json_t *frames = json_array();

    for (size_t i = c->frame_count; i-- > 0;) {
        json_t *frame = json_object();

        set_address(frame, "instruction_addr", c->frames[i].address);
        json_set_str(frame, "package", c->frames[i].object);
        json_array_append_new(frames, frame);
    }
    return frames;
}

/* The program's own image, which identifies its build. */
static json_t *images_of(const struct crash_record *c)
{
    json_t *images = json_array();

    for (size_t i = 0; i < c->frame_count; i++) {
        json_t *image;

        if (strcmp(c->frames[i].object, "interviewd") != 0)
            continue;
        image = json_pack("{s:s, s:s, s:s}", "type", "elf", "code_id", c->build, "code_file",
                          c->frames[i].object);
        set_address(image, "image_addr", c->frames[i].address - c->frames[i].offset);
        json_array_append_new(images, image);
        break;
    }
    return images;
}

static void tell_crash(const struct crash_record *c, void *arg)
{
    struct sentry *s = arg;
    char id[33], what[128];
    struct report *r;
    json_t *event = event_new(s, "fatal", "crash", c->version, c->build, c->unix_ms, id);
    json_t *mechanism =
        json_pack("{s:s, s:b, s:{s:{s:i, s:i, s:s}}}", "type", "signalhandler", "handled", 0,
                  "meta", "signal", "number", c->number, "code", c->code, "name", c->signal);

    snprintf(what, sizeof(what), "%s in thread %s", c->signal, c->thread);
    json_object_set_new(event, "exception",
                        json_pack("{s:[{s:s, s:s, s:s, s:o, s:{s:o}}]}", "values", "type",
                                  c->signal, "value", what, "thread_id", c->thread, "mechanism",
                                  mechanism, "stacktrace", "frames", frames_of(c)));
    json_object_set_new(event, "debug_meta", json_pack("{s:o}", "images", images_of(c)));
    r = report_new(id, event);
    if (!r)
        return;
    text_copy(r->crash, sizeof(r->crash), c->file, strlen(c->file));
    enqueue(s, r);
}

/* ----------------------------------------------------------------------------- lifetime */

int sentry_open(struct sentry **sp, struct loop *loop, struct http_client *client,
                const struct sentry_config *config, struct errbuf *why)
{
    struct sentry *s = calloc(1, sizeof(*s));

    if (!s || uv_mutex_init(&s->lock)) {
        free(s);
        return err_set(why, UV_ENOMEM, "no memory for reports of errors");
    }
    s->loop = loop;
    s->client = client;
    s->last = &s->first;
    if (sentry_parse_dsn(&s->dsn, config->dsn)) {
        sentry_close(s);
        return err_set(why, UV_EINVAL,
                       "SENTRY_DSN is none: it looks like https://KEY@sentry.example/PROJECT");
    }
    snprintf(s->auth, sizeof(s->auth),
             "X-Sentry-Auth: Sentry sentry_version=7, sentry_client=interviewd/%s, sentry_key=%s",
             build_version(), s->dsn.key);
    text_copy(s->environment, sizeof(s->environment), config->environment,
              strlen(config->environment));
    if (config->folder && !(s->folder = strdup(config->folder))) {
        sentry_close(s);
        return err_set(why, UV_ENOMEM, "no memory for reports of errors");
    }
    if (s->folder)
        crash_each(s->folder, tell_crash, s);
    log_watch(on_error, s);
    *sp = s;
    return 0;
}

void sentry_close(struct sentry *s)
{
    struct report *r;

    if (!s)
        return;
    log_watch(NULL, NULL);
    http_call_cancel(s->call);
    report_free(s->now);
    while ((r = take_first(s)))
        report_free(r);
    uv_mutex_destroy(&s->lock);
    free(s->folder);
    free(s);
}
