/**
 * @file test/support/sanitized.h  Is this test built under a sanitizer?
 *
 * There every line takes about ten times as long, and what is looked for is a wrong address or a
 * race, which the tenth seed of a noise shows no better than the first. The ordinary build runs the
 * whole of each list.
 *
 *     for (unsigned seed = 1; seed <= (SANITIZED ? 1 : 3); seed++)
 */
#ifndef TEST_SANITIZED_H
#define TEST_SANITIZED_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

#endif
