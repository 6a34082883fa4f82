/**
 * @file loop/wait.h  The one place where a thread blocks until others have worked
 *
 *     struct wait done;
 *     wait_open(&done);
 *     loop_post(loop, begin, job);                   // ... ends with wait_end(&done)
 *     wait_for(&done, WAIT_LOOP, "a remote server", 0);
 *     wait_close(&done);
 *
 * Every blocking wait names what it waits for: the loop thread, or a lane (loop/lanes.h). So that
 * nothing can ever wait for itself, not even through others, waits go in one direction only:
 *
 *     request -> read -> intake -> decode -> hash -> store
 *                                  each lane may wait for those behind it
 *     any lane -> the loop                              which waits for nobody
 *
 * A wait in the other direction is a bug, whatever the load. It does not wait to hang until the day
 * when all workers are busy: it aborts the first time it happens, with a sentence that names both
 * sides.
 *
 * So no other code calls uv_cond_wait(), pthread_cond_wait() or a join; scripts/check_waits.py
 * checks. The exceptions, and why they cannot form a cycle:
 *
 *     nn/pool.c       a product waits some microseconds for the helpers that compute its other
 *                     chunks, and they wait for nobody (futex(2), because it is so short)
 *     store/postgres/ poll(2) on the database server's socket, always with a deadline
 *     loop/frame.c,   poll(2) on a child's socket, always with a deadline; wait_check() keeps it
 *     loop/child.c    off the loop thread
 *     short locks     held while fields are read or written. One is held longer: that of
 *                     PocketSphinx's model while its process starts, which every stream that
 *                     wants it needs (bounded by the deadlines of loop/child.h)
 *
 * Threads    Any. wait_end() is called on another thread than wait_for().
 * Errors     wait_for(), wait_on(): 0 or UV_ETIMEDOUT.
 */
#ifndef LOOP_WAIT_H
#define LOOP_WAIT_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/** What to wait for: one of these, or WAIT_LANE() of an enum lane, or several of them. */
enum {
    WAIT_LOOP = 1 << 30,   /**< The loop thread must do something */
    WAIT_OTHERS = 1 << 29, /**< Threads that wait for none of these: speech workers, children */
};
#define WAIT_LANE(lane) (1u << (lane))

struct wait {
    uv_mutex_t lock;
    uv_cond_t more;
    bool over; /* {lock} */
};

int wait_open(struct wait *w); /**< 0 or an error */
void wait_close(struct wait *w);
void wait_end(struct wait *w); /**< Makes wait_for() return, now or when it is called */

/** Blocks until wait_end(). what: for the message, such as "storing an answer". at_most_ms 0: no
 *  limit. */
int wait_for(struct wait *w, unsigned on, const char *what, uint64_t at_most_ms);

/** For changes that other threads make to shared state: {lock} is held, and released until `more`
 *  is signalled. The caller checks the state and calls again if necessary. until_ns: a time of
 *  uv_hrtime(); 0: no limit. */
int wait_on(uv_cond_t *more, uv_mutex_t *lock, unsigned on, const char *what, uint64_t until_ns);

/** For work: an idle worker delays nobody, so nothing is checked. */
void wait_for_work(uv_cond_t *more, uv_mutex_t *lock, uint64_t until_ns);

/** Joins a thread that was told to end. Not on the loop thread while the loop runs. */
void wait_gone(uv_thread_t *thread, const char *what);

/** Only the check, for other kinds of waits. */
void wait_check(unsigned on, const char *what);

#endif
