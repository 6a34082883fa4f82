/**
 * @file base/sanitized.h  Is this built under a sanitizer?
 *
 * Address and thread sanitizers map terabytes of shadow memory, have their own signal handlers, and
 * stop the process like a debugger to look for leaks at its end. Code that limits or forbids these
 * things must check for them.
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
