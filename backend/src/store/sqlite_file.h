/**
 * @file store/sqlite_file.h  The database as files: modes, identity, and room to delete
 *
 * Private to store/sqlite*.c.
 *
 * Modes      The database is 0600 and a folder that is made is 0700 whatever the umask; SQLite
 *            gives its log and index the database's mode.
 * Identity   A database that was deleted, replaced or restored while it is open takes writes that
 *            nobody will ever see. The device and inode of the database and of its log show it.
 * Reserve    Deleting in SQLite writes first (to the log). A file of RESERVE bytes beside the
 *            database is given back to the disk when a deletion finds it full.
 *
 * Threads    db_file_lost(): any. The rest: who has the writer.
 */
#ifndef STORE_SQLITE_FILE_H
#define STORE_SQLITE_FILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct identity {
    dev_t dev;
    ino_t ino; /**< 0: not known yet */
};

struct db_file {
    char *path;
    char *log;           /**< path-wal */
    char *reserve;       /**< path-reserve */
    int64_t reserve_max; /**< 0: none is kept, [bytes] */
    struct identity db;
    struct identity wal;
};

/** Make the folder and the file when they are not there, set the modes. */
int db_file_open(struct db_file *file, const char *path, uint64_t reserve_bytes,
                 struct errbuf *why);
void db_file_release(struct db_file *file);

/** Remember which files were opened; once there is a log, that too. */
void db_file_identify(struct db_file *file);
/** Is one of them not what was opened any more? */
bool db_file_lost(const struct db_file *file);

void reserve_keep(const struct db_file *file);  /**< Make it as far as there is room for it */
bool reserve_spend(const struct db_file *file); /**< Give it back; false: there was none */

/** The largest file this process may write (RLIMIT_FSIZE), [bytes]; 0: any. */
uint64_t file_size_limit(void);

#endif
