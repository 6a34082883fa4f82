/**
 * @file answer/user_chain.c  The language models that answer a user
 *
 * A chain is a list of pointers: to the operator's providers, which live as long as the answerer,
 * and to the user's own, which live as long as a chain that contains them.
 */
#include "answer/user_chain.h"

#include "answer/answer_internal.h"
#include "base/clock.h"
#include "base/text.h"
#include "config/config.h"
#include "llm/provider.h"
#include "loop/loop.h"
#include "net/client.h"

#include <stdlib.h>
#include <string.h>

/** A provider with settings of a user's own. */
struct own_link {
    struct answer_link link;
    struct answerer *a;
    unsigned refs;
    struct llm_facts facts;
    char *key;
    char *model;
    char *url;
};

static bool same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* -------------------------------------------------------------------- a provider of their own */

/* Nothing of it is on the stack, so the client may be closed. */
static void own_free(struct own_link *own)
{
    http_client_close(own->link.client);
    text_wipe(own->key);
    text_wipe(own->model);
    text_wipe(own->url);
    free(own);
}

static void own_unref(struct own_link *own)
{
    if (!--own->refs)
        own_free(own);
}

/* Its address: the user's, or the operator's, or the usual one. */
static const struct llm_provider *server_of(const struct answerer *a,
                                            const struct answer_link *base, const char *name)
{
    for (size_t i = 0; !base && i < a->usual_count; i++)
        if (!strcmp(a->usual[i].name, name))
            return &a->usual[i];
    return base ? &base->provider : NULL;
}

/* 1: it cannot be asked with these settings. */
static int describe(struct own_link *own, const struct choice_own *wish, bool addresses)
{
    const struct answerer *a = own->a;
    const struct llm_preset *preset = llm_preset_find(wish->name);
    struct answer_link *base = own->link.base;
    const struct llm_provider *server = server_of(a, base, wish->name);
    struct llm_provider *p = &own->link.provider;
    bool elsewhere = own->url != NULL;

    *p = server && !elsewhere
             ? *server
             : (struct llm_provider){.name = preset->name,
                                     .driver = llm_driver_find(preset->driver),
                                     .url = own->url,
                                     .model = preset->model ? preset->model : "default",
                                     .any_model = !preset->model,
                                     .local = elsewhere && config_url_is_local(own->url)};
    if (!base && !addresses && !preset->needs_key) /* nobody pays for it: it is the operator's */
        return 1;
    p->habits = base && !elsewhere ? base->provider.habits : &own->link.habits;
    if (own->key || elsewhere) {
        p->api_key = own->key;
        p->facts = &own->facts;
    }
    if (own->model) {
        p->model = own->model;
        p->any_model = false;
    }
    return !p->url || (preset->needs_key && !p->api_key && !base && !elsewhere);
}

/* UV_ENOENT: it cannot be asked with these settings. */
static int own_make(struct own_link **ownp, struct answerer *a, struct answer_link *base,
                    const struct choice_own *wish, bool addresses)
{
    const char *url = addresses ? wish->url : NULL;
    struct own_link *own = calloc(1, sizeof(*own));
    int err = own ? 0 : UV_ENOMEM;

    if (err)
        return err;
    own->a = a;
    own->refs = 1;
    own->link.own = own;
    own->link.base = base;
    own->link.pace.typical_ms = -1;
    breaker_init(&own->link.breaker, a->breaker_failures, a->breaker_rest_ms);
    if (choice_set(&own->key, wish->key) || choice_set(&own->model, wish->model) ||
        choice_set(&own->url, url))
        err = UV_ENOMEM;
    if (!err && describe(own, wish, addresses))
        err = UV_ENOENT;
    if (!err && a->client && (own->key || own->url))
        err = http_client_open(&own->link.client, a->loop, NULL);
    if (err)
        own_free(own);
    else
        *ownp = own;
    return err;
}

static bool is_as_wished(const struct own_link *own, const struct choice_own *wish, bool addresses)
{
    return !strcmp(own->link.provider.name, wish->name) && same(own->key, wish->key) &&
           same(own->model, wish->model) && same(own->url, addresses ? wish->url : NULL);
}

/* ------------------------------------------------------------------------------- the chain */

static bool has(const struct user_chain *c, const char *name)
{
    return user_chain_find(c, name) != SIZE_MAX;
}

static void append(struct user_chain *c, struct answer_link *l)
{
    c->links[c->count++] = l;
    if (l->own)
        c->owned[c->owned_count++] = l->own;
}

