/**
 * @file observe/audit.c  Who touched which record, and when
 */
#include "observe/audit.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096 }; /* one write() of this size is not torn on a local file */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int file = -1; /* {lock} */

int audit_open(const char *path, struct errbuf *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return err_set(err, -errno, "cannot open the audit log %s: %s", path, uv_strerror(-errno));
    pthread_mutex_lock(&lock);
    if (file >= 0)
        close(file);
    file = fd;
    pthread_mutex_unlock(&lock);
    return 0;
}

static int write_line(const struct buf *line)
{
    ssize_t n = 0;

    pthread_mutex_lock(&lock);
    if (file >= 0)
        n = write(file, line->data, line->len);
    pthread_mutex_unlock(&lock);
    if (n < 0)
        return -errno;
    return n && (size_t)n < line->len ? UV_ENOSPC : 0;
}

int audit(const char *user, const char *action, const char *kind, const char *id,
          const char *request_id)
{
    char time[CLOCK_TEXT_MAX];
    json_t *obj = json_object();
    struct buf line;
    int rc;

    clock_format(clock_unix_ms(), time);
    json_set_str(obj, "time", time);
    json_set_str(obj, "user", user);
    json_set_str(obj, "action", action);
    json_set_str(obj, "kind", kind);
    json_set_str(obj, "id", id);
    json_set_str(obj, "requestId", request_id);
    buf_init(&line, LINE_MAX_BYTES);
    rc = json_write(&line, obj);
    json_decref(obj);
    if (!rc)
        rc = buf_putc(&line, '\n');
    if (!rc)
        rc = write_line(&line);
    buf_release(&line);
    return rc;
}

void audit_close(void)
{
    pthread_mutex_lock(&lock);
    if (file >= 0)
        close(file);
    file = -1;
    pthread_mutex_unlock(&lock);
}
