/**
 * @file net/http1.c  HTTP/1.x requests
 *
 * The head is read by lines: bytes are gathered until a line is whole, then the line is taken apart
 * where it lies. So a request that is wrong is refused at its first wrong line, not when its last
 * byte has come. The chunked coding is read by bytes: a state each for what may come next.
 */
#include "net/http1.h"

#include "base/text.h"
#include "net/target.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum state {
    START, /* empty lines before a request are skipped (RFC 9112 section 2.2) */
    START_LF,
    LINE,
    FIELDS,
    BODY,
    SIZE, /* of a chunk */
    EXTENSION,
    SIZE_LF,
    CHUNK,
    CHUNK_CR,
    CHUNK_LF,
    TRAILER, /* at the beginning of a line */
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    LAST_LF,
    DONE,
    BAD,
};

enum { HEAD_FIRST_CAP = 768 }; /* a browser's request, as a rule */

/* ---------------------------------------------------------------- text */

void head_init(struct head *h)
{
    h->text = NULL;
    h->len = h->cap = 0;
    h->method = h->target = h->count = 0;
}

void head_release(struct head *h)
{
    free(h->text);
    head_init(h);
}

static char *reserve(struct head *h, size_t n)
{
    size_t cap = h->cap ? h->cap : HEAD_FIRST_CAP;
    char *text;

    if (h->text && h->len + n <= h->cap)
        return h->text + h->len;
    while (cap < h->len + n)
        cap *= 2;
    text = realloc(h->text, cap);
    if (!text)
        return NULL;
    h->text = text;
    h->cap = (uint32_t)cap;
    return h->text + h->len;
}

int head_text(struct head *h, const char *text, size_t len)
{
    char *to = reserve(h, len + 1);
    int at = (int)h->len;

    if (!to)
        return UV_ENOMEM;
    memcpy(to, text, len);
    to[len] = '\0';
    h->len += (uint32_t)len + 1;
    return at;
}

int head_again(struct head *h, uint16_t at)
{
    size_t size = strlen(h->text + at) + 1;
    char *to = reserve(h, size);

    if (!to)
        return UV_ENOMEM;
    memcpy(to, h->text + at, size);
    h->len += (uint32_t)size;
    return (int)(h->len - size);
}

int head_extend(struct head *h, const char *text, size_t len)
{
    char *to = reserve(h, len);

    if (!to)
        return UV_ENOMEM;
    to--; /* over its NUL */
    memcpy(to, text, len);
    to[len] = '\0';
    h->len += (uint32_t)len;
    return 0;
}

int head_add(struct head *h, uint16_t name, uint16_t value)
{
    if (h->count == HEAD_COUNT_MAX)
        return UV_E2BIG;
    h->field[h->count++] = (struct head_field){name, value};
    return 0;
}

const char *head_get(const struct head *h, const char *name)
{
    for (int i = 0; i < h->count; i++) {
        const char *have = h->text + h->field[i].name;

        if (have[0] == name[0] && strcmp(have, name) == 0)
            return h->text + h->field[i].value;
    }
    return NULL;
}

/* ------------------------------------------------------------- letters */

static bool is_tchar(unsigned char c)
{
    static const char others[] = "!#$%&'*+-.^_`|~";

    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr(others, c));
}

/* What a field's value may hold (RFC 9110 section 5.5). */
static bool is_value(unsigned char c)
{
    return c == '\t' || (c >= 0x20 && c != 0x7f);
}

bool is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_tchar((unsigned char)text[i]))
            return false;
    }
    return len > 0;
}

bool list_has(const char *list, const char *token)
{
    size_t want = strlen(token);

    while (list && *list) {
        size_t len;

        list += strspn(list, ", \t");
        len = strcspn(list, ",");
        while (len && (list[len - 1] == ' ' || list[len - 1] == '\t'))
            len--;
        if (len == want && strncasecmp(list, token, want) == 0)
            return true;
        list += strcspn(list, ",");
    }
    return false;
}

