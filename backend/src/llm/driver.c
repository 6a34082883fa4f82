/**
 * @file llm/driver.c  Starting, reporting and cancelling, the same for every driver
 *
 * A new driver: a file beside this one, its name in llm_drivers and in meson.build.
 */
#include "llm/driver.h"

#include "llm/driver_inner.h"
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
              struct llm_gen **genp, struct errbuf *err)
{
    struct llm_gen *gen;
    int rc;

    if (!loop || !provider || !provider->driver || !req || !h || !h->on_end || !genp)
        return err_set(err, UV_EINVAL, "an answer was asked for without saying of whom");
    gen = calloc(1, sizeof(*gen));
    if (!gen)
        return err_set(err, UV_ENOMEM, "out of memory");
    gen->loop = loop;
    gen->client = client;
    gen->provider = provider;
    gen->driver = provider->driver;
    gen->h = *h;
    gen->arg = arg;
    rc = provider->driver->start(gen, req, err);
    if (rc)
        free(gen);
    else
        *genp = gen;
    return rc;
}

static void gen_free(void *arg)
{
    struct llm_gen *gen = arg;

    if (gen->state)
        gen->driver->release(gen->state);
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

bool llm_emit_delta(struct llm_gen *gen, const char *text, size_t len)
{
    if (!gen->closed && gen->h.on_delta && len)
        gen->h.on_delta(text, len, gen->arg);
    return !gen->closed;
}

void llm_emit_end(struct llm_gen *gen, int err, enum llm_finish finish, uint64_t retry_after_ms,
                  const char *why)
{
    const struct llm_end end = {.err = err,
                                .why = err && why ? why : "",
                                .finish = finish,
                                .retry_after_ms = retry_after_ms};

    if (gen->closed)
        return;
    llm_cancel(gen);
    gen->h.on_end(&end, gen->arg);
}
