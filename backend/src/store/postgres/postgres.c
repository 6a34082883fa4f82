/**
 * @file store/postgres/postgres.c  Store driver "postgres": a PostgreSQL server, 13 or newer
 *
 * Here: the database as a whole, its schema, and how any record is changed. Its statements stand in
 * statements.c, how they are run in conn.c, what they have in common in rows.c, and each kind of
 * record has its functions in a file of its own. All of it is a module of its own
 * (base/module.h), because libpq costs memory by being linked.
 *
 * The schema is the first one of the connection's search_path; the table interviewd_schema in it
 * has a row for each migration.
 */
#include "store/driver.h"
#include "store/postgres/records.h"
#include "store/postgres/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct store_migration store_postgres_migrations[];
extern const struct store_driver store_postgres; /* what the module is opened for */

enum { MIGRATE_MS = 3600000 };

/* ------------------------------------------------------------------------------ changes */

/* How a kind of record is changed: by which statements. */
struct changes {
    const struct record *record;
    int hold;
    int put;
};

/* The record as it is, held until the transaction ends. */
static int hold_row(struct conn *conn, const struct changes *how, const char *user_id,
                    const char *id, void *record, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct call calls[2];
    int err;

    call_begin(&calls[0], BEGIN);
    call_begin(&calls[1], how->hold);
    call_text(&calls[1], id);
    if (user_id)
        call_text(&calls[1], user_id);
    err = conn_run(conn, calls, 2, &replies, why);
    if (!err && !reply_rows(&replies, 1))
        err = err_set(why, UV_ENOENT, "there is no such record");
    if (!err && read_record(&replies, 1, 0, how->record, record))
        err = err_set(why, UV_ENOMEM, "out of memory");
    replies_release(&replies);
    return err;
}

/* Nothing was changed where no row was touched, so the commit behind it does no harm. */
static int put_row(struct conn *conn, const struct changes *how, const void *record,
                   struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct call calls[2];
    int err;

    call_begin(&calls[0], how->put);
    call_record(&calls[0], how->record, record);
    call_begin(&calls[1], COMMIT);
    err = conn_run(conn, calls, 2, &replies, why);
    if (!err && !reply_changed(&replies, 0))
        err = err_set(why, UV_ENOENT, "what it belongs to is not there");
    replies_release(&replies);
    return err;
}

static int postgres_change(void *db, enum store_kind kind, const char *user_id, const char *id,
                           int (*fn)(void *record, void *arg), void *arg, void *record,
                           struct errbuf *why)
{
    static const struct changes changes[] = {
        [STORE_KIND_PROFILE] = {&store_record_profile, PROFILE_HOLD, PROFILE_PUT},
        [STORE_KIND_SESSION] = {&store_record_session, SESSION_HOLD, SESSION_PUT},
        [STORE_KIND_TRANSCRIPT] = {&store_record_transcript, TRANSCRIPT_HOLD, TRANSCRIPT_WRITE},
        [STORE_KIND_USER] = {&store_record_user, USER_HOLD, USER_PUT},
    };
    const struct changes *how = &changes[kind];
    void *row = calloc(1, how->record->size);
    bool again = true;
    int err = 0;

    if (!row)
        return err_set(why, UV_ENOMEM, "out of memory");
    for (int tries = 0; again; tries++) {
        struct conn *conn = NULL;

        if ((err = conn_take(db, &conn, why)))
            break;
        err = hold_row(conn, how, user_id, id, row, why);
        if (!err)
            err = fn(row, arg);
        if (!err)
            err = put_row(conn, how, row, why);
        if (err)
            record_release(how->record, row);
        again = conn_again(conn, err, tries);
        conn_done(conn);
    }
    if (!err)
        memcpy(record, row, how->record->size);
    free(row);
    return err;
}

/* --------------------------------------------------------------------------- the schema */

