/**
 * @file test/support/canned.c  A server that replies to one connection with bytes given beforehand
 */
#include "cmocka_all.h"

#include "support/canned.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 20 };

/** Is the request complete, by its Content-Length? */
static bool whole(const char *request, size_t len)
{
    const char *body = strstr(request, "\r\n\r\n");
    const char *length = strcasestr(request, "content-length:");

    return body && (!length || length > body ||
                    len >= (size_t)(body + 4 - request) + strtoul(length + 15, NULL, 10));
}

static void *serve(void *arg)
{
    struct canned *c = arg;
    int fd = accept(c->listener, NULL, NULL);
    char drained[4096];
    size_t len = 0;
    ssize_t n;

    if (fd < 0)
        return NULL;
    while (!whole(c->request, len) && len < REQUEST_MAX &&
           (n = read(fd, c->request + len, REQUEST_MAX - len)) > 0) {
        len += (size_t)n;
        c->request[len] = '\0';
    }
    for (size_t sent = 0; sent < c->len; sent += (size_t)n)
        if ((n = send(fd, c->reply + sent, c->len - sent, MSG_NOSIGNAL)) <= 0)
            break;
    shutdown(fd, SHUT_WR);
    while (read(fd, drained, sizeof(drained)) > 0)
        continue;
    close(fd);
    return NULL;
}

void canned_open(struct canned *c, const char *reply, size_t len)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    *c = (struct canned){.reply = reply, .len = len, .request = calloc(1, REQUEST_MAX + 1)};
    assert_non_null(c->request);
    c->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(c->listener >= 0);
    assert_int_equal(bind(c->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(c->listener, 1), 0);
    assert_int_equal(getsockname(c->listener, (struct sockaddr *)&address, &size), 0);
    c->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&c->thread, NULL, serve, c), 0);
}

void canned_close(struct canned *c)
{
    shutdown(c->listener, SHUT_RDWR); /* wakes an accept() that got no connection */
    pthread_join(c->thread, NULL);
    close(c->listener);
}

void canned_release(struct canned *c)
{
    free(c->request);
    c->request = NULL;
}
