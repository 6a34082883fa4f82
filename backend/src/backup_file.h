/**
 * @file backup_file.h  The file of a backup: a tar archive whose last entry proves the rest
 *
 *     interviewd-backup      "1": what the archive is, and its version
 *     audio/ID               recordings, sealed as they are stored; ID.log of one that grew just
 * then audit.jsonl, audit.N.jsonl keys/master.key.sealed (optional) auth/key_copy.h interview.db
 * SQLite; what is private in it is sealed SHA256SUMS             as sha256sum(1) writes them, of
 * all others in their order
 *
 *     backup_create(&w, "file", why);
 *     backup_add(w, name, fd, why);  backup_add_bytes(w, name, bytes, n, why);
 *     backup_finish(w, &size, why);      // now the file has its name; before, there is none
 *
 *     backup_extract("file", folder, &found, why);
 *
 * A file that was cut off, changed, or holds anything else is refused, and so is one that is there
 * already.
 *
 * Threads    One at a time; waits for the disk.
 * Errors     UV_EEXIST, UV_ENOSPC, UV_EILSEQ (not whole, or no backup) and others as the system
 * says. Ownership  backup_finish() and backup_abandon() free the writer, whatever they return.
 */
#ifndef BACKUP_FILE_H
#define BACKUP_FILE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define BACKUP_AUDIO "audio/"
/** How a recording may be called (blob/files.c), in the order in which it becomes the next one
 *  before; NULL behind the last. */
extern const char *const backup_endings[];

#define BACKUP_KEYS  "keys/master.key.sealed"
#define BACKUP_STORE "interview.db"

enum { BACKUP_SUMS_MAX = 128 << 20 }; /**< A million recordings, [bytes] */

struct backup;

int backup_create(struct backup **wp, const char *path, struct errbuf *why);
/** The file that fd is open on, from its beginning; fd stays the caller's. */
int backup_add(struct backup *w, const char *name, int fd, struct errbuf *why);
int backup_add_bytes(struct backup *w, const char *name, const void *bytes, size_t len,
                     struct errbuf *why);
int backup_finish(struct backup *w, uint64_t *size, struct errbuf *why);
void backup_abandon(struct backup *w); /**< NULL is allowed */

/** Into an empty folder that is there. */
int backup_extract(const char *path, const char *folder, uint64_t *bytes, struct errbuf *why);

#endif
