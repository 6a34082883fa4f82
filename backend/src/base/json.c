/**
 * @file base/json.c  Short forms for what we often do with jansson
 */
#include "base/json.h"

#include "base/buffer.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* If memory runs out, jansson's scanner skips the byte (lex_save() in load.c, 2.14), so a text
 * could lose a letter. Its allocations go through here so that we notice. */
static _Thread_local bool starved;

static void *take(size_t n)
{
    void *p = malloc(n);

    starved |= !p;
    return p;
}

void json_watch_memory(void)
{
    json_set_alloc_funcs(take, free);
}

json_t *json_read(const char *text, size_t len, size_t flags, json_error_t *why)
{
    json_t *value;

    starved = false;
    value = json_loadb(text, len, flags, why);
    if (value && starved) {
        json_decref(value);
        return NULL;
    }
    return value;
}

bool json_starved(void)
{
    return starved;
}

json_t *json_parse(const char *text, size_t len)
{
    return json_read(text, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
}

const char *json_str(const json_t *obj, const char *key)
{
    return json_string_value(json_object_get(obj, key));
}

int64_t json_int(const json_t *obj, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(obj, key);

    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

double json_num(const json_t *obj, const char *key, double otherwise)
{
    const json_t *value = json_object_get(obj, key);

    return json_is_number(value) ? json_number_value(value) : otherwise;
}

bool json_flag(const json_t *obj, const char *key, bool otherwise)
{
    const json_t *value = json_object_get(obj, key);

    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

static int append(const char *data, size_t len, void *arg)
{
    return buf_append(arg, data, len) ? -1 : 0;
}

json_t *json_thousandths(double value)
{
    return json_real(round(value * 1000.0) / 1000.0);
}

json_t *json_confidence(double value)
{
    return value > 0 ? json_thousandths(value) : json_null();
}

/* A double reliably holds 15 digits: 0.1 stays 0.1. */
int json_write(struct buf *b, const json_t *value)
{
    if (json_dump_callback(value, append, b,
                           JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) &&
        !b->err)
        b->err = UV_EINVAL;
    return b->err;
}

int json_set_text(json_t *obj, const char *key, const char *text, size_t len)
{
    struct buf clean;
    const char *p = text;
    int err;

    if (utf8_valid(text, len))
        return json_object_set_new(obj, key, json_stringn(text, len)) ? UV_ENOMEM : 0;

    buf_init(&clean, len * 3 + 1);
    while (p < text + len) {
        const char *from = p;

        if (utf8_next(&p, text + len) == 0xFFFD && p - from == 1)
            buf_puts(&clean, "\xef\xbf\xbd");
        else
            buf_append(&clean, from, (size_t)(p - from));
    }
    err = clean.err;
    if (!err && json_object_set_new(obj, key, json_stringn(clean.data, clean.len)))
        err = UV_ENOMEM;
    buf_release(&clean);
    return err;
}

int json_set_str(json_t *obj, const char *key, const char *text)
{
    if (!text)
        return json_object_set_new(obj, key, json_null()) ? UV_ENOMEM : 0;
    return json_set_text(obj, key, text, strlen(text));
}
