/**
 * @file store/sqlite.c  Store driver "sqlite": one file, write-ahead log, any number of readers
 *
 * Here: the database as a whole, its schema, and how any record is changed. Its statements are in
 * sqlite_statements.c, their common parts in sqlite_rows.c, and each kind of record has a file of
 * its own.
 */
#include "base/clock.h"
#include "store/driver.h"
#include "store/sqlite_conn.h"
#include "store/sqlite_records.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_statements.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct store_migration store_sqlite_migrations[];

/* The statements for changing a kind of record. */
struct changes {
    const struct record *record;
    int get;
    int put;
};

/* Changes one record in conn's open transaction: reads it, calls fn, writes it. */
static int change_row(struct conn *conn, const struct changes *how, const char *user_id,
                      const char *id, int (*fn)(void *record, void *arg), void *arg, void *record,
                      struct errbuf *why)
{
    sqlite3_stmt *stmt;
    int rc;
    int err;

    stmt = conn_stmt(conn, how->get, &err, why);
    if (!stmt)
        return err;
    sql_bind_text(stmt, 1, id);
    if (user_id)
        sql_bind_text(stmt, 2, user_id);
    rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW)
        return rc == SQLITE_DONE ? err_set(why, UV_ENOENT, "there is no such record")
                                 : conn_error(conn, rc, why);
    if ((err = sql_read_record(stmt, how->record, record)))
        return err;
    sqlite3_reset(stmt);
    if ((err = fn(record, arg)))
        return err;
    stmt = conn_stmt(conn, how->put, &err, why);
    if (stmt)
        err = conn_error(conn, sql_bind_record(stmt, how->record, record), why);
    if (stmt && !err)
        err = conn_run(conn, stmt, why);
    if (!err && sqlite3_changes(conn->sq) == 0)
        err = err_set(why, UV_ENOENT, "what it belongs to is not there");
    return err;
}

static int sqlite_change(void *db, enum store_kind kind, const char *user_id, const char *id,
                         int (*fn)(void *record, void *arg), void *arg, void *record,
                         struct errbuf *why)
{
    static const struct changes changes[] = {
        [STORE_KIND_PROFILE] = {&store_record_profile, PROFILE_GET, PROFILE_PUT},
        [STORE_KIND_SESSION] = {&store_record_session, SESSION_GET, SESSION_PUT},
        [STORE_KIND_TRANSCRIPT] = {&store_record_transcript, TRANSCRIPT_GET, TRANSCRIPT_PUT},
        [STORE_KIND_USER] = {&store_record_user, USER_GET, USER_PUT},
    };
    const struct changes *how = &changes[kind];
    struct conn *conn = NULL;
    void *row = calloc(1, how->record->size);
    int err;

    if (!row)
        return err_set(why, UV_ENOMEM, "out of memory");
    if ((err = conn_write(db, &conn, why)))
        goto out;
    err = conn_exec(conn, "BEGIN IMMEDIATE", why);
    if (!err)
        err = change_row(conn, how, user_id, id, fn, arg, row, why);
    if (!err)
        err = conn_exec(conn, "COMMIT", why);
    conn_done(conn);
out:
    if (err)
        record_release(how->record, row);
    else
        memcpy(record, row, how->record->size);
    free(row);
    return err;
}

/* --------------------------------------------------------------------------- the schema */

static int schema_version(struct conn *conn, int *version, struct errbuf *why)
{
    sqlite3_stmt *stmt = NULL;
    int err = sqlite3_prepare_v2(conn->sq, "PRAGMA user_version", -1, &stmt, NULL);

    if (err == SQLITE_OK)
        err = sqlite3_step(stmt);
    if (err == SQLITE_ROW)
        *version = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    return err == SQLITE_ROW ? 0 : conn_error(conn, err, why);
}

static int newest_version(void)
{
    int n = 0;

    while (store_sqlite_migrations[n].sql)
        n++;
    return n;
}

static int check_version(int version, struct errbuf *why)
{
    if (version <= newest_version())
        return 0;
    return err_set(why, UV_ENOTSUP,
                   "the database was written by a newer version of interviewd (schema %d, this one "
                   "knows %d): update interviewd, or restore an older backup",
                   version, newest_version());
}

