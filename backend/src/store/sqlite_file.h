/**
 * @file store/sqlite_file.h  The database as files: modes, identity, and room to delete
 *
 * Private to store/sqlite*.c.
 *
 * Modes      The database is 0600 and a new folder is 0700, regardless of the umask; SQLite gives
 *            its log and index the database's mode.
 * Identity   A database that was deleted, replaced or restored while open accepts writes that
 *            nobody will ever see. The device and inode of the database and of its log reveal that.
 * Reserve    Deleting in SQLite writes first (to the log). A reserve file beside the database is
 *            removed when a deletion finds the disk full.
 *
 * Threads    db_file_lost(): any. The rest: the thread that holds the writer.
 */
#ifndef STORE_SQLITE_FILE_H
#define STORE_SQLITE_FILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct identity {
    dev_t dev;
    ino_t ino; /**< 0: unknown */
};

struct db_file {
    char *path;
    char *log;           /**< path-wal */
    char *reserve;       /**< path-reserve */
    int64_t reserve_max; /**< 0: no reserve [bytes] */
    struct identity db;
    struct identity wal;
};

/** Creates the folder and the file if they do not exist, and sets the modes. */
int db_file_open(struct db_file *file, const char *path, uint64_t reserve_bytes,
                 struct errbuf *why);
void db_file_release(struct db_file *file);

/** Remembers which files were opened, and the log once it exists. */
void db_file_identify(struct db_file *file);
/** Is one of them no longer the file that was opened? */
bool db_file_lost(const struct db_file *file);

void reserve_keep(const struct db_file *file);  /**< Creates it, as large as there is room for */
bool reserve_spend(const struct db_file *file); /**< Removes it; false: there was none */

/** The largest file that this process may write (RLIMIT_FSIZE) [bytes]; 0: no limit. */
uint64_t file_size_limit(void);

#endif
