/**
 * @file net/client_call.c  One call: what is asked of libcurl, what comes back, how it ends
 *
 * A cancelled call takes its connection with it, so that the provider stops computing at once.
 *
 * Addresses and headers carry keys: nothing here is ever logged, and the sentences in `why` name
 * the host only.
 */
#include "net/client_internal.h"

#include "base/about.h"
#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECT_DEFAULT_MS = 5000,
    IDLE_DEFAULT_MS = 30000,
    REPLY_HEADERS_MAX = 32 << 10,
    CONNECTION_AGE_S = 900, /* an idle one is used again; minutes pass between two questions */
    LEFT_MS = 1000,         /* for a call that was let go */
    LEFT_MAX = 256 << 10,
};

/* ------------------------------------------------------------------------------ replies */

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

/* ------------------------------------------------------------------------------ the end */

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
void call_take_from_libcurl(struct http_call *call)
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

void call_close(struct http_call *call, bool hang_up)
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
        call_take_from_libcurl(call);
        return;
    }
    call->next = client->closed;
    client->closed = call;
}

void call_finish(struct http_call *call, CURLcode rc)
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

static void on_idle(void *arg)
{
    struct http_call *call = arg;
    uint64_t silent = clock_mono_ms() - call->heard_ms;

    if (silent < call->idle_ms) {
        timer_start(call->idle, call->idle_ms - silent, 0);
        return;
    }
    call->idle_out = true;
    call_finish(call, CURLE_OPERATION_TIMEDOUT);
}

/* -------------------------------------------------------------------------------- start */

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
