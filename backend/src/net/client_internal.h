/**
 * @file net/client_internal.h  What the files of outgoing HTTP share; private to net/
 *
 *     client.c        libcurl multi on the loop: descriptors, the timer, the client's life
 *     client_call.c   one call: what is asked of libcurl, what comes back, how it ends
 *     client_fetch.c  the blocking form, for workers
 *
 * libcurl may not be given or lose a call while it is itself on the stack, that is, inside the
 * handlers of a call. What handlers start and close meanwhile is given and taken when libcurl has
 * returned, in the same turn (left_libcurl()). All else follows the rule of loop/loop.h.
 */
#ifndef NET_CLIENT_INTERNAL_H
#define NET_CLIENT_INTERNAL_H

#include "net/client.h"

#include "base/buffer.h"
#include "loop/loop.h"

#include <curl/curl.h>
#include <stdatomic.h>

enum { CALL_WHY_MAX = 256 };

struct http_client {
    struct loop *loop;
    CURLM *multi;
    uv_timer_t *timer;
    struct http_call *calls;
    struct http_call *closed; /* to be taken from libcurl as soon as it has returned */
    bool in_libcurl;
    bool closing;
    uv_async_t *wake; /* a worker wants something */
    uv_mutex_t lock;
    struct fetch *fetches; /* {lock} */
    atomic_bool stopped;
};

struct http_call {
    struct http_client *client;
    struct http_call *next;
    struct http_call **prev;
    CURL *easy;
    struct curl_slist *headers;
    char *body;
    size_t body_len;
    size_t body_at;             /* what of a mail is sent */
    struct curl_slist *mail_to; /* NULL: HTTP */
    struct http_call_handlers h;
    void *arg;
    struct buf reply_headers; /* "name\0value\0" pairs of the final response */
    struct loop_timer *idle;
    uint64_t idle_ms;
    uint64_t heard_ms;
    int status;
    bool headers_told;
    bool idle_out;
    bool hang_up;   /* with bytes still to come: its connection serves nobody else */
    bool added;     /* libcurl has it */
    size_t left;    /* bytes that came after it was let go */
    bool unwatched; /* its socket cannot be watched, so it ends */
    bool closed;
    char why[CALL_WHY_MAX];
};

/* client_call.c */

/** Its end as libcurl tells it: on_done runs, unless it was closed. */
void call_finish(struct http_call *call, CURLcode rc);
/** No handler runs any more. hang_up: with bytes still to come. */
void call_close(struct http_call *call, bool hang_up);
/** Frees what libcurl has of a call that is closed. Not while libcurl is on the stack. */
void call_take_from_libcurl(struct http_call *call);

/* client_fetch.c */

/** Start what workers wait for, and end what they wait for no longer. Loop thread. */
void fetch_serve_all(struct http_client *client);

#endif
