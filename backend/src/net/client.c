/**
 * @file net/client.c  Outgoing HTTP: libcurl multi on the loop
 *
 * libcurl tells which descriptors and which timer it wants; libuv watches them; what they report
 * goes back in through curl_multi_socket_action(). Connections are kept and shared (HTTP/2 where
 * the server offers it). A cancelled call takes its connection with it, so that the provider
 * stops computing at once.
 *
 * libcurl may not be given or lose a call while it is itself on the stack, that is, inside the
 * handlers of a call. What handlers start and close meanwhile is given and taken when libcurl has
 * returned, in the same turn (left_libcurl()). All else follows the rule of loop/loop.h.
 *
 * Addresses and headers carry keys: nothing here is ever logged, and the sentences in `why` name
 * the host only.
 */
#include "net/client.h"

#include "base/about.h"
#include "base/clock.h"
#include "base/text.h"
#include "loop/loop.h"
#include "loop/wait.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECT_DEFAULT_MS = 5000,
    IDLE_DEFAULT_MS = 30000,
    REPLY_HEADERS_MAX = 32 << 10,
    CONNECTIONS_KEPT = 16,
    WHY_MAX = 256,
    RETRY_AFTER_MAX_S = 3600,
    CONNECTION_AGE_S =
        900,        /* of an idle one that is still used; between two questions pass minutes */
    LEFT_MS = 1000, /* for a call that was let go */
    LEFT_MAX = 256 << 10,
};

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
    bool unwatched; /* nothing will tell of its socket: it ends */
    bool closed;
    char why[WHY_MAX];
};

/* What libcurl wants to know about one descriptor. */
struct watch {
    uv_poll_t poll;
    struct http_client *client;
    curl_socket_t fd;
};

static void check_done(struct http_client *client);
static void left_libcurl(struct http_client *client);
static void on_wake(uv_async_t *wake);

/* ---------------------------------------------------------- descriptors */

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

/* ---------------------------------------------------------------- timer */

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

/* -------------------------------------------------------------- replies */

static void keep_header(struct http_call *call, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    const char *value;
    const char *end = line + len;

    if (!colon)
        return;
    value = colon + 1;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
        end--;
    buf_append(&call->reply_headers, line, (size_t)(colon - line));
    buf_putc(&call->reply_headers, '\0');
    buf_append(&call->reply_headers, value, (size_t)(end - value));
    buf_putc(&call->reply_headers, '\0');
}

static void heard(struct http_call *call)
{
    call->heard_ms = clock_mono_ms();
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
    struct http_call *call = arg;
    size_t len = size * count;

    heard(call);
    if (len > 5 && memcmp(line, "HTTP/", 5) == 0)
        buf_clear(&call->reply_headers); /* an interim response came before */
    else
        keep_header(call, line, len);
    return call->reply_headers.err ? 0 : len;
}

static void tell_headers(struct http_call *call)
{
    long status = 0;

    if (call->headers_told || call->closed)
        return;
    call->headers_told = true;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    call->status = (int)status;
    if (call->h.on_headers)
        call->h.on_headers(call, call->status, call->arg);
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct http_call *call = arg;
    size_t len = size * count;

    heard(call);
    tell_headers(call);
    if (!call->closed && call->h.on_data)
        call->h.on_data(call, data, len, call->arg);
    return call->closed ? CURL_WRITEFUNC_ERROR : len;
}

int http_call_status(const struct http_call *call)
{
    return call->status;
}

const char *http_call_header(const struct http_call *call, const char *name)
{
    const char *p = call->reply_headers.data;
    const char *end = p ? p + call->reply_headers.len : NULL;

    while (p && p < end) {
        const char *value = p + strlen(p) + 1;

        if (value >= end)
            break;
        if (text_equal_nocase(p, name))
            return value;
        p = value + strlen(value) + 1;
    }
    return NULL;
}

/* --------------------------------------------------------------- the end */

