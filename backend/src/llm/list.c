/**
 * @file llm/list.c  Fetching the list of models a provider has
 */
#include "llm/driver_inner.h"

#include "net/client.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_BODY_MAX = 4 << 20 };

typedef void name_fn(const char *name, int err, void *arg);

struct list {
    struct buf body;
    int status;
    void (*each)(const char *body, size_t len, name_fn *fn, void *arg);
    name_fn *fn;
    void *arg;
};

static void on_headers(struct http_call *call, int status, void *arg)
{
    (void)call;
    ((struct list *)arg)->status = status;
}

static void on_data(struct http_call *call, const char *data, size_t len, void *arg)
{
    (void)call;
    buf_append(&((struct list *)arg)->body, data, len);
}

static void on_done(struct http_call *call, int err, const char *why, void *arg)
{
    struct list *l = arg;

    (void)call;
    (void)why;
    if (!err)
        err = l->body.err;
    if (!err && l->status != 200)
        err = llm_status_error(l->status);
    if (!err && l->body.len)
        l->each(l->body.data, l->body.len, l->fn, l->arg);
    l->fn(NULL, err, l->arg);
    buf_release(&l->body);
    free(l);
}

int llm_list_start(struct http_client *client, const char *url, const char *const *headers,
                   void (*each)(const char *body, size_t len, name_fn *fn, void *arg), name_fn *fn,
                   void *arg)
{
    static const struct http_call_handlers handlers = {
        .on_headers = on_headers, .on_data = on_data, .on_done = on_done};
    struct list *l = calloc(1, sizeof(*l));
    struct http_call *call;
    int err;

    if (!l)
        return UV_ENOMEM;
    buf_init(&l->body, LIST_BODY_MAX);
    l->each = each;
    l->fn = fn;
    l->arg = arg;
    err = http_call_start(client,
                          &(struct http_call_request){.url = url,
                                                      .headers = headers,
                                                      .connect_timeout_ms = LLM_CONNECT_TIMEOUT_MS,
                                                      .total_timeout_ms = LLM_LIST_TIMEOUT_MS},
                          &handlers, l, &call);
    if (err)
        free(l);
    return err;
}
