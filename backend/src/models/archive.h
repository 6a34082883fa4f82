/**
 * @file models/archive.h  Zip archives that strangers made: wheels, and archives inside them
 *
 *     archive_open(&a, data, len, &why);              // the bytes must outlive the archive
 *     m = archive_find(a, "data/model.bin");          // a whole name, or the end of one after a
 * "/" archive_read(a, m, 200 << 20, take, arg, &why); // in pieces, checked against its CRC
 *     archive_close(a);
 *
 * A name never becomes a path on the disk: who reads says what a member is stored as. An archive
 * with a name that would leave its folder ("..", "/x", a drive or a backslash) is refused as a
 * whole, for nobody makes one by accident. A member that grows past the size it claims, or claims
 * more than the reader wants, ends there. Stored and deflated members are read; ZIP64, encryption
 * and several disks are not (PKWARE APPNOTE 6.3.10, sections 4.3 and 4.4).
 *
 * Threads    Any number may read one archive.
 * Errors     UV_EINVAL: damaged or hostile; UV_ENOTSUP: a kind that is not read; UV_ENOBUFS: larger
 *            than the reader wants; what take() returned.
 */
#ifndef MODELS_ARCHIVE_H
#define MODELS_ARCHIVE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { ARCHIVE_MEMBERS_MAX = 20000, ARCHIVE_NAME_MAX = 512 };

struct archive;

struct archive_member {
    const char *name;
    uint64_t bytes;  /**< Unpacked, as it claims */
    uint64_t packed; /**< In the archive */
    uint32_t crc;
    uint32_t at; /**< Of its local header */
    int method;  /**< 0 stored, 8 deflated */
};

int archive_open(struct archive **ap, const void *data, size_t len, struct errbuf *why);
void archive_close(struct archive *a); /**< NULL is allowed */

size_t archive_count(const struct archive *a);
const struct archive_member *archive_at(const struct archive *a, size_t i);

/** NULL: there is none. Of several with that end, the first. */
const struct archive_member *archive_find(const struct archive *a, const char *name);

/** Calls take() with piece after piece; its first value that is not 0 ends it and is returned. */
int archive_read(const struct archive *a, const struct archive_member *m, uint64_t most,
                 int (*take)(const void *data, size_t n, void *arg), void *arg, struct errbuf *why);

#endif
