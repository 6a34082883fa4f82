/**
 * @file test/support/failing.h  Make the n-th allocation fail
 *
 *     failing_each(scenario, arg);      // runs it with the 1st, 2nd, 3rd ... allocation failing
 *
 * A scenario does its work once and frees everything, whatever failed: it may end early with an
 * error, but must not crash, hang or leak (the sanitizer checks). It is repeated until it completes
 * without a failed allocation.
 *
 * The calls that fail are malloc(), calloc(), realloc(), reallocarray(), strdup(), strndup() and
 * asprintf() in the product's code, on every thread (the linker wraps them: `failing` in
 * test/meson.build), and jansson's, through base/json.c.
 *
 * Threads    One scenario at a time.
 */
#ifndef TEST_SUPPORT_FAILING_H
#define TEST_SUPPORT_FAILING_H

enum { FAILING_MAX = 200000 }; /**< A scenario that allocates more often than this fails the test */

/** Returns how many allocations the whole scenario makes. */
int failing_each(void (*scenario)(void *arg), void *arg);

/** Nothing fails between these two, on any thread (for what a scenario only needs for its checks).
 *  They nest.
 */
void failing_hold(void);
void failing_go_on(void);

#endif
