/**
 * @file observe/audit.c  Who touched which record, who was refused, and when
 *
 * A line is written by a single write() to a file opened for appending. Reading goes backwards
 * through the files, newest first, in blocks. Each line is searched for the user's id, and only
 * lines that contain it are parsed.
 */
#include "observe/audit.h"

#include "base/buffer.h"
#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

enum {
    LINE_MAX_BYTES = 1024,
    PATH_TEXT_MAX = 4096,
    BLOCK = 64 << 10, /* read at a time [bytes] */
};

static struct {
    uv_mutex_t lock;
    int fd;                                       /* {lock} -1: closed */
    off_t size;                                   /* {lock} */
    int64_t number;                               /* {lock} of the last event */
    bool torn;                                    /* {lock} the last line is incomplete */
    char base[PATH_TEXT_MAX];                     /* {lock} the path without ".jsonl" */
    char forgotten[AUDIT_FORGOTTEN][ID_TEXT_MAX]; /* {lock} a ring */
    unsigned forgot;                              /* {lock} how many were forgotten in all */
} journal = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

/* ----------------------------------------------------------------------------- files */

static void path_of(int n, char path[static PATH_TEXT_MAX + 16])
{
    if (n)
        snprintf(path, PATH_TEXT_MAX + 16, "%s.%d.jsonl", journal.base, n);
    else
        snprintf(path, PATH_TEXT_MAX + 16, "%s.jsonl", journal.base);
}

static int open_file(int n, int flags)
{
    char path[PATH_TEXT_MAX + 16];
    int fd;

    path_of(n, path);
    fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd < 0 ? -errno : fd;
}

/* The current file becomes audit.1.jsonl, and the oldest file is removed. */
static int rotate(void)
{
    char from[PATH_TEXT_MAX + 16], to[PATH_TEXT_MAX + 16];
    int fd;

    for (int n = AUDIT_FILES - 1; n > 0; n--) {
        path_of(n - 1, from);
        path_of(n, to);
        if (rename(from, to) && errno != ENOENT)
            return -errno;
    }
    fd = open_file(0, O_WRONLY | O_CREAT | O_APPEND);
    if (fd < 0)
        return fd;
    fchmod(fd, 0600); /* regardless of the umask */
    close(journal.fd);
    journal.fd = fd;
    journal.size = 0;
    journal.torn = false;
    return 0;
}

/* ---------------------------------------------------------------------------- reading */

struct reader {
    int fd;
    off_t at;     /* what lies before it has not been read yet */
    char *buffer; /* BLOCK + LINE_MAX_BYTES */
    size_t len;   /* bytes at the start of buffer that were read but not returned yet */
};

/* The last line that was not returned yet, without its newline; false at the beginning of the file.
 * A line that has no newline or is too long is skipped. */
static bool line_before(struct reader *r, const char **line, size_t *len)
{
    for (;;) {
        char *end = r->len ? memrchr(r->buffer, '\n', r->len) : NULL;
        size_t text = end ? (size_t)(end - r->buffer) : 0;
        char *start = text ? memrchr(r->buffer, '\n', text) : NULL;
        size_t n;

        if (end && (start || r->at == 0)) {
            *line = start ? start + 1 : r->buffer;
            *len = (size_t)(end - *line);
            r->len = start ? (size_t)(start - r->buffer) + 1 : 0;
            return true;
        }
        if (r->at == 0)
            return false;
        if (r->len > LINE_MAX_BYTES) /* no line of ours is that long */
            r->len = end ? text + 1 : 0;
        if (r->len > LINE_MAX_BYTES)
            r->len = 0;
        n = r->at < BLOCK ? (size_t)r->at : BLOCK;
        memmove(r->buffer + n, r->buffer, r->len);
        if (pread(r->fd, r->buffer, n, r->at - (off_t)n) != (ssize_t)n)
            return false;
        r->at -= (off_t)n;
        r->len += n;
    }
}

static void copy(char *to, size_t size, const json_t *obj, const char *key)
{
    const char *text = json_str(obj, key);

    text_copy(to, size, text ? text : "", text ? strlen(text) : 0);
}

static bool parse(const char *line, size_t len, struct audit_entry *e)
{
    json_t *obj = json_parse(line, len);

    *e = (struct audit_entry){.number = json_int(obj, "number", 0),
                              .status = (int)json_int(obj, "status", 0)};
    copy(e->time, sizeof(e->time), obj, "time");
    copy(e->action, sizeof(e->action), obj, "action");
    copy(e->kind, sizeof(e->kind), obj, "kind");
    copy(e->id, sizeof(e->id), obj, "id");
    copy(e->request_id, sizeof(e->request_id), obj, "requestId");
    copy(e->address, sizeof(e->address), obj, "address");
    copy(e->agent, sizeof(e->agent), obj, "agent");
    json_decref(obj);
    return e->number > 0;
}

