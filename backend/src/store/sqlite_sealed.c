/**
 * @file store/sqlite_sealed.c  Replacing sealed texts by resealed ones
 */
#include "store/places.h"
#include "store/sqlite_records.h"
#include "store/sqlite_rows.h"

#include <stdio.h>
#include <stdlib.h>

enum { SQL_MAX = 768 };

const char *sqlite_sealed_field(size_t i)
{
    return i < store_place_count ? store_places[i].field : NULL;
}

static int prepare(struct conn *conn, const char *sql, sqlite3_stmt **stmt, struct errbuf *why)
{
    return conn_error(conn, sqlite3_prepare_v2(conn->sq, sql, -1, stmt, NULL), why);
}

static int read_samples(struct conn *conn, sqlite3_stmt *stmt, const struct place *place,
                        size_t limit, struct store_sample *samples, size_t *n, struct errbuf *why)
{
    int rc = SQLITE_ROW;
    int err = 0;

    while (!err && *n < limit && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct store_sample *s = &samples[*n];

        snprintf(s->id, sizeof(s->id), "%s", (const char *)sqlite3_column_text(stmt, 0));
        snprintf(s->field, sizeof(s->field), "%s", place->field);
        err = sql_read_text(stmt, 1, &s->text);
        *n += !err;
    }
    return err || rc == SQLITE_ROW ? err : conn_error(conn, rc, why);
}

int sqlite_sealed_stale(void *db, size_t field, const char *fresh, const char *after, size_t limit,
                        struct store_sample *samples, size_t *n, struct errbuf *why)
{
    const struct place *place = &store_places[field];
    struct conn *conn = NULL;
    sqlite3_stmt *stmt = NULL;
    char sql[SQL_MAX];
    int err = conn_read(db, &conn, why);

    *n = 0;
    if (err)
        return err;
    snprintf(sql, sizeof(sql),
             "SELECT %s,%s FROM %s WHERE %s>?1 AND %s<>'' AND substr(%s,1,length(?2))<>?2%s "
             "ORDER BY %s LIMIT ?3",
             place->id, place->column, place->table, place->id, place->column, place->column,
             place->only, place->id);
    err = prepare(conn, sql, &stmt, why);
    if (!err) {
        sql_bind_text(stmt, 1, after);
        sql_bind_text(stmt, 2, fresh);
        sqlite3_bind_int64(stmt, 3, (int64_t)limit);
        err = read_samples(conn, stmt, place, limit, samples, n, why);
    }
    sqlite3_finalize(stmt);
    conn_done(conn);
    return err;
}

/* A number from a statement with one text parameter. */
static int count(struct conn *conn, const char *sql, const char *fresh, int64_t *more,
                 struct errbuf *why)
{
    sqlite3_stmt *stmt = NULL;
    int err = prepare(conn, sql, &stmt, why);
    int rc;

    if (err)
        return err;
    sql_bind_text(stmt, 1, fresh);
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        *more += sqlite3_column_int64(stmt, 0);
    else
        err = conn_error(conn, rc, why);
    sqlite3_finalize(stmt);
    return err;
}

#define HEX2 "[0-9a-f][0-9a-f]"
#define HEX8 HEX2 HEX2 HEX2 HEX2

/* Texts that look sealed: anywhere in a text, preceded by the name of its key; or, from before keys
 * had names, at the beginning and long enough for a nonce and a tag. */
static int count_column(struct conn *conn, const char *table, const char *column, const char *fresh,
                        int64_t *rest, struct errbuf *why)
{
    char *sql =
        sqlite3_mprintf("SELECT count(*) FROM \"%w\" WHERE (\"%w\" GLOB '*v2." HEX8 ".*' AND "
                        "instr(\"%w\",?1)=0) OR (\"%w\" GLOB 'v1.[-_A-Za-z0-9]*' AND "
                        "length(\"%w\")>=41 AND \"%w\" NOT GLOB '* *')",
                        table, column, column, column, column, column);
    int err = sql ? count(conn, sql, fresh, rest, why) : err_set(why, UV_ENOMEM, "out of memory");

    sqlite3_free(sql);
    return err;
}

int sqlite_sealed_rest(void *db, const char *fresh, int64_t *rest, struct errbuf *why)
{
    static const char columns[] =
        "SELECT t.name,c.name FROM pragma_table_list t JOIN pragma_table_info(t.name) c "
        "WHERE t.schema='main' AND t.type='table' AND t.name NOT LIKE 'sqlite%' AND c.type='TEXT'";
    struct conn *conn = NULL;
    sqlite3_stmt *stmt = NULL;
    int64_t n = 0;
    int rc = SQLITE_ROW;
    int err = conn_read(db, &conn, why);

    if (err)
        return err;
    err = prepare(conn, columns, &stmt, why);
    while (!err && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
        err = count_column(conn, (const char *)sqlite3_column_text(stmt, 0),
                           (const char *)sqlite3_column_text(stmt, 1), fresh, &n, why);
    if (!err && rc != SQLITE_DONE)
        err = conn_error(conn, rc, why);
    sqlite3_finalize(stmt);
    conn_done(conn);
    if (!err)
        *rest = n;
    return err;
}

/* A text that has changed was written meanwhile, with the current key. */
static int replace(struct conn *conn, const struct store_sample *was, const char *now,
                   struct errbuf *why)
{
    const struct place *place = store_place_of(was->field);
    sqlite3_stmt *stmt = NULL;
    char sql[SQL_MAX];
    int err;

    if (!place)
        return err_set(why, UV_EINVAL, "there is no sealed field %s", was->field);
    snprintf(sql, sizeof(sql), "UPDATE %s SET %s=?3 WHERE %s=?1 AND %s=?2", place->table,
             place->column, place->id, place->column);
    err = prepare(conn, sql, &stmt, why);
    if (!err) {
        sql_bind_text(stmt, 1, was->id);
        sql_bind_text(stmt, 2, was->text);
        sql_bind_text(stmt, 3, now);
        err = conn_run(conn, stmt, why);
    }
    sqlite3_finalize(stmt);
    return err;
}

int sqlite_sealed_replace(void *db, const struct store_sample *was, char *const *now, size_t n,
                          struct errbuf *why)
{
    struct conn *conn = NULL;
    int err = conn_write(db, &conn, why);

    if (err)
        return err;
    err = conn_exec(conn, "BEGIN IMMEDIATE", why);
    for (size_t i = 0; i < n && !err; i++)
        err = replace(conn, &was[i], now[i], why);
    if (!err)
        err = conn_exec(conn, "COMMIT", why);
    conn_done(conn);
    return err;
}
