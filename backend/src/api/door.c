/**
 * @file api/door.c  The local admin socket
 *
 * The loop accepts a connection; the command is read, executed and answered on a worker, which the
 * client may hold for DOOR_WITHIN_MS at most. That is acceptable because a client that may connect
 * here could also stop the server.
 */
#include "api/door.h"

#include "api/admin.h"
#include "base/json.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "observe/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

struct door {
    const struct app *app;
    uv_poll_t poll;
    int fd;
    char path[4096];
};

struct guest {
    const struct app *app;
    int fd;
};

static atomic_int guests;

/* Such an address has at most 107 characters; for a long data folder the short /proc name of its
 * descriptor is used instead, which is why folder is kept open. */
static int address_of(const char *path, struct sockaddr_un *to, int *folder)
{
    const char *slash = strrchr(path, '/');
    char dir[4096];

    *folder = -1;
    *to = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) < sizeof(to->sun_path)) {
        strcpy(to->sun_path, path);
        return 0;
    }
    if (!slash || (size_t)(slash - path) >= sizeof(dir))
        return UV_ENAMETOOLONG;
    snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
    *folder = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*folder < 0)
        return -errno;
    snprintf(to->sun_path, sizeof(to->sun_path), "/proc/self/fd/%d%.64s", *folder, slash);
    return 0;
}

static void let_go(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void limit_time(int fd)
{
    const struct timeval within = {.tv_sec = DOOR_WITHIN_MS / 1000};

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &within, sizeof(within));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &within, sizeof(within));
}

/* Up to the end of a line, or of the data. */
static int read_line(int fd, struct buf *line)
{
    while (!line->err && buf_last(line) != '\n') {
        char *to = buf_reserve(line, 1024);
        ssize_t n = to ? recv(fd, to, 1024, 0) : 0;

        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        line->len += (size_t)n;
        buf_seal(line);
    }
    return line->err;
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

        if (n < 0)
            return -errno;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* ---- server side ------------------------------------------------------------------------- */

static int run_words(const struct app *app, const json_t *words, struct buf *out)
{
    const char *list[DOOR_WORDS_MAX];
    size_t count = json_array_size(words);

    if (count > DOOR_WORDS_MAX) {
        buf_puts(out, "That is too much.");
        return UV_EINVAL;
    }
    for (size_t i = 0; i < count; i++) {
        list[i] = json_string_value(json_array_get(words, i));
        if (!list[i])
            return UV_EINVAL;
    }
    return order_run(app, list, count, out);
}

static void answer(const struct guest *g, const char *line, size_t len)
{
    json_t *question = json_parse(line, len);
    json_t *reply = json_object();
    struct buf out, text;
    int code;

    buf_init(&out, ORDER_OUT_MAX);
    buf_init(&text, 2 * ORDER_OUT_MAX);
    code = run_words(g->app, json_object_get(question, "words"), &out);
    json_object_set_new(reply, "code", json_integer(code ? code : out.err));
    json_set_text(reply, "text", out.data ? out.data : "", out.len);
    if (!json_write(&text, reply) && !buf_putc(&text, '\n'))
        write_all(g->fd, text.data, text.len);
    json_decref(question);
    json_decref(reply);
    if (out.data)
        explicit_bzero(out.data, out.len); /* it may contain a link that sets a password */
    if (text.data)
        explicit_bzero(text.data, text.len);
    buf_release(&out);
    buf_release(&text);
}

static void serve(void *arg)
{
    const struct guest *g = arg;
    struct buf line;

    buf_init(&line, DOOR_LINE_MAX);
    limit_time(g->fd);
    if (!read_line(g->fd, &line) && buf_last(&line) == '\n')
        answer(g, line.data, line.len);
    buf_release(&line);
}

static void served(int err, void *arg)
{
    struct guest *g = arg;

    (void)err; /* the lanes are closing: there will be no answer */
    close(g->fd);
    free(g);
    atomic_fetch_sub(&guests, 1);
}

static bool is_owner(int fd)
{
    struct ucred who;
    socklen_t len = sizeof(who);

    return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) &&
           (who.uid == geteuid() || who.uid == 0);
}

