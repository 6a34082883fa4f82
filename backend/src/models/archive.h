/**
 * @file models/archive.h  Zip archives from untrusted sources: wheels, and archives inside them
 *
 *     archive_open(&a, data, len, &why);              // the bytes must outlive the archive
 *     m = archive_find(a, "data/model.bin");          // a whole name, or its end after a /
 *     archive_read(a, m, 200 << 20, take, arg, &why); // in pieces, checked against its CRC
 *     archive_close(a);
 *
 * A member's name never becomes a path on disk: the caller decides where its bytes go. An archive
 * with a name that would leave its folder ("..", "/x", a drive or a backslash) is refused as a
 * whole, because nobody makes one by accident. A member that grows past the size it claims, or
 * claims more than the caller allows, is refused. Stored and deflated members are supported; ZIP64,
 * encryption and multi-disk archives are not (PKWARE APPNOTE 6.3.10, sections 4.3 and 4.4).
 *
 * Threads    Any number of threads may read one archive.
 * Errors     UV_EINVAL: damaged or hostile; UV_ENOTSUP: an unsupported kind; UV_ENOBUFS: larger
 *            than the caller allows; what take() returned.
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
    uint64_t bytes;  /**< Unpacked size, as claimed */
    uint64_t packed; /**< Size in the archive */
    uint32_t crc;
    uint32_t at; /**< Offset of its local header */
    int method;  /**< 0 stored, 8 deflated */
};

int archive_open(struct archive **ap, const void *data, size_t len, struct errbuf *why);
void archive_close(struct archive *a); /**< NULL is allowed */

size_t archive_count(const struct archive *a);
const struct archive_member *archive_at(const struct archive *a, size_t i);

/** NULL: there is none. If several end like that, the first. */
const struct archive_member *archive_find(const struct archive *a, const char *name);

/** Calls take() with one piece after another; the first value from it that is not 0 stops the
 *  reading and is returned. */
int archive_read(const struct archive *a, const struct archive_member *m, uint64_t most,
                 int (*take)(const void *data, size_t n, void *arg), void *arg, struct errbuf *why);

#endif
