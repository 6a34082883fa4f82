/**
 * @file models/shelf.c  The thread that fetches and verifies models; see shelf.h
 */
#include "models/shelf.h"

#include "base/clock.h"
#include "loop/wait.h"
#include "models/advice.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    TRY_AGAIN_MS = 10 * 60 * 1000
}; /* after a failure, for models that nobody asked for by
      name */

enum work { WORK_NONE, WORK_GET, WORK_VERIFY };

/* What is known about an entry of the catalogue, apart from its file. */
struct note {
    enum work wanted; /* queued, or running */
    bool failed;
    uint64_t failed_at; /* [ms] */
    char why[ERR_TEXT_MAX];
};

struct models_shelf {
    struct models_config config;
    const struct model_entry *catalogue;
    size_t entries;
    struct note *notes; /* one for each entry */
    pthread_t thread;
    bool running;
    uv_mutex_t lock; /* guards what follows, and the notes */
    uv_cond_t wake;
    size_t queue[MODELS_SHELF_WAITING_MAX];
    size_t waiting;
    int current; /* entry being worked on; -1: none */
    struct models_progress progress;
    bool cancelled; /* the current one */
    bool closing;
};

static int index_of(const struct models_shelf *s, const char *name)
{
    for (size_t i = 0; i < s->entries; i++) {
        if (!strcmp(s->catalogue[i].name, name))
            return (int)i;
    }
    return -1;
}

static int no_such(const char *name, struct errbuf *why)
{
    return err_set(why, UV_ENOENT, "there is no model %.60s; `models list` names them", name);
}

/* --------------------------------------------------------------------------- its thread */

static int on_progress(const struct models_progress *p, void *arg)
{
    struct models_shelf *s = arg;
    bool stop;

    uv_mutex_lock(&s->lock);
    s->progress = *p;
    stop = s->cancelled || s->closing;
    uv_mutex_unlock(&s->lock);
    return stop;
}

static int work_on(struct models_shelf *s, size_t i, enum work work, struct errbuf *why)
{
    const char *name = s->catalogue[i].name;
    int err;

    if (work == WORK_GET)
        return models_get(&s->config, name, why);
    err = models_verify(&s->config, name, why);
    if (!err)
        err_set(why, 0, "It is the published file, byte for byte.");
    return err;
}

/* Called with the lock held, which is released while it works. */
static void take_next(struct models_shelf *s)
{
    size_t i = s->queue[0];
    enum work work = s->notes[i].wanted;
    struct errbuf why = {""};
    int err;

    memmove(s->queue, s->queue + 1, --s->waiting * sizeof(s->queue[0]));
    s->current = (int)i;
    s->cancelled = false;
    s->progress = (struct models_progress){.total = -1};
    uv_mutex_unlock(&s->lock);
    err = work_on(s, i, work, &why);
    uv_mutex_lock(&s->lock);
    s->current = -1;
    s->notes[i].wanted = WORK_NONE;
    s->notes[i].failed = err && err != UV_ECANCELED && err != UV_ENOTSUP;
    s->notes[i].failed_at = clock_mono_ms();
    snprintf(s->notes[i].why, sizeof(s->notes[i].why), "%s",
             err == UV_ECANCELED        ? ""
             : err && !why.text[0]      ? uv_strerror(err)
             : !err && work == WORK_GET ? ""
                                        : why.text);
}

static void *serve(void *arg)
{
    struct models_shelf *s = arg;

    uv_mutex_lock(&s->lock);
    while (!s->closing) {
        if (s->waiting)
            take_next(s);
        else
            wait_for_work(&s->wake, &s->lock, 0);
    }
    uv_mutex_unlock(&s->lock);
    return NULL;
}

int models_shelf_open(struct models_shelf **sp, const struct models_config *config,
                      struct errbuf *why)
{
    struct models_shelf *s = calloc(1, sizeof(*s));

    if (!s)
        return err_set(why, UV_ENOMEM, "out of memory");
    s->config = *config;
    s->config.progress = on_progress;
    s->config.arg = s;
    s->config.unverified = false; /* only the person at the machine may allow that */
    s->catalogue = config->catalogue ? config->catalogue : models_known;
    while (s->catalogue[s->entries].name)
        s->entries++;
    s->notes = calloc(s->entries + 1, sizeof(*s->notes));
    s->current = -1;
    uv_mutex_init(&s->lock);
    uv_cond_init(&s->wake);
    s->running = s->notes && !pthread_create(&s->thread, NULL, serve, s);
    if (!s->running) {
        models_shelf_close(s);
        return err_set(why, UV_ENOMEM, "no thread to get models with");
    }
    *sp = s;
    return 0;
}

void models_shelf_close(struct models_shelf *s)
{
    if (!s)
        return;
    uv_mutex_lock(&s->lock);
    s->closing = true;
    uv_cond_signal(&s->wake);
    uv_mutex_unlock(&s->lock);
    if (s->running)
        wait_gone(&s->thread, "a download to end");
    uv_mutex_destroy(&s->lock);
    uv_cond_destroy(&s->wake);
    free(s->notes);
    free(s);
}