static int error_code(const struct http_call *call, CURLcode rc)
{
    if (call->idle_out)
        return UV_ETIMEDOUT;
    switch (rc) {
    case CURLE_OK:
        return 0;
    case CURLE_OPERATION_TIMEDOUT:
        return UV_ETIMEDOUT;
    case CURLE_COULDNT_CONNECT:
        return UV_ECONNREFUSED;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return UV_EAI_NONAME;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return UV_ECONNRESET;
    case CURLE_OUT_OF_MEMORY:
        return UV_ENOMEM;
    case CURLE_WRITE_ERROR:
        return UV_ENOBUFS;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return UV_EINVAL;
    default:
        return UV_EPROTO;
    }
}

/* Host and what happened; libcurl's own text may quote the address, so it is not used. */
static const char *explain(struct http_call *call, int err, CURLcode rc)
{
    char *url = NULL;
    char *host = NULL;
    CURLU *parts = curl_url();

    if (!err) {
        curl_url_cleanup(parts);
        return NULL;
    }
    curl_easy_getinfo(call->easy, CURLINFO_EFFECTIVE_URL, &url);
    if (parts && url && !curl_url_set(parts, CURLUPART_URL, url, 0))
        curl_url_get(parts, CURLUPART_HOST, &host, 0);
    snprintf(call->why, sizeof(call->why), "%s: %s", host ? host : "the server",
             call->idle_out ? "no answer for too long" : curl_easy_strerror(rc));
    curl_free(host);
    curl_url_cleanup(parts);
    return call->why;
}

static void call_free(void *arg)
{
    struct http_call *call = arg;

    buf_release(&call->reply_headers);
    free(call);
}

/* Not while libcurl is on the stack. */
static void take_from_libcurl(struct http_call *call)
{
    if (call->hang_up && call->easy)
        /* A call with bytes still to come cannot share its connection with the next: libcurl
         * closes it when the transfer is removed half-way (HTTP/2: the stream is reset). */
        curl_easy_setopt(call->easy, CURLOPT_FORBID_REUSE, 1L);
    if (call->added)
        curl_multi_remove_handle(call->client->multi, call->easy);
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    curl_slist_free_all(call->mail_to);
    free(call->body);
    loop_free_later(call->client->loop, call, call_free);
}

static void call_close(struct http_call *call, bool hang_up)
{
    struct http_client *client = call->client;

    if (call->closed)
        return;
    call->closed = true;
    call->hang_up = hang_up;
    *call->prev = call->next;
    if (call->next)
        call->next->prev = call->prev;
    timer_close(call->idle);
    if (!client->in_libcurl) {
        take_from_libcurl(call);
        return;
    }
    call->next = client->closed;
    client->closed = call;
}

static void finish(struct http_call *call, CURLcode rc)
{
    const char *why;
    int err;

    if (rc == CURLE_OK)
        tell_headers(call);
    if (call->closed)
        return;
    err = error_code(call, rc);
    why = explain(call, err, rc);
    call_close(call, rc != CURLE_OK);
    call->h.on_done(call, err, why, call->arg);
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
        finish(call, msg->data.result);
    }
}

void http_call_cancel(struct http_call *call)
{
    if (call)
        call_close(call, true);
}

static void left_data(struct http_call *call, const char *data, size_t len, void *arg)
{
    (void)data;
    (void)arg;
    call->left += len;
    if (call->left > LEFT_MAX)
        http_call_cancel(call);
}

static void left_done(struct http_call *call, int err, const char *why, void *arg)
{
    (void)call;
    (void)err;
    (void)why;
    (void)arg;
}

static void on_left_too_long(void *arg)
{
    http_call_cancel(arg);
}

void http_call_let_go(struct http_call *call)
{
    if (!call || call->closed)
        return;
    call->h = (struct http_call_handlers){.on_data = left_data, .on_done = left_done};
    call->left = 1;
    timer_close(call->idle);
    call->idle = NULL;
    if (timer_open(&call->idle, call->client->loop, on_left_too_long, call) ||
        timer_start(call->idle, LEFT_MS, 0))
        call_close(call, true);
}

