/**
 * @file asr/hub.c  The speech workers, seen from the loop: starting, calling and stopping them
 *
 * hub_line.c has the lines and their queues of pieces, hub_work.c what the workers do with them,
 * hub_report.c the way back to the loop, hub_model.c the engine and its model. A worker takes a
 * whole line, not a piece, so the order within a line is kept automatically.
 */
#include "asr/hub_internal.h"
#include "loop/wait.h"

#include <stdlib.h>

static int worker_count(const struct asr_hub *hub)
{
    int n = hub->main.engine->workers;

    if (n <= 0)
        n = (int)uv_available_parallelism();
    return n < HUB_WORKERS_MAX ? n : HUB_WORKERS_MAX;
}

int hub_start_workers(struct asr_hub *hub)
{
    int want = worker_count(hub), err = 0;

    while (!err && hub->thread_count < want) {
        err = uv_thread_create(&hub->threads[hub->thread_count], hub_work, hub);
        hub->thread_count += err == 0;
        hub->working += err == 0;
    }
    return hub->thread_count ? 0 : err; /* fewer threads will do */
}

static int start_workers(struct asr_hub *hub, struct errbuf *why)
{
    int err;

    uv_mutex_lock(&hub->lock);
    err = hub_start_workers(hub);
    uv_mutex_unlock(&hub->lock);
    return err ? err_set(why, err, "cannot start a speech worker: %s", uv_strerror(err)) : 0;
}

int asr_hub_open(struct asr_hub **hp, struct loop *loop, const struct asr_hub_config *config,
                 struct errbuf *why)
{
    struct asr_hub *hub = calloc(1, sizeof(*hub));
    int err;

    if (!hub)
        return err_set(why, UV_ENOMEM, "no memory for the speech workers");
    hub->nets = config->nets;
    hub->loop = loop;
    hub->refs = 1;
    uv_mutex_init(&hub->lock);
    uv_cond_init(&hub->more);
    uv_cond_init(&hub->loaded);
    hub->lines_max = config->lines_max > 0 ? (size_t)config->lines_max
                                           : HUB_LINES_A_CORE * uv_available_parallelism();
    err = hub_model_choose(hub, config, &hub->main, &hub->fallback, why);
    if (!err)
        err = start_workers(hub, why);
    if (err) {
        hub_release(hub);
        return err;
    }
    *hp = hub;
    return 0;
}

void hub_release(struct asr_hub *hub)
{
    unsigned left;

    uv_mutex_lock(&hub->lock);
    left = --hub->refs;
    uv_mutex_unlock(&hub->lock);
    if (left)
        return;
    uv_cond_destroy(&hub->more);
    uv_cond_destroy(&hub->loaded);
    uv_mutex_destroy(&hub->lock);
    hub_model_release(&hub->main);
    hub_model_release(&hub->fallback);
    hub_model_release(&hub->old);
    hub_model_release(&hub->old_fallback);
    hub_model_release(&hub->next);
    hub_model_release(&hub->next_fallback);
    free(hub);
}

int asr_hub_use(struct asr_hub *hub, const struct asr_hub_config *config, struct errbuf *why)
{
    struct hub_model chosen = {0}, behind = {0}, unused[2];
    int err = hub_model_choose(hub, config, &chosen, &behind, why);

    if (!err) {
        uv_mutex_lock(&hub->lock);
        unused[0] = hub->next;
        unused[1] = hub->next_fallback;
        hub->next = chosen;
        hub->next_fallback = behind;
        hub_model_take_next(hub);
        uv_mutex_unlock(&hub->lock);
    } else {
        unused[0] = chosen;
        unused[1] = behind;
    }
    hub_model_release(&unused[0]);
    hub_model_release(&unused[1]);
    return err;
}

bool asr_hub_waits(struct asr_hub *hub)
{
    bool waits;

    uv_mutex_lock(&hub->lock);
    hub_model_take_next(hub);
    waits = hub->next.engine != NULL;
    uv_mutex_unlock(&hub->lock);
    return waits;
}

