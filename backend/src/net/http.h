/**
 * @file net/http.h  The HTTP and WebSocket server, as the rest of the house sees it
 *
 * No nghttp2, wslay or OpenSSL name leaves src/net/. A REST handler is one plain function that runs
 * on a worker of the lane its route names, may block on what that lane is for, and never touches a
 * socket:
 *
 *     static int get_session(const struct http_request *req, struct http_response *res)
 *     {
 *         const char *id = http_param(req, "id");
 *         ...
 *         return http_reply_json(res, 200, obj);       // steals obj
 *     }
 *     static const struct http_route routes[] = {
 *         {"GET", "/api/v1/sessions/{id}", get_session, .flags = ROUTE_AUTH},
 *         {NULL}};
 *
 * Threads    Handlers run on workers, several at once; the before hook too. ws_* calls
 *            and ws handlers run on the loop thread only. http_stream_* may be called on the loop
 *            thread only.
 * Errors     A handler returns 0, or a negative UV_E* code, which becomes a problem+json:
 *            UV_ENOENT 404, UV_EINVAL 400, UV_EACCES 401, UV_EPERM 404, UV_EEXIST 409,
 *            UV_E2BIG 413, UV_EAGAIN 503, everything else 500 (the sentence is then not shown).
 * Ownership  Request data is borrowed and lives until the handler returns. What is put into a
 *            response is owned by it.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/about.h"
#include "base/buffer.h"
#include "base/error.h"
#include "loop/lanes.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct http_response;
struct http_server;
struct http_stream;
struct ws;

enum {
    HTTP_BODY_DEFAULT_MAX = 1 << 20, /**< Largest body unless the route says otherwise, [bytes] */
    HTTP_REQUEST_ID_MAX = 27,        /**< Id text and NUL */
    HTTP_USER_MAX = 64,              /**< Longest user id and NUL */
    WS_FIRST_MAX = 4 << 10,          /**< Largest message taken before ws_set_message_max() */
    WS_MESSAGE_MAX = 1 << 20,        /**< Largest message a server should ever take, [bytes] */
    WS_QUEUE_MAX = 256, /**< Messages waiting for one receiver; then it is closed (1013) */
    WS_QUEUE_BYTES_MAX = 4 << 20, /**< The same in [bytes] */
};

/* ------------------------------------------------------------------ requests */

struct http_request {
    const char *method;         /**< "GET" … */
    struct trace_context trace; /**< Set by the begin hook; handlers run in it (base/about.h) */
    const char *path;           /**< Decoded, without query */
    const char *host;   /**< What the client calls us, "example.org:8443"; NULL: it did not say */
    const char *peer;   /**< Who asks, "127.0.0.1"; behind trusted proxies, the client */
    bool peer_loopback; /**< A program on this machine asks, with no proxy in between */
    uint16_t peer_port; /**< Of the connection */
    bool tls;           /**< The client speaks TLS, with us or with a trusted proxy */
    const char *body;   /**< Not NUL-terminated; NULL when empty, and of a route with an intake */
    size_t body_len;
    void *upload; /**< Handler only: what the route's intake made of the body; NULL: none came */
    char id[HTTP_REQUEST_ID_MAX]; /**< requestId in errors and logs */
    char user[HTTP_USER_MAX];     /**< Set by the before hook on ROUTE_AUTH routes; "" otherwise */
    uint64_t received_us;         /**< clock_mono_us() when the last byte of the request arrived */
    const struct http_route *route;
    struct http_server *server; /**< For http_answer_later() */
    void *app;                  /**< The pointer given to http_server_open() */
    struct http_request_inner *inner;
};

/** Header, query and path-pattern values: decoded, NUL-terminated; NULL when absent. */
const char *http_header(const struct http_request *req, const char *name);
const char *http_query(const struct http_request *req, const char *name);
const char *http_param(const struct http_request *req, const char *name);
const char *http_cookie(const struct http_request *req, const char *name);

/** One part of a multipart/form-data body (RFC 7578). data points into the body. */
struct http_part {
    const char *name;
    const char *filename; /**< NULL when it is a plain field */
    const char *type;     /**< Content-Type or NULL */
    const char *data;
    size_t len;
};

/** Find a part by field name. 0, UV_ENOENT, or UV_EINVAL for a malformed body. */
int http_multipart(const struct http_request *req, const char *name, struct http_part *part);

/** The same for a field that comes several times: the n-th of that name, from 0. */
int http_multipart_nth(const struct http_request *req, const char *name, size_t n,
                       struct http_part *part);

