/**
 * @file loop/wait.c  The one place where a thread blocks until others have worked
 */
#include "loop/wait.h"

#include "loop/lanes.h"
#include "loop/loop_internal.h"

#include <stdio.h>
#include <stdlib.h>

static _Thread_local int this_thread = HERE_NOWHERE;

int here_set(int now)
{
    int was = this_thread;

    this_thread = now;
    return was;
}

int here(void)
{
    return this_thread;
}

/* ---------------------------------------------------------------------------- the check */

static void __attribute__((noreturn)) mistake(const char *who, const char *whom, const char *what)
{
    fprintf(stderr, "interviewd: %s waits for %s (%s)\n", who, whom, what);
    fflush(stderr);
    abort();
}

static void check_lane(enum lane on, const char *what)
{
    char who[32] = "the loop thread";
    char whom[64];

    if (here() == HERE_NOWHERE || (here() >= 0 && here() < (int)on))
        return;
    if (here() >= 0)
        snprintf(who, sizeof(who), "the lane \"%s\"", lane_name((enum lane)here()));
    if (here() == (int)on)
        snprintf(whom, sizeof(whom), "itself");
    else
        snprintf(whom, sizeof(whom), "the lane \"%s\", which may wait for it", lane_name(on));
    mistake(who, whom, what);
}

void wait_check(unsigned on, const char *what)
{
    if (here() == HERE_LOOP)
        mistake("the loop thread", on & WAIT_LOOP ? "itself" : "another", what);
    for (enum lane lane = 0; lane < LANE_COUNT; lane++) {
        if (on & WAIT_LANE(lane))
            check_lane(lane, what);
    }
}

void lane_only(enum lane lane, const char *what)
{
    if (here() == HERE_NOWHERE || here() == (int)lane)
        return;
    fprintf(stderr, "interviewd: %s belongs on the lane \"%s\", not on %s\n", what, lane_name(lane),
            here() == HERE_LOOP ? "the loop thread" : lane_name((enum lane)here()));
    fflush(stderr);
    abort();
}

/* ----------------------------------------------------------------------------- the wait */

int wait_open(struct wait *w)
{
    int err = uv_mutex_init(&w->lock);

    if (err)
        return err;
    err = uv_cond_init(&w->more);
    if (err)
        uv_mutex_destroy(&w->lock);
    w->over = false;
    return err;
}

void wait_close(struct wait *w)
{
    uv_cond_destroy(&w->more);
    uv_mutex_destroy(&w->lock);
}

void wait_end(struct wait *w)
{
    uv_mutex_lock(&w->lock);
    w->over = true;
    uv_cond_broadcast(&w->more); /* under the lock: once the waiter gets it, it may free w */
    uv_mutex_unlock(&w->lock);
}

static int next_signal(uv_cond_t *more, uv_mutex_t *lock, uint64_t until_ns)
{
    uint64_t now = until_ns ? uv_hrtime() : 0;

    if (until_ns && now >= until_ns)
        return UV_ETIMEDOUT;
    if (until_ns)
        uv_cond_timedwait(more, lock, until_ns - now);
    else
        uv_cond_wait(more, lock);
    return 0;
}

int wait_on(uv_cond_t *more, uv_mutex_t *lock, unsigned on, const char *what, uint64_t until_ns)
{
    wait_check(on, what);
    return next_signal(more, lock, until_ns);
}

void wait_for_work(uv_cond_t *more, uv_mutex_t *lock, uint64_t until_ns)
{
    next_signal(more, lock, until_ns);
}

int wait_for(struct wait *w, unsigned on, const char *what, uint64_t at_most_ms)
{
    uint64_t until_ns = at_most_ms ? uv_hrtime() + at_most_ms * 1000000u : 0;
    int err = 0;

    wait_check(on, what);
    uv_mutex_lock(&w->lock);
    while (!w->over && !err)
        err = next_signal(&w->more, &w->lock, until_ns);
    uv_mutex_unlock(&w->lock);
    return err;
}

void wait_gone(uv_thread_t *thread, const char *what)
{
    wait_check(WAIT_OTHERS, what);
    uv_thread_join(thread);
}
