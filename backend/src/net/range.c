/**
 * @file net/range.c  The Range header
 */
#include "net/range.h"

#include "net/http.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Digits at *p; false when there are none or they do not fit. */
static bool number(const char **p, uint64_t *n)
{
    if (!isdigit((unsigned char)**p))
        return false;
    for (*n = 0; isdigit((unsigned char)**p); (*p)++) {
        uint64_t digit = (uint64_t)(**p - '0');

        if (*n > (UINT64_MAX - digit) / 10)
            return false;
        *n = *n * 10 + digit;
    }
    return true;
}

static int suffix(uint64_t n, uint64_t size, uint64_t *first, uint64_t *last)
{
    if (!n || !size)
        return UV_ERANGE;
    *first = n < size ? size - n : 0;
    *last = size - 1;
    return 0;
}

int range_parse(const char *header, uint64_t size, uint64_t *first, uint64_t *last)
{
    const char *p = header;
    uint64_t from;
    uint64_t to;

    if (!p || strncasecmp(p, "bytes=", 6) != 0)
        return UV_ENOENT;
    p += 6;
    if (*p == '-') {
        p++;
        if (!number(&p, &to) || *p)
            return UV_ENOENT;
        return suffix(to, size, first, last);
    }
    if (!number(&p, &from) || *p++ != '-')
        return UV_ENOENT;
    to = UINT64_MAX;
    if (*p && (!number(&p, &to) || *p || to < from))
        return UV_ENOENT;
    if (from >= size)
        return UV_ERANGE;
    *first = from;
    *last = to < size ? to : size - 1;
    return 0;
}

int http_apply_range(const struct http_request *req, struct http_response *res)
{
    char value[80];
    uint64_t first;
    uint64_t last;
    size_t size = res->body.len;
    int rc;

    http_set_header(res, "Accept-Ranges", "bytes");
    rc = res->status == 200 ? range_parse(http_header(req, "range"), size, &first, &last)
                            : UV_ENOENT;
    if (rc == UV_ERANGE) {
        snprintf(value, sizeof(value), "bytes */%zu", size);
        http_problem(res, req, 416, NULL, NULL, NULL);
        return http_set_header(res, "Content-Range", value);
    }
    if (rc)
        return 0;
    snprintf(value, sizeof(value), "bytes %llu-%llu/%zu", (unsigned long long)first,
             (unsigned long long)last, size);
    res->status = 206;
    buf_consume(&res->body, (size_t)first);
    res->body.len = (size_t)(last - first + 1);
    buf_seal(&res->body);
    return http_set_header(res, "Content-Range", value);
}
