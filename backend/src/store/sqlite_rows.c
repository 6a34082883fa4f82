/**
 * @file store/sqlite_rows.c
 */
#include "store/sqlite_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char after_every_id[] = "~"; /* sorts after every character of an id */

/* ------------------------------------------------------------------------- bind and read */

int sql_bind_text(sqlite3_stmt *stmt, int at, const char *text)
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
        return sql_bind_text(stmt, at, *from ? from : NULL);
    case COLUMN_TEXT:
        memcpy(&text, from, sizeof(text));
        return sql_bind_text(stmt, at, text);
    case COLUMN_INT:
        return sqlite3_bind_int(stmt, at, *(const int *)(const void *)from);
    case COLUMN_INT64:
        return sqlite3_bind_int64(stmt, at, *(const int64_t *)(const void *)from);
    case COLUMN_DOUBLE:
        return sqlite3_bind_double(stmt, at, *(const double *)(const void *)from);
    }
    return SQLITE_MISUSE;
}

int sql_bind_record(sqlite3_stmt *stmt, const struct record *record, const void *data)
{
    int err = SQLITE_OK;

    for (size_t i = 0; i < record->count && !err; i++)
        err = bind_column(stmt, (int)i + 1, &record->columns[i], data);
    return err;
}

int sql_read_text(sqlite3_stmt *stmt, int at, char **to)
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
        if (text && len < c->size) /* the record was zeroed, so the text is terminated */
            memcpy(to, text, len);
        return 0;
    case COLUMN_TEXT:
        return sql_read_text(stmt, at, (char **)(void *)to);
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

int sql_read_record(sqlite3_stmt *stmt, const struct record *record, void *data)
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

/* Writes one record with one statement. none: the code if no row was affected. */
int sql_write(struct conn *conn, int index, const struct record *record, const void *data, int none,
              struct errbuf *why)
{
    int err = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, index, &err, why);

    if (!stmt)
        return err;
    err = conn_error(conn, sql_bind_record(stmt, record, data), why);
    if (!err)
        err = conn_run(conn, stmt, why);
    if (!err && none && sqlite3_changes(conn->sq) == 0)
        err = err_set(why, none, "there is no such record");
    return err;
}

int sql_put(struct sqlite_db *db, int index, const struct record *record, const void *data,
            int none, struct errbuf *why)
{
    struct conn *conn = NULL;
    int err;

    if ((err = conn_write(db, &conn, why)))
        return err;
    err = sql_write(conn, index, record, data, none, why);
    conn_done(conn);
    return err;
}

/* Inserts one record unless there would then be more than `most`, the statement's last
 * parameter. */
int sql_insert_within(struct conn *conn, int index, const struct record *record, const void *data,
                      int64_t most, const char *too_many, struct errbuf *why)
{
    int err = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, index, &err, why);

    if (!stmt)
        return err;
    err = conn_error(conn, sql_bind_record(stmt, record, data), why);
    if (!err) {
        sqlite3_bind_int64(stmt, (int)record->count + 1, most);
        err = conn_run(conn, stmt, why);
    }
    if (!err && sqlite3_changes(conn->sq) == 0)
        err = err_set(why, UV_ERANGE, "%s", too_many);
    return err;
}

int sql_put_within(struct sqlite_db *db, int index, const struct record *record, const void *data,
                   int64_t most, const char *too_many, struct errbuf *why)
{
    struct conn *conn = NULL;
    int err = conn_write(db, &conn, why);

    if (err)
        return err;
    err = sql_insert_within(conn, index, record, data, most, too_many, why);
    conn_done(conn);
    return err;
}

/* Gets one record by one or two texts. */
int sql_get(struct sqlite_db *db, int index, const char *a, const char *b,
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
            sql_bind_text(stmt, 1, a);
        if (b)
            sql_bind_text(stmt, 2, b);
        rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW)
            err = sql_read_record(stmt, record, data);
        else if (rc == SQLITE_DONE)
            err = err_set(why, UV_ENOENT, "there is no such record");
        else
            err = conn_error(conn, rc, why);
    }
    conn_done(conn);
    return err;
}

