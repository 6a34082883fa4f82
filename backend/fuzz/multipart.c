/**
 * @file fuzz/multipart.c  Forms: every part lies inside the body, and a body in pieces says the
 * same as a whole one. First line: Content-Type
 */
#include "net/multipart.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct span s, const char *body, size_t len)
{
    if (s.at && (s.at < body || s.len > len || s.at > body + len - s.len))
        abort();
}

/* What was found, as text: of whatever reads it, it must be the same. */
struct found {
    char text[1 << 16];
    size_t len;
};

static void note(struct found *f, const char *at, size_t len)
{
    if (len > sizeof(f->text) - f->len)
        len = sizeof(f->text) - f->len;
    if (len)
        memcpy(f->text + f->len, at, len);
    f->len += len;
}

static int on_part(const struct raw_part *part, void *arg)
{
    note(arg, "|", 1);
    note(arg, part->name.at, part->name.len);
    note(arg, part->filename.at ? ";" : "-", 1);
    note(arg, part->filename.at, part->filename.len);
    note(arg, part->type.at ? ";" : "-", 1);
    note(arg, part->type.at, part->type.len);
    note(arg, "=", 1);
    return 0;
}

static int on_data(const char *data, size_t len, void *arg)
{
    note(arg, data, len);
    return 0;
}

static void compare(const char *type, const char *body, size_t len)
{
    static struct found whole, pieces;
    struct multipart mp;
    struct raw_part part;
    struct form form;
    int err = multipart_init(&mp, type, body, len), end;

    whole.len = pieces.len = 0;
    if (form_init(&form, type, on_part, on_data, &pieces))
        return;
    while (!err && (err = multipart_next(&mp, &part)) == 0) {
        on_part(&part, &whole);
        on_data(part.data.at, part.data.len, &whole);
    }
    for (size_t at = 0, n; at < len; at += n) {
        n = 1 + (unsigned char)body[at] % 7 * ((unsigned char)body[len - 1] % 5);
        n = n < len - at ? n : len - at;
        form_feed(&form, body + at, n);
    }
    end = form_end(&form);
    if ((end == 0) != (err == UV_EOF))
        abort();
    if (!end && (whole.len != pieces.len || memcmp(whole.text, pieces.text, whole.len) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nl = size ? memchr(data, '\n', size) : NULL;
    struct multipart mp;
    struct raw_part part;
    char *type;
    char *body;
    size_t len;

    if (!nl)
        return 0;
    type = strndup((const char *)data, (size_t)(nl - data));
    len = size - (size_t)(nl + 1 - data);
    body = malloc(len ? len : 1); /* a copy of its own, so that reading past it is seen */
    memcpy(body, nl + 1, len);
    if (multipart_init(&mp, type, body, len) == 0) {
        while (multipart_next(&mp, &part) == 0) {
            inside(part.name, body, len);
            inside(part.filename, body, len);
            inside(part.type, body, len);
            inside(part.data, body, len);
        }
    }
    compare(type, body, len);
    free(body);
    free(type);
    return 0;
}
