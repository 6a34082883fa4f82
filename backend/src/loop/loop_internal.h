/**
 * @file loop/loop_internal.h  Shared by the files of loop/; nothing outside includes it
 *
 * The role of the current thread: loop.c and lanes.c set it when a thread starts, and the checks in
 * loop/wait.h use it.
 */
#ifndef LOOP_LOOP_INTERNAL_H
#define LOOP_LOOP_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

enum {
    HERE_NOWHERE = -1, /* the main thread of a command, a test, a thread of an engine */
    HERE_LOOP = -2,
    /* 0 and above: a worker of that enum lane */
};

int here_set(int here); /* returns the previous value */
int here(void);

/* For the watchdog; any thread. */
bool loop_is_running(const struct loop *loop); /* is somebody in loop_run()? */
uint64_t loop_turns(const struct loop *loop);
uintptr_t loop_thread(const struct loop *loop); /* its pthread_t */

#endif
