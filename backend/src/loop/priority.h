/**
 * @file loop/priority.h  Thread priorities, for when there is more work than processors
 *
 *     priority_prompt();    // short work that somebody is waiting for
 *     priority_low();       // long computations that are not urgent
 *
 * A recogniser with four speakers keeps a small machine busy. A request takes some tenths of a
 * millisecond, and must not wait until the recogniser has used up its slice of several
 * milliseconds: a thread that asks for a short slice is scheduled sooner, without getting more of
 * the processor (sched_setattr(2): sched_runtime of SCHED_OTHER, since Linux 6.12; no effect
 * before).
 *
 * Threads    Any; it applies to the calling thread, not to threads that it starts. priority_low()
 *            is inherited by processes, like nice(1).
 */
#ifndef LOOP_PRIORITY_H
#define LOOP_PRIORITY_H

void priority_prompt(void);
void priority_low(void);

#endif
