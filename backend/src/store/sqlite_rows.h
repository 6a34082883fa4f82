/**
 * @file store/sqlite_rows.h  What statements have in common: binding, reading, lists, deletions
 *
 * Private to store/sqlite*.c. index is a statement of store/sqlite_statements.h; record describes a
 * struct column by column (store/record.h). Functions that take a conn run within its transaction;
 * those that take a db take a connection for themselves.
 *
 * Errors     As in store/store.h. none: the code when no row was touched, 0 when that is no error.
 */
#ifndef STORE_SQLITE_ROWS_H
#define STORE_SQLITE_ROWS_H

#include "store/record.h"
#include "store/sqlite_conn.h"

int sql_bind_text(sqlite3_stmt *stmt, int at, const char *text);
int sql_bind_record(sqlite3_stmt *stmt, const struct record *record, const void *data);
int sql_read_text(sqlite3_stmt *stmt, int at, char **to);
/** The record is zeroed before, and owns nothing after an error. */
int sql_read_record(sqlite3_stmt *stmt, const struct record *record, void *data);

/** Write one record by a statement that takes its columns. */
int sql_write(struct conn *conn, int index, const struct record *record, const void *data, int none,
              struct errbuf *why);
int sql_put(struct sqlite_db *db, int index, const struct record *record, const void *data,
            int none, struct errbuf *why);
/** Put one record unless there would be more than `most`, the statement's last parameter. */
int sql_insert_within(struct conn *conn, int index, const struct record *record, const void *data,
                      int64_t most, const char *too_many, struct errbuf *why);
int sql_put_within(struct sqlite_db *db, int index, const struct record *record, const void *data,
                   int64_t most, const char *too_many, struct errbuf *why);
/** One record by one or two texts. */
int sql_get(struct sqlite_db *db, int index, const char *a, const char *b,
            const struct record *record, void *data, struct errbuf *why);
/** One number by a text. */
int sql_number(struct sqlite_db *db, int index, const char *a, int64_t *number, struct errbuf *why);
/** Run one statement with one or two texts. */
int sql_run_within(struct conn *conn, int index, const char *a, const char *b, int none,
                   struct errbuf *why);
int sql_run(struct sqlite_db *db, int index, const char *a, const char *b, int none,
            struct errbuf *why);
/** A deletion, which must work on a full disk too. */
int sql_erase(struct sqlite_db *db, int index, const char *a, const char *b, struct errbuf *why);
/** The disk is full: the room that is kept for this is given back. true: trying again makes
 *  sense. */
bool sql_make_room(struct sqlite_db *db);
void sql_keep_reserve(struct sqlite_db *db);

/** How a kind of record is listed: whole, by ids alone, and one of them. */
struct sql_listed {
    enum store_kind kind;
    const struct record *record;
    int list;
    int ids;
    int one;
};

/** What a list asks for; the same for its records and for their ids alone. */
struct sql_page {
    const struct sql_listed *what;
    const char *owner;  /**< Whose: a user, of transcripts a session */
    const char *cursor; /**< NULL: from the beginning */
    const char *user_id;
    int status; /**< < 0: any */
    size_t limit;
    const struct store_session_filter *filter; /**< (optional) Beside the status, of sessions */
    const char *profiles;                      /**< The filter's, as a JSON array; NULL: any */
};

/** Step through stmt, one row more than asked for: it tells whether there is another page. */
int sql_read_page(struct conn *conn, sqlite3_stmt *stmt, const struct record *record, size_t limit,
                  struct store_list *list, bool *more, struct errbuf *why);
/** A page of records. Of a damaged table the ids come from the index and each record is read by
 *  itself; those that cannot be read say so. */
int sql_read_list(struct conn *conn, const struct sql_page *page, struct store_list *list,
                  struct errbuf *why);
/** Rows of a statement that has a limit of its own. */
int sql_read_few(struct conn *conn, sqlite3_stmt *stmt, const struct record *record, size_t limit,
                 struct store_list *list, struct errbuf *why);
/** page->cursor NULL or "": from the newest. */
int sql_list_page(struct sqlite_db *db, struct sql_page *page, struct store_list *list,
                  struct errbuf *why);
/** Newest first by id. status < 0: any. */
int sql_list_by_id(struct sqlite_db *db, const struct sql_listed *what, const char *user_id,
                   int status, size_t limit, const char *cursor, struct store_list *list,
                   struct errbuf *why);
/** Newest first by id, without a damaged table's ids: a user, the cursor and one more than the
 * limit are the statement's first three parameters. user_id NULL: anybody's. */
int sql_list_newest(struct sqlite_db *db, int index, const struct record *record,
                    const char *user_id, size_t limit, const char *cursor, struct store_list *list,
                    struct errbuf *why);

/** A list without pages: the statement's parameters are what is not NULL of a, b and number, in
 * this order, and then the limit. */
struct sql_few {
    int index;
    const struct record *record;
    size_t limit;
    const char *a;
    const char *b;
    const int64_t *number;
    bool writes; /**< It lists what it changes or erases */
};

int sql_list_few(struct sqlite_db *db, const struct sql_few *few, struct store_list *list,
                 struct errbuf *why);

#endif