static int apply(struct conn *conn, int from, struct errbuf *why)
{
    char sql[64];
    int err = 0;

    for (int v = from; v < newest_version() && !err; v++) {
        err = conn_exec(conn, store_sqlite_migrations[v].sql, why);
        if (!err) {
            snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", v + 1);
            err = conn_exec(conn, sql, why);
        }
        if (err)
            err_prefix(why, err, "migration %s", store_sqlite_migrations[v].name);
    }
    return err;
}

/* The version is read inside the write transaction, so that the second of two concurrent migrations
 * finds nothing left to do. */
static int sqlite_migrate(void *db, int *from, int *to, struct errbuf *why)
{
    struct conn *conn = NULL;
    int err;

    if ((err = conn_write(db, &conn, why)))
        return err;
    err = conn_exec(conn, "BEGIN IMMEDIATE", why);
    if (!err)
        err = schema_version(conn, from, why);
    if (!err)
        err = check_version(*from, why);
    if (!err)
        err = apply(conn, *from, why);
    if (!err)
        err = conn_exec(conn, "COMMIT", why);
    if (!err)
        *to = newest_version();
    conn_done(conn);
    return err;
}

static int is_late(void *deadline_ms)
{
    return clock_mono_ms() > *(const uint64_t *)deadline_ms;
}

/* Checks every page, or as many as there is time for. Damage does not stop the opening: the rest
 * can still be read, exported and deleted. */
