/**
 * @file api/engines.c  Recognisers and answer providers: GET /api/v1/engines
 */
#include "answer/user_chain.h"
#include "api/providers.h"
#include "api/reply.h"
#include "asr/hub.h"
#include "base/json.h"
#include "config/config.h"
#include "llm/provider.h"
#include "llm/provider_probe.h"
#include "loop/loop.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_MAX = 384 };

static const struct {
    const char *engine;
    const char *note;
} good_for[] = {
    {"whisper", "On this machine; accurate on ordinary speech."},
    {"pocketsphinx", "On this machine, works at once; gets the gist of clear speech."},
    {"openai", "A service hears it: audio leaves this machine."},
};

struct recogniser_choice app_recogniser(const struct app *app)
{
    return recogniser_resolve(recogniser_now(app->recogniser), app->config);
}

void app_hub_config(const struct app *app, struct asr_hub_config *hub)
{
    const struct asr_engine *engine;

    hub->engine = app_recogniser(app).engine;
    hub->lines_max = app->config->asr_lines_max;
    hub->preload = app->config->asr_preload;
    engine = asr_engine_find(hub->engine);
    hub->model = app_asr_params(app, engine && engine->remote);
    hub->fallback_model = app_asr_params(app, false);
    hub->nets = app->nets;
}

struct asr_model_params app_asr_params_of(const struct app *app,
                                          const struct recogniser_choice *choice, bool remote)
{
    const struct config *c = app->config;
    struct recogniser_choice is = recogniser_resolve(choice, c);
    struct asr_model_params params = {
        .data_dir = c->data_dir, .threads = c->whisper_threads, .pad_ms = c->whisper_pad_ms};

    if (remote) {
        params.url = is.url;
        params.api_key = is.key;
        params.name = is.name;
        params.http = app->client;
    } else {
        params.path = is.model;
    }
    return params;
}

struct asr_model_params app_asr_params(const struct app *app, bool remote)
{
    return app_asr_params_of(app, recogniser_now(app->recogniser), remote);
}

static json_t *recogniser(const struct app *app, const struct asr_engine *engine)
{
    struct asr_model_params params = app_asr_params(app, engine->remote);
    bool active = app->hub && asr_hub_engine(app->hub) == engine;
    const char *model = active ? asr_hub_model(app->hub) : "";
    json_t *obj = json_object();
    struct errbuf why = {""};

    if (!active)
        engine->available(&params, &why);
    for (size_t i = 0; !why.text[0] && i < sizeof(good_for) / sizeof(good_for[0]); i++) {
        if (!strcmp(good_for[i].engine, engine->name))
            err_set(&why, 0, "%s", good_for[i].note);
    }
    why.text[0] = (char)toupper((unsigned char)why.text[0]); /* it starts a sentence here */
    json_set_str(obj, "name", engine->name);
    json_set_str(obj, "model", model && *model ? model : NULL);
    json_object_set_new(obj, "active", json_boolean(active));
    json_set_str(obj, "note", why.text);
    return obj;
}

/* The provider with this name in the user's chain, or NULL; *known is what is known about it,
 * *asked includes what its list said. The user's own providers are not probed. */
static const struct llm_provider *in_chain(const struct app *app, const struct user_chain *chain,
                                           const char *name, struct llm_probed *known,
                                           const struct llm_provider **asked)
{
    struct user_link link = {.provider = NULL};

    if (!chain || !user_chain_at(chain, user_chain_find(chain, name), &link) || !link.there)
        return NULL;
    *asked = link.provider;
    if (app->probe && !link.own) {
        *known = llm_probe_get(app->probe, link.of);
        *asked = llm_probe_provider(app->probe, link.of);
    }
    return link.provider;
}

/* "It does not answer: no reply in time. To use it, start it: ollama serve" */
static void trouble_note(const struct llm_probed *known, const struct llm_provider *p, char *note,
                         size_t size)
{
    char say[NOTE_MAX];
    char advice[NOTE_MAX];

    snprintf(note, size, "It %s. To use it, %s", llm_probe_say(known, p, say, sizeof(say)),
             llm_probe_advise(known, p, advice, sizeof(advice)));
}