static void close_streams(struct asr_hub *hub)
{
    for (struct asr_line *line = hub->lines; line; line = line->next) {
        if (line->work.stream)
            hub->main.engine->close(line->work.stream);
        if (line->work.fallback)
            hub->fallback.engine->close(line->work.fallback);
        line->work.stream = line->work.fallback = NULL;
        line->dead = true;
    }
}

static void forget_lines(struct asr_hub *hub)
{
    while (hub->lines) {
        struct asr_line *line = hub->lines;

        hub->lines = line->next;
        line->next = NULL;
        pieces_drop(line);
        line_release(line); /* the hub's reference; the caller keeps its own */
    }
}

void asr_hub_end(struct asr_hub *hub)
{
    uv_mutex_lock(&hub->lock);
    hub->ending = true;
    uv_mutex_unlock(&hub->lock);
}

void asr_hub_stop(struct asr_hub *hub)
{
    if (hub->shut)
        return;
    hub->shut = true;
    uv_mutex_lock(&hub->lock);
    hub->stopping = true;
    for (struct asr_line *line = hub->lines; line; line = line->next)
        line_interrupt(line);
    uv_cond_broadcast(&hub->more);
    uv_cond_broadcast(&hub->loaded);
    uv_mutex_unlock(&hub->lock);
}

bool asr_hub_stopped(const struct asr_hub *hub)
{
    struct asr_hub *h = (struct asr_hub *)(uintptr_t)hub;
    bool stopped;

    uv_mutex_lock(&h->lock);
    stopped = h->stopping && !h->working;
    uv_mutex_unlock(&h->lock);
    return stopped;
}

void asr_hub_close(struct asr_hub *hub)
{
    if (!hub)
        return;
    asr_hub_stop(hub);
    for (int i = 0; i < hub->thread_count; i++)
        wait_gone(&hub->threads[i], "a speech worker to leave");
    close_streams(hub);
    forget_lines(hub);
    hub_model_unload(&hub->main);
    hub_model_unload(&hub->fallback);
    hub_model_unload(&hub->old);
    hub_model_unload(&hub->old_fallback);
    hub_release(hub);
}

/* ---- queries ----------------------------------------------------------------------------- */

struct loop *asr_hub_loop(const struct asr_hub *hub)
{
    return hub->loop;
}

const struct asr_engine *asr_hub_engine(const struct asr_hub *hub)
{
    struct asr_hub *h = (struct asr_hub *)(uintptr_t)hub;
    const struct asr_engine *engine;

    uv_mutex_lock(&h->lock);
    engine = h->main.engine;
    uv_mutex_unlock(&h->lock);
    return engine;
}

const struct asr_engine *asr_hub_fallback(const struct asr_hub *hub)
{
    return hub->fallback.engine;
}

struct asr_nets *asr_hub_nets(const struct asr_hub *hub)
{
    return hub->nets;
}

bool asr_hub_loaded(const struct asr_hub *hub)
{
    struct asr_hub *h = (struct asr_hub *)(uintptr_t)hub;
    bool loaded;

    uv_mutex_lock(&h->lock);
    loaded = h->main.state == MODEL_LOADED;
    uv_mutex_unlock(&h->lock);
    return loaded;
}

const char *asr_hub_model(const struct asr_hub *hub)
{
    return asr_hub_loaded(hub) ? hub->main.name : "";
}

size_t asr_hub_lines(const struct asr_hub *hub)
{
    struct asr_hub *h = (struct asr_hub *)(uintptr_t)hub;
    size_t n;

    uv_mutex_lock(&h->lock);
    n = h->line_count;
    uv_mutex_unlock(&h->lock);
    return n;
}

struct asr_hub_stats asr_hub_stats(struct asr_hub *hub)
{
    struct asr_hub_stats stats = {.workers = hub->thread_count, .lines_max = hub->lines_max};

    uv_mutex_lock(&hub->lock);
    stats.lines = hub->line_count;
    stats.backlog_ms = hub->backlog / SAMPLES_PER_MS;
    for (const struct asr_line *line = hub->lines; line; line = line->next)
        stats.busy += line->busy;
    uv_mutex_unlock(&hub->lock);
    return stats;
}