/* Gets one number by a text. */
int sql_number(struct sqlite_db *db, int index, const char *a, int64_t *number, struct errbuf *why)
{
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    int err;

    if ((err = conn_read(db, &conn, why)))
        return err;
    stmt = conn_stmt(conn, index, &err, why);
    if (stmt) {
        int rc;

        sql_bind_text(stmt, 1, a);
        rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW)
            *number = sqlite3_column_int64(stmt, 0);
        else
            err = conn_error(conn, rc, why);
    }
    conn_done(conn);
    return err;
}

int sql_run_within(struct conn *conn, int index, const char *a, const char *b, int none,
                   struct errbuf *why)
{
    int err = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, index, &err, why);

    if (stmt) {
        sql_bind_text(stmt, 1, a);
        if (b)
            sql_bind_text(stmt, 2, b);
        err = conn_run(conn, stmt, why);
    }
    if (!err && none && sqlite3_changes(conn->sq) == 0)
        err = err_set(why, none, "there is no such record");
    return err;
}

/* Runs one statement with one or two texts. */
int sql_run(struct sqlite_db *db, int index, const char *a, const char *b, int none,
            struct errbuf *why)
{
    struct conn *conn = NULL;
    int err;

    if ((err = conn_write(db, &conn, why)))
        return err;
    err = sql_run_within(conn, index, a, b, none, why);
    conn_done(conn);
    return err;
}

/* The disk is full: gives back the reserve. true: it makes sense to try again. */
bool sql_make_room(struct sqlite_db *db)
{
    struct conn *conn = NULL;

    if (conn_write(db, &conn, NULL))
        return false;
    conn_make_room(conn);
    conn_done(conn);
    return true;
}

void sql_keep_reserve(struct sqlite_db *db)
{
    struct conn *conn = NULL;

    if (conn_write(db, &conn, NULL))
        return;
    conn_keep_reserve(conn);
    conn_done(conn);
}

/* A deletion, which must work even on a full disk. */
int sql_erase(struct sqlite_db *db, int index, const char *a, const char *b, struct errbuf *why)
{
    int err = sql_run(db, index, a, b, UV_ENOENT, why);

    if (err == UV_ENOSPC && sql_make_room(db)) {
        err = sql_run(db, index, a, b, UV_ENOENT, why);
        sql_keep_reserve(db);
    }
    return err;
}

/* Reads one row more than requested, to know whether there is another page. */
int sql_read_page(struct conn *conn, sqlite3_stmt *stmt, const struct record *record, size_t limit,
                  struct store_list *list, bool *more, struct errbuf *why)
{
    char *items = calloc(limit, record->size);
    size_t n = 0;
    int rc = SQLITE_ROW;
    int err = 0;

    *more = false;
    if (!items)
        return err_set(why, UV_ENOMEM, "out of memory");
    while (!err && (rc = sqlite3_step(stmt)) == SQLITE_ROW && !(*more = n == limit)) {
        err = sql_read_record(stmt, record, items + n * record->size);
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

static void bind_page(sqlite3_stmt *stmt, const struct sql_page *page)
{
    sql_bind_text(stmt, 1, page->owner);
    sql_bind_text(stmt, 2, page->cursor);
    sqlite3_bind_int64(stmt, 3, (int64_t)page->limit + 1);
    if (page->status >= 0)
        sqlite3_bind_int(stmt, 4, page->status);
    if (page->filter && page->filter->from)
        sqlite3_bind_int64(stmt, 5, page->filter->from);
    if (page->filter && page->filter->until)
        sqlite3_bind_int64(stmt, 6, page->filter->until);
    if (page->profiles)
        sql_bind_text(stmt, 7, page->profiles);
    if (page->filter && page->filter->provider)
        sql_bind_text(stmt, 8, page->filter->provider);
}

/* A record that cannot be read at all, with what is known about it. */
static int make_unreadable(const struct sql_listed *what, const char *id, const char *owner,
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
    case STORE_KIND_API_KEY:
    case STORE_KIND_TRANSCRIPTION:
    case STORE_KIND_PASSKEY:
        return UV_EINVAL;
    }
    memcpy(record, id, ID_TEXT_MAX); /* the id is the first member of every listed record */
    return 0;
}

static int read_one(struct conn *conn, const struct sql_page *page, const char *id, void *record,
                    struct errbuf *why)
{
    int err = 0;
    sqlite3_stmt *stmt = conn_stmt(conn, page->what->one, &err, why);
    int rc;

