/**
 * @file net/h2_head.c  The fields of an HTTP/2 request
 */
#include "net/h2_head.h"

#include "base/text.h"
#include "net/target.h"

#include <string.h>

enum seen {
    SEEN_METHOD = 1 << 0,
    SEEN_SCHEME = 1 << 1,
    SEEN_PATH = 1 << 2,
    SEEN_AUTHORITY = 1 << 3,
    SEEN_PROTOCOL = 1 << 4,
    SEEN_FIELD = 1 << 5, /* one that is no pseudo-header field */
};

void h2_head_refuse(struct h2_head *p, int status, const char *why)
{
    if (p->status)
        return;
    p->status = (uint16_t)status;
    p->why = why;
}

static bool equals(const char *text, size_t len, const char *want)
{
    return len == strlen(want) && memcmp(text, want, len) == 0;
}

/* ------------------------------------------------------------- any field */

/* Names are tokens in lower case; values hold no control characters and no space around them
 * (section 8.2.1). NULL: it is one. */
static const char *name_fault(const char *name, size_t len)
{
    if (!is_token(name, len))
        return "The name of a header field must be a token.";
    for (size_t i = 0; i < len; i++) {
        if (name[i] >= 'A' && name[i] <= 'Z')
            return "The name of a header field must be in lower case.";
    }
    return NULL;
}

static const char *value_fault(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)value[i];

        if (c != '\t' && (c < 0x20 || c == 0x7f))
            return "The header holds a character that may not be in it.";
    }
    if (len && (strchr(" \t", value[0]) || strchr(" \t", value[len - 1])))
        return "The value of a header field must not begin or end with a space.";
    return NULL;
}

/* What speaks of the connection belongs to HTTP/1 (section 8.2.2). */
static bool is_of_connection(const char *name, size_t len)
{
    static const char *const names[] = {"connection", "keep-alive", "proxy-connection",
                                        "transfer-encoding", "upgrade"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (equals(name, len, names[i]))
            return true;
    }
    return false;
}

static const char *field_fault(const char *name, size_t name_len, const char *value,
                               size_t value_len)
{
    const char *why = name_fault(name, name_len);

    if (!why)
        why = value_fault(value, value_len);
    if (!why && is_of_connection(name, name_len))
        why = "A field about the connection has no place in HTTP/2.";
    if (!why && equals(name, name_len, "te") && !equals(value, value_len, "trailers"))
        why = "TE may only say trailers in HTTP/2.";
    return why;
}

/* ---------------------------------------------------------- keeping them */

/* Both texts are in the head, or neither field is: false. */
static bool keep(struct h2_head *p, struct head *h, const char *name, size_t name_len,
                 const char *value, size_t value_len)
{
    int at = head_text(h, name, name_len);
    int to = at < 0 ? at : head_text(h, value, value_len);

    if (to < 0)
        h2_head_refuse(p, 503, "There is no memory for this request.");
    else if (head_add(h, (uint16_t)at, (uint16_t)to))
        h2_head_refuse(p, 431, "The header has too many fields.");
    return !p->status;
}

static uint16_t keep_text(struct h2_head *p, struct head *h, const char *text, size_t len)
{
    int at = head_text(h, text, len);

    if (at < 0)
        h2_head_refuse(p, 503, "There is no memory for this request.");
    return at < 0 ? 0 : (uint16_t)at;
}

/* Cookies may come in crumbs (section 8.2.3), as a rule one behind the other: the first field grows
 * by the others. False: this is the first. */
static bool join_cookie(struct h2_head *p, struct head *h, const char *value, size_t len)
{
    const char *first = head_get(h, "cookie");
    struct head_field *f = h->field;
    int at;

    if (!first)
        return false;
    while (h->text + f->value != first)
        f++;
    at = f->value;
    if (at + strlen(first) + 1 != h->len) /* others came between: to the end with it */
        at = head_again(h, f->value);
    if (at < 0 || head_extend(h, "; ", 2) || head_extend(h, value, len))
        h2_head_refuse(p, 503, "There is no memory for this request.");
    else
        f->value = (uint16_t)at;
    return true;
}

/* -------------------------------------------------------- pseudo-headers */

static int pseudo_by_name(const char *name, size_t len)
{
    static const struct {
        const char *name;
        enum seen bit;
    } known[] = {{":method", SEEN_METHOD},
                 {":scheme", SEEN_SCHEME},
                 {":path", SEEN_PATH},
                 {":authority", SEEN_AUTHORITY},
                 {":protocol", SEEN_PROTOCOL}};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (equals(name, len, known[i].name))
            return known[i].bit;
    }
    return 0;
}

static bool is_scheme(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = (char)(text[i] | 0x20);

        if ((c < 'a' || c > 'z') && (i == 0 || !strchr("0123456789+-.", text[i])))
            return false;
    }
    return len > 0;
}

static void path(struct h2_head *p, struct head *h, const char *value, size_t len)
{
    if (!len || (*value != '/' && !equals(value, len, "*")))
        h2_head_refuse(p, 400, "The path must begin with a slash.");
    else
        h->target = keep_text(p, h, value, len);
}

