/**
 * @file llm/list.c  Fetching a provider's list of models, and details about one
 *
 * If the list does not give the context of the model in use, Ollama does in POST /api/show
 * {"model"} ("model_info": {"llama.context_length", "general.parameter_count"}), and llama.cpp's
 * server in GET /props ("default_generation_settings": {"n_ctx"}). These details are optional.
 */
#include "llm/driver_internal.h"

#include "base/json.h"
#include "base/text.h"
#include "net/client.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_BODY_MAX = 4 << 20 };

typedef void name_fn(const char *name, int err, void *arg);

struct list {
    struct http_client *client;
    struct llm_provider provider; /* its address and model; borrowed, like p */
    struct buf body;
    int status;
    const char *array;
    const char *member;
    name_fn *fn;
    void *arg;
    struct llm_facts *facts; /* the caller's; they outlive the client */
    char wanted[LLM_MODEL_MAX];
    bool llamacpp; /* the server identifies itself as llama.cpp */
    bool details;  /* the list has arrived: .body is for the details */
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

/** Of the parameters, or of the size that Ollama adds ("134.52M", "3.2B"). */
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

static void note(struct list *l, const json_t *item, const char *name)
{
    struct llm_facts *f = l->facts;
    const char *owner = json_str(item, "owned_by");

    if (!f || (f->model[0] && !llm_same_model(name, l->wanted)))
        return;
    text_copy(f->model, sizeof(f->model), name, strlen(name));
    f->chosen = l->provider.any_model || llm_same_model(name, l->wanted);
    f->context = context_of(item);
    f->millions = millions_of(item, name);
    l->llamacpp = owner && !strcmp(owner, "llamacpp");
}

/** UV_EPROTO: not a list, so there is no model server at that address. */
static int each_name(struct list *l)
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

/** The value of the member with this suffix: "llama.context_length", "qwen2.context_length" … */
static int64_t ending(const json_t *obj, const char *end)
{
    const char *name;
    json_t *value;
    size_t n = strlen(end);

    json_object_foreach((json_t *)(uintptr_t)obj, name, value)
    {
        size_t len = strlen(name);

        if (len >= n && !strcmp(name + len - n, end) && json_is_integer(value))
            return json_integer_value(value);
    }
    return 0;
}

static void note_details(const struct list *l)
{
    json_t *root = json_parse(l->body.data ? l->body.data : "", l->body.len);
    const json_t *info = json_object_get(root, "model_info");
    int64_t context = json_int(json_object_get(root, "default_generation_settings"), "n_ctx", 0);
    int64_t count = json_int(info, "general.parameter_count", 0);

    if (context <= 0)
        context = ending(info, ".context_length");
    if (context > 0 && context < 1 << 30)
        l->facts->context = (int)context;
    if (count >= 1000000)
        l->facts->millions = (int)(count / 1000000);
    json_decref(root);
}

static int list_call(struct list *l, const struct http_call_request *request);

/** The request body of /api/show. */
static int put_model(struct buf *body, const char *model)
{
    json_t *obj = json_object();

    json_set_str(obj, "model", model);
    json_write(body, obj);
    json_decref(obj);
    return body->err;
}

/** false: there are no more details. */
static bool ask_details(struct list *l)
{
    const struct llm_provider *p = &l->provider;
    bool ollama = !strcmp(p->driver->name, "ollama");
    char key[LLM_KEY_HEADER_MAX] = "";
    const char *headers[] = {ollama       ? "Content-Type: application/json"
                             : p->api_key ? key
                                          : NULL,
                             NULL};
    char url[LLM_URL_MAX];
    struct buf body;
    int err;

    if (!l->facts || !l->facts->model[0] || !l->facts->chosen || l->facts->context ||
        (!ollama && !l->llamacpp) ||
        llm_endpoint(url, sizeof(url), p, ollama ? "/api/show" : "/props"))
        return false;
    buf_init(&body, LLM_URL_MAX);
    err = ollama ? put_model(&body, l->facts->model) : 0;
    if (!err && !ollama && p->api_key)
        err = llm_key_header(key, sizeof(key), p);
    l->details = true;
    buf_clear(&l->body);
    if (!err)
        err = list_call(l, &(struct http_call_request){.method = ollama ? "POST" : "GET",
                                                       .url = url,
                                                       .headers = headers,
                                                       .body = body.data,
                                                       .body_len = body.len});
    explicit_bzero(key, sizeof(key));
    buf_release(&body);
    return !err;
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
    if (l->details) {
        if (!err)
            note_details(l);
        end(l, 0);
        return;
    }
    if (!err)
        err = each_name(l);
    if (err || !ask_details(l))
        end(l, err);
}

static int list_call(struct list *l, const struct http_call_request *request)
{
    static const struct http_call_handlers handlers = {
        .on_headers = on_headers, .on_data = on_data, .on_done = on_done, .on_dropped = on_dropped};
    struct http_call_request r = *request;

    r.connect_timeout_ms = LLM_CONNECT_TIMEOUT_MS;
    r.total_timeout_ms = LLM_LIST_TIMEOUT_MS;
    return http_call_start(l->client, &r, &handlers, l, NULL);
}

int llm_list_start(struct http_client *client, const struct llm_provider *p, const char *path,
                   const char *const *headers, const char *array, const char *member, name_fn *fn,
                   void *arg)
{
    struct list *l;
    char url[LLM_URL_MAX];
    int err = llm_endpoint(url, sizeof(url), p, path);

    if (err)
        return err;
    l = calloc(1, sizeof(*l));
    if (!l)
        return UV_ENOMEM;
    buf_init(&l->body, LIST_BODY_MAX);
    l->client = client;
    l->provider = *p;
    l->array = array;
    l->member = member;
    l->fn = fn;
    l->arg = arg;
    l->facts = p->facts;
    if (l->facts)
        l->facts->model[0] = '\0';
    if (p->model)
        text_copy(l->wanted, sizeof(l->wanted), p->model, strlen(p->model));
    err = list_call(l, &(struct http_call_request){.url = url, .headers = headers});
    if (err)
        free(l);
    return err;
}
