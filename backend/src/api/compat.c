/**
 * @file api/compat.c  GET /v1/models, and code shared by the routes under /v1
 *
 * The id of a language model is its provider and its name, "openai/gpt-4o-mini"; "auto" is the
 * chain in order. The id of a recogniser is its engine and its name.
 */
#include "api/compat.h"

#include "answer/user_chain.h"
#include "api/llm_models.h"
#include "api/reply.h"
#include "asr/hub.h"
#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Clients have these built in. */
static const char *const openai_ears[] = {"whisper-1", "gpt-4o-transcribe",
                                          "gpt-4o-mini-transcribe", "gpt-realtime-whisper"};

/* ------------------------------------------------------------------------------- errors */

static const char *type_of(int status)
{
    if (status == 429)
        return "rate_limit_error";
    return status >= 500 ? "server_error" : "invalid_request_error";
}

static const char *code_of(int status, const char *code)
{
    if (status == 401 && strcmp(code, "token_expired") != 0)
        return "invalid_api_key";
    return status == 429 ? "rate_limit_exceeded" : code;
}

void compat_problem(struct http_response *res, int status, const char *code, const char *detail,
                    const json_t *fields)
{
    const json_t *first = json_array_get(fields, 0);
    const char *param = json_str(first, "field"), *message = json_str(first, "message");
    json_t *error = json_object(), *obj = json_object();
    struct buf text;

    param = param && *param == '/' ? param + 1 : param;
    param = param && *param ? param : NULL; /* of the whole body */
    buf_init(&text, 4096);
    if (first)
        buf_printf(&text, "%s%s %s", param ? param : "The body", param ? ":" : "", message);
    else
        buf_puts(&text, detail);
    json_set_text(error, "message", text.data ? text.data : "", text.len);
    buf_release(&text);
    json_set_str(error, "type", type_of(status));
    json_set_str(error, "param", param);
    json_set_str(error, "code", first ? NULL : code_of(status, code));
    json_object_set_new(obj, "error", error);
    http_reply_json(res, status == 422 && param ? 400 : status, obj);
}

int compat_refuse(const struct http_request *req, struct http_response *res, const char *param,
                  const char *message)
{
    return http_problem(res, req, 422, "invalid_fields", "",
                        json_pack("[{s:s, s:s}]", "field", param, "message", message));
}

int compat_no_model(const struct http_request *req, struct http_response *res, const char *model)
{
    char detail[256];

    snprintf(detail, sizeof(detail),
             "There is no model \"%.*s\" here; GET /v1/models lists those there are, and \"auto\" "
             "is whichever answers.",
             (int)utf8_floor(model, strlen(model), 120), model);
    return http_problem(res, req, 404, "model_not_found", detail, NULL);
}

/* ------------------------------------------------------------------------------- models */

static void hearing_id(const struct app *app, char to[static COMPAT_MODEL_MAX])
{
    const char *model = asr_hub_model(app->hub);

    snprintf(to, COMPAT_MODEL_MAX, "%s%s%s", asr_hub_engine(app->hub)->name, *model ? "/" : "",
             model);
}

bool compat_hears(const struct app *app, const char *model)
{
    char own[COMPAT_MODEL_MAX];

    for (size_t i = 0; i < sizeof(openai_ears) / sizeof(openai_ears[0]); i++)
        if (!strcmp(model, openai_ears[i]))
            return true;
    hearing_id(app, own);
    return !strcmp(model, own) || !strcmp(model, asr_hub_engine(app->hub)->name);
}

void compat_model_id(char to[static COMPAT_MODEL_MAX], const char *provider, const char *model)
{
    if (!strcmp(provider, model) || !*model)
        snprintf(to, COMPAT_MODEL_MAX, "%s", provider);
    else
        snprintf(to, COMPAT_MODEL_MAX, "%s/%s", provider, model);
}

bool compat_model_find(const struct user_chain *chain, const char *id, struct compat_model *found)
{
    size_t n = strcspn(id, "/");
    struct user_link link;

    *found = (struct compat_model){.provider = ""};
    if (!strcmp(id, "auto"))
        return true;
    if (n < sizeof(found->provider))
        text_copy(found->provider, sizeof(found->provider), id, n);
    if (id[n] && strlen(id + n + 1) < sizeof(found->model))
        text_copy(found->model, sizeof(found->model), id + n + 1, strlen(id + n + 1));
    if (user_chain_find(chain, found->provider) != SIZE_MAX)
        return !id[n] || found->model[0];
    for (size_t i = 0; user_chain_at(chain, i, &link); i++) {
        /* only a name, of a model that a provider is configured for */
        if (!link.provider->model || strcmp(link.provider->model, id) != 0)
            continue;
        text_copy(found->provider, sizeof(found->provider), link.provider->name,
                  strlen(link.provider->name));
        found->model[0] = '\0';
        return true;
    }
    return false;
}

/* -------------------------------------------------------------------------- GET /v1/models */

static json_t *model_json(const char *id, const char *owner)
{
    json_t *obj = json_object();

    json_set_str(obj, "id", id);
    json_set_str(obj, "object", "model");
    json_object_set_new(obj, "created", json_integer(0)); /* unknown */
    json_set_str(obj, "owned_by", owner);
    return obj;
}

/* All models: the recognisers, then the chain, then each model listed by its providers. */
static json_t *all_models(const struct app *app, const struct llm_listed *listed)
{
    json_t *list = json_array();
    char id[COMPAT_MODEL_MAX];

    if (app->hub) {
        hearing_id(app, id);
        json_array_append_new(list, model_json(id, "interviewd"));
        json_array_append_new(list, model_json(openai_ears[0], "interviewd"));
    }
    json_array_append_new(list, model_json("auto", "interviewd"));
    for (; listed; listed = listed->next) {
        if (!listed->available)
            continue;
        compat_model_id(id, listed->provider->name, listed->model);
        json_array_append_new(list, model_json(id, listed->provider->name));
    }
    return list;
}

static int reply_models(const struct http_request *req, struct http_response *res,
                        const struct user_chain *chain, const struct llm_listed *listed)
{
    (void)chain;
    return http_reply_json(
        res, 200,
        json_pack("{s:s, s:o}", "object", "list", "data", all_models(app_of(req), listed)));
}

static int reply_model(const struct http_request *req, struct http_response *res,
                       const struct user_chain *chain, const struct llm_listed *listed)
{
    const char *id = http_param(req, "id");
    json_t *all = all_models(app_of(req), listed), *one, *found = NULL;
    size_t i;

    (void)chain;
    json_array_foreach(all, i, one)
    {
        if (!strcmp(json_str(one, "id"), id))
            found = json_incref(one);
    }
    json_decref(all);
    return found ? http_reply_json(res, 200, found) : compat_no_model(req, res, id);
}

static int get_models(const struct http_request *req, struct http_response *res)
{
    return llm_models_list(req, res, reply_models);
}

static int get_model(const struct http_request *req, struct http_response *res)
{
    return llm_models_list(req, res, reply_model);
}

const struct http_route api_compat_routes[] = {
    {"GET", "/v1/models", get_models, .flags = ROUTE_AUTH, .problem = compat_problem},
    {"GET", "/v1/models/{id...}", get_model, .flags = ROUTE_AUTH, .problem = compat_problem},
    {.method = NULL},
};
