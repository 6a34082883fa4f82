/**
 * @file llm/driver.c  Starting, reporting and cancelling, the same for every driver
 *
 * A new driver: a file beside this one, its name in llm_drivers and in meson.build.
 */
#include "llm/driver.h"

#include "llm/driver_internal.h"
#include "loop/loop.h"

#include <stdlib.h>
#include <string.h>

const struct llm_driver *const llm_drivers[] = {&llm_driver_openai, &llm_driver_ollama,
                                                &llm_driver_outline, NULL};

const struct llm_driver *llm_driver_find(const char *name)
{
    for (size_t i = 0; llm_drivers[i]; i++)
        if (strcmp(llm_drivers[i]->name, name) == 0)
            return llm_drivers[i];
    return NULL;
}

int llm_start(struct loop *loop, struct http_client *client, const struct llm_provider *provider,
              const struct llm_request *req, const struct llm_handlers *h, void *arg,
              struct llm_gen **genp, struct errbuf *why)
{
    struct llm_gen *gen;
    int err;

    if (!loop || !provider || !provider->driver || !req || !h || !h->on_end || !genp)
        return err_set(why, UV_EINVAL, "an answer was asked for without saying of whom");
    gen = calloc(1, sizeof(*gen));
    if (!gen)
        return err_set(why, UV_ENOMEM, "out of memory");
    gen->loop = loop;
    gen->client = client;
    gen->provider = provider;
    gen->driver = provider->driver;
    gen->h = *h;
    gen->arg = arg;
    gen->trace = about_get().trace;
    llm_filter_init(&gen->filter, false);
    err = provider->driver->start(gen, req, why);
    if (err) {
        llm_filter_release(&gen->filter);
        free(gen);
    } else {
        *genp = gen;
    }
    return err;
}

static void gen_free(void *arg)
{
    struct llm_gen *gen = arg;

    if (gen->state)
        gen->driver->release(gen->state);
    llm_filter_release(&gen->filter);
    free(gen);
}

void llm_cancel(struct llm_gen *gen)
{
    if (!gen || gen->closed)
        return;
    gen->closed = true;
    gen->driver->cancel(gen);
    loop_free_later(gen->loop, gen, gen_free);
}

bool llm_emit_start(struct llm_gen *gen, const char *model)
{
    if (!gen->closed && gen->h.on_start)
        gen->h.on_start(model, gen->arg);
    return !gen->closed;
}

struct llm_habit *llm_gen_model(struct llm_gen *gen, const char *model)
{
    struct llm_habits *known = gen->provider->habits;

    gen->habit = known ? llm_habit_of(known, model) : &gen->own;
    llm_filter_release(&gen->filter);
    llm_filter_init(&gen->filter, gen->habit->unopened);
    return gen->habit;
}

bool llm_emit_thinking(struct llm_gen *gen)
{
    gen->thought = true;
    if (gen->habit)
        gen->habit->thinks = true;
    if (!gen->closed && gen->h.on_thinking)
        gen->h.on_thinking(gen->arg);
    return !gen->closed;
}

bool llm_emit_alive(struct llm_gen *gen)
{
    if (!gen->closed && gen->h.on_alive)
        gen->h.on_alive(gen->arg);
    return !gen->closed;
}

static bool give(struct llm_gen *gen, const char *text, size_t len)
{
    if (gen->closed || !len)
        return !gen->closed;
    gen->shown += len;
    if (gen->h.on_delta)
        gen->h.on_delta(text, len, gen->arg);
    return !gen->closed;
}

static bool take_back(struct llm_gen *gen)
{
    gen->shown = 0;
    if (!gen->closed && gen->h.on_take_back)
        gen->h.on_take_back(gen->arg);
    return !gen->closed;
}

bool llm_emit_delta(struct llm_gen *gen, const char *text, size_t len)
{
    struct buf out;
    unsigned said;
    bool open;

    if (gen->driver->plain)
        return give(gen, text, len);
    buf_init(&out, len + LLM_FILTER_HELD_MAX + LLM_FILTER_MARK_MAX);
    said = llm_filter_feed(&gen->filter, text, len, &out);
    open = !(said & LLM_FILTER_TAKE_BACK) || take_back(gen);
    if (open && (said & LLM_FILTER_THOUGHT))
        open = llm_emit_thinking(gen);
    if (out.err || gen->filter.held.err) {
        buf_release(&out);
        llm_emit_end(gen, UV_ENOMEM, LLM_FAILED, 0, "no memory for the answer");
        return false;
    }
    if (open && out.len)
        open = give(gen, out.data, out.len);
    buf_release(&out);
    if (gen->habit && gen->filter.unopened)
        gen->habit->unopened = true;
    if (open && (said & LLM_FILTER_OVER))
        llm_emit_end(gen, 0, LLM_STOP, 0, NULL);
    return !gen->closed;
}

bool llm_emit_rest(struct llm_gen *gen)
{
    struct buf out;
    bool open;

    buf_init(&out, 2 * LLM_FILTER_HELD_MAX);
    if (gen->filter.holding == LLM_HOLDS_MONOLOGUE && gen->habit)
        gen->habit->unopened = false; /* it was the answer after all */
    llm_filter_end(&gen->filter, &out);
    if (out.err) {
        buf_release(&out);
        llm_emit_end(gen, UV_ENOMEM, LLM_FAILED, 0, "no memory for the answer");
        return false;
    }
    open = give(gen, out.data ? out.data : "", out.len);
    buf_release(&out);
    return open;
}

void llm_emit_end(struct llm_gen *gen, int err, enum llm_finish finish, uint64_t retry_after_ms,
                  const char *why)
{
    const struct llm_end end = {.err = err,
                                .why = err && why ? why : "",
                                .finish = finish,
                                .retry_after_ms = retry_after_ms,
                                .context = err == UV_E2BIG ? gen->fits : 0,
                                .prompt_tokens = gen->prompt_tokens,
                                .answer_tokens = gen->answer_tokens};

    if (gen->closed || (!err && !llm_emit_rest(gen)))
        return;
    llm_cancel(gen);
    gen->h.on_end(&end, gen->arg);
}
