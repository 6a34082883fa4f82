/**
 * @file net/range.c  The Range header
 */
#include "net/range.h"

#include "net/http.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Digits at *p; false when there are none. A number that does not fit is as large as one can be:
 * no content has that many bytes. */
static bool number(const char **p, uint64_t *n)
{
    if (!isdigit((unsigned char)**p))
        return false;
    for (*n = 0; isdigit((unsigned char)**p); (*p)++) {
        uint64_t digit = (uint64_t)(**p - '0');

        *n = *n > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *n * 10 + digit;
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

/* Value of a header that was put into the response, or NULL. */
static const char *own_header(const struct http_response *res, const char *name, size_t *len)
{
    const char *p = res->headers.len ? res->headers.data : "";
    size_t n = strlen(name);

    for (; *p; p += strcspn(p, "\n") + 1) {
        if (strncasecmp(p, name, n) == 0 && p[n] == ':') {
            *len = strcspn(p + n + 2, "\n");
            return p + n + 2;
        }
    }
    return NULL;
}

/* If-Range (RFC 9110 section 13.1.5): does the part belong to what the client already has? Only a
 * strong tag, or the very date that was told, says so. */
static bool is_still_the_same(const struct http_request *req, const struct http_response *res)
{
    const char *have = http_header(req, "if-range");
    const char *is;
    size_t len = 0;

    if (!have)
        return true;
    is = own_header(res, *have == '"' ? "ETag" : "Last-Modified", &len);
    return is && *is != 'W' && strlen(have) == len && memcmp(have, is, len) == 0;
}

static int refuse(const struct http_request *req, struct http_response *res, uint64_t size)
{
    char value[40];

    buf_clear(&res->headers); /* they described the content */
    http_set_header(res, "Accept-Ranges", "bytes");
    snprintf(value, sizeof(value), "bytes */%" PRIu64, size);
    http_set_header(res, "Content-Range", value);
    return http_problem(res, req, 416, NULL, NULL, NULL);
}

bool http_has_tag(const struct http_request *req, const char *tag)
{
    const char *have = http_header(req, "if-none-match");

    return have && (strcmp(have, "*") == 0 || strstr(have, tag) != NULL);
}

static void cut(struct http_response *res, uint64_t first, uint64_t last)
{
    if (res->source.read) {
        res->source_at = first;
        res->source_end = last + 1;
        return;
    }
    buf_consume(&res->body, (size_t)first);
    res->body.len = (size_t)(last - first + 1);
    buf_seal(&res->body);
}

int http_apply_range(const struct http_request *req, struct http_response *res)
{
    char value[80];
    uint64_t first;
    uint64_t last;
    uint64_t size = res->source.read ? res->source.size : res->body.len;
    int err = UV_ENOENT;

    http_set_header(res, "Accept-Ranges", "bytes");
    if (res->status == 200 && strcmp(req->method, "GET") == 0 && is_still_the_same(req, res))
        err = range_parse(http_header(req, "range"), size, &first, &last);
    if (err == UV_ERANGE)
        return refuse(req, res, size);
    if (err)
        return 0;
    snprintf(value, sizeof(value), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, first, last, size);
    res->status = 206;
    cut(res, first, last);
    return http_set_header(res, "Content-Range", value);
}
