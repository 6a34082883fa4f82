/**
 * @file store/sqlite.c  Store driver "sqlite": one file, write-ahead log, any number of readers
 *
 * Every statement stands in one table and is prepared once a connection. Columns are listed in
 * the order of store/record.c, so binding and reading a record is one loop. Whatever belongs to a
 * user is asked for with the user's id in the statement itself.
 */
#include "base/clock.h"
#include "base/text.h"
#include "store/driver.h"
#include "store/record.h"
#include "store/sqlite_conn.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct store_migration store_sqlite_migrations[];

#define USER_COLUMNS    "id,email,display_name,photo_url,password,settings,subscription,created_at"
#define REFRESH_COLUMNS "hash,family,user_id,expires_at,used_at"
#define ENDED_COLUMNS   "family,expires_at"
#define PROFILE_COLUMNS                                                                            \
    "id,user_id,name,role,years_experience,skills,industry,context,created_at,updated_at"
#define SESSION_COLUMNS                                                                            \
    "id,user_id,profile_id,job_description,status,created_at,completed_at,duration,"               \
    "question_count,metadata,title"
#define TRANSCRIPT_COLUMNS                                                                         \
    "id,session_id,question_number,question,answer,timestamp,metrics,detail,audio_url,line"
#define VOICE_COLUMNS "user_id,wording,agreed_at,speech_ms,voice"
#define RECORDING_COLUMNS                                                                          \
    "id,user_id,session_id,format,bytes,duration_ms,quality,created_at,expires_at"
#define TRANSCRIPTION_COLUMNS                                                                      \
    "id,user_id,recording_id,language,state,result,error,created_at,finished_at"
#define TRANSCRIPT_ORDER "question_number,timestamp,id"
#define TRANSCRIPT_AT    "(SELECT " TRANSCRIPT_ORDER " FROM transcripts WHERE id=?2 AND session_id=?1)"

enum {
    USER_PUT,
    USER_GET,
    USER_BY_EMAIL,
    USER_LOCAL,
    USER_ERASE,
    USER_PASSWORD,
    REFRESH_PUT,
    REFRESH_GET,
    REFRESH_USE,
    REFRESH_REVOKE,
    REFRESH_REVOKE_USER,
    REFRESH_PRUNE,
    ENDED_PUT,
    ENDED_PUT_USER,
    ENDED_PRUNE,
    ENDED_LIST,
    PROFILE_PUT,
    PROFILE_ADD,
    PROFILE_GET,
    PROFILE_LIST,
    PROFILE_IDS,
    PROFILE_COUNT,
    PROFILE_ERASE,
    SESSION_PUT,
    SESSION_GET,
    SESSION_LIST,
    SESSION_LIST_STATUS,
    SESSION_IDS,
    SESSION_IDS_STATUS,
    SESSION_OWNED,
    SESSION_ERASE,
    SESSION_COUNT_QUESTIONS,
    TRANSCRIPT_NUMBER,
    TRANSCRIPT_PUT,
    TRANSCRIPT_ERASE,
    TRANSCRIPT_GET,
    TRANSCRIPT_LIST,
    TRANSCRIPT_LIST_NEWEST,
    TRANSCRIPT_IDS,
    TRANSCRIPT_IDS_NEWEST,
    TRANSCRIPT_ONE,
    VOICE_PUT,
    VOICE_GET,
    VOICE_ERASE,
    RECORDING_ADD,
    RECORDING_GET,
    RECORDING_BYTES,
    RECORDING_KNOWN,
    RECORDING_ERASE,
    RECORDING_EXPIRE,
    ERASED_LIST,
    ERASED_GONE,
    TRANSCRIPTION_ADD,
    TRANSCRIPTION_GET,
    TRANSCRIPTION_NEXT,
    TRANSCRIPTION_FINISH,
    TRANSCRIPTION_ERASE,
    FACT_GET,
    FACT_PUT,
    FACT_CLAIM,
    SAMPLES,
    STATEMENTS,
};

_Static_assert((int)STATEMENTS <= (int)CONN_STATEMENTS_MAX, "make CONN_STATEMENTS_MAX larger");

