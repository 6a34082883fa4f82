/**
 * @file fuzz/ws_frames.c  WebSocket frames: cut anywhere, the same messages and the same end
 *
 * The first byte says where the rest is cut in two. Texts that are delivered are UTF-8, nothing is
 * larger than allowed, and nothing is delivered after the goodbye.
 */
#include "base/text.h"
#include "net/net_internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct outcome {
    uint64_t hash;
    int messages;
    int close_code;
} now;

static void add(const void *data, size_t len, char kind)
{
    const unsigned char *p = data;

    if (len > WS_FIRST_MAX || now.close_code)
        abort();
    now.hash = (now.hash ^ (unsigned char)kind) * 0x100000001b3u;
    for (size_t i = 0; i < len; i++)
        now.hash = (now.hash ^ p[i]) * 0x100000001b3u;
    now.messages++;
}

static void on_text(struct ws *ws, const char *text, size_t len, void *ctx)
{
    (void)ws;
    (void)ctx;
    if (!utf8_valid(text, len))
        abort();
    add(text, len, 't');
}

static void on_binary(struct ws *ws, const void *data, size_t len, void *ctx)
{
    (void)ws;
    (void)ctx;
    add(data, len, 'b');
}

static void on_close(struct ws *ws, int code, void *ctx)
{
    (void)ws;
    (void)ctx;
    now.close_code = code;
}

static const struct ws_route sockets[] = {
    {.path = "", .h = {.on_text = on_text, .on_binary = on_binary, .on_close = on_close}},
    {.path = NULL},
};

static struct outcome read_cut(struct http_server *s, const char *data, size_t len, size_t cut)
{
    struct txn t = {.server = s, .req = {.path = ""}};
    struct conn c = {.server = s, .poll = {.loop = loop_uv(s->loop)}};
    char out[256];
    struct ws *ws;

    now = (struct outcome){.hash = 1};
    link_init(&c.touched);
    ws = ws_new(&t, &c, NULL);
    if (!ws)
        abort();
    ws_opened(ws, &t);
    ws_input(ws, data, cut);
    ws_input(ws, data + cut, len - cut);
    while (ws_pull(ws, out, sizeof(out)) > 0)
        ;
    link_del(&c.touched);
    ws_gone(ws);
    return now;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_server s;
    const char *bytes = (const char *)data + 1;
    struct outcome whole, halves;

    if (size < 2)
        return 0;
    if (!s.loop) {
        if (loop_open(&s.loop, NULL))
            abort();
        s.sockets = sockets;
        link_init(&s.open_sockets);
        link_init(&s.touched);
        uv_idle_init(loop_uv(s.loop), &s.turn);
    }
    whole = read_cut(&s, bytes, size - 1, 0);
    halves = read_cut(&s, bytes, size - 1, data[0] * (size - 1) / 256);
    if (whole.hash != halves.hash || whole.messages != halves.messages ||
        whole.close_code != halves.close_code)
        abort();
    return 0;
}