bool head_lists(const struct head *h, const char *name, const char *token)
{
    for (int i = 0; i < h->count; i++) {
        if (strcmp(h->text + h->field[i].name, name) == 0 &&
            list_has(h->text + h->field[i].value, token))
            return true;
    }
    return false;
}

static enum http1_event refuse(struct http1 *p, int status, const char *why)
{
    p->state = BAD;
    p->status = (uint16_t)status;
    p->why = why;
    return HTTP1_BAD;
}

/* -------------------------------------------------------------- lines */

static enum http1_event too_long(struct http1 *p)
{
    return p->state == LINE ? refuse(p, 414, "The first line of the request is too long.")
                            : refuse(p, 431, "The header is too large.");
}

/* Gather a line. HTTP1_HEAD (a whole one, without its CR LF and NUL-terminated), HTTP1_MORE or
 * HTTP1_BAD. */
static enum http1_event gather(struct http1 *p, struct head *h, const char **at, const char *end,
                               size_t limit, char **line, size_t *len)
{
    const char *lf = memchr(*at, '\n', (size_t)(end - *at));
    size_t n = (size_t)((lf ? lf + 1 : end) - *at);
    char *to;

    if (n > limit)
        return too_long(p);
    to = reserve(h, n + 1);
    if (!to)
        return refuse(p, 503, "There is no memory for this request.");
    memcpy(to, *at, n);
    h->len += (uint32_t)n;
    *at += n;
    if (!lf)
        return HTTP1_MORE;
    *line = h->text + p->line;
    *len = h->len - p->line;
    if (*len < 2 || (*line)[*len - 2] != '\r')
        return refuse(p, 400, "A line of the header must end with CR LF.");
    *len -= 2;
    (*line)[*len] = '\0';
    h->len--; /* one of CR LF is the NUL */
    p->line = h->len;
    return HTTP1_HEAD;
}

static enum http1_event read_version(struct http1 *p, const char *text)
{
    if (strncmp(text, "HTTP/", 5) != 0 || text[5] < '0' || text[5] > '9' || text[6] != '.' ||
        text[7] < '0' || text[7] > '9' || text[8])
        return refuse(p, 400, "The first line must end with HTTP/1.1.");
    if (text[5] != '1' || text[7] > '1')
        return refuse(p, 505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    p->minor = (uint8_t)(text[7] - '0');
    p->state = FIELDS;
    p->fields = p->line;
    return HTTP1_MORE;
}

/* method SP target SP version, with exactly these two spaces */
static enum http1_event read_line(struct http1 *p, struct head *h, char *line, size_t len)
{
    char *target = memchr(line, ' ', len);
    char *version;

    if (!target || !is_token(line, (size_t)(target - line)))
        return refuse(p, 400, "The first line must be a method, an address and a version.");
    *target++ = '\0';
    version = strchr(target, ' ');
    if (!version) /* of a line with a NUL in it, strchr() sees less */
        return refuse(p, 400, "The first line has no version: HTTP/0.9 is not spoken here.");
    *version++ = '\0';
    for (const char *c = target; *c; c++) {
        if (!target_char((unsigned char)*c))
            return refuse(p, 400, "The address holds a character that must be escaped.");
    }
    if (!*target || version + strlen(version) != line + len)
        return refuse(p, 400, "The first line must be a method, an address and a version.");
    h->method = (uint16_t)(line - h->text);
    h->target = (uint16_t)(target - h->text);
    return read_version(p, version);
}

/* -------------------------------------------------------------- fields */

static enum http1_event read_length(struct http1 *p, const char *value)
{
    int64_t n;

