/**
 * @file net/net_internal.h  What the files of net/ share; nothing outside includes it
 *
 * Who owns what. A `struct conn` is one TCP connection. It speaks HTTP/1, HTTP/2 or WebSocket, and
 * holds what belongs to that: the request being read or answered, the HTTP/2 session, the socket.
 * A `struct txn` is one request and its answer. Its connection (or HTTP/2 stream) holds it until
 * the answer is out or the peer is gone, and in between a worker does; the last one to let go frees
 * it. Only the loop thread looks at txn->conn, so a worker never sees a connection that may be
 * gone.
 *
 * Life and death. conn_kill() marks a connection and stops its events; everything that hangs on it
 * is told and freed when the loop closes the handle, at the end of the turn. So every pointer that
 * a handler started with is still valid when it returns.
 *
 * Threads    Everything here belongs to the loop thread, except what a handler reads and writes
 *            through http_request / http_response while the txn is with its worker.
 */
#ifndef NET_NET_INTERNAL_H
#define NET_NET_INTERNAL_H

#include "base/network.h"
#include "loop/loop.h"
#include "net/http.h"
#include "net/http1.h"
#include "net/target.h"

#include <netinet/in.h>
#include <openssl/ssl.h>

enum {
    PARAMS_MAX = 6,          /* {name} segments in one pattern */
    RESPONSE_MAX = 64 << 20, /* a response held in memory */
    PIECE = 128 << 10,       /* of a body that is handed on, and of a source: a worker's time */
    RESPONSE_HEADERS_MAX = 8 << 10,
    READ_SIZE = 64 << 10,    /* read at a time, into one buffer for all */
    READS_A_TURN = 4,        /* then the others have their turn */
    BULK_A_TICK = 128 << 10, /* of bodies in pieces, of all connections together */
    BULK_LEAST = 16 << 10,   /* of them, of one connection */
    BULK_TICK_MS = 1,
    REQUESTS_A_TURN = 32,         /* the same for requests that were sent in one go */
    HELD_MAX = 16 << 10,          /* read ahead while a request is being answered */
    WRITE_SIZE = 64 << 10,        /* given to the socket at a time */
    H1_INLINE = 32 << 10,         /* header and body go out in one write up to this body size */
    SKIP_MAX = 64 << 10,          /* body of a refused request that is read and dropped */
    BODIES_MAX = 256 << 20,       /* bodies of all requests that are held at the same time */
    UNSIGNED_BODY_MAX = 64 << 10, /* a longer body is taken only once its sender is signed in */
    STREAM_QUEUE_MAX = 1 << 20,   /* bytes a slow reader of a stream may leave behind */
    PER_ADDRESS = 256,            /* connections from one address that is not this machine */
    H2_STREAMS_MAX = 100,         /* requests at once on one HTTP/2 connection */
    HEADER_TIMEOUT_MS = 10000,    /* a whole header (and TLS handshake) within this time */
    BODY_GRACE_MS = 10000,        /* then a body must arrive at BODY_RATE or better */
    BODY_RATE = 4096,             /* [bytes/s] */
    BODY_LEAD_MS = 60000,         /* after sending quickly a client may pause no longer than this */
    LINGER_MS = 2000,             /* reading on after the last answer, so that it is seen */
    SEND_TIMEOUT_MS = 20000,      /* a reader that takes nothing for this long */
    SWEEP_MS = 1000,
    PING_AFTER_MS = 20000,  /* a silent WebSocket is pinged */
    DEAD_AFTER_MS = 45000,  /* and given up when it stays silent */
    CLOSE_WITHIN_MS = 5000, /* a receiver that does not even read its close frame */
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

static inline bool link_empty(const struct link *l)
{
    return l->next == l;
}

#define LINK_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* ------------------------------------------------------------------ a request */

struct param {
    const char *name; /* points into the pattern */
    size_t name_len;
    const char *value;
};

struct http_request_inner {
    struct head head;
    struct target target;
    struct param params[PARAMS_MAX];
    int param_count;
    char *param_text;
    char *cookies;     /* "name=value\0…\0\0", made when first asked for */
    struct kept *kept; /* further text for the handler */
    char peer[IP_ADDRESS_TEXT_MAX];
    const char *address; /* as it stood in the first line, where it is sent on; else NULL */
};

enum txn_state {
    TXN_HEADING,   /* reading its header */
    TXN_ADMITTING, /* a worker asks who it is, before a large body is taken */
    TXN_BODY,      /* reading the body */
    TXN_STORING,   /* a piece of it is with a worker */
    TXN_WORKING,   /* with a worker */
    TXN_WAITING,   /* for http_answer_later() */
    TXN_HEAD,      /* answer ready, nothing sent */
    TXN_SENDING,   /* body going out */
    TXN_FETCHING,  /* the next piece of its source is with a worker */
    TXN_STREAMING, /* open-ended body */
};

struct txn {
    struct http_request req; /* first, so that the two pointers convert */
    struct http_request_inner inner;
    struct http_response res;
    struct http_server *server;
    struct conn *conn;    /* NULL once the peer is gone */
    struct h2_stream *h2; /* NULL on HTTP/1 */
    struct link in_list;  /* server->txns, from its whole header on */
    enum txn_state state;
    bool with_worker;
    bool admitted;    /* config.before has let it pass */
    bool close_after; /* the connection cannot be used again */
    bool head_only;
    bool http10;
    bool has_coming;  /* a body follows */
    bool upgrades;    /* it asks to become a WebSocket */
    uint16_t refused; /* HTTP/2: status found while the header was read */
    uint64_t length;  /* of the body as announced, or 0 */
    uint64_t came;    /* of it */
    size_t body_max;
    struct buf in;
    struct buf piece; /* of it, with a worker */
    void *upload;     /* the intake's, until the handler runs */
    bool whole;       /* no more of it will come */
    int verdict;      /* of the worker that had a piece */
    uint64_t left_ms; /* of its time, while a worker has it */
    size_t sent;      /* of res.body */
    uint64_t given;   /* bytes of the answer's body in all */
    uint64_t due_ms;  /* HTTP/2: progress by then; HTTP/1 has one for the connection */
    const char *why;  /* it is refused; NULL: what the status says */
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
};

/* --------------------------------------------------------------- a connection */

enum conn_kind { CONN_NEW, CONN_HANDSHAKE, CONN_HTTP1, CONN_HTTP2, CONN_WS, CONN_LINGER };

struct conn {
    uv_poll_t poll;
    struct link in_list; /* server->conns */
    struct link touched; /* server->touched */
    struct link paced;   /* server->paced */
    struct http_server *server;
    SSL *ssl;
    int fd;
    uint8_t kind;
    uint8_t armed;     /* what poll waits for */
    bool dead;         /* conn_kill() */
    bool redirects;    /* came to the port that only sends on to https */
    bool over;         /* above the cap: gets 503 and goodbye */
    bool crowded;      /* too many from its address: gets 429 */
    bool eof;          /* the peer has said its last word */
    bool hung_up;      /* the same, but there is more to read before it */
    bool wants_write;  /* TLS does, to go on reading */
    bool plain_on_tls; /* HTTP where TLS was expected */
    bool busy;         /* in h1_process(), which is not called twice */
    bool skipping;     /* the body of a refused request */
    bool again;        /* more to do, next turn */
    bool closing;      /* when all is written */
    struct in6_addr address;
    uint16_t port;
    uint64_t due_ms;   /* 0: no hurry */
    uint64_t write_ms; /* when the socket last took something, while bytes wait for it */
    struct buf in;     /* read, not used yet */
    struct buf out;    /* written, not taken by the socket yet */
    size_t out_at;
    size_t skipped;
    size_t credit; /* so much of a body in pieces may be read */
    struct http1 h1;
    struct txn *txn; /* HTTP/1: the request being read or answered */
    struct h2 *h2;
    struct ws *ws;
};

/* --------------------------------------------------------------- a WebSocket */

struct ws_msg {
    struct ws_msg *next;
    struct buf data;
    uint32_t key;
    uint8_t kind;
    uint8_t opcode;
};

/* What wslay reads from: the bytes that came. Set before each call, so a server needs one. */
struct ws_feed {
    const char *at;
    const char *end;
    uint64_t *given;
};

struct ws {
    struct conn *conn;    /* NULL once gone */
    struct h2_stream *h2; /* NULL on HTTP/1 */
    struct http_server *server;
    const struct ws_route *route;
    void *ctx;
    struct link in_list; /* server->sockets */
    struct ws_msg *first;
    struct ws_msg *last;
    struct ws_msg *pong; /* the newest one */
    struct ws_msg *now;  /* being written; out of the queue */
    size_t now_at;       /* of its header and its data */
    uint8_t now_head[10];
    uint8_t now_head_len;
    uint8_t in_opcode; /* of the message being read; 0: none */
    size_t queued;
    size_t queued_bytes;
    struct wslay_frame_context *frames; /* NULL between frames */
    uint64_t given;                     /* bytes it took */
    uint64_t used;                      /* bytes of whole frames it gave back */
    uint64_t frame_at;                  /* payload of this frame given back so far */
    struct buf in;
    struct buf control; /* payload of a control frame that came in pieces */
    uint32_t utf8;      /* state of the check; 0: at a code point's end */
    size_t message_max;
    uint64_t heard_ms;
    uint64_t doom_ms; /* 0, or when it is ended whatever it does */
    int close_code;   /* 0 while open */
    int peer_code;    /* from the peer's close frame; 0: none */
    char *reason;
    bool opened; /* on_open accepted it */
    bool pinged;
    bool ping_due;
    bool close_sent;
    bool deaf; /* it broke the rules: nothing that still arrives is looked at */
};

/* ------------------------------------------------------------------ the server */

struct http_server {
    struct loop *loop;
    struct lanes *lanes;
    struct http_config config;
    const struct http_route *routes;
    const struct ws_route *sockets;
    void *app;
    struct link conns;
    struct link txns;
    struct link open_sockets;
    struct link touched; /* connections with something to do at the end of the turn */
    uv_idle_t turn;      /* runs while there are such */
    struct link paced;   /* connections with a body in pieces whose turn comes with a tick */
    struct loop_timer *pace;
    size_t connections;
    size_t bodies; /* bytes of all requests' bodies that are held */
    struct guests *guests;
    struct listener {
        uv_poll_t poll;
        int fd;
        int port;
        bool open;
        bool redirects;
    } listener[2]; /* the second one only sends on to https */
    bool stopping;
    bool ending;  /* after the deadline: connections are killed, not finished */
    bool turning; /* turn is open */
    struct loop_timer *sweep;
    struct loop_timer *deadline;
    void (*on_stopped)(void *arg);
    void *stopped_arg;
    struct site *site;
    struct network *proxies; /* whose word on the client counts, besides this machine's */
    size_t proxy_count;
    struct tls *tls;    /* NULL: plain HTTP */
    char *rx;           /* READ_SIZE bytes that the poll callback reads into */
    struct buf scratch; /* one answer on its way out */
    struct buf h2_out;  /* frames of one turn */
    struct wslay_frame_context *spare_frames;
    struct ws_feed feed;
    char date[40]; /* for the Date header */
    int64_t date_at;
    uint64_t tickets; /* given so far */
    int refs;         /* the owner, each handle, and each request that is with a worker */
};

/* peer.c: who asks, and for which site */
void peer_read(struct txn *t);
int peer_open(struct http_server *s, struct errbuf *why); /* reads config.proxies */

/* guests.c: connections by address */
int guests_open(struct guests **gp);
void guests_close(struct guests *g);
size_t guests_enter(struct guests *g, const struct in6_addr *from); /* how many there are now */
void guests_leave(struct guests *g, const struct in6_addr *from);

/* tls.c */
int tls_open(struct tls **tp, const char *cert, const char *key, struct errbuf *why);
int tls_renew(struct tls *tls, const char *cert, const char *key, struct errbuf *why);
void tls_close(struct tls *tls);
SSL *tls_accept(struct tls *tls, int fd);

/* conn.c */
int conn_open(struct http_server *s, int fd, const struct in6_addr *from, uint16_t port,
              bool redirects);
void conn_turn(uv_idle_t *idle);
void conn_pace(void *server);     /* a tick: those that wait for it read on */
void conn_kill(struct conn *c);   /* now, without another word */
void conn_finish(struct conn *c); /* once all is written, and the peer had time to read it */
void conn_touch(struct conn *c);  /* have it looked at before the turn ends */
void conn_rearm(struct conn *c);  /* after whatever happened: what is waited for now */
bool conn_send(struct conn *c, const void *data, size_t len); /* false: it is dead */
bool conn_blocked(const struct conn *c);                      /* bytes wait for the socket */
void conn_due(struct conn *c, uint64_t within_ms);            /* 0: no hurry */
void conn_sweep(struct http_server *s, uint64_t now_ms);
void conn_in_family(const struct sockaddr *from, struct in6_addr *to);

/* h1.c: HTTP/1 on a connection */
void h1_begin(struct conn *c);
void h1_input(struct conn *c, const char *data, size_t len);
void h1_process(struct conn *c); /* go on with what was read before */
void h1_send(struct txn *t);     /* the answer is ready, or there is more of it */
void h1_eof(struct conn *c);
void h1_gone(struct conn *c);
void h1_late(struct conn *c); /* its time is over */
void h1_answered(struct txn *t);
void h1_admitted(struct txn *t);
void h1_stored(struct txn *t);

/* h2.c: HTTP/2 on a connection */
int h2_begin(struct conn *c);
void h2_input(struct conn *c, const char *data, size_t len);
void h2_pump(struct conn *c);
void h2_send(struct txn *t);
void h2_wake(struct h2_stream *stream);  /* it has something to send again */
void h2_reset(struct h2_stream *stream); /* end it now */
void h2_admitted(struct txn *t);
void h2_stored(struct txn *t);
void h2_gone(struct conn *c);
void h2_goodbye(struct conn *c);
void h2_sweep(struct http_server *s, uint64_t now_ms);

/* request.c: from what was read to a struct http_request */
struct txn *txn_new(struct http_server *s, struct conn *c);
void txn_free(struct txn *t);
const char *request_keep(struct http_request_inner *in, const char *text, size_t len);
int request_read(struct txn *t);                      /* 0 or the status that says what is wrong */
bool txn_has_room(const struct txn *t, uint64_t len); /* for so much more of a body */
int txn_take_body(struct txn *t, const void *data, size_t len); /* 0, 413 or 503 */

/* intake.c: bodies in pieces */
int intake_begin(struct txn *t);         /* on a worker; 0, or res says why not */
bool intake_is_due(const struct txn *t); /* is there enough for a worker? */
void intake_store(struct txn *t);        /* then h1_stored() or h2_stored(), or it is refused */
void intake_whole(struct txn *t);        /* no more will come: store the rest, then dispatch */
void intake_drop(struct txn *t);

/* source.c: answers that are read while they are sent */
uint64_t source_left(const struct http_response *res);
uint64_t source_length(const struct http_response *res); /* of the answer's body, source or not */
bool source_is_open_ended(const struct http_response *res); /* nobody knows how much will come */
int source_fill(struct http_response *res);                 /* on a worker */
bool source_fetch(struct txn *t); /* the next piece, then it is sent on; false: not to be had */
void source_release(struct http_response *res);

/* router.c */
enum { MATCH_NONE = 0, MATCH_PATH = 1, MATCH_ROUTE = 2 };
int route_find(const struct http_route *routes, struct txn *t); /* or UV_ENOMEM */
bool route_takes_slashes(const struct http_route *route);
bool route_match(const char *pattern, const char *path, struct http_request_inner *inner);
void route_methods(const struct http_route *routes, struct txn *t, char *allow, size_t size);
bool route_takes(const struct http_route *route, const char *content_type);

/* reply.c */
void reply_init(struct http_response *res);
void reply_release(struct http_response *res);
void reply_error(struct txn *t, int err);
const char *reply_title(int status); /* "Not Found"; "Error" for one that is not known */

/* send.c: from a struct http_response to header fields */
typedef int put_fn(void *to, const char *name, size_t name_len, const char *value,
                   size_t value_len);
int send_fields(struct txn *t, put_fn *put, void *to);
void send_head_h1(struct txn *t, struct buf *out);
bool send_has_body(const struct txn *t); /* of this status, and for this method */
bool send_is_stream(const struct txn *t);

/* stream.c */
void stream_begin(struct txn *t);
void stream_gone(struct txn *t);
void stream_free(struct txn *t);

/* websocket.c */
int ws_admit(struct txn *t);
struct ws *ws_new(struct txn *t, struct conn *c, struct h2_stream *h2);
void ws_opened(struct ws *ws, struct txn *t); /* the upgrade is written: calls on_open */
void ws_input(struct ws *ws, const char *data, size_t len);
size_t ws_pull(struct ws *ws, char *to, size_t size); /* bytes for the wire; 0: none now */
bool ws_done(const struct ws *ws);                    /* both sides have said goodbye */
void ws_gone(struct ws *ws);                          /* tells, and frees */
void ws_pump(struct conn *c);
void ws_sweep(struct http_server *s, uint64_t now_ms);
void ws_close_all(struct http_server *s, int code);
void ws_accept_key(const char *key, char to[static 32]); /* RFC 6455 section 4.2.2 */
const struct ws_route *ws_route_find(const struct http_server *s, const char *path);
const char *ws_protocol(const struct ws *ws, const struct http_request *req); /* NULL: none */

/* txn.c: the life of a request */
int txn_headed(struct txn *t); /* 0, or the status it is refused with */
bool txn_needs_admission(const struct txn *t);
void txn_admit(struct txn *t); /* then h1_admitted() or h2_admitted(), or it is refused */
void txn_refuse(struct txn *t, int status);
bool txn_give(struct txn *t, enum lane lane, void (*fn)(void *arg),
              void (*done)(int err, void *arg)); /* to a worker; false: none can be had */
bool txn_came_back(struct txn *t); /* the worker let go of it; true: its client is still there */
void txn_dispatch(struct txn *t);  /* it is whole: have it answered */
void txn_answer(struct txn *t);
void txn_filled(struct txn *t, int err); /* what its handler returned: the answer, or a problem */
void txn_handled(struct txn *t); /* a late answer is filled in: audit it on a worker, then send */
struct about txn_about(const struct txn *t);
void txn_forget(struct txn *t); /* its peer is gone */
void txn_done(struct txn *t);   /* its answer is out */

/* server.c */
void server_maybe_stopped(struct http_server *s);
void server_unref(struct http_server *s);

/* later.c */
void later_handled(struct txn *t); /* the handler asked for it and has returned */
void later_gone(struct txn *t);    /* nobody will hear it: the client left, the handler failed */

/* static.c */
int site_open(struct site **sp, const char *root);
void site_close(struct site *site);
int site_serve(struct site *site, const struct http_request *req, struct http_response *res);

#endif
