/**
 * @file test/support/canned.h  A server that replies to one connection with bytes given beforehand
 *
 *     struct canned c;
 *     canned_open(&c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
 *     ... one request to 127.0.0.1:c.port, answered with exactly that, then closed ...
 *     canned_close(&c);            // c.request holds what was asked, head and body
 *
 * For replies that our own server would never send: truncated, malformed, out of order.
 *
 * Threads    Replies on a thread of its own; canned_close() joins it.
 * Errors     The test fails.
 * Ownership  c.request is valid until canned_release().
 */
#ifndef TEST_SUPPORT_CANNED_H
#define TEST_SUPPORT_CANNED_H

#include <pthread.h>
#include <stddef.h>

struct canned {
    int port;
    int listener;
    pthread_t thread;
    const char *reply;
    size_t len;
    char *request; /* NUL-terminated; "" if there was no request */
};

void canned_open(struct canned *c, const char *reply, size_t len);
void canned_close(struct canned *c);
void canned_release(struct canned *c);

#endif
