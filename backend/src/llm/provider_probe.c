/**
 * @file llm/provider_probe.c  Asking the providers for their models, and remembering which answered
 */
#include "llm/provider_probe.h"

#include "llm/driver_internal.h"

#include "base/clock.h"
#include "loop/loop.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seen {
    struct llm_probe *r;
    struct llm_provider provider;
    bool asking;
    bool has_model;
    size_t models;  /* in the list being read */
    uint64_t at_ms; /* when known was determined; 0: never */
    struct llm_probed known;
    struct llm_facts facts;
};

struct llm_probe {
    struct http_client *client;
    struct loop_timer *tick; /* reports that everything is known, never from inside a call */
    void (*done)(void *arg);
    void *arg;
    void (*learnt)(size_t i, const struct llm_probed *known, const struct llm_facts *facts,
                   void *arg);
    void *learnt_arg;
    size_t asking;
    size_t count;
    struct seen seen[];
};

static void on_tick(void *arg)
{
    struct llm_probe *r = arg;
    void (*done)(void *arg) = r->done;

    r->done = NULL;
    if (done)
        done(r->arg);
}

static struct llm_probed judge(const struct seen *s, int err)
{
    struct llm_probed known = {LLM_PROBE_ANSWERS, err, s->models};

    if (err)
        known.state = LLM_PROBE_SILENT;
    else if (s->provider.any_model ? !s->models : s->provider.driver->lists_all && !s->has_model)
        known.state = LLM_PROBE_NO_MODEL;
    return known;
}

static void found(struct seen *s, int err)
{
    struct llm_probe *r = s->r;

    s->known = judge(s, err);
    s->at_ms = clock_mono_ms();
    s->asking = false;
    if (r->learnt && err != UV_ECANCELED)
        r->learnt((size_t)(s - r->seen), &s->known, &s->facts, r->learnt_arg);
    if (--r->asking == 0)
        timer_start(r->tick, 0, 0);
}

static void on_model(const char *name, int err, void *arg)
{
    struct seen *s = arg;

    if (!name) {
        found(s, err);
        return;
    }
    s->models++;
    s->has_model |= s->provider.model && llm_same_model(name, s->provider.model);
}

static bool fresh(const struct seen *s)
{
    uint64_t fresh_ms = s->provider.local ? LLM_PROBE_LOCAL_FRESH_MS : LLM_PROBE_FRESH_MS;

    return s->at_ms && clock_mono_ms() - s->at_ms < fresh_ms;
}

static void ask(struct seen *s)
{
    int err;

    if (s->asking || fresh(s) || !s->provider.driver->models)
        return;
    s->asking = true;
    s->has_model = false;
    s->models = 0;
    s->r->asking++;
    err = s->provider.driver->models(s->r->client, &s->provider, on_model, s);
    if (err)
        found(s, err);
}

void llm_probe_look(struct llm_probe *r, void (*done)(void *arg), void *arg)
{
    if (done) {
        r->done = done;
        r->arg = arg;
    }
    for (size_t i = 0; i < r->count; i++)
        ask(&r->seen[i]);
    if (!r->asking)
        timer_start(r->tick, 0, 0);
}

void llm_probe_on_learnt(struct llm_probe *r,
                         void (*fn)(size_t i, const struct llm_probed *known,
                                    const struct llm_facts *facts, void *arg),
                         void *arg)
{
    r->learnt = fn;
    r->learnt_arg = arg;
}

const struct llm_provider *llm_probe_provider(const struct llm_probe *r, size_t i)
{
    return &r->seen[i].provider;
}

struct llm_probed llm_probe_get(const struct llm_probe *r, size_t i)
{
    const struct seen *s = &r->seen[i];

    if (!s->provider.driver->models)
        return (struct llm_probed){.state = LLM_PROBE_ANSWERS};
    return fresh(s) ? s->known : (struct llm_probed){.state = LLM_PROBE_UNKNOWN};
}

struct capitals {
    char text[32];
};

static struct capitals upper(const char *name)
{
    struct capitals c = {""};

