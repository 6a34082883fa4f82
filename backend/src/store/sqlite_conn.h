/**
 * @file store/sqlite_conn.h  Connections to one SQLite file; private to store/sqlite*.c
 *
 * There is one writer, taken under a lock, so that writers of this process queue up here and not in
 * SQLite's busy handler. There are as many readers as threads that read at the same time; idle ones
 * are kept with their prepared statements.
 *
 *     struct conn *conn;
 *     conn_read(db, &conn, why);                 // or conn_write()
 *     stmt = conn_stmt(conn, INDEX, why);        // prepared once per connection
 *     ... bind, step ...
 *     conn_done(conn);                           // resets the statements used
 *
 * Threads    A connection belongs to one thread between taking and conn_done().
 */
#ifndef STORE_SQLITE_CONN_H
#define STORE_SQLITE_CONN_H

#include "store/store.h"

#include <sqlite3.h>

enum { CONN_STATEMENTS_MAX = 112 };

struct sqlite_db;

struct conn {
    sqlite3 *sq;
    struct sqlite_db *db;
    struct conn *next; /* in the list of idle readers */
    bool writer;
    sqlite3_stmt *stmts[CONN_STATEMENTS_MAX];
    sqlite3_stmt *used[8]; /* since the connection was taken */
    size_t used_count;
};

int db_open(struct sqlite_db **dbp, const struct store_params *params, const char *const *sql,
            struct errbuf *why);
void db_close(struct sqlite_db *db);
/** Call after the database has been read, before there are other threads: remembers the identity of
 *  its files. */
void db_identify(struct sqlite_db *db);

int conn_read(struct sqlite_db *db, struct conn **cp, struct errbuf *why);
int conn_write(struct sqlite_db *db, struct conn **cp, struct errbuf *why);
void conn_done(struct conn *conn); /**< NULL is allowed; an open transaction is rolled back */

/** For a full disk: gives back the reserve and shortens the log. With the writer, outside a
 *  transaction. True if there is more room than before. */
bool conn_make_room(struct conn *conn);
void conn_keep_reserve(struct conn *conn); /**< Afterwards: reserve room for the next time */

/** The fault that showed during use, if any; any thread, does not block. */
enum store_fault db_fault(struct sqlite_db *db);
void db_note_damage(struct sqlite_db *db);

/** The statement sql[index] of db_open(), ready to be bound. NULL with *e and a sentence. */
sqlite3_stmt *conn_stmt(struct conn *conn, int index, int *e, struct errbuf *why);
int conn_exec(struct conn *conn, const char *sql, struct errbuf *why);

/** Runs a statement that returns no rows. */
int conn_run(struct conn *conn, sqlite3_stmt *stmt, struct errbuf *why);

/** Translates SQLite's code to ours, with a sentence that says what to do. */
int conn_error(struct conn *conn, int rc, struct errbuf *why);

#endif
