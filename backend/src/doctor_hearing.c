/**
 * @file doctor_hearing.c  What `interviewd doctor` says about speech recognition
 *
 * The recogniser that the settings name is loaded and given a short sentence (asr/trial.h), so that
 * the report rests on a real try.
 */
#include "doctor.h"

#include "asr/engine.h"
#include "asr/trial.h"
#include "loop/loop.h"
#include "loop/wait.h"
#include "models/advice.h"
#include "models/speed.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* A recogniser on a thread of its own: its network requests go through the loop. */
struct listener {
    const struct asr_engine *engine;
    struct asr_model_params params;
    struct loop *loop;
    struct asr_trial trial;
    struct errbuf why;
    int err;
};

static void stop_loop(void *loop)
{
    loop_stop(loop);
}

static void hear(void *arg)
{
    struct listener *l = arg;

    l->err = asr_trial_run(&l->trial, l->engine, &l->params, &l->why);
    loop_post(l->loop, stop_loop, l->loop);
}

static void report_clip(struct doctor *d, const struct listener *l)
{
    char text[ERR_TEXT_MAX + ASR_TRIAL_TEXT_MAX + 96];
    const struct asr_trial *t = &l->trial;

    snprintf(text, sizeof(text), "%zu of %zu words right in %.2f s: \"%s\"", t->right, t->words,
             (double)t->took_ms / 1000.0, t->text);
    doctor_report(d, 2 * t->right >= t->words ? GOOD : COULD_BE_BETTER, "test clip", text);
    if (2 * t->right < t->words) {
        snprintf(text, sizeof(text), "it says \"%s\": another recogniser or model may hear it",
                 asr_trial_text);
        doctor_advise(text);
    }
}

static void report_deaf(struct doctor *d, const struct listener *l)
{
    char text[ERR_TEXT_MAX + 96];

    snprintf(text, sizeof(text), "%s: %s", l->engine->name,
             l->why.text[0] ? l->why.text : uv_strerror(l->err));
    doctor_report(d, BROKEN, "recogniser", text);
    doctor_advise(l->engine->remote
                      ? "set INTERVIEWD_ASR_URL, INTERVIEWD_ASR_KEY and INTERVIEWD_ASR_NAME to a "
                        "service that answers; meanwhile the local recogniser hears instead"
                      : "interviewd models verify says whether its files are whole");
}

/* Gives the clip to the recogniser that sessions use: does it work, how well and how fast? */
static bool try_clip(struct doctor *d, const struct asr_engine *engine,
                     const struct asr_model_params *params)
{
    struct listener l = {.engine = engine, .params = *params, .loop = d->program.app.loop};
    char text[96];
    uv_thread_t thread;

    if (!uv_thread_create(&thread, hear, &l)) {
        loop_run(l.loop);
        wait_gone(&thread, "the recogniser's answer");
        if (l.err) {
            report_deaf(d, &l);
        } else if (engine->remote) {
            snprintf(text, sizeof(text), "%s: answers", engine->name);
            doctor_report(d, GOOD, "recogniser", text);
        }
        if (!l.err)
            report_clip(d, &l);
    }
    return !l.err;
}

/* ---- model -------------------------------------------------------------------------------- */

static void say_cost(const char *how, const struct model_entry *entry, double factor)
{
    char text[256];
    int n = snprintf(text, sizeof(text), "%s: interviewd models get %s (%.0f MB", how, entry->name,
                     (double)entry->bytes / 1e6);

    if (factor > 0.0)
        snprintf(text + n, sizeof(text) - (size_t)n, "; a second of speech takes about %.3f s)",
                 factor);
    else
        snprintf(text + n, sizeof(text) - (size_t)n, ")");
    doctor_advise(text);
}