/* The previous chain passes on what it learnt about a provider that stayed the same. */
static int append_own(struct user_chain *c, const struct user_chain *before,
                      struct answer_link *base, const struct choice_own *wish, bool addresses)
{
    struct own_link *own;
    int err;

    for (size_t i = 0; before && i < before->count; i++) {
        own = before->links[i]->own;
        if (own && is_as_wished(own, wish, addresses)) {
            own->refs++;
            append(c, &own->link);
            return 0;
        }
    }
    err = own_make(&own, c->a, base, wish, addresses);
    if (!err)
        append(c, &own->link);
    return err == UV_ENOENT ? 0 : err;
}

static int add(struct user_chain *c, const struct user_chain *before, const struct choice *choice,
               const char *name)
{
    const struct choice_own *wish = choice_own((struct choice *)(uintptr_t)choice, name, false);
    size_t i = answer_link_find(c->a, name);
    struct answer_link *base = i < c->a->count ? &c->a->links[i] : NULL;

    if (has(c, name) || c->count + 1 >= ANSWER_PROVIDERS_MAX)
        return 0;
    if (wish && (wish->key || wish->model || (wish->url && choice->addresses)))
        return append_own(c, before, base, wish, choice->addresses);
    if (base)
        append(c, base);
    else if (choice->addresses && server_of(c->a, NULL, name)) /* a server of their own machine */
        return append_own(c, before, NULL, &(struct choice_own){.name = name}, true);
    return 0;
}

static bool brings(const struct choice *choice, const struct choice_own *own)
{
    return own->key || (own->url && choice->addresses);
}

/* Without an order: the preferred one, the user's own, then the operator's. */
static int add_usual(struct user_chain *c, const struct user_chain *before,
                     const struct choice *choice)
{
    int err = choice->preferred ? add(c, before, choice, choice->preferred) : 0;

    for (size_t i = 0; !err && i < choice->own_count; i++)
        if (brings(choice, &choice->own[i]))
            err = add(c, before, choice, choice->own[i].name);
    for (size_t i = 0; !err && i + 1 < c->a->count; i++)
        err = add(c, before, choice, c->a->links[i].provider.name);
    return err;
}

static void chain_free(void *arg)
{
    struct user_chain *c = arg;

    for (size_t i = 0; i < c->owned_count; i++) /* the others may be gone */
        own_unref(c->owned[i]);
    user_chain_close(c->newer);
    free(c);
}

static int make(struct user_chain **cp, struct answerer *a, const struct user_chain *before,
                const struct choice *choice)
{
    struct user_chain *c = calloc(1, sizeof(*c));
    int err = c ? 0 : UV_ENOMEM;

    if (err)
        return err;
    c->a = a;
    c->loop = a->loop;
    c->refs = 1;
    c->version = choice->version;
    c->preferred = choice->preferred;
    c->addresses = choice->addresses;
    for (size_t i = 0; !err && choice->ordered && i < choice->order_count; i++)
        err = add(c, before, choice, choice->order[i]);
    if (!err && !choice->ordered)
        err = add_usual(c, before, choice);
    append(c, &a->links[a->count - 1]);
    if (err)
        chain_free(c);
    else
        *cp = c;
    return err;
}

struct user_chain *user_chain_ref(struct user_chain *c)
{
    if (c)
        c->refs++;
    return c;
}

void user_chain_close(struct user_chain *c)
{
    if (c && !--c->refs)
        loop_free_later(c->loop, c, chain_free);
}

void user_chain_renew(struct user_chain **cp)
{
    while (*cp && (*cp)->newer) {
        struct user_chain *newer = user_chain_ref((*cp)->newer);

        user_chain_close(*cp);
        *cp = newer;
    }
}

/* ---- remembered users
 * ------------------------------------------------------------------------------ */

static struct user_chain **place_of(struct answerer *a, const char *user)
{
    struct user_chain **at = &a->chains;

    while (*at && strcmp((*at)->user, user) != 0)
        at = &(*at)->next;
    return at;
}

static struct user_chain *take_out(struct user_chain **at)
{
    struct user_chain *c = *at;

    *at = c->next;
    c->next = NULL;
    c->a->chain_count--;
    return c;
}

static void put_first(struct answerer *a, struct user_chain *c)
{
    c->next = a->chains;
    a->chains = c;
    a->chain_count++;
}