static const char *const statements[STATEMENTS] = {
    [USER_PUT] = "INSERT INTO users (" USER_COLUMNS ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8) "
                 "ON CONFLICT (id) DO UPDATE SET email=?2,display_name=?3,photo_url=?4,"
                 "password=?5,settings=?6,subscription=?7",
    [USER_GET] = "SELECT " USER_COLUMNS " FROM users WHERE id=?1",
    [USER_BY_EMAIL] = "SELECT " USER_COLUMNS " FROM users WHERE email=?1",
    [USER_LOCAL] = "SELECT " USER_COLUMNS " FROM users WHERE email IS NULL",
    [USER_ERASE] = "DELETE FROM users WHERE id=?1",
    [USER_PASSWORD] = "UPDATE users SET password=?2 WHERE id=?1",

    [REFRESH_PUT] = "INSERT INTO refresh_tokens (" REFRESH_COLUMNS ") VALUES (?1,?2,?3,?4,?5)",
    [REFRESH_GET] = "SELECT " REFRESH_COLUMNS " FROM refresh_tokens WHERE hash=?1",
    [REFRESH_USE] = "UPDATE refresh_tokens SET used_at=?2 WHERE hash=?1 AND used_at=0",
    [REFRESH_REVOKE] = "DELETE FROM refresh_tokens WHERE family=?1",
    [REFRESH_REVOKE_USER] = "DELETE FROM refresh_tokens WHERE user_id=?1 AND family<>?2",
    [REFRESH_PRUNE] = "DELETE FROM refresh_tokens WHERE expires_at<?1",

    /* one whose refresh tokens are all gone has no access token out either, or was ended before */
    [ENDED_PUT] = "INSERT INTO ended_sign_ins (" ENDED_COLUMNS ") "
                  "SELECT DISTINCT family,?2 FROM refresh_tokens WHERE family=?1 "
                  "ON CONFLICT (family) DO NOTHING",
    [ENDED_PUT_USER] = "INSERT INTO ended_sign_ins (" ENDED_COLUMNS ") "
                       "SELECT DISTINCT family,?3 FROM refresh_tokens "
                       "WHERE user_id=?1 AND family<>?2 "
                       "ON CONFLICT (family) DO UPDATE SET expires_at=?3 "
                       "RETURNING " ENDED_COLUMNS,
    [ENDED_PRUNE] = "DELETE FROM ended_sign_ins WHERE expires_at<?1",
    [ENDED_LIST] = "SELECT " ENDED_COLUMNS " FROM ended_sign_ins WHERE expires_at>=?1",

    [PROFILE_PUT] = "INSERT INTO profiles (" PROFILE_COLUMNS ") "
                    "VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10) "
                    "ON CONFLICT (id) DO UPDATE SET name=?3,role=?4,years_experience=?5,"
                    "skills=?6,industry=?7,context=?8,created_at=?9,updated_at=?10 "
                    "WHERE user_id=?2",
    [PROFILE_ADD] = "INSERT INTO profiles (" PROFILE_COLUMNS ") "
                    "SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9,?10 "
                    "WHERE (SELECT count(*) FROM profiles WHERE user_id=?2)<?11",
    [PROFILE_GET] = "SELECT " PROFILE_COLUMNS " FROM profiles WHERE id=?1 AND user_id=?2",
    [PROFILE_LIST] = "SELECT " PROFILE_COLUMNS " FROM profiles "
                     "WHERE user_id=?1 AND id<?2 ORDER BY id DESC LIMIT ?3",
    /* From the index alone: for a table with a damaged page, row by row. */
    [PROFILE_IDS] = "SELECT id FROM profiles INDEXED BY profiles_user "
                    "WHERE user_id=?1 AND id<?2 ORDER BY id DESC LIMIT ?3",
    [PROFILE_COUNT] = "SELECT count(*) FROM profiles WHERE user_id=?1",
    [PROFILE_ERASE] = "DELETE FROM profiles WHERE id=?1 AND user_id=?2",

    /* question_count is the store's own: 0 at first, and left alone afterwards */
    [SESSION_PUT] = "INSERT INTO sessions (" SESSION_COLUMNS ") "
                    "SELECT ?1,?2,?3,?4,?5,?6,?7,?8,0,?10,?11 WHERE ?3 IS NULL OR "
                    "EXISTS (SELECT 1 FROM profiles WHERE id=?3 AND user_id=?2) "
                    "ON CONFLICT (id) DO UPDATE SET profile_id=?3,job_description=?4,status=?5,"
                    "created_at=?6,completed_at=?7,duration=?8,metadata=?10,"
                    "title=?11 "
                    "WHERE user_id=?2",
    [SESSION_GET] = "SELECT " SESSION_COLUMNS " FROM sessions WHERE id=?1 AND user_id=?2",
    [SESSION_LIST] = "SELECT " SESSION_COLUMNS " FROM sessions "
                     "WHERE user_id=?1 AND id<?2 ORDER BY id DESC LIMIT ?3",
    [SESSION_LIST_STATUS] = "SELECT " SESSION_COLUMNS " FROM sessions "
                            "WHERE user_id=?1 AND id<?2 AND status=?4 ORDER BY id DESC LIMIT ?3",
    [SESSION_IDS] = "SELECT id FROM sessions INDEXED BY sessions_user "
                    "WHERE user_id=?1 AND id<?2 ORDER BY id DESC LIMIT ?3",
    [SESSION_IDS_STATUS] = "SELECT id FROM sessions INDEXED BY sessions_user_status "
                           "WHERE user_id=?1 AND id<?2 AND status=?4 ORDER BY id DESC LIMIT ?3",
    [SESSION_OWNED] = "SELECT 1 FROM sessions INDEXED BY sessions_user WHERE id=?1 AND user_id=?2",
    [SESSION_ERASE] = "DELETE FROM sessions WHERE id=?1 AND user_id=?2",
    [SESSION_COUNT_QUESTIONS] =
        "UPDATE sessions SET question_count="
        "(SELECT count(*) FROM transcripts WHERE session_id=?1 AND line=0) WHERE id=?1",

    /* the number it has already, or else the next of its session */
    [TRANSCRIPT_NUMBER] =
        "SELECT coalesce((SELECT question_number FROM transcripts WHERE id=?1 AND session_id=?2),"
        "(SELECT max(question_number)+1 FROM transcripts WHERE session_id=?2 AND line=0),1)",
    [TRANSCRIPT_PUT] =
        "INSERT INTO transcripts (" TRANSCRIPT_COLUMNS ") "
        "VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10) "
        "ON CONFLICT (id) DO UPDATE SET question_number=?3,question=?4,answer=?5,"
        "timestamp=?6,metrics=?7,detail=?8,audio_url=?9,line=?10 WHERE session_id=?2",
    [TRANSCRIPT_ERASE] = "DELETE FROM transcripts WHERE id=?1 AND session_id=?2",
    [TRANSCRIPT_GET] =
        "SELECT t.id,session_id,question_number,question,answer,timestamp,metrics,"
        "detail,audio_url,line FROM transcripts t JOIN sessions s ON s.id=t.session_id "
        "WHERE t.id=?1 AND s.user_id=?2",
    [TRANSCRIPT_LIST] = "SELECT " TRANSCRIPT_COLUMNS " FROM transcripts WHERE session_id=?1 "
                        "AND (?2 IS NULL OR (" TRANSCRIPT_ORDER ") > " TRANSCRIPT_AT ") "
                        "ORDER BY " TRANSCRIPT_ORDER " LIMIT ?3",
    [TRANSCRIPT_LIST_NEWEST] = "SELECT " TRANSCRIPT_COLUMNS " FROM transcripts WHERE session_id=?1 "
                               "AND (?2 IS NULL OR (" TRANSCRIPT_ORDER ") < " TRANSCRIPT_AT ") "
                               "ORDER BY question_number DESC,timestamp DESC,id DESC LIMIT ?3",
    [TRANSCRIPT_IDS] =
        "SELECT id FROM transcripts INDEXED BY transcripts_order WHERE session_id=?1 "
        "AND (?2 IS NULL OR (" TRANSCRIPT_ORDER ") > " TRANSCRIPT_AT ") "
        "ORDER BY " TRANSCRIPT_ORDER " LIMIT ?3",
    [TRANSCRIPT_IDS_NEWEST] =
        "SELECT id FROM transcripts INDEXED BY transcripts_order WHERE session_id=?1 "
        "AND (?2 IS NULL OR (" TRANSCRIPT_ORDER ") < " TRANSCRIPT_AT ") "
        "ORDER BY question_number DESC,timestamp DESC,id DESC LIMIT ?3",
    [TRANSCRIPT_ONE] = "SELECT " TRANSCRIPT_COLUMNS " FROM transcripts WHERE id=?1",

    [VOICE_PUT] = "INSERT INTO voices (" VOICE_COLUMNS ") VALUES (?1,?2,?3,?4,?5) "
                  "ON CONFLICT (user_id) DO UPDATE SET wording=?2,agreed_at=?3,speech_ms=?4,"
                  "voice=?5",
    [VOICE_GET] = "SELECT " VOICE_COLUMNS " FROM voices WHERE user_id=?1",
    [VOICE_ERASE] = "DELETE FROM voices WHERE user_id=?1",

    [RECORDING_ADD] = "INSERT INTO recordings (" RECORDING_COLUMNS ") "
                      "SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9 WHERE ?5+(SELECT coalesce(sum(bytes),0) "
                      "FROM recordings WHERE user_id=?2)<=?10",
    [RECORDING_GET] = "SELECT " RECORDING_COLUMNS " FROM recordings WHERE id=?1 AND user_id=?2",
    [RECORDING_BYTES] = "SELECT coalesce(sum(bytes),0) FROM recordings WHERE user_id=?1",
    [RECORDING_KNOWN] = "SELECT id FROM recordings WHERE id=?1",
    [RECORDING_ERASE] = "DELETE FROM recordings WHERE id=?1 AND user_id=?2",
    [RECORDING_EXPIRE] = "DELETE FROM recordings WHERE id IN (SELECT id FROM recordings "
                         "WHERE expires_at<=?1 ORDER BY expires_at LIMIT ?2) "
                         "RETURNING " RECORDING_COLUMNS,
    [ERASED_LIST] = "SELECT id FROM erased_recordings LIMIT ?1",
    [ERASED_GONE] = "DELETE FROM erased_recordings WHERE id=?1",

    [TRANSCRIPTION_ADD] = "INSERT INTO transcriptions (" TRANSCRIPTION_COLUMNS ") "
                          "SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9 WHERE (SELECT count(*) "
                          "FROM transcriptions WHERE user_id=?2 AND state=0)<?10",
    [TRANSCRIPTION_GET] =
        "SELECT " TRANSCRIPTION_COLUMNS " FROM transcriptions WHERE id=?1 AND user_id=?2",
    [TRANSCRIPTION_NEXT] =
        "SELECT " TRANSCRIPTION_COLUMNS " FROM transcriptions WHERE state=0 ORDER BY id LIMIT 1",
    [TRANSCRIPTION_FINISH] = "UPDATE transcriptions SET state=?5,result=?6,error=?7,finished_at=?9 "
                             "WHERE id=?1 AND state=0",
    [TRANSCRIPTION_ERASE] = "DELETE FROM transcriptions WHERE id=?1 AND user_id=?2",

    [FACT_GET] = "SELECT value FROM facts WHERE name=?1",
    [FACT_PUT] = "INSERT INTO facts (name,value) VALUES (?1,?2) "
                 "ON CONFLICT (name) DO UPDATE SET value=?2",
    [FACT_CLAIM] = "INSERT INTO facts (name,value) VALUES (?1,?2) ON CONFLICT (name) DO NOTHING",
    [SAMPLES] = "SELECT * FROM (SELECT id,'profile.context',context FROM profiles "
                "WHERE context LIKE 'v_.%' LIMIT 4) UNION ALL "
                "SELECT * FROM (SELECT id,'session.jobDescription',job_description FROM sessions "
                "WHERE job_description LIKE 'v_.%' LIMIT 4) UNION ALL "
                "SELECT * FROM (SELECT id,'session.title',title FROM sessions "
                "WHERE title LIKE 'v_.%' LIMIT 4) UNION ALL "
                "SELECT * FROM (SELECT id,'transcript.question',question FROM transcripts "
                "WHERE question LIKE 'v_.%' LIMIT 4) LIMIT ?1",
};