/** Do what handlers asked for while libcurl was on the stack. */
static void left_libcurl(struct http_client *client)
{
    struct http_call *call = client->calls;

    client->in_libcurl = false;
    while (client->closed) {
        struct http_call *closed = client->closed;

        client->closed = closed->next;
        take_from_libcurl(closed);
    }
    while (call) {
        struct http_call *next = call->next;

        if (!call->added && !call->unwatched)
            call->added = !curl_multi_add_handle(client->multi, call->easy);
        if (!call->added || call->unwatched) {
            finish(call, CURLE_OUT_OF_MEMORY);
            next = client->calls; /* its handler may have changed the list */
        }
        call = next;
    }
}

static void on_idle(void *arg)
{
    struct http_call *call = arg;
    uint64_t silent = clock_mono_ms() - call->heard_ms;

    if (silent < call->idle_ms) {
        timer_start(call->idle, call->idle_ms - silent, 0);
        return;
    }
    call->idle_out = true;
    finish(call, CURLE_OPERATION_TIMEDOUT);
}

/* --------------------------------------------------------------- start */

/* Whoever answers can say what of it was theirs (W3C Trace Context). */
static bool add_trace(struct http_call *call, const struct trace_context *trace)
{
    char header[sizeof("traceparent: ") + TRACE_HEADER_MAX] = "traceparent: ";
    struct curl_slist *list;

    trace_format(trace, header + strlen(header));
    list = curl_slist_append(call->headers, header);
    if (list)
        call->headers = list;
    return list != NULL;
}

static int add_headers(struct http_call *call, const struct http_call_request *req)
{
    struct trace_context trace = about_get().trace;
    bool expect = false;

    for (const char *const *h = req->headers; h && *h; h++) {
        struct curl_slist *list = curl_slist_append(call->headers, *h);

        if (!list)
            return UV_ENOMEM;
        call->headers = list;
        expect = expect || strncasecmp(*h, "expect:", 7) == 0;
    }
    if (trace_is_set(&trace) && !add_trace(call, &trace))
        return UV_ENOMEM;
    if (!expect && req->body) {
        struct curl_slist *list = curl_slist_append(call->headers, "Expect:");

        if (!list)
            return UV_ENOMEM; /* without it a second is lost waiting for 100 Continue */
        call->headers = list;
    }
    return 0;
}

static int set_body(struct http_call *call, const struct http_call_request *req)
{
    if (!req->body)
        return 0;
    call->body = malloc(req->body_len + 1);
    if (!call->body)
        return UV_ENOMEM;
    memcpy(call->body, req->body, req->body_len);
    call->body_len = req->body_len;
    if (req->mail_from)
        return 0;
    curl_easy_setopt(call->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->body_len);
    curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, call->body);
    return 0;
}

static void set_limits(struct http_call *call, const struct http_call_request *req)
{
    long connect =
        (long)(req->connect_timeout_ms ? req->connect_timeout_ms : (uint64_t)CONNECT_DEFAULT_MS);

    curl_easy_setopt(call->easy, CURLOPT_CONNECTTIMEOUT_MS, connect);
    curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, (long)req->total_timeout_ms);
    call->idle_ms = req->idle_timeout_ms ? req->idle_timeout_ms : (uint64_t)IDLE_DEFAULT_MS;
}

static size_t read_mail(char *to, size_t size, size_t count, void *arg)
{
    struct http_call *call = arg;
    size_t left = call->body_len - call->body_at;
    size_t n = left < size * count ? left : size * count;

    heard(call);
    memcpy(to, call->body + call->body_at, n);
    call->body_at += n;
    return n;
}

/* Whoever reads a link that sets a password sets it: so not in clear over a network. */
static bool is_on_this_machine(const char *url)
{
    CURLU *parts = curl_url();
    char *host = NULL;
    bool is = parts && !curl_url_set(parts, CURLUPART_URL, url, 0) &&
              !curl_url_get(parts, CURLUPART_HOST, &host, 0) &&
              (!strcmp(host, "localhost") || !strncmp(host, "127.", 4) || !strcmp(host, "[::1]"));

    curl_free(host);
    curl_url_cleanup(parts);
    return is;
}

