/**
 * @file test/support/failing.h  Let the n-th allocation fail
 *
 *     failing_each(scenario, arg);      // runs it with the 1st, 2nd, 3rd ... allocation failing
 *
 * A scenario does the work once and gives back all it took, whatever failed: it may end early with
 * an error, it may not crash, hang or leak (the sanitizer looks). It is run until it made it to its
 * end without an allocation having failed.
 *
 * What fails are malloc(), calloc(), realloc(), reallocarray(), strdup(), strndup() and asprintf()
 * of the product's code, on every thread (the linker wraps them: `failing` in test/meson.build),
 * and jansson's, which base/json.c lends it.
 *
 * Threads    One scenario at a time.
 */
#ifndef TEST_SUPPORT_FAILING_H
#define TEST_SUPPORT_FAILING_H

enum { FAILING_MAX = 200000 }; /**< A scenario that allocates more often than this fails the test */

/** Returns how many allocations the whole scenario makes. */
int failing_each(void (*scenario)(void *arg), void *arg);

/** Nothing fails between these two, on any thread (what a scenario needs only to look). They nest.
 */
void failing_hold(void);
void failing_go_on(void);

#endif
