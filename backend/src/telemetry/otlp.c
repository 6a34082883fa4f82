/**
 * @file telemetry/otlp.c  Spans, sent to an OpenTelemetry collector
 */
#include "telemetry/otlp.h"

#include "base/about.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "loop/loop.h"
#include "net/client.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "observe/process.h"
#include "observe/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    URL_MAX = 512,
    HEADER_MAX = 1024,
    BODY_MAX = 1 << 20,
    TIMEOUT_MS = 10000,
    STATUS_ERROR = 2, /* Status.StatusCode */
};

struct otlp {
    struct loop *loop;
    struct http_client *client;
    struct loop_timer *timer;
    char url[URL_MAX];
    char service[64];
    char *headers[OTLP_HEADERS_MAX + 2];
    struct http_call *call;
    struct span batch[OTLP_BATCH_MAX];
    size_t count; /* of the batch that is being sent, or will be sent again */
    struct buf body;
    int tries;
    uint64_t rest_until_ms;
    bool away; /* already logged */
};

/* ---- format ------------------------------------------------------------------------------- */

static json_t *hex(const uint8_t *bytes, size_t n)
{
    char text[33];

    for (size_t i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return json_string(text);
}

static json_t *text_fact(const char *name, const char *value)
{
    json_t *text = json_object();

    json_set_str(text, "stringValue", value);
    return json_pack("{s:s, s:o}", "key", name, "value", text);
}

/* protobuf's JSON writes 64-bit numbers as strings. */
static json_t *nanoseconds(uint64_t mono_us, int64_t offset_us)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64 "000", mono_us + (uint64_t)offset_us);
    return json_string(text);
}

static json_t *span_json(const struct span *span, int64_t offset_us)
{
    static const uint8_t none[8];
    json_t *obj = json_object();
    json_t *facts = json_array();

    json_object_set_new(obj, "traceId", hex(span->trace.trace, 16));
    json_object_set_new(obj, "spanId", hex(span->trace.span, 8));
    if (memcmp(span->trace.parent, none, sizeof(none)) != 0)
        json_object_set_new(obj, "parentSpanId", hex(span->trace.parent, 8));
    json_set_str(obj, "name", span->name);
    json_object_set_new(obj, "kind", json_integer(span->kind ? span->kind : SPAN_INTERNAL));
    json_object_set_new(obj, "startTimeUnixNano", nanoseconds(span->start_us, offset_us));
    json_object_set_new(obj, "endTimeUnixNano", nanoseconds(span->end_us, offset_us));
    for (size_t i = 0; i < span->fact_count; i++) {
        const struct span_fact *f = &span->facts[i];

        json_array_append_new(facts, f->number ? json_pack("{s:s, s:{s:s}}", "key", f->name,
                                                           "value", "intValue", f->value)
                                               : text_fact(f->name, f->value));
    }
    json_object_set_new(obj, "attributes", facts);
    if (span->failed)
        json_object_set_new(obj, "status", json_pack("{s:i}", "code", STATUS_ERROR));
    return obj;
}

static int write_batch(struct otlp *o)
{
    int64_t offset_us = clock_unix_ms() * 1000 - (int64_t)clock_mono_us();
    json_t *spans = json_array();
    json_t *resource = json_array();
    json_t *root;

    for (size_t i = 0; i < o->count; i++)
        json_array_append_new(spans, span_json(&o->batch[i], offset_us));
    json_array_append_new(resource, text_fact("service.name", o->service));
    json_array_append_new(resource, text_fact("service.version", build_version()));
    json_array_append_new(resource, text_fact("interviewd.build_id", build_id()));
    root = json_pack("{s:[{s:{s:o}, s:[{s:{s:s, s:s}, s:o}]}]}", "resourceSpans", "resource",
                     "attributes", resource, "scopeSpans", "scope", "name", "interviewd", "version",
                     build_version(), "spans", spans);
    buf_clear(&o->body);
    json_write(&o->body, root);
    json_decref(root);
    return o->body.err;
}

/* ------------------------------------------------------------------------------ sending */

static void count(struct otlp *o, const char *outcome)
{
    metric_add(METRIC_REPORTS, (double)o->count, "spans", outcome);
    o->count = 0;
    o->tries = 0;
}

/* rest_ms: the pause that the collector asks for; 0: none given. */
static void failed(struct otlp *o, bool again, uint64_t rest_ms, const char *why)
{
    if (!o->away)
        log_warn("otlp", "spans do not arrive: %s", why);
    o->away = true;
    if (again && !rest_ms)
        rest_ms = (uint64_t)OTLP_EVERY_MS << (o->tries - 1);
    o->rest_until_ms = clock_mono_ms() + rest_ms;
    if (!again || o->tries >= OTLP_TRIES)
        count(o, "dropped");
}

static void send_batch(void *arg);

