/**
 * @file api/socket.h  Common part of both WebSockets: signing in and joining an interview
 *
 * A socket opens and authenticates (with the Authorization header, or a first message within
 * SOCKET_SIGN_IN_MS), its session is loaded on a worker, and it joins that interview. Earlier
 * messages wait in a bounded queue.
 *
 * A socket lives as long as its sign-in: it is closed when that ends (api/presence.h), and also
 * when its access token expires, unless a new one came in another `authenticate` before. `expiring`
 * is sent SOCKET_REMIND_MS earlier as a reminder.
 *
 *     socket_open(&s, ws, req, app, &kind, owner);     // kind: what to do with messages
 *         kind.on_joined -> kind.on_text / kind.on_binary ... -> socket_closed() frees
 *
 * Close codes as in docs/api/openapi.yaml: 1001 the server goes away, 4401 not signed in, 4404 no
 * such session, 1008 a message that breaks the rules, 1011 the server failed, 1013 full.
 *
 * Threads    Loop thread only.
 */
#ifndef API_SOCKET_H
#define API_SOCKET_H

#include "api/app.h"
#include "live/live.h"

#include <jansson.h>

enum {
    SOCKET_SIGN_IN_MS = 5000,     /**< Then 4401 */
    SOCKET_REMIND_MS = 60000,     /**< Before the token expires; for a short lifetime, half of it */
    SOCKET_WAITING_MAX = 4 << 20, /**< Bytes queued while the session loads; then 1008 */
    SOCKET_FRAME_MAX = 256 << 10, /**< Largest audio frame, [bytes] */
    SOCKET_CLOSE_AWAY = 1001,
    SOCKET_CLOSE_RULES = 1008,
    SOCKET_CLOSE_TOO_BIG = 1009,
    SOCKET_CLOSE_FAILED = 1011,
    SOCKET_CLOSE_FULL = 1013,
    SOCKET_CLOSE_SIGN_IN = 4401,
    SOCKET_CLOSE_NO_SESSION = 4404,
    SOCKET_CLOSE_TAKEN =
        4409, /**< Its client continues on another socket, or another page listens */
};

struct socket;

struct socket_kind {
    const char *path; /**< For metrics */
    /** Signed in and joined; queued messages follow. 0, or a negative code that closes (1011). */
    int (*on_joined)(struct socket *s, void *owner);
    void (*on_message)(struct socket *s, json_t *msg, void *owner); /**< msg is borrowed */
    void (*on_audio)(struct socket *s, const void *data, size_t len,
                     void *owner); /**< (optional) */
    void (*on_gone)(void *owner);  /**< The last call; frees owner. The live is left afterwards */
};

struct socket {
    struct app *app;
    const char *user;    /**< "" until it has signed in */
    const char *session; /**< From its address; "": none */
    struct ws *ws;       /**< NULL once it is gone */
    struct live *live;   /**< NULL until joined */
    bool lapsed;         /**< Closed because its token expired: the client may come back */
    const struct socket_kind *kind;
    void *owner;
    struct socket_inner *inner;
};

/** Returns 0, or the close code to refuse with. */
int socket_open(struct socket **sp, struct ws *ws, const struct http_request *req, struct app *app,
                const struct socket_kind *kind, void *owner);
void socket_text(struct socket *s, const char *text, size_t len);
void socket_binary(struct socket *s, const void *data, size_t len);
void socket_closed(struct socket *s, int code);

/** Sends an error message; with a close code it is also the end. Safe if the socket is gone. */
void socket_error(struct socket *s, const char *code, const char *message, int close_code);

/** Call before audio of this socket is recognised: false if the user's limit is reached; the socket
 *  is then closed. Its place is given back when it closes. Calling it again does no harm. */
bool socket_listen(struct socket *s);

/** Queues its messages until socket_go_on(), so that they keep their order while a worker looks
 *  something up. Returns its id for socket_held(): it may be gone by then. */
uint64_t socket_hold(struct socket *s);
struct socket *socket_held(struct app *app, uint64_t name); /**< NULL: it is closed */
void socket_go_on(struct socket *s); /**< Also allowed for a socket that was closed meanwhile */

/** live_event_fn with the socket as arg. */
void socket_event(const struct live_event *event, void *arg);

#endif
