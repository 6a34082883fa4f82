/**
 * @file loop/service.c  Notifying the service manager: ready, alive, stopping; and its socket
 */
#include "loop/service.h"

#include "base/text.h"
#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct service {
    struct loop_timer *alive;
    uint64_t every_ms; /* 0: no watchdog */
    int fd;            /* -1: no service manager */
    struct sockaddr_un to;
    socklen_t to_len;
};

static void say(const struct service *s, const char *text)
{
    if (s->fd >= 0) /* a manager that does not listen is no reason to stop */
        sendto(s->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
               (const struct sockaddr *)&s->to, s->to_len);
}

static void on_alive(void *arg)
{
    say(arg, "WATCHDOG=1");
}

/* "/run/…", or "@…" for an abstract socket. */
static int find_manager(struct service *s, const char *path)
{
    size_t n = path ? strlen(path) : 0;

    if (n < 2 || n >= sizeof(s->to.sun_path) || (*path != '/' && *path != '@'))
        return 0;
    s->to.sun_family = AF_UNIX;
    memcpy(s->to.sun_path, path, n);
    if (*path == '@')
        s->to.sun_path[0] = '\0';
    s->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return s->fd < 0 ? -errno : 0;
}

static uint64_t alive_every_ms(void)
{
    const char *pid = getenv("WATCHDOG_PID");
    const char *usec = getenv("WATCHDOG_USEC");
    int64_t whose;
    int64_t n;

    if (pid && (!text_to_int64(pid, 1, INT64_MAX, &whose) || whose != getpid()))
        return 0;
    if (!usec || !text_to_int64(usec, 1, INT64_MAX, &n))
        return 0;
    return n / 2000 ? (uint64_t)n / 2000 : 1; /* twice as often as required */
}

/* sd_listen_fds(3): descriptors from 3 on, for the process LISTEN_PID. */
enum { LISTEN_FDS_START = 3 };

static int handed_over(void)
{
    const char *pid = getenv("LISTEN_PID");
    const char *fds = getenv("LISTEN_FDS");
    int64_t whose;
    int64_t n;

    if (!pid || !text_to_int64(pid, 1, INT64_MAX, &whose) || whose != getpid())
        return 0;
    return fds && text_to_int64(fds, 0, 1024, &n) ? (int)n : 0;
}

/* TCP, and somebody has called listen() on it. */
static bool listens(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t address_len = sizeof(address);
    int kind = 0;
    int accepts = 0;
    socklen_t len = sizeof(int);

    return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &len) && kind == SOCK_STREAM &&
           !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &len) && accepts &&
           !getsockname(fd, (struct sockaddr *)&address, &address_len) &&
           (address.ss_family == AF_INET || address.ss_family == AF_INET6);
}

int service_socket(struct errbuf *why)
{
    const int fd = LISTEN_FDS_START;
    int n = handed_over();

    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    if (!n)
        return -1;
    if (n > 1 || !listens(fd))
        return err_set(
            why, UV_EINVAL,
            "the service manager handed over %d sockets: one is wanted, that listens for "
            "TCP (ListenStream=127.0.0.1:8080)",
            n);
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK))
        return err_set(why, -errno, "the socket of the service manager: %s", strerror(errno));
    return fd;
}

int service_open(struct service **sp, struct loop *loop, struct errbuf *why)
{
    struct service *s = calloc(1, sizeof(*s));
    int err;

    if (!s)
        return err_set(why, UV_ENOMEM, "out of memory");
    s->fd = -1;
    s->every_ms = alive_every_ms();
    err = find_manager(s, getenv("NOTIFY_SOCKET"));
    if (!err)
        err = timer_open(&s->alive, loop, on_alive, s);
    if (err) {
        service_close(s);
        return err_set(why, err, "the service manager cannot be told: %s", uv_strerror(err));
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    *sp = s;
    return 0;
}

void service_ready(struct service *s)
{
    say(s, "READY=1");
    if (s->every_ms)
        timer_start(s->alive, 0, s->every_ms);
}

void service_stopping(struct service *s)
{
    if (s)
        say(s, "STOPPING=1");
}

void service_close(struct service *s)
{
    if (!s)
        return;
    timer_close(s->alive);
    if (s->fd >= 0)
        close(s->fd);
    free(s);
}
