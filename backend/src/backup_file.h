/**
 * @file backup_file.h  The file of a backup: a tar archive whose last entry verifies the others
 *
 *     interviewd-backup      "1": what the archive is, and its version
 *     audio/ID               recordings, sealed as they are stored; ID.log: one still growing
 *     audit.jsonl, audit.N.jsonl
 *     keys/master.key.sealed (optional) auth/key_copy.h
 *     interview.db           SQLite; private fields in it are sealed
 *     SHA256SUMS             in the format of sha256sum(1), for all others in their order
 *
 *     backup_create(&w, "file", why);
 *     backup_add(w, name, fd, why);  backup_add_bytes(w, name, bytes, n, why);
 *     backup_finish(w, &size, why);      // only now does the file appear under its name
 *
 *     backup_extract("file", folder, &found, why);
 *
 * An archive that is incomplete, changed or contains anything else is refused; an existing file is
 * not overwritten.
 *
 * Threads    One at a time; waits for the disk.
 * Errors     UV_EEXIST, UV_ENOSPC, UV_EILSEQ (incomplete, or not a backup) and others from the
 *            system.
 * Ownership  backup_finish() and backup_abandon() free the writer, whatever they return.
 */
#ifndef BACKUP_FILE_H
#define BACKUP_FILE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define BACKUP_AUDIO "audio/"
/** The endings that a recording's name may have (blob/files.c), in the order in which one becomes
 *  the next; ends with NULL. */
extern const char *const backup_endings[];

#define BACKUP_KEYS  "keys/master.key.sealed"
#define BACKUP_STORE "interview.db"

enum { BACKUP_SUMS_MAX = 128 << 20 }; /**< A million recordings [bytes] */

struct backup;

int backup_create(struct backup **wp, const char *path, struct errbuf *why);
/** Adds the file that fd is open on, from its beginning; fd remains the caller's. */
int backup_add(struct backup *w, const char *name, int fd, struct errbuf *why);
int backup_add_bytes(struct backup *w, const char *name, const void *bytes, size_t len,
                     struct errbuf *why);
int backup_finish(struct backup *w, uint64_t *size, struct errbuf *why);
void backup_abandon(struct backup *w); /**< NULL is allowed */

/** Extracts into an existing empty folder. */
int backup_extract(const char *path, const char *folder, uint64_t *bytes, struct errbuf *why);

#endif
