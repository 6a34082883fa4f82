/**
 * @file store/sqlite_figures.c  What happened each day, kept by triggers
 *
 * migrations/sqlite/0013_analytics.sql has the tables and the triggers that keep them; a recount
 * fills the same tables by the same rules.
 */
#include "store/sqlite_records.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_statements.h"

static const char recount[] =
    "DELETE FROM analytics; DELETE FROM analytics_profiles; DELETE FROM analytics_providers;"
    "INSERT INTO analytics (day,user_id,sessions,said,seconds,questions) "
    "SELECT created_at/86400000,user_id,count(*),sum(duration>0),sum(duration),sum(question_count) "
    "FROM sessions GROUP BY 1,2;"
    "INSERT INTO analytics_profiles (day,user_id,profile_id,sessions) "
    "SELECT created_at/86400000,user_id,profile_id,count(*) "
    "FROM sessions WHERE profile_id IS NOT NULL GROUP BY 1,2,3;"
    "INSERT INTO analytics_providers (day,user_id,provider,answers) "
    "SELECT s.created_at/86400000,s.user_id,t.provider,count(*) "
    "FROM transcripts t JOIN sessions s ON s.id=t.session_id "
    "WHERE t.provider IS NOT NULL GROUP BY 1,2,3;";

int sqlite_figures(void *db, enum store_figures what, const char *user_id, int64_t from, int64_t to,
                   struct store_list *list, struct errbuf *why)
{
    static const int statements[] = {[STORE_DAYS] = FIGURES_DAYS,
                                     [STORE_PROVIDERS] = FIGURES_PROVIDERS,
                                     [STORE_PROFILES] = FIGURES_PROFILES};
    const struct record *record = what == STORE_DAYS ? &store_record_day : &store_record_share;
    size_t limit = what == STORE_DAYS ? STORE_FIGURE_DAYS_MAX : STORE_FIGURES_MAX;
    struct conn *conn = NULL;
    sqlite3_stmt *stmt;
    int err;

    if ((err = conn_read(db, &conn, why)))
        return err;
    stmt = conn_stmt(conn, statements[what], &err, why);
    if (stmt) {
        sqlite3_bind_int64(stmt, 1, from);
        sqlite3_bind_int64(stmt, 2, to);
        sql_bind_text(stmt, 3, user_id);
        sqlite3_bind_int64(stmt, 4, (int64_t)limit);
        err = sql_read_few(conn, stmt, record, limit, list, why);
    }
    conn_done(conn);
    return err;
}

int sqlite_figures_recount(void *db, struct errbuf *why)
{
    struct conn *conn = NULL;
    int err;

    if ((err = conn_write(db, &conn, why)))
        return err;
    err = conn_exec(conn, "BEGIN IMMEDIATE", why);
    if (!err)
        err = conn_exec(conn, recount, why);
    if (!err)
        err = conn_exec(conn, "COMMIT", why);
    conn_done(conn);
    return err;
}
