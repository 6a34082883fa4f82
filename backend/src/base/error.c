/**
 * @file base/error.c  Errors: a code for the program, a sentence for the person
 */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

int err_set(struct errbuf *why, int code, const char *fmt, ...)
{
    va_list ap;

    if (!why)
        return code;

    va_start(ap, fmt);
    vsnprintf(why->text, sizeof(why->text), fmt, ap);
    va_end(ap);
    return code;
}

int err_prefix(struct errbuf *why, int code, const char *fmt, ...)
{
    char rest[ERR_TEXT_MAX];
    size_t used;
    va_list ap;

    if (!why)
        return code;

    memcpy(rest, why->text, sizeof(rest));
    va_start(ap, fmt);
    vsnprintf(why->text, sizeof(why->text), fmt, ap);
    va_end(ap);

    used = strlen(why->text);
    snprintf(why->text + used, sizeof(why->text) - used, ": %s", rest);
    return code;
}
