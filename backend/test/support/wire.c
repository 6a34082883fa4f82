/**
 * @file test/support/wire.c  A plain TCP client for tests
 */
#include "support/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MAX = 32 << 10 };

int wire_connect(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
        int err = -errno;

        close(fd);
        return err;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    return fd;
}

int wire_send(int fd, const void *data, size_t len)
{
    const char *p = data;

    while (len) {
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        ssize_t n;

        if (poll(&wait, 1, WIRE_WAIT_MS) <= 0)
            return -ETIMEDOUT;
        n = send(fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN)
            return -errno;
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

int wire_puts(int fd, const char *text)
{
    return wire_send(fd, text, strlen(text));
}

long wire_recv(int fd, void *to, size_t size, int timeout_ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    ssize_t n;

    if (poll(&wait, 1, timeout_ms) <= 0)
        return -ETIMEDOUT;
    n = recv(fd, to, size, 0);
    return n < 0 ? -errno : n;
}

int wire_recv_all(int fd, void *to, size_t len, int timeout_ms)
{
    char *p = to;

    while (len) {
        long n = wire_recv(fd, p, len, timeout_ms);

        if (n <= 0)
            return n ? (int)n : -EPIPE;
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

void wire_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

void wire_reset(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(fd);
}

/* -------------------------------------------------------------- answers */

const char *wire_header(const struct wire_answer *answer, const char *name, char *to, size_t size)
{
    size_t len = strlen(name);
    const char *p = answer->head;

    while (p && (p = strstr(p, "\r\n")) != NULL) {
        p += 2;
        if (strncasecmp(p, name, len) == 0 && p[len] == ':') {
            const char *value = p + len + 1 + strspn(p + len + 1, " ");

            snprintf(to, size, "%.*s", (int)strcspn(value, "\r\n"), value);
            return to;
        }
    }
    return NULL;
}

static int read_head(int fd, struct wire_answer *a)
{
    size_t len = 0;

    a->head = calloc(1, HEAD_MAX + 1);
    while (len < HEAD_MAX) {
        int err = wire_recv_all(fd, a->head + len, 1, WIRE_WAIT_MS);

        if (err)
            return err;
        len++;
        if (len >= 4 && memcmp(a->head + len - 4, "\r\n\r\n", 4) == 0)
            break;
    }
    return sscanf(a->head, "HTTP/1.%*d %d", &a->status) == 1 ? 0 : -EPROTO;
}

static int grow(struct wire_answer *a, size_t more)
{
    char *body = realloc(a->body, a->len + more + 1);

    if (!body)
        return -ENOMEM;
    a->body = body;
    a->body[a->len + more] = '\0';
    return 0;
}

static int read_exactly(int fd, struct wire_answer *a, size_t n)
{
    int err = grow(a, n);

    if (!err)
        err = wire_recv_all(fd, a->body + a->len, n, WIRE_WAIT_MS);
    if (!err)
        a->len += n;
    return err;
}

static int read_line(int fd, char *to, size_t size)
{
    size_t len = 0;
    int err;

    while (len + 1 < size) {
        err = wire_recv_all(fd, to + len, 1, WIRE_WAIT_MS);
        if (err)
            return err;
        if (to[len++] == '\n')
            break;
    }
    to[len] = '\0';
    return 0;
}

static int read_chunks(int fd, struct wire_answer *a)
{
    char line[64];
    size_t n;
    int err;

    do {
        err = read_line(fd, line, sizeof(line));
        n = strtoul(line, NULL, 16);
        if (!err && n)
            err = read_exactly(fd, a, n);
        if (!err)
            err = read_line(fd, line, sizeof(line));
    } while (!err && n);
    return err;
}

static int read_to_end(int fd, struct wire_answer *a)
{
    char piece[4096];
    long n;

    while ((n = wire_recv(fd, piece, sizeof(piece), WIRE_WAIT_MS)) > 0) {
        if (grow(a, (size_t)n))
            return -ENOMEM;
        memcpy(a->body + a->len, piece, (size_t)n);
        a->len += (size_t)n;
    }
    return (int)n;
}

int wire_answer_read(int fd, int head_only, struct wire_answer *a)
{
    char value[64];
    int err;

    *a = (struct wire_answer){0};
    do {
        free(a->head);
        err = read_head(fd, a);
    } while (!err && a->status == 100);
    if (err || grow(a, 0) || head_only || a->status == 204 || a->status == 304)
        return err;
    if (wire_header(a, "transfer-encoding", value, sizeof(value)))
        return read_chunks(fd, a);
    if (wire_header(a, "content-length", value, sizeof(value)))
        return read_exactly(fd, a, strtoul(value, NULL, 10));
    return read_to_end(fd, a);
}

int wire_request(int port, const char *method, const char *path, const char *headers,
                 const void *body, size_t len, struct wire_answer *answer)
{
    char length[48] = "";
    char *head = NULL;
    int fd = wire_connect(port);
    int err;

    *answer = (struct wire_answer){0};
    if (fd < 0)
        return fd;
    if (body || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0)
        snprintf(length, sizeof(length), "Content-Length: %zu\r\n", len);
    if (asprintf(&head, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n%s%s\r\n",
                 method, path, port, length, headers ? headers : "") < 0)
        err = -ENOMEM;
    else
        err = wire_puts(fd, head);
    free(head);
    if (!err && len)
        err = wire_send(fd, body, len);
    if (err == -EPIPE || err == -ECONNRESET)
        err = 0; /* refused before the body was read: the answer is still there */
    if (!err)
        err = wire_answer_read(fd, strcmp(method, "HEAD") == 0, answer);
    wire_close(fd);
    return err;
}

void wire_answer_release(struct wire_answer *answer)
{
    free(answer->head);
    free(answer->body);
    *answer = (struct wire_answer){0};
}
