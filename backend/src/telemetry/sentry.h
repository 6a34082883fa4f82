/**
 * @file telemetry/sentry.h  Errors and crashes, told to a Sentry server
 *
 *     sentry_open(&s, loop, client, &(struct sentry_config){.dsn = getenv("SENTRY_DSN"), ...},
 * why);
 *     ... each line logged at level error is told, with its request's and trace's id ...
 *     sentry_close(s);
 *
 * Only where a DSN is set. What is told: the line as it is in the log (which holds no secret, name,
 * nor anything that was said), its part and ids, version, build id, and of a crash the frames of
 * its stack: no address of a client, no host name, no user.
 *
 * At most SENTRY_PER_MINUTE a minute, the same line once a minute, SENTRY_WAITING_MAX waiting. What
 * is more, and what comes while the server is away or has asked for rest (429, Retry-After), is
 * dropped and counted (interviewd_reports_total); nobody ever waits for it. A crash that could not
 * be told is told at a later start.
 *
 * Form: Sentry's envelope protocol, one item of type event each
 * (develop.sentry.dev/sdk/data-model/envelopes, "Authentication", "Rate limiting").
 *
 * Threads    Loop thread; it hears of errors on any.
 * Errors     UV_EINVAL with a sentence: no DSN.
 */
#ifndef TELEMETRY_SENTRY_H
#define TELEMETRY_SENTRY_H

#include "base/error.h"

struct http_client;
struct loop;
struct sentry;

enum {
    SENTRY_PER_MINUTE = 12,
    SENTRY_WAITING_MAX = 16,
    SENTRY_REST_MS = 30000, /**< After a failure */
    SENTRY_URL_MAX = 512,
    SENTRY_KEY_MAX = 128,
};

struct sentry_config {
    const char *dsn;         /**< "https://KEY@HOST/PROJECT" */
    const char *environment; /**< "production" … */
    const char *folder;      /**< Of crash files, observe/crash.h; NULL: none */
};

struct sentry_dsn {
    char url[SENTRY_URL_MAX]; /**< Where envelopes are sent */
    char key[SENTRY_KEY_MAX];
};

/** 0 or UV_EINVAL. */
int sentry_parse_dsn(struct sentry_dsn *to, const char *dsn);

int sentry_open(struct sentry **sp, struct loop *loop, struct http_client *client,
                const struct sentry_config *config, struct errbuf *why);
/** Before the client is closed. NULL is allowed. */
void sentry_close(struct sentry *s);

#endif
