/**
 * @file base/about.c  What this thread is working on
 */
#include "base/about.h"

#include <stdio.h>
#include <string.h>

static _Thread_local struct about current;

struct about about_set(struct about now)
{
    struct about before = current;

    current = now;
    return before;
}

struct about about_get(void)
{
    return current;
}

/* ------------------------------------------------------------------------------- traces */

static bool is_zero(const uint8_t *bytes, size_t n)
{
    while (n && !*bytes) {
        bytes++;
        n--;
    }
    return n == 0;
}

bool trace_is_set(const struct trace_context *t)
{
    return !is_zero(t->trace, sizeof(t->trace));
}

/* Lower-case letters only (section 3.2.2.3). */
static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Each digit is only read after the one before it was a digit, so NUL ends it. */
static bool read_hex(const char **at, uint8_t *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int high = digit((*at)[0]);
        int low = high < 0 ? -1 : digit((*at)[1]);

        if (low < 0)
            return false;
        to[i] = (uint8_t)(high << 4 | low);
        *at += 2;
    }
    return true;
}

static bool read_dash(const char **at)
{
    return *(*at)++ == '-';
}

/* A later version may continue after the flags with a dash; in this one nothing may follow. */
bool trace_parse(struct trace_context *t, const char *header)
{
    struct trace_context read = {.sampled = false};
    uint8_t version, flags;
    const char *at = header;

    if (!read_hex(&at, &version, 1) || version == 0xff || !read_dash(&at) ||
        !read_hex(&at, read.trace, sizeof(read.trace)) || !read_dash(&at) ||
        !read_hex(&at, read.span, sizeof(read.span)) || !read_dash(&at) ||
        !read_hex(&at, &flags, 1) || (*at && (version == 0 || *at != '-')))
        return false;
    if (!trace_is_set(&read) || is_zero(read.span, sizeof(read.span)))
        return false;
    read.sampled = flags & 1;
    *t = read;
    return true;
}

static char *put_hex(char *to, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to += sprintf(to, "%02x", bytes[i]);
    return to;
}

void trace_format(const struct trace_context *t, char header[static TRACE_HEADER_MAX])
{
    char *at = header + sprintf(header, "00-");

    at = put_hex(at, t->trace, sizeof(t->trace));
    *at++ = '-';
    at = put_hex(at, t->span, sizeof(t->span));
    sprintf(at, "-%02x", t->sampled);
}
