/**
 * @file store/sqlite_file.c  The database as files: modes, identity, and room to delete
 */
#include "store/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATH_TEXT_MAX = 4096,
    FOLDER_MODE = 0700,
    FILE_MODE = 0600,
    RESERVE_PARTS = 64, /* less than this fraction of the reserve counts as none */
};

/* ------------------------------------------------------------------------------- making */

static int make_folder(const char *path, struct errbuf *why)
{
    char folder[PATH_TEXT_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;

    if (len >= sizeof(folder))
        return err_set(why, UV_ENAMETOOLONG, "the path of the database is too long");
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/')
            continue;
        memcpy(folder, path, i);
        folder[i] = '\0';
        if (!mkdir(folder, FOLDER_MODE))
            chmod(folder, FOLDER_MODE);
        else if (errno != EEXIST)
            return err_set(why, -errno, "cannot make the folder %s: %s", folder, strerror(errno));
    }
    return 0;
}

/* An older version may have left it readable by others; a file that is not ours is its owner's
 * business. */
static void close_to_others(const char *path)
{
    struct stat st;

    if (!stat(path, &st) && (st.st_mode & 0077))
        chmod(path, st.st_mode & 0700);
}

/* If it cannot be created, SQLite will report that better. */
static void make_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

    if (fd < 0)
        return;
    fchmod(fd, FILE_MODE);
    close(fd);
}

int db_file_open(struct db_file *file, const char *path, uint64_t reserve_bytes, struct errbuf *why)
{
    char index[PATH_TEXT_MAX];
    int err = make_folder(path, why);

    if (err)
        return err;
    *file = (struct db_file){.path = strdup(path), .reserve_max = (int64_t)reserve_bytes};
    if (!file->path || asprintf(&file->log, "%s-wal", path) < 0 ||
        asprintf(&file->reserve, "%s-reserve", path) < 0) {
        db_file_release(file);
        return err_set(why, UV_ENOMEM, "out of memory");
    }
    make_file(path);
    snprintf(index, sizeof(index), "%s-shm", path);
    close_to_others(path);
    close_to_others(file->log);
    close_to_others(index);
    return 0;
}

void db_file_release(struct db_file *file)
{
    free(file->path);
    free(file->log);
    free(file->reserve);
    *file = (struct db_file){0};
}

/* ----------------------------------------------------------------------------- identity */

static struct identity identify(const char *path)
{
    struct stat st;

    if (stat(path, &st))
        return (struct identity){0};
    return (struct identity){st.st_dev, st.st_ino};
}

static bool is_other(const char *path, struct identity was)
{
    struct identity is = identify(path);

    return was.ino && (is.ino != was.ino || is.dev != was.dev);
}

void db_file_identify(struct db_file *file)
{
    if (!file->db.ino)
        file->db = identify(file->path);
    if (!file->wal.ino)
        file->wal = identify(file->log);
}

bool db_file_lost(const struct db_file *file)
{
    return is_other(file->path, file->db) || is_other(file->log, file->wal);
}

/* ------------------------------------------------------------------------------ reserve */

/* Writes real blocks: a hole would reserve nothing. */
static int fill(int fd, int64_t size)
{
    static const char zeros[65536];

    if (!fallocate(fd, 0, 0, size))
        return 0;
    if (errno != EOPNOTSUPP)
        return -errno;
    for (int64_t at = 0; at < size; at += (int64_t)sizeof(zeros)) {
        if (pwrite(fd, zeros, sizeof(zeros), at) != (ssize_t)sizeof(zeros))
            return -ENOSPC;
    }
    return 0;
}

void reserve_keep(const struct db_file *file)
{
    int64_t size = file->reserve_max;
    struct stat st;
    int fd;

    if (!file->reserve_max)
        return;
    if (!stat(file->reserve, &st) && st.st_size >= file->reserve_max)
        return;
    fd = open(file->reserve, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0)
        return;
    fchmod(fd, FILE_MODE);
    while (size && fill(fd, size)) /* if there is not room for all of it, take as much as
                                      possible */
        size = ftruncate(fd, 0) || size <= file->reserve_max / RESERVE_PARTS ? 0 : size / 2;
    if (!size)
        unlink(file->reserve);
    close(fd);
}

bool reserve_spend(const struct db_file *file)
{
    struct stat st;

    if (stat(file->reserve, &st) || !st.st_size)
        return false;
    return truncate(file->reserve, 0) == 0;
}

uint64_t file_size_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == RLIM_INFINITY)
        return 0;
    return limit.rlim_cur;
}