static int check_version(int version, struct errbuf *why)
{
    if (version <= db_newest())
        return 0;
    return err_set(why, UV_ENOTSUP,
                   "the database was written by a newer version of interviewd (schema %d, this one "
                   "knows %d): update interviewd, or restore an older backup",
                   version, db_newest());
}

/* The lock is the server's and ends with the transaction: of several that migrate at once the
 * others find nothing left to do. Its number is this program's, whoever else uses the server. */
static int begin_migration(struct conn *conn, int *version, struct errbuf *why)
{
    static const char begin[] =
        "BEGIN; SET LOCAL statement_timeout=0; SET LOCAL client_min_messages=warning;"
        "SELECT pg_advisory_xact_lock(5284937106621);"
        "CREATE TABLE IF NOT EXISTS interviewd_schema (version integer PRIMARY KEY,"
        " name text NOT NULL, at timestamptz NOT NULL DEFAULT now())";
    struct replies replies = {.count = 0};
    struct call call;
    int err = conn_script(conn, begin, MIGRATE_MS, why);

    call_begin(&call, SCHEMA_VERSION);
    if (!err)
        err = conn_run(conn, &call, 1, &replies, why);
    if (!err)
        *version = (int)reply_int(&replies, 0, 0, 0);
    replies_release(&replies);
    return err ? err : check_version(*version, why);
}

static int apply(struct conn *conn, int from, struct errbuf *why)
{
    int err = 0;

    for (int v = from; v < db_newest() && !err; v++) {
        const struct store_migration *m = &store_postgres_migrations[v];
        char sql[160];

        snprintf(sql, sizeof(sql), "INSERT INTO interviewd_schema (version,name) VALUES (%d,'%s')",
                 v + 1, m->name);
        err = conn_script(conn, m->sql, MIGRATE_MS, why);
        if (!err)
            err = conn_script(conn, sql, MIGRATE_MS, why);
        if (err)
            err_prefix(why, err, "migration %s", m->name);
    }
    return err;
}

static int postgres_migrate(void *db, int *from, int *to, struct errbuf *why)
{
    struct conn *conn = NULL;
    int err = conn_take(db, &conn, why);

    if (!err)
        err = begin_migration(conn, from, why);
    if (!err)
        err = apply(conn, *from, why);
    if (!err)
        err = conn_script(conn, "COMMIT", MIGRATE_MS, why);
    if (!err) {
        *to = db_newest();
        db_set_version(db, *to);
    }
    conn_done(conn);
    return err;
}

static int postgres_open(void **dbp, const struct store_params *params, struct errbuf *why)
{
    struct pg_db *db = NULL;
    int err;

    if (!params || !params->url || !params->url[0])
        return err_set(why, UV_EINVAL, "the database has no address");
    err = db_open(&db, params, why);
    if (!err)
        err = check_version(db_version(db), why);
    if (err)
        db_close(db);
    else
        *dbp = db;
    return err;
}

static void postgres_close(void *db)
{
    db_close(db);
}

static int postgres_ping(void *db, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct call call;
    int err;

    if (db_version(db) != db_newest())
        return err_set(why, UV_EIO, "the schema is at %d and not at %d: run interviewd migrate",
                       db_version(db), db_newest());
    call_begin(&call, SCHEMA_VERSION);
    err = db_ask(db, false, &call, 1, &replies, why);
    replies_release(&replies);
    return err;
}

static enum store_fault postgres_fault(void *db)
{
    return db_fault(db);
}

static uint64_t postgres_round_trips(void *db)
{
    return db_round_trips(db);
}

