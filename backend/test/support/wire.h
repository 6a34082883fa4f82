/**
 * @file test/support/wire.h  A plain TCP client for tests: whole requests and partial ones
 *
 *     struct wire_answer a;
 *     assert_int_equal(wire_request(port, "GET", "/healthz", NULL, NULL, 0, &a), 0);
 *     assert_int_equal(a.status, 200);
 *     wire_answer_release(&a);
 *
 * Blocking, for one test thread while the server runs in another thread or process. Every wait is
 * limited (WIRE_WAIT_MS), so a test fails instead of hanging.
 *
 * Errors     0 or a negative errno; -ETIMEDOUT, -ECONNRESET, -EPIPE (the peer closed).
 */
#ifndef TEST_SUPPORT_WIRE_H
#define TEST_SUPPORT_WIRE_H

#include <stddef.h>

enum { WIRE_WAIT_MS = 10000 };

/** A connected descriptor to 127.0.0.1, or a negative errno. */
int wire_connect(int port);
int wire_send(int fd, const void *data, size_t len);
int wire_puts(int fd, const char *text);

/** Receive what is available, waiting up to timeout_ms for the first byte. Returns bytes, 0 at the
 *  end, or -errno. */
long wire_recv(int fd, void *to, size_t size, int timeout_ms);

/** Receive exactly len bytes. */
int wire_recv_all(int fd, void *to, size_t len, int timeout_ms);

void wire_close(int fd);
void wire_reset(int fd); /**< Close abruptly: the peer gets RST */

struct wire_answer {
    int status;
    char *head; /**< Status line and headers */
    char *body; /**< NUL-terminated, chunks joined */
    size_t len;
};

/** One request on a connection of its own. headers: "Name: value\r\n…" or NULL. */
int wire_request(int port, const char *method, const char *path, const char *headers,
                 const void *body, size_t len, struct wire_answer *answer);

/** Read one answer from a connection that stays open (keep-alive). head_only: no body follows. */
int wire_answer_read(int fd, int head_only, struct wire_answer *answer);

/** A header's value copied into to; NULL when absent. */
const char *wire_header(const struct wire_answer *answer, const char *name, char *to, size_t size);
void wire_answer_release(struct wire_answer *answer);

#endif
