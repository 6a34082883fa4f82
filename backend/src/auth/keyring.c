/**
 * @file auth/keyring.c  Reading and writing master keys
 */
#include "auth/keyring.h"

#include "auth/base64url.h"
#include "base/id.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LINE_LEN = 2 * KEY_LEN + 1,
    FILE_MAX = SEAL_KEYS_MAX * (LINE_LEN + 2), /* with room for "\r" and a blank line */
};

static const char between[] = ", \t\r\n";

void keyring_wipe(struct keyring *ring)
{
    explicit_bzero(ring, sizeof(*ring));
}

/* ------------------------------------------------------------------------------ reading */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int from_hex(const char *text, unsigned char key[static KEY_LEN])
{
    for (size_t i = 0; i < KEY_LEN; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return UV_EINVAL;
        key[i] = (unsigned char)(high << 4 | low);
    }
    return 0;
}

/* Both alphabets of base64, with or without padding. */
static int from_base64(const char *text, size_t len, unsigned char key[static KEY_LEN])
{
    char url[BASE64URL_LEN(KEY_LEN)];
    long n;

    while (len && text[len - 1] == '=')
        len--;
    if (len != BASE64URL_LEN(KEY_LEN))
        return UV_EINVAL;
    for (size_t i = 0; i < len; i++)
        url[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    n = base64url_decode(url, len, key, KEY_LEN);
    explicit_bzero(url, sizeof(url));
    return n == KEY_LEN ? 0 : UV_EINVAL;
}

static int parse_key(const char *text, size_t len, unsigned char key[static KEY_LEN])
{
    return len == (size_t)2 * KEY_LEN ? from_hex(text, key) : from_base64(text, len, key);
}

/* Compares with all known keys, because the time could reveal where it is found. */
static bool is_known(const struct keyring *ring, const unsigned char key[static KEY_LEN])
{
    bool known = false;

    for (size_t i = 0; i < ring->count; i++)
        known |= text_equal_secret(ring->key[i], key, KEY_LEN);
    return known;
}

int keyring_parse(const char *text, struct keyring *ring)
{
    int err = *text && strspn(text, between) ? UV_EINVAL : 0;

    ring->count = 0;
    while (!err && *text) {
        size_t len = strcspn(text, between);
        unsigned char *key = ring->key[ring->count];

        err = ring->count == SEAL_KEYS_MAX ? UV_EINVAL : parse_key(text, len, key);
        if (!err && is_known(ring, key))
            err = UV_EINVAL;
        ring->count += !err;
        text += len;
        text += strspn(text, between);
    }
    if (!err && !ring->count)
        err = UV_EINVAL;
    if (err)
        keyring_wipe(ring);
    return err;
}

static int read_ring(int fd, const char *path, struct keyring *ring, struct errbuf *why)
{
    char text[FILE_MAX + 1];
    struct stat st;
    ssize_t n;
    int err;

    if (fstat(fd, &st))
        return err_set(why, -errno, "cannot read %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(why, S_ISDIR(st.st_mode) ? UV_EISDIR : UV_EINVAL,
                       "%s is not a file: put the key file back in its place from a backup", path);
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return err_set(why, UV_EPERM,
                       "the key file %s can be read by other users of this machine (mode %03o): "
                       "run chmod 600 %s",
                       path, (unsigned)st.st_mode & 0777, path);
    n = read(fd, text, FILE_MAX);
    if (n < 0)
        return err_set(why, -errno, "cannot read %s: %s", path, strerror(errno));
    text[n] = '\0';
    err = strlen(text) == (size_t)n ? keyring_parse(text, ring) : UV_EINVAL;
    explicit_bzero(text, sizeof(text));
    if (err)
        return err_set(why, UV_EINVAL,
                       "%s does not hold a key (64 hex digits): restore it from a backup; without "
                       "it the stored profiles and transcripts cannot be read",
                       path);
    return 0;
}

/* ------------------------------------------------------------------------------ writing */

static int make_folder(const char *path, struct errbuf *why)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');

    if (!slash || slash == path)
        return 0;
    if ((size_t)(slash - path) >= sizeof(folder))
        return err_set(why, UV_ENAMETOOLONG, "the path of the key file is too long");
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    for (char *p = folder + 1;; p++) {
        char was = *p;

        if (was != '/' && was != '\0')
            continue;
        *p = '\0';
        if (!mkdir(folder, 0700))
            chmod(folder, 0700); /* regardless of the umask */
        else if (errno != EEXIST)
            return err_set(why, -errno, "cannot make the folder %s: %s", folder, strerror(errno));
        *p = was;
        if (!was)
            return 0;
    }
}

