/**
 * @file models/archive.c  Zip archives from untrusted sources; see archive.h
 */
#include "models/archive.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    END_SIZE = 22,
    CENTRAL_SIZE = 46,
    LOCAL_SIZE = 30,
    COMMENT_MAX = 65535,
    PIECE = 1 << 16,
    ENCRYPTED = 1, /* in the flags */
    STORED = 0,
    DEFLATED = 8,
};

#define END_MAGIC     UINT32_C(0x06054b50)
#define CENTRAL_MAGIC UINT32_C(0x02014b50)
#define LOCAL_MAGIC   UINT32_C(0x04034b50)

struct archive {
    const uint8_t *data;
    size_t len;
    struct archive_member *members;
    size_t count;
    char *names;
};

static unsigned u16(const uint8_t *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static uint32_t u32(const uint8_t *p)
{
    return u16(p) | (uint32_t)u16(p + 2) << 16;
}

/* ---- the directory ------------------------------------------------------------------------ */

/* The end record is the last thing in the file, apart from a comment. */
static const uint8_t *find_end(const uint8_t *data, size_t len)
{
    size_t least = len > END_SIZE + COMMENT_MAX ? len - END_SIZE - COMMENT_MAX : 0;

    if (len < END_SIZE)
        return NULL;
    for (size_t at = len - END_SIZE + 1; at-- > least;) {
        if (u32(data + at) == END_MAGIC && at + END_SIZE + u16(data + at + 20) == len)
            return data + at;
    }
    return NULL;
}

/* Does the name stay inside the folder it is unpacked to? */
static bool harmless(const char *name, size_t len)
{
    if (!len || name[0] == '/' || memchr(name, '\\', len) || memchr(name, '\0', len))
        return false;
    if (len > 1 && name[1] == ':')
        return false;
    for (size_t at = 0; at < len;) {
        const char *slash = memchr(name + at, '/', len - at);
        size_t part = slash ? (size_t)(slash - name) - at : len - at;

        if (part == 2 && !memcmp(name + at, "..", 2))
            return false;
        at += part + 1;
    }
    return true;
}

/* Reads one entry; returns its length in the directory, or a negative code. */
static long take_member(struct archive *a, const uint8_t *p, size_t left, char **names,
                        struct errbuf *why)
{
    struct archive_member *m = &a->members[a->count];
    size_t name_len, size;

    if (left < CENTRAL_SIZE || u32(p) != CENTRAL_MAGIC)
        return err_set(why, UV_EINVAL, "the archive is damaged: its directory ends too soon");
    name_len = u16(p + 28);
    size = CENTRAL_SIZE + name_len + u16(p + 30) + u16(p + 32);
    if (left < size)
        return err_set(why, UV_EINVAL, "the archive is damaged: its directory ends too soon");
    if (name_len > ARCHIVE_NAME_MAX || !harmless((const char *)p + CENTRAL_SIZE, name_len))
        return err_set(why, UV_EINVAL,
                       "the archive is refused: a name in it leads out of its folder");
    if (u16(p + 8) & ENCRYPTED)
        return err_set(why, UV_ENOTSUP, "the archive is encrypted");
    *m = (struct archive_member){.name = *names,
                                 .method = (int)u16(p + 10),
                                 .crc = u32(p + 16),
                                 .packed = u32(p + 20),
                                 .bytes = u32(p + 24),
                                 .at = u32(p + 42)};
    memcpy(*names, p + CENTRAL_SIZE, name_len);
    (*names)[name_len] = '\0';
    *names += name_len + 1;
    if (m->packed == UINT32_MAX || m->bytes == UINT32_MAX || m->at == UINT32_MAX)
        return err_set(why, UV_ENOTSUP, "archives of more than 4 GB are not read");
    a->count++;
    return (long)size;
}

static int read_directory(struct archive *a, struct errbuf *why)
{
    const uint8_t *end = find_end(a->data, a->len);
    size_t count, size, at;
    char *names;

    if (!end)
        return err_set(why, UV_EINVAL, "it is no zip archive, or its end is missing");
    count = u16(end + 10);
    size = u32(end + 12);
    at = u32(end + 16);
    if (u16(end + 4) || u16(end + 6) || u16(end + 8) != count)
        return err_set(why, UV_ENOTSUP, "archives on several disks are not read");
    if (count > ARCHIVE_MEMBERS_MAX || at > (size_t)(end - a->data) ||
        size > (size_t)(end - a->data) - at)
        return err_set(why, UV_EINVAL, "the archive is damaged: its directory lies outside of it");
    a->members = calloc(count + 1, sizeof(*a->members));
    names = a->names = malloc(size + count + 1);
    if (!a->members || !names)
        return err_set(why, UV_ENOMEM, "not enough memory for the archive's directory");
    while (a->count < count) {
        long n = take_member(a, a->data + at, size, &names, why);

        if (n < 0)
            return (int)n;
        at += (size_t)n;
        size -= (size_t)n;
    }
    return 0;
}

int archive_open(struct archive **ap, const void *data, size_t len, struct errbuf *why)
{
    struct archive *a = calloc(1, sizeof(*a));
    int err;

    if (!a)
        return err_set(why, UV_ENOMEM, "not enough memory for the archive");
    a->data = data;
    a->len = len;
    err = read_directory(a, why);
    if (err)
        archive_close(a);
    else
        *ap = a;
    return err;
}

void archive_close(struct archive *a)
{
    if (!a)
        return;
    free(a->members);
    free(a->names);
    free(a);
}

size_t archive_count(const struct archive *a)
{
    return a->count;
}

const struct archive_member *archive_at(const struct archive *a, size_t i)
{
    return i < a->count ? &a->members[i] : NULL;
}

const struct archive_member *archive_find(const struct archive *a, const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; i < a->count; i++) {
        size_t len = strlen(a->members[i].name);
        const char *tail = a->members[i].name + (len >= n ? len - n : 0);

        if (len >= n && !strcmp(tail, name) && (len == n || tail[-1] == '/'))
            return &a->members[i];
    }
    return NULL;
}

