/**
 * @file net/client_fetch.c  The blocking form of outgoing HTTP: a worker waits, the loop works
 */
#include "net/client_internal.h"

#include "base/about.h"
#include "base/text.h"
#include "loop/wait.h"

enum { RETRY_AFTER_MAX_S = 3600 };

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

/* -------------------------------------------------------------------------- on the loop */

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

void fetch_serve_all(struct http_client *client)
{
    struct fetch *f;

    while ((f = fetch_next(client))) {
        if (is_stopped(f))
            fetch_abort(f);
        else
            fetch_start(f);
    }
}

/* ------------------------------------------------------------------------ on the worker */

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

/* ------------------------------------------------------------------------------- ending */

void http_fetch_stop(struct http_client *client, struct http_stop *stop)
{
    stop->set = true;
    if (loop_is_current(client->loop))
        fetch_serve_all(client); /* the loop may not turn any more */
    else
        uv_async_send(client->wake);
}

void http_client_stop(struct http_client *client)
{
    uv_mutex_lock(&client->lock);
    client->stopped = true;
    uv_mutex_unlock(&client->lock);
    fetch_serve_all(client);
}