    if (p->has_length)
        return refuse(p, 400, "Content-Length is given twice.");
    if (value[strspn(value, "0123456789")] || !text_to_int64(value, 0, INT64_MAX, &n))
        return refuse(p, 400, "Content-Length must be a number.");
    p->has_length = true;
    p->length = (uint64_t)n;
    return HTTP1_MORE;
}

static enum http1_event read_coding(struct http1 *p, const char *value)
{
    if (p->chunked)
        return refuse(p, 400, "Transfer-Encoding is given twice.");
    if (!text_equal_nocase(value, "chunked"))
        return refuse(p, !*value || strncasecmp(value, "chunked", 7) == 0 ? 400 : 501,
                      "The only transfer coding taken here is chunked.");
    p->chunked = true;
    return HTTP1_MORE;
}

/* What decides where this request ends, and whom it is for. */
static enum http1_event look_at(struct http1 *p, const char *name, const char *value)
{
    if (strcmp(name, "content-length") == 0)
        return read_length(p, value);
    if (strcmp(name, "transfer-encoding") == 0)
        return read_coding(p, value);
    if (strcmp(name, "host") == 0 && p->hosts++)
        return refuse(p, 400, "Host is given twice.");
    return HTTP1_MORE;
}

static enum http1_event read_field(struct http1 *p, struct head *h, char *line, size_t len)
{
    char *colon = memchr(line, ':', len);
    char *value;
    char *end = line + len;

    if (*line == ' ' || *line == '\t')
        return refuse(p, 400, "A line of the header must not begin with a space.");
    if (!colon || !is_token(line, (size_t)(colon - line)))
        return refuse(p, 400, "A line of the header must be a name, a colon and a value.");
    for (char *c = line; c < colon; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 0x20);
    }
    *colon = '\0';
    value = colon + 1;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    for (const char *c = value; c < end; c++) {
        if (!is_value((unsigned char)*c))
            return refuse(p, 400, "The header holds a control character.");
    }
    *end = '\0';
    if (head_add(h, (uint16_t)(line - h->text), (uint16_t)(value - h->text)))
        return refuse(p, 431, "The header has too many fields.");
    return look_at(p, line, value);
}

/* The empty line was read: how does the body come? (RFC 9112 section 6.3) */
static enum http1_event finish_head(struct http1 *p)
{
    if (p->minor && !p->hosts)
        return refuse(p, 400, "The header must say for which Host the request is.");
    if (p->chunked && (p->has_length || !p->minor))
        return refuse(p, 400, "The length of the body is said in two ways.");
    p->left = p->length;
    p->state = p->chunked ? SIZE : BODY;
    return HTTP1_HEAD;
}

static enum http1_event next_line(struct http1 *p, struct head *h, const char **at, const char *end)
{
    size_t most = p->state == LINE ? (size_t)HEAD_TARGET_MAX : p->fields + (size_t)HEAD_FIELDS_MAX;
    char *line = NULL;
    size_t len = 0;
    enum http1_event got = gather(p, h, at, end, most > h->len ? most - h->len : 0, &line, &len);

    if (got != HTTP1_HEAD)
        return got;
    if (p->state == LINE)
        return read_line(p, h, line, len);
    return len ? read_field(p, h, line, len) : finish_head(p);
}

/* -------------------------------------------------------------- chunks */

