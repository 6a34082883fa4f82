/**
 * @file api/models.c  Speech models: listing them, and fetching more while the server runs
 *
 * Names are those of the catalogue; the origin of a file is determined by the catalogue and the
 * server's settings, never by a request. Everybody with an account may read; only an operator
 * (request_is_operator()) may change the models that everybody uses.
 */
#include "api/models.h"

#include "api/app.h"
#include "api/reply.h"
#include "asr/hub.h"
#include "asr/nets.h"
#include "base/json.h"
#include "config/config.h"
#include "loop/loop.h"
#include "models/shelf.h"

#include <stdlib.h>
#include <string.h>

/* ---- permissions -------------------------------------------------------------------------- */

/* 1: answered. */
static int refuse(const struct http_request *req, struct http_response *res)
{
    if (!app_of(req)->shelf)
        http_problem(res, req, 503, "unavailable", "No models are managed here.", NULL);
    else if (!request_is_operator(req))
        http_problem(res, req, 403, "not_operator",
                     "Only an operator of this server may change what it hears with.", NULL);
    else
        return 0;
    return 1;
}

static int failed(const struct http_request *req, struct http_response *res, int err,
                  const struct errbuf *why)
{
    char text[ERR_TEXT_MAX + 2];

    snprintf(text, sizeof(text), "%s.", why->text);
    if (text[0] >= 'a' && text[0] <= 'z' && !strncmp(text, "there", 5))
        text[0] = 'T';
    if (err == UV_ENOENT)
        return http_problem(res, req, 404, "not_found", text, NULL);
    if (err == UV_EBUSY || err == UV_EALREADY)
        return http_problem(res, req, 409, "conflict", text, NULL);
    if (err != UV_EAGAIN)
        return err;
    http_set_header(res, "Retry-After", "60");
    return http_problem(res, req, 503, "overloaded", text, NULL);
}

/* ------------------------------------------------------------------------------ the list */

struct listing {
    const struct app *app;
    struct http_server *server;
    uint64_t ticket;
    json_t *items;
};

/* Whisper describes its model by what the file holds: "base.en q8_0", "large-v3-turbo f16". */
static bool is_heard_with(const struct model_entry *entry, const char *model)
{
    const char *type = strrchr(entry->name, '-');
    bool quantised = type && type[1] == 'q';
    size_t n = quantised ? (size_t)(type - entry->name) : strlen(entry->name);
    char described[128];

    snprintf(described, sizeof(described), "%.*s %s", (int)n, entry->name,
             quantised ? type + 1 : "f16");
    return model && !strcmp(model, described);
}

static bool is_in_use(const struct app *app, const struct model_entry *entry)
{
    switch (entry->kind) {
    case MODEL_EAR:
        return app->hub && is_heard_with(entry, asr_hub_model(app->hub));
    case MODEL_TURN:
        return asr_nets_turn(app->nets);
    case MODEL_VAD:
        return asr_nets_gate(app->nets);
    case MODEL_VOICES:
        return asr_nets_voices(app->nets);
    default:
        return false;
    }
}

static int fill(const struct http_request *req, struct http_response *res, void *arg)
{
    struct listing *l = arg;
    int err = http_reply_json(res, 200, json_pack("{s:o}", "items", l->items));

    (void)req;
    free(l);
    return err;
}

/* The model in use is known on the loop. */
static void mark_in_use(void *arg)
{
    struct listing *l = arg;
    json_t *item;
    size_t i;

    json_array_foreach(l->items, i, item)
    {
        const struct model_entry *entry = models_entry(json_str(item, "name"));

        if (!strcmp(json_str(item, "state"), "ready") && is_in_use(l->app, entry))
            json_set_str(item, "state", "in_use");
    }
    if (!http_answer_later(l->server, l->ticket, fill, l))
        return;
    json_decref(l->items);
    free(l);
}

