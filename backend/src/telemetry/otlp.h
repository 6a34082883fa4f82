/**
 * @file telemetry/otlp.h  Spans, sent to an OpenTelemetry collector
 *
 *     otlp_open(&o, loop, client, &(struct otlp_config){.endpoint = "http://127.0.0.1:4318"}, why);
 *     ... what observe/trace.h records goes out every OTLP_EVERY_MS ...
 *     otlp_flush(o);              // the server is about to stop
 *     otlp_close(o);
 *
 * Used only if an endpoint is set. Sends OTLP_BATCH_MAX spans at a time. If the collector is busy
 * (429, 502, 503, 504) or unreachable, the batch is sent again after the time that it asks for
 * (Retry-After), or else after twice the previous pause; after OTLP_TRIES attempts the batch is
 * dropped. Meanwhile up to TRACE_WAITING_MAX finished spans wait. Dropped spans are counted
 * (interviewd_reports_total). No caller waits for the collector.
 *
 * Format: OTLP 1.x over HTTP, in JSON, which every collector takes on the same port as protobuf
 * (opentelemetry.io/docs/specs/otlp, "OTLP/HTTP"); decision 30 says why JSON.
 *
 * Threads    Loop thread.
 */
#ifndef TELEMETRY_OTLP_H
#define TELEMETRY_OTLP_H

#include "base/error.h"

struct http_client;
struct loop;
struct otlp;

enum {
    OTLP_EVERY_MS = 2000,
    OTLP_BATCH_MAX = 256,
    OTLP_TRIES = 5, /**< OTLP_EVERY_MS apart, then 2, 4 and 8 times that: half a minute in all */
    OTLP_HEADERS_MAX = 8,
};

struct otlp_config {
    const char *endpoint; /**< Without /v1/traces */
    const char *headers;  /**< "name=value,name=value", values percent-encoded; NULL: none */
    const char *service;  /**< service.name */
};

/** UV_EINVAL: the headers are malformed. */
int otlp_open(struct otlp **op, struct loop *loop, struct http_client *client,
              const struct otlp_config *config, struct errbuf *why);
void otlp_flush(struct otlp *o); /**< NULL is allowed, here and below */
/** Call before the client is closed. */
void otlp_close(struct otlp *o);

#endif
