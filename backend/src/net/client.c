/**
 * @file net/client.c  Outgoing HTTP: libcurl multi on the loop
 *
 * libcurl tells which descriptors and which timer it wants; libuv watches them; what they report
 * goes back in through curl_multi_socket_action(). Connections are kept and shared (HTTP/2 where
 * the server offers it).
 */
#include "net/client_internal.h"

#include <stdlib.h>

enum { CONNECTIONS_KEPT = 16 };

/* What libcurl wants to know about one descriptor. */
struct watch {
    uv_poll_t poll;
    struct http_client *client;
    curl_socket_t fd;
};

/* ----------------------------------------------------------------------- behind libcurl */

/** Do what handlers asked for while libcurl was on the stack. */
static void left_libcurl(struct http_client *client)
{
    struct http_call *call = client->calls;

    client->in_libcurl = false;
    while (client->closed) {
        struct http_call *closed = client->closed;

        client->closed = closed->next;
        call_take_from_libcurl(closed);
    }
    while (call) {
        struct http_call *next = call->next;

        if (!call->added && !call->unwatched)
            call->added = !curl_multi_add_handle(client->multi, call->easy);
        if (!call->added || call->unwatched) {
            call_finish(call, CURLE_OUT_OF_MEMORY);
            next = client->calls; /* its handler may have changed the list */
        }
        call = next;
    }
}

static void check_done(struct http_client *client)
{
    CURLMsg *msg;
    int left;

    while ((msg = curl_multi_info_read(client->multi, &left)) != NULL) {
        struct http_call *call = NULL;

        if (msg->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &call);
        call_finish(call, msg->data.result);
    }
}

/* -------------------------------------------------------------------------- descriptors */

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
    struct http_client *client = w->client;
    int flags = 0;
    int running;

    if (status)
        flags = CURL_CSELECT_ERR;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    client->in_libcurl = true;
    curl_multi_socket_action(client->multi, w->fd, flags, &running);
    left_libcurl(client);
    check_done(client);
}

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static int unwatch(struct http_client *client, curl_socket_t fd, struct watch *w)
{
    if (!w)
        return 0;
    uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, on_watch_closed);
    if (!client->closing)
        curl_multi_assign(client->multi, fd, NULL);
    return 0;
}

static struct watch *watch_new(struct http_client *client, curl_socket_t fd)
{
    struct watch *w = calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    if (uv_poll_init(loop_uv(client->loop), &w->poll, fd)) {
        free(w);
        return NULL;
    }
    w->poll.data = w;
    w->client = client;
    w->fd = fd;
    curl_multi_assign(client->multi, fd, w);
    return w;
}

/* An error told to libcurl here ends every transfer and the multi handle for good. Only the call
 * whose socket cannot be watched ends, as soon as libcurl has returned: left_libcurl(). */
static void cannot_watch(CURL *easy)
{
    struct http_call *call = NULL;

    if (!curl_easy_getinfo(easy, CURLINFO_PRIVATE, &call) && call)
        call->unwatched = true;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *userp, void *socketp)
{
    struct http_client *client = userp;
    struct watch *w = socketp;
    int events = 0;

    if (what == CURL_POLL_REMOVE)
        return unwatch(client, fd, w);
    if (what != CURL_POLL_OUT)
        events |= UV_READABLE;
    if (what != CURL_POLL_IN)
        events |= UV_WRITABLE;
    if (!w)
        w = watch_new(client, fd);
    if (!w || uv_poll_start(&w->poll, events, on_poll))
        cannot_watch(easy);
    return 0;
}

/* -------------------------------------------------------------------------------- timer */

static void on_timer(uv_timer_t *timer)
{
    struct http_client *client = timer->data;
    int running;

    client->in_libcurl = true;
    curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    left_libcurl(client);
    check_done(client);
}

static int on_timeout(CURLM *multi, long timeout_ms, void *userp)
{
    struct http_client *client = userp;

    (void)multi;
    if (timeout_ms < 0)
        uv_timer_stop(client->timer);
    else
        uv_timer_start(client->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

/* ----------------------------------------------------------------------------- lifetime */

static void on_wake(uv_async_t *wake)
{
    fetch_serve_all(wake->data);
}

int http_client_open(struct http_client **cp, struct loop *loop, struct errbuf *why)
{
    struct http_client *client = calloc(1, sizeof(*client));

    if (!client || curl_global_init(CURL_GLOBAL_DEFAULT)) {
        free(client);
        return err_set(why, UV_ENOMEM, "outgoing HTTP cannot start");
    }
    client->loop = loop;
    client->multi = curl_multi_init();
    client->timer = calloc(1, sizeof(*client->timer));
    client->wake = calloc(1, sizeof(*client->wake));
    if (!client->multi || !client->timer || !client->wake || uv_mutex_init(&client->lock) ||
        uv_async_init(loop_uv(loop), client->wake, on_wake)) {
        curl_multi_cleanup(client->multi);
        free(client->timer);
        free(client->wake);
        free(client);
        return err_set(why, UV_ENOMEM, "outgoing HTTP cannot start");
    }
    uv_timer_init(loop_uv(loop), client->timer);
    client->timer->data = client;
    client->wake->data = client;
    uv_unref((uv_handle_t *)client->wake); /* does not keep the loop running */
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    *cp = client;
    return 0;
}

static void on_handle_closed(uv_handle_t *handle)
{
    free(handle);
}

static void drop(struct http_call *call)
{
    void (*on_dropped)(void *arg) = call->h.on_dropped;
    void *arg = call->arg;

    call_close(call, true);
    if (on_dropped)
        on_dropped(arg);
}

void http_client_close(struct http_client *client)
{
    if (!client)
        return;
    while (client->calls)
        drop(client->calls);
    client->closing = true;
    curl_multi_cleanup(client->multi);
    uv_timer_stop(client->timer);
    uv_close((uv_handle_t *)client->timer, on_handle_closed);
    uv_close((uv_handle_t *)client->wake, on_handle_closed);
    uv_mutex_destroy(&client->lock);
    free(client);
    curl_global_cleanup();
}
