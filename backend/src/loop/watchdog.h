/**
 * @file loop/watchdog.h  A second thread that checks that the loop runs, and handles signals
 *
 *     int main(void)
 *     {
 *         watchdog_take_signals();                       // before any thread is started
 *         ...
 *         watchdog_open(&dog, loop, &config, why);       // handles SIGTERM, SIGINT from now on
 *         loop_run(loop);
 *         watchdog_leave_loop(dog);                      // before the loop is closed
 *         ... free everything ...
 *         watchdog_close(dog);                           // last: still guards until here
 *     }
 *
 * A loop that is stuck serves nobody and cannot report it. After it has stood still for stuck_ms,
 * the watchdog says where: it passes the call stack of the loop thread to say(), line by line, and
 * the process aborts, so that it can be restarted. Time in which the whole process was stopped (a
 * debugger, a sleeping laptop) does not count.
 *
 * The first SIGTERM or SIGINT runs on_stop on the loop thread. If the process is still running
 * stop_within_ms later, for whatever reason, it reports where it is and exits with
 * WATCHDOG_EXIT_HUNG. A second signal makes it exit at once, with 128 plus its number.
 *
 * Threads    say() runs on the watchdog's thread, on_stop on the loop thread, the calls here on
 *            the thread that runs the loop.
 */
#ifndef LOOP_WATCHDOG_H
#define LOOP_WATCHDOG_H

#include "base/error.h"

#include <stdint.h>

struct loop;
struct watchdog;

enum {
    WATCHDOG_STUCK_MS = 10000,
    WATCHDOG_STOP_MS = 9500, /**< Less than the 10 s that service managers give at least */
    WATCHDOG_EXIT_HUNG = 4,  /**< Exit status: it did not stop when asked to */
    WATCHDOG_LINE_MAX = 256, /**< Longest line for say(), with NUL */
};

struct watchdog_config {
    uint64_t stuck_ms;       /**< 0: never */
    uint64_t stop_within_ms; /**< 0: WATCHDOG_STOP_MS */
    void (*on_stop)(int signal, void *arg);
    void *arg;
    void (*say)(const char *line); /**< Must not wait for the loop; nobody waits for it */
};

/** Blocks SIGTERM and SIGINT in this thread and in threads it starts later. */
void watchdog_take_signals(void);

int watchdog_open(struct watchdog **wp, struct loop *loop, const struct watchdog_config *config,
                  struct errbuf *why);
void watchdog_leave_loop(struct watchdog *w); /**< NULL is allowed, here and below */
void watchdog_close(struct watchdog *w);

#endif