const struct store_driver store_postgres = {
    .name = "postgres",
    .open = postgres_open,
    .close = postgres_close,
    .migrate = postgres_migrate,
    .ping = postgres_ping,
    .fault = postgres_fault,
    .round_trips = postgres_round_trips,
    .change = postgres_change,
    .user_put = postgres_user_put,
    .user_get = postgres_user_get,
    .user_by_email = postgres_user_by_email,
    .user_local = postgres_user_local,
    .user_list = postgres_user_list,
    .user_erase = postgres_user_erase,
    .scrub = postgres_scrub,
    .user_password = postgres_user_password,
    .reset_put = postgres_reset_put,
    .reset_use = postgres_reset_use,
    .photo_put = postgres_photo_put,
    .photo_get = postgres_photo_get,
    .photo_erase = postgres_photo_erase,
    .choice_put = postgres_choice_put,
    .choice_get = postgres_choice_get,
    .api_key_add = postgres_api_key_add,
    .api_key_get = postgres_api_key_get,
    .api_key_list = postgres_api_key_list,
    .api_key_used = postgres_api_key_used,
    .api_key_erase = postgres_api_key_erase,
    .passkey_add = postgres_passkey_add,
    .passkey_get = postgres_passkey_get,
    .passkey_list = postgres_passkey_list,
    .passkey_used = postgres_passkey_used,
    .passkey_rename = postgres_passkey_rename,
    .passkey_erase = postgres_passkey_erase,
    .refresh_put = postgres_refresh_put,
    .refresh_get = postgres_refresh_get,
    .refresh_rotate = postgres_refresh_rotate,
    .refresh_revoke = postgres_refresh_revoke,
    .refresh_prune = postgres_refresh_prune,
    .sign_in_list = postgres_sign_in_list,
    .sign_in_end = postgres_sign_in_end,
    .sign_in_end_others = postgres_sign_in_end_others,
    .ended_list = postgres_ended_list,
    .profile_put = postgres_profile_put,
    .profile_add = postgres_profile_add,
    .profile_get = postgres_profile_get,
    .profile_list = postgres_profile_list,
    .profile_list_clear = postgres_profile_list_clear,
    .profile_count = postgres_profile_count,
    .profile_erase = postgres_profile_erase,
    .session_put = postgres_session_put,
    .session_import = postgres_session_import,
    .session_get = postgres_session_get,
    .session_list = postgres_session_list,
    .session_resume = postgres_session_resume,
    .session_abandon = postgres_session_abandon,
    .session_erase = postgres_session_erase,
    .transcript_put = postgres_transcript_put,
    .transcript_erase = postgres_transcript_erase,
    .transcript_get = postgres_transcript_get,
    .transcript_list = postgres_transcript_list,
    .voice_put = postgres_voice_put,
    .voice_get = postgres_voice_get,
    .voice_erase = postgres_voice_erase,
    .recording_add = postgres_recording_add,
    .recording_get = postgres_recording_get,
    .recording_list = postgres_recording_list,
    .recording_finish = postgres_recording_finish,
    .recording_growing = postgres_recording_growing,
    .recording_of_user = postgres_recording_of_user,
    .recording_bytes = postgres_recording_bytes,
    .recording_known = postgres_recording_known,
    .recording_all = postgres_recording_all,
    .recording_erase = postgres_recording_erase,
    .recording_expire = postgres_recording_expire,
    .erased_list = postgres_erased_list,
    .erased_gone = postgres_erased_gone,
    .transcription_add = postgres_transcription_add,
    .transcription_get = postgres_transcription_get,
    .transcription_list = postgres_transcription_list,
    .transcription_next = postgres_transcription_next,
    .transcription_finish = postgres_transcription_finish,
    .transcription_erase = postgres_transcription_erase,
    .figures = postgres_figures,
    .figures_recount = postgres_figures_recount,
    .fact_get = postgres_fact_get,
    .fact_put = postgres_fact_put,
    .fact_claim = postgres_fact_claim,
    .samples = postgres_samples,
    .copy = postgres_copy,
    .sealed_field = postgres_sealed_field,
    .sealed_stale = postgres_sealed_stale,
    .sealed_rest = postgres_sealed_rest,
    .sealed_replace = postgres_sealed_replace,
};
