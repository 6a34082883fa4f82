/**
 * @file loop/wait.h  The one place where a thread stops until others have worked
 *
 *     struct wait done;
 *     wait_open(&done);
 *     loop_post(loop, begin, job);                   // ... ends with wait_end(&done)
 *     wait_for(&done, WAIT_LOOP, "a far server", 0);
 *     wait_close(&done);
 *
 * Every blocking wait says whom it waits for: the loop thread, or a lane (loop/lanes.h). So that
 * nothing can ever wait for itself, not through others either, waits go one way only:
 *
 *     request -> read -> decode -> hash -> store        each lane may wait for those behind it
 *     any lane -> the loop                              which waits for nobody
 *
 * A wait the other way is a mistake in the program whatever the load. It does not hang on the day
 * when all workers are busy: it aborts the first time it is made, with a sentence that names both.
 *
 * So nobody else calls uv_cond_wait(), pthread_cond_wait() or a join; scripts/check_waits.py looks.
 * What is left outside, and why it cannot close a circle:
 *
 *     nn/pool.c            a product waits some microseconds for the helpers that compute its other
 *                          chunks, and they wait for nobody (futex(2), because it is so short)
 *     loop/frame.c,        poll(2) on a child's socket, always with a deadline; wait_check() keeps
 * it loop/child.c         away from the loop thread short locks          held while fields are read
 * or written. One is held for longer: the lock of PocketSphinx's model while its process is
 * started, which every stream that wants it needs (bounded by the deadlines of loop/child.h)
 *
 * Threads    Any. wait_end() from another one than wait_for().
 * Errors     wait_for(), wait_on(): 0 or UV_ETIMEDOUT.
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

/** For changes that other threads make to a shared state: {lock} is held, and given up until `more`
 *  is signalled. The caller looks at the state and calls again if need be. until_ns: of
 *  uv_hrtime(); 0: for ever. */
int wait_on(uv_cond_t *more, uv_mutex_t *lock, unsigned on, const char *what, uint64_t until_ns);

/** For work: a worker that has nothing to do keeps nobody waiting, so nothing is checked. */
void wait_for_work(uv_cond_t *more, uv_mutex_t *lock, uint64_t until_ns);

/** Until a thread that was told to leave has left. Not on the loop thread while the loop turns. */
void wait_gone(uv_thread_t *thread, const char *what);

/** Only the check, for a wait of another kind. */
void wait_check(unsigned on, const char *what);

#endif
