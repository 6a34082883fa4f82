/**
 * @file fuzz/http1.c  HTTP/1 requests and their addresses: cut anywhere, the same comes out
 *
 * The first byte says where the rest is cut in two. Read whole and read in two halves, the events,
 * the header and the body must be the same; and whatever was taken holds what its grammar allows.
 */
#include "net/http1.h"
#include "net/target.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    uint64_t hash; /* of everything that came out */
    int requests;
    int status;
};

static void add(struct outcome *o, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        o->hash = (o->hash ^ (unsigned char)text[i]) * 0x100000001b3u;
}

static void look_at_target(char *text)
{
    struct target t;
    const char *value;

    if (target_read(text, &t))
        return;
    if (t.path[0] != '/' && strcmp(t.path, "*") != 0)
        abort();
    if (t.authority && !authority_valid(t.authority))
        abort();
    value = target_query(&t, "a");
    if (value && t.query && (value < t.query || value > t.query + t.query_len) && *value)
        abort();
}

static void look_at_head(struct outcome *o, const struct http1 *p, struct head *h)
{
    if (!is_token(h->text + h->method, strlen(h->text + h->method)))
        abort();
    if (p->chunked && p->has_length)
        abort();
    add(o, h->text + h->method, strlen(h->text + h->method));
    add(o, h->text + h->target, strlen(h->text + h->target));
    for (int i = 0; i < h->count; i++) {
        const char *name = h->text + h->field[i].name;
        const char *value = h->text + h->field[i].value;

        if (!is_token(name, strlen(name)) || strpbrk(value, "\r\n"))
            abort();
        add(o, name, strlen(name));
        add(o, value, strlen(value));
    }
    look_at_target(h->text + h->target);
}

static void feed(struct http1 *p, struct head *h, const char *at, size_t len, struct outcome *o)
{
    const char *end = at + len;
    struct piece piece;

    while (!o->status) {
        switch (http1_next(p, h, &at, end, &piece)) {
        case HTTP1_MORE:
            if (at != end)
                abort();
            return;
        case HTTP1_HEAD:
            look_at_head(o, p, h);
            break;
        case HTTP1_BODY:
            add(o, piece.at, piece.len);
            break;
        case HTTP1_END:
            o->requests++;
            http1_reset(p);
            head_release(h);
            break;
        case HTTP1_BAD:
            o->status = p->status;
            break;
        }
    }
}

static struct outcome read_cut(const char *text, size_t len, size_t cut)
{
    struct outcome o = {.hash = 1};
    struct http1 p;
    struct head h;

    http1_reset(&p);
    head_init(&h);
    feed(&p, &h, text, cut, &o);
    feed(&p, &h, text + cut, len - cut, &o);
    head_release(&h);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data + 1;
    struct outcome whole, halves;

    if (size < 2)
        return 0;
    whole = read_cut(text, size - 1, 0);
    halves = read_cut(text, size - 1, data[0] * (size - 1) / 256);
    if (whole.hash != halves.hash || whole.requests != halves.requests ||
        whole.status != halves.status)
        abort();
    return 0;
}
