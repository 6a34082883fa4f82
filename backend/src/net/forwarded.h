/**
 * @file net/forwarded.h  What the proxies in front say of who asks, as a pure function
 *
 *     struct forwarded f;
 *     forwarded_read(&f, &head, proxies, proxy_count);
 *     if (f.seen) ...          // somebody stands between: never the person at this machine
 *     if (f.has_client) ...    // and this is who asks, as far as it can be believed
 *
 * Read are `Forwarded` (RFC 7239) and what proxies have written for longer: X-Forwarded-For,
 * -Proto, -Host and -Port, and X-Real-IP. Where both kinds are there and contradict each other, one
 * of them is the client's own invention, and neither is believed. Each proxy adds on the right whom
 * it talked to, so the list is walked from there: as long as an address is a believed proxy's (or
 * this machine's), the one before it was written by a believed hand. The first other address is the
 * client, and what its element says of scheme and host is what the client used. Further left,
 * anybody may have written anything.
 *
 * Ask only when the connection itself comes from a believed proxy: otherwise only `seen` counts.
 *
 * Threads    Any.
 */
#ifndef NET_FORWARDED_H
#define NET_FORWARDED_H

#include "base/network.h"
#include "net/http1.h"

enum { FORWARDED_HOST_MAX = 262 }; /**< A name of 255 letters, a port and NUL, [bytes] */

struct forwarded {
    bool seen;       /**< There is a field that only a proxy writes */
    bool has_client; /**< False also for "unknown" and hidden names (RFC 7239 section 6) */
    bool has_scheme;
    bool https;
    struct ip_address client;
    char host[FORWARDED_HOST_MAX]; /**< "" when it is not said, or is none */
};

void forwarded_read(struct forwarded *out, const struct head *head, const struct network *proxies,
                    size_t proxy_count);

/** In proxies, or this machine itself? */
bool forwarded_believes(const struct network *proxies, size_t proxy_count,
                        const struct ip_address *from);

#endif