/* ---- a member ----------------------------------------------------------------------------- */

/* Where a member's packed bytes are; NULL if they are not all there. */
static const uint8_t *packed_bytes(const struct archive *a, const struct archive_member *m)
{
    const uint8_t *p = a->data + m->at;
    size_t left, skip;

    if (m->at > a->len || a->len - m->at < LOCAL_SIZE || u32(p) != LOCAL_MAGIC)
        return NULL;
    left = a->len - m->at - LOCAL_SIZE;
    skip = (size_t)u16(p + 26) + u16(p + 28);
    if (skip > left || m->packed > left - skip)
        return NULL;
    return p + LOCAL_SIZE + skip;
}

struct unpacking {
    int (*take)(const void *data, size_t n, void *arg);
    void *arg;
    uint64_t bytes; /* so far */
    uint64_t most;
    uLong crc;
};

static int hand_over(struct unpacking *u, const void *data, size_t n, struct errbuf *why)
{
    u->bytes += n;
    if (u->bytes > u->most)
        return err_set(why, UV_EINVAL, "the archive is damaged: a member is longer than it says");
    u->crc = crc32(u->crc, data, (uInt)n);
    return u->take(data, n, u->arg);
}

static int copy_stored(struct unpacking *u, const uint8_t *from, uint64_t n, struct errbuf *why)
{
    int err = 0;

    while (!err && n) {
        size_t piece = n < PIECE ? (size_t)n : PIECE;

        err = hand_over(u, from, piece, why);
        from += piece;
        n -= piece;
    }
    return err;
}

static int inflate_all(struct unpacking *u, z_stream *z, uint8_t *out, struct errbuf *why)
{
    int rc = Z_OK;
    int err = 0;

    while (!err && rc != Z_STREAM_END) {
        z->next_out = out;
        z->avail_out = PIECE;
        rc = inflate(z, Z_NO_FLUSH);
        if ((rc != Z_OK && rc != Z_STREAM_END) || (rc == Z_OK && z->avail_out == PIECE))
            return err_set(why, UV_EINVAL, "the archive is damaged: a member cannot be unpacked");
        if (z->avail_out < PIECE)
            err = hand_over(u, out, PIECE - z->avail_out, why);
    }
    return err;
}

static int unpack_deflated(struct unpacking *u, const uint8_t *from, uint64_t n, struct errbuf *why)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)from, .avail_in = (uInt)n};
    uint8_t *out = malloc(PIECE);
    int err;

    if (!out || inflateInit2(&z, -MAX_WBITS) != Z_OK) {
        free(out);
        return err_set(why, UV_ENOMEM, "not enough memory to unpack the archive");
    }
    err = inflate_all(u, &z, out, why);
    inflateEnd(&z);
    free(out);
    return err;
}

int archive_read(const struct archive *a, const struct archive_member *m, uint64_t most,
                 int (*take)(const void *data, size_t n, void *arg), void *arg, struct errbuf *why)
{
    struct unpacking u = {take, arg, 0, m->bytes, crc32(0, NULL, 0)};
    const uint8_t *from = packed_bytes(a, m);
    int err;

    if (m->bytes > most)
        return err_set(why, UV_ENOBUFS, "%.200s in the archive is larger than it may be", m->name);
    if (!from)
        return err_set(why, UV_EINVAL, "the archive is damaged: %.200s is not whole", m->name);
    if (m->method == STORED)
        err = copy_stored(&u, from, m->packed, why);
    else if (m->method == DEFLATED)
        err = unpack_deflated(&u, from, m->packed, why);
    else
        return err_set(why, UV_ENOTSUP, "%.200s is packed in a way that is not read here", m->name);
    if (!err && (u.bytes != m->bytes || (uint32_t)u.crc != m->crc))
        err = err_set(why, UV_EINVAL, "the archive is damaged: %.200s is not what it was", m->name);
    return err;
}
