/**
 * @file api/providers_test.c  Testing a provider: POST auth/me/providers/{name}/test
 *
 * The provider is called with the stored settings plus those in the body: first for its models,
 * which needs a valid key, then for one word, whose time is measured. Nothing is stored, except the
 * measurement if the body contains nothing new.
 *
 *     posted -> listing -> asking -> answered, and freed
 *                |            |
 *                +-- failed --+
 *
 * A client may leave at any point.
 */
#include "answer/completion.h"
#include "answer/user_chain.h"
#include "api/providers_internal.h"
#include "api/reply.h"
#include "api/validate.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "llm/provider.h"
#include "llm/provider_probe.h"
#include "loop/loop.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED_MAX = 64, TOKENS = 16, WHY_MAX = 512 };

struct trial {
    struct visit *visit;
    bool kept; /* tested as stored */
    struct user_chain *chain;
    const struct llm_provider *provider; /* of the chain */
    struct completion *completion;
    json_t *models;
    uint64_t asked_ms;
    int64_t first_ms; /* -1: no word arrived */
    char why[WHY_MAX];
    bool listing;
    bool gone;
};

static void trial_free(struct trial *t)
{
    completion_close(t->completion);
    user_chain_close(t->chain);
    visit_free(t->visit);
    json_decref(t->models);
    free(t);
}

/* ------------------------------------------------------------------------------ the answer */

static int fill(const struct http_request *req, struct http_response *res, void *arg)
{
    struct trial *t = arg;
    json_t *obj = json_object();

    (void)req;
    json_object_set_new(obj, "works", json_boolean(!t->why[0]));
    json_set_str(obj, "why", t->why);
    json_set_str(obj, "model", t->provider ? t->provider->model : NULL);
    json_object_set(obj, "models", t->models);
    json_object_set_new(obj, "firstTokenMs",
                        t->first_ms < 0 ? json_null() : json_integer(t->first_ms));
    http_set_header(res, "Cache-Control", "no-store");
    trial_free(t);
    return http_reply_json(res, 200, obj);
}

static void finish(struct trial *t)
{
    if (t->gone || http_answer_later(t->visit->server, t->visit->ticket, fill, t))
        trial_free(t);
}

static void failed(struct trial *t, const char *why)
{
    text_copy(t->why, sizeof(t->why), why, strlen(why));
    t->why[0] = (char)toupper((unsigned char)t->why[0]);
    finish(t);
}

/* A sentence for the person, with what they can do. */
static void failed_by(struct trial *t, int err)
{
    const struct llm_preset *preset = llm_preset_find(t->provider->name);
    struct llm_probed known = {.state = LLM_PROBE_SILENT, .err = err};
    char say[WHY_MAX / 2];
    char why[WHY_MAX];

    llm_probe_say(&known, t->provider, say, sizeof(say));
    snprintf(why, sizeof(why), "%s %s.%s", preset->title, say,
             err == UV_EACCES ? " Copy it again, whole, or make a new one." : "");
    failed(t, why);
}

/* --------------------------------------------------------------------------------- one word */

static void on_begin(const char *provider, const char *model, void *arg)
{
    struct trial *t = arg;

    (void)provider;
    (void)model;
    t->first_ms = (int64_t)(clock_mono_ms() - t->asked_ms);
    completion_close(t->completion); /* one word is enough */
    t->completion = NULL;
    finish(t);
}

static void on_text(const char *text, size_t len, void *arg)
{
    (void)text;
    (void)len;
    (void)arg;
}

static void on_void(void *arg)
{
    (void)arg;
}

static void on_end(const struct completion_end *e, void *arg)
{
    struct trial *t = arg;

    t->completion = NULL;
    if (e->err == UV_EACCES)
        failed_by(t, e->err);
    else
        failed(t, e->why);
}

static void ask(struct trial *t)
{
    static const struct completion_handlers handlers = {
        .on_begin = on_begin, .on_text = on_text, .on_void = on_void, .on_end = on_end};
    const struct llm_message message = {.role = LLM_USER,
                                        .text = "Answer with this one word: ready"};
    const struct completion_ask in = {.chain = t->chain,
                                      .messages = &message,
                                      .message_count = 1,
                                      .provider = t->visit->name,
                                      .max_tokens = TOKENS};
    struct errbuf why = {""};

    t->asked_ms = clock_mono_ms();
    if (completion_start(&t->completion, t->visit->app->answerer, &in, &handlers, t, &why))
        failed(t, why.text);
}

/* ------------------------------------------------------------------------------- its models */

static void on_name(const char *name, int err, void *arg)
{
    struct trial *t = arg;

    if (name) {
        if (json_array_size(t->models) < LISTED_MAX)
            json_array_append_new(t->models, json_string(name));
        return;
    }
    t->listing = false;
    if (t->gone || err == UV_ECANCELED)
        trial_free(t);
    else if (err && err != UV_ENOENT) /* some working providers have no list */
        failed_by(t, err);
    else
        ask(t);
}

static int open_chain(struct trial *t)
{
    struct visit *v = t->visit;
    int err = 0;

    if (t->kept)
        err = user_chain_open(&t->chain, v->app->answerer, v->user, v->choice);
    if (!err && t->chain && user_chain_find(t->chain, v->name) == SIZE_MAX) {
        user_chain_close(t->chain);
        t->chain = NULL;
    }
    if (err || t->chain)
        return err;
    v->choice->ordered = true;
    v->choice->order[0] = v->name;
    v->choice->order_count = 1;
    return user_chain_try(&t->chain, v->app->answerer, v->choice);
}

static void begin(void *arg)
{
    struct trial *t = arg;
    struct user_link link;
    size_t i;
    int err;

    if (t->gone) {
        trial_free(t);
        return;
    }
    if (open_chain(t)) {
        failed(t, "there is no memory for it");
        return;
    }
    i = user_chain_find(t->chain, t->visit->name);
    if (!user_chain_at(t->chain, i, &link)) {
        failed(t, "it lacks its key or its address");
        return;
    }
    t->provider = link.provider;
    t->listing = true;
    err = user_chain_models(t->chain, i, on_name, t);
    if (err) {
        t->listing = false;
        failed_by(t, err == UV_EINVAL ? UV_EACCES : err); /* no key looks like that */
    }
}

/* The request for its list ends by itself within seconds. */
static void on_gone(void *arg)
{
    struct trial *t = arg;

    t->gone = true;
    if (t->completion && !t->listing)
        trial_free(t);
}

static int post_test(const struct http_request *req, struct http_response *res)
{
    struct visit *v;
    struct trial *t;
    json_t *body;
    int err = visit_provider(req, res, BODY_OPTIONAL, &v, &body);

    if (err)
        return err > 0 ? 0 : err;
    t = calloc(1, sizeof(*t));
    if (t) {
        t->visit = v;
        t->kept = !json_object_size(body);
        t->models = json_array();
        t->first_ms = -1;
    }
    json_decref(body);
    if (!t) {
        visit_free(v);
        return UV_ENOMEM;
    }
    http_reply_later(res, &v->ticket);
    http_later_on_gone(res, on_gone, t);
    err = loop_post(v->app->loop, begin, t);
    if (err)
        trial_free(t);
    return err;
}

const struct http_route api_providers_test_routes[] = {
    {"POST", "/api/v1/auth/me/providers/{name}/test", post_test, .flags = ROUTE_AUTH,
     .body_max = 16 << 10, .types = HTTP_JSON},
    {.method = NULL},
};