/* ------------------------------------------------------------- bodies in pieces */

/**
 * For bodies that are too large to be held: the front hands them on as they come, piece by piece,
 * and reads no more of the sender meanwhile. Then the handler runs with req->upload, which is its
 * own from there on.
 *
 *     static const struct http_intake upload_intake = {begin_upload, take_piece, drop_upload};
 *     {"POST", "/api/v1/audio/upload", post_upload, .flags = ROUTE_AUTH | ROUTE_LANE_DECODE,
 *      .body_max = 200 << 20, .intake = &upload_intake},
 *
 * Threads    Workers, one call at a time for a request: begin on LANE_REQUEST, the others on
 *            LANE_INTAKE. drop() on the loop thread where no worker can be had any more.
 * Errors     0 to go on; 1 when it has filled res, which is then the answer; or a negative code,
 *            as a handler's. Nothing more of the body is read after that.
 */
struct http_intake {
    /** After the before hook, before the first byte. length: as announced, 0: not known. */
    int (*begin)(const struct http_request *req, struct http_response *res, uint64_t length,
                 void **upload);
    int (*take)(const struct http_request *req, struct http_response *res, void *upload,
                const void *data, size_t len);
    /** It will not be whole: its client left or was too slow, or it was refused. */
    void (*drop)(void *upload);
};

/* ----------------------------------------------------------------- responses */

/** Bytes that are read while they are sent, so that nobody holds them. */
struct http_source {
    uint64_t size;
    /** On a worker of LANE_READ, one call at a time: all of len bytes at offset, which lie inside.
     *  A failure after the first piece ends the connection (HTTP/2: the stream). */
    int (*read)(void *arg, uint64_t offset, void *to, size_t len);
    void (*release)(void *arg); /**< Exactly once, on any thread; must not block */
    void *arg;
    /** Instead of size and read, when the size is not known in advance: fills in up to len bytes
     *  and returns how many, 0 at the end, or a negative code. The answer then has no
     *  Content-Length and no ranges. */
    int64_t (*next)(void *arg, void *to, size_t len);
};

struct http_response {
    int status;
    const char *type; /**< Static string, e.g. "application/json" */
    struct buf body;
    struct buf headers; /**< "Name: value\n" lines, through http_set_header() */
    void (*on_stream)(struct http_stream *stream, void *arg); /**< See http_reply_stream() */
    void *stream_arg;
    bool streaming;             /**< on_stream has run */
    uint64_t ticket;            /**< Names this request; set before the handler runs */
    bool later;                 /**< See http_reply_later() */
    void (*on_gone)(void *arg); /**< See http_later_on_gone() */
    void *gone_arg;
    struct http_source source; /**< See http_reply_source(); .read and .next are NULL: none */
    uint64_t source_at;        /**< What of it goes out next */
    uint64_t source_end;
    bool chunked; /**< HTTP/1.1 and no size: each piece says its own (RFC 9112 section 7.1) */
};

int http_set_header(struct http_response *res, const char *name, const char *value);

/** Serialise obj as the body and drop the reference, on failure too. */
int http_reply_json(struct http_response *res, int status, json_t *obj);
int http_reply_empty(struct http_response *res, int status);
int http_reply_bytes(struct http_response *res, int status, const char *type, const void *data,
                     size_t len);

/** 200 with what a source gives. For handlers that run on a worker; http_apply_range() cuts it. */
int http_reply_source(struct http_response *res, const char *type,
                      const struct http_source *source);

/** RFC 9457 problem. code is one of the closed list in docs/api/openapi.yaml. fields (may be NULL,
 *  stolen) is the array for "errors". Returns 0, so that `return http_problem(...)` reads well. */
int http_problem(struct http_response *res, const struct http_request *req, int status,
                 const char *code, const char *detail, json_t *fields);

/**
 * Answer with a stream (server-sent events): after the headers went out, on_stream runs once on
 * the loop thread with a stream that stays valid until http_stream_end() or on_gone; or with NULL
 * when the client left before that, or asked for the header alone.
 */
int http_reply_stream(struct http_response *res, const char *type,
                      void (*on_stream)(struct http_stream *stream, void *arg), void *arg);
int http_stream_write(struct http_stream *stream, const void *data, size_t len);
void http_stream_end(struct http_stream *stream);
void http_stream_on_gone(struct http_stream *stream, void (*fn)(void *arg), void *arg);

/* ------------------------------------------------------------- answering later */

