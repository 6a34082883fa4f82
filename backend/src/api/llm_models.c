/**
 * @file api/llm_models.c  Which models can answer: GET /api/v1/llm/models
 */
#include "api/llm_models.h"

#include "answer/user_chain.h"
#include "api/providers.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "loop/loop.h"

#include <stdlib.h>
#include <string.h>

struct list {
    struct llm_listed *first;
    struct llm_listed **end;
    size_t count;
};

/* All providers are asked at once; each request for a list ends by itself within seconds. */
struct survey {
    const struct app *app;
    struct http_server *server;
    uint64_t ticket;
    llm_models_reply *reply;
    char user[ID_TEXT_MAX];
    struct choice *choice;
    struct user_chain *chain;
    struct list *lists; /* one per provider, in the order of the chain */
    size_t list_count;
    size_t waiting; /* lists still outstanding */
    bool gone;      /* the client has left, or the server with it */
};

struct listing {
    struct survey *survey;
    const struct llm_provider *provider;
    size_t link;
};

static void survey_free(struct survey *x)
{
    for (size_t i = 0; i < x->list_count; i++) {
        for (struct llm_listed *next, *one = x->lists[i].first; one; one = next) {
            next = one->next;
            free(one);
        }
    }
    free(x->lists);
    user_chain_close(x->chain);
    providers_choice_free(x->choice);
    free(x);
}

static void survey_gone(void *arg)
{
    ((struct survey *)arg)->gone = true;
}

static int fill(const struct http_request *req, struct http_response *res, void *arg)
{
    struct survey *x = arg;
    struct llm_listed *first = NULL, **end = &first;
    int err;

    for (size_t i = 0; i < x->list_count; i++) { /* merges them into one list */
        *end = x->lists[i].first;
        end = *end ? x->lists[i].end : end;
        x->lists[i].first = NULL;
    }
    if (x->list_count)
        x->lists[0].first = first;
    err = x->chain ? x->reply(req, res, x->chain, first) : UV_ENOMEM;
    survey_free(x);
    return err;
}

static void one_less(struct survey *x)
{
    if (--x->waiting)
        return;
    if (x->gone || http_answer_later(x->server, x->ticket, fill, x))
        survey_free(x);
}

static const char *list_note(int err)
{
    switch (err) {
    case UV_EACCES:
        return "the key was refused";
    case UV_ECONNREFUSED:
        return "nothing answers at its address";
    case UV_ETIMEDOUT:
        return "it did not answer in time";
    case UV_EAGAIN:
        return "it is overloaded or failing";
    default:
        return uv_strerror(err);
    }
}

static void add(struct survey *x, size_t link, const struct llm_provider *p, const char *model,
                bool available, const char *note)
{
    struct list *list = &x->lists[link];
    struct llm_listed *one = list->count < LLM_LISTED_MAX ? calloc(1, sizeof(*one)) : NULL;

    if (!one)
        return;
    *one = (struct llm_listed){.provider = p, .link = link, .available = available, .note = note};
    text_copy(one->model, sizeof(one->model), model ? model : "", model ? strlen(model) : 0);
    *list->end = one;
    list->end = &one->next;
    list->count++;
}

static void on_name(const char *name, int err, void *arg)
{
    struct listing *l = arg;
    struct survey *x = l->survey;

    if (name) {
        add(x, l->link, l->provider, name, true, "");
        return;
    }
    if (err && err != UV_ECANCELED)
        add(x, l->link, l->provider, l->provider->model, false, list_note(err));
    free(l);
    one_less(x);
}

static void ask(struct survey *x, size_t i, const struct llm_provider *p)
{
    struct listing *l = p->driver->models ? calloc(1, sizeof(*l)) : NULL;

    if (l) {
        *l = (struct listing){.survey = x, .provider = p, .link = i};
        x->waiting++;
        if (user_chain_models(x->chain, i, on_name, l) == 0)
            return;
        x->waiting--;
        free(l);
    }
    add(x, i, p, p->model, !p->driver->models, p->driver->models ? "it cannot be asked" : "");
}

