/**
 * @file llm/list.c  Fetching the list of models a provider has
 */
#include "llm/driver_inner.h"

#include "base/json.h"
#include "base/text.h"
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
    struct llm_facts *facts; /* of who asks; they outlive the client */
    char wanted[LLM_MODEL_MAX];
};

bool llm_same_model(const char *listed, const char *wanted)
{
    size_t len = strlen(wanted);

    return !strncmp(listed, wanted, len) && (!listed[len] || !strcmp(listed + len, ":latest"));
}

/** llama.cpp {"meta": {"n_ctx", "n_params"}}, vLLM "max_model_len", LM Studio
 *  "loaded_context_length", OpenRouter and Together "context_length". */
static int context_of(const json_t *item)
{
    static const char *const members[] = {"loaded_context_length", "max_model_len",
                                          "context_length", "max_context_length"};
    int64_t n = json_int(json_object_get(item, "meta"), "n_ctx", 0);

    for (size_t i = 0; !n && i < sizeof(members) / sizeof(members[0]); i++)
        n = json_int(item, members[i], 0);
    return n > 0 && n < 1 << 30 ? (int)n : 0;
}

/** Of the parameters, or of the size that Ollama writes beside ("134.52M", "3.2B"). */
static int millions_of(const json_t *item, const char *name)
{
    int64_t n = json_int(json_object_get(item, "meta"), "n_params", 0);
    const char *size = json_str(json_object_get(item, "details"), "parameter_size");

    if (n >= 1000000)
        return (int)(n / 1000000);
    if (size && *size)
        return llm_millions_of(size);
    return llm_millions_of(name);
}

static void note(const struct list *l, const json_t *item, const char *name)
{
    struct llm_facts *f = l->facts;

    if (!f || (f->model[0] && !llm_same_model(name, l->wanted)))
        return;
    text_copy(f->model, sizeof(f->model), name, strlen(name));
    f->context = context_of(item);
    f->millions = millions_of(item, name);
}

/** UV_EPROTO: it is no list, so whoever listens there is no server of models. */
static int each_name(const struct list *l)
{
    json_t *root = json_parse(l->body.data ? l->body.data : "", l->body.len);
    json_t *all = json_object_get(root, l->array);
    int err = json_is_array(all) || json_is_null(all) ? 0 : UV_EPROTO;
    json_t *item;
    size_t i;

    if (!root && json_starved())
        return UV_ENOMEM;
    json_array_foreach(all, i, item)
    {
        const char *name = json_str(item, l->member);

        if (!name)
            continue;
        note(l, item, name);
        l->fn(name, 0, l->arg);
    }
    json_decref(root);
    return err;
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
    if (!err && l->status / 100 != 2)
        err = llm_status_error(l->status);
    if (!err)
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
    int err = llm_endpoint(url, sizeof(url), p, path);

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
    l->facts = p->facts;
    if (l->facts)
        l->facts->model[0] = '\0';
    if (p->model)
        text_copy(l->wanted, sizeof(l->wanted), p->model, strlen(p->model));
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
