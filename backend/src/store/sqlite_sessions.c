/**
 * @file store/sqlite_sessions.c  Profiles, sessions, and what was said in them
 */
#include "base/buffer.h"
#include "store/sqlite_records.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_statements.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROFILES_TEXT_MAX = 64 << 10 }; /* ids of a filter [bytes] */

/* ----------------------------------------------------------------------------- profiles */

static const char too_many_profiles[] = "the user has as many profiles as there may be";

int sqlite_profile_put(void *db, const struct store_profile *profile, struct errbuf *why)
{
    return sql_put(db, PROFILE_PUT, &store_record_profile, profile, UV_ENOENT, why);
}

int sqlite_profile_add(void *db, const struct store_profile *profile, size_t most,
                       struct errbuf *why)
{
    return sql_put_within(db, PROFILE_ADD, &store_record_profile, profile, (int64_t)most,
                          too_many_profiles, why);
}

int sqlite_profile_get(void *db, const char *user_id, const char *id, struct store_profile *profile,
                       struct errbuf *why)
{
    return sql_get(db, PROFILE_GET, id, user_id, &store_record_profile, profile, why);
}

int sqlite_profile_list(void *db, const char *user_id, size_t limit, const char *cursor,
                        struct store_list *list, struct errbuf *why)
{
    static const struct sql_listed what = {STORE_KIND_PROFILE, &store_record_profile, PROFILE_LIST,
                                           PROFILE_IDS, PROFILE_GET};

    return sql_list_by_id(db, &what, user_id, -1, limit, cursor, list, why);
}

int sqlite_profile_list_clear(void *db, const char *after, struct store_list *list,
                              struct errbuf *why)
{
    const struct sql_few few = {.index = PROFILE_LIST_CLEAR,
                                .record = &store_record_profile_owner,
                                .limit = STORE_PAGE_MAX,
                                .a = after};

    return sql_list_few(db, &few, list, why);
}

int sqlite_profile_count(void *db, const char *user_id, size_t *count, struct errbuf *why)
{
    int64_t n = 0;
    int err = sql_number(db, PROFILE_COUNT, user_id, &n, why);

    if (!err)
        *count = (size_t)n;
    return err;
}

int sqlite_profile_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return sql_erase(db, PROFILE_ERASE, id, user_id, why);
}

/* ----------------------------------------------------------------------------- sessions */

int sqlite_session_put(void *db, const struct store_session *session, struct errbuf *why)
{
    return sql_put(db, SESSION_PUT, &store_record_session, session, UV_ENOENT, why);
}

int sqlite_session_get(void *db, const char *user_id, const char *id, struct store_session *session,
                       struct errbuf *why)
{
    return sql_get(db, SESSION_GET, id, user_id, &store_record_session, session, why);
}

/* The ids as a JSON array; *text belongs to the caller. */
static int write_profiles(const struct store_session_filter *filter, char **text)
{
    struct buf out;

    *text = NULL;
    if (!filter->profiles)
        return 0;
    buf_init(&out, PROFILES_TEXT_MAX);
    for (size_t i = 0; i < filter->profile_count; i++)
        buf_printf(&out, "%s\"%s\"", i ? "," : "[",
                   filter->profiles[i]); /* ids contain no quotes */
    buf_puts(&out, filter->profile_count ? "]" : "[]");
    if (out.err) {
        buf_release(&out);
        return UV_ENOMEM;
    }
    *text = buf_steal(&out, NULL);
    return *text ? 0 : UV_ENOMEM;
}

int sqlite_session_list(void *db, const char *user_id, const struct store_session_filter *filter,
                        size_t limit, const char *cursor, struct store_list *list,
                        struct errbuf *why)
{
    static const struct sql_listed all = {STORE_KIND_SESSION, &store_record_session, SESSION_LIST,
                                          SESSION_IDS, SESSION_GET};
    static const struct sql_listed some = {STORE_KIND_SESSION, &store_record_session,
                                           SESSION_LIST_STATUS, SESSION_IDS_STATUS, SESSION_GET};
    static const struct sql_listed filtered = {STORE_KIND_SESSION, &store_record_session,
                                               SESSION_LIST_FILTERED, SESSION_IDS_FILTERED,
                                               SESSION_GET};
    bool any = filter->status == STORE_ANY;
    struct sql_page page = {.what = any ? &all : &some,
                            .owner = user_id,
                            .user_id = user_id,
                            .cursor = cursor,
                            .status = any ? -1 : (int)filter->status,
                            .limit = limit};
    char *profiles;
    int err = write_profiles(filter, &profiles);

