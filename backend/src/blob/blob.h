/**
 * @file blob/blob.h  What is too large for a record: recordings, each sealed, under an id
 *
 *     struct blob_store *blobs;
 *     blob_store_open(&blobs, "files", &(struct blob_params){.folder = "data/audio"}, seal, why);
 *
 *     struct blob_writer *w;
 *     blob_create(&w, blobs, id, why);
 *     blob_append(w, bytes, n, why);                // as often as it comes, in any pieces
 *     blob_commit(w, &size, why);                   // from now on it is there; before, it is not
 *     blob_claim(blobs, id, why);                   // and somebody knows of it
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
 *     blob_log_end(blobs, id, fn, arg, &size, why); // now, or after a crash: it becomes a blob
 *
 * A blob never changes: it is put once, read, and erased; at most it is sealed by another key. No
 * driver sees what is in it. It is cut into chunks of BLOB_CHUNK bytes and each is sealed by itself
 * (auth/seal.h), with the blob's id, the chunk's number and whether it is the last one
 * authenticated with it: so any part can be read without the rest, and none can be changed, moved,
 * or cut off unnoticed.
 *
 * blob_commit() that returned 0 means it is on the disk and survives kill -9 and a power cut; what
 * was put halfway is never seen, and is gone at the next blob_store_open(). So one process at a
 * time opens a store (folder_lock() of the data folder sees to that), or others beside it to read.
 * The same conformance suite (test/conformance/blob.c) runs on every driver.
 *
 * A blob that is committed is BLOB_UNCLAIMED until blob_claim(), which is called once there is a
 * record of it. So after a crash an unclaimed one without a record is of an upload that was cut
 * off, while a claimed one without a record was known once: its database is gone, or is an older
 * one.
 *
 * A log is what grows as it comes: each piece is sealed and synced by itself, so a kill or a power
 * cut costs the piece that was being written, and reading what is there so far works. It is erased
 * like a blob; who appends to one that was erased is told UV_ENOENT.
 *
 * Threads    Any but the loop thread: calls wait for the disk. A writer or a reader has one owner
 *            at a time; a store is shared.
 * Errors     UV_ENOENT there is none; UV_EEXIST the id is taken; UV_ENOSPC no room (params.reserve
 *            counts as none); UV_EILSEQ damaged, or sealed by another key; UV_EINVAL no id; UV_EIO
 *            and others as the system says. Each with a sentence.
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

enum { BLOB_CHUNK = 64 << 10 }; /**< Sealed by itself: what is read at least, [bytes] */

enum blob_form {
    BLOB_CLAIMED,
    BLOB_UNCLAIMED, /**< Whole, and nobody has claimed it */
    BLOB_LOG,
};

struct blob_params {
    const char *folder; /**< files: made (0700) when it is not there; its folder is */
    uint64_t reserve;   /**< Room on the disk that is left to others, [bytes] */
    bool beside;        /**< Another process has it open: nothing is made or removed, only read */
};

/** seal must live as long as the store. */
int blob_store_open(struct blob_store **sp, const char *driver, const struct blob_params *params,
                    const struct seal *seal, struct errbuf *why);
void blob_store_close(struct blob_store *store); /**< NULL is allowed */

int blob_create(struct blob_writer **wp, struct blob_store *store, const char *id,
                struct errbuf *why);
/** After a failure the writer is good for blob_abandon() only; blob_commit() repeats the code. */
int blob_append(struct blob_writer *w, const void *data, size_t len, struct errbuf *why);
int blob_commit(struct blob_writer *w, uint64_t *size, struct errbuf *why);
void blob_abandon(struct blob_writer *w); /**< NULL is allowed */

/** Mark it as known: from now on it is kept across restarts. 0 also when it was marked already. */
int blob_claim(struct blob_store *store, const char *id, struct errbuf *why);

int blob_log_create(struct blob_log **lp, struct blob_store *store, const char *id,
                    struct errbuf *why);
/** 1 to BLOB_CHUNK bytes. After a failure the log ends with what was there before. */
int blob_log_append(struct blob_log *l, const void *data, size_t len, struct errbuf *why);
void blob_log_close(struct blob_log *l); /**< It stays as it is. NULL is allowed */
/** What is in the log becomes a blob, unclaimed, and the log stays until blob_log_drop(); one that
 * an earlier try had made is replaced. tail (optional): gets the last piece, and may put bytes
 * behind it. UV_EOF: nothing is in it. */
int blob_log_end(struct blob_store *store, const char *id,
                 int (*tail)(const void *last, size_t len, struct buf *more, void *arg), void *arg,
                 uint64_t *size, struct errbuf *why);
int blob_log_drop(struct blob_store *store, const char *id, struct errbuf *why);

/** A log gives what is in it now. */
int blob_open(struct blob_reader **rp, struct blob_store *store, const char *id,
              struct errbuf *why);
uint64_t blob_size(const struct blob_reader *r); /**< [bytes] */
/** Bytes copied, fewer than len at the end only and 0 behind it, or a negative code. */
int64_t blob_read(struct blob_reader *r, uint64_t offset, void *to, size_t len, struct errbuf *why);
void blob_close(struct blob_reader *r); /**< NULL is allowed. Does not block */

/** In whatever form it is. A reader that has it open at that moment reads on. */
int blob_erase(struct blob_store *store, const char *id, struct errbuf *why);

/** Is it sealed by the key that seals now (auth/seal.h)? */
int blob_is_fresh(struct blob_store *store, const char *id, bool *fresh, struct errbuf *why);
/** Seal it with that key, unless it is already: in its place, whole or not at all. A reader that
 *  has it open at that moment reads on; UV_ENOENT: it was erased meanwhile, and stays so. A log
 *  keeps its key until it ends. */
int blob_reseal(struct blob_store *store, const char *id, struct errbuf *why);

/** fn for each, in no order; a code other than 0 ends it and comes back. fn may erase or claim the
 *  one. An id may come in two forms after a crash. */
int blob_list(struct blob_store *store, int (*fn)(const char *id, enum blob_form form, void *arg),
              void *arg, struct errbuf *why);

#endif
