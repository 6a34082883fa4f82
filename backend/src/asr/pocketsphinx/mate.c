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
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void (*fn)(void *arg); /* {lock} what is to be done or being done; NULL: nothing */
    void *arg;             /* {lock} */
    bool leaving;          /* {lock} */
};

static void *work(void *arg)
{
    struct mate *m = arg;

    pthread_mutex_lock(&m->lock);
    while (!m->leaving) {
        if (!m->fn) {
            wait_for_work(&m->changed, &m->lock, 0);
            continue;
        }
        pthread_mutex_unlock(&m->lock);
        m->fn(m->arg); /* the owner changes neither before it was told that this is done */
        pthread_mutex_lock(&m->lock);
        m->fn = NULL;
        pthread_cond_signal(&m->changed);
    }
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

int mate_open(struct mate **mp)
{
    struct mate *m = calloc(1, sizeof(*m));
    int err;

    if (!m)
        return UV_ENOMEM;
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->changed, NULL);
    err = pthread_create(&m->thread, NULL, work, m);
    if (err) {
        pthread_cond_destroy(&m->changed);
        pthread_mutex_destroy(&m->lock);
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
    pthread_mutex_lock(&m->lock);
    m->fn = fn;
    m->arg = arg;
    pthread_cond_signal(&m->changed);
    pthread_mutex_unlock(&m->lock);
}

void mate_wait(struct mate *m)
{
    if (!m)
        return;
    pthread_mutex_lock(&m->lock);
    while (m->fn)
        wait_on(&m->changed, &m->lock, WAIT_OTHERS, "the other search", 0);
    pthread_mutex_unlock(&m->lock);
}

void mate_close(struct mate *m)
{
    if (!m)
        return;
    mate_wait(m);
    pthread_mutex_lock(&m->lock);
    m->leaving = true;
    pthread_cond_signal(&m->changed);
    pthread_mutex_unlock(&m->lock);
    wait_gone(&m->thread, "the other search to leave");
    pthread_cond_destroy(&m->changed);
    pthread_mutex_destroy(&m->lock);
    free(m);
}