/* What a better model costs, or a faster one if the machine is slow. */
static void advise_ear(struct doctor *d)
{
    const struct config *c = d->program.config;
    const struct models_config models = {.data_dir = c->data_dir};
    const struct model_entry *larger;
    struct models_advice a;

    if (c->asr_model)
        return; /* the person chose it */
    models_advise(&a, &models, c->asr_language);
    if (a.bring)
        say_cost("for this language", a.bring, 0.0);
    else if (a.offer)
        say_cost(a.factor > 0.0 && a.offer_factor < a.factor ? "quicker here" : "better", a.offer,
                 a.offer_factor);
    else if (models_rank(a.heard) == models_rank("base")) {
        larger = models_entry(strstr(a.heard, ".en") ? "small.en-q5_1" : "small-q5_1");
        say_cost("better, and slow here", larger,
                 models_speed_of(config_path(c, "models"), larger->name));
    }
}

static void check_ear(struct doctor *d, const struct asr_engine *engine,
                      const struct asr_model_params *params)
{
    const struct config *c = d->program.config;
    const struct models_config models = {.data_dir = c->data_dir};
    struct models_advice a;
    char path[MODELS_PATH_MAX], text[MODELS_PATH_MAX + 64];
    int n;

    if (!try_clip(d, engine, params) || engine->remote)
        return;
    if (strcmp(engine->name, "whisper") != 0 ||
        models_find(path, params->path, params->data_dir, NULL, params->language, NULL)) {
        snprintf(text, sizeof(text), "%s hears", engine->name);
    } else {
        models_advise(&a, &models, params->language); /* measured by now */
        n = snprintf(text, sizeof(text), "whisper hears with %s",
                     strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
        if (!c->asr_model && a.factor > 0.0)
            snprintf(text + n, sizeof(text) - (size_t)n, "; a second of speech takes %.3f s here",
                     a.factor);
    }
    doctor_report(d, GOOD, "ear", text);
    advise_ear(d);
}

static void check_networks(struct doctor *d)
{
    const struct models_config models = {.data_dir = d->program.config->data_dir};

    for (const struct model_entry *e = models_known; e->name; e++) {
        char text[160];
        bool here = models_here(models.data_dir, e);

        if (e->kind == MODEL_EAR || e->kind == MODEL_MEANING)
            continue;
        snprintf(text, sizeof(text), "%s (%s) %s", e->name, e->what,
                 here ? "is here" : "is absent");
        doctor_report(d, here ? GOOD : COULD_BE_BETTER, "network", text);
        snprintf(text, sizeof(text), "interviewd models get %s (%.0f MB)", e->name,
                 (double)e->bytes / 1e6);
        if (!here)
            doctor_advise(text);
    }
}

/* ---- recognisers --------------------------------------------------------------------------- */

/* Lists which can be used. Returns the one that sessions use; *params become its parameters. */
static const struct asr_engine *list_recognisers(struct doctor *d, struct asr_model_params *params)
{
    const char *wanted = d->program.config->asr_engine;
    const struct asr_engine *hears = NULL;

    for (size_t i = 0; asr_engines[i]; i++) {
        const struct asr_engine *engine = asr_engines[i];
        struct asr_model_params its = program_asr_params(&d->program, engine->remote);
        struct errbuf why = {""};
        bool named = !strcmp(wanted, engine->name);
        bool there, asked = !engine->remote || named;
        char text[ERR_TEXT_MAX + 96];

        its.language = d->program.config->asr_language;
        there = engine->available(&its, &why);
        if (there && (named || (!hears && asked && !strcmp(wanted, "auto")))) {
            hears = engine;
            *params = its;
        }
        if (engine->remote && there && asked)
            continue; /* tested with the clip later */
        snprintf(text, sizeof(text), "%s: %s", engine->name,
                 !there  ? why.text
                 : asked ? "ready"
                         : "could be used, but audio would leave this machine: only if you say "
                           "--asr-engine openai");
        doctor_report(d, there && asked ? GOOD : COULD_BE_BETTER, "recogniser", text);
    }
    return hears;
}

void doctor_hearing(struct doctor *d)
{
    struct asr_model_params params;
    const struct asr_engine *hears = list_recognisers(d, &params);

    if (hears) {
        check_ear(d, hears, &params);
    } else {
        doctor_report(d, BROKEN, "recogniser", "none can be used");
        doctor_advise("apt install pocketsphinx-en-us, or: interviewd models get base.en-q8_0");
    }
    check_networks(d);
}
