/**
 * @file store/postgres/rows.h  What calls have in common: reading records, lists, deletions
 *
 * Private to store/postgres/. index is a statement of statements.h; record describes a struct
 * column by column (store/record.h). Each function is one round trip.
 *
 * Errors     As in store/store.h. none: the code when no row was touched, 0 when that is no error.
 */
#ifndef STORE_POSTGRES_ROWS_H
#define STORE_POSTGRES_ROWS_H

#include "store/postgres/conn.h"
#include "store/postgres/statements.h"

/** One row. The record is zeroed before, and owns nothing after an error. */
int read_record(const struct replies *replies, size_t call, int row, const struct record *record,
                void *data);
/** A text on the heap; *to NULL for NULL. 0 or UV_ENOMEM. */
int read_text(const struct replies *replies, size_t call, int row, int column, char **to);
/** All rows, at most limit; more: there was another one. */
int read_list(const struct replies *replies, size_t call, const struct record *record, size_t limit,
              struct store_list *list, bool *more, struct errbuf *why);

/** Write one record by a statement that takes its columns. */
int rows_put(struct pg_db *db, int index, const struct record *record, const void *data, int none,
             struct errbuf *why);
/** Put one record of a user unless there would be more than `most`, the statement's last
 *  parameter. */
int rows_put_within(struct pg_db *db, int index, const char *user_id, const struct record *record,
                    const void *data, int64_t most, const char *too_many, struct errbuf *why);
/** One record by the texts that are not NULL. */
int rows_get(struct pg_db *db, int index, const char *a, const char *b, const struct record *record,
             void *data, struct errbuf *why);
/** One number by a text. */
int rows_number(struct pg_db *db, int index, const char *a, int64_t *number, struct errbuf *why);
/** Run one statement with one or two texts. */
int rows_run(struct pg_db *db, int index, const char *a, const char *b, int none,
             struct errbuf *why);
/** The same for a call that was made already. */
int rows_write(struct pg_db *db, struct call *call, int none, struct errbuf *why);
/** Newest first by id: a user, the cursor and one more than the limit are the statement's first
 *  three parameters. user_id NULL: anybody's. */
int rows_list_newest(struct pg_db *db, int index, const struct record *record, const char *user_id,
                     size_t limit, const char *cursor, struct store_list *list, struct errbuf *why);
/** A list without pages, of a call that has a limit of its own. writes: it lists what it changes.
 */
int rows_list(struct pg_db *db, bool writes, struct call *call, const struct record *record,
              size_t limit, struct store_list *list, struct errbuf *why);
/** A list without pages or a limit. */
int rows_list_all(struct pg_db *db, bool writes, struct call *calls, size_t n, size_t which,
                  const struct record *record, struct store_list *list, struct errbuf *why);
/** Where the next page begins. */
void rows_set_next(struct store_list *list, const struct record *record, bool more);

#endif
