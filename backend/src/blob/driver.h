/**
 * @file blob/driver.h  What a blob driver provides; only blob/ includes this
 *
 * A driver is a const table. It stores bytes that are already sealed and knows nothing about
 * chunks. blob.c checks the arguments: ids are well-formed. To add one: a file beside files.c, a
 * line in the list in blob.c, and one in test/conformance/blob.c, which must pass unchanged.
 *
 * Threads, errors See blob.h.
 */
#ifndef BLOB_DRIVER_H
#define BLOB_DRIVER_H

#include "blob/blob.h"

#include <stdbool.h>

enum blob_put { BLOB_NEW, BLOB_AGAIN, BLOB_GROWING };

struct blob_driver {
    const char *name;

    int (*open)(void **sp, const struct blob_params *params, struct errbuf *why);
    void (*close)(void *store);

    /* BLOB_AGAIN: a new version of an existing blob; committing it replaces the present one, or
     * returns UV_ENOENT and leaves nothing */
    int (*create)(void *store, const char *id, enum blob_put put, void **wp, struct errbuf *why);
    int (*append)(void *writer, const void *data, size_t len, struct errbuf *why);
    int (*commit)(void *writer, struct errbuf *why); /* frees the writer, failed or not */
    void (*abandon)(void *writer);

    /* of a log: puts what was appended on the disk; UV_ENOENT: it was erased meanwhile */
    int (*sync)(void *writer, struct errbuf *why);
    void (*leave)(void *writer); /* keeps it as it is; frees the writer */

    int (*claim)(void *store, const char *id, struct errbuf *why);
    int (*find)(void *store, const char *id, enum blob_form form, void **rp, uint64_t *size,
                struct errbuf *why);
    /* reads all of len, which lies inside */
    int (*read)(void *reader, uint64_t offset, void *to, size_t len, struct errbuf *why);
    void (*release)(void *reader);

    int (*erase)(void *store, const char *id, enum blob_form form, struct errbuf *why);
    int (*list)(void *store, int (*fn)(const char *id, enum blob_form form, void *arg), void *arg,
                struct errbuf *why);
};

extern const struct blob_driver blob_files;

#endif
