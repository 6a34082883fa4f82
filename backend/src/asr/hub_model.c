/**
 * @file asr/hub_model.c  An engine with its model: chosen, loaded, replaced by a better one
 *
 * The engine is chosen when the hub opens, loaded by the first worker that needs it, and
 * reconsidered whenever a line opens and no other line uses it.
 */
#include "asr/hub_internal.h"
#include "base/text.h"
#include "loop/wait.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ----------------------------------------------------------------------------- settings */

void hub_keep_text(const char **to, const char *text, int *err)
{
    *to = text ? strdup(text) : NULL;
    if (text && !*to)
        *err = UV_ENOMEM;
}

void hub_drop_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

static int take_params(struct asr_model_params *to, const struct asr_model_params *from)
{
    int err = 0;

    *to = *from;
    hub_keep_text(&to->path, from->path, &err);
    hub_keep_text(&to->data_dir, from->data_dir, &err);
    hub_keep_text(&to->url, from->url, &err);
    hub_keep_text(&to->api_key, from->api_key, &err);
    hub_keep_text(&to->name, from->name, &err);
    hub_keep_text(&to->language, from->language, &err);
    return err;
}

void hub_model_release(struct hub_model *m)
{
    struct asr_model_params *p = &m->params;

    hub_drop_text(p->path);
    hub_drop_text(p->data_dir);
    hub_drop_text(p->url);
    text_wipe((char *)(uintptr_t)p->api_key);
    hub_drop_text(p->name);
    hub_drop_text(p->language);
    *m = (struct hub_model){0};
}

/* ----------------------------------------------------------------------------- choosing */

static bool is_auto(const char *name)
{
    return !name || !*name || strcmp(name, "auto") == 0;
}

/** The best local engine that can be used here; `why` collects what each of them lacks. Audio
 *  leaves the machine only if somebody named the engine that sends it. */
static const struct asr_engine *best(const struct asr_model_params *params, struct errbuf *why)
{
    size_t used = 0;

    why->text[0] = '\0';
    for (size_t i = 0; asr_engines[i]; i++) {
        struct errbuf reason = {{0}};
        int n;

        if (asr_engines[i]->remote)
            continue;
        if (asr_engines[i]->available(params, &reason))
            return asr_engines[i];
        n = snprintf(why->text + used, sizeof(why->text) - used, "%s%s: %s", used ? "; " : "",
                     asr_engines[i]->name, reason.text);
        used += n > 0 && (size_t)n < sizeof(why->text) - used ? (size_t)n : 0;
    }
    return NULL;
}

/** Passed as asr_model_params.stop: should loading be abandoned? */
static bool is_ending(void *arg)
{
    struct asr_hub *hub = arg;
    bool ending;

    uv_mutex_lock(&hub->lock);
    ending = hub->ending || hub->stopping;
    uv_mutex_unlock(&hub->lock);
    return ending;
}

static int choose_main(struct asr_hub *hub, const struct asr_hub_config *config,
                       struct hub_model *m, struct errbuf *why)
{
    struct errbuf unusable = {{0}};

    m->choose = !config->driver && is_auto(config->engine);
    if (config->driver)
        m->engine = config->driver;
    else
        m->engine = m->choose ? best(&config->model, &unusable) : asr_engine_find(config->engine);
    if (m->choose && !m->engine)
        return err_set(why, UV_ENOENT, "no speech recogniser can be used here: %s",
                       unusable.text[0] ? unusable.text : "none was built in");
    if (!m->engine)
        return err_set(why, UV_ENOENT, "there is no speech recogniser called \"%s\"",
                       config->engine);
    if (!m->engine->available(&config->model, &unusable))
        return err_set(why, UV_ENOENT, "the speech recogniser \"%s\" cannot be used: %s",
                       m->engine->name, unusable.text);
    if (take_params(&m->params, &config->model))
        return err_set(why, UV_ENOMEM, "no memory for the speech workers");
    m->params.stop = is_ending;
    m->params.stop_arg = hub;
    m->wanted = config->preload;
    return 0;
}

