/**
 * @file api/limit.c  Rate limits in HTTP answers
 */
#include "api/limit.h"

#include "base/clock.h"

#include <stdio.h>

static void tell_state(struct http_response *res, const struct ratelimit_state *s)
{
    char text[64];

    snprintf(text, sizeof(text), "\"default\";r=%d;t=%d", s->remaining, s->reset_s);
    http_set_header(res, "RateLimit", text);
    snprintf(text, sizeof(text), "\"default\";q=%d;w=%d", s->quota, s->window_s);
    http_set_header(res, "RateLimit-Policy", text);
}

int limit_request(const struct http_request *req, struct http_response *res,
                  struct ratelimit *limit, const char *key, bool tell)
{
    struct ratelimit_state s;
    char seconds[16];

    if (!limit)
        return 0;
    if (ratelimit_take(limit, key, clock_mono_ms(), &s)) {
        if (tell)
            tell_state(res, &s);
        return 0;
    }
    tell_state(res, &s);
    snprintf(seconds, sizeof(seconds), "%d", s.retry_s);
    http_set_header(res, "Retry-After", seconds);
    http_problem(res, req, 429, "rate_limited", "That was too often; wait a little.", NULL);
    return 1;
}
