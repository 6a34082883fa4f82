/**
 * @file folder.c  The data folder: private to its owner, used by one server at a time
 */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int check_restored(const char *dir, struct errbuf *why)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/" FOLDER_RESTORING, dir);
    if (access(path, F_OK))
        return 0;
    return err_set(why, UV_EBUSY,
                   "putting a backup back into %s was cut off, or is under way: run interviewd "
                   "restore again",
                   dir);
}

int folder_open(const char *dir, struct errbuf *why)
{
    if (!mkdir(dir, 0700))
        chmod(dir, 0700); /* regardless of the umask */
    else if (errno != EEXIST)
        return err_set(why, -errno, "the folder %s cannot be made: %s", dir, strerror(errno));
    if (!access(dir, W_OK | X_OK))
        return check_restored(dir, why);
    return err_set(why, -errno,
                   "the folder %s cannot be written (%s): give it to the user who runs interviewd, "
                   "mount its disk writable, or choose another one with --data",
                   dir, strerror(errno));
}

bool folder_has(const char *path)
{
    struct stat st;

    return !stat(path, &st) && st.st_size > 0;
}

bool folder_is_open_to_all(const char *dir)
{
    struct stat st;

    return !stat(dir, &st) && st.st_mode & S_IWOTH;
}

static struct flock whole_file(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

static long read_pid(int fd)
{
    char text[24] = "";
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    long pid = n > 0 ? strtol(text, NULL, 10) : 0;

    return pid > 0 ? pid : -1;
}

static void write_pid(int fd)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)n, 0) != n)
        return; /* full disk: the lock works without it */
}

int folder_lock(const char *path, struct folder_lock *lock, struct errbuf *why)
{
    struct flock all = whole_file();
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    long pid;

    if (fd < 0)
        return err_set(why, -errno, "cannot make %s: %s", path, strerror(errno));
    fchmod(fd, 0600);
    if (!fcntl(fd, F_SETLK, &all)) {
        write_pid(fd);
        *lock = (struct folder_lock){true, fd};
        return 0;
    }
    pid = read_pid(fd);
    close(fd);
    if (pid > 0)
        return err_set(why, UV_EBUSY,
                       "another interviewd (process %ld) serves this data folder already: use that "
                       "one, stop it, or choose another folder with --data",
                       pid);
    return err_set(why, UV_EBUSY,
                   "another interviewd serves this data folder already: use that one, stop it, or "
                   "choose another folder with --data");
}

void folder_unlock(struct folder_lock *lock)
{
    if (lock->held)
        close(lock->fd);
    *lock = (struct folder_lock){0};
}

long folder_holder(const char *path)
{
    struct flock all = whole_file();
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    long pid = 0;

    if (fd < 0)
        return 0;
    if (!fcntl(fd, F_GETLK, &all) && all.l_type != F_UNLCK)
        pid = read_pid(fd);
    close(fd);
    return pid;
}

int folder_share(const char *path, struct folder_lock *lock, struct errbuf *why)
{
    struct flock all = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return err_set(why, -errno, "cannot make %s: %s", path, strerror(errno));
    if (fcntl(fd, F_SETLK, &all)) {
        int err = -errno;

        close(fd);
        return err_set(why, err, "%s cannot be locked: %s", path, strerror(-err));
    }
    *lock = (struct folder_lock){true, fd};
    return 0;
}

bool folder_shared(const struct folder_lock *lock)
{
    struct flock all = whole_file();

    return lock->held && !fcntl(lock->fd, F_GETLK, &all) && all.l_type != F_UNLCK;
}

uint64_t folder_free_mib(const char *dir)
{
    struct statvfs fs;

    return statvfs(dir, &fs) ? UINT64_MAX : (uint64_t)fs.f_bavail * fs.f_frsize >> 20;
}
