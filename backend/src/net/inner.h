/**
 * @file net/inner.h  What the files of net/ share; nothing outside includes it
 *
 * Who owns what. A `struct txn` is one request and its answer. It is held by the connection (until
 * the answer is out or the peer is gone) and, in between, by a worker; the last one to let go
 * frees it. Only the loop thread touches `lws`, so a worker never sees a socket that may be gone.
 *
 * Threads    Everything here belongs to the loop thread, except what a handler reads and writes
 *            through http_request / http_response while the txn is with its worker.
 */
#ifndef NET_INNER_H
#define NET_INNER_H

#include "loop/loop.h"
#include "net/http.h"

#include <libwebsockets.h>
#include <netinet/in.h>

enum {
    HEADERS_MAX = 64,            /* request headers kept, and query values */
    HEADER_BYTES_MAX = 16 << 10, /* all of them together; more is 431 */
    PARAMS_MAX = 6,              /* {name} segments in one pattern */
    RESPONSE_MAX = 64 << 20,     /* a response held in memory */
    RESPONSE_HEADERS_MAX = 8 << 10,
    H1_CHUNK = 64 << 10,        /* written at a time on HTTP/1.1 */
    H2_CHUNK = 4000,            /* lws 4.1 resets a stream that writes more at once */
    H1_INLINE = 32 << 10,       /* header and body go out in one write up to this body size */
    STREAM_QUEUE_MAX = 1 << 20, /* bytes a slow reader of a stream may leave behind */
    BODY_GRACE_MS = 10000,      /* then a body must arrive at BODY_RATE or better */
    BODY_RATE = 4096,           /* [bytes/s] */
    HEADER_TIMEOUT_S = 10,      /* a whole header (and TLS handshake) within this time */
    LINGER_MS = 2000,           /* reading on after an early refusal, so that it is seen */
    SEND_TIMEOUT_S = 20,        /* a reader that takes nothing for this long */
    SWEEP_MS = 1000,
    PING_AFTER_MS = 20000, /* a silent WebSocket is pinged */
    DEAD_AFTER_MS = 45000, /* and given up when it stays silent */
    CLOSE_WITHIN_S = 5,    /* a receiver that does not even read its close frame */
};

/** Intrusive list with a head; a node knows whether it is in one. */
struct link {
    struct link *next;
    struct link *prev;
};

static inline void link_init(struct link *l)
{
    l->next = l->prev = l;
}

static inline void link_add(struct link *head, struct link *l)
{
    l->prev = head->prev;
    l->next = head;
    head->prev->next = l;
    head->prev = l;
}

static inline void link_del(struct link *l)
{
    l->prev->next = l->next;
    l->next->prev = l->prev;
    link_init(l);
}

#define LINK_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

struct pair {
    const char *name;
    const char *value;
};

struct pairs {
    struct pair at[HEADERS_MAX];
    int n;
};

/** The text of a request, copied out of the connection. */
struct http_request_inner {
    struct pairs headers;
    struct pairs query;
    struct pair params[PARAMS_MAX];
    int param_count;
    char *text; /* backs headers, query and path */
    size_t text_len;
    char path[2048];
    char param_text[2048];
    char cookie[2048];
};

enum txn_state {
    TXN_BODY,      /* reading the body */
    TXN_WORKING,   /* with a worker */
    TXN_WAITING,   /* for http_answer_later() */
    TXN_HEAD,      /* answer ready, nothing sent */
    TXN_SENDING,   /* body going out */
    TXN_STREAMING, /* open-ended body */
    TXN_LINGER,    /* answered early; the rest of the body is read and dropped */
};

struct txn {
    struct http_request req; /* first, so that the two pointers convert */
    struct http_request_inner text;
    struct http_response res;
    struct http_server *server;
    struct lws *wsi;     /* NULL once the peer is gone */
    struct link in_list; /* server->txns */
    enum txn_state state;
    bool with_worker;
    bool h2;
    bool close_after; /* the connection cannot be used again */
    bool head_only;
    bool http10;
    struct buf in;
    struct buf out; /* header (and small body), LWS_PRE bytes in front */
    size_t sent;    /* of res.body */
    size_t body_max;
    size_t body_len; /* as announced */
    uint64_t body_due_ms;
    struct http_stream *stream;
    int (*handler)(const struct http_request *req, struct http_response *res);
    int (*fill)(const struct http_request *req, struct http_response *res, void *arg);
    void *fill_arg;
};

