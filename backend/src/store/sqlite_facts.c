/**
 * @file store/sqlite_facts.c  Facts about the database itself, and samples to try a key on
 */
#include "store/sqlite_records.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_statements.h"

#include <stdio.h>

static int read_fact(struct conn *conn, const char *name, char **value, struct errbuf *why)
{
    int e = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, FACT_GET, &e, why);
    int err;

    if (!stmt)
        return e;
    sql_bind_text(stmt, 1, name);
    err = sqlite3_step(stmt);
    if (err == SQLITE_ROW)
        return sql_read_text(stmt, 0, value);
    return err == SQLITE_DONE ? err_set(why, UV_ENOENT, "there is no such fact")
                              : conn_error(conn, err, why);
}

int sqlite_fact_get(void *db, const char *name, char **value, struct errbuf *why)
{
    struct conn *conn = NULL;
    int err = conn_read(db, &conn, why);

    if (!err)
        err = read_fact(conn, name, value, why);
    conn_done(conn);
    return err;
}

int sqlite_fact_put(void *db, const char *name, const char *value, struct errbuf *why)
{
    return sql_run(db, FACT_PUT, name, value, 0, why);
}

int sqlite_fact_claim(void *db, const char *name, const char *value, char **is, struct errbuf *why)
{
    int err = sql_run(db, FACT_CLAIM, name, value, 0, why);

    return err ? err : sqlite_fact_get(db, name, is, why);
}

/* Copies in one transaction, so as of one moment, while others write; deleted data is not
 * copied. */
int sqlite_copy(void *db, const char *path, struct errbuf *why)
{
    struct conn *conn = NULL;
    sqlite3_stmt *stmt = NULL;
    int err = conn_read(db, &conn, why);

    if (err)
        return err;
    err = conn_error(conn, sqlite3_prepare_v2(conn->sq, "VACUUM INTO ?1", -1, &stmt, NULL), why);
    if (!err) {
        sql_bind_text(stmt, 1, path);
        err = conn_run(conn, stmt, why);
    }
    sqlite3_finalize(stmt);
    conn_done(conn);
    return err;
}

int sqlite_samples(void *db, size_t limit, struct store_sample *samples, size_t *n,
                   struct errbuf *why)
{
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    int rc = SQLITE_ROW;
    int err = conn_read(db, &conn, why);

    *n = 0;
    if (err)
        return err;
    stmt = conn_stmt(conn, SAMPLES, &err, why);
    if (stmt)
        sqlite3_bind_int64(stmt, 1, (int64_t)limit);
    while (!err && *n < limit && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct store_sample *s = &samples[*n];

        snprintf(s->id, sizeof(s->id), "%s", (const char *)sqlite3_column_text(stmt, 0));
        snprintf(s->field, sizeof(s->field), "%s", (const char *)sqlite3_column_text(stmt, 1));
        err = sql_read_text(stmt, 2, &s->text);
        *n += !err;
    }
    if (!err && rc != SQLITE_ROW)
        err = conn_error(conn, rc, why);
    conn_done(conn);
    return err;
}
