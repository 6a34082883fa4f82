/**
 * @file llm/common.c  Small parts shared by both remote drivers: messages, errors, waiting times
 *
 * Everything here is a pure function.
 */
#include "llm/driver_internal.h"

#include "base/json.h"
#include "base/text.h"

#include <curl/curl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_MAX_MS = 24 * 3600 * 1000 };

json_t *llm_messages_json(const struct llm_request *req)
{
    static const char *const roles[] = {"system", "user", "assistant"};
    json_t *array = json_array();

    for (size_t i = 0; array && i < req->message_count; i++) {
        const struct llm_message *m = &req->messages[i];
        json_t *obj = json_object();

        json_set_str(obj, "role", roles[m->role]);
        json_set_text(obj, "content", m->text, strlen(m->text));
        if (json_array_append_new(array, obj)) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

int llm_put_clean(struct buf *out, const char *text, size_t len)
{
    const char *p = text;
    const char *end = text + len;

    if (utf8_valid(text, len))
        return buf_append(out, text, len);
    while (p < end) {
        const char *from = p;
        uint32_t c = utf8_next(&p, end);

        if (c == 0xfffd && !utf8_valid(from, (size_t)(p - from)))
            buf_puts(out, "\xef\xbf\xbd");
        else
            buf_append(out, from, (size_t)(p - from));
    }
    return out->err;
}

/** The value of \uXXXX at p; -1: malformed. */
static int escaped_unit(const char *p, const char *end)
{
    int value = 0;

    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        const char *digits = "0123456789abcdef";
        const char *at = p[i] ? strchr(digits, p[i] | 0x20) : NULL;

        if (!at)
            return -1;
        value = value * 16 + (int)(at - digits);
    }
    return value;
}

/** Decodes one escape at p. Returns the number of bytes read. */
static size_t mend_escape(struct buf *out, const char *p, const char *end)
{
    int unit = escaped_unit(p, end);
    int next = unit >= 0xd800 && unit < 0xdc00 ? escaped_unit(p + 6, end) : -1;
    size_t n = unit >= 0 ? 6 : end - p >= 2 ? 2 : 1;

    if (unit == 0)
        return n;
    if (next >= 0xdc00 && next < 0xe000) {
        n = 12;
    } else if (unit >= 0xd800 && unit < 0xe000) {
        uint32_t c = 0x10f800 + (uint32_t)(unit - 0xd800);

        buf_putc(out, '\xf4');
        buf_putc(out, '\x8f');
        buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_putc(out, (char)(0x80 | (c & 0x3f)));
        return n;
    }
    buf_append(out, p, n);
    return n;
}

int llm_mend_json(struct buf *out, const char *text, size_t len)
{
    struct buf clean;
    const char *p;
    const char *end;

    buf_init(&clean, out->max);
    if (llm_put_clean(&clean, text, len)) {
        buf_release(&clean);
        return UV_ENOBUFS;
    }
    p = clean.data ? clean.data : "";
    for (end = p + clean.len; p < end;) {
        const char *escape = memchr(p, '\\', (size_t)(end - p));
        size_t n = escape ? (size_t)(escape - p) : (size_t)(end - p);

        buf_append(out, p, n);
        p += n;
        if (escape)
            p += mend_escape(out, p, end);
    }
    buf_release(&clean);
    return out->err;
}

void llm_chunk_release(struct llm_chunk *chunk)
{
    json_decref(chunk->json);
    chunk->json = NULL;
    free(chunk->own);
    chunk->own = NULL;
}

bool llm_error_sentence(const char *body, size_t len, char *to, size_t size)
{
    json_t *root = json_parse(body, len);
    json_t *error = root ? json_object_get(root, "error") : NULL;
    const char *text = NULL;
    bool said;

    if (json_is_string(error))
        text = json_string_value(error);
    else if (json_is_object(error))
        text = json_str(error, "message");
    else if (root)
        text = json_str(root, "message") ? json_str(root, "message") : json_str(root, "detail");
    if (text) {
        text_copy(to, size, text, strlen(text));
        for (char *p = to; *p; p++)
            if ((unsigned char)*p < ' ')
                *p = ' ';
    }
    said = text && *text;
    json_decref(root); /* this also frees text */
    return said;
}

int llm_status_error(int status)
{
    switch (status) {
    case 401:
    case 403:
        return UV_EACCES;
    case 404:
        return UV_ENOENT;
    case 408:
    case 504:
        return UV_ETIMEDOUT;
    case 429:
    case 498: /* Groq: flex tier out of capacity */
    case 500:
    case 502:
    case 503:
    case 529: /* overloaded */
        return UV_EAGAIN;
    default:
        return status >= 500 ? UV_EAGAIN : UV_EINVAL;
    }
}

/** "7m12.5s", "850ms", "1h": the sum of number-unit pairs. Negative: not in that form. */
static double duration_ms(const char *p)
{
    double total = 0;

    while (*p) {
        char *unit;
        double n = strtod(p, &unit);

        if (unit == p || n < 0 || !isfinite(n))
            return -1;
        if (strncmp(unit, "ms", 2) == 0) {
            total += n;
            p = unit + 2;
        } else if (*unit && strchr("smhd", *unit)) {
            total += n * (*unit == 's'   ? 1000.0
                          : *unit == 'm' ? 60000.0
                          : *unit == 'h' ? 3600000.0
                                         : 86400000.0);
            p = unit + 1;
        } else if (*unit == '\0') {
            return total + n * 1000; /* plain seconds */
        } else {
            return -1;
        }
    }
    return total;
}

uint64_t llm_retry_ms(const char *value, int64_t now_ms)
{
    double ms;

    if (!value || !*value)
        return 0;
    while (*value == ' ')
        value++;
    if (*value >= '0' && *value <= '9') {
        ms = duration_ms(value);
    } else {
        time_t at = curl_getdate(value, NULL);

        ms = at < 0 ? -1 : (double)at * 1000 - (double)now_ms;
    }
    if (ms <= 0)
        return 0;
    return ms > RETRY_MAX_MS ? RETRY_MAX_MS : (uint64_t)ms;
}
