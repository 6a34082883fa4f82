/**
 * @file asr/pocketsphinx/driver.c  Engine "pocketsphinx": the part that is always there
 *
 * Opens the shared module (module.h) at the first load and hands every call on.
 */
#include "asr/pocketsphinx/module.h"

#include "base/module.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PACE_MS = 300 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct asr_engine *module; /* {lock} until set, then never changes */

static bool ps_available(const struct asr_model_params *params, struct errbuf *why)
{
    const char *folder = params && params->path ? params->path : ASR_POCKETSPHINX_MODEL;
    char path[PATH_MAX];

    if (module_find(ASR_POCKETSPHINX_MODULE, why))
        return false;
    if (snprintf(path, sizeof(path), "%s/en-us/mdef", folder) < (int)sizeof(path) &&
        access(path, R_OK) == 0)
        return true;
    err_set(why, UV_ENOENT, "no PocketSphinx model in %s: install the package pocketsphinx-en-us",
            folder);
    return false;
}

static int open_module(struct errbuf *err)
{
    void *symbol = module_open(ASR_POCKETSPHINX_MODULE, ASR_POCKETSPHINX_SYMBOL, err);
    const struct asr_engine *(*entry)(void);

    if (!symbol)
        return UV_ENOSYS;
    memcpy(&entry, &symbol, sizeof(entry)); /* ISO C has no cast from data to function */
    module = entry();
    return 0;
}

static int ps_load(struct asr_model **mp, const struct asr_model_params *params, struct errbuf *err)
{
    int rc = 0;

    pthread_mutex_lock(&lock);
    if (!module)
        rc = open_module(err);
    pthread_mutex_unlock(&lock);
    return rc ? rc : module->load(mp, params, err);
}

static void ps_unload(struct asr_model *model)
{
    if (model)
        module->unload(model);
}

static const char *ps_describe(const struct asr_model *model)
{
    return module->describe(model);
}

static int ps_open(struct asr_stream **sp, struct asr_model *model, const struct asr_params *params,
                   struct errbuf *err)
{
    return module->open(sp, model, params, err);
}

static int ps_begin(struct asr_stream *stream, struct errbuf *err)
{
    return module->begin(stream, err);
}

static int ps_feed(struct asr_stream *stream, const int16_t *pcm, size_t n, struct errbuf *err)
{
    return module->feed(stream, pcm, n, err);
}

static int ps_partial(struct asr_stream *stream, struct asr_result *res, struct errbuf *err)
{
    return module->partial(stream, res, err);
}

static int ps_settle(struct asr_stream *stream, struct errbuf *err)
{
    return module->settle(stream, err);
}

static int ps_finish(struct asr_stream *stream, struct asr_result *res, struct errbuf *err)
{
    return module->finish(stream, res, err);
}

static void ps_close(struct asr_stream *stream)
{
    if (stream)
        module->close(stream);
}

extern const struct asr_engine asr_pocketsphinx;

const struct asr_engine asr_pocketsphinx = {
    .name = "pocketsphinx",
    .pace_ms = PACE_MS,
    .available = ps_available,
    .load = ps_load,
    .unload = ps_unload,
    .describe = ps_describe,
    .open = ps_open,
    .begin = ps_begin,
    .feed = ps_feed,
    .partial = ps_partial,
    .settle = ps_settle,
    .finish = ps_finish,
    .close = ps_close,
};
