/**
 * @file base/error.c  Errors: a code for the program, a sentence for the person
 */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

int err_set(struct errbuf *err, int code, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return code;

    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    return code;
}

int err_prefix(struct errbuf *err, int code, const char *fmt, ...)
{
    char rest[ERR_TEXT_MAX];
    size_t used;
    va_list ap;

    if (!err)
        return code;

    memcpy(rest, err->text, sizeof(rest));
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);

    used = strlen(err->text);
    snprintf(err->text + used, sizeof(err->text) - used, ": %s", rest);
    return code;
}
