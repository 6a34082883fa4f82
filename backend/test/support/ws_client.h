/**
 * @file test/support/ws_client.h  A WebSocket client for tests: blocking, and able to misbehave
 *
 *     struct ws_client c;
 *     struct ws_frame f;
 *     assert_int_equal(ws_client_open(&c, port, "/ws/transcribe?session_id=…", NULL), 0);
 *     ws_client_text(&c, "{\"type\":\"stop\"}");
 *     while (ws_client_recv(&c, &f, 2000) == 0 && f.opcode == WS_TEXT)
 *         …                                   // f.data is NUL-terminated, ours until the next call
 *     assert_int_equal(ws_client_close_code(&f), 1000);
 *     ws_client_close(&c);
 *
 * Errors     0 or a negative errno; ws_client_open() gives the HTTP status when it was refused.
 */
#ifndef TEST_SUPPORT_WS_CLIENT_H
#define TEST_SUPPORT_WS_CLIENT_H

#include <stddef.h>
#include <stdint.h>

enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10
};

struct ws_client {
    int fd;
    char *data; /* of the last frame */
    int answer_pings;
};

struct ws_frame {
    enum ws_opcode opcode;
    int fin;
    const char *data;
    size_t len;
};

/** headers: further "Name: value\r\n" lines or NULL. Pings are answered unless .answer_pings is
 *  set to 0 afterwards. */
int ws_client_open(struct ws_client *c, int port, const char *path, const char *headers);
int ws_client_text(struct ws_client *c, const char *text);
int ws_client_binary(struct ws_client *c, const void *data, size_t len);

/** Any frame, also a wrong one. */
int ws_client_frame(struct ws_client *c, int fin, int opcode, const void *data, size_t len);

/** The bytes of a frame's header for len bytes of payload, masked with zeros. Returns its length;
 *  for tests that send half a frame with wire_send(c.fd, …). */
size_t ws_client_header(uint8_t to[14], int fin, int opcode, size_t len);

/** The next message (fragments joined) or control frame; pings are answered and skipped. */
int ws_client_recv(struct ws_client *c, struct ws_frame *frame, int timeout_ms);
int ws_client_close_code(const struct ws_frame *frame); /**< -1: not a close frame */

/** Wait for the server's close frame, skipping everything else. Returns its code, or -errno. */
int ws_client_wait_close(struct ws_client *c, int timeout_ms);
int ws_client_send_close(struct ws_client *c, int code);
void ws_client_close(struct ws_client *c);  /**< Just closes the socket */
void ws_client_vanish(struct ws_client *c); /**< The same with RST */

#endif
