/**
 * @file net/h2_internal.h  What h2.c and h2_send.c share; private to net/
 *
 *     h2.c       the connection, and its streams as requests
 *     h2_send.c  answers on them: a body, a stream without an end, a WebSocket
 */
#ifndef NET_H2_INTERNAL_H
#define NET_H2_INTERNAL_H

#include "net/net_internal.h"

#include "net/h2_guard.h"
#include "net/h2_head.h"

#include <nghttp2/nghttp2.h>

struct h2_stream {
    struct link in_list; /* h2->all */
    struct conn *conn;
    int32_t id;
    struct txn *txn; /* NULL when it became a WebSocket */
    struct ws *ws;
    bool ended; /* by the peer: no more from it */
    struct h2_head head;
    uint64_t came; /* bytes of the body */
    size_t unread; /* of them, whose window was not given back: nobody has asked who it is yet */
};

struct h2 {
    nghttp2_session *ng;
    struct link all;
    bool pumping;
    bool reading;
    bool huge; /* the header that begins replaces one that was too large to read */
    struct h2_guard guard;
};

/** What nghttp2 could not keep, for want of memory, cannot be told any other way. */
void h2_check(struct conn *c, int err);
/** NULL: it is closed, or none of ours. */
struct h2_stream *h2_stream_of(nghttp2_session *ng, int32_t id);

#endif