static void provider_note(const struct llm_preset *preset, const struct llm_provider *p, char *note,
                          size_t size)
{
    if (!strcmp(preset->name, "outline"))
        snprintf(note, size, "Built in: talking points quoted from your profile.");
    else if (p && p->local)
        snprintf(note, size, "Answers are written on this machine, by %.120s.", p->model);
    else if (p)
        snprintf(note, size, "Questions and your profile are sent to it.");
    else if (preset->found)
        snprintf(note, size, "It is used when it is found at %s.", preset->url);
    else if (preset->key_env)
        snprintf(note, size, "Give a key for it in the settings, or set %s.", preset->key_env);
    else
        snprintf(note, size, "Set INTERVIEWD_PROVIDERS=%s to use it.", preset->name);
}

static json_t *reachable(const struct llm_provider *p, const struct llm_probed *known)
{
    if (!p || known->state == LLM_PROBE_UNKNOWN)
        return json_null();
    return json_boolean(known->state == LLM_PROBE_ANSWERS);
}

static json_t *provider(const struct app *app, const struct user_chain *chain,
                        const struct llm_preset *preset)
{
    struct llm_probed known = {.state = LLM_PROBE_UNKNOWN};
    const struct llm_provider *asked = NULL;
    const struct llm_provider *p = in_chain(app, chain, preset->name, &known, &asked);
    bool out = known.state == LLM_PROBE_SILENT || known.state == LLM_PROBE_NO_MODEL;
    json_t *obj = json_object();
    json_t *models = json_array();
    char note[NOTE_MAX * 2];

    if (p && out)
        trouble_note(&known, asked, note, sizeof(note));
    else
        provider_note(preset, p, note, sizeof(note));
    json_set_str(obj, "name", preset->name);
    if (p && p->model)
        json_array_append_new(models, json_string(p->model));
    json_object_set_new(obj, "models", models);
    json_object_set_new(obj, "configured", json_boolean(p != NULL));
    json_object_set_new(obj, "reachable", reachable(p, &known));
    json_object_set_new(obj, "active", json_boolean(p && !out));
    json_set_str(obj, "note", note);
    return obj;
}

struct look {
    const struct app *app;
    struct http_server *server;
    uint64_t ticket;
    char user[ID_TEXT_MAX];
    struct choice *choice;
};

static void look_free(struct look *look)
{
    providers_choice_free(look->choice);
    free(look);
}

/* On the loop thread: the hub and the chain are queried there, and nothing here waits. A provider
 * that was not probed lately is probed now, for the next time. */
static int fill(const struct http_request *req, struct http_response *res, void *arg)
{
    struct look *look = arg;
    const struct app *app = look->app;
    json_t *obj = json_object();
    json_t *recognisers = json_array();
    json_t *providers = json_array();
    struct user_chain *chain = NULL;

    (void)req;
    if (app->answerer)
        user_chain_open(&chain, app->answerer, look->user, look->choice);
    look_free(look);
    if (app->probe)
        llm_probe_look(app->probe, NULL, NULL);
    for (size_t i = 0; asr_engines[i]; i++)
        json_array_append_new(recognisers, recogniser(app, asr_engines[i]));
    for (const struct llm_preset *p = llm_presets; p->name; p++)
        json_array_append_new(providers, provider(app, chain, p));
    user_chain_close(chain);
    json_object_set_new(obj, "recognisers", recognisers);
    json_object_set_new(obj, "providers", providers);
    return http_reply_json(res, 200, obj);
}

static void answer(void *arg)
{
    struct look *look = arg;

    if (http_answer_later(look->server, look->ticket, fill, look))
        look_free(look);
}

static int get_engines(const struct http_request *req, struct http_response *res)
{
    struct look *look = calloc(1, sizeof(*look));
    struct errbuf why = {""};
    int err;

    if (!look)
        return UV_ENOMEM;
    look->app = app_of(req);
    look->server = req->server;
    memcpy(look->user, req->user, strnlen(req->user, sizeof(look->user) - 1));
    err = providers_choice(look->app, look->user, &look->choice, &why);
    if (err) {
        look_free(look);
        return reply_failed(req, res, err, &why, "user");
    }
    http_reply_later(res, &look->ticket);
    err = loop_post(look->app->loop, answer, look);
    if (err)
        look_free(look);
    return err;
}

const struct http_route api_engines_routes[] = {
    {"GET", "/api/v1/engines", get_engines, .flags = ROUTE_AUTH},
    {.method = NULL},
};