static int set_mail(struct http_call *call, const struct http_call_request *req)
{
    CURL *e = call->easy;

    call->mail_to = curl_slist_append(NULL, req->mail_to);
    if (!call->mail_to)
        return UV_ENOMEM;
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(e, CURLOPT_MAIL_FROM, req->mail_from);
    curl_easy_setopt(e, CURLOPT_MAIL_RCPT, call->mail_to);
    curl_easy_setopt(e, CURLOPT_USE_SSL,
                     (long)(is_on_this_machine(req->url) ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(e, CURLOPT_READFUNCTION, read_mail);
    curl_easy_setopt(e, CURLOPT_READDATA, call);
    return 0;
}

static int set_options(struct http_call *call, const struct http_call_request *req)
{
    CURL *e = call->easy;

    if (curl_easy_setopt(e, CURLOPT_URL, req->url))
        return UV_EINVAL;
    curl_easy_setopt(e, CURLOPT_PRIVATE, call);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    /* Not asked for, and understood when a server compresses all the same. */
    curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "identity");
    curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, (long)CONNECTION_AGE_S);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "interviewd");
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, call);
    set_limits(call, req);
    if (set_body(call, req))
        return UV_ENOMEM;
    if (req->mail_from)
        return set_mail(call, req);
    if (add_headers(call, req))
        return UV_ENOMEM;
    if (req->method && strcmp(req->method, "HEAD") == 0)
        curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
    else if (req->method)
        curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, req->method);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, call->headers);
    return 0;
}

static void link_call(struct http_client *client, struct http_call *call)
{
    call->next = client->calls;
    call->prev = &client->calls;
    if (call->next)
        call->next->prev = &call->next;
    client->calls = call;
}

int http_call_start(struct http_client *client, const struct http_call_request *req,
                    const struct http_call_handlers *h, void *arg, struct http_call **callp)
{
    struct http_call *call;
    int err = UV_ENOMEM;

    if (client->closing)
        return UV_ECANCELED;
    call = calloc(1, sizeof(*call));
    if (!call)
        return UV_ENOMEM;
    call->client = client;
    call->h = *h;
    call->arg = arg;
    buf_init(&call->reply_headers, REPLY_HEADERS_MAX);
    link_call(client, call);
    call->easy = curl_easy_init();
    if (call->easy)
        err = set_options(call, req);
    if (!err)
        err = timer_open(&call->idle, client->loop, on_idle, call);
    if (!err)
        err = timer_start(call->idle, call->idle_ms, 0);
    if (!err && !client->in_libcurl) {
        call->added = !curl_multi_add_handle(client->multi, call->easy);
        err = call->added ? 0 : UV_ENOMEM;
    }
    if (err) {
        call_close(call, true);
        return err;
    }
    heard(call);
    if (callp)
        *callp = call;
    return 0;
}

/* ------------------------------------------------------------- lifetime */

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

/* ------------------------------------------------------- blocking form */

/* One worker's wait. Only the loop thread starts and ends it, so one that has not ended stays where
 * it is while the loop thread looks at it. */
struct fetch {
    struct fetch *next; /* {client->lock} */
    struct http_client *client;
    const struct http_call_request *req;
    const struct http_stop *stop;
    struct http_call *call;
    struct http_reply *reply;
    struct errbuf *err;
    struct wait finished;
    struct trace_context trace; /* of whoever waits */
    bool started;
    bool ended;
    int rc;
};

static uint64_t retry_after(const struct http_call *call)
{
    const char *text = http_call_header(call, "retry-after");
    int64_t s;

    if (!text || !text_to_int64(text, 0, RETRY_AFTER_MAX_S, &s))
        return 0;
    return (uint64_t)s * 1000;
}

static void fetch_end(struct fetch *f, int rc, const char *why)
{
    f->rc = rc;
    f->ended = true;
    if (rc)
        err_set(f->err, rc, "%s", why ? why : uv_strerror(rc));
    wait_end(&f->finished);
}

