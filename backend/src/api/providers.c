/**
 * @file api/providers.c  A user's answer providers: auth/me/providers
 *
 * Keys can be set but never read: answers only say that there is one, and how it ends. Changes are
 * stored first and then passed to the loop, where they take effect with the next question.
 */
#include "api/providers.h"

#include "answer/user_chain.h"
#include "api/providers_internal.h"
#include "api/reply.h"
#include "api/validate.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "llm/provider.h"
#include "loop/loop.h"
#include "observe/log.h"
#include "store/sealed.h"

#include <stdlib.h>
#include <string.h>

/* -------------------------------------------------------------------------------- loading */

void providers_choice_free(struct choice *choice)
{
    if (choice)
        choice_release(choice);
    free(choice);
}

/* settings.preferredLLM of the account. */
static const char *preferred_by(const struct app *app, const char *user)
{
    struct store_user record;
    const char *name = NULL;
    json_t *settings;

    if (store_user_get(app->store, user, &record, NULL))
        return NULL;
    settings = json_parse(record.settings, strlen(record.settings));
    name = choice_name(json_str(settings, "preferredLLM"));
    json_decref(settings);
    store_user_release(&record);
    return name;
}

static int read_choice(const struct app *app, const char *user, struct choice *c,
                       struct errbuf *why)
{
    struct store_choice kept = {.choice = NULL};
    int err = sealed_choice_get(app->store, app->seal, user, &kept, why);

    if (err == UV_ENOENT)
        return 0;
    if (!err) {
        err = choice_read(c, kept.choice);
        c->version = kept.updated_at;
        explicit_bzero(kept.choice, strlen(kept.choice));
        store_choice_release(&kept);
    }
    if (err == UV_EILSEQ || err == UV_EINVAL) {
        log_warn("api", "what a user chose of providers cannot be read: the built-in answer alone "
                        "is used until they choose anew");
        choice_release(c);
        *c = (struct choice){.version = clock_unix_ms(), .ordered = true};
        err = 0;
    }
    return err;
}

int providers_choice(const struct app *app, const char *user, struct choice **choice,
                     struct errbuf *why)
{
    struct choice *c;
    int err;

    *choice = NULL;
    if (!app->config->own_keys)
        return 0;
    c = calloc(1, sizeof(*c));
    if (!c)
        return err_set(why, UV_ENOMEM, "out of memory");
    err = read_choice(app, user, c, why);
    if (err) {
        providers_choice_free(c);
        return err;
    }
    c->addresses = app_is_operator(app, user);
    c->preferred = preferred_by(app, user);
    *choice = c;
    return 0;
}

struct forgetting {
    struct answerer *answerer;
    char user[ID_TEXT_MAX];
};

static void forget_on_loop(void *arg)
{
    struct forgetting *f = arg;

    user_chain_forget(f->answerer, f->user);
    free(f);
}

void providers_forget(const struct app *app, const char *user)
{
    struct forgetting *f = app->answerer ? calloc(1, sizeof(*f)) : NULL;

    if (!f)
        return;
    f->answerer = app->answerer;
    memcpy(f->user, user, strnlen(user, sizeof(f->user) - 1));
    if (loop_post(app->loop, forget_on_loop, f))
        free(f);
}

/* ---- as JSON ------------------------------------------------------------------------------ */

/** A key is identified by its end, if enough of it stays hidden. */
static json_t *key_json(const struct choice_own *own)
{
    enum { TOLD = 4, LONG_ENOUGH = 16 };
    size_t len = own && own->key ? strlen(own->key) : 0;

    if (!len)
        return json_null();
    return json_pack("{s:s}", "lastFour", len >= LONG_ENOUGH ? own->key + len - TOLD : "");
}

/** Why it cannot be used as it is; "" if it can. */
static const char *why_not(const struct choice *c, const struct llm_preset *preset,
                           const struct llm_provider *usual)
{
    if (!usual && !c->addresses)
        return "Its address is for whoever runs the server to give.";
    if (!usual)
        return "It needs its address.";
    if (preset->needs_key)
        return "It needs a key.";
    return "";
}