static const char after_every_id[] = "~"; /* sorts after all characters of an id */

/* How a kind of record is listed: whole, by ids alone, and one of them. */
struct listed {
    enum store_kind kind;
    const struct record *record;
    int list;
    int ids;
    int one;
};

/* How a kind of record is changed: by which statements. */
struct changes {
    const struct record *record;
    int get;
    int put;
};

/* ------------------------------------------------------------------------- bind and read */

static int bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
    return text ? sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC)
                : sqlite3_bind_null(stmt, at);
}

static int bind_column(sqlite3_stmt *stmt, int at, const struct column *c, const void *data)
{
    const char *from = (const char *)data + c->offset;
    const char *text;

    switch (c->kind) {
    case COLUMN_INLINE:
        return bind_text(stmt, at, *from ? from : NULL);
    case COLUMN_TEXT:
        memcpy(&text, from, sizeof(text));
        return bind_text(stmt, at, text);
    case COLUMN_INT:
        return sqlite3_bind_int(stmt, at, *(const int *)(const void *)from);
    case COLUMN_INT64:
        return sqlite3_bind_int64(stmt, at, *(const int64_t *)(const void *)from);
    case COLUMN_DOUBLE:
        return sqlite3_bind_double(stmt, at, *(const double *)(const void *)from);
    }
    return SQLITE_MISUSE;
}

static int bind_record(sqlite3_stmt *stmt, const struct record *record, const void *data)
{
    int err = SQLITE_OK;

    for (size_t i = 0; i < record->count && !err; i++)
        err = bind_column(stmt, (int)i + 1, &record->columns[i], data);
    return err;
}

static int read_text(sqlite3_stmt *stmt, int at, char **to)
{
    size_t len = (size_t)sqlite3_column_bytes(stmt, at);
    const void *text = sqlite3_column_text(stmt, at);

    *to = NULL;
    if (!text)
        return sqlite3_column_type(stmt, at) == SQLITE_NULL ? 0 : UV_ENOMEM;
    *to = malloc(len + 1);
    if (!*to)
        return UV_ENOMEM;
    memcpy(*to, text, len);
    (*to)[len] = '\0';
    return 0;
}

static int read_column(sqlite3_stmt *stmt, int at, const struct column *c, void *data)
{
    char *to = (char *)data + c->offset;
    const char *text;
    size_t len;

    switch (c->kind) {
    case COLUMN_INLINE:
        text = (const char *)sqlite3_column_text(stmt, at);
        len = (size_t)sqlite3_column_bytes(stmt, at);
        if (text && len < c->size) /* the record was zeroed, so it ends there */
            memcpy(to, text, len);
        return 0;
    case COLUMN_TEXT:
        return read_text(stmt, at, (char **)(void *)to);
    case COLUMN_INT:
        *(int *)(void *)to = sqlite3_column_int(stmt, at);
        return 0;
    case COLUMN_INT64:
        *(int64_t *)(void *)to = sqlite3_column_int64(stmt, at);
        return 0;
    case COLUMN_DOUBLE:
        *(double *)(void *)to = sqlite3_column_double(stmt, at);
        return 0;
    }
    return UV_EINVAL;
}

