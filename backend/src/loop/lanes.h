/**
 * @file loop/lanes.h  Lanes: worker threads, each kind of blocking work with a bounded queue of its
 * own
 *
 *     struct lanes *lanes;
 *     lanes_open(&lanes, loop, NULL);
 *     lane_submit(lanes, LANE_HASH, check_password, send_reply, arg);    // loop -> worker -> loop
 *     lane_call(lanes, LANE_STORE, write_row, arg, "storing a sign-in"); // from another lane:
 * waits lanes_close(lanes);
 *
 * Work that blocks on one thing shares no thread with work that blocks on another: a slow disk
 * holds up writes, a flood of sign-ins holds up sign-ins, and neither is felt elsewhere. Work that
 * has to wait for the network, for an answer or for a recogniser holds no worker at all: it answers
 * later (net/http.h). A lane may wait for the lanes behind it, never for itself: loop/wait.h checks
 * it.
 *
 * Threads    lane_submit() and lane_stats(): any. lane_call(): a worker of a lane before this one,
 *            or a thread of no lane; never the loop thread. The rest: the loop thread.
 * Errors     0 or a negative UV_E* code. UV_EAGAIN: the queue is full (answer 503 now).
 *            UV_ECANCELED: the lanes are closing; it reaches `done` for work that had not begun.
 * Ownership  `arg` belongs to the caller until submitted, then to work and done; `done` runs
 *            exactly once for every lane_submit() that returned 0.
 */
#ifndef LOOP_LANES_H
#define LOOP_LANES_H

#include "base/histogram.h"

#include <stddef.h>
#include <stdint.h>

struct lanes;
struct loop;

/** In the order in which one may wait for another. */
enum lane {
    LANE_REQUEST, /**< Short REST handlers: look something up, answer */
    LANE_READ,    /**< Files, which may take long: of the page, exports, recordings */
    LANE_DECODE,  /**< Uploads: untrusted media into samples; at low priority */
    LANE_HASH,    /**< Passwords: memory and processor; at low priority */
    LANE_STORE,   /**< Writes to the store: one thread, because SQLite has one writer */
    LANE_SOUND,   /**< Small networks over what was just said: one thread, tens of milliseconds */
    LANE_COUNT,
};

struct lane_size {
    int threads;      /**< 0: as the processors suggest */
    size_t queue_max; /**< Work that may wait for a thread; 0: the lane's default */
};

/** sizes: of LANE_COUNT lanes, or NULL for the defaults of all. */
int lanes_open(struct lanes **lp, struct loop *loop, const struct lane_size *sizes);

/** Run work(arg) on a worker, then done(err, arg) on the loop thread (err 0 or UV_ECANCELED).
 *  done may be NULL. */
int lane_submit(struct lanes *lanes, enum lane lane, void (*work)(void *arg),
                void (*done)(int err, void *arg), void *arg);

/** Run work(arg) on a worker of that lane and wait for its end, without the loop. 0: it ran. */
int lane_call(struct lanes *lanes, enum lane lane, void (*work)(void *arg), void *arg,
              const char *what);

/** lane_call(), but work runs here and now when this thread is a worker of that lane, when there
 *  are no lanes (NULL), and when the lane is closed, because nobody else is at work then. */
int lane_run(struct lanes *lanes, enum lane lane, void (*work)(void *arg), void *arg,
             const char *what);

/** Abort unless this thread is a worker of that lane, or of no lane. what: names the work in the
 *  message. */
void lane_only(enum lane lane, const char *what);

struct lane_stats {
    int threads;
    size_t queue_max;
    size_t queued;           /**< Waiting for a thread */
    size_t running;          /**< With a thread */
    uint64_t done;           /**< Since the start, as the rest */
    uint64_t refused;        /**< With UV_EAGAIN */
    struct histogram waited; /**< Of what has begun */
    struct histogram worked; /**< Of what is done */
};

struct lane_stats lane_stats(struct lanes *lanes, enum lane lane);
const char *lane_name(enum lane lane); /**< "request" … */

/** Work waiting or with a thread, in all lanes. */
size_t lanes_busy(struct lanes *lanes);

/** Wait for running work, cancel what waits, join the threads, lane after lane in their order;
 *  every outstanding `done` has run when this returns. On the loop thread, not from inside a
 *  `done`. NULL is allowed. */
void lanes_close(struct lanes *lanes);

#endif