static int write_all(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = write(fd, text, len);

        if (n < 0)
            return -errno;
        text += n;
        len -= (size_t)n;
    }
    return fsync(fd) ? -errno : 0;
}

static int open_folder_of(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');

    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int sync_folder(const char *path)
{
    int fd = open_folder_of(path);
    int err;

    if (fd < 0)
        return -errno;
    err = fsync(fd) ? -errno : 0;
    close(fd);
    return err;
}

size_t keyring_print(const struct keyring *ring, char *text)
{
    for (size_t i = 0; i < ring->count; i++) {
        for (size_t j = 0; j < KEY_LEN; j++)
            snprintf(text + i * LINE_LEN + 2 * j, 3, "%02x", ring->key[i][j]);
        text[(i + 1) * LINE_LEN - 1] = '\n';
    }
    text[ring->count * LINE_LEN] = '\0';
    return ring->count * LINE_LEN;
}

/* Writes a separate file beside path; it is on disk when this returns 0. */
static int write_apart(const char *temporary, const struct keyring *ring)
{
    char text[KEYRING_TEXT_MAX];
    size_t len = keyring_print(ring, text);
    int fd;
    int err;

    unlink(temporary);
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    err = fd < 0 || fchmod(fd, 0600) ? -errno : write_all(fd, text, len);
    if (fd >= 0 && close(fd) && !err)
        err = -errno;
    explicit_bzero(text, sizeof(text));
    return err;
}

/* The file appears with the whole ring in it or not at all. first: only if there is no file yet;
 * when two processes start at once, the first one's key is used by both. */
static int write_ring(const char *path, const struct keyring *ring, bool first, struct errbuf *why)
{
    char *temporary;
    int err;

    if (asprintf(&temporary, "%s.%ld.new", path, (long)getpid()) < 0)
        return err_set(why, UV_ENOMEM, "out of memory");
    err = write_apart(temporary, ring);
    if (!err && first && link(temporary, path) && errno != EEXIST)
        err = -errno;
    if (!err && !first && rename(temporary, path))
        err = -errno;
    if (!err)
        err = sync_folder(path);
    unlink(temporary);
    free(temporary);
    return err ? err_set(why, err, "cannot make the key file %s: %s", path, uv_strerror(err)) : 0;
}

static int make_key(const char *path, struct errbuf *why)
{
    struct keyring ring = {.count = 1};
    int err = make_folder(path, why);

    if (err)
        return err;
    random_bytes(ring.key[0], KEY_LEN);
    err = write_ring(path, &ring, true, why);
    keyring_wipe(&ring);
    return err;
}

int keyring_load(const char *path, enum seal_start start, struct keyring *ring, struct errbuf *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int err;

    if (fd < 0 && errno == ENOENT && start == SEAL_KEY_IN_USE)
        return err_set(why, UV_ENOENT,
                       "the key file %s is missing, and what is stored cannot be read without it: "
                       "put it back from a backup with mode 0600, or set INTERVIEWD_MASTER_KEY; no "
                       "second key is made",
                       path);
    if (fd < 0 && errno == ENOENT) {
        if ((err = make_key(path, why)))
            return err;
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0)
        return err_set(why, -errno, "cannot read the key file %s: %s", path, strerror(errno));
    err = read_ring(fd, path, ring, why);
    close(fd);
    return err;
}

int keyring_change(const char *path, int (*fn)(struct keyring *ring, struct errbuf *why),
                   struct errbuf *why)
{
    struct keyring ring = {0};
    int folder = open_folder_of(path);
    int err;

    if (folder < 0 || flock(folder, LOCK_EX)) {
        err = err_set(why, -errno, "cannot use the folder of %s: %s", path, strerror(errno));
        if (folder >= 0)
            close(folder);
        return err;
    }
    err = keyring_load(path, SEAL_KEY_IN_USE, &ring, why);
    if (!err)
        err = fn(&ring, why);
    if (!err)
        err = write_ring(path, &ring, false, why);
    keyring_wipe(&ring);
    close(folder); /* this also releases the lock */
    return err;
}

int keyring_make(const char *path, const struct keyring *ring, struct errbuf *why)
{
    struct keyring there = {0};
    int err = make_folder(path, why);

    if (!err)
        err = write_ring(path, ring, true, why);
    if (!err)
        err = keyring_load(path, SEAL_KEY_IN_USE, &there, why);
    if (!err && (there.count != ring->count ||
                 !text_equal_secret(there.key, ring->key, ring->count * KEY_LEN)))
        err = err_set(why, UV_EEXIST, "there are other keys in %s already", path);
    keyring_wipe(&there);
    return err;
}