/* ------------------------------------------------------------------------------ looking */

static int64_t part_of(const struct models_shelf *s, const struct model_entry *entry)
{
    char path[MODELS_PATH_MAX], part[MODELS_PATH_MAX + 8];
    struct stat st;

    if (models_path(path, s->config.data_dir, entry))
        return 0;
    snprintf(part, sizeof(part), "%s.part", path);
    return stat(part, &st) ? 0 : st.st_size;
}

void models_shelf_look(struct models_shelf *s, const struct model_entry *entry,
                       struct models_shelf_state *state)
{
    int i = index_of(s, entry->name);
    const struct note *note = &s->notes[i < 0 ? (int)s->entries : i];

    *state = (struct models_shelf_state){.part = part_of(s, entry)};
    uv_mutex_lock(&s->lock);
    if (i >= 0 && s->current == i) {
        state->state = note->wanted == WORK_GET ? MODELS_GETTING : MODELS_VERIFYING;
        state->progress = s->progress;
        state->progress.name = NULL;
    } else if (note->wanted) {
        state->state = MODELS_WAITING;
    } else if (note->failed) {
        state->state = MODELS_FAILED;
    } else {
        state->state = models_here(s->config.data_dir, entry) ? MODELS_READY : MODELS_ABSENT;
    }
    memcpy(state->why, note->why, sizeof(state->why));
    uv_mutex_unlock(&s->lock);
}

/* ------------------------------------------------------------------------------ wishing */

static int want(struct models_shelf *s, int i, enum work work, struct errbuf *why)
{
    int err = 0;

    uv_mutex_lock(&s->lock);
    if (s->notes[i].wanted) {
        err = err_set(why, UV_EBUSY, "%s is being worked on already", s->catalogue[i].name);
    } else if (s->waiting == MODELS_SHELF_WAITING_MAX) {
        err = err_set(why, UV_EAGAIN, "many models are waiting already; try again later");
    } else {
        s->notes[i] = (struct note){.wanted = work};
        s->queue[s->waiting++] = (size_t)i;
        uv_cond_signal(&s->wake);
    }
    uv_mutex_unlock(&s->lock);
    return err;
}

int models_shelf_get(struct models_shelf *s, const char *name, struct errbuf *why)
{
    int i = index_of(s, name);

    if (i < 0)
        return no_such(name, why);
    if (models_here(s->config.data_dir, &s->catalogue[i]))
        return err_set(why, UV_EALREADY, "%s is here already", name);
    return want(s, i, WORK_GET, why);
}

int models_shelf_bring(struct models_shelf *s, const char *language, struct errbuf *why)
{
    struct models_advice advice;
    bool rests;
    int i, err;

    models_advise(&advice, &s->config, language);
    if (!advice.bring)
        return err_set(why, UV_ENOENT, "nothing is missing");
    i = index_of(s, advice.bring->name);
    uv_mutex_lock(&s->lock);
    rests = s->notes[i].failed && clock_mono_ms() - s->notes[i].failed_at < TRY_AGAIN_MS;
    uv_mutex_unlock(&s->lock);
    if (rests)
        return err_set(why, UV_EAGAIN, "%s could not be had just now", advice.bring->name);
    err = want(s, i, WORK_GET, why);
    return err == UV_EBUSY ? 0 : err; /* it is on its way */
}

int models_shelf_verify(struct models_shelf *s, const char *name, struct errbuf *why)
{
    int i = index_of(s, name);

    if (i < 0)
        return no_such(name, why);
    if (!models_here(s->config.data_dir, &s->catalogue[i]))
        return err_set(why, UV_ENOENT, "%s is not here", name);
    return want(s, i, WORK_VERIFY, why);
}

int models_shelf_cancel(struct models_shelf *s, const char *name, struct errbuf *why)
{
    int i = index_of(s, name);
    int err = 0;

    if (i < 0)
        return no_such(name, why);
    uv_mutex_lock(&s->lock);
    if (!s->notes[i].wanted) {
        err = err_set(why, UV_ENOENT, "%s is not being got", name);
    } else if (s->current == i) {
        s->cancelled = true;
    } else {
        size_t at = 0;

        while (s->queue[at] != (size_t)i)
            at++;
        memmove(s->queue + at, s->queue + at + 1, (--s->waiting - at) * sizeof(s->queue[0]));
        s->notes[i].wanted = WORK_NONE;
    }
    uv_mutex_unlock(&s->lock);
    return err;
}

int models_shelf_remove(struct models_shelf *s, const char *name, struct errbuf *why)
{
    int i = index_of(s, name);
    int err;

    if (i < 0)
        return no_such(name, why);
    uv_mutex_lock(&s->lock);
    if (s->notes[i].wanted)
        err = err_set(why, UV_EBUSY, "%s is being worked on; cancel that first", name);
    else
        err = models_remove(&s->config, name, why); /* the lock keeps anything from starting
                                                       meanwhile */
    if (!err)
        s->notes[i] = (struct note){0};
    uv_mutex_unlock(&s->lock);
    return err;
}
