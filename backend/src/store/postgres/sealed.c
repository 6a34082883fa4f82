/**
 * @file store/postgres/sealed.c  Replacing sealed texts by resealed ones
 */
#include "store/places.h"
#include "store/postgres/records.h"
#include "store/postgres/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SQL_MAX = 768 };

const char *postgres_sealed_field(size_t i)
{
    return i < store_place_count ? store_places[i].field : NULL;
}

int postgres_sealed_stale(void *db, size_t field, const char *fresh, const char *after,
                          size_t limit, struct store_sample *samples, size_t *n, struct errbuf *why)
{
    const struct place *p = &store_places[field];
    struct replies replies = {.count = 0};
    char sql[SQL_MAX];
    struct call call;
    int err;

    *n = 0;
    snprintf(sql, sizeof(sql),
             "SELECT %s,%s FROM %s WHERE %s>$1 AND %s<>'' AND left(%s,length($2))<>$2%s "
             "ORDER BY %s LIMIT $3",
             p->id, p->column, p->table, p->id, p->column, p->column, p->only, p->id);
    call_sql(&call, sql);
    call_text(&call, after);
    call_text(&call, fresh);
    call_int(&call, (int64_t)limit);
    err = db_ask(db, false, &call, 1, &replies, why);
    for (int row = 0; !err && row < reply_rows(&replies, 0); row++) {
        struct store_sample *s = &samples[*n];

        snprintf(s->id, sizeof(s->id), "%s", reply_text(&replies, 0, row, 0));
        snprintf(s->field, sizeof(s->field), "%s", p->field);
        if (read_text(&replies, 0, row, 1, &s->text))
            err = err_set(why, UV_ENOMEM, "out of memory");
        *n += !err;
    }
    replies_release(&replies);
    return err;
}

/* What looks sealed: wherever in a text it stands, with the name of its key before it; from before
 * keys had names, at the beginning, and long enough for a nonce and a tag. */
static int count_column(struct pg_db *db, const char *table, const char *column, const char *fresh,
                        int64_t *rest, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    char sql[SQL_MAX];
    struct call call;
    int err;

    snprintf(sql, sizeof(sql),
             "SELECT count(*) FROM %s WHERE (%s ~ 'v2\\.[0-9a-f]{8}\\.' AND strpos(%s,$1)=0) OR "
             "(%s ~ '^v1\\.[-_A-Za-z0-9][^ ]*$' AND length(%s)>=41)",
             table, column, column, column, column);
    call_sql(&call, sql);
    call_text(&call, fresh);
    err = db_ask(db, false, &call, 1, &replies, why);
    if (!err)
        *rest += reply_int(&replies, 0, 0, 0);
    replies_release(&replies);
    return err;
}

int postgres_sealed_rest(void *db, const char *fresh, int64_t *rest, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct call call;
    int64_t n = 0;
    int err;

    call_begin(&call, TEXT_COLUMNS);
    err = db_ask(db, false, &call, 1, &replies, why);
    for (int row = 0; !err && row < reply_rows(&replies, 0); row++)
        err = count_column(db, reply_text(&replies, 0, row, 0), reply_text(&replies, 0, row, 1),
                           fresh, &n, why);
    replies_release(&replies);
    if (!err)
        *rest = n;
    return err;
}

/* One that is not as it was any more was written meanwhile, by the key that seals now. */
int postgres_sealed_replace(void *db, const struct store_sample *was, char *const *now, size_t n,
                            struct errbuf *why)
{
    struct replies replies = {.count = 0};
    char(*sql)[SQL_MAX] = calloc(n ? n : 1, SQL_MAX);
    struct call *calls = calloc(n ? n : 1, sizeof(*calls));
    int err = sql && calls ? 0 : err_set(why, UV_ENOMEM, "out of memory");

    for (size_t i = 0; i < n && !err; i++) {
        const struct place *p = store_place_of(was[i].field);

        if (!p) {
            err = err_set(why, UV_EINVAL, "there is no sealed field %s", was[i].field);
            break;
        }
        snprintf(sql[i], SQL_MAX, "UPDATE %s SET %s=$3 WHERE %s=$1 AND %s=$2", p->table, p->column,
                 p->id, p->column);
        call_sql(&calls[i], sql[i]);
        call_text(&calls[i], was[i].id);
        call_text(&calls[i], was[i].text);
        call_text(&calls[i], now[i]);
    }
    if (!err && n)
        err = db_ask(db, true, calls, n, &replies, why);
    replies_release(&replies);
    free(calls);
    free(sql);
    return err;
}
