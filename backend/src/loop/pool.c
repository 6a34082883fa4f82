/**
 * @file loop/pool.c  Worker threads with one bounded queue, and the way back to the loop
 *
 * An item is in exactly one place: waiting, with a worker, or finished. Finished items come back
 * in bulk: one wake-up of the loop runs the `done` of everything that is ready.
 */
#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    NAME_MAX_LEN = 12, /* the kernel keeps 15 characters of a thread's name; "-NN" follows */
    STACK_SIZE = 1 << 20,
};

struct item {
    struct item *next;
    void (*work)(void *arg);
    void (*done)(int err, void *arg);
    void *arg;
    int err;
};

struct list {
    struct item *first;
    struct item **last;
};

struct pool {
    uv_async_t wake;
    uv_mutex_t lock;
    uv_cond_t more;
    struct list waiting;  /* {lock} */
    struct list finished; /* {lock} */
    size_t queued;        /* {lock} items in waiting */
    size_t running;       /* {lock} items with a worker */
    size_t queue_max;
    bool closing; /* {lock} */
    char name[NAME_MAX_LEN + 1];
    int threads;
    uv_thread_t thread[];
};

static void list_init(struct list *l)
{
    l->first = NULL;
    l->last = &l->first;
}

static void list_push(struct list *l, struct item *it)
{
    it->next = NULL;
    *l->last = it;
    l->last = &it->next;
}

static struct item *list_pop(struct list *l)
{
    struct item *it = l->first;

    if (it) {
        l->first = it->next;
        if (!l->first)
            l->last = &l->first;
    }
    return it;
}

static struct item *list_take(struct list *l)
{
    struct item *all = l->first;

    list_init(l);
    return all;
}

/* ------------------------------------------------------------- workers */

static void name_thread(const struct pool *pool)
{
    char name[16];

    snprintf(name, sizeof(name), "%s", pool->name);
    pthread_setname_np(pthread_self(), name);
}

static void worker(void *arg)
{
    struct pool *pool = arg;
    struct item *it;

    name_thread(pool);
    uv_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->waiting.first && !pool->closing)
            uv_cond_wait(&pool->more, &pool->lock);
        if (pool->closing)
            break;
        it = list_pop(&pool->waiting);
        pool->queued--;
        pool->running++;
        uv_mutex_unlock(&pool->lock);

        it->work(it->arg);

        uv_mutex_lock(&pool->lock);
        pool->running--;
        list_push(&pool->finished, it);
        uv_async_send(&pool->wake);
    }
    uv_mutex_unlock(&pool->lock);
}

static void run_done(struct item *all)
{
    while (all) {
        struct item *it = all;

        all = it->next;
        if (it->done)
            it->done(it->err, it->arg);
        free(it);
    }
}

static void on_wake(uv_async_t *wake)
{
    struct pool *pool = wake->data;
    struct item *all;

    uv_mutex_lock(&pool->lock);
    all = list_take(&pool->finished);
    uv_mutex_unlock(&pool->lock);
    run_done(all);
}

/* ------------------------------------------------------------ lifetime */

static void on_closed(uv_handle_t *handle)
{
    struct pool *pool = handle->data;

    uv_cond_destroy(&pool->more);
    uv_mutex_destroy(&pool->lock);
    free(pool);
}

static int start_threads(struct pool *pool, int threads)
{
    uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = STACK_SIZE};
    int rc = 0;

    while (pool->threads < threads && !rc) {
        rc = uv_thread_create_ex(&pool->thread[pool->threads], &options, worker, pool);
        if (!rc)
            pool->threads++;
    }
    return rc;
}

int pool_open(struct pool **pp, struct loop *loop, const char *name, int threads, size_t queue_max)
{
    struct pool *pool;
    int rc;

    if (threads < 1 || queue_max < 1)
        return UV_EINVAL;
    pool = calloc(1, sizeof(*pool) + (size_t)threads * sizeof(uv_thread_t));
    if (!pool)
        return UV_ENOMEM;
    snprintf(pool->name, sizeof(pool->name), "%s", name);
    pool->queue_max = queue_max;
    list_init(&pool->waiting);
    list_init(&pool->finished);
    rc = uv_mutex_init(&pool->lock);
    if (rc)
        goto no_lock;
    rc = uv_cond_init(&pool->more);
    if (rc)
        goto no_cond;
    rc = uv_async_init(loop_uv(loop), &pool->wake, on_wake);
    if (rc)
        goto no_wake;
    pool->wake.data = pool;
    uv_unref((uv_handle_t *)&pool->wake); /* the loop's own door keeps it running */
    rc = start_threads(pool, threads);
    if (rc) {
        pool_close(pool);
        return rc;
    }
    *pp = pool;
    return 0;

no_wake:
    uv_cond_destroy(&pool->more);
no_cond:
    uv_mutex_destroy(&pool->lock);
no_lock:
    free(pool);
    return rc;
}

int pool_submit(struct pool *pool, void (*work)(void *arg), void (*done)(int err, void *arg),
                void *arg)
{
    struct item *it = malloc(sizeof(*it));
    int rc = 0;

    if (!it)
        return UV_ENOMEM;
    *it = (struct item){.work = work, .done = done, .arg = arg};
    uv_mutex_lock(&pool->lock);
    if (pool->closing) {
        rc = UV_ECANCELED;
    } else if (pool->queued >= pool->queue_max) {
        rc = UV_EAGAIN;
    } else {
        list_push(&pool->waiting, it);
        pool->queued++;
        uv_cond_signal(&pool->more);
    }
    uv_mutex_unlock(&pool->lock);
    if (rc)
        free(it);
    return rc;
}

size_t pool_queued(struct pool *pool)
{
    size_t n;

    uv_mutex_lock(&pool->lock);
    n = pool->queued;
    uv_mutex_unlock(&pool->lock);
    return n;
}

size_t pool_busy(struct pool *pool)
{
    size_t n;

    uv_mutex_lock(&pool->lock);
    n = pool->queued + pool->running;
    uv_mutex_unlock(&pool->lock);
    return n;
}

void pool_close(struct pool *pool)
{
    struct item *waiting;

    if (!pool)
        return;
    uv_mutex_lock(&pool->lock);
    pool->closing = true;
    waiting = list_take(&pool->waiting);
    pool->queued = 0;
    uv_cond_broadcast(&pool->more);
    uv_mutex_unlock(&pool->lock);

    for (int i = 0; i < pool->threads; i++)
        uv_thread_join(&pool->thread[i]);
    run_done(list_take(&pool->finished)); /* no thread is left to share it with */
    for (struct item *it = waiting; it; it = it->next)
        it->err = UV_ECANCELED;
    run_done(waiting);
    uv_close((uv_handle_t *)&pool->wake, on_closed);
}
