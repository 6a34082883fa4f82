/**
 * @file telemetry/sentry.h  Errors and crashes, reported to a Sentry server
 *
 *     sentry_open(&s, loop, client, &(struct sentry_config){.dsn = getenv("SENTRY_DSN"), ...},
 * why);
 *     ... each line logged at level error is reported, with its request's and trace's id ...
 *     sentry_close(s);
 *
 * Used only if a DSN is set. Reported are: the line as it is in the log (which contains no secrets,
 * no names and nothing that was said), its area and ids, version, build id, and the stack frames of
 * a crash; no client's address, no host name, no user.
 *
 * At most SENTRY_PER_MINUTE a minute, the same line once a minute, SENTRY_WAITING_MAX waiting.
 * Anything beyond that, and anything that comes while the server is unreachable or has asked for a
 * pause (429, Retry-After), is dropped and counted (interviewd_reports_total); no caller ever
 * waits. A crash that could not be reported is reported at a later start.
 *
 * Format: Sentry's envelope protocol, one item of type event each
 * (develop.sentry.dev/sdk/data-model/envelopes, "Authentication", "Rate limiting").
 *
 * Threads    Loop thread; errors are taken on any thread.
 * Errors     UV_EINVAL with a sentence: not a DSN.
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
    const char *folder;      /**< Folder of crash files, observe/crash.h; NULL: none */
};

struct sentry_dsn {
    char url[SENTRY_URL_MAX]; /**< Where envelopes are sent */
    char key[SENTRY_KEY_MAX];
};

/** 0 or UV_EINVAL. */
int sentry_parse_dsn(struct sentry_dsn *to, const char *dsn);

int sentry_open(struct sentry **sp, struct loop *loop, struct http_client *client,
                const struct sentry_config *config, struct errbuf *why);
/** Call before the client is closed. NULL is allowed. */
void sentry_close(struct sentry *s);

#endif