static int read_record(sqlite3_stmt *stmt, const struct record *record, void *data)
{
    memset(data, 0, record->size);
    for (size_t i = 0; i < record->count; i++) {
        int err = read_column(stmt, (int)i, &record->columns[i], data);

        if (err) {
            record_release(record, data);
            return err;
        }
    }
    return 0;
}

/* ------------------------------------------------------------------------- common shapes */

/* Put one record with one statement of its own. none: the code when no row was touched. */
static int write_record(struct conn *conn, int index, const struct record *record, const void *data,
                        int none, struct errbuf *why)
{
    int err = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, index, &err, why);

    if (!stmt)
        return err;
    err = conn_error(conn, bind_record(stmt, record, data), why);
    if (!err)
        err = conn_run(conn, stmt, why);
    if (!err && none && sqlite3_changes(conn->sq) == 0)
        err = err_set(why, none, "there is no such record");
    return err;
}

static int put(struct sqlite_db *db, int index, const struct record *record, const void *data,
               int none, struct errbuf *why)
{
    struct conn *conn = NULL;
    int err;

    if ((err = conn_write(db, &conn, why)))
        return err;
    err = write_record(conn, index, record, data, none, why);
    conn_done(conn);
    return err;
}

/* Put one record unless there would be more of them than `most`, the statement's last parameter. */
static int insert_within(struct conn *conn, int index, const struct record *record,
                         const void *data, int64_t most, const char *too_many, struct errbuf *why)
{
    int err = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, index, &err, why);

    if (!stmt)
        return err;
    err = conn_error(conn, bind_record(stmt, record, data), why);
    if (!err) {
        sqlite3_bind_int64(stmt, (int)record->count + 1, most);
        err = conn_run(conn, stmt, why);
    }
    if (!err && sqlite3_changes(conn->sq) == 0)
        err = err_set(why, UV_ERANGE, "%s", too_many);
    return err;
}

static int put_within(struct sqlite_db *db, int index, const struct record *record,
                      const void *data, int64_t most, const char *too_many, struct errbuf *why)
{
    struct conn *conn = NULL;
    int err = conn_write(db, &conn, why);

    if (err)
        return err;
    err = insert_within(conn, index, record, data, most, too_many, why);
    conn_done(conn);
    return err;
}

/* One record by one or two texts. */
static int get(struct sqlite_db *db, int index, const char *a, const char *b,
               const struct record *record, void *data, struct errbuf *why)
{
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    int rc;
    int err;

    if ((err = conn_read(db, &conn, why)))
        return err;
    stmt = conn_stmt(conn, index, &err, why);
    if (stmt) {
        if (a)
            bind_text(stmt, 1, a);
        if (b)
            bind_text(stmt, 2, b);
        rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW)
            err = read_record(stmt, record, data);
        else if (rc == SQLITE_DONE)
            err = err_set(why, UV_ENOENT, "there is no such record");
        else
            err = conn_error(conn, rc, why);
    }
    conn_done(conn);
    return err;
}

/* One number by a text. */
static int read_number(struct sqlite_db *db, int index, const char *a, int64_t *number,
                       struct errbuf *why)
{
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    int err;

    if ((err = conn_read(db, &conn, why)))
        return err;
    stmt = conn_stmt(conn, index, &err, why);
    if (stmt) {
        int rc;

        bind_text(stmt, 1, a);
        rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW)
            *number = sqlite3_column_int64(stmt, 0);
        else
            err = conn_error(conn, rc, why);
    }
    conn_done(conn);
    return err;
}

static int run_with(struct conn *conn, int index, const char *a, const char *b, int none,
                    struct errbuf *why)
{
    int err = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, index, &err, why);

    if (stmt) {
        bind_text(stmt, 1, a);
        if (b)
            bind_text(stmt, 2, b);
        err = conn_run(conn, stmt, why);
    }
    if (!err && none && sqlite3_changes(conn->sq) == 0)
        err = err_set(why, none, "there is no such record");
    return err;
}

/* Run one statement with one or two texts. */
static int change(struct sqlite_db *db, int index, const char *a, const char *b, int none,
                  struct errbuf *why)
{
    struct conn *conn = NULL;
    int err;

    if ((err = conn_write(db, &conn, why)))
        return err;
    err = run_with(conn, index, a, b, none, why);
    conn_done(conn);
    return err;
}

/* The disk is full: what is kept for that is given back. true: trying again makes sense. */
static bool make_room(struct sqlite_db *db)
{
    struct conn *conn = NULL;

    if (conn_write(db, &conn, NULL))
        return false;
    conn_make_room(conn);
    conn_done(conn);
    return true;
}

static void keep_reserve(struct sqlite_db *db)
{
    struct conn *conn = NULL;

    if (conn_write(db, &conn, NULL))
        return;
    conn_keep_reserve(conn);
    conn_done(conn);
}

/* A deletion, which must work on a full disk too. */
static int erase(struct sqlite_db *db, int index, const char *a, const char *b, struct errbuf *why)
{
    int err = change(db, index, a, b, UV_ENOENT, why);

    if (err == UV_ENOSPC && make_room(db)) {
        err = change(db, index, a, b, UV_ENOENT, why);
        keep_reserve(db);
    }
    return err;
}

/* Step through stmt, one row more than asked for: it tells whether there is another page. */
static int read_page(struct conn *conn, sqlite3_stmt *stmt, const struct record *record,
                     size_t limit, struct store_list *list, bool *more, struct errbuf *why)
{
    char *items = calloc(limit, record->size);
    size_t n = 0;
    int rc = SQLITE_ROW;
    int err = 0;

    *more = false;
    if (!items)
        return err_set(why, UV_ENOMEM, "out of memory");
    while (!err && (rc = sqlite3_step(stmt)) == SQLITE_ROW && !(*more = n == limit)) {
        err = read_record(stmt, record, items + n * record->size);
        n += !err;
    }
    if (!err && rc != SQLITE_ROW)
        err = conn_error(conn, rc, why);
    if (err) {
        for (size_t i = 0; i < n; i++)
            record_release(record, items + i * record->size);
        free(items);
        return err;
    }
    *list = (struct store_list){.items = items, .count = n};
    return 0;
}

