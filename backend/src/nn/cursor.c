/**
 * @file nn/cursor.c  See cursor.h
 */
#include "nn/cursor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int nn_cursor_damaged(struct nn_cursor *c, const char *fmt, ...)
{
    char what[ERR_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    return err_set(c->why, UV_EINVAL, "%.400s (at byte %zu of %zu)", what, c->at, c->len);
}

const uint8_t *nn_cursor_take(struct nn_cursor *c, size_t n)
{
    const uint8_t *p = c->data + c->at;

    if (n > c->len - c->at)
        return NULL;
    c->at += n;
    return p;
}

int nn_cursor_int(struct nn_cursor *c, const char *what, int min, int max, int *out)
{
    const uint8_t *p = nn_cursor_take(c, 4);
    int32_t v;

    if (!p)
        return nn_cursor_damaged(c, "the file ends within %s", what);
    memcpy(&v, p, 4);
    if (v < min || v > max) {
        c->at -= 4;
        return nn_cursor_damaged(c, "%s is %d, expected %d to %d", what, v, min, max);
    }
    *out = v;
    return 0;
}
