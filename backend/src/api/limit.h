/**
 * @file api/limit.h  Rate limits in HTTP answers
 *
 * RateLimit and RateLimit-Policy as in draft-ietf-httpapi-ratelimit-headers: "default";r=99;t=1.
 */
#ifndef API_LIMIT_H
#define API_LIMIT_H

#include "auth/ratelimit.h"
#include "net/http.h"

/** 0 to go on, 1 if res holds the 429. tell: set the headers on allowed answers, too. */
int limit_request(const struct http_request *req, struct http_response *res,
                  struct ratelimit *limit, const char *key, bool tell);

#endif
