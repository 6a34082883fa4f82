/**
 * @file store/sqlite_conn.c  Connections to one SQLite file
 *
 * WAL with synchronous=FULL: a commit returns after its frames were synced, so what was
 * acknowledged survives a kill and a power cut, and readers never wait for the writer
 * (https://www.sqlite.org/wal.html).
 */
#include "store/sqlite_conn.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BUSY_MS = 5000, /* another process (migrate, a backup) may write too */
    CONFIGURE_PAUSE_MS = 10,
    IDLE_READERS = 8, /* more are closed when they come back */
    CACHE_KIB = 512,  /* page cache of one connection */
    PATH_TEXT_MAX = 4096,
};

struct sqlite_db {
    char *path;
    uint64_t bytes_max;
    const char *const *sql;
    struct conn *writer; /* {write} */
    pthread_mutex_t write;
    pthread_mutex_t lock;
    struct conn *idle; /* {lock} */
    size_t idle_count; /* {lock} */
};

/* ------------------------------------------------------------------------------- errors */

static int constraint_error(struct conn *conn, struct errbuf *err)
{
    switch (sqlite3_extended_errcode(conn->sq)) {
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return err_set(err, UV_ENOENT, "what it belongs to is not there");
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return err_set(err, UV_EEXIST, "it is there already");
    default:
        return err_set(err, UV_EINVAL, "the store refused a value: %s", sqlite3_errmsg(conn->sq));
    }
}

int conn_error(struct conn *conn, int rc, struct errbuf *err)
{
    const char *path = conn->db->path;

    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_CONSTRAINT:
        return constraint_error(conn, err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(err, UV_EAGAIN, "the database is being used by another program; try again");
    case SQLITE_FULL:
        return err_set(err, UV_ENOSPC,
                       "there is no room left for the database %s: free some disk "
                       "space",
                       path);
    case SQLITE_READONLY:
        return err_set(err, UV_EROFS,
                       "the database %s cannot be written: check the permissions of "
                       "the file and its folder",
                       path);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return err_set(err, UV_EACCES,
                       "the database %s cannot be opened: check that its folder is "
                       "there and may be written",
                       path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return err_set(err, UV_EIO,
                       "the database %s is damaged or is not a database: restore it "
                       "from a backup",
                       path);
    case SQLITE_NOMEM:
        return err_set(err, UV_ENOMEM, "out of memory");
    case SQLITE_TOOBIG:
        return err_set(err, UV_E2BIG, "a text is too long for the store");
    default:
        return err_set(err, UV_EIO, "the database %s failed: %s", path,
                       conn->sq ? sqlite3_errmsg(conn->sq) : sqlite3_errstr(rc));
    }
}

/* --------------------------------------------------------------------------- statements */

sqlite3_stmt *conn_stmt(struct conn *conn, int index, int *e, struct errbuf *err)
{
    sqlite3_stmt **stmt = &conn->stmts[index];

    if (!*stmt) {
        int rc = sqlite3_prepare_v3(conn->sq, conn->db->sql[index], -1, SQLITE_PREPARE_PERSISTENT,
                                    stmt, NULL);

        if (rc) {
            *e = conn_error(conn, rc, err);
            return NULL;
        }
    }
    if (conn->used_count < sizeof(conn->used) / sizeof(conn->used[0]))
        conn->used[conn->used_count++] = *stmt;
    sqlite3_reset(*stmt);
    return *stmt;
}

int conn_run(struct conn *conn, sqlite3_stmt *stmt, struct errbuf *err)
{
    int rc = sqlite3_step(stmt);

    if (rc != SQLITE_DONE)
        return conn_error(conn, rc == SQLITE_ROW ? SQLITE_MISUSE : rc, err);
    sqlite3_reset(stmt);
    return 0;
}

int conn_exec(struct conn *conn, const char *sql, struct errbuf *err)
{
    return conn_error(conn, sqlite3_exec(conn->sq, sql, NULL, NULL, NULL), err);
}

/* -------------------------------------------------------------------------- connections */

static void conn_close(struct conn *conn)
{
    if (!conn)
        return;
    for (size_t i = 0; i < CONN_STATEMENTS_MAX; i++)
        sqlite3_finalize(conn->stmts[i]);
    sqlite3_close(conn->sq);
    free(conn);
}

static int configure(struct conn *conn, struct errbuf *err)
{
    char sql[512];
    char limit[64] = "";

    if (conn->db->bytes_max)
        snprintf(limit, sizeof(limit), "PRAGMA max_page_count=%llu;",
                 (unsigned long long)(conn->db->bytes_max / 4096 + 1));
    snprintf(sql, sizeof(sql),
             "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
             "PRAGMA cache_size=-%d; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=FAST;"
             "PRAGMA trusted_schema=OFF; %s",
             CACHE_KIB, limit);
    return conn_exec(conn, sql, err);
}

/* Of several that turn a new file to WAL at once SQLite refuses all but one without waiting (its
 * busy handler is not asked for that lock), so we wait ourselves. */
static int configure_patiently(struct conn *conn, struct errbuf *err)
{
    int e = configure(conn, err);

    for (int waited = 0; e == UV_EAGAIN && waited < BUSY_MS; waited += CONFIGURE_PAUSE_MS) {
        usleep(CONFIGURE_PAUSE_MS * 1000);
        e = configure(conn, err);
    }
    return e;
}

static int conn_open(struct sqlite_db *db, bool writer, struct conn **cp, struct errbuf *err)
{
    struct conn *conn = calloc(1, sizeof(*conn));
    int rc;
    int e;

    if (!conn)
        return err_set(err, UV_ENOMEM, "out of memory");
    conn->db = db;
    conn->writer = writer;
    rc = sqlite3_open_v2(
        db->path, &conn->sq,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (writer ? SQLITE_OPEN_CREATE : 0), NULL);
    e = conn_error(conn, rc, err);
    if (!e) {
        sqlite3_extended_result_codes(conn->sq, 1);
        sqlite3_busy_timeout(conn->sq, BUSY_MS);
        e = configure_patiently(conn, err);
    }
    if (!e && writer && sqlite3_db_readonly(conn->sq, "main") == 1)
        e = conn_error(conn, SQLITE_READONLY, err);
    if (e)
        conn_close(conn);
    else
        *cp = conn;
    return e;
}

int conn_read(struct sqlite_db *db, struct conn **cp, struct errbuf *err)
{
    struct conn *conn;

    pthread_mutex_lock(&db->lock);
    conn = db->idle;
    if (conn) {
        db->idle = conn->next;
        db->idle_count--;
    }
    pthread_mutex_unlock(&db->lock);

    if (!conn)
        return conn_open(db, false, cp, err);
    *cp = conn;
    return 0;
}

int conn_write(struct sqlite_db *db, struct conn **cp, struct errbuf *err)
{
    (void)err;
    pthread_mutex_lock(&db->write);
    *cp = db->writer;
    return 0;
}

void conn_done(struct conn *conn)
{
    struct sqlite_db *db;

    if (!conn)
        return;
    db = conn->db;
    for (size_t i = 0; i < conn->used_count; i++) {
        sqlite3_reset(conn->used[i]);
        sqlite3_clear_bindings(conn->used[i]);
    }
    conn->used_count = 0;
    if (conn->writer) {
        if (!sqlite3_get_autocommit(conn->sq))
            sqlite3_exec(conn->sq, "ROLLBACK", NULL, NULL, NULL);
        pthread_mutex_unlock(&db->write);
        return;
    }

    pthread_mutex_lock(&db->lock);
    if (db->idle_count < IDLE_READERS) {
        conn->next = db->idle;
        db->idle = conn;
        db->idle_count++;
        conn = NULL;
    }
    pthread_mutex_unlock(&db->lock);
    conn_close(conn);
}

/* ----------------------------------------------------------------------------- database */

static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* its counters cost a lock each allocation */
}

