/**
 * @file store/postgres/facts.c  What the database knows of itself, figures of days, and samples
 */
#include "store/postgres/records.h"
#include "store/postgres/rows.h"

#include <stdio.h>
#include <stdlib.h>

/* -------------------------------------------------------------------------------- facts */

int postgres_fact_get(void *db, const char *name, char **value, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct call call;
    int err;

    call_begin(&call, FACT_GET);
    call_text(&call, name);
    err = db_ask(db, false, &call, 1, &replies, why);
    if (!err && !reply_rows(&replies, 0))
        err = err_set(why, UV_ENOENT, "there is no such fact");
    if (!err && read_text(&replies, 0, 0, 0, value))
        err = err_set(why, UV_ENOMEM, "out of memory");
    replies_release(&replies);
    return err;
}

int postgres_fact_put(void *db, const char *name, const char *value, struct errbuf *why)
{
    return rows_run(db, FACT_PUT, name, value, 0, why);
}

/* What holds is read behind the claim, so it is that of whoever came first. */
int postgres_fact_claim(void *db, const char *name, const char *value, char **is,
                        struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct call calls[2];
    int err;

    call_begin(&calls[0], FACT_CLAIM);
    call_text(&calls[0], name);
    call_text(&calls[0], value);
    call_begin(&calls[1], FACT_GET);
    call_text(&calls[1], name);
    err = db_ask(db, true, calls, 2, &replies, why);
    if (!err && !reply_rows(&replies, 1))
        err = err_set(why, UV_ENOENT, "there is no such fact");
    if (!err && read_text(&replies, 1, 0, 0, is))
        err = err_set(why, UV_ENOMEM, "out of memory");
    replies_release(&replies);
    return err;
}

/* ------------------------------------------------------------------------------ figures */

int postgres_figures(void *db, enum store_figures what, const char *user_id, int64_t from,
                     int64_t to, struct store_list *list, struct errbuf *why)
{
    static const int statements[] = {[STORE_DAYS] = FIGURES_DAYS,
                                     [STORE_PROVIDERS] = FIGURES_PROVIDERS,
                                     [STORE_PROFILES] = FIGURES_PROFILES};
    const struct record *record = what == STORE_DAYS ? &store_record_day : &store_record_share;
    struct call call;

    call_begin(&call, statements[what]);
    call_int(&call, from);
    call_int(&call, to);
    call_text(&call, user_id);
    return rows_list(db, false, &call, record,
                     what == STORE_DAYS ? STORE_FIGURE_DAYS_MAX : STORE_FIGURES_MAX, list, why);
}

/* By the rules of the triggers in migrations/postgres/. Who writes meanwhile waits at their
 * tables, and counts on from there. */
int postgres_figures_recount(void *db, struct errbuf *why)
{
    enum { RECOUNT_MS = 600000 };
    static const char recount[] =
        "BEGIN; SET LOCAL statement_timeout=0;"
        "LOCK TABLE analytics,analytics_profiles,analytics_providers IN EXCLUSIVE MODE;"
        "DELETE FROM analytics; DELETE FROM analytics_profiles; DELETE FROM analytics_providers;"
        "INSERT INTO analytics (day,user_id,sessions,said,seconds,questions) "
        "SELECT created_at/86400000,user_id,count(*),sum((duration>0)::int),sum(duration),"
        "sum(question_count) FROM sessions GROUP BY 1,2;"
        "INSERT INTO analytics_profiles (day,user_id,profile_id,sessions) "
        "SELECT created_at/86400000,user_id,profile_id,count(*) "
        "FROM sessions WHERE profile_id IS NOT NULL GROUP BY 1,2,3;"
        "INSERT INTO analytics_providers (day,user_id,provider,answers) "
        "SELECT s.created_at/86400000,s.user_id,t.provider,count(*) "
        "FROM transcripts t JOIN sessions s ON s.id=t.session_id "
        "WHERE t.provider IS NOT NULL GROUP BY 1,2,3; COMMIT";
    bool again = true;
    int err = 0;

    for (int tries = 0; again; tries++) {
        struct conn *conn = NULL;

        if ((err = conn_take(db, &conn, why)))
            return err;
        err = conn_script(conn, recount, RECOUNT_MS, why);
        again = conn_again(conn, err, tries);
        conn_done(conn);
    }
    return err;
}

/* -------------------------------------------------------------------------------- samples */

int postgres_samples(void *db, size_t limit, struct store_sample *samples, size_t *n,
                     struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct call call;
    int err;

    *n = 0;
    call_begin(&call, SAMPLES);
    call_int(&call, (int64_t)limit);
    err = db_ask(db, false, &call, 1, &replies, why);
    for (int row = 0; !err && row < reply_rows(&replies, 0); row++) {
        struct store_sample *s = &samples[*n];

        snprintf(s->id, sizeof(s->id), "%s", reply_text(&replies, 0, row, 0));
        snprintf(s->field, sizeof(s->field), "%s", reply_text(&replies, 0, row, 1));
        if (read_text(&replies, 0, row, 2, &s->text))
            err = err_set(why, UV_ENOMEM, "out of memory");
        *n += !err;
    }
    replies_release(&replies);
    return err;
}

int postgres_copy(void *db, const char *path, struct errbuf *why)
{
    (void)db;
    (void)path;
    return err_set(why, UV_ENOTSUP,
                   "the database is on a PostgreSQL server: pg_dump copies it "
                   "(docs/guides/postgresql.md)");
}
