/**
 * @file base/buffer.h  A growing byte buffer with a maximum size
 *
 *     struct buf out;
 *
 *     buf_init(&out, BUF_RESPONSE_MAX);
 *     buf_printf(&out, "%zu items", n);
 *     if (out.err)            // one check at the end is enough: after a failure
 *         ...                 // every further append is a no-op
 *     buf_release(&out);
 *
 * Threads    Not thread-safe: one owner at a time.
 * Errors     UV_ENOBUFS beyond the maximum, UV_ENOMEM; kept in .err until buf_clear().
 * Ownership  The buf owns .data; buf_steal() hands it over. .data is always NUL-terminated
 *            once something was appended (the NUL is not counted in .len).
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
    char *data;
    size_t len;
    size_t cap;
    size_t max; /**< Maximum size [bytes] */
    int err;    /**< First failure; 0: none */
};

void buf_init(struct buf *b, size_t max);
int buf_append(struct buf *b, const void *data, size_t len);
int buf_puts(struct buf *b, const char *str);
int buf_putc(struct buf *b, char c);
int buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/** Make room for n more bytes at the end; write there, then add n to .len and call buf_seal(). */
char *buf_reserve(struct buf *b, size_t n);
void buf_seal(struct buf *b);

/** The last byte; NUL if empty. */
char buf_last(const struct buf *b);
/** Drop the last n bytes, or all if there are fewer. */
void buf_chop(struct buf *b, size_t n);

/** Drop the first n bytes. */
void buf_consume(struct buf *b, size_t n);

/** Hand the memory to the caller, who must free() it; "" rather than NULL if empty. */
char *buf_steal(struct buf *b, size_t *len);

void buf_clear(struct buf *b);   /**< Empty and reusable; keeps its memory */
void buf_release(struct buf *b); /**< Free what is inside */

#endif