/* The local engine that takes over when the service of `chosen` fails. */
static int choose_fallback(struct asr_hub *hub, const struct asr_hub_config *config,
                           const struct hub_model *chosen, struct hub_model *m, struct errbuf *why)
{
    struct errbuf unusable;
    const char *name = config->fallback;
    const struct asr_engine *engine;

    if (!chosen->engine->remote || (name && strcmp(name, "none") == 0))
        return 0;
    if (config->fallback_driver)
        engine = config->fallback_driver;
    else
        engine = is_auto(name) ? best(&config->fallback_model, &unusable) : asr_engine_find(name);
    if (!engine || engine->remote || !engine->available(&config->fallback_model, &unusable))
        return 0;
    m->engine = engine;
    if (take_params(&m->params, &config->fallback_model))
        return err_set(why, UV_ENOMEM, "no memory for the speech workers");
    m->params.stop = is_ending;
    m->params.stop_arg = hub;
    return 0;
}

int hub_model_choose(struct asr_hub *hub, const struct asr_hub_config *config,
                     struct hub_model *chosen, struct hub_model *behind, struct errbuf *why)
{
    int err = choose_main(hub, config, chosen, why);

    return err ? err : choose_fallback(hub, config, chosen, behind, why);
}

/* ------------------------------------------------------------------------------ loading */

/** The next local engine after `failed` that can be used here. */
static const struct asr_engine *next_engine(const struct hub_model *m,
                                            const struct asr_engine *failed)
{
    struct errbuf why;
    size_t i = 0;

    while (asr_engines[i] && asr_engines[i] != failed)
        i++;
    for (i += asr_engines[i] != NULL; asr_engines[i]; i++) {
        if (!asr_engines[i]->remote && asr_engines[i]->available(&m->params, &why))
            return asr_engines[i];
    }
    return NULL;
}

/** Loads m->engine or, if the engine may be chosen freely, the next one that loads. */
static int load_best(struct hub_model *m, const struct asr_engine **engine,
                     struct asr_model **model, struct errbuf *why)
{
    int err = (*engine)->load(model, &m->params, why);

    while (err && err != UV_ECANCELED && m->choose) {
        struct errbuf other = {{0}};
        const struct asr_engine *next = next_engine(m, *engine);

        if (!next)
            break;
        *engine = next;
        err = next->load(model, &m->params, &other);
    }
    return err;
}

int hub_model_load(struct asr_hub *hub, struct hub_model *m, struct errbuf *why)
{
    const struct asr_engine *engine = m->engine;
    struct asr_model *model = NULL;
    int err;

    while (m->state == MODEL_LOADING && !hub->stopping)
        wait_on(&hub->loaded, &hub->lock, WAIT_OTHERS, "a model to be loaded", 0);
    if (m->state == MODEL_LOADED)
        return 0;
    if (hub->stopping || hub->ending)
        return err_set(why, UV_ECANCELED, "the server is shutting down");
    m->state = MODEL_LOADING;
    m->wanted = false;
    uv_mutex_unlock(&hub->lock);
    err = load_best(m, &engine, &model, why);
    if (err == UV_ECANCELED)
        err_set(why, err, "the server is shutting down");
    uv_mutex_lock(&hub->lock);
    m->state = err ? MODEL_UNLOADED : MODEL_LOADED;
    if (!err) {
        if (m->engine != engine) {
            m->failed = m->engine;
            snprintf(m->taken_over, sizeof(m->taken_over), "%s: %.380s; hearing with %s instead",
                     m->engine->name, why->text, engine->name);
        }
        m->engine = engine;
        m->model = model;
        snprintf(m->name, sizeof(m->name), "%s", engine->describe(model));
    }
    uv_cond_broadcast(&hub->loaded);
    uv_cond_broadcast(&hub->more); /* lines that waited for the model can be served now */
    return err;
}