/** Can this user make it work, with a key or an address of their own? */
static bool may_use(const struct choice *c, const struct llm_preset *preset,
                    const struct llm_provider *usual)
{
    return c->addresses || (preset->needs_key && usual);
}

static const char *whose(const struct user_link *link)
{
    if (!link->provider)
        return NULL;
    if (link->own_key || (link->own && link->of == SIZE_MAX))
        return "own";
    return link->provider->finds ? "found" : "operator";
}

static json_t *provider_json(const struct visit *v, const struct user_chain *chain,
                             const struct llm_preset *preset)
{
    struct choice *c = v->choice;
    const struct choice_own *own = choice_own(c, preset->name, false);
    const struct llm_provider *usual = user_chain_usual(v->app->answerer, preset->name);
    struct user_link link = {.provider = NULL};
    bool in = user_chain_at(chain, user_chain_find(chain, preset->name), &link);
    bool used = in && link.there;
    const char *model = used ? link.provider->model : preset->model;
    json_t *obj = json_object();

    json_set_str(obj, "name", preset->name);
    json_set_str(obj, "title", preset->title);
    json_object_set_new(obj, "used", json_boolean(used));
    json_set_str(obj, "whose", used ? whose(&link) : NULL);
    json_object_set_new(obj, "offered", json_boolean(used || may_use(c, preset, usual)));
    json_object_set_new(obj, "local", json_boolean(used ? link.provider->local : preset->local));
    json_object_set_new(obj, "needsKey", json_boolean(preset->needs_key));
    json_object_set_new(obj, "key", key_json(own));
    json_set_str(obj, "keyPage", preset->key_page);
    json_set_str(obj, "model", own && own->model ? own->model : model);
    json_object_set_new(obj, "ownModel", json_boolean(own && own->model));
    json_set_str(obj, "url", own && c->addresses ? own->url : NULL);
    json_object_set_new(obj, "needsUrl", json_boolean(!usual));
    json_set_str(obj, "note", used ? "" : why_not(c, preset, usual));
    return obj;
}

static bool is_told(const json_t *items, const char *name)
{
    const json_t *item;
    size_t i;

    json_array_foreach(items, i, item)
    {
        if (!strcmp(json_str(item, "name"), name))
            return true;
    }
    return false;
}

/* In the order in which they are tried, then the others. The built-in answer is not included. */
static json_t *providers_json(const struct visit *v, const struct user_chain *chain)
{
    json_t *items = json_array();
    struct user_link link;

    for (size_t i = 0; user_chain_at(chain, i, &link); i++)
        if (link.there && choice_name(link.provider->name))
            json_array_append_new(items,
                                  provider_json(v, chain, llm_preset_find(link.provider->name)));
    for (const struct llm_preset *p = llm_presets; p->name; p++)
        if (choice_name(p->name) && !is_told(items, p->name))
            json_array_append_new(items, provider_json(v, chain, p));
    return json_pack("{s:b, s:b, s:o}", "ordered", v->choice->ordered, "addresses",
                     v->choice->addresses, "items", items);
}

/* ---- requests ----------------------------------------------------------------------------- */

void visit_free(struct visit *v)
{
    if (!v)
        return;
    providers_choice_free(v->choice);
    free(v);
}

/* 1: answered. */
static int visit_begin(const struct http_request *req, struct http_response *res, struct visit **vp)
{
    struct visit *v = calloc(1, sizeof(*v));
    struct errbuf why = {""};
    int err = v ? 0 : UV_ENOMEM;

    if (err)
        return err;
    v->app = app_of(req);
    v->server = req->server;
    memcpy(v->user, req->user, strnlen(req->user, sizeof(v->user) - 1));
    err = providers_choice(v->app, v->user, &v->choice, &why);
    if (!err && v->choice) {
        *vp = v;
        return 0;
    }
    visit_free(v);
    if (err)
        reply_failed(req, res, err, &why, "user");
    else
        http_problem(res, req, 403, "not_operator",
                     "Whoever runs this server chooses who answers (own-keys is off).", NULL);
    return 1;
}