static void list_on_loop(void *arg)
{
    struct survey *x = arg;
    struct user_link link;
    size_t n = 0;

    x->waiting = 1;
    if (!user_chain_open(&x->chain, x->app->answerer, x->user, x->choice))
        while (user_chain_at(x->chain, n, &link))
            n++;
    x->lists = calloc(n + 1, sizeof(*x->lists));
    x->list_count = x->lists ? n : 0;
    for (size_t i = 0; i < x->list_count; i++)
        x->lists[i].end = &x->lists[i].first;
    for (size_t i = 0; i < x->list_count; i++)
        if (user_chain_at(x->chain, i, &link) && link.there)
            ask(x, i, link.provider);
    one_less(x);
}

int llm_models_list(const struct http_request *req, struct http_response *res,
                    llm_models_reply *reply)
{
    struct survey *x = calloc(1, sizeof(*x));
    struct errbuf why = {""};
    int err;

    if (!x)
        return UV_ENOMEM;
    err = providers_choice(app_of(req), req->user, &x->choice, &why);
    if (err) {
        survey_free(x);
        return reply_failed(req, res, err, &why, "user");
    }
    x->app = app_of(req);
    x->server = req->server;
    x->reply = reply;
    memcpy(x->user, req->user, strnlen(req->user, sizeof(x->user) - 1));
    http_reply_later(res, &x->ticket);
    http_later_on_gone(res, survey_gone, x);
    err = loop_post(x->app->loop, list_on_loop, x);
    if (err)
        survey_free(x);
    return err;
}

/* ------------------------------------------------------------------ GET /api/v1/llm/models */

/* The state of a provider, according to its list and its latest questions. */
static const char *health(const struct user_link *link, const struct llm_listed *listed, size_t i)
{
    const struct llm_listed *one = listed;

    while (one && one->link != i)
        one = one->next;
    if (one && link->rests)
        return "resting";
    return one && one->available ? "answers" : "silent";
}

static json_t *provider_json(const struct user_link *link, const struct llm_listed *listed,
                             size_t i)
{
    const struct llm_provider *p = link->provider;
    const struct answer_pace *pace = &link->pace;
    char at[CLOCK_TEXT_MAX];
    json_t *obj = json_object();

    json_set_str(obj, "provider", p->name);
    json_set_str(obj, "model", p->model ? p->model : "");
    json_set_str(obj, "health", health(link, listed, i));
    json_object_set_new(obj, "local", json_boolean(p->local || p->driver->plain));
    json_object_set_new(obj, "ownKey", json_boolean(link->own_key));
    json_object_set_new(obj, "measured", json_integer(pace->count));
    json_object_set_new(obj, "firstTokenMs",
                        pace->count ? json_integer(pace->last_ms) : json_null());
    json_object_set_new(obj, "typicalFirstTokenMs",
                        pace->count ? json_integer(pace->typical_ms) : json_null());
    if (pace->count)
        clock_format(pace->at, at);
    json_set_str(obj, "measuredAt", pace->count ? at : NULL);
    return obj;
}

static json_t *providers_json(const struct user_chain *chain, const struct llm_listed *listed)
{
    json_t *list = json_array();
    struct user_link link;

    for (size_t i = 0; user_chain_at(chain, i, &link); i++)
        if (link.there)
            json_array_append_new(list, provider_json(&link, listed, i));
    return list;
}

static int reply_models(const struct http_request *req, struct http_response *res,
                        const struct user_chain *chain, const struct llm_listed *listed)
{
    json_t *items = json_array();
    json_t *providers = providers_json(chain, listed);

    (void)req;
    for (; listed; listed = listed->next) {
        const struct llm_provider *p = listed->provider;

        json_array_append_new(items,
                              json_pack("{s:s, s:s, s:b, s:b, s:s}", "provider", p->name, "model",
                                        listed->model, "available", listed->available, "local",
                                        p->local || p->driver->plain, "note", listed->note));
    }
    return http_reply_json(res, 200,
                           json_pack("{s:o, s:o}", "items", items, "providers", providers));
}

static int get_models(const struct http_request *req, struct http_response *res)
{
    return llm_models_list(req, res, reply_models);
}

const struct http_route api_llm_models_routes[] = {
    {"GET", "/api/v1/llm/models", get_models, .flags = ROUTE_AUTH},
    {.method = NULL},
};
