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
#include <string.h>

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

/* Reads all rows of stmt, without pages. */
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

/* Two statements that end sign-ins: one remembers them, one removes their tokens. */
struct ending {
    int remember, revoke;
};
static const struct ending one = {ENDED_PUT_ONE, REFRESH_REVOKE_ONE};
static const struct ending others = {ENDED_PUT_USER, REFRESH_REVOKE_USER};

/* Inside a transaction: ends the user's sign-in `family`, or all others ("": all). */
static int end_sign_ins(struct conn *conn, const struct ending *which, const char *user_id,
                        const char *family, int64_t expires_at, struct store_list *ended,
                        struct errbuf *why)
{
    sqlite3_stmt *stmt;
    int err = 0;

    if (!(stmt = conn_stmt(conn, which->remember, &err, why)))
        return err;
    sql_bind_text(stmt, 1, user_id);
    sql_bind_text(stmt, 2, family);
    sqlite3_bind_int64(stmt, 3, expires_at);
    if ((err = read_ended(conn, stmt, ended, why)))
        return err;
    if (!(stmt = conn_stmt(conn, which->revoke, &err, why)))
        return err;
    sql_bind_text(stmt, 1, user_id);
    sql_bind_text(stmt, 2, family);
    return conn_run(conn, stmt, why);
}

/* Changes the user with one statement and ends their sign-ins. */
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
        (err = end_sign_ins(conn, &others, id, keep, expires_at, &list, why)))
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

/* SQLite overwrites what it frees (secure_delete), but the log still contains the old pages. */
int sqlite_scrub(void *db, struct errbuf *why)
{
    struct conn *conn = NULL;
    int err = conn_write(db, &conn, why);

    if (err)
        return err;
    err = conn_error(
        conn, sqlite3_wal_checkpoint_v2(conn->sq, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL),
        why);
    conn_done(conn);
    return err;
}

int sqlite_user_password(void *db, const char *id, const char *password, const char *keep,
                         int64_t expires_at, struct store_list *ended, struct errbuf *why)
{
    return change_and_end(db, USER_PASSWORD, id, password, keep, expires_at, ended, why);
}

int sqlite_user_list(void *db, size_t limit, const char *cursor, struct store_list *list,
                     struct errbuf *why)
{
    return sql_list_newest(db, USER_LIST, &store_record_user, NULL, limit, cursor, list, why);
}

/* ---- password resets ------------------------------------------------------------------------ */

int sqlite_reset_put(void *db, const struct store_reset *reset, struct errbuf *why)
{
    return sql_put(db, RESET_PUT, &store_record_reset, reset, 0, why);
}

/* Inside a transaction: finds the token's user. */
static int find_reset(struct conn *conn, const char *hash, int64_t now, char *user_id,
                      struct errbuf *why)
{
    int rc, err = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, RESET_WHOSE, &err, why);

    if (!stmt)
        return err;
    sql_bind_text(stmt, 1, hash);
    sqlite3_bind_int64(stmt, 2, now);
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        snprintf(user_id, ID_TEXT_MAX, "%s", (const char *)sqlite3_column_text(stmt, 0));
    else
        err = rc == SQLITE_DONE ? err_set(why, UV_ENOENT, "there is no such token")
                                : conn_error(conn, rc, why);
    sqlite3_reset(stmt);
    return err;
}

int sqlite_reset_use(void *db, const char *hash, int64_t now, const char *password,
                     int64_t expires_at, char *user_id, struct store_list *ended,
                     struct errbuf *why)
{
    struct store_list list = {0};
    struct conn *conn = NULL;
    int err = conn_write(db, &conn, why);

    if (err)
        return err;
    err = conn_exec(conn, "BEGIN IMMEDIATE", why);
    if (!err)
        err = find_reset(conn, hash, now, user_id, why);
    if (!err)
        err = end_sign_ins(conn, &others, user_id, "", expires_at, &list, why);
    if (!err)
        err = sql_run_within(conn, USER_PASSWORD, user_id, password, UV_ENOENT, why);
    if (!err)
        err = sql_run_within(conn, RESET_GONE, user_id, NULL, 0, why);
    if (!err)
        err = conn_exec(conn, "COMMIT", why);
    conn_done(conn);
    if (err)
        free(list.items);
    else
        *ended = list;
    return err;
}

/* ------------------------------------------------------------------------------- photos */

int sqlite_photo_put(void *db, const struct store_photo *photo, struct errbuf *why)
{
    return sql_put(db, PHOTO_PUT, &store_record_photo, photo, 0, why);
}

