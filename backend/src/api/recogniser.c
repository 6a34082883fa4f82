/**
 * @file api/recogniser.c  Which recogniser hears, kept and told
 */
#include "api/recogniser.h"

#include "asr/engine.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "observe/log.h"
#include "store/sealed.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* One that was told; those before it hang behind it until the end. */
struct told {
    struct recogniser_choice choice;
    json_t *texts; /* its strings */
    struct told *before;
};

struct recogniser {
    struct store *store;
    const struct seal *seal;
    struct told *_Atomic now;
};

static const struct recogniser_choice nothing = {.engine = "auto"};

static bool is_engine(const char *name)
{
    return name && (!strcmp(name, "auto") || asr_engine_find(name));
}

/* Takes texts. UV_EINVAL: they name no recogniser of this program. */
static int tell(struct recogniser *r, json_t *texts, bool chosen)
{
    struct told *t = is_engine(json_str(texts, "engine")) ? calloc(1, sizeof(*t)) : NULL;

    if (!t) {
        bool known = is_engine(json_str(texts, "engine"));

        json_decref(texts);
        return known ? UV_ENOMEM : UV_EINVAL;
    }
    t->texts = texts;
    t->choice = (struct recogniser_choice){.engine = json_str(texts, "engine"),
                                           .model = json_str(texts, "model"),
                                           .url = json_str(texts, "url"),
                                           .key = json_str(texts, "key"),
                                           .name = json_str(texts, "name"),
                                           .chosen = chosen};
    t->before = atomic_load(&r->now);
    atomic_store(&r->now, t);
    return 0;
}

static int load(struct recogniser *r, struct errbuf *why)
{
    char *text = NULL;
    int err = sealed_hearing_get(r->store, r->seal, &text, why);

    if (err == UV_ENOENT || (!err && !text[0])) {
        free(text);
        return 0;
    }
    if (!err)
        err = tell(r, json_parse(text, strlen(text)), true);
    text_wipe(text);
    if (err != UV_EILSEQ && err != UV_EINVAL)
        return err;
    log_warn("asr", "which recogniser was chosen on the page cannot be read: the settings count");
    return 0;
}

int recogniser_open(struct recogniser **rp, struct store *store, const struct seal *seal,
                    struct errbuf *why)
{
    struct recogniser *r = calloc(1, sizeof(*r));
    int err;

    if (!r)
        return err_set(why, UV_ENOMEM, "out of memory");
    r->store = store;
    r->seal = seal;
    err = load(r, why);
    if (err) {
        recogniser_close(r);
        return err;
    }
    *rp = r;
    return 0;
}

void recogniser_close(struct recogniser *r)
{
    struct told *next;

    if (!r)
        return;
    for (struct told *t = atomic_load(&r->now); t; t = next) {
        next = t->before;
        if (t->choice.key)
            explicit_bzero((void *)(uintptr_t)t->choice.key, strlen(t->choice.key));
        json_decref(t->texts);
        free(t);
    }
    free(r);
}

const struct recogniser_choice *recogniser_now(const struct recogniser *r)
{
    const struct told *t = r ? atomic_load(&((struct recogniser *)(uintptr_t)r)->now) : NULL;

    return t ? &t->choice : &nothing;
}

struct recogniser_choice recogniser_resolve(const struct recogniser_choice *choice,
                                            const struct config *c)
{
    struct recogniser_choice is = *choice;

    if (!is.chosen)
        return (struct recogniser_choice){.engine = c->asr_engine,
                                          .model = c->asr_model,
                                          .url = c->asr_url,
                                          .key = c->asr_key,
                                          .name = c->asr_name};
    if (!is.url) {
        is.url = c->asr_url;
        is.key = c->asr_key;
        is.name = is.name ? is.name : c->asr_name;
    }
    return is;
}

int recogniser_choose(struct recogniser *r, const struct recogniser_choice *choice,
                      struct errbuf *why)
{
    const struct recogniser_choice *c = choice ? choice : &nothing;
    json_t *texts = json_object();
    char *text = NULL;
    int err;

    json_set_str(texts, "engine", c->engine);
    json_set_str(texts, "model", c->model);
    json_set_str(texts, "url", c->url);
    json_set_str(texts, "key", c->key);
    json_set_str(texts, "name", c->name);
    text = choice ? json_dumps(texts, JSON_COMPACT) : strdup("");
    err = text ? sealed_hearing_put(r->store, r->seal, text, why) : UV_ENOMEM;
    text_wipe(text);
    if (err) {
        json_decref(texts);
        return err;
    }
    return tell(r, texts, choice != NULL);
}

int recogniser_set_aside(struct recogniser *r)
{
    json_t *texts = json_object();

    json_set_str(texts, "engine", nothing.engine);
    return tell(r, texts, false);
}