struct http_stream {
    struct txn *txn; /* NULL once gone */
    struct buf out;
    bool ended;
    void (*on_gone)(void *arg);
    void *gone_arg;
    int watch_fd;
    uv_poll_t *watch; /* tells when the peer hangs up while nothing is sent */
};

struct ws_msg {
    struct ws_msg *next;
    struct buf data;
    uint32_t key;
    uint8_t kind;
};

struct ws {
    struct lws *wsi;
    struct http_server *server;
    const struct ws_route *route;
    void *ctx;
    struct link in_list; /* server->sockets */
    struct ws_msg *first;
    struct ws_msg *last;
    size_t queued;
    size_t queued_bytes;
    size_t sent; /* of first */
    struct buf in;
    uint64_t heard_ms;
    int close_code; /* 0 while open */
    int peer_code;  /* from the peer's close frame; 0: none */
    char *reason;   /* NULL: none */
    bool in_binary;
    bool ping_due;
    bool pinged;
    bool h2;
    bool opened; /* on_open said yes, so on_close is owed */
    bool close_sent;
    bool doomed; /* a timer will end it whatever the peer does */
};

/** Per connection or h2 stream, kept by lws. */
struct session {
    struct txn *txn;
    struct ws *ws;
};

struct conn {
    struct http_server *server;
    struct lws *wsi;
    bool over; /* above the cap: gets 503 and goodbye */
};

struct http_server {
    struct loop *loop;
    struct lanes *lanes;
    struct http_config config;
    const struct http_route *routes;
    const struct ws_route *sockets;
    void *app;
    struct lws_context *lws;
    struct lws_vhost *vhost;
    struct link txns;
    struct link open_sockets;
    size_t connections;
    int listen_fd;
    int port;
    uv_poll_t listen_poll;
    bool listening;
    bool stopping;
    struct loop_timer *sweep;
    struct loop_timer *deadline;
    void (*on_stopped)(void *arg);
    void *stopped_arg;
    struct site *site;
    struct buf scratch; /* one message on its way out */
    char date[40];      /* for the Date header */
    int64_t date_at;
    bool tls;
    uint64_t tickets; /* given so far */
    int refs;         /* the owner, the listening handle, and each request that is with a worker */
};

/* request.c: from the connection's headers to a struct http_request */
struct txn *txn_new(struct http_server *s, struct lws *wsi);
int request_read(struct txn *t);
void txn_free(struct txn *t);
char *text_take(struct http_request_inner *text, size_t n); /* NULL when full */
const char *pairs_get(const struct pairs *pairs, const char *name);

/* router.c */
enum { MATCH_NONE = 0, MATCH_PATH = 1, MATCH_ROUTE = 2 };
int route_find(const struct http_route *routes, struct txn *t);
bool route_match(const char *pattern, const char *path, struct http_request_inner *text);
void route_methods(const struct http_route *routes, struct txn *t, char *allow, size_t size);

/* reply.c */
void reply_init(struct http_response *res);
void reply_release(struct http_response *res);
void reply_error(struct txn *t, int err);
const char *reply_title(int status); /* "Not Found"; "Error" for one that is not known */

/* send.c: from a struct http_response to the wire */
void send_start(struct txn *t);
int send_writable(struct txn *t); /* what the lws callback returns */
int send_finished(struct txn *t); /* the stream wrote its last chunk */
void send_refusal(struct txn *t); /* a small answer at once, before the connection is closed */

/* stream.c */
void stream_begin(struct txn *t);
int stream_writable(struct txn *t);
void stream_gone(struct http_stream *stream);

/* websocket.c */
int ws_callback(struct http_server *s, struct lws *wsi, enum lws_callback_reasons reason,
                struct session *session, void *in, size_t len);
int ws_admit(struct txn *t);
void ws_sweep(struct http_server *s, uint64_t now_ms);
void ws_close_all(struct http_server *s, int code);
const struct ws_route *ws_route_find(const struct http_server *s, const char *path);

/* server.c */
void txn_answer(struct txn *t);
void txn_dispatch(struct txn *t);
void txn_handled(struct txn *t); /* a late answer is filled in: audit it on a worker, then send */
void wsi_end(struct lws *wsi, int seconds); /* End a connection, 0: as soon as possible */
void server_maybe_stopped(struct http_server *s);

/* later.c */
void later_handled(struct txn *t); /* the handler asked for it and has returned */
void later_gone(struct txn *t);    /* nobody will hear it: the client left, the handler failed */

/* static.c */
int site_open(struct site **sp, const char *root);
void site_close(struct site *site);
int site_serve(struct site *site, const struct http_request *req, struct http_response *res);

#endif
