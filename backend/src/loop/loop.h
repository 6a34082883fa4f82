/**
 * @file loop/loop.h  The loop thread, and how work leaves it and comes back
 *
 *     struct loop *loop;
 *     loop_open(&loop, NULL);
 *     pool_open(&pool, loop, "request", 4, POOL_QUEUE_DEFAULT);
 *     pool_submit(pool, hash_password, send_reply, arg);   // loop -> worker -> loop
 *     loop_run(loop);                                      // until loop_stop()
 *     pool_close(pool); loop_close(loop);
 *
 * Threads    One loop thread owns sockets, timers and outgoing HTTP; it never blocks and never
 *            computes for long. loop_post() and loop_stop() may be called from any thread, the
 *            rest on the loop thread only.
 * Errors     0 or a negative UV_E* code. UV_EAGAIN: the queue is full (shed load now).
 *            UV_ECANCELED reaches `done` when the loop stops before the work began.
 * Ownership  `arg` belongs to the caller until submitted, then to work/done; `done` runs exactly
 *            once for every pool_submit() that returned 0.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct loop;
struct pool;
struct loop_timer;

enum { POOL_QUEUE_DEFAULT = 1024 }; /**< Items waiting before UV_EAGAIN */

int loop_open(struct loop **lp, struct errbuf *err);
uv_loop_t *loop_uv(struct loop *loop);

/** Run until loop_stop(); then run out what is closing. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop); /**< Any thread; before loop_run() it returns at once */

/** Runs what is posted, closes the door and frees. 0, or UV_EBUSY when somebody left a handle
 *  open on the loop (the memory then stays; close that handle and call again). NULL is
 *  allowed. */
int loop_close(struct loop *loop);
bool loop_is_current(const struct loop *loop); /**< Is this the loop thread? */

/** Run fn(arg) on the loop thread, soon, in order of posting. Any thread. 0, or UV_ECANCELED
 *  once the loop has closed its door (fn will not run; the caller still owns arg). */
int loop_post(struct loop *loop, void (*fn)(void *arg), void *arg);

/** One-shot (repeat_ms 0) or repeating timer. timer_close(NULL) is allowed; closing inside its
 *  own callback is allowed. */
int timer_open(struct loop_timer **tp, struct loop *loop, void (*fn)(void *arg), void *arg);
int timer_start(struct loop_timer *t, uint64_t after_ms, uint64_t repeat_ms);
void timer_stop(struct loop_timer *t);
void timer_close(struct loop_timer *t);

/** A set of worker threads with one bounded queue. Idle threads sleep. */
int pool_open(struct pool **pp, struct loop *loop, const char *name, int threads, size_t queue_max);

/** Run work(arg) on a worker, then done(err, arg) on the loop thread (err 0 or UV_ECANCELED).
 *  done may be NULL. Any thread. */
int pool_submit(struct pool *pool, void (*work)(void *arg), void (*done)(int err, void *arg),
                void *arg);

/** Items waiting for a thread, for metrics. Any thread. */
size_t pool_queued(struct pool *pool);

/** Items waiting or with a thread. Any thread. */
size_t pool_busy(struct pool *pool);

/** Wait for running work, cancel what waits, join the threads; every outstanding `done` has run
 *  when this returns. On the loop thread, not from inside a `done`. NULL is allowed. */
void pool_close(struct pool *pool);

#endif
