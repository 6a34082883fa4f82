/**
 * @file backup_file.c  The file of a backup: a tar archive whose last entry verifies the others
 */
#include "backup_file.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/id.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PIECE = 64 << 10,
    NAME_MAX_LEN = 64,
    PATH_TEXT_MAX = 4096,
    HASH = 32,
};

static const char kind[] = "interviewd-backup";
static const char version[] = "1\n";
static const char sums_name[] = "SHA256SUMS";
const char *const backup_endings[] = {"", ".unclaimed", ".log", NULL};

static int failed(struct errbuf *why, const char *what)
{
    int err = -errno;

    return err_set(why, err, "%s: %s", what, uv_strerror(err));
}

/* -------------------------------------------------------------------------------- sums */

static EVP_MD_CTX *sum_begin(void)
{
    EVP_MD_CTX *sum = EVP_MD_CTX_new();

    if (sum && EVP_DigestInit_ex(sum, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(sum);
        sum = NULL;
    }
    return sum;
}

static int sum_end(EVP_MD_CTX *sum, const char *name, struct buf *sums, struct errbuf *why)
{
    unsigned char hash[HASH];

    if (EVP_DigestFinal_ex(sum, hash, NULL) != 1)
        return err_set(why, UV_ENOMEM, "out of memory");
    for (size_t i = 0; i < HASH; i++)
        buf_printf(sums, "%02x", hash[i]);
    buf_printf(sums, "  %s\n", name);
    return sums->err ? err_set(why, sums->err, "there are too many recordings for one file") : 0;
}

/* ------------------------------------------------------------------------------ writing */

struct backup {
    char path[PATH_TEXT_MAX];
    char part[PATH_TEXT_MAX];
    int fd;
    struct archive *archive;
    struct buf sums;
    unsigned char piece[PIECE];
};

static int archive_failed(struct archive *a, struct errbuf *why, const char *what)
{
    int err = archive_errno(a) > 0 ? -archive_errno(a) : UV_EIO;

    return err_set(why, err, "%s: %s", what,
                   archive_error_string(a) ? archive_error_string(a) : uv_strerror(err));
}

void backup_abandon(struct backup *w)
{
    if (!w)
        return;
    if (w->archive) {
        archive_write_fail(w->archive);
        archive_write_free(w->archive);
    }
    if (w->fd >= 0) {
        close(w->fd);
        unlink(w->part);
    }
    buf_release(&w->sums);
    free(w);
}

int backup_create(struct backup **wp, const char *path, struct errbuf *why)
{
    struct backup *w = calloc(1, sizeof(*w));
    int err = 0;

    if (!w)
        return err_set(why, UV_ENOMEM, "out of memory");
    w->fd = -1;
    buf_init(&w->sums, BACKUP_SUMS_MAX);
    if (snprintf(w->path, sizeof(w->path), "%s", path) >= (int)sizeof(w->path) - 8)
        err = err_set(why, UV_ENAMETOOLONG, "the name of the backup is too long");
    else if (!access(path, F_OK))
        err = err_set(why, UV_EEXIST, "%s is there already: choose another name", path);
    if (!err) {
        snprintf(w->part, sizeof(w->part), "%.*s.part", PATH_TEXT_MAX - 8, path);
        w->fd = open(w->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        err = w->fd < 0 ? failed(why, "the backup cannot be written") : 0;
    }
    w->archive = err ? NULL : archive_write_new();
    if (!err && (!w->archive || archive_write_set_format_pax_restricted(w->archive) ||
                 archive_write_set_bytes_in_last_block(w->archive, 1) ||
                 archive_write_open_fd(w->archive, w->fd)))
        err = err_set(why, UV_ENOMEM, "the backup cannot be begun");
    if (!err)
        err = backup_add_bytes(w, kind, version, sizeof(version) - 1, why);
    if (err)
        backup_abandon(w);
    else
        *wp = w;
    return err;
}

static int begin_entry(struct backup *w, const char *name, int64_t size, struct errbuf *why)
{
    struct archive_entry *entry = archive_entry_new();
    int rc;

    if (!entry)
        return err_set(why, UV_ENOMEM, "out of memory");
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_mtime(entry, clock_unix_ms() / 1000, 0);
    rc = archive_write_header(w->archive, entry);
    archive_entry_free(entry);
    return rc == ARCHIVE_OK ? 0 : archive_failed(w->archive, why, "the backup cannot be written");
}

static int write_piece(struct backup *w, EVP_MD_CTX *sum, const void *bytes, size_t len,
                       struct errbuf *why)
{
    if (archive_write_data(w->archive, bytes, len) != (la_ssize_t)len)
        return archive_failed(w->archive, why, "the backup cannot be written");
    return EVP_DigestUpdate(sum, bytes, len) == 1 ? 0 : UV_ENOMEM;
}

int backup_add_bytes(struct backup *w, const char *name, const void *bytes, size_t len,
                     struct errbuf *why)
{
    EVP_MD_CTX *sum = sum_begin();
    int err =
        sum ? begin_entry(w, name, (int64_t)len, why) : err_set(why, UV_ENOMEM, "out of memory");

    if (!err)
        err = write_piece(w, sum, bytes, len, why);
    if (!err)
        err = sum_end(sum, name, &w->sums, why);
    EVP_MD_CTX_free(sum);
    return err;
}

/* Adds the file at its present length; anything appended meanwhile is left out. */
int backup_add(struct backup *w, const char *name, int fd, struct errbuf *why)
{
    EVP_MD_CTX *sum = sum_begin();
    struct stat st;
    int64_t left;
    int err;

    if (!sum || fstat(fd, &st)) {
        EVP_MD_CTX_free(sum);
        return failed(why, "what is to be saved cannot be read");
    }
    left = st.st_size;
    err = begin_entry(w, name, left, why);
    for (off_t at = 0; !err && left > 0;) {
        ssize_t n = pread(fd, w->piece, left < PIECE ? (size_t)left : (size_t)PIECE, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            err = n ? failed(why, "what is to be saved cannot be read")
                    : err_set(why, UV_EIO, "%s became shorter while it was read", name);
        else
            err = write_piece(w, sum, w->piece, (size_t)n, why);
        at += n;
        left -= n;
    }
    if (!err)
        err = sum_end(sum, name, &w->sums, why);
    EVP_MD_CTX_free(sum);
    return err;
}

static int sync_folder_of(const char *path)
{
    char folder[PATH_TEXT_MAX];
    const char *slash = strrchr(path, '/');
    int fd;
    int rc;

    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1,
             slash ? path : ".");
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    rc = fsync(fd);
    close(fd);
    return rc;
}

int backup_finish(struct backup *w, uint64_t *size, struct errbuf *why)
{
    struct stat st = {0};
    int err = begin_entry(w, sums_name, (int64_t)w->sums.len, why);

    if (!err &&
        archive_write_data(w->archive, w->sums.data, w->sums.len) != (la_ssize_t)w->sums.len)
        err = archive_failed(w->archive, why, "the backup cannot be written");
    if (!err && archive_write_close(w->archive))
        err = archive_failed(w->archive, why, "the backup cannot be written");
    if (!err &&
        (fsync(w->fd) || fstat(w->fd, &st) || link(w->part, w->path) || sync_folder_of(w->path)))
        err = failed(why, "the backup cannot be written");
    if (!err)
        *size = (uint64_t)st.st_size;
    backup_abandon(w); /* this also removes the name it already had */
    return err;
}

/* ------------------------------------------------------------------------------ reading */

struct extract {
    struct archive *archive;
    int folder;
    struct buf sums;
    bool proved;
    uint64_t bytes;
    char piece[PIECE];
};

static bool is_recording(const char *name)
{
    char id[ID_TEXT_MAX];
    size_t len = strcspn(name, ".");

    if (len >= sizeof(id))
        return false;
    memcpy(id, name, len);
    id[len] = '\0';
    for (const char *const *ending = backup_endings; *ending; ending++)
        if (!strcmp(name + len, *ending))
            return id_valid(id);
    return false;
}

/* No other name is ever written, whatever the archive contains. */
static bool is_ours(const char *name)
{
    unsigned number;
    int end = 0;

    if (!strncmp(name, BACKUP_AUDIO, sizeof(BACKUP_AUDIO) - 1))
        return is_recording(name + sizeof(BACKUP_AUDIO) - 1);
    if (sscanf(name, "audit.%1u.jsonl%n", &number, &end) == 1 && end && !name[end])
        return true;
    return !strcmp(name, kind) || !strcmp(name, "audit.jsonl") || !strcmp(name, BACKUP_KEYS) ||
           !strcmp(name, BACKUP_STORE);
}

static int no_backup(struct errbuf *why)
{
    return err_set(why, UV_EILSEQ, "that is no backup of interviewd, or not a whole one");
}

static int make_place(const struct extract *x, const char *name, int *fd, struct errbuf *why)
{
    const char *slash = strchr(name, '/');
    char folder[NAME_MAX_LEN];

    if (slash) {
        snprintf(folder, sizeof(folder), "%.*s", (int)(slash - name), name);
        if (mkdirat(x->folder, folder, 0700) && errno != EEXIST)
            return failed(why, "what was saved cannot be written");
    }
    *fd = openat(x->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return *fd < 0 ? failed(why, "what was saved cannot be written") : 0;
}

static int write_all(int fd, const char *from, size_t len)
{
    while (len) {
        ssize_t n = write(fd, from, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        from += n;
        len -= (size_t)n;
    }
    return 0;
}

static int copy_entry(struct extract *x, int fd, EVP_MD_CTX *sum, struct errbuf *why)
{
    la_ssize_t n;

    while ((n = archive_read_data(x->archive, x->piece, PIECE)) > 0) {
        if (write_all(fd, x->piece, (size_t)n))
            return failed(why, "what was saved cannot be written");
        if (EVP_DigestUpdate(sum, x->piece, (size_t)n) != 1)
            return err_set(why, UV_ENOMEM, "out of memory");
        x->bytes += (uint64_t)n;
    }
    if (n < 0)
        return no_backup(why);
    return fsync(fd) ? failed(why, "what was saved cannot be written") : 0;
}

static int take_entry(struct extract *x, const char *name, struct errbuf *why)
{
    EVP_MD_CTX *sum = sum_begin();
    int fd = -1;
    int err = sum ? make_place(x, name, &fd, why) : err_set(why, UV_ENOMEM, "out of memory");

    if (!err)
        err = copy_entry(x, fd, sum, why);
    if (fd >= 0 && close(fd) && !err)
        err = failed(why, "what was saved cannot be written");
    if (!err)
        err = sum_end(sum, name, &x->sums, why);
    EVP_MD_CTX_free(sum);
    return err;
}

/* Compares the listed sums with those of what was read, in the same order. */
static int prove(struct extract *x, struct errbuf *why)
{
    size_t at = 0;
    la_ssize_t n;

    while ((n = archive_read_data(x->archive, x->piece, PIECE)) > 0) {
        if ((size_t)n > x->sums.len - at || memcmp(x->sums.data + at, x->piece, (size_t)n) != 0)
            return err_set(why, UV_EILSEQ, "the backup was changed or is damaged: its sums differ");
        at += (size_t)n;
    }
    if (n < 0 || at != x->sums.len)
        return no_backup(why);
    x->proved = true;
    return 0;
}

static int next_entry(struct extract *x, bool first, struct archive_entry *entry,
                      struct errbuf *why)
{
    const char *name = archive_entry_pathname(entry);

    if (!name || archive_entry_filetype(entry) != AE_IFREG || x->proved)
        return no_backup(why);
    if (!strcmp(name, sums_name))
        return prove(x, why);
    if (first != !strcmp(name, kind) || !is_ours(name))
        return no_backup(why);
    return take_entry(x, name, why);
}

static int extract_all(struct extract *x, int fd, struct errbuf *why)
{
    struct archive_entry *entry;
    bool first = true;
    int rc = ARCHIVE_OK;
    int err = 0;

    if (archive_read_support_format_tar(x->archive) ||
        archive_read_open_fd(x->archive, fd, PIECE) != ARCHIVE_OK)
        return no_backup(why);
    while (!err && (rc = archive_read_next_header(x->archive, &entry)) == ARCHIVE_OK) {
        err = next_entry(x, first, entry, why);
        first = false;
    }
    if (!err && (rc != ARCHIVE_EOF || !x->proved))
        err = no_backup(why);
    return err;
}

int backup_extract(const char *path, const char *folder, uint64_t *bytes, struct errbuf *why)
{
    struct extract *x = calloc(1, sizeof(*x));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int err = 0;

    if (fd < 0)
        err = err_set(why, -errno, "cannot read %s: %s", path, strerror(errno));
    else if (!x || !(x->archive = archive_read_new()))
        err = err_set(why, UV_ENOMEM, "out of memory");
    if (!err) {
        buf_init(&x->sums, BACKUP_SUMS_MAX);
        x->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        err = x->folder < 0 ? failed(why, "what was saved cannot be written")
                            : extract_all(x, fd, why);
        if (x->folder >= 0)
            close(x->folder);
        buf_release(&x->sums);
        *bytes = x->bytes;
    }
    if (x)
        archive_read_free(x->archive);
    free(x);
    if (fd >= 0)
        close(fd);
    return err;
}
