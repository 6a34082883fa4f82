/**
 * @file store/sqlite_conn.h  Connections to one SQLite file; private to store/sqlite*.c
 *
 * One writer, taken under a lock, so that writers of this process queue up here and not in
 * SQLite's busy handler. Readers are as many as threads read at the same time; idle ones are kept
 * with their prepared statements.
 *
 *     struct conn *conn;
 *     conn_read(db, &conn, why);                 // or conn_write()
 *     stmt = conn_stmt(conn, INDEX, why);        // prepared once a connection
 *     ... bind, step ...
 *     conn_done(conn);                           // resets what was used
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
    sqlite3_stmt *used[8]; /* since it was taken */
    size_t used_count;
};

int db_open(struct sqlite_db **dbp, const struct store_params *params, const char *const *sql,
            struct errbuf *why);
void db_close(struct sqlite_db *db);
/** Call it once the database has been read, before there are other threads: remembers which files
 *  it is made of. */
void db_identify(struct sqlite_db *db);

int conn_read(struct sqlite_db *db, struct conn **cp, struct errbuf *why);
int conn_write(struct sqlite_db *db, struct conn **cp, struct errbuf *why);
void conn_done(struct conn *conn); /**< NULL is allowed; an open transaction is rolled back */

/** On a full disk: give back what is kept for that and shorten the log. With the writer, outside
 *  of a transaction. True when there is more room than before. */
bool conn_make_room(struct conn *conn);
void conn_keep_reserve(struct conn *conn); /**< After that: keep room for the next time */

/** What is wrong with it, as far as its use has shown; any thread, does not block. */
enum store_fault db_fault(struct sqlite_db *db);
void db_note_damage(struct sqlite_db *db);

/** The statement sql[index] of db_open(), ready to be bound. NULL with *e and a sentence. */
sqlite3_stmt *conn_stmt(struct conn *conn, int index, int *e, struct errbuf *why);
int conn_exec(struct conn *conn, const char *sql, struct errbuf *why);

/** Run a statement that returns no row. */
int conn_run(struct conn *conn, sqlite3_stmt *stmt, struct errbuf *why);

/** SQLite's code as ours, with a sentence that says what to do. */
int conn_error(struct conn *conn, int rc, struct errbuf *why);

#endif