static int hex(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum http1_event size_read(struct http1 *p)
{
    p->digits = 0;
    p->state = p->left ? CHUNK : TRAILER;
    return HTTP1_MORE;
}

static enum http1_event chunk_size(struct http1 *p, unsigned char c)
{
    enum { DIGITS_MAX = 15 }; /* so that it fits */
    int digit = hex(c);

    if (digit >= 0 && p->digits < DIGITS_MAX) {
        p->left = p->left << 4 | (uint64_t)digit;
        p->digits++;
        return HTTP1_MORE;
    }
    if (digit >= 0 || !p->digits || (c != ';' && c != '\r'))
        return refuse(p, 400, "The size of a chunk must be a hexadecimal number.");
    p->state = c == ';' ? EXTENSION : SIZE_LF;
    return HTTP1_MORE;
}

/* One byte between the chunks. */
static enum http1_event between(struct http1 *p, unsigned char c)
{
    switch (p->state) {
    case SIZE:
        return chunk_size(p, c);
    case EXTENSION:
        if (c == '\r')
            p->state = SIZE_LF;
        else if (!is_value(c))
            return refuse(p, 400, "A chunk's extension holds a control character.");
        return HTTP1_MORE;
    case SIZE_LF:
        return c == '\n' ? size_read(p) : refuse(p, 400, "A chunk's size must end with CR LF.");
    case CHUNK_CR:
        p->state = CHUNK_LF;
        return c == '\r' ? HTTP1_MORE : refuse(p, 400, "A chunk must end with CR LF.");
    case CHUNK_LF:
        p->state = SIZE;
        return c == '\n' ? HTTP1_MORE : refuse(p, 400, "A chunk must end with CR LF.");
    case TRAILER:
        if (c != '\r' && !is_tchar(c))
            return refuse(p, 400, "A trailer field must begin with a name.");
        p->state = c == '\r' ? LAST_LF : TRAILER_NAME;
        return HTTP1_MORE;
    case TRAILER_NAME:
        if (c == ':')
            p->state = TRAILER_VALUE;
        else if (!is_tchar(c))
            return refuse(p, 400, "A trailer field must be a name, a colon and a value.");
        return HTTP1_MORE;
    case TRAILER_VALUE:
        if (c == '\r')
            p->state = TRAILER_LF;
        else if (!is_value(c))
            return refuse(p, 400, "A trailer field holds a control character.");
        return HTTP1_MORE;
    case TRAILER_LF:
        p->state = TRAILER;
        return c == '\n' ? HTTP1_MORE : refuse(p, 400, "A trailer field must end with CR LF.");
    default: /* LAST_LF */
        if (c != '\n')
            return refuse(p, 400, "The last chunk must end with CR LF.");
        p->state = DONE;
        return HTTP1_END;
    }
}

static enum http1_event next_between(struct http1 *p, const char **at, const char *end)
{
    while (*at < end) {
        bool extra = p->state == EXTENSION || p->state >= TRAILER;
        enum http1_event got = between(p, (unsigned char)*(*at)++);

        if (extra && ++p->extra > TRAILER_MAX)
            return refuse(p, 431, "The chunks carry too much beside the body.");
        if (got != HTTP1_MORE || p->state == CHUNK)
            return got;
    }
    return HTTP1_MORE;
}

static enum http1_event next_body(struct http1 *p, const char **at, const char *end,
                                  struct piece *piece)
{
    size_t n = (size_t)(end - *at);

    if (p->left == 0) { /* BODY only: a chunk of no bytes is the last one */
        p->state = DONE;
        return HTTP1_END;
    }
    if (n > p->left)
        n = (size_t)p->left;
    if (!n)
        return HTTP1_MORE;
    *piece = (struct piece){*at, n};
    *at += n;
    p->left -= n;
    if (!p->left && p->state == CHUNK)
        p->state = CHUNK_CR;
    return HTTP1_BODY;
}

/* ---------------------------------------------------------------- all */

static enum http1_event next_start(struct http1 *p, const char **at, const char *end)
{
    while (*at < end && p->state != LINE) {
        unsigned char c = (unsigned char)**at;

        if (p->state == START_LF && c != '\n')
            return refuse(p, 400, "A line must end with CR LF.");
        if (p->state == START_LF) {
            p->state = START;
        } else if (c == '\r') {
            p->state = START_LF;
        } else if (is_tchar(c)) {
            p->state = LINE; /* and is read again there */
            break;
        } else {
            return refuse(p, 400, "This is not HTTP.");
        }
        (*at)++;
    }
    return HTTP1_MORE;
}

void http1_reset(struct http1 *p)
{
    *p = (struct http1){.state = START, .minor = 1};
}

bool http1_begun(const struct http1 *p)
{
    return p->state != START && p->state != START_LF;
}

enum http1_event http1_next(struct http1 *p, struct head *head, const char **at, const char *end,
                            struct piece *piece)
{
    enum http1_event got = HTTP1_MORE;

    if (p->state == BAD)
        return HTTP1_BAD;
    do {
        if (p->state == DONE)
            return HTTP1_END;
        if (p->state <= START_LF)
            got = next_start(p, at, end);
        else if (p->state <= FIELDS)
            got = next_line(p, head, at, end);
        else if (p->state == BODY || p->state == CHUNK)
            got = next_body(p, at, end, piece);
        else
            got = next_between(p, at, end);
    } while (got == HTTP1_MORE && *at < end);
    return got;
}
