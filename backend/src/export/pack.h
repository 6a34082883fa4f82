/**
 * @file export/pack.h  A zip archive that is produced while it is read
 *
 *     const struct pack_door *door = pack_load(why);       // interviewd-pack, at the first use
 *     struct pack *p = door->open();
 *     door->begin(p, "sessions/a.json", unix_ms, PACK_DEFLATE);
 *     door->write(p, data, len);                            // as often as it comes, in any pieces
 *     ... read what door->ready(p, &len) shows; door->took(p, len) ...
 *     door->end(p);                                         // the directory; then read the rest
 *     door->close(p);
 *
 * The archive is written strictly forwards, so it needs no file, and memory only for what was not
 * read yet: the length of each entry comes after its data (APPNOTE.TXT 6.3.10 section 4.3.9), which
 * all current unpackers can read, large entries too (ZIP64). The module is linked only with
 * libarchive, not with our code.
 *
 * Threads    Not thread-safe: one owner at a time.
 * Errors     begin, write and end: 0 or -1, after which only close() makes sense.
 */
#ifndef EXPORT_PACK_H
#define EXPORT_PACK_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { PACK_ABI = 1 /**< Increased when this file changes */ };

enum pack_how {
    PACK_DEFLATE,
    PACK_STORE, /**< For data that is already compressed */
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
    void (*close)(struct pack *p); /**< NULL is allowed; wipes unread data */
};

const struct pack_door *pack_load(struct errbuf *why);

#endif
