/**
 * @file loop/loop.h  The loop thread: posts, timers, and when its memory goes
 *
 *     struct loop *loop;
 *     loop_open(&loop, NULL);
 *     loop_post(loop, take_result, arg);       // from any thread: fn runs on the loop, soon
 *     loop_run(loop);                          // until loop_stop()
 *     loop_close(loop);
 *
 * The one rule for life and death on the loop, the same for everything that lives on it:
 *
 *   1. Close marks and unhooks. x_close(x) sets x->closed, takes x out of every list, stops its
 * timers and ends its calls. From then on x calls nobody. Closing may happen anywhere, inside a
 * handler that x itself is calling too; closing twice does nothing. 2. Memory goes at the end of
 * the turn: close ends with loop_free_later(loop, x, x_free). Code that is on the stack may still
 * look at x; after each handler that it called it looks at x->closed, and returns. So there is no
 * `inside`, no `busy`, no count of handlers on the stack. x_free touches only what x owns: what x
 * borrowed may be gone already. 3. Rooms hold each other's ids, never pointers, where the other may
 * go first: base/slots.h
 *      gives ids and finds what they name. An id that is gone is a normal answer.
 *   4. What holds a uv handle frees it in the handle's close callback, which libuv runs at the end
 *      of a turn: that is the same rule.
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

/** Run until loop_stop(); then run out what is closing. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop); /**< Any thread; before loop_run() it returns at once */

/** While the loop is at rest, between loop_run() and loop_close(): run what has been posted and
 *  free what waits, so that none of it runs into what is closed next. */
void loop_run_until_idle(struct loop *loop);

/** Runs what is posted, closes the door and frees. 0, or UV_EBUSY when somebody left a handle
 *  open on the loop (the memory then stays; close that handle and call again). NULL is
 *  allowed. */
int loop_close(struct loop *loop);
bool loop_is_current(const struct loop *loop); /**< Is this the loop thread? */

/** Run fn(arg) on the loop thread, soon, in order of posting. Any thread. 0, or UV_ECANCELED
 *  once the loop has closed its door (fn will not run; the caller still owns arg). */
int loop_post(struct loop *loop, void (*fn)(void *arg), void *arg);

/** Call free_fn(ptr) when no handler is on the stack any more: at the end of this turn of the
 *  loop, at the latest in loop_close(). In the order of the calls; what free_fn itself gives to
 *  loop_free_later() goes a turn later. Cannot fail: where there is no memory to remember ptr it
 *  is lost, not freed too early. NULL is allowed. */
void loop_free_later(struct loop *loop, void *ptr, void (*free_fn)(void *ptr));

/** One-shot (repeat_ms 0) or repeating timer. timer_close(NULL) is allowed; closing inside its
 *  own callback is allowed. */
int timer_open(struct loop_timer **tp, struct loop *loop, void (*fn)(void *arg), void *arg);
int timer_start(struct loop_timer *t, uint64_t after_ms, uint64_t repeat_ms);
void timer_stop(struct loop_timer *t);
void timer_close(struct loop_timer *t);

#endif