static void on_guest(uv_poll_t *poll, int status, int events)
{
    const struct door *door = poll->data;
    int fd = status ? -1 : accept4(door->fd, NULL, NULL, SOCK_CLOEXEC);
    struct guest *g;

    (void)events;
    if (fd < 0)
        return;
    g = is_owner(fd) ? malloc(sizeof(*g)) : NULL;
    if (g && atomic_fetch_add(&guests, 1) < DOOR_GUESTS_MAX) {
        *g = (struct guest){door->app, fd};
        if (!lane_submit(door->app->lanes, LANE_READ, serve, served, g))
            return;
    }
    if (g)
        atomic_fetch_sub(&guests, 1);
    free(g);
    close(fd);
}

/* ---- listening --------------------------------------------------------------------------- */

static int listen_at(const char *path, int *fdp)
{
    struct sockaddr_un address;
    int folder;
    int err = address_of(path, &address, &folder);
    int fd = err ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (!err && fd < 0)
        err = -errno;
    unlink(path); /* left by a server that was killed: the folder is only ours */
    if (!err && (bind(fd, (const struct sockaddr *)&address, sizeof(address)) ||
                 chmod(path, 0600) || listen(fd, DOOR_GUESTS_MAX)))
        err = -errno;
    let_go(folder);
    if (err)
        let_go(fd);
    else
        *fdp = fd;
    return err;
}

int door_open(struct door **dp, const struct app *app, const char *path, struct errbuf *why)
{
    struct door *door = calloc(1, sizeof(*door));
    int err;

    if (!door)
        return err_set(why, UV_ENOMEM, "out of memory");
    door->app = app;
    snprintf(door->path, sizeof(door->path), "%s", path);
    err = listen_at(path, &door->fd);
    if (!err && (err = uv_poll_init(loop_uv(app->loop), &door->poll, door->fd)))
        close(door->fd);
    if (err) {
        free(door);
        return err_set(why, err, "cannot open %s: %s", path, uv_strerror(err));
    }
    door->poll.data = door;
    uv_poll_start(&door->poll, UV_READABLE, on_guest);
    *dp = door;
    return 0;
}

static void closed(uv_handle_t *handle)
{
    struct door *door = handle->data;

    close(door->fd);
    free(door);
}

void door_close(struct door *door)
{
    if (!door)
        return;
    unlink(door->path);
    uv_close((uv_handle_t *)&door->poll, closed);
}

/* ---- client side -------------------------------------------------------------------------- */

static int knock(const char *path, int *fdp, struct errbuf *why)
{
    struct sockaddr_un address;
    int folder;
    int err = address_of(path, &address, &folder);
    int fd = err ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (!err && (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address))))
        err = -errno;
    let_go(folder);
    if (err) {
        let_go(fd);
        return err_set(why, err, "the server does not open %s: %s", path, uv_strerror(err));
    }
    *fdp = fd;
    return 0;
}

static int take_answer(int fd, struct buf *out, int *result, struct errbuf *why)
{
    struct buf line;
    json_t *reply = NULL;
    int err;

    buf_init(&line, 2 * ORDER_OUT_MAX);
    err = read_line(fd, &line);
    if (!err)
        reply = json_parse(line.data ? line.data : "", line.len);
    if (!json_is_object(reply)) {
        err = err_set(why, err ? err : UV_EPROTO, "the server did not answer; its log says why");
    } else {
        *result = (int)json_int(reply, "code", UV_EPROTO);
        buf_puts(out, json_str(reply, "text") ? json_str(reply, "text") : "");
    }
    json_decref(reply);
    buf_release(&line);
    return err;
}

int door_ask(const char *path, const char *const *words, size_t count, struct buf *out, int *result,
             struct errbuf *why)
{
    json_t *list = json_array();
    json_t *question = json_pack("{s:o}", "words", list);
    struct buf line;
    int fd = -1;
    int err = 0;

    buf_init(&line, DOOR_LINE_MAX);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(words[i]));
    if (!question || json_array_size(list) != count || json_write(&line, question) ||
        buf_putc(&line, '\n'))
        err = err_set(why, UV_EINVAL, "that is too long, or no UTF-8");
    if (!err)
        err = knock(path, &fd, why);
    if (!err && (err = write_all(fd, line.data, line.len)))
        err_set(why, err, "the server does not listen: %s", uv_strerror(err));
    if (!err)
        err = take_answer(fd, out, result, why);
    let_go(fd);
    json_decref(question);
    buf_release(&line);
    return err;
}
