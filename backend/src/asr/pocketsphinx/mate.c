/**
 * @file asr/pocketsphinx/mate.c  A thread that works beside its owner, one call at a time
 */
#include "asr/pocketsphinx/mate.h"

#include "loop/wait.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

struct mate {
    pthread_t thread;
    uv_mutex_t lock;
    uv_cond_t changed;
    void (*fn)(void *arg); /* {lock} the call to make or in progress; NULL: none */
    void *arg;             /* {lock} */
    bool leaving;          /* {lock} */
};

static void *work(void *arg)
{
    struct mate *m = arg;

    uv_mutex_lock(&m->lock);
    while (!m->leaving) {
        if (!m->fn) {
            wait_for_work(&m->changed, &m->lock, 0);
            continue;
        }
        uv_mutex_unlock(&m->lock);
        m->fn(m->arg); /* the owner changes neither until the call is done */
        uv_mutex_lock(&m->lock);
        m->fn = NULL;
        uv_cond_signal(&m->changed);
    }
    uv_mutex_unlock(&m->lock);
    return NULL;
}

int mate_open(struct mate **mp)
{
    struct mate *m = calloc(1, sizeof(*m));
    int err;

    if (!m)
        return UV_ENOMEM;
    uv_mutex_init(&m->lock);
    uv_cond_init(&m->changed);
    err = pthread_create(&m->thread, NULL, work, m);
    if (err) {
        uv_cond_destroy(&m->changed);
        uv_mutex_destroy(&m->lock);
        free(m);
        return UV_EAGAIN;
    }
    *mp = m;
    return 0;
}

void mate_start(struct mate *m, void (*fn)(void *arg), void *arg)
{
    if (!m) {
        fn(arg);
        return;
    }
    uv_mutex_lock(&m->lock);
    m->fn = fn;
    m->arg = arg;
    uv_cond_signal(&m->changed);
    uv_mutex_unlock(&m->lock);
}

void mate_wait(struct mate *m)
{
    if (!m)
        return;
    uv_mutex_lock(&m->lock);
    while (m->fn)
        wait_on(&m->changed, &m->lock, WAIT_OTHERS, "the other search", 0);
    uv_mutex_unlock(&m->lock);
}

void mate_close(struct mate *m)
{
    if (!m)
        return;
    mate_wait(m);
    uv_mutex_lock(&m->lock);
    m->leaving = true;
    uv_cond_signal(&m->changed);
    uv_mutex_unlock(&m->lock);
    wait_gone(&m->thread, "the other search to leave");
    uv_cond_destroy(&m->changed);
    uv_mutex_destroy(&m->lock);
    free(m);
}
