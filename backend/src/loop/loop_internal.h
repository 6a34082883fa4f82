/**
 * @file loop/loop_internal.h  What the files of loop/ share; nothing outside includes it
 *
 * What this thread is to the house: loop.c and lanes.c say it when one begins, the checks of
 * loop/wait.h look at it.
 */
#ifndef LOOP_LOOP_INTERNAL_H
#define LOOP_LOOP_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

enum {
    HERE_NOWHERE = -1, /* the main thread of a command, a test, a thread of an engine */
    HERE_LOOP = -2,
    /* 0 and more: a worker of that enum lane */
};

int here_set(int here); /* what it was */
int here(void);

/* For the watchdog; any thread. */
bool loop_is_running(const struct loop *loop); /* is somebody in loop_run()? */
uint64_t loop_turns(const struct loop *loop);
uintptr_t loop_thread(const struct loop *loop); /* its pthread_t */

#endif
