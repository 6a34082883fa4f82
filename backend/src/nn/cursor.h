/**
 * @file nn/cursor.h  Reading a model file from its beginning to its end
 *
 *     struct nn_cursor c = {data, len, 0, why};
 *
 *     err = nn_cursor_int(&c, "the number of mel bands", 80, 128, &bands);
 *     p = nn_cursor_take(&c, bytes);
 *     if (!p)
 *         err = nn_cursor_damaged(&c, "the file ends within the filters");
 *
 * It never passes the end, allocates nothing and belongs to one thread. Numbers are those of this
 * machine, which must be little-endian, as ggml's files are.
 */
#ifndef NN_CURSOR_H
#define NN_CURSOR_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct nn_cursor {
    const uint8_t *data;
    size_t len;
    size_t at;          /**< What is read next */
    struct errbuf *why; /**< Where what is damaged is told */
};

/** UV_EINVAL, with a sentence that says at which byte. */
int nn_cursor_damaged(struct nn_cursor *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** The next n bytes, not aligned; NULL, and nothing is passed: there are fewer. */
const uint8_t *nn_cursor_take(struct nn_cursor *c, size_t n);

/** A number of 32 bits from min to max. 0 or UV_EINVAL, told with what it is. */
int nn_cursor_int(struct nn_cursor *c, const char *what, int min, int max, int *out);

#endif