/* What a list asks for; the same for its records and for their ids alone. */
struct page_of {
    const struct listed *what;
    const char *owner;  /* whose: a user, of transcripts a session */
    const char *cursor; /* NULL: from the beginning */
    const char *user_id;
    int status; /* < 0: any */
    size_t limit;
};

static void bind_page(sqlite3_stmt *stmt, const struct page_of *page)
{
    bind_text(stmt, 1, page->owner);
    bind_text(stmt, 2, page->cursor);
    sqlite3_bind_int64(stmt, 3, (int64_t)page->limit + 1);
    if (page->status >= 0)
        sqlite3_bind_int(stmt, 4, page->status);
}

/* A record that cannot be read at all, as far as it is known. */
static int make_unreadable(const struct listed *what, const char *id, const char *owner,
                           void *record)
{
    struct store_profile *p = record;
    struct store_session *s = record;
    struct store_transcript *t = record;

    switch (what->kind) {
    case STORE_KIND_PROFILE:
        *p = (struct store_profile){.created_at = id_time(id), .unreadable = true};
        p->name = strdup("");
        p->role = strdup("");
        p->skills = strdup("[]");
        p->industry = strdup("");
        p->updated_at = p->created_at;
        memcpy(p->user_id, owner, ID_TEXT_MAX);
        break;
    case STORE_KIND_SESSION:
        *s = (struct store_session){.created_at = id_time(id), .unreadable = true};
        memcpy(s->user_id, owner, ID_TEXT_MAX);
        break;
    case STORE_KIND_TRANSCRIPT:
        *t = (struct store_transcript){
            .question_number = 1, .timestamp = id_time(id), .unreadable = true};
        memcpy(t->session_id, owner, ID_TEXT_MAX);
        break;
    case STORE_KIND_USER:
    case STORE_KIND_RECORDING:
        return UV_EINVAL;
    }
    memcpy(record, id, ID_TEXT_MAX); /* the id is the first member of every listed record */
    return 0;
}

static int read_one(struct conn *conn, const struct page_of *page, const char *id, void *record,
                    struct errbuf *why)
{
    int err = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, page->what->one, &err, why);
    int rc;

    if (!stmt)
        return err;
    bind_text(stmt, 1, id);
    if (page->user_id)
        bind_text(stmt, 2, page->user_id);
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        return read_record(stmt, page->what->record, record);
    if (rc == SQLITE_DONE)
        return UV_ENOENT;
    err = conn_error(conn, rc, why);
    return err == UV_EIO ? make_unreadable(page->what, id, page->owner, record) : err;
}

/* A page of the table is damaged: the ids come from the index, each record by itself, and the
 * ones that cannot be read say so. */
static int read_rows(struct conn *conn, const struct page_of *page, struct store_list *list,
                     bool *more, struct errbuf *why)
{
    const struct record *record = page->what->record;
    char *items = calloc(page->limit, record->size);
    char(*ids)[ID_TEXT_MAX] = calloc(page->limit, sizeof(*ids));
    size_t found = 0;
    size_t n = 0;
    sqlite3_stmt *stmt;
    int rc = SQLITE_ROW;
    int err = items && ids ? 0 : err_set(why, UV_ENOMEM, "out of memory");

    stmt = err ? NULL : conn_stmt(conn, page->what->ids, &err, why);
    if (stmt)
        bind_page(stmt, page);
    while (!err && (rc = sqlite3_step(stmt)) == SQLITE_ROW && !(*more = found == page->limit))
        snprintf(ids[found++], sizeof(*ids), "%s", (const char *)sqlite3_column_text(stmt, 0));
    if (!err && rc != SQLITE_ROW)
        err = conn_error(conn, rc, why);
    for (size_t i = 0; i < found && !err; i++) {
        err = id_valid(ids[i]) ? read_one(conn, page, ids[i], items + n * record->size, why) : 0;
        n += !err && id_valid(ids[i]);
        err = err == UV_ENOENT ? 0 : err;
    }
    free(ids);
    *list = (struct store_list){.items = items, .count = n};
    if (err) {
        store_list_release(list, page->what->kind);
        return err;
    }
    return 0;
}

static int read_list(struct conn *conn, const struct page_of *page, struct store_list *list,
                     struct errbuf *why)
{
    const struct record *record = page->what->record;
    bool more = false;
    int err;
    sqlite3_stmt *stmt = conn_stmt(conn, page->what->list, &err, why);

    if (!stmt)
        return err;
    bind_page(stmt, page);
    err = read_page(conn, stmt, record, page->limit, list, &more, why);
    if (err == UV_EIO)
        err = read_rows(conn, page, list, &more, why);
    if (!err && more && list->count)
        memcpy(list->next, (char *)list->items + (list->count - 1) * record->size, ID_TEXT_MAX);
    return err;
}

/* Newest first by id. status < 0: any. */
static int list_by_id(struct sqlite_db *db, const struct listed *what, const char *user_id,
                      int status, size_t limit, const char *cursor, struct store_list *list,
                      struct errbuf *why)
{
    struct page_of page = {.what = what,
                           .owner = user_id,
                           .user_id = user_id,
                           .cursor = cursor && cursor[0] ? cursor : after_every_id,
                           .status = status,
                           .limit = limit};
    struct conn *conn = NULL;
    int err = conn_read(db, &conn, why);

    if (err)
        return err;
    err = read_list(conn, &page, list, why);
    conn_done(conn);
    return err;
}

/* One record in the transaction that is open on conn: as stored, then as fn left it. */
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
    bind_text(stmt, 1, id);
    if (user_id)
        bind_text(stmt, 2, user_id);
    rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW)
        return rc == SQLITE_DONE ? err_set(why, UV_ENOENT, "there is no such record")
                                 : conn_error(conn, rc, why);
    if ((err = read_record(stmt, how->record, record)))
        return err;
    sqlite3_reset(stmt);
    if ((err = fn(record, arg)))
        return err;
    stmt = conn_stmt(conn, how->put, &err, why);
    if (stmt)
        err = conn_error(conn, bind_record(stmt, how->record, record), why);
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

/* The version is read inside the write transaction, so of two that migrate at once the second
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

/* Looks at every page, or at as many as there is time for. What is found does not end the opening:
 * the rest can still be read, exported and deleted. */
