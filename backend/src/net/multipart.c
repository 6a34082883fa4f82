/**
 * @file net/multipart.c  multipart/form-data
 */
#include "net/multipart.h"

#include "net/inner.h"

#include <string.h>

/* ---------------------------------------------------------- parameters */

/* Value of "; name=value" or "; name="quoted"" in a header line; *found.at NULL when absent. */
static struct span parameter(const char *line, size_t len, const char *name)
{
    size_t want = strlen(name);
    const char *end = line + len;
    const char *p = memchr(line, ';', len);

    while (p && p < end) {
        const char *value;
        const char *stop;

        for (p++; p < end && (*p == ' ' || *p == '\t'); p++)
            ;
        if ((size_t)(end - p) > want && strncasecmp(p, name, want) == 0 && p[want] == '=') {
            value = p + want + 1;
            if (value < end && *value == '"') {
                value++;
                stop = memchr(value, '"', (size_t)(end - value));
                return stop ? (struct span){value, (size_t)(stop - value)} : (struct span){0};
            }
            for (stop = value; stop < end && *stop != ';' && *stop != ' '; stop++)
                ;
            return (struct span){value, (size_t)(stop - value)};
        }
        for (; p < end && *p != ';'; p++) {
            if (*p == '"') {
                p = memchr(p + 1, '"', (size_t)(end - p - 1));
                if (!p)
                    return (struct span){0};
            }
        }
    }
    return (struct span){0};
}

int multipart_init(struct multipart *mp, const char *content_type, const char *body, size_t len)
{
    struct span boundary;

    if (!body)
        body = "";
    if (!content_type || strncasecmp(content_type, "multipart/form-data", 19) != 0)
        return UV_EINVAL;
    boundary = parameter(content_type, strlen(content_type), "boundary");
    if (!boundary.at || !boundary.len || boundary.len > BOUNDARY_MAX)
        return UV_EINVAL;
    memcpy(mp->delimiter, "\r\n--", 4);
    memcpy(mp->delimiter + 4, boundary.at, boundary.len);
    mp->delimiter_len = 4 + boundary.len;
    mp->at = body;
    mp->end = body + len;
    /* the first delimiter needs no line before it */
    if (len >= mp->delimiter_len - 2 && memcmp(body, mp->delimiter + 2, mp->delimiter_len - 2) == 0)
        mp->at = body + mp->delimiter_len - 2;
    else
        mp->at = memmem(body, len, mp->delimiter, mp->delimiter_len);
    if (!mp->at)
        return UV_EINVAL;
    if (mp->at != body + mp->delimiter_len - 2)
        mp->at += mp->delimiter_len;
    return 0;
}

/* -------------------------------------------------------------- parts */

/* After a delimiter: "--" is the end, otherwise padding and CR LF. 0, UV_EOF or UV_EINVAL. */
static int after_delimiter(struct multipart *mp)
{
    if (mp->end - mp->at >= 2 && mp->at[0] == '-' && mp->at[1] == '-')
        return UV_EOF;
    while (mp->at < mp->end && (*mp->at == ' ' || *mp->at == '\t'))
        mp->at++;
    if (mp->end - mp->at < 2 || mp->at[0] != '\r' || mp->at[1] != '\n')
        return UV_EINVAL;
    mp->at += 2;
    return 0;
}

static void header_line(const char *line, size_t len, struct raw_part *part)
{
    static const char disposition[] = "content-disposition:";
    static const char type[] = "content-type:";

    if (len >= sizeof(disposition) - 1 &&
        strncasecmp(line, disposition, sizeof(disposition) - 1) == 0) {
        part->name = parameter(line, len, "name");
        part->filename = parameter(line, len, "filename");
    } else if (len >= sizeof(type) - 1 && strncasecmp(line, type, sizeof(type) - 1) == 0) {
        const char *value = line + sizeof(type) - 1;

        while (value < line + len && *value == ' ')
            value++;
        part->type = (struct span){value, len - (size_t)(value - line)};
    }
}

/* Header lines up to the empty one. */
static int read_headers(struct multipart *mp, struct raw_part *part)
{
    for (;;) {
        const char *eol = memmem(mp->at, (size_t)(mp->end - mp->at), "\r\n", 2);

        if (!eol)
            return UV_EINVAL;
        if (eol == mp->at) {
            mp->at = eol + 2;
            return 0;
        }
        header_line(mp->at, (size_t)(eol - mp->at), part);
        mp->at = eol + 2;
    }
}

int multipart_next(struct multipart *mp, struct raw_part *part)
{
    const char *stop;
    int err = after_delimiter(mp);

    if (err)
        return err;
    *part = (struct raw_part){{0}, {0}, {0}, {0}};
    err = read_headers(mp, part);
    if (err)
        return err;
    /* an empty part ends with the very CR LF that ended its headers */
    stop = memmem(mp->at - 2, (size_t)(mp->end - mp->at) + 2, mp->delimiter, mp->delimiter_len);
    if (!stop || !part->name.at)
        return UV_EINVAL;
    part->data = (struct span){mp->at, stop < mp->at ? 0 : (size_t)(stop - mp->at)};
    mp->at = stop + mp->delimiter_len;
    return 0;
}

/* -------------------------------------------------------------- public */

static const char *keep(const struct http_request *req, struct span s)
{
    return s.at ? request_keep(req->inner, s.at, s.len) : NULL;
}

int http_multipart(const struct http_request *req, const char *name, struct http_part *part)
{
    struct multipart mp;
    struct raw_part raw;
    int err = multipart_init(&mp, http_header(req, "content-type"), req->body, req->body_len);

    if (err)
        return err;
    while ((err = multipart_next(&mp, &raw)) == 0) {
        if (raw.name.len != strlen(name) || memcmp(raw.name.at, name, raw.name.len) != 0)
            continue;
        *part = (struct http_part){
            .name = keep(req, raw.name),
            .filename = keep(req, raw.filename),
            .type = keep(req, raw.type),
            .data = raw.data.at,
            .len = raw.data.len,
        };
        return part->name ? 0 : UV_EINVAL;
    }
    return err == UV_EOF ? UV_ENOENT : err;
}
