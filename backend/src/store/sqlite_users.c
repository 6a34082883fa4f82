/**
 * @file store/sqlite_users.c  Users, their sign-ins, and the sign-ins that were ended
 */
#include "store/sqlite_records.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_statements.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------------------- users */

int sqlite_user_put(void *db, const struct store_user *user, struct errbuf *why)
{
    return sql_put(db, USER_PUT, &store_record_user, user, 0, why);
}

int sqlite_user_get(void *db, const char *id, struct store_user *user, struct errbuf *why)
{
    return sql_get(db, USER_GET, id, NULL, &store_record_user, user, why);
}

int sqlite_user_by_email(void *db, const char *email, struct store_user *user, struct errbuf *why)
{
    return sql_get(db, USER_BY_EMAIL, email, NULL, &store_record_user, user, why);
}

int sqlite_user_local(void *db, struct store_user *user, struct errbuf *why)
{
    return sql_get(db, USER_LOCAL, NULL, NULL, &store_record_user, user, why);
}

/* All rows of stmt, of which there are no pages. */
static int read_ended(struct conn *conn, sqlite3_stmt *stmt, struct store_list *list,
                      struct errbuf *why)
{
    struct store_ended *items = NULL;
    size_t room = 0, n = 0;
    int rc, err = 0;

    while (!err && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        if (n == room) {
            void *more = reallocarray(items, room = room ? 2 * room : 16, sizeof(*items));

            if (!more) {
                free(items);
                return err_set(why, UV_ENOMEM, "out of memory");
            }
            items = more;
        }
        err = sql_read_record(stmt, &store_record_ended, &items[n++]);
    }
    if (!err && rc != SQLITE_DONE)
        err = conn_error(conn, rc, why);
    if (err)
        free(items);
    else
        *list = (struct store_list){.items = items, .count = n};
    return err;
}

/* Inside a transaction: end every sign-in of the user but keep ("" for none). */
static int end_sign_ins(struct conn *conn, const char *user_id, const char *keep,
                        int64_t expires_at, struct store_list *ended, struct errbuf *why)
{
    sqlite3_stmt *stmt;
    int err = 0;

    if (!(stmt = conn_stmt(conn, ENDED_PUT_USER, &err, why)))
        return err;
    sql_bind_text(stmt, 1, user_id);
    sql_bind_text(stmt, 2, keep);
    sqlite3_bind_int64(stmt, 3, expires_at);
    if ((err = read_ended(conn, stmt, ended, why)))
        return err;
    if (!(stmt = conn_stmt(conn, REFRESH_REVOKE_USER, &err, why)))
        return err;
    sql_bind_text(stmt, 1, user_id);
    sql_bind_text(stmt, 2, keep);
    return conn_run(conn, stmt, why);
}

/* Change the user by one statement and end its sign-ins. */
static int change_and_end(struct sqlite_db *db, int index, const char *id, const char *password,
                          const char *keep, int64_t expires_at, struct store_list *ended,
                          struct errbuf *why)
{
    struct store_list list = {0};
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    int err;

    if ((err = conn_write(db, &conn, why)))
        return err;
    if ((err = conn_exec(conn, "BEGIN IMMEDIATE", why)) ||
        (err = end_sign_ins(conn, id, keep, expires_at, &list, why)))
        goto out;
    if (!(stmt = conn_stmt(conn, index, &err, why)))
        goto out;
    sql_bind_text(stmt, 1, id);
    if (password)
        sql_bind_text(stmt, 2, password);
    err = conn_run(conn, stmt, why);
    if (!err && sqlite3_changes(conn->sq) == 0)
        err = err_set(why, UV_ENOENT, "there is no such record");
    if (!err)
        err = conn_exec(conn, "COMMIT", why);
out:
    conn_done(conn);
    if (err)
        free(list.items);
    else
        *ended = list;
    return err;
}

int sqlite_user_erase(void *db, const char *id, int64_t expires_at, struct store_list *ended,
                      struct errbuf *why)
{
    int err = change_and_end(db, USER_ERASE, id, NULL, "", expires_at, ended, why);

    if (err == UV_ENOSPC && sql_make_room(db)) {
        err = change_and_end(db, USER_ERASE, id, NULL, "", expires_at, ended, why);
        sql_keep_reserve(db);
    }
    return err;
}

int sqlite_user_password(void *db, const char *id, const char *password, const char *keep,
                         int64_t expires_at, struct store_list *ended, struct errbuf *why)
{
    return change_and_end(db, USER_PASSWORD, id, password, keep, expires_at, ended, why);
}

/* ----------------------------------------------------------------------- refresh tokens */

