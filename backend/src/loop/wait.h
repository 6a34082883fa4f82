/**
 * @file loop/wait.h  The one place where a thread stops until others have worked
 *
 *     struct wait done;
 *     wait_open(&done);
 *     loop_post(loop, begin, job);                   // ... ends with wait_end(&done)
 *     wait_for(&done, WAIT_LOOP, "a far server", 0);
 *     wait_close(&done);
 *
 * Every blocking wait says for whom it waits: the loop thread, or a lane (loop/lanes.h). So that
 * nothing can ever wait for itself, not through others either, waits go one way only:
 *
 *     request -> read -> decode -> hash -> store        each lane may wait for those behind it
 *     any lane -> the loop                              which waits for nobody
 *
 * A wait the other way is a mistake in the program whatever the load. It does not hang on the day
 * when all workers are busy: it aborts the first time it is made, with a sentence that names both.
 *
 * Threads    Any. wait_end() from another one than wait_for().
 * Errors     wait_for(): 0 or UV_ETIMEDOUT.
 */
#ifndef LOOP_WAIT_H
#define LOOP_WAIT_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/** Whom to wait for: these, or WAIT_LANE() of an enum lane, or several of them. */
enum {
    WAIT_LOOP = 1 << 30,   /**< The loop thread must do something */
    WAIT_OTHERS = 1 << 29, /**< Threads that wait for nobody here: speech workers, children */
};
#define WAIT_LANE(lane) (1u << (lane))

struct wait {
    uv_mutex_t lock;
    uv_cond_t more;
    bool over; /* {lock} */
};

int wait_open(struct wait *w); /**< 0, or why not */
void wait_close(struct wait *w);
void wait_end(struct wait *w); /**< wait_for() returns, now or when it is called */

/** Stop until wait_end(). what: for the sentence, "storing an answer". at_most_ms 0: for ever. */
int wait_for(struct wait *w, unsigned on, const char *what, uint64_t at_most_ms);

/** The check alone, for a wait on a condition of one's own. */
void wait_check(unsigned on, const char *what);

#endif
