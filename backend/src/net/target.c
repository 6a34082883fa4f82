/**
 * @file net/target.c  What a request's address means
 */
#include "net/target.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %41 at from? The byte, or -1. */
static int escaped(const char *from)
{
    int high = hex(from[1]);
    int low = high < 0 ? -1 : hex(from[2]);

    return low < 0 ? -1 : high << 4 | low;
}

static int decode_path(char *text, struct target *out)
{
    char *to = text;

    out->path = text;
    for (const char *from = text; *from; from++) {
        int c = (unsigned char)*from;

        if (c == '%') {
            c = escaped(from);
            from += 2;
            if (c < 0x20 || c == 0x7f)
                return UV_EINVAL;
            out->slash_hidden |= c == '/';
        }
        *to++ = (char)c;
    }
    *to = '\0';
    return utf8_valid(text, (size_t)(to - text)) ? 0 : UV_EINVAL;
}

/* Names and values are UTF-8, so this byte is in none of them: it parts the two. */
enum { PARTING = 0xff };

/* a=1&b=x+y -> "a\xff1\0b\xffx y\0", where it lies */
static int decode_query(char *text, struct target *out)
{
    char *to = text;
    char *part = text; /* the name or value being read */
    bool named = false;

    out->query = text;
    for (const char *from = text;; from++) {
        int c = (unsigned char)*from;
        bool ends = c == '&' || c == '\0' || (c == '=' && !named);

        if (ends && !utf8_valid(part, (size_t)(to - part)))
            return UV_EINVAL;
        if (ends) {
            named = c == '=';
            *to++ = (char)(named ? PARTING : '\0');
            part = to;
        } else if (c == '%') {
            c = escaped(from);
            from += 2;
            if (c <= 0)
                return UV_EINVAL;
            *to++ = (char)c;
        } else {
            *to++ = (char)(c == '+' ? ' ' : c);
        }
        if (ends && c == '\0')
            break;
    }
    out->query_len = (size_t)(to - text);
    return 0;
}

const char *target_query(const struct target *t, const char *name)
{
    size_t want = strlen(name);
    const char *end = t->query ? t->query + t->query_len : NULL;

    for (const char *at = t->query; at && at < end; at += strlen(at) + 1) {
        if (strncmp(at, name, want) != 0)
            continue;
        if (at[want] == '\0')
            return "";
        if ((unsigned char)at[want] == PARTING)
            return at + want + 1;
    }
    return NULL;
}

/* http://authority[/path][?query]: the path's beginning in *text, or UV_EINVAL */
static int split_absolute(char **text, struct target *out)
{
    char *at = *text;
    size_t len;

    out->https = strncasecmp(at, "https://", 8) == 0;
    at += out->https ? 8 : 7;
    len = strcspn(at, "/?");
    if (!len)
        return UV_EINVAL;
    memmove(at - 1, at, len); /* room for its NUL */
    out->authority = at - 1;
    at[len - 1] = '\0';
    *text = at + len;
    return authority_valid(out->authority) ? 0 : UV_EINVAL;
}

int target_read(char *text, struct target *out)
{
    char *query;
    int err = 0;

    *out = (struct target){.path = text};
    for (const char *c = text; *c; c++) {
        if (!target_char((unsigned char)*c))
            return UV_EINVAL;
    }
    if (strcmp(text, "*") == 0)
        return 0;
    if (strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0)
        err = split_absolute(&text, out);
    else if (*text != '/')
        err = UV_EINVAL;
    if (err)
        return err;
    query = strchr(text, '?');
    if (query)
        *query++ = '\0';
    err = decode_path(text, out);
    if (!err && !*text)
        out->path = "/";
    return !err && query ? decode_query(query, out) : err;
}

/* ----------------------------------------------------------- authority */

static bool port_valid(const char *text)
{
    size_t len = strlen(text);

    return len <= 5 && text[strspn(text, "0123456789")] == '\0' && strtoul(text, NULL, 10) <= 65535;
}

bool authority_valid(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-._~";
    static const char in_brackets[] = "0123456789abcdefABCDEF:.";
    size_t len;

    if (*text == '[') {
        len = strspn(text + 1, in_brackets);
        if (!len || text[len + 1] != ']')
            return false;
        text += len + 2;
    } else {
        len = strspn(text, letters);
        if (!len)
            return false;
        text += len;
    }
    return *text == '\0' || (*text == ':' && port_valid(text + 1));
}