static int make_folder(const char *path, struct errbuf *err)
{
    char folder[PATH_TEXT_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;

    if (len >= sizeof(folder))
        return err_set(err, UV_ENAMETOOLONG, "the path of the database is too long");
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/')
            continue;
        memcpy(folder, path, i);
        folder[i] = '\0';
        if (mkdir(folder, 0700) && errno != EEXIST)
            return err_set(err, -errno, "cannot make the folder %s: %s", folder, strerror(errno));
    }
    return 0;
}

int db_open(struct sqlite_db **dbp, const struct store_params *params, const char *const *sql,
            struct errbuf *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct sqlite_db *db;
    int e;

    if (!params || !params->path || !params->path[0])
        return err_set(err, UV_EINVAL, "the database has no path");
    pthread_once(&once, configure_library);
    if ((e = make_folder(params->path, err)))
        return e;

    db = calloc(1, sizeof(*db));
    if (!db || !(db->path = strdup(params->path))) {
        free(db);
        return err_set(err, UV_ENOMEM, "out of memory");
    }
    db->bytes_max = params->bytes_max;
    db->sql = sql;
    pthread_mutex_init(&db->write, NULL);
    pthread_mutex_init(&db->lock, NULL);
    e = conn_open(db, true, &db->writer, err);
    if (e)
        db_close(db);
    else
        *dbp = db;
    return e;
}

void db_close(struct sqlite_db *db)
{
    struct conn *next;

    if (!db)
        return;
    for (struct conn *conn = db->idle; conn; conn = next) {
        next = conn->next;
        conn_close(conn);
    }
    conn_close(db->writer); /* the last one writes the log back into the file */
    pthread_mutex_destroy(&db->write);
    pthread_mutex_destroy(&db->lock);
    free(db->path);
    free(db);
}