    if (!stmt)
        return err;
    sql_bind_text(stmt, 1, id);
    if (page->user_id)
        sql_bind_text(stmt, 2, page->user_id);
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        return sql_read_record(stmt, page->what->record, record);
    if (rc == SQLITE_DONE)
        return UV_ENOENT;
    err = conn_error(conn, rc, why);
    return err == UV_EIO ? make_unreadable(page->what, id, page->owner, record) : err;
}

/* A page of the table is damaged: takes the ids from the index and reads each record separately;
 * those that cannot be read are marked. */
static int read_rows(struct conn *conn, const struct sql_page *page, struct store_list *list,
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

int sql_read_list(struct conn *conn, const struct sql_page *page, struct store_list *list,
                  struct errbuf *why)
{
    const struct record *record = page->what->record;
    bool more = false;
    int err;
    sqlite3_stmt *stmt = conn_stmt(conn, page->what->list, &err, why);

    if (!stmt)
        return err;
    bind_page(stmt, page);
    err = sql_read_page(conn, stmt, record, page->limit, list, &more, why);
    if (err == UV_EIO)
        err = read_rows(conn, page, list, &more, why);
    if (!err && more && list->count)
        memcpy(list->next, (char *)list->items + (list->count - 1) * record->size, ID_TEXT_MAX);
    return err;
}

int sql_read_few(struct conn *conn, sqlite3_stmt *stmt, const struct record *record, size_t limit,
                 struct store_list *list, struct errbuf *why)
{
    bool more;

    return sql_read_page(conn, stmt, record, limit, list, &more, why);
}

int sql_list_page(struct sqlite_db *db, struct sql_page *page, struct store_list *list,
                  struct errbuf *why)
{
    struct conn *conn = NULL;
    int err = conn_read(db, &conn, why);

    if (err)
        return err;
    if (!page->cursor || !page->cursor[0])
        page->cursor = after_every_id;
    err = sql_read_list(conn, page, list, why);
    conn_done(conn);
    return err;
}

/* Newest first by id. status < 0: any. */
int sql_list_by_id(struct sqlite_db *db, const struct sql_listed *what, const char *user_id,
                   int status, size_t limit, const char *cursor, struct store_list *list,
                   struct errbuf *why)
{
    struct sql_page page = {.what = what,
                            .owner = user_id,
                            .user_id = user_id,
                            .cursor = cursor,
                            .status = status,
                            .limit = limit};

    return sql_list_page(db, &page, list, why);
}

int sql_list_few(struct sqlite_db *db, const struct sql_few *few, struct store_list *list,
                 struct errbuf *why)
{
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    int at = 1;
    int err = few->writes ? conn_write(db, &conn, why) : conn_read(db, &conn, why);

    if (err)
        return err;
    stmt = conn_stmt(conn, few->index, &err, why);
    if (stmt) {
        if (few->a)
            sql_bind_text(stmt, at++, few->a);
        if (few->b)
            sql_bind_text(stmt, at++, few->b);
        if (few->number)
            sqlite3_bind_int64(stmt, at++, *few->number);
        sqlite3_bind_int64(stmt, at, (int64_t)few->limit);
        err = sql_read_few(conn, stmt, few->record, few->limit, list, why);
    }
    conn_done(conn);
    return err;
}

int sql_list_newest(struct sqlite_db *db, int index, const struct record *record,
                    const char *user_id, size_t limit, const char *cursor, struct store_list *list,
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
        sql_bind_text(stmt, 2, cursor ? cursor : after_every_id);
        sqlite3_bind_int64(stmt, 3, (int64_t)limit + 1);
        err = sql_read_page(conn, stmt, record, limit, list, &more, why);
    }
    if (!err && more && list->count)
        memcpy(list->next, (char *)list->items + (list->count - 1) * record->size, ID_TEXT_MAX);
    conn_done(conn);
    return err;
}
