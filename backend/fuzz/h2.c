/**
 * @file fuzz/h2.c  HTTP/2 before nghttp2 reads it: frames cut anywhere, and the fields of a request
 *
 * The first byte says where the rest is cut in two. What comes through, and what is told, must be
 * the same; nothing comes through that did not come in. The same bytes are then read as fields,
 * "name\nvalue\n…": whatever is taken holds what its grammar allows.
 */
#include "net/h2_guard.h"
#include "net/h2_head.h"
#include "net/target.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    uint64_t hash; /* of everything that came out */
    size_t len;
    enum h2_event end;
};

static void feed(struct h2_guard *g, const char *at, size_t len, struct outcome *o)
{
    const char *end = at + len;
    struct piece piece;

    while (o->end != H2_FLOOD) {
        enum h2_event event = h2_guard_next(g, 0, &at, end, &piece);

        if (event == H2_MORE && at != end)
            abort();
        if (event == H2_MORE)
            return;
        if (event != H2_BYTES) {
            o->end = event;
            continue;
        }
        for (size_t i = 0; i < piece.len; i++)
            o->hash = (o->hash ^ (unsigned char)piece.at[i]) * 0x100000001b3u;
        o->len += piece.len;
    }
}

static struct outcome read_cut(const char *bytes, size_t len, size_t cut)
{
    struct outcome o = {.hash = 1};
    struct h2_guard g;

    h2_guard_init(&g, 0);
    feed(&g, bytes, cut, &o);
    feed(&g, bytes + cut, len - cut, &o);
    if (o.len > len)
        abort();
    h2_guard_release(&g);
    return o;
}

static size_t line(const char *at, const char *end)
{
    const char *lf = memchr(at, '\n', (size_t)(end - at));

    return (size_t)((lf ? lf : end) - at);
}

static void read_fields(const char *at, const char *end)
{
    struct h2_head p = {.status = 0};
    struct head h;

    head_init(&h);
    while (at < end) {
        size_t name = line(at, end);
        const char *value = at + name < end ? at + name + 1 : end;
        size_t len = line(value, end);

        h2_head_field(&p, &h, at, name, value, len);
        h2_head_trailer(&(struct h2_head){.status = 0}, at, name, value, len);
        at = value + len < end ? value + len + 1 : end;
    }
    h2_head_end(&p, &h);
    if (!p.status && (!is_token(h.text + h.method, strlen(h.text + h.method)) ||
                      !authority_valid(head_get(&h, "host"))))
        abort();
    for (int i = 0; !p.status && i < h.count; i++) {
        const char *name = h.text + h.field[i].name;

        if (!is_token(name, strlen(name)) || strpbrk(h.text + h.field[i].value, "\r\n"))
            abort();
    }
    head_release(&h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data + 1;
    struct outcome whole, halves;

    if (size < 2)
        return 0;
    whole = read_cut(bytes, size - 1, 0);
    halves = read_cut(bytes, size - 1, data[0] * (size - 1) / 256);
    if (whole.hash != halves.hash || whole.len != halves.len || whole.end != halves.end)
        abort();
    read_fields(bytes, bytes + size - 1);
    return 0;
}
