/**
 * @file export/pack_module.c  The shared module that makes zip archives (libarchive)
 */
#include "export/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct pack {
    struct archive *archive;
    char *data; /* written by libarchive and not read yet: from at to len */
    size_t at, len, room;
};

/* Makes room for len more bytes after the unread data, which moves to the front. */
static int make_room(struct pack *p, size_t len)
{
    size_t left = p->len - p->at;
    size_t room = 2 * (left + len);
    char *more = p->data;

    if (left + len > p->room && !(more = malloc(room)))
        return -1;
    memmove(more, p->data + p->at, left);
    if (more != p->data) {
        explicit_bzero(p->data, p->room);
        free(p->data);
        p->data = more;
        p->room = room;
    }
    p->at = 0;
    p->len = left;
    return 0;
}

static la_ssize_t keep(struct archive *archive, void *arg, const void *data, size_t len)
{
    struct pack *p = arg;

    if (p->room - p->len < len && make_room(p, len)) {
        archive_set_error(archive, ENOMEM, "out of memory");
        return -1;
    }
    memcpy(p->data + p->len, data, len);
    p->len += len;
    return (la_ssize_t)len;
}

static void door_close(struct pack *p)
{
    if (!p)
        return;
    if (p->archive)
        archive_write_free(p->archive);
    if (p->data)
        explicit_bzero(p->data, p->room);
    free(p->data);
    free(p);
}

static struct pack *door_open(void)
{
    struct pack *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->room = 64 << 10;
    p->data = malloc(p->room);
    p->archive = archive_write_new();
    if (!p->data || !p->archive || archive_write_set_format_zip(p->archive) ||
        archive_write_set_bytes_per_block(p->archive, 0) || /* output immediately */
        archive_write_open(p->archive, p, NULL, keep, NULL)) {
        door_close(p);
        return NULL;
    }
    return p;
}

static int door_begin(struct pack *p, const char *name, int64_t unix_ms, enum pack_how how)
{
    struct archive_entry *entry = archive_entry_new();
    int err;

    if (!entry)
        return -1;
    archive_entry_set_pathname_utf8(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_mtime(entry, unix_ms / 1000, 0);
    err = how == PACK_STORE ? archive_write_zip_set_compression_store(p->archive)
                            : archive_write_zip_set_compression_deflate(p->archive);
    if (err == ARCHIVE_OK)
        err = archive_write_header(p->archive, entry);
    archive_entry_free(entry);
    return err == ARCHIVE_OK ? 0 : -1;
}

static int door_write(struct pack *p, const void *data, size_t len)
{
    return archive_write_data(p->archive, data, len) == (la_ssize_t)len ? 0 : -1;
}

static int door_end(struct pack *p)
{
    return archive_write_close(p->archive) == ARCHIVE_OK ? 0 : -1;
}

static const void *door_ready(struct pack *p, size_t *len)
{
    *len = p->len - p->at;
    return p->data + p->at;
}

static void door_took(struct pack *p, size_t len)
{
    explicit_bzero(p->data + p->at, len);
    p->at += len;
}

extern const struct pack_door pack_door;
const struct pack_door pack_door = {
    .abi = PACK_ABI,
    .open = door_open,
    .begin = door_begin,
    .write = door_write,
    .end = door_end,
    .ready = door_ready,
    .took = door_took,
    .close = door_close,
};