static const char *step_text(enum models_step step)
{
    switch (step) {
    case MODELS_DOWNLOADING:
        return "Being downloaded.";
    case MODELS_UNPACKING:
        return "Being taken out of its packages.";
    case MODELS_QUANTISING:
        return "Being quantised.";
    case MODELS_CHECKING:
        return "Being compared with its checksum.";
    }
    return "";
}

json_t *models_item(struct models_shelf *shelf, const struct model_entry *e)
{
    static const char *const states[] = {
        [MODELS_ABSENT] = "absent",   [MODELS_WAITING] = "getting", [MODELS_GETTING] = "getting",
        [MODELS_VERIFYING] = "ready", [MODELS_READY] = "ready",     [MODELS_FAILED] = "failed"};
    struct models_shelf_state s;
    const char *detail;
    int64_t done;

    models_shelf_look(shelf, e, &s);
    done = s.state == MODELS_READY || s.state == MODELS_VERIFYING ? e->bytes
           : s.state == MODELS_GETTING                            ? s.progress.done
                                                                  : s.part;
    detail = s.state == MODELS_GETTING || s.state == MODELS_VERIFYING ? step_text(s.progress.step)
             : s.state == MODELS_WAITING ? "Waits for another that is being got."
             : s.why[0]                  ? s.why
             : !e->sha256 && s.state == MODELS_ABSENT
                 ? "No checksum of it is known here: it can be got only from where one is told."
                 : "";
    return json_pack("{s:s,s:s,s:I,s:s,s:s,s:s,s:I,s:s,s:s}", "name", e->name, "kind",
                     models_kind_name(e->kind), "bytes", (json_int_t)e->bytes, "licence",
                     e->licence, "languages", e->languages ? e->languages : "", "state",
                     states[s.state], "done", (json_int_t)done, "detail", detail, "what",
                     e->what ? e->what : "");
}

static int get_models(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct listing *l = app->shelf ? calloc(1, sizeof(*l)) : NULL;
    int err;

    if (!app->shelf)
        return http_problem(res, req, 503, "unavailable", "No models are managed here.", NULL);
    if (!l)
        return UV_ENOMEM;
    l->app = app;
    l->server = req->server;
    l->items = json_array();
    for (const struct model_entry *entry = models_known; entry->name; entry++)
        json_array_append_new(l->items, models_item(app->shelf, entry));
    http_reply_later(res, &l->ticket);
    err = loop_post(app->loop, mark_in_use, l);
    if (err) {
        json_decref(l->items);
        free(l);
    }
    return err;
}

/* ------------------------------------------------------------------------------- changes */

static int change(const struct http_request *req, struct http_response *res, int status,
                  int (*fn)(struct models_shelf *shelf, const char *name, struct errbuf *why))
{
    struct errbuf why = {""};
    int err;

    if (refuse(req, res))
        return 0;
    err = fn(app_of(req)->shelf, http_param(req, "id"), &why);
    return err ? failed(req, res, err, &why) : http_reply_empty(res, status);
}

static int post_get(const struct http_request *req, struct http_response *res)
{
    return change(req, res, 202, models_shelf_get);
}

static int post_verify(const struct http_request *req, struct http_response *res)
{
    return change(req, res, 202, models_shelf_verify);
}

static int post_cancel(const struct http_request *req, struct http_response *res)
{
    return change(req, res, 202, models_shelf_cancel);
}

static int delete_model(const struct http_request *req, struct http_response *res)
{
    return change(req, res, 204, models_shelf_remove);
}

const struct http_route api_models_routes[] = {
    {"GET", "/api/v1/models", get_models, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {"POST", "/api/v1/models/{id}/get", post_get, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {"POST", "/api/v1/models/{id}/verify", post_verify, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {"POST", "/api/v1/models/{id}/cancel", post_cancel, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {"DELETE", "/api/v1/models/{id}", delete_model, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {.method = NULL},
};
