/**
 * @file export/pack.h  A zip archive that is made while it is read
 *
 *     const struct pack_door *door = pack_load(why);       // interviewd-pack, at the first use
 *     struct pack *p = door->open();
 *     door->begin(p, "sessions/a.json", unix_ms, PACK_DEFLATE);
 *     door->write(p, data, len);                            // as often as it comes, in any pieces
 *     ... read what door->ready(p, &len) shows; door->took(p, len) ...
 *     door->end(p);                                         // the list of files; then read the
 * rest door->close(p);
 *
 * Nothing goes back to what was written, so no file and no more memory is needed than what was not
 * read yet: each entry says its length behind its data (APPNOTE.TXT 6.3.10 section 4.3.9), which
 * all unpackers of today read, large ones too (ZIP64). The module is linked with libarchive and
 * with nothing of ours.
 *
 * Threads    None of its own: one owner at a time.
 * Errors     begin, write and end: 0 or -1, after which only close() makes sense.
 */
#ifndef EXPORT_PACK_H
#define EXPORT_PACK_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { PACK_ABI = 1 /**< Raised when this file changes */ };

enum pack_how {
    PACK_DEFLATE,
    PACK_STORE, /**< What is compressed already */
};

struct pack;

struct pack_door {
    int abi;
    struct pack *(*open)(void); /**< NULL: out of memory */
    int (*begin)(struct pack *p, const char *name, int64_t unix_ms, enum pack_how how);
    int (*write)(struct pack *p, const void *data, size_t len);
    int (*end)(struct pack *p);
    const void *(*ready)(struct pack *p, size_t *len);
    void (*took)(struct pack *p, size_t len);
    void (*close)(struct pack *p); /**< NULL is allowed; wipes what was not read */
};

const struct pack_door *pack_load(struct errbuf *why);

#endif
