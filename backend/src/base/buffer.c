/**
 * @file base/buffer.c  A growing byte buffer with a maximum size
 */
#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { FIRST_CAP = 256 };

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

char *buf_reserve(struct buf *b, size_t n)
{
    size_t cap = b->cap ? b->cap : FIRST_CAP;
    char *data;

    if (b->err)
        return NULL;
    if (n > b->max || b->len > b->max - n) {
        b->err = UV_ENOBUFS;
        return NULL;
    }
    if (b->data && b->len + n < b->cap)
        return b->data + b->len;

    while (cap <= b->len + n)
        cap *= 2;

    data = realloc(b->data, cap);
    if (!data) {
        b->err = UV_ENOMEM;
        return NULL;
    }
    b->data = data;
    b->cap = cap;
    return b->data + b->len;
}

void buf_seal(struct buf *b)
{
    if (b->data)
        b->data[b->len] = '\0';
}

int buf_append(struct buf *b, const void *data, size_t len)
{
    char *to = buf_reserve(b, len);

    if (!to)
        return b->err;
    if (len)
        memcpy(to, data, len);
    b->len += len;
    buf_seal(b);
    return 0;
}

int buf_puts(struct buf *b, const char *str)
{
    return buf_append(b, str, strlen(str));
}

int buf_putc(struct buf *b, char c)
{
    return buf_append(b, &c, 1);
}

int buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    char *to;
    int n;

    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0)
        return b->err = UV_EINVAL;

    to = buf_reserve(b, (size_t)n);
    if (!to)
        return b->err;
    vsnprintf(to, (size_t)n + 1, fmt, ap);
    b->len += (size_t)n;
    return 0;
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int err;

    va_start(ap, fmt);
    err = buf_vprintf(b, fmt, ap);
    va_end(ap);
    return err;
}

void buf_consume(struct buf *b, size_t n)
{
    if (n > b->len)
        n = b->len;
    if (!n)
        return;
    b->len -= n;
    memmove(b->data, b->data + n, b->len);
    buf_seal(b);
}

char *buf_steal(struct buf *b, size_t *len)
{
    char *data = b->data ? b->data : calloc(1, 1);

    if (len)
        *len = b->len;
    buf_init(b, b->max);
    return data;
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->err = 0;
    buf_seal(b);
}

void buf_release(struct buf *b)
{
    if (!b)
        return;
    free(b->data);
    buf_init(b, b->max);
}

char buf_last(const struct buf *b)
{
    return b->len ? b->data[b->len - 1] : '\0';
}

void buf_chop(struct buf *b, size_t n)
{
    b->len -= n < b->len ? n : b->len;
    if (b->data)
        b->data[b->len] = '\0';
}
