/**
 * @file api/admin_hearing.c  Which recogniser hears everybody here: admin/hearing
 *
 * What is chosen is written first and then told to the loop, where the workers take it up: at once,
 * or when nobody is being heard any more. A key comes in and never goes out; another address
 * forgets it. Trying it loads the recogniser beside the one in use and has it hear a sentence.
 */
#include "api/app.h"
#include "api/reply.h"
#include "api/validate.h"
#include "asr/hub.h"
#include "asr/trial.h"
#include "base/json.h"
#include "loop/loop.h"
#include "models/catalogue.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 512, URL_MAX = 512, MODEL_NAME_MAX = 128 };

static const struct field fields[] = {
    {"engine", FIELD_CHOICE, .choices = "auto|whisper|pocketsphinx|openai"},
    {"model", FIELD_TEXT, .min = 1, .max = MODEL_NAME_MAX, .flags = FIELD_NULLABLE | FIELD_TRIM},
    {"url", FIELD_TEXT, .min = 1, .max = URL_MAX, .flags = FIELD_NULLABLE | FIELD_TRIM},
    {"key", FIELD_TEXT, .min = 1, .max = KEY_MAX, .flags = FIELD_NULLABLE | FIELD_TRIM},
    {"name", FIELD_TEXT, .min = 1, .max = MODEL_NAME_MAX, .flags = FIELD_NULLABLE | FIELD_TRIM},
    {.name = NULL},
};

/* -------------------------------------------------------------------------------- telling */

struct look {
    struct app *app;
    struct http_server *server;
    uint64_t ticket;
    bool changed; /* the workers are to take up what is in effect */
};

/* Keys are known by their end, where enough of them stays untold. */
static json_t *key_json(const char *key)
{
    enum { TOLD = 4, LONG_ENOUGH = 16 };
    size_t len = key ? strlen(key) : 0;

    if (!len)
        return json_null();
    return json_pack("{s:s}", "lastFour", len >= LONG_ENOUGH ? key + len - TOLD : "");
}

static json_t *active_json(const struct app *app)
{
    const char *model = app->hub ? asr_hub_model(app->hub) : "";

    if (!app->hub)
        return json_null();
    return json_pack("{s:s, s:s?}", "engine", asr_hub_engine(app->hub)->name, "model",
                     *model ? model : NULL);
}

static int fill(const struct http_request *req, struct http_response *res, void *arg)
{
    struct look *look = arg;
    const struct app *app = look->app;
    struct recogniser_choice is = app_recogniser(app);
    bool own = recogniser_now(app->recogniser)->url != NULL;
    bool waits = app->hub && asr_hub_waits(app->hub);

    (void)req;
    free(look);
    http_set_header(res, "Cache-Control", "no-store");
    return http_reply_json(res, 200,
                           json_pack("{s:b, s:s, s:s?, s:s?, s:b, s:o, s:s?, s:o, s:b, s:b}",
                                     "chosen", is.chosen, "engine", is.engine, "model", is.model,
                                     "url", is.url, "ownUrl", own, "key", key_json(is.key), "name",
                                     is.name, "active", active_json(app), "waits", waits, "restart",
                                     !app->hub));
}

/* On the loop, where the workers are asked. They were looked at before it was written, so that what
 * fails here is memory alone; then the next start takes it up. */
static void show(void *arg)
{
    struct look *look = arg;
    struct asr_hub_config config = {.engine = NULL};
    struct errbuf why = {""};

    if (look->changed && look->app->hub) {
        app_hub_config(look->app, &config);
        asr_hub_use(look->app->hub, &config, &why);
    }
    if (http_answer_later(look->server, look->ticket, fill, look))
        free(look);
}

static int show_later(const struct http_request *req, struct http_response *res, bool changed)
{
    struct look *look = calloc(1, sizeof(*look));
    int err;

    if (!look)
        return UV_ENOMEM;
    look->app = (struct app *)(uintptr_t)app_of(req);
    look->server = req->server;
    look->changed = changed;
    http_reply_later(res, &look->ticket);
    err = loop_post(look->app->loop, show, look);
    if (err)
        free(look);
    return err;
}

/* 1: answered. */
static int refuse(const struct http_request *req, struct http_response *res)
{
    if (app_of(req)->recogniser)
        return 0;
    http_problem(res, req, 503, "unavailable", "Nothing is heard here.", NULL);
    return 1;
}

static int get_hearing(const struct http_request *req, struct http_response *res)
{
    return refuse(req, res) ? 0 : show_later(req, res, false);
}

/* ------------------------------------------------------------------------------- choosing */

static bool is_plain(const char *text)
{
    for (const char *p = text; *p; p++)
        if (*p <= ' ' || *p > '~')
            return false;
    return true;
}

static bool is_address(const char *url)
{
    size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;

    return scheme && is_plain(url) && !strpbrk(url, "\"<>\\^`{|}@") &&
           strcspn(url + scheme, "/?#") > 0;
}

static void take(const char **text, const json_t *body, const char *name)
{
    const json_t *value = json_object_get(body, name);

    if (value)
        *text = json_string_value(value);
}

/* What the body says goes into the choice, whose texts are the body's then. 1: answered. */
static int read_body(const struct http_request *req, struct http_response *res, const json_t *body,
                     struct recogniser_choice *c)
{
    const char *before = c->url;
    const struct model_entry *model;