    if (err)
        return err_set(why, err, "out of memory");
    if (filter->from || filter->until || profiles || filter->provider) {
        page.what = &filtered;
        page.filter = filter;
        page.profiles = profiles;
    }
    err = sql_list_page(db, &page, list, why);
    free(profiles);
    return err;
}

int sqlite_session_resume(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return sql_run(db, SESSION_RESUME, id, user_id, UV_ENOENT, why);
}

int sqlite_session_abandon(void *db, int64_t before, size_t limit, struct store_list *list,
                           struct errbuf *why)
{
    const struct sql_few few = {.index = SESSION_ABANDON,
                                .record = &store_record_session,
                                .limit = limit,
                                .number = &before,
                                .writes = true};

    return sql_list_few(db, &few, list, why);
}

int sqlite_session_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return sql_erase(db, SESSION_ERASE, id, user_id, why);
}

/* -------------------------------------------------------------------------- transcripts */

static int assign_number(struct conn *conn, struct store_transcript *t, struct errbuf *why)
{
    int e = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, TRANSCRIPT_NUMBER, &e, why);
    int err;

    if (!stmt)
        return e;
    sql_bind_text(stmt, 1, t->id);
    sql_bind_text(stmt, 2, t->session_id);
    err = sqlite3_step(stmt);
    if (err != SQLITE_ROW)
        return conn_error(conn, err, why);
    t->question_number = sqlite3_column_int(stmt, 0);
    sqlite3_reset(stmt);
    return 0;
}

/* Updates the session by statement: SESSION_COUNT or SESSION_ALIVE. user_id: its owner. */
static int touch_session(struct conn *conn, int index, const char *session_id,
                         char user_id[static ID_TEXT_MAX], struct errbuf *why)
{
    int err = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, index, &err, why);
    const char *owner;
    int rc;

    if (!stmt)
        return err;
    sql_bind_text(stmt, 1, session_id);
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        owner = (const char *)sqlite3_column_text(stmt, 0);
        snprintf(user_id, ID_TEXT_MAX, "%s", owner ? owner : "");
        rc = sqlite3_step(stmt);
    }
    sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? 0 : conn_error(conn, rc, why);
}

/* Is there a row with the same number and times? While a line is being said, only its words
 * change. */
static int is_as_long(struct conn *conn, const struct store_transcript *t, bool *is,
                      struct errbuf *why)
{
    int err = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, TRANSCRIPT_SPAN, &err, why);
    int rc;

    if (!stmt)
        return err;
    sql_bind_text(stmt, 1, t->id);
    sql_bind_text(stmt, 2, t->session_id);
    sqlite3_bind_int64(stmt, 3, t->timestamp);
    sqlite3_bind_int64(stmt, 4, t->ended_at);
    sqlite3_bind_int(stmt, 5, (int)t->line);
    rc = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    *is = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : conn_error(conn, rc, why);
}

static int write_transcript(struct conn *conn, const struct store_transcript *t, struct errbuf *why)
{
    return sql_write(conn, TRANSCRIPT_PUT, &store_record_transcript, t, UV_ENOENT, why);
}

int sqlite_transcript_put(void *db, struct store_transcript *transcript, struct errbuf *why)
{
    struct store_transcript t = *transcript;
    struct conn *conn = NULL;
    bool as_long = false;
    int err;

    if ((err = conn_write(db, &conn, why)))
        return err;
    err = conn_exec(conn, "BEGIN IMMEDIATE", why);
    if (!err && t.question_number == 0)
        err = assign_number(conn, &t, why);
    if (!err)
        err = is_as_long(conn, &t, &as_long, why);
    if (!err)
        err = write_transcript(conn, &t, why);
    if (!err)
        err = touch_session(conn, as_long ? SESSION_ALIVE : SESSION_COUNT, t.session_id, t.user_id,
                            why);
    if (!err)
        err = conn_exec(conn, "COMMIT", why);
    if (!err) {
        transcript->question_number = t.question_number;
        memcpy(transcript->user_id, t.user_id, sizeof(t.user_id));
    }
    conn_done(conn);
    return err;
}