static int fill(const struct http_request *req, struct http_response *res, void *arg)
{
    struct visit *v = arg;
    struct user_chain *chain = NULL;
    int err = user_chain_open(&chain, v->app->answerer, v->user, v->choice);

    (void)req;
    if (!err) {
        http_set_header(res, "Cache-Control", "no-store");
        err = http_reply_json(res, 200, providers_json(v, chain));
    }
    user_chain_close(chain);
    visit_free(v);
    return err;
}

/* The choice counts even if the client has left. */
static void show(void *arg)
{
    struct visit *v = arg;
    struct user_chain *chain = NULL;

    if (!http_answer_later(v->server, v->ticket, fill, v))
        return;
    user_chain_open(&chain, v->app->answerer, v->user, v->choice);
    user_chain_close(chain);
    visit_free(v);
}

static int show_later(struct http_response *res, struct visit *v)
{
    int err;

    http_reply_later(res, &v->ticket);
    err = loop_post(v->app->loop, show, v);
    if (err)
        visit_free(v);
    return err;
}

static int get_providers(const struct http_request *req, struct http_response *res)
{
    struct visit *v;
    int err = visit_begin(req, res, &v);

    return err ? (err > 0 ? 0 : err) : show_later(res, v);
}

/* ---- changes ------------------------------------------------------------------------------ */

/* On the store's lane, which has a single worker: no other change comes in between. */
static int keep(const struct http_request *req, struct http_response *res, struct visit *v)
{
    struct store_choice record = {.choice = NULL};
    struct errbuf why = {""};
    int64_t now = clock_unix_ms();
    int err = choice_write(v->choice, &record.choice);

    memcpy(record.user_id, v->user, sizeof(record.user_id));
    record.updated_at = v->choice->version =
        now > v->choice->version ? now : v->choice->version + 1;
    if (!err)
        err = sealed_choice_put(v->app->store, v->app->seal, &record, &why);
    text_wipe(record.choice);
    if (!err)
        return show_later(res, v);
    visit_free(v);
    return reply_failed(req, res, err, &why, "user");
}

static bool is_in_order(const struct choice *c, const char *name)
{
    for (size_t i = 0; i < c->order_count; i++)
        if (!strcmp(c->order[i], name))
            return true;
    return false;
}

/* NULL, or what is wrong with the list. */
static const char *take_order(struct choice *c, const json_t *list)
{
    const json_t *item;
    size_t i;

    c->ordered = json_is_array(list);
    c->order_count = 0;
    json_array_foreach(list, i, item)
    {
        const char *name = choice_name(json_string_value(item));

        if (!name)
            return "names a provider that there is not";
        if (is_in_order(c, name))
            return "names a provider twice";
        c->order[c->order_count++] = name;
    }
    return NULL;
}

static int put_providers(const struct http_request *req, struct http_response *res)
{
    static const struct field fields[] = {
        {"order", FIELD_TEXTS, .min = 1, .max = 32, .items_max = CHOICE_MAX,
         .flags = FIELD_REQUIRED | FIELD_NULLABLE},
        {.name = NULL},
    };
    const char *wrong;
    struct visit *v;
    json_t *body;
    int err;

    if (validate_body(req, res, fields, 0, &body))
        return 0;
    err = visit_begin(req, res, &v);
    if (err) {
        json_decref(body);
        return err > 0 ? 0 : err;
    }
    wrong = take_order(v->choice, json_object_get(body, "order"));
    json_decref(body);
    if (!wrong)
        return keep(req, res, v);
    visit_free(v);
    validate_refuse(req, res, "/order", wrong);
    return 0;
}

static bool is_address(const char *url)
{
    size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;

    for (const char *p = url; *p; p++)
        if (*p <= ' ' || *p > '~' || strchr("\"<>\\^`{|}", *p))
            return false;
    return scheme && strcspn(url + scheme, "/?#") > 0 && !strchr(url, '@');
}

static bool is_key(const char *key)
{
    for (const char *p = key; *p; p++)
        if (*p <= ' ' || *p > '~')
            return false;
    return true;
}

static int set_from(char **text, const json_t *body, const char *name)
{
    const json_t *value = json_object_get(body, name);

    return value ? choice_set(text, json_string_value(value)) : 0;
}

