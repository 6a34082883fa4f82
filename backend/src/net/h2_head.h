/**
 * @file net/h2_head.h  The fields of an HTTP/2 request as a pure function (RFC 9113 section 8)
 *
 *     struct h2_head p = {0};
 *
 *     head_init(&head);
 *     h2_head_field(&p, &head, name, name_len, value, value_len);   // each, in its order
 *     h2_head_end(&p, &head);
 *     if (p.status) ...                // it is to be answered with that; p.why says why
 *
 * HPACK delivers names and values as any bytes; what makes a request of them is checked here, and
 * nowhere else: nghttp2 would reset the stream of a request that is malformed, and its sender would
 * never learn what is wrong with it. What is taken is what HTTP/1 takes here (http1.h), and lands
 * in the same struct head, :authority as Host.
 *
 * Threads    None of its own.
 * Errors     p.status: 400, 414 (the path), 431 (the fields), 503 (no memory). The first one stays.
 */
#ifndef NET_H2_HEAD_H
#define NET_H2_HEAD_H

#include "net/http1.h"

struct h2_head {
    uint8_t seen;      /* which pseudo-header fields, and whether another one */
    bool socket;       /**< :protocol is websocket (RFC 8441) */
    bool has_length;   /**< Content-Length was given */
    uint16_t status;   /**< 0, or what the request is refused with */
    uint32_t trailers; /* bytes of fields behind the body so far */
    uint64_t length;   /**< Of the body when has_length, else 0 */
    const char *why;   /**< With status: a sentence for a person */
};

void h2_head_field(struct h2_head *p, struct head *h, const char *name, size_t name_len,
                   const char *value, size_t value_len);
void h2_head_end(struct h2_head *p, struct head *h);
/** A field behind the body: held to the same rules, and then forgotten. */
void h2_head_trailer(struct h2_head *p, const char *name, size_t name_len, const char *value,
                     size_t value_len);
/** Refuse it, unless it is refused already. */
void h2_head_refuse(struct h2_head *p, int status, const char *why);

#endif
