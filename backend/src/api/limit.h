/**
 * @file api/limit.h  Rate limits as the wire tells them
 *
 * RateLimit and RateLimit-Policy as in draft-ietf-httpapi-ratelimit-headers: "default";r=99;t=1.
 */
#ifndef API_LIMIT_H
#define API_LIMIT_H

#include "auth/ratelimit.h"
#include "net/http.h"

/** 0 to go on, 1 when res holds the 429. tell: headers on answers that were allowed, too. */
int limit_request(const struct http_request *req, struct http_response *res,
                  struct ratelimit *limit, const char *key, bool tell);

#endif
