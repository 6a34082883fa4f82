/**
 * @file blob/files.c  Blobs as files in one folder
 *
 *     <folder>/<id>         a blob
 *     <folder>/<id>.unclaimed   a blob that nobody has claimed
 *     <folder>/<id>.log     a log
 *     <folder>/<id>.new     a blob being written
 *
 * Committing is fsync(file), rename(2), fsync(folder): the blob appears under its name completely
 * or not at all; claiming is another rename. Opening the store removes leftover .new files.
 */
#include "blob/driver.h"

#include "base/id.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    NAME_MAX_LEN = ID_TEXT_MAX + 16,
    FLUSH_EVERY = 1 << 20, /* [bytes] */
};

static const char half[] = ".new";
static const char *const endings[] = {
    [BLOB_CLAIMED] = "", [BLOB_UNCLAIMED] = ".unclaimed", [BLOB_LOG] = ".log"};

struct files {
    int folder;
    uint64_t reserve;
    uv_mutex_t lock; /* held while a name is removed or replaced */
};

struct files_writer {
    struct files *files;
    int fd;
    enum blob_put put;
    size_t unflushed; /* [bytes] */
    char id[ID_TEXT_MAX];
};

struct files_reader {
    int fd;
};

static int failed(struct errbuf *why, const char *what)
{
    int err = -errno;

    return err_set(why, err, "%s: %s", what, uv_strerror(err));
}

static void name_half(char name[static NAME_MAX_LEN], const char *id)
{
    snprintf(name, NAME_MAX_LEN, "%s%s", id, half);
}

static void name_form(char name[static NAME_MAX_LEN], const char *id, enum blob_form form)
{
    snprintf(name, NAME_MAX_LEN, "%s%s", id, endings[form]);
}

static bool is_there(const struct files *f, const char *id, enum blob_form form)
{
    char name[NAME_MAX_LEN];

    name_form(name, id, form);
    return !faccessat(f->folder, name, F_OK, AT_SYMLINK_NOFOLLOW);
}

/* ------------------------------------------------------------------------------ the folder */

static int open_folder(const char *path, bool make, int *fd, struct errbuf *why)
{
    if (make && !mkdir(path, 0700))
        chmod(path, 0700); /* regardless of the umask */
    else if (make && errno != EEXIST)
        return failed(why, "the folder of the recordings cannot be made");
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *fd < 0 ? failed(why, "the folder of the recordings cannot be opened") : 0;
}

/* A separate stream for the folder; close it with closedir(). */
static DIR *read_folder(const struct files *f)
{
    int fd = openat(f->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir && fd >= 0)
        close(fd);
    return dir;
}

static bool is_half(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot && strcmp(dot, half) == 0;
}

static int sweep(const struct files *f, struct errbuf *why)
{
    DIR *dir = read_folder(f);
    struct dirent *entry;
    int err = 0;

    if (!dir)
        return failed(why, "the folder of the recordings cannot be read");
    while ((entry = readdir(dir))) {
        if (is_half(entry->d_name) && unlinkat(f->folder, entry->d_name, 0) && errno != ENOENT)
            err = failed(why, "what was left of a recording cannot be removed");
    }
    closedir(dir);
    return err;
}

static void files_close(void *store)
{
    struct files *f = store;

    if (f->folder >= 0)
        close(f->folder);
    uv_mutex_destroy(&f->lock);
    free(f);
}

static int files_open(void **sp, const struct blob_params *params, struct errbuf *why)
{
    struct files *f = calloc(1, sizeof(*f));
    int err;

    if (!f || uv_mutex_init(&f->lock)) {
        free(f);
        return err_set(why, UV_ENOMEM, "out of memory");
    }
    f->folder = -1;
    f->reserve = params->reserve;
    err = open_folder(params->folder, !params->beside, &f->folder, why);
    if (!err && !params->beside)
        err = sweep(f, why);
    if (err)
        files_close(f);
    else
        *sp = f;
    return err;
}

/* ------------------------------------------------------------------------------- writing */

static int check_room(const struct files *f, struct errbuf *why)
{
    struct statvfs disk;

    if (!f->reserve || fstatvfs(f->folder, &disk))
        return 0;
    if ((uint64_t)disk.f_bavail * disk.f_frsize >= f->reserve)
        return 0;
    return err_set(why, UV_ENOSPC, "there is too little room left on the disk of the recordings");
}