/**
 * For a handler that would have to wait: it takes a ticket, starts what it waits for, and returns
 * 0. No worker is held while the request waits, however long that is.
 *
 *     static int post_generate(const struct http_request *req, struct http_response *res)
 *     {
 *         ...
 *         http_reply_later(res, &job->ticket);
 *         http_later_on_gone(res, stop_job, job);          // optional
 *         job->server = req->server;
 *         return loop_post(loop, begin_job, job);          // not 0: that error is the answer
 *     }
 *     ... when it is done, on the loop thread:
 *         if (http_answer_later(job->server, job->ticket, fill, job) == UV_ENOENT)
 *             job_free(job);                               // its client has left
 *
 * A ticket is a number, never used twice by a server, so it may be kept longer than the request.
 * The handler must not touch req or res once it has returned.
 */
int http_reply_later(struct http_response *res, uint64_t *ticket);

/** Handler only, after http_reply_later(): fn runs once on the loop thread when the client leaves
 *  (or the server closes) before it was answered, and never while the handler still runs. It does
 *  not run when the handler returned an error, nor after http_answer_later() was called, whatever
 *  that returned. So exactly one of the three happens, and that is the moment to free what the
 *  request waited with. */
void http_later_on_gone(struct http_response *res, void (*fn)(void *arg), void *arg);

/**
 * Loop thread: the answer to a ticket. fill gets the request and an empty response, like a
 * handler (0, or a negative code that becomes a problem; it may reply with a stream but not later
 * again), and must not block. It runs once: at once, or, when the handler has not returned yet,
 * as soon as it has. UV_ENOENT: the client is gone or the ticket was answered; fill will not run.
 */
int http_answer_later(struct http_server *server, uint64_t ticket,
                      int (*fill)(const struct http_request *req, struct http_response *res,
                                  void *arg),
                      void *arg);

/* -------------------------------------------------------------------- routes */

enum {
    ROUTE_AUTH = 1 << 0,   /**< before hook must sign the request in */
    ROUTE_QUIET = 1 << 1,  /**< Not logged (health checks) */
    ROUTE_INLINE = 1 << 2, /**< Runs on the loop thread: for handlers that only look at memory */

    ROUTE_OPERATOR = 1 << 3, /**< Only for operators of the server; with ROUTE_AUTH */

    /* The lane (loop/lanes.h) whose worker runs the handler; LANE_REQUEST unless another is named.
     * The store runs writes on its own lane by itself. A handler that has to wait for anything else
     * answers later. */
    ROUTE_LANE_SHIFT = 8,
    ROUTE_LANE_READ = LANE_READ << ROUTE_LANE_SHIFT,
    ROUTE_LANE_DECODE = LANE_DECODE << ROUTE_LANE_SHIFT,
    ROUTE_LANE_HASH = LANE_HASH << ROUTE_LANE_SHIFT,
    ROUTE_LANE_STORE = LANE_STORE << ROUTE_LANE_SHIFT,
};

#define HTTP_JSON "application/json" /**< For .types */

struct http_route {
    const char *method;
    const char *pattern; /**< "/api/v1/sessions/{id}"; a last "{id...}" takes slashes too */
    int (*handler)(const struct http_request *req, struct http_response *res);
    unsigned flags;
    size_t body_max;   /**< 0: HTTP_BODY_DEFAULT_MAX */
    const char *types; /**< Content types a body may have, separated by spaces, or 415. A body that
                            does not say its type is taken for one of them. NULL: any */
    const struct http_intake *intake; /**< (optional) Takes the body in pieces */
    /** (optional) Writes the errors of this route in another protocol's form, whoever found them:
     *  called by http_problem() with what it was given, code and detail filled in, fields (may be
     *  NULL) borrowed. */
    void (*problem)(struct http_response *res, int status, const char *code, const char *detail,
                    const json_t *fields);
};

/* ----------------------------------------------------------------- websocket */

/** Queue keys: a newer message with the same non-zero key replaces an unsent older one. */
enum ws_kind {
    WS_KEEP = 0,    /**< Never dropped, never merged */
    WS_REPLACE = 1, /**< Replaces the unsent one with the same key (partials) */
    WS_MERGE = 2, /**< merge() is asked to fold it into the unsent one with the same key (deltas) */
};

struct ws_handlers {
    /** Upgraded. Return a pointer for later calls through *ctx, or a close code (>= 1000) to
     * refuse. */
    int (*on_open)(struct ws *ws, const struct http_request *req, void *app, void **ctx);
    void (*on_text)(struct ws *ws, const char *text, size_t len, void *ctx);
    void (*on_binary)(struct ws *ws, const void *data, size_t len, void *ctx);
    /** The socket is gone (either side). The last call; ws is invalid afterwards. */
    void (*on_close)(struct ws *ws, int code, void *ctx);
    /** (optional) Fold newer into older, both whole messages: true if `older` now says both. */
    bool (*merge)(struct buf *older, const char *newer, size_t len);
};

