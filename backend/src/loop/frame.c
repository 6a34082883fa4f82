/**
 * @file loop/frame.c  Messages over a socket between two of our processes
 */
#include "loop/frame.h"

#include "base/clock.h"
#include "loop/wait.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

enum { FIRST_BYTES = 4096 };

static void write_head(uint8_t head[FRAME_HEAD], uint16_t kind, size_t len)
{
    uint32_t n = (uint32_t)len;

    memset(head, 0, FRAME_HEAD);
    memcpy(head, &n, sizeof(n));
    memcpy(head + sizeof(n), &kind, sizeof(kind));
}

int64_t frame_parse(const uint8_t *bytes, size_t n, struct frame *out)
{
    uint32_t len;
    uint16_t kind, zero;

    if (n < FRAME_HEAD)
        return 0;
    memcpy(&len, bytes, sizeof(len));
    memcpy(&kind, bytes + 4, sizeof(kind));
    memcpy(&zero, bytes + 6, sizeof(zero));
    if (zero)
        return UV_EPROTO;
    if (len > FRAME_MAX)
        return UV_ENOBUFS;
    if (n < FRAME_HEAD + (size_t)len)
        return 0;
    *out = (struct frame){kind, bytes + FRAME_HEAD, len};
    return FRAME_HEAD + (int64_t)len;
}

/* ---------------------------------------------------------------- waiting */

static int await_socket(int fd, short events, uint64_t deadline)
{
    wait_check(WAIT_OTHERS, "a child process");
    for (;;) {
        struct pollfd p = {.fd = fd, .events = events};
        uint64_t now = clock_mono_ms();
        int left = deadline == UINT64_MAX ? -1 : deadline > now ? (int)(deadline - now) : 0;
        int err = poll(&p, 1, left);

        if (err > 0)
            return 0;
        if (err == 0)
            return UV_ETIMEDOUT;
        if (errno != EINTR)
            return -errno;
    }
}

static uint64_t deadline_of(int wait_ms)
{
    return wait_ms < 0 ? UINT64_MAX : clock_mono_ms() + (uint64_t)wait_ms;
}

/* ---------------------------------------------------------------- sending */

/** Space for one descriptor, aligned as a control message must be. */
union passing {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

static void attach(struct msghdr *m, union passing *room, int passed)
{
    struct cmsghdr *c;

    memset(room, 0, sizeof(*room));
    m->msg_control = room->bytes;
    m->msg_controllen = sizeof(room->bytes);
    c = CMSG_FIRSTHDR(m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &passed, sizeof(passed));
}

/** What remains of header and payload after `done` bytes. */
static int parts_from(struct iovec part[2], uint8_t head[FRAME_HEAD], const void *data, size_t len,
                      size_t done)
{
    size_t into = done > FRAME_HEAD ? done - FRAME_HEAD : 0;

    part[0] = (struct iovec){head + done, done < FRAME_HEAD ? FRAME_HEAD - done : 0};
    if (done >= FRAME_HEAD)
        part[0].iov_base = head;
    if (!len)
        return 1; /* in that case data may be NULL */
    part[1] = (struct iovec){(uint8_t *)(uintptr_t)data + into, len - into};
    return 2;
}

int frame_send_with(int fd, uint16_t kind, const void *data, size_t len, int passed, int wait_ms)
{
    uint64_t deadline = deadline_of(wait_ms);
    uint8_t head[FRAME_HEAD];
    union passing room;
    size_t done = 0;

    if (len > FRAME_MAX)
        return UV_ENOBUFS;
    write_head(head, kind, len);
    while (done < FRAME_HEAD + len) {
        struct iovec part[2];
        struct msghdr m = {.msg_iov = part};
        ssize_t n;
        int err;

        m.msg_iovlen = (size_t)parts_from(part, head, data, len, done);
        if (passed >= 0 && !done)
            attach(&m, &room, passed);
        n = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0)
            done += (size_t)n;
        else if (errno == EPIPE || errno == ECONNRESET)
            return UV_EOF;
        else if (errno != EAGAIN && errno != EINTR)
            return -errno;
        else if ((err = await_socket(fd, POLLOUT, deadline)))
            return err;
    }
    return 0;
}