/* The least recent users are last; those with requests stay. */
static void forget_oldest(struct answerer *a)
{
    struct user_chain **oldest = NULL;

    for (struct user_chain **at = &a->chains; *at; at = &(*at)->next)
        if ((*at)->refs == 1)
            oldest = at;
    if (a->chain_count > USER_CHAINS_KEPT && oldest)
        user_chain_close(take_out(oldest));
}

/* Is the remembered state of the user still right? */
static bool holds(const struct user_chain *c, const struct choice *choice)
{
    return c && (choice->version < c->version ||
                 (choice->version == c->version && same(choice->preferred, c->preferred) &&
                  choice->addresses == c->addresses));
}

int user_chain_open(struct user_chain **cp, struct answerer *a, const char *user,
                    const struct choice *choice)
{
    static const struct choice nothing;
    struct user_chain **at = place_of(a, user);
    struct user_chain *before = *at ? take_out(at) : NULL;
    struct user_chain *c = before;
    int err = 0;

    if (!holds(before, choice ? choice : &nothing)) {
        err = make(&c, a, before, choice ? choice : &nothing);
        if (err) {
            if (before)
                put_first(a, before);
            return err;
        }
        memcpy(c->user, user, strnlen(user, sizeof(c->user) - 1));
        if (before) {
            before->newer = user_chain_ref(c);
            user_chain_close(before);
        }
    }
    put_first(a, c);
    *cp = user_chain_ref(c);
    forget_oldest(a);
    return 0;
}

int user_chain_try(struct user_chain **cp, struct answerer *a, const struct choice *choice)
{
    return make(cp, a, NULL, choice);
}

void user_chain_forget(struct answerer *a, const char *user)
{
    static const struct choice nothing = {.version = INT64_MAX};
    struct user_chain *c = NULL;

    if (!*place_of(a, user) || user_chain_open(&c, a, user, &nothing))
        return;
    user_chain_close(c);
    user_chain_close(take_out(place_of(a, user)));
}

void user_chain_close_all(struct answerer *a)
{
    while (a->chains)
        user_chain_close(take_out(&a->chains));
}

/* ---- queries
 * --------------------------------------------------------------------------------------- */

size_t user_chain_find(const struct user_chain *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (!strcmp(c->links[i]->provider.name, name))
            return i;
    return SIZE_MAX;
}

bool user_chain_at(const struct user_chain *c, size_t i, struct user_link *link)
{
    const struct answer_link *l = i < c->count ? c->links[i] : NULL;
    const struct answer_link *server = l && l->own ? l->base : l;

    if (!l)
        return false;
    *link = (struct user_link){
        .provider = &l->provider,
        .own = l->own != NULL,
        .own_key = l->own && l->own->key,
        .there = answer_link_there(l),
        .rests = !breaker_allows(&l->breaker, clock_mono_ms()),
        .of = server && !(l->own && l->own->url) ? (size_t)(server - c->a->links) : SIZE_MAX,
        .pace = l->pace};
    return true;
}

const struct llm_provider *user_chain_usual(const struct answerer *a, const char *name)
{
    size_t i = answer_link_find(a, name);

    return server_of(a, i < a->count ? &a->links[i] : NULL, name);
}

struct listing {
    struct user_chain *chain;
    struct answer_link *link;
    void (*fn)(const char *name, int err, void *arg);
    void *arg;
};

static void on_name(const char *name, int err, void *arg)
{
    struct listing *l = arg;
    struct listing own = *l;

    if (!name) {
        if (!err && l->link->own && l->link->provider.facts)
            answer_link_learn(l->link, l->link->provider.facts);
        free(l);
    }
    own.fn(name, err, own.arg);
    if (!name)
        user_chain_close(own.chain);
}

int user_chain_models(struct user_chain *c, size_t i,
                      void (*fn)(const char *name, int err, void *arg), void *arg)
{
    struct answer_link *link = c->links[i];
    struct listing *l;
    int err;

    if (!link->provider.driver->models)
        return UV_ENOTSUP;
    l = calloc(1, sizeof(*l));
    if (!l)
        return UV_ENOMEM;
    *l = (struct listing){.chain = user_chain_ref(c), .link = link, .fn = fn, .arg = arg};
    err =
        link->provider.driver->models(answer_link_client(c->a, link), &link->provider, on_name, l);
    if (err) {
        user_chain_close(c);
        free(l);
    }
    return err;
}
