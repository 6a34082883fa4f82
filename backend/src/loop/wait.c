/**
 * @file loop/wait.c  The one place where a thread stops until others have worked
 */
#include "loop/wait.h"

#include "loop/inner.h"
#include "loop/lanes.h"

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
    uv_cond_broadcast(&w->more); /* under the lock: who waits may free w as soon as it has it */
    uv_mutex_unlock(&w->lock);
}

int wait_for(struct wait *w, unsigned on, const char *what, uint64_t at_most_ms)
{
    uint64_t until = uv_hrtime() + at_most_ms * 1000000u;
    int err = 0;

    wait_check(on, what);
    uv_mutex_lock(&w->lock);
    while (!w->over && !err) {
        uint64_t now = uv_hrtime();

        if (!at_most_ms)
            uv_cond_wait(&w->more, &w->lock);
        else if (now >= until)
            err = UV_ETIMEDOUT;
        else
            uv_cond_timedwait(&w->more, &w->lock, until - now);
    }
    uv_mutex_unlock(&w->lock);
    return err;
}