    take(&c->engine, body, "engine");
    take(&c->model, body, "model");
    take(&c->url, body, "url");
    if ((before ? 1 : 0) != (c->url ? 1 : 0) || (c->url && strcmp(c->url, before) != 0))
        c->key = NULL; /* it goes to no other address than the one it was given for */
    take(&c->key, body, "key");
    take(&c->name, body, "name");
    c->chosen = true;
    model = c->model ? models_entry(c->model) : NULL;
    if (c->model && (!model || model->kind != MODEL_EAR))
        return validate_refuse(req, res, "/model", "There is no such model.");
    if (c->url && !is_address(c->url))
        return validate_refuse(req, res, "/url",
                               "must begin with http:// or https:// and name a server, without a "
                               "user and password");
    if (c->key && !is_plain(c->key))
        return validate_refuse(req, res, "/key",
                               "A key has no spaces and only plain letters, digits and signs.");
    if (c->key && !c->url)
        return validate_refuse(req, res, "/key", "A key needs the address that it is for.");
    return 0;
}

/* The one that would hear: the named one, or the best local one. NULL: none, and *why says what is
 * missing. */
static const struct asr_engine *engine_of(const struct app *app, const struct recogniser_choice *c,
                                          struct asr_model_params *params, struct errbuf *why)
{
    bool any = !strcmp(c->engine, "auto");

    for (size_t i = 0; asr_engines[i]; i++) {
        if (any ? asr_engines[i]->remote : strcmp(asr_engines[i]->name, c->engine) != 0)
            continue;
        *params = app_asr_params_of(app, c, asr_engines[i]->remote);
        if (asr_engines[i]->available(params, why))
            return asr_engines[i];
    }
    return NULL;
}

static int refuse_unusable(const struct http_request *req, struct http_response *res,
                           const struct recogniser_choice *c, const struct errbuf *why)
{
    if (!strcmp(c->engine, "openai"))
        return validate_refuse(req, res, "/url", "A transcription service needs its address.");
    if (c->model)
        return validate_refuse(req, res, "/model", "This model is not here yet: get it first.");
    return validate_refuse(req, res, "/engine", why->text);
}

static int patch_hearing(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct asr_model_params params;
    struct recogniser_choice c;
    struct errbuf why = {""};
    json_t *body;
    int err;

    if (refuse(req, res) || validate_body(req, res, fields, BODY_NOT_EMPTY, &body))
        return 0;
    c = *recogniser_now(app->recogniser);
    err = read_body(req, res, body, &c);
    if (!err && !engine_of(app, &c, &params, &why))
        err = refuse_unusable(req, res, &c, &why);
    if (!err)
        err = recogniser_choose(app->recogniser, &c, &why);
    json_decref(body);
    if (err > 0)
        return 0;
    return err ? reply_failed(req, res, err, &why, "recogniser") : show_later(req, res, true);
}

static int delete_hearing(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    int err;

    if (refuse(req, res))
        return 0;
    err = recogniser_choose(app_of(req)->recogniser, NULL, &why);
    return err ? reply_failed(req, res, err, &why, "recogniser") : show_later(req, res, true);
}

/* --------------------------------------------------------------------------------- trying */

static void reply_trial(struct http_response *res, const struct asr_engine *engine,
                        const struct asr_trial *t, int err, struct errbuf *why)
{
    if (err && !why->text[0])
        err_set(why, err, "%s", uv_strerror(err));
    why->text[0] = (char)toupper((unsigned char)why->text[0]);
    http_set_header(res, "Cache-Control", "no-store");
    http_reply_json(res, 200,
                    json_pack("{s:b, s:s, s:s?, s:s?, s:s, s:s, s:i, s:i, s:o}", "works", !err,
                              "why", err ? why->text : "", "engine", engine ? engine->name : NULL,
                              "model", !err && t->model[0] ? t->model : NULL, "said",
                              asr_trial_text, "heard", t->text, "right", (int)t->right, "words",
                              (int)t->words, "tookMs",
                              err ? json_null() : json_integer((json_int_t)t->took_ms)));
}

/* One at a time: it takes a model's memory, and a worker for as long as a far service likes. */
static int post_test(const struct http_request *req, struct http_response *res)
{
    static atomic_flag running = ATOMIC_FLAG_INIT;
    const struct app *app = app_of(req);
    const struct asr_engine *engine;
    struct asr_trial trial = {.took_ms = 0};
    struct asr_model_params params;
    struct recogniser_choice c;
    struct errbuf why = {""};
    json_t *body;
    int err;

    if (refuse(req, res) || validate_body(req, res, fields, BODY_OPTIONAL, &body))
        return 0;
    c = json_object_size(body) ? *recogniser_now(app->recogniser) : app_recogniser(app);
    err = json_object_size(body) ? read_body(req, res, body, &c) : 0;
    if (!err && atomic_flag_test_and_set(&running)) {
        http_set_header(res, "Retry-After", "5");
        err = 1 + http_problem(res, req, 503, "overloaded", "A recogniser is being tried just now.",
                               NULL);
    } else if (!err) {
        engine = engine_of(app, &c, &params, &why);
        err = engine ? asr_trial_run(&trial, engine, &params, &why) : UV_ENOENT;
        atomic_flag_clear(&running);
        reply_trial(res, engine, &trial, err, &why);
    }
    json_decref(body);
    return 0;
}

enum { MAY = ROUTE_AUTH | ROUTE_OPERATOR };

const struct http_route api_admin_hearing_routes[] = {
    {"GET", "/api/v1/admin/hearing", get_hearing, .flags = MAY},
    {"PATCH", "/api/v1/admin/hearing", patch_hearing, .flags = MAY | ROUTE_LANE_STORE,
     .body_max = 16 << 10, .types = HTTP_JSON},
    {"DELETE", "/api/v1/admin/hearing", delete_hearing, .flags = MAY | ROUTE_LANE_STORE},
    {"POST", "/api/v1/admin/hearing/test", post_test, .flags = MAY | ROUTE_LANE_DECODE,
     .body_max = 16 << 10, .types = HTTP_JSON},
    {.method = NULL},
};
