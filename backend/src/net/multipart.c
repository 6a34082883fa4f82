/**
 * @file net/multipart.c  multipart/form-data
 */
#include "net/multipart.h"

#include "net/net_internal.h"

#include <stdbool.h>
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

/* "\r\n--" and the boundary that a content type names; its length, or UV_EINVAL. */
static int read_delimiter(const char *content_type, char to[static 4 + BOUNDARY_MAX + 1])
{
    struct span boundary;

    if (!content_type || strncasecmp(content_type, "multipart/form-data", 19) != 0)
        return UV_EINVAL;
    boundary = parameter(content_type, strlen(content_type), "boundary");
    if (!boundary.at || !boundary.len || boundary.len > BOUNDARY_MAX ||
        memchr(boundary.at, '\r', boundary.len))
        return UV_EINVAL;
    memcpy(to, "\r\n--", 4);
    memcpy(to + 4, boundary.at, boundary.len);
    return 4 + (int)boundary.len;
}

int multipart_init(struct multipart *mp, const char *content_type, const char *body, size_t len)
{
    int n = read_delimiter(content_type, mp->delimiter);

    if (n < 0)
        return n;
    if (!body)
        body = "";
    mp->delimiter_len = (size_t)n;
    mp->at = body;
    mp->end = body + len;
    /* the first delimiter needs no line before it */
    if (len >= mp->delimiter_len - 2 &&
        memcmp(body, mp->delimiter + 2, mp->delimiter_len - 2) == 0) {
        mp->at = body + mp->delimiter_len - 2;
        return 0;
    }
    mp->at = memmem(body, len, mp->delimiter, mp->delimiter_len);
    if (!mp->at)
        return UV_EINVAL;
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
    const char *most = mp->end - mp->at > PART_HEADER_MAX ? mp->at + PART_HEADER_MAX : mp->end;

    for (;;) {
        const char *eol = memmem(mp->at, (size_t)(most - mp->at), "\r\n", 2);

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

/* ----------------------------------------------------------- in pieces */

enum {
    FORM_BEFORE,
    FORM_DELIMITED,
    FORM_PADDED, /* white space behind the delimiter: it is not the last one */
    FORM_DASH,
    FORM_CR,
    FORM_HEADER,
    FORM_DATA,
    FORM_OVER,
};

int form_init(struct form *form, const char *content_type,
              int (*on_part)(const struct raw_part *part, void *arg),
              int (*on_data)(const char *data, size_t len, void *arg), void *arg)
{
    int n = read_delimiter(content_type, form->delimiter);

    if (n < 0)
        return n;
    form->delimiter_len = (size_t)n;
    form->state = FORM_BEFORE;
    form->matched = form->unsent = 2; /* the first delimiter needs no line before it */
    form->header_len = 0;
    form->err = 0;
    form->on_part = on_part;
    form->on_data = on_data;
    form->arg = arg;
    return 0;
}

static int give(struct form *form, const char *data, size_t len)
{
    return form->state == FORM_DATA && len ? form->on_data(data, len, form->arg) : 0;
}

/* What looked like the delimiter but is not one was data. */
static int give_matched(struct form *form)
{
    size_t from = form->unsent;
    size_t n = form->matched;

    form->matched = form->unsent = 0;
    return n > from ? give(form, form->delimiter + from, n - from) : 0;
}

/* Up to the next delimiter, or all there is. A CR stands only at the delimiter's beginning, so a
 * byte that does not fit can only be a beginning itself. Bytes used. */
static size_t look_for_delimiter(struct form *form, const char *at, size_t len)
{
    const char *cr;
    size_t n;

    if (form->matched) {
        if (*at != form->delimiter[form->matched]) {
            form->err = give_matched(form);
            return 0;
        }
        if (++form->matched == form->delimiter_len)
            form->state = FORM_DELIMITED;
        return 1;
    }
    cr = memchr(at, '\r', len);
    n = cr ? (size_t)(cr - at) : len;
    form->err = give(form, at, n);
    form->matched = cr != NULL;
    return n + (cr != NULL);
}

static bool header_is_whole(const struct form *form)
{
    size_t n = form->header_len;
    const char *end = form->header + n;

    return n >= 2 && end[-1] == '\n' && end[-2] == '\r' &&
           (n == 2 || (n >= 4 && end[-3] == '\n' && end[-4] == '\r'));
}

static int begin_part(struct form *form)
{
    struct multipart mp = {.at = form->header, .end = form->header + form->header_len};
    struct raw_part part = {{0}, {0}, {0}, {0}};
    int err = read_headers(&mp, &part);

    if (!err && !part.name.at)
        err = UV_EINVAL;
    if (!err)
        err = form->on_part(&part, form->arg);
    form->header_len = 0;
    form->state = FORM_DATA;
    form->matched = form->unsent = 2; /* an empty part ends with the CR LF that ended its header */
    return err;
}

/* Between delimiter and data. */
static int take(struct form *form, char c)
{
    switch (form->state) {
    case FORM_DELIMITED:
    case FORM_PADDED:
        if (c == '-' && form->state == FORM_DELIMITED)
            form->state = FORM_DASH;
        else if (c == ' ' || c == '\t')
            form->state = FORM_PADDED;
        else if (c == '\r')
            form->state = FORM_CR;
        else
            return UV_EINVAL;
        return 0;
    case FORM_DASH:
        form->state = FORM_OVER;
        return c == '-' ? 0 : UV_EINVAL;
    case FORM_CR:
        form->state = FORM_HEADER;
        return c == '\n' ? 0 : UV_EINVAL;
    default:
        if (form->header_len == PART_HEADER_MAX)
            return UV_EINVAL;
        form->header[form->header_len++] = c;
        return header_is_whole(form) ? begin_part(form) : 0;
    }
}

int form_feed(struct form *form, const char *bytes, size_t len)
{
    while (!form->err && len && form->state != FORM_OVER) {
        size_t n = 1;

        if (form->state == FORM_BEFORE || form->state == FORM_DATA)
            n = look_for_delimiter(form, bytes, len);
        else
            form->err = take(form, *bytes);
        bytes += n;
        len -= n;
    }
    return form->err;
}

int form_end(const struct form *form)
{
    return form->err || form->state == FORM_OVER ? form->err : UV_EINVAL;
}

/* -------------------------------------------------------------- public */

static const char *keep(const struct http_request *req, struct span s)
{
    return s.at ? request_keep(req->inner, s.at, s.len) : NULL;
}

int http_multipart(const struct http_request *req, const char *name, struct http_part *part)
{
    return http_multipart_nth(req, name, 0, part);
}

int http_multipart_nth(const struct http_request *req, const char *name, size_t n,
                       struct http_part *part)
{
    struct multipart mp;
    struct raw_part raw;
    int err = multipart_init(&mp, http_header(req, "content-type"), req->body, req->body_len);

    if (err)
        return err;
    while ((err = multipart_next(&mp, &raw)) == 0) {
        if (raw.name.len != strlen(name) || memcmp(raw.name.at, name, raw.name.len) != 0 || n--)
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