int frame_send(int fd, uint16_t kind, const void *data, size_t len, int wait_ms)
{
    return frame_send_with(fd, kind, data, len, -1, wait_ms);
}

/* ---------------------------------------------------------------- receiving */

void frame_inbox_init(struct frame_inbox *in)
{
    *in = (struct frame_inbox){.passed = -1};
}

static void drop_passed(struct frame_inbox *in)
{
    if (in->passed >= 0)
        close(in->passed);
    in->passed = -1;
}

void frame_inbox_release(struct frame_inbox *in)
{
    drop_passed(in);
    free(in->data);
    frame_inbox_init(in);
}

static void keep_passed(struct frame_inbox *in, struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
            c->cmsg_len != CMSG_LEN(sizeof(int)))
            continue;
        drop_passed(in);
        memcpy(&in->passed, CMSG_DATA(c), sizeof(in->passed));
    }
}

static int make_room(struct frame_inbox *in, size_t need)
{
    uint8_t *more;

    if (need <= in->cap)
        return 0;
    need = need < FIRST_BYTES ? FIRST_BYTES : need;
    more = realloc(in->data, need);
    if (!more)
        return UV_ENOMEM;
    in->data = more;
    in->cap = need;
    return 0;
}

/** How many bytes of the frame are needed next: its header, then all of it. */
static size_t wanted(const struct frame_inbox *in, size_t have)
{
    uint32_t len;

    if (have < FRAME_HEAD)
        return FRAME_HEAD;
    memcpy(&len, in->data, sizeof(len));
    return FRAME_HEAD + (size_t)len;
}

static int read_some(int fd, struct frame_inbox *in, size_t *have, size_t want, uint64_t deadline)
{
    union passing room;
    struct iovec part = {in->data + *have, want - *have};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = room.bytes,
                       .msg_controllen = sizeof(room.bytes)};
    ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (n == 0 || (n < 0 && errno == ECONNRESET))
        return UV_EOF;
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? await_socket(fd, POLLIN, deadline) : -errno;
    keep_passed(in, &m);
    *have += (size_t)n;
    return 0;
}

int frame_receive(int fd, struct frame_inbox *in, struct frame *out, int wait_ms)
{
    uint64_t deadline = deadline_of(wait_ms);
    size_t have = 0;
    int64_t used;

    drop_passed(in);
    while ((used = frame_parse(in->data, have, out)) == 0) {
        size_t want = wanted(in, have);
        int err = make_room(in, want);

        err = err ? err : read_some(fd, in, &have, want, deadline);
        if (err)
            return err;
    }
    return used < 0 ? (int)used : 0;
}

/* ---------------------------------------------------------------- payloads */

void pack_u32(struct buf *b, uint32_t value)
{
    buf_append(b, &value, sizeof(value));
}

void pack_blob(struct buf *b, const void *data, size_t len)
{
    pack_u32(b, (uint32_t)len);
    buf_append(b, data, len);
}

void pack_text(struct buf *b, const char *text)
{
    pack_blob(b, text, strlen(text) + 1);
}

void taking_init(struct taking *t, const struct frame *f)
{
    *t = (struct taking){f->data, f->len, false};
}

static const uint8_t *take(struct taking *t, size_t n)
{
    const uint8_t *at = t->at;

    if (t->bad || n > t->left) {
        t->bad = true;
        return NULL;
    }
    t->at += n;
    t->left -= n;
    return at;
}

uint32_t take_u32(struct taking *t)
{
    const uint8_t *at = take(t, sizeof(uint32_t));
    uint32_t value = 0;

    if (at)
        memcpy(&value, at, sizeof(value));
    return value;
}

const uint8_t *take_blob(struct taking *t, size_t *len)
{
    size_t n = take_u32(t);
    const uint8_t *at = take(t, n);

    *len = at ? n : 0;
    return at;
}

const char *take_text(struct taking *t)
{
    size_t n;
    const char *text = (const char *)take_blob(t, &n);

    if (!text || !n || memchr(text, '\0', n) != text + n - 1) {
        t->bad = true;
        return "";
    }
    return text;
}
