/**
 * @file loop/priority.h  Who goes first where there is more work than processors
 *
 *     priority_prompt();    // this thread does short work, and somebody waits for it
 *     priority_low();       // it computes for long, and nobody minds when
 *
 * A recogniser that hears four people keeps a small machine busy. A request takes some tenths of a
 * millisecond, and must not wait until that has used up its slice of several milliseconds: a thread
 * that asks for a short slice is chosen sooner, and gets no more of the processor for it
 * (sched_setattr(2): sched_runtime of SCHED_OTHER, since Linux 6.12; before, nothing happens).
 *
 * Threads    Any; it applies to the calling thread, not to threads that it starts. priority_low()
 *            is inherited by processes, as nice(1) is.
 */
#ifndef LOOP_PRIORITY_H
#define LOOP_PRIORITY_H

void priority_prompt(void);
void priority_low(void);

#endif