static void pseudo(struct h2_head *p, struct head *h, const char *name, size_t name_len,
                   const char *value, size_t len)
{
    int bit = pseudo_by_name(name, name_len);
    const char *why = value_fault(value, len);

    if (!bit)
        why = "No request has a pseudo-header field of this name.";
    else if (p->seen & bit)
        why = "A pseudo-header field is given twice.";
    else if (p->seen & SEEN_FIELD)
        why = "Pseudo-header fields must come before all others.";
    else if (bit == SEEN_METHOD && !is_token(value, len))
        why = "The method must be a token.";
    else if (bit == SEEN_SCHEME && !is_scheme(value, len))
        why = "The scheme is not one.";
    if (why) {
        h2_head_refuse(p, 400, why);
        return;
    }
    p->seen |= (uint8_t)bit;
    if (bit == SEEN_METHOD)
        h->method = keep_text(p, h, value, len);
    else if (bit == SEEN_PATH)
        path(p, h, value, len);
    else if (bit == SEEN_AUTHORITY) /* what HTTP/1 calls Host */
        keep(p, h, "host", 4, value, len);
    else if (bit == SEEN_PROTOCOL)
        p->socket = equals(value, len, "websocket");
}

/* ---------------------------------------------------------- other fields */

static void content_length(struct h2_head *p, const char *value)
{
    int64_t n;

    if (p->has_length)
        h2_head_refuse(p, 400, "Content-Length is given twice.");
    else if (value[strspn(value, "0123456789")] || !text_to_int64(value, 0, INT64_MAX, &n))
        h2_head_refuse(p, 400, "Content-Length must be a number.");
    else
        p->length = (uint64_t)n;
    p->has_length = true;
}

/* Besides :authority it may only say the same (section 8.3.1). True: the field is no news. */
static bool host_again(struct h2_head *p, const struct head *h, const char *value, size_t len)
{
    const char *have = head_get(h, "host");

    if (!have)
        return false;
    if (!(p->seen & SEEN_AUTHORITY))
        h2_head_refuse(p, 400, "Host is given twice.");
    else if (strlen(have) != len || strncasecmp(have, value, len) != 0)
        h2_head_refuse(p, 400, "Host and :authority say different things.");
    return true;
}

static void field(struct h2_head *p, struct head *h, const char *name, size_t name_len,
                  const char *value, size_t len)
{
    const char *why = field_fault(name, name_len, value, len);

    p->seen |= SEEN_FIELD;
    if (why) {
        h2_head_refuse(p, 400, why);
        return;
    }
    if (equals(name, name_len, "cookie") && join_cookie(p, h, value, len))
        return;
    if (equals(name, name_len, "host") && host_again(p, h, value, len))
        return;
    if (keep(p, h, name, name_len, value, len) && equals(name, name_len, "content-length"))
        content_length(p, h->text + h->field[h->count - 1].value);
}

void h2_head_field(struct h2_head *p, struct head *h, const char *name, size_t name_len,
                   const char *value, size_t value_len)
{
    enum { TEXT_MAX = HEAD_TARGET_MAX + HEAD_FIELDS_MAX };
    bool is_pseudo = name_len && *name == ':';

    if (p->status)
        return;
    if (equals(name, name_len, ":path") && value_len > HEAD_TARGET_MAX)
        h2_head_refuse(p, 414, "The address is too long.");
    else if (h->len + name_len + value_len + 2 > TEXT_MAX)
        h2_head_refuse(p, 431, "The header is too large.");
    else if (is_pseudo)
        pseudo(p, h, name, name_len, value, value_len);
    else
        field(p, h, name, name_len, value, value_len);
}

void h2_head_trailer(struct h2_head *p, const char *name, size_t name_len, const char *value,
                     size_t value_len)
{
    const char *why = field_fault(name, name_len, value, value_len);

    if (why)
        h2_head_refuse(p, 400, why);
    p->trailers += (uint32_t)(name_len + value_len);
    if (p->trailers > TRAILER_MAX)
        h2_head_refuse(p, 431, "The trailers are too large.");
}

/* Which of them a request must have (sections 8.3.1 and 8.5, RFC 8441 section 4). A CONNECT without
 * a protocol has no address but its host; it is whole, and nobody here serves it. */
void h2_head_end(struct h2_head *p, struct head *h)
{
    bool connects =
        p->seen & SEEN_METHOD && !p->status && strcmp(h->text + h->method, "CONNECT") == 0;
    bool tunnel = connects && !(p->seen & SEEN_PROTOCOL);
    const char *host = head_get(h, "host");

    if (!(p->seen & SEEN_METHOD))
        h2_head_refuse(p, 400, "The request has no :method.");
    if (tunnel && p->seen & (SEEN_SCHEME | SEEN_PATH))
        h2_head_refuse(p, 400, "A CONNECT has neither :scheme nor :path.");
    if (!tunnel && (p->seen & SEEN_SCHEME) == 0)
        h2_head_refuse(p, 400, "The request has no :scheme.");
    if (!tunnel && (p->seen & SEEN_PATH) == 0)
        h2_head_refuse(p, 400, "The request has no :path.");
    if (!connects && p->seen & SEEN_PROTOCOL)
        h2_head_refuse(p, 400, "Only a CONNECT has a :protocol.");
    if (!host || !authority_valid(host))
        h2_head_refuse(p, 400, "The request must say for which host it is.");
    if (!p->status && p->socket) /* what HTTP/1 asks for with GET (RFC 8441 section 5) */
        h->method = keep_text(p, h, "GET", 3);
}