/* Applies the body to the choice. A key is only ever used with the address that it was given for.
 * 1: answered. */
static int visit_take(const struct http_request *req, struct http_response *res, struct visit *v,
                      const json_t *body)
{
    const char *key = json_str(body, "key");
    const char *url = json_str(body, "url");
    struct choice_own *own = choice_own(v->choice, v->name, true);
    bool moves = json_object_get(body, "url") && own &&
                 strcmp(own->url ? own->url : "", url ? url : "") != 0;
    int err = own ? 0 : UV_ENOMEM;

    if (json_object_get(body, "url") && !v->choice->addresses) {
        http_problem(res, req, 403, "not_operator",
                     "Addresses of providers are for whoever runs the server to give.", NULL);
        return 1;
    }
    if (url && *url && !is_address(url))
        return validate_refuse(req, res, "/url",
                               "must begin with http:// or https:// and name a server, without a "
                               "user and password");
    if (key && !is_key(key))
        return validate_refuse(req, res, "/key",
                               "A key has no spaces and only plain letters, digits and signs.");
    if (!err && moves && !key)
        err = choice_set(&own->key, NULL);
    if (!err)
        err = set_from(&own->url, body, "url");
    if (!err)
        err = set_from(&own->key, body, "key");
    return err ? err : set_from(&own->model, body, "model");
}

static const struct field visit_fields[] = {
    {"key", FIELD_TEXT, .min = 8, .max = CHOICE_KEY_MAX, .flags = FIELD_NULLABLE | FIELD_TRIM},
    {"model", FIELD_TEXT, .min = 1, .max = CHOICE_MODEL_MAX, .flags = FIELD_NULLABLE | FIELD_TRIM},
    {"url", FIELD_TEXT, .min = 1, .max = CHOICE_URL_MAX, .flags = FIELD_NULLABLE | FIELD_TRIM},
    {.name = NULL},
};

/* Starts a request about the provider in the address. 1: answered. */
int visit_provider(const struct http_request *req, struct http_response *res, unsigned flags,
                   struct visit **vp, json_t **body)
{
    const char *name = choice_name(http_param(req, "name"));
    int err;

    if (!name) {
        http_problem(res, req, 404, "not_found", "There is no such provider.", NULL);
        return 1;
    }
    if (validate_body(req, res, visit_fields, flags, body))
        return 1;
    err = visit_begin(req, res, vp);
    if (err) {
        json_decref(*body);
        return err;
    }
    (*vp)->name = name;
    err = visit_take(req, res, *vp, *body);
    if (err) {
        visit_free(*vp);
        json_decref(*body);
    }
    return err;
}

/* A provider that just got a key is wanted: it is tried first. */
static void put_in_order(struct choice *c, const char *name)
{
    if (!c->ordered || is_in_order(c, name) || c->order_count == CHOICE_MAX)
        return;
    memmove(c->order + 1, c->order, c->order_count * sizeof(c->order[0]));
    c->order[0] = name;
    c->order_count++;
}

static int patch_provider(const struct http_request *req, struct http_response *res)
{
    struct visit *v;
    json_t *body;
    int err = visit_provider(req, res, BODY_NOT_EMPTY, &v, &body);

    if (err)
        return err > 0 ? 0 : err;
    if (json_str(body, "key") || json_str(body, "url"))
        put_in_order(v->choice, v->name);
    json_decref(body);
    choice_tidy(v->choice);
    return keep(req, res, v);
}

const struct http_route api_providers_routes[] = {
    {"GET", "/api/v1/auth/me/providers", get_providers, .flags = ROUTE_AUTH},
    {"PUT", "/api/v1/auth/me/providers", put_providers, .flags = ROUTE_AUTH | ROUTE_LANE_STORE,
     .body_max = 16 << 10, .types = HTTP_JSON},
    {"PATCH", "/api/v1/auth/me/providers/{name}", patch_provider,
     .flags = ROUTE_AUTH | ROUTE_LANE_STORE, .body_max = 16 << 10, .types = HTTP_JSON},
    {.method = NULL},
};
