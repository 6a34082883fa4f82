/**
 * @file loop/lanes.h  Lanes: worker threads, each kind of blocking work with a bounded queue of its
 * own
 *
 *     struct lanes *lanes;
 *     lanes_open(&lanes, loop, NULL);
 *     lane_submit(lanes, LANE_HASH, check_password, send_reply, arg);    // loop -> worker -> loop
 *     lane_call(lanes, LANE_STORE, write_row, arg, "storing a sign-in"); // waits for another lane
 *     lanes_close(lanes);
 *
 * Different kinds of blocking work share no threads: a slow disk delays writes, a flood of sign-ins
 * delays sign-ins, and neither affects anything else. Work that has to wait for the network, for an
 * answer or for a recogniser holds no worker at all: it answers later (net/http.h). A lane may wait
 * for the lanes after it, never for itself; loop/wait.h checks this.
 *
 * Threads    lane_submit() and lane_stats(): any. lane_call(): a worker of an earlier lane, or a
 *            thread outside the lanes; never the loop thread. The rest: the loop thread.
 * Errors     0 or a negative UV_E* code. UV_EAGAIN: the queue is full (answer 503 now).
 *            UV_ECANCELED: the lanes are closing; `done` gets it for work that had not begun.
 * Ownership  `arg` belongs to the caller until submitted, then to work and done; `done` is called
 *            exactly once for every lane_submit() that returned 0.
 */
#ifndef LOOP_LANES_H
#define LOOP_LANES_H

#include "base/histogram.h"

#include <stddef.h>
#include <stdint.h>

struct lanes;
struct loop;

/** A lane may only wait for later ones. */
enum lane {
    LANE_REQUEST, /**< Short REST handlers: look something up, answer */
    LANE_READ,    /**< Files, which may be slow: the page's, exports, recordings */
    LANE_INTAKE,  /**< Bodies that arrive in pieces, on their way to the disk */
    LANE_DECODE,  /**< Uploads: decodes untrusted media to samples; at low priority */
    LANE_HASH,    /**< Passwords: takes memory and processor time; at low priority */
    LANE_STORE,   /**< Writes to the store: one thread, because SQLite has one writer; several where
                     the database is a server */
    LANE_SOUND,   /**< Small networks over recent audio: one thread, tens of milliseconds */
    LANE_COUNT,
};

struct lane_size {
    int threads;      /**< 0: depends on the number of processors */
    size_t queue_max; /**< Length of the queue; 0: the lane's default */
};

/** sizes: of LANE_COUNT lanes, or NULL for the defaults of all. */
int lanes_open(struct lanes **lp, struct loop *loop, const struct lane_size *sizes);

/** Runs work(arg) on a worker, then done(err, arg) on the loop thread (err 0 or UV_ECANCELED). done
 *  may be NULL. */
int lane_submit(struct lanes *lanes, enum lane lane, void (*work)(void *arg),
                void (*done)(int err, void *arg), void *arg);

/** Runs work(arg) on a worker of that lane and waits for its end, without the loop. 0: it ran. */
int lane_call(struct lanes *lanes, enum lane lane, void (*work)(void *arg), void *arg,
              const char *what);

/** lane_call(), but work runs on this thread if it is already a worker of that lane, if there are
 *  no lanes (NULL), or if the lane is closed, because then nobody else is working. */
int lane_run(struct lanes *lanes, enum lane lane, void (*work)(void *arg), void *arg,
             const char *what);

/** Aborts unless this thread is a worker of that lane, or outside the lanes. what: names the work
 *  in the message. */
void lane_only(enum lane lane, const char *what);

struct lane_stats {
    int threads;
    size_t queue_max;
    size_t queued;           /**< Waiting for a thread */
    size_t running;          /**< Being run by a thread */
    uint64_t done;           /**< Since the start, like the rest */
    uint64_t refused;        /**< With UV_EAGAIN */
    struct histogram waited; /**< Waiting times of work that has begun */
    struct histogram worked; /**< Running times of finished work */
};

struct lane_stats lane_stats(struct lanes *lanes, enum lane lane);
const char *lane_name(enum lane lane); /**< "request" … */

/** Number of jobs waiting or running, in all lanes. */
size_t lanes_busy(struct lanes *lanes);

/** Waits for running work, cancels queued work and joins the threads, one lane after another; every
 *  outstanding `done` has been called when this returns. On the loop thread, not from inside a
 *  `done`. NULL is allowed. */
void lanes_close(struct lanes *lanes);

#endif
