/**
 * @file store/postgres/conn.h  Connections to a PostgreSQL server; private to store/postgres/
 *
 * A call is one prepared statement with its values. One or more calls go to the server in one
 * write and come back in one read (libpq's pipeline mode), so a request costs one round trip
 * however many statements it takes, and they are one transaction: all of them or none.
 *
 *     struct call call;
 *     struct replies replies;
 *     call_begin(&call, USER_GET);
 *     call_text(&call, id);
 *     err = db_ask(db, &call, 1, &replies, why);     // takes a connection, retries, gives it back
 *     ... reply_text(&replies, 0, row, column) ...
 *     replies_release(&replies);
 *
 * What is read in a transaction and then written goes over a connection that one holds:
 * conn_take(), conn_run() as often as needed, conn_done().
 *
 * Retries    db_ask() begins again where the server says that nothing was done (serialization
 *            failure, deadlock), and where the connection was lost before anything was sent.
 *            A read is asked once more when the connection was lost in the middle; of a write
 *            nobody knows then whether it was done, and the caller is told so.
 * Waiting    Every answer has a deadline of its own on this side, since a server that is stopped,
 *            or behind a network that swallows everything, sends nothing at all.
 * Threads    A connection belongs to one thread between taking and conn_done().
 * Errors     As in store/store.h; UV_ENOTCONN: the server is away.
 */
#ifndef STORE_POSTGRES_CONN_H
#define STORE_POSTGRES_CONN_H

#include "store/driver.h"
#include "store/record.h"

#include <libpq-fe.h>

enum {
    CALL_VALUES_MAX = 16,
    CALLS_MAX = 48, /**< Of one round trip; more are sent in several */
};

struct pg_db;
struct conn;

/** One execution of a statement. Texts are borrowed until it was run. */
struct call {
    int index;       /**< Of statements.h; < 0: of sql */
    const char *sql; /**< One that is made, not prepared */
    int count;
    Oid types[CALL_VALUES_MAX];
    const char *values[CALL_VALUES_MAX];
    char numbers[CALL_VALUES_MAX][32];
};

struct replies {
    PGresult *of[CALLS_MAX]; /**< Call by call */
    size_t count;
};

void call_begin(struct call *call, int index);
void call_sql(struct call *call, const char *sql);
void call_text(struct call *call, const char *text); /**< NULL is NULL */
void call_int(struct call *call, int64_t number);
void call_record(struct call *call, const struct record *record, const void *data);

/** Run them in one transaction; see Retries. writes: nobody may do it twice. */
int db_ask(struct pg_db *db, bool writes, struct call *calls, size_t n, struct replies *replies,
           struct errbuf *why);

/** Rows of the answer to a call, and how many a statement wrote. */
int reply_rows(const struct replies *replies, size_t call);
int64_t reply_changed(const struct replies *replies, size_t call);
const char *reply_text(const struct replies *replies, size_t call, int row, int column);
int64_t reply_int(const struct replies *replies, size_t call, int row, int column);
void replies_release(struct replies *replies); /**< {0} is allowed, and twice */

int conn_take(struct pg_db *db, struct conn **cp, struct errbuf *why);
/** One round trip. replies: NULL where nobody asks. */
int conn_run(struct conn *conn, struct call *calls, size_t n, struct replies *replies,
             struct errbuf *why);
/** Several statements without values, in one transaction unless they say otherwise. */
int conn_script(struct conn *conn, const char *sql, int within_ms, struct errbuf *why);
/** NULL is allowed; an open transaction is rolled back, a broken connection closed. */
void conn_done(struct conn *conn);
/** Did the server say that nothing was done and that it may be tried again? Waits a little. */
bool conn_again(struct conn *conn, int err, int tries);

int db_open(struct pg_db **dbp, const struct store_params *params, struct errbuf *why);
void db_close(struct pg_db *db);

/** What is wrong with it, as far as its use has shown; does not block. */
enum store_fault db_fault(struct pg_db *db);
/** The schema that a connection found, and that this program has. */
int db_version(struct pg_db *db);
void db_set_version(struct pg_db *db, int version);
int db_newest(void);
uint64_t db_round_trips(const struct pg_db *db);

#endif