static void inspect(struct sqlite_db *db, struct conn *conn, int at_most_ms)
{
    enum { OPS = 2000 }; /* of SQLite's machine between two looks at the clock */
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
    int err = db_open(&db, params, statements, why);

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

/* ------------------------------------------------------------------------------- users */

static int user_put(void *db, const struct store_user *user, struct errbuf *why)
{
    return put(db, USER_PUT, &store_record_user, user, 0, why);
}

static int user_get(void *db, const char *id, struct store_user *user, struct errbuf *why)
{
    return get(db, USER_GET, id, NULL, &store_record_user, user, why);
}

static int user_by_email(void *db, const char *email, struct store_user *user, struct errbuf *why)
{
    return get(db, USER_BY_EMAIL, email, NULL, &store_record_user, user, why);
}

static int user_local(void *db, struct store_user *user, struct errbuf *why)
{
    return get(db, USER_LOCAL, NULL, NULL, &store_record_user, user, why);
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
        err = read_record(stmt, &store_record_ended, &items[n++]);
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
    bind_text(stmt, 1, user_id);
    bind_text(stmt, 2, keep);
    sqlite3_bind_int64(stmt, 3, expires_at);
    if ((err = read_ended(conn, stmt, ended, why)))
        return err;
    if (!(stmt = conn_stmt(conn, REFRESH_REVOKE_USER, &err, why)))
        return err;
    bind_text(stmt, 1, user_id);
    bind_text(stmt, 2, keep);
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
    bind_text(stmt, 1, id);
    if (password)
        bind_text(stmt, 2, password);
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

static int user_erase(void *db, const char *id, int64_t expires_at, struct store_list *ended,
                      struct errbuf *why)
{
    int err = change_and_end(db, USER_ERASE, id, NULL, "", expires_at, ended, why);

    if (err == UV_ENOSPC && make_room(db)) {
        err = change_and_end(db, USER_ERASE, id, NULL, "", expires_at, ended, why);
        keep_reserve(db);
    }
    return err;
}

static int user_password(void *db, const char *id, const char *password, const char *keep,
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

    if (!stmt || (err = conn_error(conn, bind_record(stmt, &store_record_refresh, token), why)) ||
        (err = conn_run(conn, stmt, why)))
        return err;
    snprintf(now, sizeof(now), "%" PRId64, clock_unix_ms());
    return run_with(conn, FACT_PUT, STORE_FACT_CLOCK, now, 0, why);
}

static int refresh_get(void *db, const char *hash, struct store_refresh *token, struct errbuf *why)
{
    return get(db, REFRESH_GET, hash, NULL, &store_record_refresh, token, why);
}

/* Marks old used; UV_EEXIST or UV_ENOENT when it cannot be. */
static int use(struct conn *conn, const char *old, int64_t now, struct errbuf *why)
{
    int err = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, REFRESH_USE, &err, why);

    if (!stmt)
        return err;
    bind_text(stmt, 1, old);
    sqlite3_bind_int64(stmt, 2, now);
    if ((err = conn_run(conn, stmt, why)) || sqlite3_changes(conn->sq) == 1)
        return err;

    stmt = conn_stmt(conn, REFRESH_GET, &err, why);
    if (!stmt)
        return err;
    bind_text(stmt, 1, old);
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
static int refresh_rotate(void *db, const char *old, const struct store_refresh *fresh, int64_t now,
                          struct errbuf *why)
{
    int err = sign_in(db, old, fresh, now, why);

    if (err == UV_ENOSPC && make_room(db)) {
        err = sign_in(db, old, fresh, now, why);
        keep_reserve(db);
    }
    return err;
}

static int refresh_put(void *db, const struct store_refresh *token, struct errbuf *why)
{
    return refresh_rotate(db, NULL, token, 0, why);
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
    bind_text(stmt, 1, family);
    sqlite3_bind_int64(stmt, 2, expires_at);
    if ((err = conn_run(conn, stmt, why)) || !(stmt = conn_stmt(conn, REFRESH_REVOKE, &err, why)))
        goto out;
    bind_text(stmt, 1, family);
    if (!(err = conn_run(conn, stmt, why)))
        err = conn_exec(conn, "COMMIT", why);
out:
    conn_done(conn);
    return err;
}

static int refresh_revoke(void *db, const char *family, int64_t expires_at, struct errbuf *why)
{
    int err = end_family(db, family, expires_at, why);

    if (err == UV_ENOSPC && make_room(db)) {
        err = end_family(db, family, expires_at, why);
        keep_reserve(db);
    }
    return err;
}

static int refresh_prune(void *db, int64_t now, struct errbuf *why)
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

static int ended_list(void *db, int64_t now, struct store_list *ended, struct errbuf *why)
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

/* ----------------------------------------------------------------------------- profiles */

static int profile_put(void *db, const struct store_profile *profile, struct errbuf *why)
{
    return put(db, PROFILE_PUT, &store_record_profile, profile, UV_ENOENT, why);
}

static int add_profile(struct conn *conn, const struct store_profile *profile, size_t most,
                       struct errbuf *why)
{
    return insert_within(conn, PROFILE_ADD, &store_record_profile, profile, (int64_t)most,
                         "the user has as many profiles as there may be", why);
}

static int profile_add(void *db, const struct store_profile *profile, size_t most,
                       struct errbuf *why)
{
    return put_within(db, PROFILE_ADD, &store_record_profile, profile, (int64_t)most,
                      "the user has as many profiles as there may be", why);
}

static int profile_get(void *db, const char *user_id, const char *id, struct store_profile *profile,
                       struct errbuf *why)
{
    return get(db, PROFILE_GET, id, user_id, &store_record_profile, profile, why);
}

static int profile_list(void *db, const char *user_id, size_t limit, const char *cursor,
                        struct store_list *list, struct errbuf *why)
{
    static const struct listed what = {STORE_KIND_PROFILE, &store_record_profile, PROFILE_LIST,
                                       PROFILE_IDS, PROFILE_GET};

    return list_by_id(db, &what, user_id, -1, limit, cursor, list, why);
}

static int profile_count(void *db, const char *user_id, size_t *count, struct errbuf *why)
{
    int64_t n = 0;
    int err = read_number(db, PROFILE_COUNT, user_id, &n, why);

    if (!err)
        *count = (size_t)n;
    return err;
}

static int profile_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return erase(db, PROFILE_ERASE, id, user_id, why);
}

/* ----------------------------------------------------------------------------- sessions */

static int session_put(void *db, const struct store_session *session, struct errbuf *why)
{
    return put(db, SESSION_PUT, &store_record_session, session, UV_ENOENT, why);
}

static int session_get(void *db, const char *user_id, const char *id, struct store_session *session,
                       struct errbuf *why)
{
    return get(db, SESSION_GET, id, user_id, &store_record_session, session, why);
}

static int session_list(void *db, const char *user_id, enum store_status status, size_t limit,
                        const char *cursor, struct store_list *list, struct errbuf *why)
{
    static const struct listed all = {STORE_KIND_SESSION, &store_record_session, SESSION_LIST,
                                      SESSION_IDS, SESSION_GET};
    static const struct listed some = {STORE_KIND_SESSION, &store_record_session,
                                       SESSION_LIST_STATUS, SESSION_IDS_STATUS, SESSION_GET};
    bool any = status == STORE_ANY;

    return list_by_id(db, any ? &all : &some, user_id, any ? -1 : (int)status, limit, cursor, list,
                      why);
}

static int session_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return erase(db, SESSION_ERASE, id, user_id, why);
}

