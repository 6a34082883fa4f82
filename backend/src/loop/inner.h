/**
 * @file loop/inner.h  What this thread is to the house; private to src/loop/
 *
 * loop.c and lanes.c say it when a thread begins, the checks of loop/wait.h look at it.
 */
#ifndef LOOP_INNER_H
#define LOOP_INNER_H

enum {
    HERE_NOWHERE = -1, /* the main thread of a command, a test, a thread of an engine */
    HERE_LOOP = -2,
    /* 0 and more: a worker of that enum lane */
};

int here_set(int here); /* what it was */
int here(void);

#endif
