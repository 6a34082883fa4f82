/**
 * @file store/sqlite_rows.h  The common parts of statements: binding, reading, lists, deletions
 *
 * Private to store/sqlite*.c. index is a statement of store/sqlite_statements.h; record describes a
 * struct column by column (store/record.h). Functions with a conn run in its transaction; those
 * with a db take a connection of their own.
 *
 * Errors     Those of store/store.h. none: the code if no row was affected; 0: that is not an
 *            error.
 */
#ifndef STORE_SQLITE_ROWS_H
#define STORE_SQLITE_ROWS_H

#include "store/record.h"
#include "store/sqlite_conn.h"

int sql_bind_text(sqlite3_stmt *stmt, int at, const char *text);
int sql_bind_record(sqlite3_stmt *stmt, const struct record *record, const void *data);
int sql_read_text(sqlite3_stmt *stmt, int at, char **to);
/** Zeroes the record first; after an error it owns nothing. */
int sql_read_record(sqlite3_stmt *stmt, const struct record *record, void *data);

/** Writes one record with a statement that takes its columns. */
int sql_write(struct conn *conn, int index, const struct record *record, const void *data, int none,
              struct errbuf *why);
int sql_put(struct sqlite_db *db, int index, const struct record *record, const void *data,
            int none, struct errbuf *why);
/** Inserts one record unless there would then be more than `most`, the statement's last
 *  parameter. */
int sql_insert_within(struct conn *conn, int index, const struct record *record, const void *data,
                      int64_t most, const char *too_many, struct errbuf *why);
int sql_put_within(struct sqlite_db *db, int index, const struct record *record, const void *data,
                   int64_t most, const char *too_many, struct errbuf *why);
/** Gets one record by one or two texts. */
int sql_get(struct sqlite_db *db, int index, const char *a, const char *b,
            const struct record *record, void *data, struct errbuf *why);
/** Gets one number by a text. */
int sql_number(struct sqlite_db *db, int index, const char *a, int64_t *number, struct errbuf *why);
/** Runs one statement with one or two texts. */
int sql_run_within(struct conn *conn, int index, const char *a, const char *b, int none,
                   struct errbuf *why);
int sql_run(struct sqlite_db *db, int index, const char *a, const char *b, int none,
            struct errbuf *why);
/** A deletion, which must work even on a full disk. */
int sql_erase(struct sqlite_db *db, int index, const char *a, const char *b, struct errbuf *why);
/** The disk is full: gives back the reserve. true: it makes sense to try again. */
bool sql_make_room(struct sqlite_db *db);
void sql_keep_reserve(struct sqlite_db *db);

/** How a kind of record is listed: complete records, only ids, and one record. */
struct sql_listed {
    enum store_kind kind;
    const struct record *record;
    int list;
    int ids;
    int one;
};

/** The parameters of a list; the same for records and for only their ids. */
struct sql_page {
    const struct sql_listed *what;
    const char *owner;  /**< The user, or for transcripts the session */
    const char *cursor; /**< NULL: from the beginning */
    const char *user_id;
    int status; /**< Negative: any */
    size_t limit;
    const struct store_session_filter *filter; /**< (optional) For sessions, in addition to the
                                                    status */
    const char *profiles;                      /**< The filter's, as a JSON array; NULL: any */
};

/** Reads one row more than requested, to know whether there is another page. */
int sql_read_page(struct conn *conn, sqlite3_stmt *stmt, const struct record *record, size_t limit,
                  struct store_list *list, bool *more, struct errbuf *why);
/** A page of records. If the table is damaged, the ids come from the index and each record is read
 *  separately; those that cannot be read are marked. */
int sql_read_list(struct conn *conn, const struct sql_page *page, struct store_list *list,
                  struct errbuf *why);
/** Rows of a statement that has its own limit. */
int sql_read_few(struct conn *conn, sqlite3_stmt *stmt, const struct record *record, size_t limit,
                 struct store_list *list, struct errbuf *why);
/** page->cursor NULL or "": from the newest. */
int sql_list_page(struct sqlite_db *db, struct sql_page *page, struct store_list *list,
                  struct errbuf *why);
/** Newest first by id. status < 0: any. */
int sql_list_by_id(struct sqlite_db *db, const struct sql_listed *what, const char *user_id,
                   int status, size_t limit, const char *cursor, struct store_list *list,
                   struct errbuf *why);
/** Newest first by id, without the fallback for damaged tables: a user, the cursor and one more
 *  than the limit are the statement's first three parameters. user_id NULL: any user. */
int sql_list_newest(struct sqlite_db *db, int index, const struct record *record,
                    const char *user_id, size_t limit, const char *cursor, struct store_list *list,
                    struct errbuf *why);

/** A list without pages: the statement's parameters are those of a, b and number that are not NULL,
 *  in this order, then the limit. */
struct sql_few {
    int index;
    const struct record *record;
    size_t limit;
    const char *a;
    const char *b;
    const int64_t *number;
    bool writes; /**< The statement changes or erases what it lists */
};

int sql_list_few(struct sqlite_db *db, const struct sql_few *few, struct store_list *list,
                 struct errbuf *why);

#endif