    for (size_t i = 0; name[i] && i + 1 < sizeof(c.text); i++)
        c.text[i] = (char)toupper((unsigned char)name[i]);
    return c;
}

static const char *why_silent(int err)
{
    switch (err) {
    case UV_ECONNREFUSED:
        return "nothing listens at its address";
    case UV_ETIMEDOUT:
        return "no reply in time";
    case UV_EAGAIN:
        return "it is overloaded or failing";
    case UV_EAI_NONAME:
        return "its address has an unknown name";
    case UV_ENOENT:
        return "there is nothing at its address (HTTP 404)";
    case UV_EPROTO:
        return "its reply is not understood, or its certificate is not trusted";
    case UV_EINVAL:
        return "it refuses to list its models";
    default:
        return uv_strerror(err);
    }
}

const char *llm_probe_say(const struct llm_probed *known, const struct llm_provider *p, char *to,
                          size_t size)
{
    *to = '\0';
    if (known->state == LLM_PROBE_NO_MODEL)
        snprintf(to, size, "has no model called %s", p->model);
    else if (known->state == LLM_PROBE_SILENT && known->err == UV_EACCES)
        snprintf(to, size, "refuses the key");
    else if (known->state == LLM_PROBE_SILENT)
        snprintf(to, size, "does not answer: %s", why_silent(known->err));
    return to;
}

static bool is_azure(const struct llm_provider *p)
{
    return !strcmp(p->name, "azure");
}

const char *llm_probe_advise(const struct llm_probed *known, const struct llm_provider *p, char *to,
                             size_t size)
{
    const char *has = p->facts && p->facts->model[0] ? p->facts->model : NULL;
    bool ollama = !strcmp(p->driver->name, "ollama");

    *to = '\0';
    if (known->state == LLM_PROBE_NO_MODEL && ollama)
        snprintf(to, size, "get it: ollama pull %s", p->model);
    else if (known->state == LLM_PROBE_NO_MODEL && !known->models)
        snprintf(to, size, "load a model there");
    else if (known->state == LLM_PROBE_NO_MODEL && has)
        snprintf(to, size, "choose another than %s (INTERVIEWD_%s_MODEL): it has %.120s", p->model,
                 upper(p->name).text, has);
    else if (known->state == LLM_PROBE_NO_MODEL)
        snprintf(to, size, "choose another than %s", p->model);
    else if (known->state == LLM_PROBE_SILENT && known->err == UV_EACCES)
        snprintf(to, size, "make a new key for %s and set it", p->name);
    else if (known->state == LLM_PROBE_SILENT && known->err == UV_ENOENT)
        snprintf(to, size, "look at its address, which is wrong or lacks its end (%s): %s",
                 is_azure(p) ? "/openai/v1" : "/v1", p->url);
    else if (known->state == LLM_PROBE_SILENT && ollama)
        snprintf(to, size, "start it: ollama serve; then: ollama pull %s", p->model);
    else if (known->state == LLM_PROBE_SILENT && p->local)
        snprintf(to, size, "start it; it is looked for at %s", p->url);
    else if (known->state == LLM_PROBE_SILENT)
        snprintf(to, size, "look at the network, and at its address: %s", p->url);
    return to;
}

int llm_probe_open(struct llm_probe **rp, struct loop *loop, struct http_client *client,
                   const struct llm_provider *providers, size_t count)
{
    struct llm_probe *r = calloc(1, sizeof(*r) + count * sizeof(r->seen[0]));
    int err;

    if (!r)
        return UV_ENOMEM;
    r->client = client;
    r->count = count;
    for (size_t i = 0; i < count; i++) {
        r->seen[i] = (struct seen){.r = r, .provider = providers[i]};
        r->seen[i].provider.facts = &r->seen[i].facts;
    }
    err = timer_open(&r->tick, loop, on_tick, r);
    if (err) {
        free(r);
        return err;
    }
    *rp = r;
    return 0;
}

void llm_probe_close(struct llm_probe *r)
{
    if (!r)
        return;
    timer_close(r->tick);
    free(r);
}
