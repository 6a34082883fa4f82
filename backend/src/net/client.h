/**
 * @file net/client.h  Outgoing HTTP, and mail: libcurl multi on the loop
 *
 *     struct http_call *call;
 *     http_call_start(client, &(struct http_call_request){.method = "POST", .url = url, ...},
 *                     &handlers, arg, &call);
 *     ...
 *     http_call_cancel(call);      // the connection is closed at once; no handler runs any more
 *
 * Threads    Loop thread only, except http_fetch(), which blocks a worker while the loop works.
 *            A handler may start calls and cancel any, its own and others.
 * Errors     on_done gets 0 or UV_ETIMEDOUT, UV_ECONNREFUSED, UV_EAI_NONAME, UV_ECONNRESET,
 *            UV_EPROTO (TLS or malformed), UV_ENOBUFS. HTTP error statuses are not errors here.
 * Traces     A call carries the traceparent of what its thread is busy with (base/about.h).
 * Ownership  Everything in the request is copied. The call lives until on_done or cancel.
 */
#ifndef NET_CLIENT_H
#define NET_CLIENT_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct http_client;
struct http_call;

struct http_call_request {
    const char *method; /**< NULL: GET */
    const char *url;
    const char *const *headers; /**< "Name: value", NULL-terminated; may be NULL */
    const void *body;
    size_t body_len;
    uint64_t connect_timeout_ms; /**< 0: 5,000 */
    uint64_t idle_timeout_ms;    /**< No byte for this long fails the call; 0: 30,000 */
    uint64_t total_timeout_ms;   /**< 0: none */
    /** A mail (RFC 5321) with the body as its text (RFC 5322): url is smtp://… or smtps://…; TLS is
     *  required, except on this machine. NULL: HTTP */
    const char *mail_from;
    const char *mail_to;
};

struct http_call_handlers {
    /** Status line and headers are in; look further with http_call_header(). (optional) */
    void (*on_headers)(struct http_call *call, int status, void *arg);
    void (*on_data)(struct http_call *call, const char *data, size_t len, void *arg);
    /** Exactly once unless cancelled. The call is closed: look at its headers, no more. */
    void (*on_done)(struct http_call *call, int err, const char *why, void *arg);
    /** (optional) The client was closed with the call under way, and the call is gone: for those
     *  who have nobody else to free arg. Start nothing. */
    void (*on_dropped)(void *arg);
};

int http_client_open(struct http_client **cp, struct loop *loop, struct errbuf *why);
/** Call it before waiting for the workers: every http_fetch(), running or to come, ends with
 *  UV_ECANCELED. Works even when the loop no longer turns. */
void http_client_stop(struct http_client *client);
/** Cancels what runs (on_dropped). No worker may be in http_fetch() any more. */
void http_client_close(struct http_client *client);

int http_call_start(struct http_client *client, const struct http_call_request *req,
                    const struct http_call_handlers *h, void *arg, struct http_call **callp);
void http_call_cancel(struct http_call *call); /**< NULL is allowed */
/** No handler runs any more, but what little is still to come is read, so that the connection can
 *  serve the next call. It is closed when that takes longer than a second. NULL is allowed. */
void http_call_let_go(struct http_call *call);
int http_call_status(const struct http_call *call); /**< 0: none came yet */
const char *http_call_header(const struct http_call *call, const char *name);

struct http_reply {
    int status;
    struct buf body;         /**< Release with buf_release() */
    uint64_t retry_after_ms; /**< From Retry-After, 0 if absent */
};

/** Ends, from another thread, every http_fetch() that was given it. Zero it first; it must outlive
 *  those calls. */
struct http_stop {
    atomic_bool set;
};

/** Blocking form for workers (never the loop thread: UV_EINVAL). stop may be NULL. UV_ECANCELED:
 *  http_fetch_stop() or http_client_stop(). */
int http_fetch(struct http_client *client, const struct http_call_request *req, size_t body_max,
               const struct http_stop *stop, struct http_reply *reply, struct errbuf *why);
void http_fetch_stop(struct http_client *client, struct http_stop *stop); /**< Any thread */

#endif
