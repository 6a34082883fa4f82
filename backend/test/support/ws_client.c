/**
 * @file test/support/ws_client.c  A WebSocket client for tests (RFC 6455)
 */
#include "support/ws_client.h"

#include "support/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME_MAX = 16 << 20 };

int ws_client_open(struct ws_client *c, int port, const char *path, const char *headers)
{
    struct wire_answer a;
    char *head = NULL;
    int err;

    *c = (struct ws_client){.fd = wire_connect(port), .answer_pings = 1};
    if (c->fd < 0)
        return c->fd;
    if (asprintf(&head,
                 "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: "
                 "Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                 "Sec-WebSocket-Version: 13\r\n%s\r\n",
                 path, port, headers ? headers : "") < 0)
        return -ENOMEM;
    err = wire_puts(c->fd, head);
    free(head);
    if (!err)
        err = wire_answer_read(c->fd, 1, &a);
    if (!err)
        err = a.status == 101 ? 0 : a.status;
    wire_answer_release(&a);
    if (err)
        ws_client_close(c);
    return err;
}

size_t ws_client_header(uint8_t to[14], int fin, int opcode, size_t len)
{
    size_t n = 2;

    to[0] = (uint8_t)((fin ? 0x80 : 0) | opcode);
    if (len < 126) {
        to[1] = (uint8_t)(0x80 | len);
    } else if (len < 65536) {
        to[1] = 0x80 | 126;
        to[n++] = (uint8_t)(len >> 8);
        to[n++] = (uint8_t)len;
    } else {
        to[1] = 0x80 | 127;
        for (int shift = 56; shift >= 0; shift -= 8)
            to[n++] = (uint8_t)((uint64_t)len >> shift);
    }
    memset(to + n, 0, 4); /* a mask of zeros leaves the payload as it is */
    return n + 4;
}

int ws_client_frame(struct ws_client *c, int fin, int opcode, const void *data, size_t len)
{
    uint8_t header[14];
    size_t n = ws_client_header(header, fin, opcode, len);
    char *all = malloc(n + len);
    int err;

    if (!all)
        return -ENOMEM;
    memcpy(all, header, n);
    if (len)
        memcpy(all + n, data, len);
    err = wire_send(c->fd, all, n + len);
    free(all);
    return err;
}

int ws_client_text(struct ws_client *c, const char *text)
{
    return ws_client_frame(c, 1, WS_TEXT, text, strlen(text));
}

int ws_client_binary(struct ws_client *c, const void *data, size_t len)
{
    return ws_client_frame(c, 1, WS_BINARY, data, len);
}

int ws_client_send_close(struct ws_client *c, int code)
{
    uint8_t body[2] = {(uint8_t)(code >> 8), (uint8_t)code};

    return ws_client_frame(c, 1, WS_CLOSE, body, 2);
}

static int read_length(struct ws_client *c, uint8_t second, size_t *len, int timeout_ms)
{
    uint8_t more[8];
    size_t n = (second & 0x7f) == 126 ? 2 : (second & 0x7f) == 127 ? 8 : 0;
    int err = n ? wire_recv_all(c->fd, more, n, timeout_ms) : 0;

    *len = n ? 0 : second & 0x7f;
    for (size_t i = 0; i < n && !err; i++)
        *len = *len << 8 | more[i];
    return err ? err : *len > FRAME_MAX || second & 0x80 ? -EPROTO : 0;
}

/* One frame; its payload is appended to what is in c->data from *used on. */
static int read_frame(struct ws_client *c, struct ws_frame *f, size_t *used, int timeout_ms)
{
    uint8_t head[2];
    size_t len = 0;
    char *data;
    int err = wire_recv_all(c->fd, head, 2, timeout_ms);

    if (!err)
        err = read_length(c, head[1], &len, timeout_ms);
    if (err)
        return err;
    f->fin = head[0] >> 7;
    f->opcode = (enum ws_opcode)(head[0] & 15);
    data = realloc(c->data, *used + len + 1);
    if (!data)
        return -ENOMEM;
    c->data = data;
    err = wire_recv_all(c->fd, data + *used, len, timeout_ms);
    if (err)
        return err;
    f->data = data + *used;
    f->len = len;
    *used += len;
    data[*used] = '\0';
    return 0;
}

int ws_client_recv(struct ws_client *c, struct ws_frame *frame, int timeout_ms)
{
    enum ws_opcode opcode = WS_CONTINUATION;
    size_t used = 0;

    for (;;) {
        size_t before = used;
        int err = read_frame(c, frame, &used, timeout_ms);

        if (err)
            return err;
        if (frame->opcode == WS_PING && c->answer_pings) {
            ws_client_frame(c, 1, WS_PONG, frame->data, frame->len);
            used = before;
            continue;
        }
        if (frame->opcode >= WS_CLOSE)
            return 0;
        if (frame->opcode != WS_CONTINUATION)
            opcode = frame->opcode;
        if (!frame->fin)
            continue;
        *frame = (struct ws_frame){.opcode = opcode, .fin = 1, .data = c->data, .len = used};
        return 0;
    }
}

int ws_client_close_code(const struct ws_frame *frame)
{
    if (frame->opcode != WS_CLOSE)
        return -1;
    return frame->len < 2 ? 1005 : (uint8_t)frame->data[0] << 8 | (uint8_t)frame->data[1];
}

int ws_client_wait_close(struct ws_client *c, int timeout_ms)
{
    struct ws_frame f;

    for (;;) {
        int err = ws_client_recv(c, &f, timeout_ms);

        if (err)
            return err;
        if (f.opcode == WS_CLOSE)
            return ws_client_close_code(&f);
    }
}

void ws_client_close(struct ws_client *c)
{
    wire_close(c->fd);
    c->fd = -1;
    free(c->data);
    c->data = NULL;
}

void ws_client_vanish(struct ws_client *c)
{
    wire_reset(c->fd);
    c->fd = -1;
    free(c->data);
    c->data = NULL;
}
