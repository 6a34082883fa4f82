/**
 * @file base/error.h  Errors: a code for the program, a sentence for the person
 *
 *     int thing_open(struct thing **tp, const char *path, struct errbuf *why)
 *     {
 *         if (...)
 *             return err_set(why, UV_ENOENT, "no model at %s", path);
 *
 * Errors     Functions return 0 or a negative UV_E* code (on Unix: negative errno). A result is
 *            returned through a pointer that is left unchanged on failure.
 * Ownership  The caller owns the errbuf; it is only written on failure, and NULL is allowed. Its
 *            text may be shown to a person: never a secret, key, transcript or audio.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>
#include <uv.h>

enum { ERR_TEXT_MAX = 512 }; /**< Longest sentence, including the terminating NUL [bytes] */

struct errbuf {
    char text[ERR_TEXT_MAX]; /**< One sentence, no newline; "" until something failed */
};

/** Write the sentence and return the code, so that `return err_set(...)` reads as one step. */
int err_set(struct errbuf *why, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/** Puts "context: " before the sentence. Returns code. */
int err_prefix(struct errbuf *why, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
