/**
 * @file llm/reach.c  Asking the providers for their models, and remembering who answered
 */
#include "llm/reach.h"

#include "base/clock.h"
#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seen {
    struct llm_reach *r;
    struct llm_provider provider;
    bool asking;
    bool has_model;
    size_t models;  /* of the list that is being read */
    uint64_t at_ms; /* when known was found out; 0: never */
    struct llm_reached known;
};

struct llm_reach {
    struct http_client *client;
    struct loop_timer *tick; /* tells that all is settled, never from inside a call */
    void (*settled)(void *arg);
    void *arg;
    size_t asking;
    size_t count;
    struct seen seen[];
};

static void on_tick(void *arg)
{
    struct llm_reach *r = arg;
    void (*settled)(void *arg) = r->settled;

    r->settled = NULL;
    if (settled)
        settled(r->arg);
}

/* Ollama's "llama3.2" is its "llama3.2:latest". */
static bool same_model(const char *listed, const char *wanted)
{
    size_t len = strlen(wanted);

    return !strncmp(listed, wanted, len) && (!listed[len] || !strcmp(listed + len, ":latest"));
}

static struct llm_reached judge(const struct seen *s, int err)
{
    struct llm_reached known = {LLM_REACH_ANSWERS, err, s->models};

    if (err)
        known.state = LLM_REACH_SILENT;
    else if (s->provider.driver->lists_all && !s->has_model)
        known.state = LLM_REACH_NO_MODEL;
    return known;
}

static void found(struct seen *s, int err)
{
    struct llm_reach *r = s->r;

    s->known = judge(s, err);
    s->at_ms = clock_mono_ms();
    s->asking = false;
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
    s->has_model |= s->provider.model && same_model(name, s->provider.model);
}

static bool fresh(const struct seen *s)
{
    return s->at_ms && clock_mono_ms() - s->at_ms < LLM_REACH_FRESH_MS;
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

void llm_reach_look(struct llm_reach *r, void (*settled)(void *arg), void *arg)
{
    if (settled) {
        r->settled = settled;
        r->arg = arg;
    }
    for (size_t i = 0; i < r->count; i++)
        ask(&r->seen[i]);
    if (!r->asking)
        timer_start(r->tick, 0, 0);
}

struct llm_reached llm_reach_get(const struct llm_reach *r, size_t i)
{
    const struct seen *s = &r->seen[i];

    if (!s->provider.driver->models)
        return (struct llm_reached){.state = LLM_REACH_ANSWERS};
    return fresh(s) ? s->known : (struct llm_reached){.state = LLM_REACH_UNKNOWN};
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
    default:
        return uv_strerror(err);
    }
}

const char *llm_reach_say(const struct llm_reached *known, const struct llm_provider *p, char *to,
                          size_t size)
{
    *to = '\0';
    if (known->state == LLM_REACH_NO_MODEL)
        snprintf(to, size, "has no model called %s", p->model);
    else if (known->state == LLM_REACH_SILENT && known->err == UV_EACCES)
        snprintf(to, size, "refuses the key");
    else if (known->state == LLM_REACH_SILENT)
        snprintf(to, size, "does not answer: %s", why_silent(known->err));
    return to;
}

const char *llm_reach_advise(const struct llm_reached *known, const struct llm_provider *p,
                             char *to, size_t size)
{
    bool ollama = !strcmp(p->driver->name, "ollama");

    *to = '\0';
    if (known->state == LLM_REACH_NO_MODEL)
        snprintf(to, size, "%s %s", ollama ? "get it: ollama pull" : "choose another than",
                 p->model);
    else if (known->state == LLM_REACH_SILENT && known->err == UV_EACCES)
        snprintf(to, size, "make a new key for %s and set it", p->name);
    else if (known->state == LLM_REACH_SILENT && ollama)
        snprintf(to, size, "start it: ollama serve; then: ollama pull %s", p->model);
    else if (known->state == LLM_REACH_SILENT)
        snprintf(to, size, "look at the network, and at its address: %s", p->url);
    return to;
}

int llm_reach_open(struct llm_reach **rp, struct loop *loop, struct http_client *client,
                   const struct llm_provider *providers, size_t count)
{
    struct llm_reach *r = calloc(1, sizeof(*r) + count * sizeof(r->seen[0]));
    int err;

    if (!r)
        return UV_ENOMEM;
    r->client = client;
    r->count = count;
    for (size_t i = 0; i < count; i++)
        r->seen[i] = (struct seen){.r = r, .provider = providers[i]};
    err = timer_open(&r->tick, loop, on_tick, r);
    if (err) {
        free(r);
        return err;
    }
    *rp = r;
    return 0;
}

void llm_reach_close(struct llm_reach *r)
{
    if (!r)
        return;
    timer_close(r->tick);
    free(r);
}
