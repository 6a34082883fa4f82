/**
 * @file loop/watchdog.h  A second thread that looks whether the loop turns, and honours signals
 *
 *     int main(void)
 *     {
 *         watchdog_take_signals();                       // before any thread is started
 *         ...
 *         watchdog_open(&dog, loop, &config, why);       // SIGTERM, SIGINT come to it from now on
 *         loop_run(loop);
 *         watchdog_leave_loop(dog);                      // before the loop is closed
 *         ... free everything ...
 *         watchdog_close(dog);                           // last: until here it ends what hangs
 *     }
 *
 * A loop that does not turn serves nobody and can tell nobody. When it has stood still for
 * stuck_ms, the watchdog says where: the call stack of the loop thread goes to say(), line by
 * line, and the process aborts, so that whoever started it starts it again. Time in which the
 * whole process was stopped (a debugger, a laptop that slept) does not count.
 *
 * The first SIGTERM or SIGINT runs on_stop on the loop thread. When the process is still there
 * stop_within_ms later, for whatever reason, it leaves with WATCHDOG_EXIT_HUNG, and says where it
 * stood. A second signal leaves at once, with 128 and its number.
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
    WATCHDOG_STOP_MS = 9500, /**< Within the 10 s that a service manager gives at least */
    WATCHDOG_EXIT_HUNG = 4,  /**< Exit status: asked to stop, it did not come to its end */
    WATCHDOG_LINE_MAX = 256, /**< Longest line of say() and NUL */
};

struct watchdog_config {
    uint64_t stuck_ms;       /**< 0: never */
    uint64_t stop_within_ms; /**< 0: WATCHDOG_STOP_MS */
    void (*on_stop)(int signal, void *arg);
    void *arg;
    void (*say)(const char *line); /**< Must not wait for the loop; nobody waits for it */
};

/** Blocks SIGTERM and SIGINT in this thread and those it starts. */
void watchdog_take_signals(void);

int watchdog_open(struct watchdog **wp, struct loop *loop, const struct watchdog_config *config,
                  struct errbuf *why);
void watchdog_leave_loop(struct watchdog *w); /**< NULL is allowed, here and below */
void watchdog_close(struct watchdog *w);

#endif