/* Adds the matching lines of one file. False: the list is full, and there are more. */
static bool collect(struct reader *r, const char *mark, int64_t before, struct audit_entry *entries,
                    size_t max, size_t *count)
{
    struct audit_entry entry;
    const char *line;
    size_t len;

    while (line_before(r, &line, &len)) {
        if (!memmem(line, len, mark, strlen(mark)) || !parse(line, len, &entry) ||
            (before && entry.number >= before))
            continue;
        if (*count == max)
            return false;
        entries[(*count)++] = entry;
    }
    return true;
}

int audit_read(const char *user, int64_t before, struct audit_entry *entries, size_t *count,
               bool *more)
{
    char mark[ID_TEXT_MAX + 16];
    int fds[AUDIT_FILES];
    size_t max = *count;
    struct reader r = {.buffer = malloc(BLOCK + LINE_MAX_BYTES)};

    *count = 0;
    *more = false;
    if (!r.buffer)
        return UV_ENOMEM;
    snprintf(mark, sizeof(mark), "\"user\":\"%s\"", user);
    uv_mutex_lock(&journal.lock); /* opened together: rotation renames them under this lock */
    for (int n = 0; n < AUDIT_FILES; n++)
        fds[n] = journal.fd >= 0 ? open_file(n, O_RDONLY) : UV_ENOENT;
    uv_mutex_unlock(&journal.lock);

    for (int n = 0; n < AUDIT_FILES; n++) {
        struct stat st;

        if (fds[n] < 0)
            continue;
        r = (struct reader){.fd = fds[n], .buffer = r.buffer};
        r.at = fstat(fds[n], &st) ? 0 : st.st_size;
        if (!*more)
            *more = !collect(&r, mark, before, entries, max, count);
        close(fds[n]);
    }
    free(r.buffer);
    return 0;
}

/* ---------------------------------------------------------------------------- opening */

/* The number of the last event in the newest file that has one. */
static int64_t last_number(void)
{
    char *buffer = malloc(BLOCK + LINE_MAX_BYTES);
    int64_t number = 0;

    for (int n = 0; n < AUDIT_FILES && !number && buffer; n++) {
        struct reader r = {.fd = open_file(n, O_RDONLY), .buffer = buffer};
        struct audit_entry entry;
        const char *line;
        struct stat st;
        size_t len;

        if (r.fd < 0)
            continue;
        r.at = fstat(r.fd, &st) ? 0 : st.st_size;
        while (!number && line_before(&r, &line, &len))
            number = parse(line, len, &entry) ? entry.number : 0;
        close(r.fd);
    }
    free(buffer);
    return number;
}

/* A line that a crash cut off must not spoil the next one. */
static bool is_torn(void)
{
    char last = '\n';
    int fd = open_file(0, O_RDONLY);

    if (fd < 0)
        return false;
    if (journal.size && pread(fd, &last, 1, journal.size - 1) != 1)
        last = '\0';
    close(fd);
    return last != '\n';
}

int audit_open(const char *path, struct errbuf *why)
{
    size_t len = strlen(path);
    struct stat st;
    int err = 0;

    if (len > 6 && !strcmp(path + len - 6, ".jsonl"))
        len -= 6;
    if (len >= sizeof(journal.base))
        return err_set(why, UV_ENAMETOOLONG, "the path of the audit log is too long");
    audit_close();
    uv_mutex_lock(&journal.lock);
    memcpy(journal.base, path, len);
    journal.base[len] = '\0';
    journal.fd = open_file(0, O_WRONLY | O_CREAT | O_APPEND);
    if (journal.fd < 0)
        err = journal.fd;
    else if (fstat(journal.fd, &st) || fchmod(journal.fd, 0600))
        err = -errno;
    if (!err) {
        journal.size = st.st_size;
        journal.torn = is_torn();
        journal.number = last_number();
    }
    uv_mutex_unlock(&journal.lock);
    if (err) {
        audit_close();
        err_set(why, err, "cannot open the audit log %s: %s", path, uv_strerror(err));
    }
    return err;
}

/* ----------------------------------------------------------------------------- forgetting */

/* The fields that identify a person. If a name occurs twice, the first one is ours. */
static const char *const telling[] = {",\"user\":\"", ",\"id\":\"", ",\"requestId\":\"",
                                      ",\"address\":\"", ",\"agent\":\""};

static void blank(char *line, size_t len)
{
    for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++) {
        char *at = memmem(line, len, telling[i], strlen(telling[i]));

        if (!at)
            continue;
        for (at += strlen(telling[i]); at < line + len && *at != '"'; at++)
            *at = '*';
    }
}

