/**
 * @file store/sqlite_recordings.c  Voices, recordings, and their transcriptions in the background
 */
#include "store/sqlite_records.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_statements.h"

#include <string.h>

/* ------------------------------------------------------------------------------- voices */

int sqlite_voice_put(void *db, const struct store_voice *voice, struct errbuf *why)
{
    return sql_put(db, VOICE_PUT, &store_record_voice, voice, 0, why);
}

int sqlite_voice_get(void *db, const char *user_id, struct store_voice *voice, struct errbuf *why)
{
    return sql_get(db, VOICE_GET, user_id, NULL, &store_record_voice, voice, why);
}

int sqlite_voice_erase(void *db, const char *user_id, struct errbuf *why)
{
    return sql_erase(db, VOICE_ERASE, user_id, NULL, why);
}

/* --------------------------------------------------------------------------- recordings */

int sqlite_recording_add(void *db, const struct store_recording *recording, int64_t bytes_max,
                         struct errbuf *why)
{
    return sql_put_within(db, RECORDING_ADD, &store_record_recording, recording, bytes_max,
                          "the user has as many recordings as there may be", why);
}

int sqlite_recording_get(void *db, const char *user_id, const char *id,
                         struct store_recording *recording, struct errbuf *why)
{
    return sql_get(db, RECORDING_GET, id, user_id, &store_record_recording, recording, why);
}

static int list_newest(void *db, int index, const struct record *record, const char *user_id,
                       size_t limit, const char *cursor, struct store_list *list,
                       struct errbuf *why)
{
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    bool more = false;
    int err = conn_read(db, &conn, why);

    if (err)
        return err;
    stmt = conn_stmt(conn, index, &err, why);
    if (stmt) {
        sql_bind_text(stmt, 1, user_id);
        sql_bind_text(stmt, 2, cursor ? cursor : "~"); /* sorts after all characters of an id */
        sqlite3_bind_int64(stmt, 3, (int64_t)limit + 1);
        err = sql_read_page(conn, stmt, record, limit, list, &more, why);
    }
    if (!err && more && list->count)
        memcpy(list->next, (char *)list->items + (list->count - 1) * record->size, ID_TEXT_MAX);
    conn_done(conn);
    return err;
}

int sqlite_recording_of_user(void *db, const char *user_id, size_t limit, const char *cursor,
                             struct store_list *list, struct errbuf *why)
{
    return list_newest(db, RECORDING_OF_USER, &store_record_recording, user_id, limit, cursor, list,
                       why);
}

int sqlite_transcription_list(void *db, const char *user_id, size_t limit, const char *cursor,
                              struct store_list *list, struct errbuf *why)
{
    return list_newest(db, TRANSCRIPTION_LIST, &store_record_transcription, user_id, limit, cursor,
                       list, why);
}

int sqlite_recording_bytes(void *db, const char *user_id, int64_t *bytes, struct errbuf *why)
{
    return sql_number(db, RECORDING_BYTES, user_id, bytes, why);
}

int sqlite_recording_known(void *db, const char *id, struct errbuf *why)
{
    struct store_erased same;

    return sql_get(db, RECORDING_KNOWN, id, NULL, &store_record_erased, &same, why);
}

int sqlite_recording_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return sql_erase(db, RECORDING_ERASE, id, user_id, why);
}

int sqlite_recording_all(void *db, const char *after, size_t limit, struct store_list *list,
                         struct errbuf *why)
{
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    int err;

    if ((err = conn_read(db, &conn, why)))
        return err;
    stmt = conn_stmt(conn, RECORDING_ALL, &err, why);
    if (stmt) {
        sql_bind_text(stmt, 1, after);
        sqlite3_bind_int64(stmt, 2, (int64_t)limit);
        err = sql_read_few(conn, stmt, &store_record_recording, limit, list, why);
    }
    conn_done(conn);
    return err;
}

int sqlite_recording_expire(void *db, int64_t now, size_t limit, struct store_list *list,
                            struct errbuf *why)
{
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    int err;

    if ((err = conn_write(db, &conn, why)))
        return err;
    stmt = conn_stmt(conn, RECORDING_EXPIRE, &err, why);
    if (stmt) {
        sqlite3_bind_int64(stmt, 1, now);
        sqlite3_bind_int64(stmt, 2, (int64_t)limit);
        err = sql_read_few(conn, stmt, &store_record_recording, limit, list, why);
    }
    conn_done(conn);
    return err;
}

/* The limit is the statement's first parameter; a and b, if they are not NULL, the next two. */
static int list_few(struct sqlite_db *db, int index, const char *a, const char *b,
                    const struct record *record, size_t limit, struct store_list *list,
                    struct errbuf *why)
{
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    int err;

    if ((err = conn_read(db, &conn, why)))
        return err;
    stmt = conn_stmt(conn, index, &err, why);
    if (stmt) {
        sqlite3_bind_int64(stmt, 1, (int64_t)limit);
        if (a)
            sql_bind_text(stmt, 2, a);
        if (b)
            sql_bind_text(stmt, 3, b);
        err = sql_read_few(conn, stmt, record, limit, list, why);
    }
    conn_done(conn);
    return err;
}

int sqlite_recording_list(void *db, const char *user_id, const char *session_id, size_t limit,
                          struct store_list *list, struct errbuf *why)
{
    return list_few(db, RECORDING_LIST, user_id, session_id, &store_record_recording, limit, list,
                    why);
}

int sqlite_recording_finish(void *db, const struct store_recording *recording, struct errbuf *why)
{
    return sql_put(db, RECORDING_FINISH, &store_record_recording, recording, UV_ENOENT, why);
}

int sqlite_recording_growing(void *db, size_t limit, struct store_list *list, struct errbuf *why)
{
    return list_few(db, RECORDING_GROWING, NULL, NULL, &store_record_recording, limit, list, why);
}

int sqlite_erased_list(void *db, size_t limit, struct store_list *list, struct errbuf *why)
{
    return list_few(db, ERASED_LIST, NULL, NULL, &store_record_erased, limit, list, why);
}

int sqlite_erased_gone(void *db, const char *id, struct errbuf *why)
{
    return sql_erase(db, ERASED_GONE, id, NULL, why);
}

/* ----------------------------------------------------------------------- transcriptions */

int sqlite_transcription_add(void *db, const struct store_transcription *t, size_t waiting_max,
                             struct errbuf *why)
{
    return sql_put_within(db, TRANSCRIPTION_ADD, &store_record_transcription, t,
                          (int64_t)waiting_max,
                          "the user has as many transcriptions waiting as there may be", why);
}

int sqlite_transcription_get(void *db, const char *user_id, const char *id,
                             struct store_transcription *t, struct errbuf *why)
{
    return sql_get(db, TRANSCRIPTION_GET, id, user_id, &store_record_transcription, t, why);
}

int sqlite_transcription_next(void *db, struct store_transcription *t, struct errbuf *why)
{
    return sql_get(db, TRANSCRIPTION_NEXT, NULL, NULL, &store_record_transcription, t, why);
}

int sqlite_transcription_finish(void *db, const struct store_transcription *t, struct errbuf *why)
{
    return sql_put(db, TRANSCRIPTION_FINISH, &store_record_transcription, t, UV_ENOENT, why);
}

int sqlite_transcription_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return sql_erase(db, TRANSCRIPTION_ERASE, id, user_id, why);
}