/* -------------------------------------------------------------------------- transcripts */

static int assign_number(struct conn *conn, struct store_transcript *t, struct errbuf *why)
{
    int e = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, TRANSCRIPT_NUMBER, &e, why);
    int err;

    if (!stmt)
        return e;
    bind_text(stmt, 1, t->id);
    bind_text(stmt, 2, t->session_id);
    err = sqlite3_step(stmt);
    if (err != SQLITE_ROW)
        return conn_error(conn, err, why);
    t->question_number = sqlite3_column_int(stmt, 0);
    sqlite3_reset(stmt);
    return 0;
}

static int count_questions(struct conn *conn, const char *session_id, struct errbuf *why)
{
    int e = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, SESSION_COUNT_QUESTIONS, &e, why);

    if (!stmt)
        return e;
    bind_text(stmt, 1, session_id);
    return conn_run(conn, stmt, why);
}

static int write_transcript(struct conn *conn, const struct store_transcript *t, struct errbuf *why)
{
    return write_record(conn, TRANSCRIPT_PUT, &store_record_transcript, t, UV_ENOENT, why);
}

static int transcript_put(void *db, struct store_transcript *transcript, struct errbuf *why)
{
    struct store_transcript t = *transcript;
    struct conn *conn = NULL;
    int err;

    if ((err = conn_write(db, &conn, why)))
        return err;
    err = conn_exec(conn, "BEGIN IMMEDIATE", why);
    if (!err && t.question_number == 0)
        err = assign_number(conn, &t, why);
    if (!err)
        err = write_transcript(conn, &t, why);
    if (!err)
        err = count_questions(conn, t.session_id, why);
    if (!err)
        err = conn_exec(conn, "COMMIT", why);
    if (!err)
        transcript->question_number = t.question_number;
    conn_done(conn);
    return err;
}

static int session_import(void *db, const struct store_profile *profile, size_t most,
                          const struct store_session *session,
                          const struct store_transcript *transcripts, size_t count,
                          struct errbuf *why)
{
    struct conn *conn = NULL;
    int err;

    if ((err = conn_write(db, &conn, why)))
        return err;
    err = conn_exec(conn, "BEGIN IMMEDIATE", why);
    if (!err && profile)
        err = add_profile(conn, profile, most, why);
    if (!err)
        err = write_record(conn, SESSION_PUT, &store_record_session, session, UV_ENOENT, why);
    for (size_t i = 0; i < count && !err; i++)
        err = write_transcript(conn, &transcripts[i], why);
    if (!err)
        err = count_questions(conn, session->id, why);
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
    bind_text(stmt, 1, id);
    bind_text(stmt, 2, session_id);
    err = conn_run(conn, stmt, why);
    if (!err && sqlite3_changes(conn->sq) == 0)
        err = err_set(why, UV_ENOENT, "there is no such record");
    return err;
}

static int transcript_erase(void *db, const char *session_id, const char *id, struct errbuf *why)
{
    struct conn *conn = NULL;
    int err;

    if ((err = conn_write(db, &conn, why)))
        return err;
    err = conn_exec(conn, "BEGIN IMMEDIATE", why);
    if (!err)
        err = erase_transcript(conn, session_id, id, why);
    if (!err)
        err = count_questions(conn, session_id, why);
    if (!err)
        err = conn_exec(conn, "COMMIT", why);
    conn_done(conn);
    return err;
}

static int transcript_get(void *db, const char *user_id, const char *id,
                          struct store_transcript *transcript, struct errbuf *why)
{
    return get(db, TRANSCRIPT_GET, id, user_id, &store_record_transcript, transcript, why);
}

/* From the index alone: a session whose row is damaged does not hide what was said in it. */
static int is_owner(struct conn *conn, const char *user_id, const char *session_id,
                    struct errbuf *why)
{
    int e = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, SESSION_OWNED, &e, why);
    int err;

    if (!stmt)
        return e;
    bind_text(stmt, 1, session_id);
    bind_text(stmt, 2, user_id);
    err = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    if (err == SQLITE_ROW)
        return 0;
    return err == SQLITE_DONE ? err_set(why, UV_ENOENT, "there is no such session")
                              : conn_error(conn, err, why);
}

static int transcript_list(void *db, const char *user_id, const char *session_id, bool newest_first,
                           size_t limit, const char *cursor, struct store_list *list,
                           struct errbuf *why)
{
    static const struct listed oldest = {STORE_KIND_TRANSCRIPT, &store_record_transcript,
                                         TRANSCRIPT_LIST, TRANSCRIPT_IDS, TRANSCRIPT_ONE};
    static const struct listed newest = {STORE_KIND_TRANSCRIPT, &store_record_transcript,
                                         TRANSCRIPT_LIST_NEWEST, TRANSCRIPT_IDS_NEWEST,
                                         TRANSCRIPT_ONE};
    struct page_of page = {.what = newest_first ? &newest : &oldest,
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
        err = read_list(conn, &page, list, why);
    conn_done(conn);
    return err;
}

/* ------------------------------------------------------------------------------- voices */

static int voice_put(void *db, const struct store_voice *voice, struct errbuf *why)
{
    return put(db, VOICE_PUT, &store_record_voice, voice, 0, why);
}

static int voice_get(void *db, const char *user_id, struct store_voice *voice, struct errbuf *why)
{
    return get(db, VOICE_GET, user_id, NULL, &store_record_voice, voice, why);
}

static int voice_erase(void *db, const char *user_id, struct errbuf *why)
{
    return erase(db, VOICE_ERASE, user_id, NULL, why);
}

/* --------------------------------------------------------------------------- recordings */

static int recording_add(void *db, const struct store_recording *recording, int64_t bytes_max,
                         struct errbuf *why)
{
    return put_within(db, RECORDING_ADD, &store_record_recording, recording, bytes_max,
                      "the user has as many recordings as there may be", why);
}

static int recording_get(void *db, const char *user_id, const char *id,
                         struct store_recording *recording, struct errbuf *why)
{
    return get(db, RECORDING_GET, id, user_id, &store_record_recording, recording, why);
}

static int recording_bytes(void *db, const char *user_id, int64_t *bytes, struct errbuf *why)
{
    return read_number(db, RECORDING_BYTES, user_id, bytes, why);
}

static int recording_known(void *db, const char *id, struct errbuf *why)
{
    struct store_erased same;

    return get(db, RECORDING_KNOWN, id, NULL, &store_record_erased, &same, why);
}

static int recording_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return erase(db, RECORDING_ERASE, id, user_id, why);
}