/* The allocator keeps a stream's freed memory for this thread, and each thread would keep as
 * much. */
void hub_give_memory_back(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

void hub_model_unload(struct hub_model *m)
{
    if (m->state == MODEL_LOADED)
        m->engine->unload(m->model);
    m->state = MODEL_UNLOADED;
}

void hub_model_unload_old(struct asr_hub *hub)
{
    struct hub_model old[] = {hub->old, hub->old_fallback};

    hub->old = hub->old_fallback = (struct hub_model){0};
    uv_mutex_unlock(&hub->lock);
    for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
        hub_model_unload(&old[i]);
        hub_model_release(&old[i]);
    }
    hub_give_memory_back();
    uv_mutex_lock(&hub->lock);
}

/* ---- a better engine or model ------------------------------------------------------------- */

/** "en" for "en-GB"; NULL stays NULL. */
static const char *tongue_of(const char *language, char to[static ASR_LANGUAGE_MAX])
{
    if (!language || !*language)
        return NULL;
    snprintf(to, ASR_LANGUAGE_MAX, "%.*s", (int)strcspn(language, "-_"), language);
    return to;
}

/** For this language. If no model is loaded: is there one for it? */
static bool is_outdated(const struct hub_model *m, const char *language)
{
    struct asr_model_params params = m->params;

    if (language)
        params.language = language;
    return m->engine->outdated &&
           m->engine->outdated(m->state == MODEL_LOADED ? m->model : NULL, &params);
}

static void set_tongue(struct hub_model *m, const char *language)
{
    char *own = language ? strdup(language) : NULL;

    if (!own)
        return;
    free((void *)(uintptr_t)m->params.language);
    m->params.language = own;
}

/** {lock} Can engine and model be replaced, since no line uses them? */
static bool is_free(const struct asr_hub *hub)
{
    return hub->refs == 1 && hub->main.state != MODEL_LOADING &&
           hub->fallback.state != MODEL_LOADING && !hub->old.engine && !hub->old_fallback.engine &&
           !hub->stopping;
}

void hub_model_take_next(struct asr_hub *hub)
{
    if (!hub->next.engine || !is_free(hub))
        return;
    hub->old = hub->main; /* freeing hundreds of megabytes would block the loop for too long */
    hub->old_fallback = hub->fallback;
    hub->main = hub->next;
    hub->fallback = hub->next_fallback;
    hub->next = hub->next_fallback = (struct hub_model){0};
    hub->remote_after = 0;
    hub_start_workers(hub);
    uv_cond_broadcast(&hub->more);
}

/** {lock} A model may have been added since the last session. If no line uses the old one (each
 *  line holds the hub until its streams are closed), a better engine, a better model of the same
 *  engine, or one that knows the language when the old one does not, takes over. An engine that
 *  failed to load is not tried again. */
void hub_model_take_better(struct asr_hub *hub, const char *language)
{
    struct hub_model *m = &hub->main;
    struct asr_model_params any;
    char to[ASR_LANGUAGE_MAX];
    const char *tongue = tongue_of(language, to);
    const struct asr_engine *better;
    struct errbuf why;

    hub_model_take_next(hub);
    any = m->params;
    if (!is_free(hub))
        return;
    any.language = NULL; /* the choice of engine does not depend on the last session's language */
    better = m->choose ? best(&any, &why) : m->engine;
    if (!better || better == m->failed)
        return;
    if (better == m->engine && !is_outdated(m, tongue))
        return;
    if (better == m->engine)
        set_tongue(m, tongue);
    if (better == m->engine && m->state != MODEL_LOADED)
        return;
    hub->old = *m;
    hub->old.params = (struct asr_model_params){0}; /* hub->main keeps them */
    m->model = NULL;
    m->name[0] = m->taken_over[0] = '\0';
    m->state = MODEL_UNLOADED;
    m->engine = better;
}