struct ws_route {
    const char *path; /**< "/ws/transcribe" */
    struct ws_handlers h;
    /** (optional) A subprotocol (RFC 6455 section 1.9) in small letters: chosen when the client
     *  offers it, among others too. */
    const char *protocol;
};

/** Queue a message. UV_ENOBUFS: the receiver lags too far and is being closed. UV_ENOMEM: it is
 *  closed too (1011), because a message is never lost silently. */
int ws_send(struct ws *ws, const char *text, size_t len, enum ws_kind kind, uint32_t key);

/** Close after what is queued was sent. reason: at most 123 bytes (RFC 6455 section 5.5). */
void ws_close(struct ws *ws, int code, const char *reason);

/** How large a message may be from now on; a larger one closes with 1009. A new socket takes
 *  WS_FIRST_MAX, so that a client costs little before it has signed in; raise it afterwards. */
void ws_set_message_max(struct ws *ws, size_t bytes);

/* -------------------------------------------------------------------- server */

/** How a request ended. */
struct http_answered {
    int status;
    uint64_t micros; /**< From the last byte of the request */
    uint64_t bytes;  /**< Of the body that was sent, as far as it was */
};

struct http_config {
    const char *host;     /**< Numeric address or name */
    int port;             /**< 0: any free port, see http_server_port() */
    int socket;           /**< A TCP socket that listens already, and then belongs to the server;
                               0: host and port say where. Beyond loopback only where host is too */
    const char *tls_cert; /**< PEM paths; NULL: plain HTTP */
    const char *tls_key;
    const char *redirect_host; /**< Another address whose plain HTTP only sends on to https; NULL:
                                    none. With tls_cert only */
    int redirect_port;
    const char *web_root;       /**< Static export to serve; NULL: API only. When the folder is
                                     not there, a page says how to build it */
    const char *const *origins; /**< Allowed cross-site origins, NULL-terminated; may be NULL */
    const char *const *proxies; /**< Addresses and networks of trusted proxies, besides this
                                   machine, NULL-terminated; may be NULL */
    int connections_max;
    int connections_per_address; /**< 0: 256, and as many as there are from this machine */
    size_t bodies_max; /**< Bodies of all requests held at the same time; 0: 256 MiB, [bytes] */
    uint64_t idle_timeout_ms;
    uint64_t header_timeout_ms; /**< A whole header must come within; 0: 10,000 */
    uint64_t ping_after_ms;     /**< A silent WebSocket is pinged; 0: 20,000 */
    uint64_t dead_after_ms;     /**< And given up when it stays silent; 0: 45,000 */
    uint64_t body_grace_ms;     /**< Then a body must come at 4 KiB/s or better; 0: 10,000 */
    /** (optional) Runs on the loop thread when the header of a request is whole. */
    void (*begin)(struct http_request *req);
    /** Runs on the worker before a handler. 0 to go on; 1 when it has filled res (401, 429 …). */
    int (*before)(struct http_request *req, struct http_response *res);
    /** (optional) Runs on the worker after a handler that is not inline: audit. */
    void (*handled)(const struct http_request *req, const struct http_response *res);
    /** Runs on the loop thread after the response was handed to the socket: metrics, log. */
    void (*after)(const struct http_request *req, const struct http_answered *how);
};

int http_server_open(struct http_server **sp, struct loop *loop, struct lanes *lanes,
                     const struct http_config *config, const struct http_route *routes,
                     const struct ws_route *sockets, void *app, struct errbuf *why);
int http_server_port(const struct http_server *server);

struct http_server_stats {
    size_t connections; /**< Open, WebSockets included */
    size_t requests;    /**< Being read or answered */
};
/** Loop thread. */
struct http_server_stats http_server_stats(const struct http_server *server);

/** Read certificate and key again: new connections get them. On failure the old ones stay. */
int http_server_renew_certificate(struct http_server *server, struct errbuf *why);

/** Stop accepting; close WebSockets with 1001 and finish running requests, then call done once. */
void http_server_shutdown(struct http_server *server, uint64_t within_ms, void (*done)(void *arg),
                          void *arg);

/** Drops every connection. Call it when loop_run() has returned (it turns the loop itself until
 *  its handles are closed). Workers may still hold requests: close their pool before the loop. */
void http_server_close(struct http_server *server);

#endif