static int files_create(void *store, const char *id, enum blob_put put, void **wp,
                        struct errbuf *why)
{
    struct files *f = store;
    struct files_writer *w;
    char name[NAME_MAX_LEN];
    int err = check_room(f, why);

    if (err)
        return err;
    if (put == BLOB_NEW && (is_there(f, id, BLOB_CLAIMED) || is_there(f, id, BLOB_UNCLAIMED)))
        return err_set(why, UV_EEXIST, "there is a recording with that id");
    w = calloc(1, sizeof(*w));
    if (!w)
        return err_set(why, UV_ENOMEM, "out of memory");
    w->files = f;
    memcpy(w->id, id, sizeof(w->id));
    w->put = put;
    if (put == BLOB_GROWING)
        name_form(name, id, BLOB_LOG);
    else
        name_half(name, id);
    w->fd = openat(f->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (w->fd < 0) {
        err = failed(why, "a recording cannot be stored");
        free(w);
        return err;
    }
    fchmod(w->fd, 0600); /* regardless of the umask */
    *wp = w;
    return 0;
}

/* Sends data to the disk while the rest is still arriving: flushing a whole recording at once would
 * hold up every other write, including the database's. */
static void flush_behind(struct files_writer *w, size_t len)
{
    w->unflushed += len;
    if (w->put == BLOB_GROWING || w->unflushed < FLUSH_EVERY)
        return;
    sync_file_range(w->fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* only starts the write; fsync() confirms
                                                            it */
    w->unflushed = 0;
}

static int files_append(void *writer, const void *data, size_t len, struct errbuf *why)
{
    struct files_writer *w = writer;
    const char *from = data;
    size_t all = len;
    int err = check_room(w->files, why);

    while (!err && len) {
        ssize_t n = write(w->fd, from, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(why, "a recording cannot be stored");
        from += n;
        len -= (size_t)n;
    }
    if (!err)
        flush_behind(w, all);
    return err;
}

static void writer_free(struct files_writer *w)
{
    if (w->fd >= 0)
        close(w->fd);
    free(w);
}

static void files_abandon(void *writer)
{
    struct files_writer *w = writer;
    char name[NAME_MAX_LEN];

    if (w->put == BLOB_GROWING)
        name_form(name, w->id, BLOB_LOG);
    else
        name_half(name, w->id);
    unlinkat(w->files->folder, name, 0);
    writer_free(w);
}

static int files_sync(void *writer, struct errbuf *why)
{
    const struct files_writer *w = writer;
    struct stat st;

    if (fsync(w->fd) || fstat(w->fd, &st))
        return failed(why, "a recording cannot be stored");
    return st.st_nlink ? 0 : err_set(why, UV_ENOENT, "this recording was erased");
}

static void files_leave(void *writer)
{
    writer_free(writer);
}

/* If the file system cannot do that, files_create() has already checked for an existing blob. */
static int put_in_place(int folder, const char *name, const char *id)
{
    if (!renameat2(folder, name, folder, id, RENAME_NOREPLACE))
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    return renameat(folder, name, folder, id);
}

/* Replaces an existing file in one step; a blob that was erased meanwhile does not come back. */
static int take_place(struct files *f, const char *name, const char *id)
{
    char there[NAME_MAX_LEN];
    int rc;

    uv_mutex_lock(&f->lock);
    name_form(there, id, is_there(f, id, BLOB_CLAIMED) ? BLOB_CLAIMED : BLOB_UNCLAIMED);
    rc = faccessat(f->folder, there, F_OK, AT_SYMLINK_NOFOLLOW);
    if (!rc)
        rc = renameat(f->folder, name, f->folder, there);
    uv_mutex_unlock(&f->lock);
    return rc;
}

static int files_commit(void *writer, struct errbuf *why)
{
    struct files_writer *w = writer;
    int folder = w->files->folder;
    char name[NAME_MAX_LEN], unclaimed[NAME_MAX_LEN];
    int fd = w->fd;
    int err = 0;

    name_half(name, w->id);
    name_form(unclaimed, w->id, BLOB_UNCLAIMED);
    w->fd = -1;
    if (fsync(fd))
        err = failed(why, "a recording cannot be stored");
    if (close(fd) && !err)
        err = failed(why, "a recording cannot be stored");
    if (!err && (w->put == BLOB_AGAIN ? take_place(w->files, name, w->id)
                                      : put_in_place(folder, name, unclaimed)))
        err = failed(why, "a recording cannot be stored");
    if (err) {
        files_abandon(w);
        return err;
    }
    if (fsync(folder)) {
        err = failed(why, "a recording cannot be stored");
        if (w->put != BLOB_AGAIN)
            unlinkat(folder, unclaimed, 0); /* the caller is told that it failed, so nothing may
                                               remain */
    }
    writer_free(w);
    return err;
}

static int files_claim(void *store, const char *id, struct errbuf *why)
{
    struct files *f = store;
    char unclaimed[NAME_MAX_LEN];
    int rc;

    name_form(unclaimed, id, BLOB_UNCLAIMED);
    uv_mutex_lock(&f->lock);
    rc = put_in_place(f->folder, unclaimed, id);
    uv_mutex_unlock(&f->lock);
    if (rc) {
        if (errno == ENOENT && is_there(f, id, BLOB_CLAIMED))
            return 0;
        return failed(why, "a recording cannot be stored");
    }
    return fsync(f->folder) ? failed(why, "a recording cannot be stored") : 0;
}

/* ------------------------------------------------------------------------------- reading */

static void files_release(void *reader)
{
    struct files_reader *r = reader;

    close(r->fd);
    free(r);
}

static int files_find(void *store, const char *id, enum blob_form form, void **rp, uint64_t *size,
                      struct errbuf *why)
{
    struct files *f = store;
    struct files_reader *r = calloc(1, sizeof(*r));
    char name[NAME_MAX_LEN];
    struct stat st;
    int err = 0;

    if (!r)
        return err_set(why, UV_ENOMEM, "out of memory");
    name_form(name, id, form);
    r->fd = openat(f->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (r->fd < 0) {
        err = failed(why, "a recording cannot be read");
        free(r);
        return err;
    }
    if (fstat(r->fd, &st))
        err = failed(why, "a recording cannot be read");
    if (err) {
        files_release(r);
        return err;
    }
    *size = (uint64_t)st.st_size;
    *rp = r;
    return 0;
}

static int files_read(void *reader, uint64_t offset, void *to, size_t len, struct errbuf *why)
{
    const struct files_reader *r = reader;
    size_t done = 0;

    while (done < len) {
        ssize_t n = pread(r->fd, (char *)to + done, len - done, (off_t)(offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(why, "a recording cannot be read");
        if (n == 0)
            return err_set(why, UV_EILSEQ, "a recording is shorter than it was");
        done += (size_t)n;
    }
    return 0;
}

/* ---- all blobs ----------------------------------------------------------------------------- */

static int files_erase(void *store, const char *id, enum blob_form form, struct errbuf *why)
{
    struct files *f = store;
    char name[NAME_MAX_LEN];
    int rc;

    name_form(name, id, form);
    uv_mutex_lock(&f->lock);
    rc = unlinkat(f->folder, name, 0);
    uv_mutex_unlock(&f->lock);
    if (rc)
        return failed(why, "a recording cannot be erased");
    return fsync(f->folder) ? failed(why, "a recording cannot be erased") : 0;
}

/* The id of the blob that a file belongs to; false: none. */
static bool blob_of(const char *name, char id[static ID_TEXT_MAX], enum blob_form *form)
{
    size_t len = strcspn(name, ".");

    if (len >= ID_TEXT_MAX)
        return false;
    memcpy(id, name, len);
    id[len] = '\0';
    for (*form = BLOB_CLAIMED; *form <= BLOB_LOG; (*form)++) {
        if (!strcmp(name + len, endings[*form]))
            return id_valid(id);
    }
    return false;
}

static int files_list(void *store, int (*fn)(const char *id, enum blob_form form, void *arg),
                      void *arg, struct errbuf *why)
{
    DIR *dir = read_folder(store);
    struct dirent *entry;
    int err = 0;

    if (!dir)
        return failed(why, "the folder of the recordings cannot be read");
    while (!err && (entry = readdir(dir))) {
        char id[ID_TEXT_MAX];
        enum blob_form form;

        if (blob_of(entry->d_name, id, &form))
            err = fn(id, form, arg);
    }
    closedir(dir);
    return err;
}

const struct blob_driver blob_files = {
    .name = "files",
    .open = files_open,
    .close = files_close,
    .create = files_create,
    .append = files_append,
    .commit = files_commit,
    .abandon = files_abandon,
    .sync = files_sync,
    .leave = files_leave,
    .claim = files_claim,
    .find = files_find,
    .read = files_read,
    .release = files_release,
    .erase = files_erase,
    .list = files_list,
};
