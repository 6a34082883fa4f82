/**
 * @file blob/blob_internal.h  Shared by blob.c and log.c
 *
 * Stored form: a blob is "IVDBLOB2" and the name of the key (auth/seal.h), then each chunk as
 * produced by seal_bytes(); before keys had names it was "IVDBLOB1" and the chunks. All chunks but
 * the last are full, so the position of each and the total length follow from the stored size. A
 * log is "IVDBLOG1" and the name of the key, then for each piece its sealed length in four bytes,
 * little-endian, and the piece.
 */
#ifndef BLOB_BLOB_INTERNAL_H
#define BLOB_BLOB_INTERNAL_H

#include "auth/seal.h"
#include "base/id.h"
#include "blob/driver.h"

enum {
    BLOB_MAGIC = 8, /* length of each of these magic words [bytes] */
    BLOB_HEAD = BLOB_MAGIC + SEAL_ID_LEN,
    BLOB_SEALED = BLOB_CHUNK + SEAL_MORE,
    BLOB_NAME_MAX = ID_TEXT_MAX + 16,
    LOG_LENGTH = 4,
};

extern const char log_magic[BLOB_MAGIC + 1];

struct blob_store {
    const struct blob_driver *driver;
    void *inner;
    const struct seal *seal;
};

/** A separately sealed piece: its offset in clear and as stored, and its clear length. */
struct blob_piece {
    uint64_t at;
    uint64_t stored;
    uint32_t len;
};

int blob_check_id(const char *id, struct errbuf *why);
/** The pieces of a log of that stored size, in order; an incomplete last one is left out. *pieces
 *  belongs to the caller, and is never NULL. */
int log_pieces(const struct blob_store *store, void *reader, uint64_t stored,
               struct blob_piece **pieces, uint32_t *count, struct errbuf *why);
/** Reads a log piece by piece: how many there are, and one of them into room for BLOB_CHUNK
 *  bytes. */
int blob_open_as(struct blob_reader **rp, struct blob_store *store, const char *id,
                 enum blob_form form, struct errbuf *why);
uint32_t blob_pieces(const struct blob_reader *r);
int64_t blob_piece(struct blob_reader *r, uint32_t number, void *to, struct errbuf *why);
/** The name that is authenticated with a piece of a log. */
void log_name(char name[static BLOB_NAME_MAX], const char *id, uint32_t number);

#endif