static bool names(const char *line, size_t len, const char *user)
{
    char mark[ID_TEXT_MAX + 16];

    for (int i = 0; i < 2; i++) {
        snprintf(mark, sizeof(mark), "%s%s\"", telling[i], user);
        if (memmem(line, len, mark, strlen(mark)))
            return true;
    }
    return false;
}

/* Overwritten byte by byte in place: no line moves, and a full disk does not matter. */
static int forget_lines(int fd, char *text, size_t size, const char *user)
{
    for (char *line = text, *end; line < text + size; line = end + 1) {
        size_t left = (size_t)(text + size - line);

        end = memchr(line, '\n', left);
        if (!end)
            end = line + left; /* incomplete */
        if (!names(line, (size_t)(end - line), user))
            continue;
        blank(line, (size_t)(end - line));
        if (pwrite(fd, line, (size_t)(end - line), line - text) != end - line)
            return UV_EIO;
    }
    return fdatasync(fd) ? -errno : 0;
}

static int forget_file(int n, const char *user)
{
    int fd = open_file(n, O_RDWR);
    struct stat st;
    char *text;
    int err = 0;

    if (fd < 0)
        return fd == UV_ENOENT ? 0 : fd;
    text = fstat(fd, &st) ? NULL : malloc((size_t)st.st_size + 1);
    if (!text)
        err = UV_ENOMEM;
    else if (pread(fd, text, (size_t)st.st_size, 0) != st.st_size)
        err = UV_EIO;
    else
        err = forget_lines(fd, text, (size_t)st.st_size, user);
    free(text);
    close(fd);
    return err;
}

int audit_forget(const char *user)
{
    int e = 0;

    uv_mutex_lock(&journal.lock);
    text_copy(journal.forgotten[journal.forgot++ % AUDIT_FORGOTTEN], ID_TEXT_MAX, user,
              strlen(user));
    for (int n = 0; n < AUDIT_FILES && journal.fd >= 0; n++) {
        int err = forget_file(n, user);

        e = e ? e : err;
    }
    uv_mutex_unlock(&journal.lock);
    return e;
}

/* {lock} */
static bool is_forgotten(const char *user)
{
    for (size_t i = 0; user && *user && i < AUDIT_FORGOTTEN; i++)
        if (strcmp(journal.forgotten[i], user) == 0)
            return true;
    return false;
}

/* ----------------------------------------------------------------------------- writing */

/* Every value here is a number or made by us; any other character is made harmless. */
static void put(struct buf *line, const char *key, const char *text)
{
    buf_printf(line, ",\"%s\":\"", key);
    for (; text && *text; text++)
        buf_putc(line, *text < ' ' || *text == '"' || *text == '\\' || *text > '~' ? '?' : *text);
    buf_putc(line, '"');
}

static int format(struct buf *line, const struct audit_event *event, int64_t number)
{
    char time[CLOCK_TEXT_MAX];

    clock_format(clock_unix_ms(), time);
    if (journal.torn)
        buf_putc(line, '\n');
    buf_printf(line, "{\"number\":%" PRId64 ",\"time\":\"%s\"", number, time);
    put(line, "user", event->user);
    put(line, "action", event->action);
    put(line, "kind", event->kind);
    put(line, "id", event->id);
    buf_printf(line, ",\"status\":%d", event->status);
    put(line, "requestId", event->request_id);
    put(line, "address", event->address);
    put(line, "agent", event->agent);
    if (line->data && (is_forgotten(event->user) || is_forgotten(event->id)))
        blank(line->data, line->len);
    buf_puts(line, "}\n");
    return line->err;
}

int audit(const struct audit_event *event)
{
    struct buf line;
    ssize_t n;
    int err = 0;

    buf_init(&line, LINE_MAX_BYTES);
    uv_mutex_lock(&journal.lock);
    if (journal.fd < 0)
        goto out;
    if ((err = format(&line, event, journal.number + 1)))
        goto out;
    if (journal.size + (off_t)line.len > AUDIT_FILE_MAX && (err = rotate()))
        goto out;
    n = write(journal.fd, line.data, line.len);
    if (n < 0) {
        err = -errno;
        goto out;
    }
    journal.size += n;
    journal.torn = (size_t)n < line.len;
    if (journal.torn)
        err = UV_ENOSPC;
    else
        journal.number++;
out:
    uv_mutex_unlock(&journal.lock);
    buf_release(&line);
    return err;
}

void audit_close(void)
{
    uv_mutex_lock(&journal.lock);
    if (journal.fd >= 0)
        close(journal.fd);
    journal.fd = -1;
    uv_mutex_unlock(&journal.lock);
}