static void inspect(struct sqlite_db *db, struct conn *conn, int at_most_ms)
{
    enum {
        OPS = 2000
    }; /* instructions of SQLite's virtual machine between two checks of the
          clock */
    uint64_t deadline = clock_mono_ms() + (uint64_t)at_most_ms;
    sqlite3_stmt *stmt = NULL;
    int err;

    sqlite3_progress_handler(conn->sq, OPS, is_late, &deadline);
    err = sqlite3_prepare_v2(conn->sq, "PRAGMA quick_check(1)", -1, &stmt, NULL);
    if (err == SQLITE_OK)
        err = sqlite3_step(stmt);
    if ((err & 0xff) == SQLITE_CORRUPT ||
        (err == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") != 0))
        db_note_damage(db);
    sqlite3_finalize(stmt);
    sqlite3_progress_handler(conn->sq, 0, NULL, NULL);
}

static int sqlite_open(void **dbp, const struct store_params *params, struct errbuf *why)
{
    struct sqlite_db *db = NULL;
    struct conn *conn = NULL;
    int version = 0;
    int err = db_open(&db, params, sqlite_statements, why);

    if (err)
        return err;
    if (!(err = conn_write(db, &conn, why))) {
        err = schema_version(conn, &version, why);
        if (!err && params->inspect_ms)
            inspect(db, conn, params->inspect_ms);
        conn_done(conn);
    }
    if (!err)
        err = check_version(version, why);
    if (err) {
        db_close(db);
        return err;
    }
    db_identify(db);
    *dbp = db;
    return 0;
}

static void sqlite_close(void *db)
{
    db_close(db);
}

static int sqlite_ping(void *db, struct errbuf *why)
{
    struct conn *conn = NULL;
    int version = 0;
    int err = conn_read(db, &conn, why);

    if (err)
        return err;
    err = schema_version(conn, &version, why);
    if (!err && version != newest_version())
        err = err_set(why, UV_EIO, "the schema is at %d and not at %d: run interviewd migrate",
                      version, newest_version());
    conn_done(conn);
    return err;
}

static enum store_fault sqlite_fault(void *db)
{
    enum store_fault fault = db_fault(db);

    return fault || !sqlite_ping(db, NULL) ? fault : STORE_OUTDATED;
}

const struct store_driver store_sqlite = {
    .name = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .migrate = sqlite_migrate,
    .ping = sqlite_ping,
    .fault = sqlite_fault,
    .change = sqlite_change,
    .user_put = sqlite_user_put,
    .user_get = sqlite_user_get,
    .user_by_email = sqlite_user_by_email,
    .user_local = sqlite_user_local,
    .user_list = sqlite_user_list,
    .user_erase = sqlite_user_erase,
    .scrub = sqlite_scrub,
    .user_password = sqlite_user_password,
    .reset_put = sqlite_reset_put,
    .reset_use = sqlite_reset_use,
    .photo_put = sqlite_photo_put,
    .photo_get = sqlite_photo_get,
    .photo_erase = sqlite_photo_erase,
    .choice_put = sqlite_choice_put,
    .choice_get = sqlite_choice_get,
    .api_key_add = sqlite_api_key_add,
    .api_key_get = sqlite_api_key_get,
    .api_key_list = sqlite_api_key_list,
    .api_key_used = sqlite_api_key_used,
    .api_key_erase = sqlite_api_key_erase,
    .passkey_add = sqlite_passkey_add,
    .passkey_get = sqlite_passkey_get,
    .passkey_list = sqlite_passkey_list,
    .passkey_used = sqlite_passkey_used,
    .passkey_rename = sqlite_passkey_rename,
    .passkey_erase = sqlite_passkey_erase,
    .refresh_put = sqlite_refresh_put,
    .refresh_get = sqlite_refresh_get,
    .refresh_rotate = sqlite_refresh_rotate,
    .refresh_revoke = sqlite_refresh_revoke,
    .refresh_prune = sqlite_refresh_prune,
    .sign_in_list = sqlite_sign_in_list,
    .sign_in_end = sqlite_sign_in_end,
    .sign_in_end_others = sqlite_sign_in_end_others,
    .ended_list = sqlite_ended_list,
    .profile_put = sqlite_profile_put,
    .profile_add = sqlite_profile_add,
    .profile_get = sqlite_profile_get,
    .profile_list = sqlite_profile_list,
    .profile_list_clear = sqlite_profile_list_clear,
    .profile_count = sqlite_profile_count,
    .profile_erase = sqlite_profile_erase,
    .session_put = sqlite_session_put,
    .session_import = sqlite_session_import,
    .session_get = sqlite_session_get,
    .session_list = sqlite_session_list,
    .session_resume = sqlite_session_resume,
    .session_abandon = sqlite_session_abandon,
    .session_erase = sqlite_session_erase,
    .transcript_put = sqlite_transcript_put,
    .transcript_erase = sqlite_transcript_erase,
    .transcript_get = sqlite_transcript_get,
    .transcript_list = sqlite_transcript_list,
    .voice_put = sqlite_voice_put,
    .voice_get = sqlite_voice_get,
    .voice_erase = sqlite_voice_erase,
    .recording_add = sqlite_recording_add,
    .recording_get = sqlite_recording_get,
    .recording_list = sqlite_recording_list,
    .recording_finish = sqlite_recording_finish,
    .recording_growing = sqlite_recording_growing,
    .recording_of_user = sqlite_recording_of_user,
    .recording_bytes = sqlite_recording_bytes,
    .recording_known = sqlite_recording_known,
    .recording_all = sqlite_recording_all,
    .recording_erase = sqlite_recording_erase,
    .recording_expire = sqlite_recording_expire,
    .erased_list = sqlite_erased_list,
    .erased_gone = sqlite_erased_gone,
    .transcription_add = sqlite_transcription_add,
    .transcription_get = sqlite_transcription_get,
    .transcription_list = sqlite_transcription_list,
    .transcription_next = sqlite_transcription_next,
    .transcription_finish = sqlite_transcription_finish,
    .transcription_erase = sqlite_transcription_erase,
    .figures = sqlite_figures,
    .figures_recount = sqlite_figures_recount,
    .fact_get = sqlite_fact_get,
    .fact_put = sqlite_fact_put,
    .fact_claim = sqlite_fact_claim,
    .samples = sqlite_samples,
    .copy = sqlite_copy,
    .sealed_field = sqlite_sealed_field,
    .sealed_stale = sqlite_sealed_stale,
    .sealed_rest = sqlite_sealed_rest,
    .sealed_replace = sqlite_sealed_replace,
};