/* A sign-in also says how late it is, so that no later start believes a clock that went back. */
static int write_refresh(struct conn *conn, const struct store_refresh *token, struct errbuf *why)
{
    char now[24];
    int err = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, REFRESH_PUT, &err, why);

    if (!stmt ||
        (err = conn_error(conn, sql_bind_record(stmt, &store_record_refresh, token), why)) ||
        (err = conn_run(conn, stmt, why)))
        return err;
    snprintf(now, sizeof(now), "%" PRId64, clock_unix_ms());
    return sql_run_within(conn, FACT_PUT, STORE_FACT_CLOCK, now, 0, why);
}

int sqlite_refresh_get(void *db, const char *hash, struct store_refresh *token, struct errbuf *why)
{
    return sql_get(db, REFRESH_GET, hash, NULL, &store_record_refresh, token, why);
}

/* Marks old used; UV_EEXIST or UV_ENOENT when it cannot be. */
static int use(struct conn *conn, const char *old, int64_t now, struct errbuf *why)
{
    int err = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, REFRESH_USE, &err, why);

    if (!stmt)
        return err;
    sql_bind_text(stmt, 1, old);
    sqlite3_bind_int64(stmt, 2, now);
    if ((err = conn_run(conn, stmt, why)) || sqlite3_changes(conn->sq) == 1)
        return err;

    stmt = conn_stmt(conn, REFRESH_GET, &err, why);
    if (!stmt)
        return err;
    sql_bind_text(stmt, 1, old);
    if (sqlite3_step(stmt) == SQLITE_ROW)
        return err_set(why, UV_EEXIST, "the refresh token was used before");
    return err_set(why, UV_ENOENT, "there is no such refresh token");
}

/* old: NULL for a new sign-in. */
static int sign_in(void *db, const char *old, const struct store_refresh *fresh, int64_t now,
                   struct errbuf *why)
{
    struct conn *conn = NULL;
    int err = conn_write(db, &conn, why);

    if (err)
        return err;
    err = conn_exec(conn, "BEGIN IMMEDIATE", why);
    if (!err && old)
        err = use(conn, old, now, why);
    if (!err)
        err = write_refresh(conn, fresh, why);
    if (!err)
        err = conn_exec(conn, "COMMIT", why);
    conn_done(conn);
    return err;
}

/* Who cannot sign in cannot delete anything either, so this may use what is kept for deletions. */
int sqlite_refresh_rotate(void *db, const char *old, const struct store_refresh *fresh, int64_t now,
                          struct errbuf *why)
{
    int err = sign_in(db, old, fresh, now, why);

    if (err == UV_ENOSPC && sql_make_room(db)) {
        err = sign_in(db, old, fresh, now, why);
        sql_keep_reserve(db);
    }
    return err;
}

int sqlite_refresh_put(void *db, const struct store_refresh *token, struct errbuf *why)
{
    return sqlite_refresh_rotate(db, NULL, token, 0, why);
}

static int end_family(void *db, const char *family, int64_t expires_at, struct errbuf *why)
{
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    int err;

    if ((err = conn_write(db, &conn, why)))
        return err;
    if ((err = conn_exec(conn, "BEGIN IMMEDIATE", why)) ||
        !(stmt = conn_stmt(conn, ENDED_PUT, &err, why)))
        goto out;
    sql_bind_text(stmt, 1, family);
    sqlite3_bind_int64(stmt, 2, expires_at);
    if ((err = conn_run(conn, stmt, why)) || !(stmt = conn_stmt(conn, REFRESH_REVOKE, &err, why)))
        goto out;
    sql_bind_text(stmt, 1, family);
    if (!(err = conn_run(conn, stmt, why)))
        err = conn_exec(conn, "COMMIT", why);
out:
    conn_done(conn);
    return err;
}

int sqlite_refresh_revoke(void *db, const char *family, int64_t expires_at, struct errbuf *why)
{
    int err = end_family(db, family, expires_at, why);

    if (err == UV_ENOSPC && sql_make_room(db)) {
        err = end_family(db, family, expires_at, why);
        sql_keep_reserve(db);
    }
    return err;
}

int sqlite_refresh_prune(void *db, int64_t now, struct errbuf *why)
{
    static const int indexes[] = {REFRESH_PRUNE, ENDED_PRUNE};
    struct conn *conn = NULL;
    int err = conn_write(db, &conn, why);

    for (size_t i = 0; !err && i < sizeof(indexes) / sizeof(indexes[0]); i++) {
        sqlite3_stmt *stmt = conn_stmt(conn, indexes[i], &err, why);

        if (stmt) {
            sqlite3_bind_int64(stmt, 1, now);
            err = conn_run(conn, stmt, why);
        }
    }
    conn_done(conn);
    return err;
}

int sqlite_ended_list(void *db, int64_t now, struct store_list *ended, struct errbuf *why)
{
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    int err;

    if ((err = conn_read(db, &conn, why)))
        return err;
    stmt = conn_stmt(conn, ENDED_LIST, &err, why);
    if (stmt) {
        sqlite3_bind_int64(stmt, 1, now);
        err = read_ended(conn, stmt, ended, why);
    }
    conn_done(conn);
    return err;
}
