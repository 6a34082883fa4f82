/**
 * @file store/postgres/rows.c
 */
#include "store/postgres/rows.h"

#include <stdlib.h>
#include <string.h>

static const char after_every_id[] = "~"; /* sorts after all characters of an id */

/* ------------------------------------------------------------------------------- reading */

int read_text(const struct replies *replies, size_t call, int row, int column, char **to)
{
    const char *text = reply_text(replies, call, row, column);

    *to = text ? strdup(text) : NULL;
    return text && !*to ? UV_ENOMEM : 0;
}

static int read_column(const struct replies *replies, size_t call, int row, int at,
                       const struct column *c, void *data)
{
    char *to = (char *)data + c->offset;
    const char *text = reply_text(replies, call, row, at);
    size_t len = text ? strlen(text) : 0;

    switch (c->kind) {
    case COLUMN_INLINE:
        if (len < c->size) /* the record was zeroed, so it ends there */
            memcpy(to, text ? text : "", len);
        return 0;
    case COLUMN_TEXT:
        return read_text(replies, call, row, at, (char **)(void *)to);
    case COLUMN_INT:
        *(int *)(void *)to = (int)reply_int(replies, call, row, at);
        return 0;
    case COLUMN_INT64:
        *(int64_t *)(void *)to = reply_int(replies, call, row, at);
        return 0;
    case COLUMN_DOUBLE:
        *(double *)(void *)to = text ? strtod(text, NULL) : 0;
        return 0;
    }
    return UV_EINVAL;
}

int read_record(const struct replies *replies, size_t call, int row, const struct record *record,
                void *data)
{
    memset(data, 0, record->size);
    for (size_t i = 0; i < record->count; i++) {
        int err = read_column(replies, call, row, (int)i, &record->columns[i], data);

        if (err) {
            record_release(record, data);
            return err;
        }
    }
    return 0;
}

int read_list(const struct replies *replies, size_t call, const struct record *record, size_t limit,
              struct store_list *list, bool *more, struct errbuf *why)
{
    size_t rows = (size_t)reply_rows(replies, call);
    size_t n = rows < limit ? rows : limit;
    char *items = calloc(n ? n : 1, record->size);
    size_t i = 0;
    int err = items ? 0 : UV_ENOMEM;

    for (; i < n && !err; i++)
        err = read_record(replies, call, (int)i, record, items + i * record->size);
    if (err) {
        for (size_t k = 0; k + 1 < i; k++)
            record_release(record, items + k * record->size);
        free(items);
        return err_set(why, err, "out of memory");
    }
    *more = rows > limit;
    *list = (struct store_list){.items = items, .count = n};
    return 0;
}

void rows_set_next(struct store_list *list, const struct record *record, bool more)
{
    if (more && list->count) /* the id is the first member of every listed record */
        memcpy(list->next, (char *)list->items + (list->count - 1) * record->size, ID_TEXT_MAX);
}

/* -------------------------------------------------------------------------------- writing */

int rows_write(struct pg_db *db, struct call *call, int none, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    int err = db_ask(db, true, call, 1, &replies, why);

    if (!err && none && reply_changed(&replies, 0) == 0)
        err = err_set(why, none, "there is no such record");
    replies_release(&replies);
    return err;
}

int rows_put(struct pg_db *db, int index, const struct record *record, const void *data, int none,
             struct errbuf *why)
{
    struct call call;

    call_begin(&call, index);
    call_record(&call, record, data);
    return rows_write(db, &call, none, why);
}

int rows_put_within(struct pg_db *db, int index, const char *user_id, const struct record *record,
                    const void *data, int64_t most, const char *too_many, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct call calls[2];
    int err;

    call_begin(&calls[0], USER_LOCK);
    call_text(&calls[0], user_id);
    call_begin(&calls[1], index);
    call_record(&calls[1], record, data);
    call_int(&calls[1], most);
    err = db_ask(db, true, calls, 2, &replies, why);
    if (!err && reply_changed(&replies, 1) == 0)
        err = err_set(why, UV_ERANGE, "%s", too_many);
    replies_release(&replies);
    return err;
}

static void begin_with(struct call *call, int index, const char *a, const char *b)
{
    call_begin(call, index);
    if (a)
        call_text(call, a);
    if (b)
        call_text(call, b);
}

int rows_run(struct pg_db *db, int index, const char *a, const char *b, int none,
             struct errbuf *why)
{
    struct call call;

    begin_with(&call, index, a, b);
    return rows_write(db, &call, none, why);
}

/* --------------------------------------------------------------------------------- asking */

int rows_get(struct pg_db *db, int index, const char *a, const char *b, const struct record *record,
             void *data, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct call call;
    int err;

    begin_with(&call, index, a, b);
    err = db_ask(db, false, &call, 1, &replies, why);
    if (!err && !reply_rows(&replies, 0))
        err = err_set(why, UV_ENOENT, "there is no such record");
    if (!err && read_record(&replies, 0, 0, record, data))
        err = err_set(why, UV_ENOMEM, "out of memory");
    replies_release(&replies);
    return err;
}

int rows_number(struct pg_db *db, int index, const char *a, int64_t *number, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct call call;
    int err;

    begin_with(&call, index, a, NULL);
    err = db_ask(db, false, &call, 1, &replies, why);
    if (!err)
        *number = reply_int(&replies, 0, 0, 0);
    replies_release(&replies);
    return err;
}

int rows_list_newest(struct pg_db *db, int index, const struct record *record, const char *user_id,
                     size_t limit, const char *cursor, struct store_list *list, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct call call;
    bool more = false;
    int err;

    call_begin(&call, index);
    call_text(&call, user_id);
    call_text(&call, cursor && cursor[0] ? cursor : after_every_id);
    call_int(&call, (int64_t)limit + 1);
    err = db_ask(db, false, &call, 1, &replies, why);
    if (!err)
        err = read_list(&replies, 0, record, limit, list, &more, why);
    if (!err)
        rows_set_next(list, record, more);
    replies_release(&replies);
    return err;
}

int rows_list(struct pg_db *db, bool writes, struct call *call, const struct record *record,
              size_t limit, struct store_list *list, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    bool more = false;
    int err;

    call_int(call, (int64_t)limit);
    err = db_ask(db, writes, call, 1, &replies, why);
    if (!err)
        err = read_list(&replies, 0, record, limit, list, &more, why);
    replies_release(&replies);
    return err;
}

int rows_list_all(struct pg_db *db, bool writes, struct call *calls, size_t n, size_t which,
                  const struct record *record, struct store_list *list, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    bool more = false;
    int err = db_ask(db, writes, calls, n, &replies, why);

    if (!err)
        err = read_list(&replies, which, record, SIZE_MAX, list, &more, why);
    replies_release(&replies);
    return err;
}