static void on_done(struct http_call *call, int err, const char *why, void *arg)
{
    struct otlp *o = arg;
    const char *retry = http_call_header(call, "retry-after");
    int status = http_call_status(call);
    char said[64];
    int64_t after_s = 0;

    o->call = NULL;
    if (!err && status >= 200 && status < 300) {
        bool full = o->count == OTLP_BATCH_MAX;

        count(o, "sent");
        o->away = false;
        if (full) /* more spans wait than fit in one batch */
            send_batch(o);
        return;
    }
    if (retry && !text_to_int64(retry, 1, 3600, &after_s))
        after_s = 0;
    snprintf(said, sizeof(said), "the collector answered %d", status);
    failed(o, err || status == 429 || status == 502 || status == 503 || status == 504,
           (uint64_t)after_s * 1000, err ? why : said);
}

static void send_batch(void *arg)
{
    static const struct http_call_handlers handlers = {.on_done = on_done};
    struct otlp *o = arg;
    struct about before;

    if (o->call || clock_mono_ms() < o->rest_until_ms)
        return;
    if (!o->count)
        o->count = trace_take(o->batch, OTLP_BATCH_MAX);
    if (!o->count)
        return;
    if (write_batch(o)) {
        count(o, "dropped");
        return;
    }
    o->tries++;
    before = about_set((struct about){0}); /* sending is not part of any trace */
    if (http_call_start(o->client,
                        &(struct http_call_request){.method = "POST",
                                                    .url = o->url,
                                                    .headers = (const char *const *)o->headers,
                                                    .body = o->body.data,
                                                    .body_len = o->body.len,
                                                    .total_timeout_ms = TIMEOUT_MS},
                        &handlers, o, &o->call))
        failed(o, true, 0, "no memory");
    about_set(before);
}

void otlp_flush(struct otlp *o)
{
    if (o)
        send_batch(o);
}

/* ----------------------------------------------------------------------------- lifetime */

static int nibble(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* "name=some%20value" as "name: some value"; NULL: malformed. */
static char *header_of(const char *text, size_t len)
{
    const char *equals = memchr(text, '=', len);
    char *line = equals && equals > text ? malloc(len + 2) : NULL;
    size_t n;

    if (!line)
        return NULL;
    n = (size_t)sprintf(line, "%.*s: ", (int)(equals - text), text);
    for (const char *p = equals + 1; p < text + len; p++) {
        bool coded = *p == '%' && text + len - p > 2 && nibble(p[1]) >= 0 && nibble(p[2]) >= 0;

        line[n++] = coded ? (char)(nibble(p[1]) << 4 | nibble(p[2])) : *p;
        p += coded ? 2 : 0;
    }
    line[n] = '\0';
    if (strpbrk(line, "\r\n")) {
        free(line);
        return NULL;
    }
    return line;
}

static int read_headers(struct otlp *o, const char *text, struct errbuf *why)
{
    size_t n = 1;

    o->headers[0] = strdup("Content-Type: application/json");
    while (text && *text && n <= OTLP_HEADERS_MAX) {
        size_t len = strcspn(text, ",");

        o->headers[n] = header_of(text, len);
        if (!o->headers[n++])
            return err_set(why, UV_EINVAL,
                           "OTEL_EXPORTER_OTLP_HEADERS is a list of name=value, with commas "
                           "between");
        text += len + (text[len] == ',');
    }
    if (text && *text)
        return err_set(why, UV_EINVAL, "OTEL_EXPORTER_OTLP_HEADERS: at most %d", OTLP_HEADERS_MAX);
    return o->headers[0] ? 0 : err_set(why, UV_ENOMEM, "no memory for traces");
}

int otlp_open(struct otlp **op, struct loop *loop, struct http_client *client,
              const struct otlp_config *config, struct errbuf *why)
{
    struct otlp *o = calloc(1, sizeof(*o));
    int err;

    if (!o)
        return err_set(why, UV_ENOMEM, "no memory for traces");
    o->loop = loop;
    o->client = client;
    buf_init(&o->body, BODY_MAX);
    text_copy(o->service, sizeof(o->service), config->service, strlen(config->service));
    err = read_headers(o, config->headers, why);
    if (!err && snprintf(o->url, sizeof(o->url), "%s/v1/traces", config->endpoint) >= URL_MAX)
        err = err_set(why, UV_EINVAL, "OTEL_EXPORTER_OTLP_ENDPOINT is too long");
    if (!err)
        err = timer_open(&o->timer, loop, send_batch, o);
    if (!err)
        err = timer_start(o->timer, OTLP_EVERY_MS, OTLP_EVERY_MS);
    if (err)
        otlp_close(o);
    else
        *op = o;
    return err;
}

void otlp_close(struct otlp *o)
{
    if (!o)
        return;
    timer_close(o->timer);
    http_call_cancel(o->call);
    for (size_t i = 0; i < OTLP_HEADERS_MAX + 2; i++) {
        if (o->headers[i])
            explicit_bzero(o->headers[i], strlen(o->headers[i]));
        free(o->headers[i]);
    }
    buf_release(&o->body);
    free(o);
}
