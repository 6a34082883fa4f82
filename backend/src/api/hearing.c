/**
 * @file api/hearing.c  Which recogniser a language has here, and which better model is being
 * fetched
 *
 * Choosing a language in the page or for a session fetches a model for it if there is none (setting
 * fetch-models); better models are only offered. A setup made by hand (a model by name or file,
 * another recogniser) is left alone.
 */
#include "api/app.h"
#include "api/models.h"
#include "api/reply.h"
#include "api/validate.h"
#include "asr/engine.h"
#include "asr/whisper/vocab.h"
#include "base/json.h"
#include "config/config.h"
#include "models/advice.h"
#include "models/shelf.h"

#include <string.h>

/* Does the recogniser use whatever model is in the models folder? */
static bool is_free_to_choose(const struct app *app)
{
    struct recogniser_choice is = app_recogniser(app);

    return !is.model && (!strcmp(is.engine, "auto") || !strcmp(is.engine, "whisper"));
}

static void advise(const struct app *app, const char *language, struct models_advice *advice)
{
    const struct models_config models = {.data_dir = app->config->data_dir};

    models_advise(advice, &models, language);
    if (is_free_to_choose(app))
        return;
    *advice = (struct models_advice){.heard = ""};
}

static bool is_english(const char *language)
{
    return !strncmp(language, "en", 2) && (!language[2] || language[2] == '-');
}

/* The recogniser that a session in this language would get now, chosen as the hub chooses from
 * those that are here. NULL: none. */
static const struct asr_engine *heard_by(const struct app *app, const char *language)
{
    const char *wanted = app_recogniser(app).engine;
    char tongue[ASR_LANGUAGE_MAX];
    bool any = !strcmp(wanted, "auto");

    snprintf(tongue, sizeof(tongue), "%.*s", (int)strcspn(language, "-"), language);
    for (size_t i = 0; asr_engines[i]; i++) {
        const struct asr_engine *engine = asr_engines[i];
        struct asr_model_params params = app_asr_params(app, engine->remote);
        struct errbuf why;

        params.language = tongue;
        if ((any ? engine->remote : strcmp(engine->name, wanted) != 0) ||
            !engine->available(&params, &why))
            continue;
        if (strcmp(engine->name, "pocketsphinx") != 0 || is_english(language) ||
            !strcmp(language, "auto"))
            return engine;
    }
    return NULL;
}

static json_t *model_or_null(const struct app *app, const struct model_entry *entry)
{
    return entry && app->shelf ? models_item(app->shelf, entry) : json_null();
}

static json_t *factor_or_null(double factor)
{
    return factor > 0.0 ? json_thousandths(factor) : json_null();
}

static int answer(const struct http_request *req, struct http_response *res, const char *language)
{
    const struct app *app = app_of(req);
    const struct asr_engine *engine = heard_by(app, language);
    struct models_advice advice;

    advise(app, language, &advice);
    return http_reply_json(
        res, 200,
        json_pack("{s:s,s:s?,s:s?,s:o,s:b,s:o,s:o,s:o,s:b}", "language", language, "engine",
                  engine ? engine->name : NULL, "model",
                  engine && !strcmp(engine->name, "whisper") && advice.heard[0] ? advice.heard
                                                                                : NULL,
                  "realTimeFactor", factor_or_null(advice.factor), "fetched",
                  app->config->fetch_models, "missing", model_or_null(app, advice.bring), "offer",
                  model_or_null(app, advice.offer), "offerRealTimeFactor",
                  factor_or_null(advice.offer_factor), "mayFetch", request_is_operator(req)));
}

/* 1: answered. */
static int read_language(const struct http_request *req, struct http_response *res,
                         const char **language)
{
    *language = http_param(req, "language");
    if (validate_is_language(*language) &&
        (!strcmp(*language, "auto") || whisper_language_known(*language)))
        return 0;
    http_problem(res, req, 404, "not_found", "No recogniser knows this language.", NULL);
    return 1;
}

static int get_hearing(const struct http_request *req, struct http_response *res)
{
    const char *language;

    return read_language(req, res, &language) ? 0 : answer(req, res, language);
}

static int post_hearing(const struct http_request *req, struct http_response *res)
{
    const char *language;

    if (read_language(req, res, &language))
        return 0;
    hearing_chosen(app_of(req), language);
    return answer(req, res, language);
}

void hearing_chosen(const struct app *app, const char *language)
{
    struct errbuf why = {""};

    /* GET reports the result, including a recent failure */
    if (app->shelf && app->config->fetch_models && is_free_to_choose(app) &&
        (!strcmp(language, "auto") || whisper_language_known(language)))
        models_shelf_bring(app->shelf, language, &why);
}

const struct http_route api_hearing_routes[] = {
    {"GET", "/api/v1/hearing/{language}", get_hearing, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {"POST", "/api/v1/hearing/{language}", post_hearing, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {.method = NULL},
};