/* Rows of a statement that has a limit of its own. */
static int read_few(struct conn *conn, sqlite3_stmt *stmt, const struct record *record,
                    size_t limit, struct store_list *list, struct errbuf *why)
{
    bool more;

    return read_page(conn, stmt, record, limit, list, &more, why);
}

static int recording_expire(void *db, int64_t now, size_t limit, struct store_list *list,
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
        err = read_few(conn, stmt, &store_record_recording, limit, list, why);
    }
    conn_done(conn);
    return err;
}

static int erased_list(void *db, size_t limit, struct store_list *list, struct errbuf *why)
{
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    int err;

    if ((err = conn_read(db, &conn, why)))
        return err;
    stmt = conn_stmt(conn, ERASED_LIST, &err, why);
    if (stmt) {
        sqlite3_bind_int64(stmt, 1, (int64_t)limit);
        err = read_few(conn, stmt, &store_record_erased, limit, list, why);
    }
    conn_done(conn);
    return err;
}

static int erased_gone(void *db, const char *id, struct errbuf *why)
{
    return erase(db, ERASED_GONE, id, NULL, why);
}

/* ----------------------------------------------------------------------- transcriptions */

static int transcription_add(void *db, const struct store_transcription *t, size_t waiting_max,
                             struct errbuf *why)
{
    return put_within(db, TRANSCRIPTION_ADD, &store_record_transcription, t, (int64_t)waiting_max,
                      "the user has as many transcriptions waiting as there may be", why);
}

static int transcription_get(void *db, const char *user_id, const char *id,
                             struct store_transcription *t, struct errbuf *why)
{
    return get(db, TRANSCRIPTION_GET, id, user_id, &store_record_transcription, t, why);
}

static int transcription_next(void *db, struct store_transcription *t, struct errbuf *why)
{
    return get(db, TRANSCRIPTION_NEXT, NULL, NULL, &store_record_transcription, t, why);
}

static int transcription_finish(void *db, const struct store_transcription *t, struct errbuf *why)
{
    return put(db, TRANSCRIPTION_FINISH, &store_record_transcription, t, UV_ENOENT, why);
}

static int transcription_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return erase(db, TRANSCRIPTION_ERASE, id, user_id, why);
}

/* -------------------------------------------------------------------------------- facts */

static int read_fact(struct conn *conn, const char *name, char **value, struct errbuf *why)
{
    int e = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, FACT_GET, &e, why);
    int err;

    if (!stmt)
        return e;
    bind_text(stmt, 1, name);
    err = sqlite3_step(stmt);
    if (err == SQLITE_ROW)
        return read_text(stmt, 0, value);
    return err == SQLITE_DONE ? err_set(why, UV_ENOENT, "there is no such fact")
                              : conn_error(conn, err, why);
}

static int fact_get(void *db, const char *name, char **value, struct errbuf *why)
{
    struct conn *conn = NULL;
    int err = conn_read(db, &conn, why);

    if (!err)
        err = read_fact(conn, name, value, why);
    conn_done(conn);
    return err;
}

static int fact_put(void *db, const char *name, const char *value, struct errbuf *why)
{
    return change(db, FACT_PUT, name, value, 0, why);
}

static int fact_claim(void *db, const char *name, const char *value, char **is, struct errbuf *why)
{
    int err = change(db, FACT_CLAIM, name, value, 0, why);

    return err ? err : fact_get(db, name, is, why);
}

static int samples(void *db, size_t limit, struct store_sample *samples, size_t *n,
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
        err = read_text(stmt, 2, &s->text);
        *n += !err;
    }
    if (!err && rc != SQLITE_ROW)
        err = conn_error(conn, rc, why);
    conn_done(conn);
    return err;
}

const struct store_driver store_sqlite = {
    .name = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .migrate = sqlite_migrate,
    .ping = sqlite_ping,
    .fault = sqlite_fault,
    .change = sqlite_change,
    .user_put = user_put,
    .user_get = user_get,
    .user_by_email = user_by_email,
    .user_local = user_local,
    .user_erase = user_erase,
    .user_password = user_password,
    .refresh_put = refresh_put,
    .refresh_get = refresh_get,
    .refresh_rotate = refresh_rotate,
    .refresh_revoke = refresh_revoke,
    .refresh_prune = refresh_prune,
    .ended_list = ended_list,
    .profile_put = profile_put,
    .profile_add = profile_add,
    .profile_get = profile_get,
    .profile_list = profile_list,
    .profile_count = profile_count,
    .profile_erase = profile_erase,
    .session_put = session_put,
    .session_import = session_import,
    .session_get = session_get,
    .session_list = session_list,
    .session_erase = session_erase,
    .transcript_put = transcript_put,
    .transcript_erase = transcript_erase,
    .transcript_get = transcript_get,
    .transcript_list = transcript_list,
    .voice_put = voice_put,
    .voice_get = voice_get,
    .voice_erase = voice_erase,
    .recording_add = recording_add,
    .recording_get = recording_get,
    .recording_bytes = recording_bytes,
    .recording_known = recording_known,
    .recording_erase = recording_erase,
    .recording_expire = recording_expire,
    .erased_list = erased_list,
    .erased_gone = erased_gone,
    .transcription_add = transcription_add,
    .transcription_get = transcription_get,
    .transcription_next = transcription_next,
    .transcription_finish = transcription_finish,
    .transcription_erase = transcription_erase,
    .fact_get = fact_get,
    .fact_put = fact_put,
    .fact_claim = fact_claim,
    .samples = samples,
};
