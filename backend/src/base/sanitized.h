/**
 * @file base/sanitized.h  Is this built under a sanitizer?
 *
 * Address and thread sanitizers map terabytes of shadow, have signal handlers of their own, and
 * stop the process as a debugger does to look for leaks at its end: what limits or refuses
 * these leaves them alone.
 *
 *     if (SANITIZED)
 *         return;
 */
#ifndef BASE_SANITIZED_H
#define BASE_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif
#else
enum { SANITIZED = 0 };
#endif

#endif