int sqlite_photo_get(void *db, const char *user_id, struct store_photo *photo, struct errbuf *why)
{
    return sql_get(db, PHOTO_GET, user_id, NULL, &store_record_photo, photo, why);
}

int sqlite_photo_erase(void *db, const char *user_id, struct errbuf *why)
{
    return sql_erase(db, PHOTO_ERASE, user_id, NULL, why);
}

/* ------------------------------------------------------------------------------ choices */

int sqlite_choice_put(void *db, const struct store_choice *choice, struct errbuf *why)
{
    return sql_put(db, CHOICE_PUT, &store_record_choice, choice, 0, why);
}

int sqlite_choice_get(void *db, const char *user_id, struct store_choice *choice,
                      struct errbuf *why)
{
    return sql_get(db, CHOICE_GET, user_id, NULL, &store_record_choice, choice, why);
}

/* ----------------------------------------------------------------------- refresh tokens */

/* A sign-in also records the time, so that a later start does not trust a clock that was set
 * back. */
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

/* Marks old as used; UV_EEXIST or UV_ENOENT if that is impossible. */
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

/* A person who cannot sign in cannot delete anything either, so this may use the reserve for
 * deletions. */
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

int sqlite_sign_in_list(void *db, const char *user_id, int64_t now, struct store_list *list,
                        struct errbuf *why)
{
    const struct sql_few few = {.index = SIGN_IN_LIST,
                                .record = &store_record_refresh,
                                .limit = STORE_PAGE_MAX,
                                .a = user_id,
                                .number = &now};

    return sql_list_few(db, &few, list, why);
}

static int end_those(struct sqlite_db *db, const struct ending *which, const char *user_id,
                     const char *family, int64_t expires_at, struct store_list *ended,
                     struct errbuf *why)
{
    struct store_list list = {0};
    struct conn *conn = NULL;
    int err = conn_write(db, &conn, why);

    if (err)
        return err;
    err = conn_exec(conn, "BEGIN IMMEDIATE", why);
    if (!err)
        err = end_sign_ins(conn, which, user_id, family, expires_at, &list, why);
    if (!err)
        err = conn_exec(conn, "COMMIT", why);
    conn_done(conn);
    if (err)
        free(list.items);
    else
        *ended = list;
    return err;
}

static int end_in_any_case(struct sqlite_db *db, const struct ending *which, const char *user_id,
                           const char *family, int64_t expires_at, struct store_list *ended,
                           struct errbuf *why)
{
    int err = end_those(db, which, user_id, family, expires_at, ended, why);

    if (err == UV_ENOSPC && sql_make_room(db)) {
        err = end_those(db, which, user_id, family, expires_at, ended, why);
        sql_keep_reserve(db);
    }
    return err;
}

int sqlite_sign_in_end(void *db, const char *user_id, const char *family, int64_t expires_at,
                       struct store_list *ended, struct errbuf *why)
{
    return end_in_any_case(db, &one, user_id, family, expires_at, ended, why);
}

int sqlite_sign_in_end_others(void *db, const char *user_id, const char *keep, int64_t expires_at,
                              struct store_list *ended, struct errbuf *why)
{
    return end_in_any_case(db, &others, user_id, keep, expires_at, ended, why);
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

/* ----------------------------------------------------------------------- personal keys */

int sqlite_api_key_add(void *db, const struct store_api_key *key, size_t most, struct errbuf *why)
{
    return sql_put_within(db, API_KEY_ADD, &store_record_api_key, key, (int64_t)most,
                          "the user has as many keys as there may be", why);
}

int sqlite_api_key_get(void *db, const char *hash, struct store_api_key *key, struct errbuf *why)
{
    return sql_get(db, API_KEY_GET, hash, NULL, &store_record_api_key, key, why);
}

int sqlite_api_key_list(void *db, const char *user_id, struct store_list *list, struct errbuf *why)
{
    const struct sql_few few = {.index = API_KEY_LIST,
                                .record = &store_record_api_key,
                                .limit = STORE_PAGE_MAX,
                                .a = user_id};

    return sql_list_few(db, &few, list, why);
}

int sqlite_api_key_used(void *db, const char *hash, int64_t now, struct errbuf *why)
{
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    int err = conn_write(db, &conn, why);

    if (err)
        return err;
    stmt = conn_stmt(conn, API_KEY_USED, &err, why);
    if (stmt) {
        sql_bind_text(stmt, 1, hash);
        sqlite3_bind_int64(stmt, 2, now);
        err = conn_run(conn, stmt, why);
    }
    conn_done(conn);
    return err;
}

int sqlite_api_key_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return sql_erase(db, API_KEY_ERASE, user_id, id, why);
}
