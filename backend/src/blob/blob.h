/**
 * @file blob/blob.h  Data too large for a database record: recordings, each sealed, under an id
 *
 *     struct blob_store *blobs;
 *     blob_store_open(&blobs, "files", &(struct blob_params){.folder = "data/audio"}, seal, why);
 *
 *     struct blob_writer *w;
 *     blob_create(&w, blobs, id, why);
 *     blob_append(w, bytes, n, why);                // any number of times, of any size
 *     blob_commit(w, &size, why);                   // only now does it exist
 *     blob_claim(blobs, id, why);                   // once there is a record of it
 *
 *     struct blob_reader *r;
 *     blob_open(&r, blobs, id, why);
 *     n = blob_read(r, offset, to, most, why);      // any part of it
 *     blob_close(r);
 *     blob_erase(blobs, id, why);
 *
 *     struct blob_log *l;                           // one that grows for hours
 *     blob_log_create(&l, blobs, id, why);
 *     blob_log_append(l, bytes, n, why);            // on the disk when it returns
 *     blob_log_close(l);
 *     blob_log_end(blobs, id, fn, arg, &size, why); // now, or after a crash: makes it a blob
 *
 * A blob never changes: it is written once, read and erased; at most it is resealed with another
 * key. No driver sees its content. It is split into chunks of BLOB_CHUNK bytes, each sealed
 * separately (auth/seal.h); the blob's id, the chunk's number and whether it is the last one are
 * authenticated with it. So any part can be read without the rest, and none can be changed, moved
 * or cut off unnoticed.
 *
 * After blob_commit() has returned 0, the blob is on disk and survives kill -9 and a power cut. A
 * blob that was only partly written is never visible, and the next blob_store_open() removes it. So
 * only one process at a time may open a store (folder_lock() of the data folder ensures that);
 * others may open it beside that one, for reading. The same conformance suite
 * (test/conformance/blob.c) runs on every driver.
 *
 * A committed blob is BLOB_UNCLAIMED until blob_claim(), which is called once there is a record of
 * it. So after a crash an unclaimed blob without a record belongs to an interrupted upload, while a
 * claimed blob without a record was known once: its database is gone, or an older one is in use.
 *
 * A log grows over time: each piece is sealed and synced separately, so a kill or a power cut only
 * costs the piece that was being written, and the log can be read while it grows. It is erased like
 * a blob; appending to an erased log returns UV_ENOENT.
 *
 * Threads    Any but the loop thread: calls wait for the disk. A writer or a reader has one owner
 *            at a time; a store is shared.
 * Errors     UV_ENOENT: no such blob; UV_EEXIST: the id is taken; UV_ENOSPC: no room
 *            (params.reserve does not count as room); UV_EILSEQ: damaged, or sealed with another
 *            key; UV_EINVAL: not an id; UV_EIO and others from the system. Each with a sentence.
 * Ownership  blob_commit() and blob_abandon() free the writer, whatever they return.
 */
#ifndef BLOB_BLOB_H
#define BLOB_BLOB_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob_log;
struct blob_reader;
struct blob_store;
struct blob_writer;
struct seal;

enum { BLOB_CHUNK = 64 << 10 }; /**< Sealed as a unit: the least that is read [bytes] */

enum blob_form {
    BLOB_CLAIMED,
    BLOB_UNCLAIMED, /**< Complete, but nobody has claimed it */
    BLOB_LOG,
};

struct blob_params {
    const char *folder; /**< files: created (0700) if missing; its parent must exist */
    uint64_t reserve;   /**< Disk space that is left to others [bytes] */
    bool beside;        /**< Another process has it open: nothing is created or removed, only
                             read */
};

/** seal must outlive the store. */
int blob_store_open(struct blob_store **sp, const char *driver, const struct blob_params *params,
                    const struct seal *seal, struct errbuf *why);
void blob_store_close(struct blob_store *store); /**< NULL is allowed */

int blob_create(struct blob_writer **wp, struct blob_store *store, const char *id,
                struct errbuf *why);
/** After a failure only blob_abandon() makes sense; blob_commit() repeats the code. */
int blob_append(struct blob_writer *w, const void *data, size_t len, struct errbuf *why);
int blob_commit(struct blob_writer *w, uint64_t *size, struct errbuf *why);
void blob_abandon(struct blob_writer *w); /**< NULL is allowed */

/** Mark it as known: from now on it survives restarts. 0 also if it was already marked. */
int blob_claim(struct blob_store *store, const char *id, struct errbuf *why);

int blob_log_create(struct blob_log **lp, struct blob_store *store, const char *id,
                    struct errbuf *why);
/** 1 to BLOB_CHUNK bytes. After a failure the log ends with what it had before. */
int blob_log_append(struct blob_log *l, const void *data, size_t len, struct errbuf *why);
void blob_log_close(struct blob_log *l); /**< The log stays as it is. NULL is allowed */
/** Makes an unclaimed blob of the log's content; the log stays until blob_log_drop(), and a blob
 *  left by an earlier attempt is replaced. tail (optional): gets the last piece, and may append
 *  bytes. UV_EOF: the log is empty. */
int blob_log_end(struct blob_store *store, const char *id,
                 int (*tail)(const void *last, size_t len, struct buf *more, void *arg), void *arg,
                 uint64_t *size, struct errbuf *why);
int blob_log_drop(struct blob_store *store, const char *id, struct errbuf *why);

/** For a log, what is in it now. */
int blob_open(struct blob_reader **rp, struct blob_store *store, const char *id,
              struct errbuf *why);
uint64_t blob_size(const struct blob_reader *r); /**< [bytes] */
/** Number of bytes copied (fewer than len only at the end, 0 after it), or a negative code. */
int64_t blob_read(struct blob_reader *r, uint64_t offset, void *to, size_t len, struct errbuf *why);
void blob_close(struct blob_reader *r); /**< NULL is allowed. Does not block */

/** In whatever form it is. A reader that has it open can go on reading. */
int blob_erase(struct blob_store *store, const char *id, struct errbuf *why);

/** Is it sealed with the current key (auth/seal.h)? */
int blob_is_fresh(struct blob_store *store, const char *id, bool *fresh, struct errbuf *why);
/** Reseal it with that key, unless it already is: in place, completely or not at all. A reader that
 *  has it open can go on reading. UV_ENOENT: it was erased meanwhile, and stays erased. A log keeps
 *  its key until it ends. */
int blob_reseal(struct blob_store *store, const char *id, struct errbuf *why);

/** Calls fn for each, in no particular order; a code other than 0 stops and is returned. fn may
 *  erase or claim the blob. After a crash an id may come in two forms. */
int blob_list(struct blob_store *store, int (*fn)(const char *id, enum blob_form form, void *arg),
              void *arg, struct errbuf *why);

#endif
