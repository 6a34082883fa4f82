/**
 * @file llm/list.c  Fetching the list of models a provider has
 */
#include "llm/driver_inner.h"

#include "base/json.h"
#include "net/client.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_BODY_MAX = 4 << 20 };

typedef void name_fn(const char *name, int err, void *arg);

struct list {
    struct buf body;
    int status;
    const char *array;
    const char *member;
    name_fn *fn;
    void *arg;
};

static int each_name(const struct list *l)
{
    json_t *root = json_parse(l->body.data, l->body.len);
    json_t *item;
    size_t i;

    if (!root && json_starved())
        return UV_ENOMEM;
    json_array_foreach(json_object_get(root, l->array), i, item)
    {
        const char *name = json_str(item, l->member);

        if (name)
            l->fn(name, 0, l->arg);
    }
    json_decref(root);
    return 0;
}

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

static void end(struct list *l, int err)
{
    l->fn(NULL, err, l->arg);
    buf_release(&l->body);
    free(l);
}

static void on_dropped(void *arg)
{
    end(arg, UV_ECANCELED);
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
        err = each_name(l);
    end(l, err);
}

int llm_list_start(struct http_client *client, const struct llm_provider *p, const char *path,
                   const char *const *headers, const char *array, const char *member, name_fn *fn,
                   void *arg)
{
    static const struct http_call_handlers handlers = {
        .on_headers = on_headers, .on_data = on_data, .on_done = on_done, .on_dropped = on_dropped};
    struct list *l;
    struct http_call *call;
    char url[LLM_URL_MAX];
    int err = llm_join_url(url, sizeof(url), p, path);

    if (err)
        return err;
    l = calloc(1, sizeof(*l));
    if (!l)
        return UV_ENOMEM;
    buf_init(&l->body, LIST_BODY_MAX);
    l->array = array;
    l->member = member;
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
