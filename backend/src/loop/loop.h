/**
 * @file loop/loop.h  The loop thread: posts, timers, and when memory is freed
 *
 *     struct loop *loop;
 *     loop_open(&loop, NULL);
 *     loop_post(loop, take_result, arg);       // from any thread: fn runs on the loop, soon
 *     loop_run(loop);                          // until loop_stop()
 *     loop_close(loop);
 *
 * One rule for the lifetime of everything on the loop:
 *
 *   1. Close marks and unhooks. x_close(x) sets x->closed, takes x out of every list, stops its
 *      timers and ends its calls. From then on x calls nobody. Closing may happen anywhere, even
 *      inside a handler that x itself is calling; closing twice does nothing.
 *   2. Memory is freed at the end of the turn: close ends with loop_free_later(loop, x, x_free).
 *      Code on the stack may still look at x; after each handler that it called it checks
 *      x->closed, and returns. So there is no `inside`, no `busy`, no count of handlers on the
 *      stack. x_free touches only what x owns: what x borrowed may already be gone.
 *   3. Modules hold each other's ids, never pointers, if the other may go first: base/slots.h
 *      hands out ids and looks them up. An id that is gone is a normal answer.
 *   4. An object with a uv handle is freed in the handle's close callback, which libuv runs at the
 *      end of a turn: that is the same rule.
 *
 * Threads    One loop thread owns sockets, timers and outgoing HTTP; it never blocks and never
 *            computes for long (that is what loop/lanes.h is for). loop_post() and loop_stop() may
 *            be called from any thread, the rest on the loop thread only.
 * Errors     0 or a negative UV_E* code.
 * Ownership  loop_post(): the caller owns arg until fn runs. loop_free_later(): the loop owns ptr.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct loop;
struct loop_timer;

int loop_open(struct loop **lp, struct errbuf *why);
uv_loop_t *loop_uv(struct loop *loop);

/** Runs until loop_stop(), then until everything that is closing has closed. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop); /**< Any thread; before loop_run() it makes that return at
                                        once */

/** Call between loop_run() and loop_close(): runs what was posted and frees what waits, so that
 *  nothing of it reaches objects that are closed next. */
void loop_run_until_idle(struct loop *loop);

/** Runs what was posted, accepts no more, and frees everything. 0, or UV_EBUSY if a handle is still
 *  open on the loop (the memory then stays; close that handle and call again). NULL is allowed. */
int loop_close(struct loop *loop);
bool loop_is_current(const struct loop *loop); /**< Is this the loop thread? */

/** Runs fn(arg) on the loop thread, soon, in order of posting. Any thread. 0, or UV_ECANCELED once
 *  the loop accepts no more (fn will not run; the caller still owns arg). */
int loop_post(struct loop *loop, void (*fn)(void *arg), void *arg);

/** Calls free_fn(ptr) when no handler is on the stack any more: at the end of this turn of the
 *  loop, at the latest in loop_close(). In the order of the calls; what free_fn itself passes to
 *  loop_free_later() waits one more turn. Cannot fail: if there is no memory to remember ptr, it is
 *  leaked rather than freed too early. NULL is allowed. */
void loop_free_later(struct loop *loop, void *ptr, void (*free_fn)(void *ptr));

/** One-shot timer (repeat_ms 0) or repeating timer. timer_close(NULL) is allowed, and so is closing
 *  inside its own callback. */
int timer_open(struct loop_timer **tp, struct loop *loop, void (*fn)(void *arg), void *arg);
int timer_start(struct loop_timer *t, uint64_t after_ms, uint64_t repeat_ms);
void timer_stop(struct loop_timer *t);
void timer_close(struct loop_timer *t);

#endif
