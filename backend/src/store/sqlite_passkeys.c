/**
 * @file store/sqlite_passkeys.c  Public keys that browsers sign in with
 */
#include "store/sqlite_records.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_statements.h"

int sqlite_passkey_add(void *db, const struct store_passkey *passkey, size_t most,
                       struct errbuf *why)
{
    return sql_put_within(db, PASSKEY_ADD, &store_record_passkey, passkey, (int64_t)most,
                          "the user has as many passkeys as there may be", why);
}

int sqlite_passkey_get(void *db, const char *credential, struct store_passkey *passkey,
                       struct errbuf *why)
{
    return sql_get(db, PASSKEY_GET, credential, NULL, &store_record_passkey, passkey, why);
}

int sqlite_passkey_list(void *db, const char *user_id, struct store_list *list, struct errbuf *why)
{
    const struct sql_few few = {.index = PASSKEY_LIST,
                                .record = &store_record_passkey,
                                .limit = STORE_PAGE_MAX,
                                .a = user_id};

    return sql_list_few(db, &few, list, why);
}

/* Ends the write; it is an error if no row was changed. */
static int changed(struct conn *conn, sqlite3_stmt *stmt, struct errbuf *why)
{
    int err = conn_run(conn, stmt, why);

    return !err && !sqlite3_changes(conn->sq) ? err_set(why, UV_ENOENT, "there is no such record")
                                              : err;
}

int sqlite_passkey_used(void *db, const char *id, int64_t count, int64_t now, struct errbuf *why)
{
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    int err = conn_write(db, &conn, why);

    if (err)
        return err;
    stmt = conn_stmt(conn, PASSKEY_USED, &err, why);
    if (stmt) {
        sql_bind_text(stmt, 1, id);
        sqlite3_bind_int64(stmt, 2, count);
        sqlite3_bind_int64(stmt, 3, now);
        err = changed(conn, stmt, why);
    }
    conn_done(conn);
    return err;
}

int sqlite_passkey_rename(void *db, const char *user_id, const char *id, const char *name,
                          struct errbuf *why)
{
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    int err = conn_write(db, &conn, why);

    if (err)
        return err;
    stmt = conn_stmt(conn, PASSKEY_RENAME, &err, why);
    if (stmt) {
        sql_bind_text(stmt, 1, user_id);
        sql_bind_text(stmt, 2, id);
        sql_bind_text(stmt, 3, name);
        err = changed(conn, stmt, why);
    }
    conn_done(conn);
    return err;
}

int sqlite_passkey_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return sql_erase(db, PASSKEY_ERASE, user_id, id, why);
}