static void fetch_data(struct http_call *call, const char *data, size_t len, void *arg)
{
    struct fetch *f = arg;

    if (!buf_append(&f->reply->body, data, len))
        return;
    http_call_cancel(call);
    fetch_end(f, UV_ENOBUFS, "the answer is too large");
}

static void fetch_done(struct http_call *call, int err, const char *why, void *arg)
{
    struct fetch *f = arg;

    f->reply->status = call->status;
    f->reply->retry_after_ms = retry_after(call);
    fetch_end(f, err, why);
}

static void fetch_start(struct fetch *f)
{
    static const struct http_call_handlers h = {.on_data = fetch_data, .on_done = fetch_done};
    struct about before = about_set((struct about){.trace = f->trace});
    int err = http_call_start(f->client, f->req, &h, f, &f->call);

    about_set(before);
    f->started = true;
    if (err)
        fetch_end(f, err, NULL);
}

static void fetch_abort(struct fetch *f)
{
    if (f->started)
        http_call_cancel(f->call);
    fetch_end(f, UV_ECANCELED, "the request was given up");
}

static bool is_stopped(const struct fetch *f)
{
    return f->client->stopped || (f->stop && f->stop->set);
}

/* The first one that there is something to do for. */
static struct fetch *fetch_next(struct http_client *client)
{
    struct fetch *f;

    uv_mutex_lock(&client->lock);
    f = client->fetches;
    while (f && (f->ended || (f->started && !is_stopped(f))))
        f = f->next;
    uv_mutex_unlock(&client->lock);
    return f;
}

static void serve_fetches(struct http_client *client)
{
    struct fetch *f;

    while ((f = fetch_next(client))) {
        if (is_stopped(f))
            fetch_abort(f);
        else
            fetch_start(f);
    }
}

static void on_wake(uv_async_t *wake)
{
    serve_fetches(wake->data);
}

/* UV_ECANCELED: too late. */
static int fetch_link(struct fetch *f)
{
    struct http_client *client = f->client;
    int err = 0;

    uv_mutex_lock(&client->lock);
    if (client->stopped) {
        err = UV_ECANCELED;
    } else {
        f->next = client->fetches;
        client->fetches = f;
        uv_async_send(client->wake);
    }
    uv_mutex_unlock(&client->lock);
    return err;
}

static void fetch_unlink(struct fetch *f)
{
    struct fetch **at = &f->client->fetches;

    uv_mutex_lock(&f->client->lock);
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    uv_mutex_unlock(&f->client->lock);
}

int http_fetch(struct http_client *client, const struct http_call_request *req, size_t body_max,
               const struct http_stop *stop, struct http_reply *reply, struct errbuf *why)
{
    struct fetch f = {.client = client,
                      .req = req,
                      .stop = stop,
                      .reply = reply,
                      .err = why,
                      .trace = about_get().trace};
    int err;

    if (loop_is_current(client->loop))
        return err_set(why, UV_EINVAL, "http_fetch() would block the loop");
    *reply = (struct http_reply){.status = 0};
    buf_init(&reply->body, body_max);
    wait_check(WAIT_LOOP, "a far server");
    err = wait_open(&f.finished);
    if (err)
        return err;
    err = fetch_link(&f);
    if (err) {
        err_set(why, err, "the program is ending");
    } else {
        wait_for(&f.finished, WAIT_LOOP, "a far server", 0);
        fetch_unlink(&f);
        err = f.rc;
    }
    wait_close(&f.finished);
    if (err)
        buf_release(&reply->body);
    return err;
}

void http_fetch_stop(struct http_client *client, struct http_stop *stop)
{
    stop->set = true;
    if (loop_is_current(client->loop))
        serve_fetches(client); /* the loop may not turn any more */
    else
        uv_async_send(client->wake);
}

void http_client_stop(struct http_client *client)
{
    uv_mutex_lock(&client->lock);
    client->stopped = true;
    uv_mutex_unlock(&client->lock);
    serve_fetches(client);
}