int sqlite_session_import(void *db, const struct store_profile *profile, size_t most,
                          const struct store_session *session,
                          const struct store_transcript *transcripts, size_t count,
                          struct errbuf *why)
{
    char user_id[ID_TEXT_MAX];
    struct conn *conn = NULL;
    int err;

    if ((err = conn_write(db, &conn, why)))
        return err;
    err = conn_exec(conn, "BEGIN IMMEDIATE", why);
    if (!err && profile)
        err = sql_insert_within(conn, PROFILE_ADD, &store_record_profile, profile, (int64_t)most,
                                too_many_profiles, why);
    if (!err)
        err = sql_write(conn, SESSION_PUT, &store_record_session, session, UV_ENOENT, why);
    for (size_t i = 0; i < count && !err; i++)
        err = write_transcript(conn, &transcripts[i], why);
    if (!err)
        err = touch_session(conn, SESSION_COUNT, session->id, user_id, why);
    if (!err)
        err = conn_exec(conn, "COMMIT", why);
    conn_done(conn);
    return err;
}

static int erase_transcript(struct conn *conn, const char *session_id, const char *id,
                            struct errbuf *why)
{
    int err = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, TRANSCRIPT_ERASE, &err, why);

    if (!stmt)
        return err;
    sql_bind_text(stmt, 1, id);
    sql_bind_text(stmt, 2, session_id);
    err = conn_run(conn, stmt, why);
    if (!err && sqlite3_changes(conn->sq) == 0)
        err = err_set(why, UV_ENOENT, "there is no such record");
    return err;
}

int sqlite_transcript_erase(void *db, const char *session_id, const char *id,
                            char user_id[static ID_TEXT_MAX], struct errbuf *why)
{
    struct conn *conn = NULL;
    int err;

    if ((err = conn_write(db, &conn, why)))
        return err;
    err = conn_exec(conn, "BEGIN IMMEDIATE", why);
    if (!err)
        err = erase_transcript(conn, session_id, id, why);
    if (!err)
        err = touch_session(conn, SESSION_COUNT, session_id, user_id, why);
    if (!err)
        err = conn_exec(conn, "COMMIT", why);
    conn_done(conn);
    return err;
}

int sqlite_transcript_get(void *db, const char *user_id, const char *id,
                          struct store_transcript *transcript, struct errbuf *why)
{
    return sql_get(db, TRANSCRIPT_GET, id, user_id, &store_record_transcript, transcript, why);
}

/* From the index alone: a session with a damaged row must not hide its transcripts. */
static int is_owner(struct conn *conn, const char *user_id, const char *session_id,
                    struct errbuf *why)
{
    int e = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, SESSION_OWNED, &e, why);
    int err;

    if (!stmt)
        return e;
    sql_bind_text(stmt, 1, session_id);
    sql_bind_text(stmt, 2, user_id);
    err = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    if (err == SQLITE_ROW)
        return 0;
    return err == SQLITE_DONE ? err_set(why, UV_ENOENT, "there is no such session")
                              : conn_error(conn, err, why);
}

int sqlite_transcript_list(void *db, const char *user_id, const char *session_id, bool newest_first,
                           size_t limit, const char *cursor, struct store_list *list,
                           struct errbuf *why)
{
    static const struct sql_listed oldest = {STORE_KIND_TRANSCRIPT, &store_record_transcript,
                                             TRANSCRIPT_LIST, TRANSCRIPT_IDS, TRANSCRIPT_ONE};
    static const struct sql_listed newest = {STORE_KIND_TRANSCRIPT, &store_record_transcript,
                                             TRANSCRIPT_LIST_NEWEST, TRANSCRIPT_IDS_NEWEST,
                                             TRANSCRIPT_ONE};
    struct sql_page page = {.what = newest_first ? &newest : &oldest,
                            .owner = session_id,
                            .cursor = cursor && cursor[0] ? cursor : NULL,
                            .status = -1,
                            .limit = limit};
    struct conn *conn = NULL;
    int err = conn_read(db, &conn, why);

    if (err)
        return err;
    err = is_owner(conn, user_id, session_id, why);
    if (!err)
        err = sql_read_list(conn, &page, list, why);
    conn_done(conn);
    return err;
}
