/**
 * @file asr/pocketsphinx/mate.h  A thread that works beside its owner, one call at a time
 *
 *     mate_open(&mate);
 *     mate_start(mate, fn, arg);  ... do something else ...  mate_wait(mate);
 *     mate_close(mate);
 *
 * The two searches of a stream decode the same frames independently, so each can use a core. A call
 * takes some milliseconds; handing one over costs about 20 us.
 *
 * Threads    One owner. Everything fn wrote is seen by the owner after mate_wait().
 * Errors     UV_EAGAIN or UV_ENOMEM from open. A NULL mate is allowed everywhere: the call is then
 *            made inside mate_start().
 */
#ifndef ASR_POCKETSPHINX_MATE_H
#define ASR_POCKETSPHINX_MATE_H

struct mate;

int mate_open(struct mate **mp);
/** Calls fn(arg) on the mate's thread. No other call may be running. */
void mate_start(struct mate *mate, void (*fn)(void *arg), void *arg);
/** Waits until the call has returned; returns at once if none was started. */
void mate_wait(struct mate *mate);
void mate_close(struct mate *mate); /**< Waits first. NULL is allowed */

#endif
