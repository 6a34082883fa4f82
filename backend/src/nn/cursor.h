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
 * A cursor never moves past the end, allocates nothing and belongs to one thread. Numbers are read
 * in the machine's byte order, which must be little-endian like ggml's files.
 */
#ifndef NN_CURSOR_H
#define NN_CURSOR_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct nn_cursor {
    const uint8_t *data;
    size_t len;
    size_t at;          /**< Offset of the next byte to read */
    struct errbuf *why; /**< Where damage is reported */
};

/** Returns UV_EINVAL, with a sentence that says at which byte. */
int nn_cursor_damaged(struct nn_cursor *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** The next n bytes, not aligned; NULL if there are fewer, and the cursor does not move. */
const uint8_t *nn_cursor_take(struct nn_cursor *c, size_t n);

/** A 32-bit number from min to max. 0 or UV_EINVAL, reported with what it is. */
int nn_cursor_int(struct nn_cursor *c, const char *what, int min, int max, int *out);

#endif
