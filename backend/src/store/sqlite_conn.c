/**
 * @file store/sqlite_conn.c  Connections to one SQLite file
 *
 * WAL with synchronous=FULL: a commit returns after its frames were synced, so acknowledged writes
 * survive a kill and a power cut, and readers never wait for the writer
 * (https://www.sqlite.org/wal.html).
 */
#include "store/sqlite_conn.h"

#include "store/sqlite_file.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum {
    BUSY_MS = 5000, /* another process (migrate, a backup) may also write */
    CONFIGURE_PAUSE_MS = 10,
    IDLE_READERS = 8, /* more are closed when they are given back */
    CACHE_KIB = 512,  /* page cache per connection */
    PAGE = 4096,      /* SQLite's default [bytes] */
    CHECKPOINT_PAGES = 1000,
};

struct sqlite_db {
    struct db_file file;
    uint64_t bytes_max;
    _Atomic(enum store_fault) fault; /* the latest fault that showed during use */
    const char *const *sql;
    struct conn *writer; /* {write} */
    uv_mutex_t write;
    uv_mutex_t lock;
    struct conn *idle; /* {lock} */
    size_t idle_count; /* {lock} */
};

/* ------------------------------------------------------------------------------- errors */

static int constraint_error(struct conn *conn, struct errbuf *why)
{
    switch (sqlite3_extended_errcode(conn->sq)) {
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return err_set(why, UV_ENOENT, "what it belongs to is not there");
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return err_set(why, UV_EEXIST, "it is there already");
    default:
        return err_set(why, UV_EINVAL, "the store refused a value: %s", sqlite3_errmsg(conn->sq));
    }
}

/* A full quota and a file at its size limit also count as a full disk; SQLite reports them as an
 * input/output error. */
static int plain_code(const struct conn *conn, int rc)
{
    int system = (rc & 0xff) == SQLITE_IOERR && conn->sq ? sqlite3_system_errno(conn->sq) : 0;

    if (system == ENOSPC || system == EDQUOT || system == EFBIG)
        return SQLITE_FULL;
    return rc & 0xff;
}

/* Damage is permanent; other faults may go away. */
static void note_fault(struct conn *conn, int rc)
{
    enum store_fault fault = rc == SQLITE_FULL       ? STORE_FULL
                             : rc == SQLITE_READONLY ? STORE_READ_ONLY
                             : rc == SQLITE_IOERR    ? STORE_FAILING
                             : rc == SQLITE_CORRUPT  ? STORE_DAMAGED
                                                     : STORE_SOUND;

    if (fault && atomic_load(&conn->db->fault) != STORE_DAMAGED)
        atomic_store(&conn->db->fault, fault);
}

/* Something was written successfully. */
static void note_written(struct conn *conn)
{
    if (conn->writer && sqlite3_get_autocommit(conn->sq) &&
        atomic_load(&conn->db->fault) != STORE_DAMAGED)
        atomic_store(&conn->db->fault, STORE_SOUND);
}

int conn_error(struct conn *conn, int rc, struct errbuf *why)
{
    const char *path = conn->db->file.path;
    int err = plain_code(conn, rc);

    note_fault(conn, err);
    switch (err) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_CONSTRAINT:
        return constraint_error(conn, why);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(why, UV_EAGAIN, "the database is being used by another program; try again");
    case SQLITE_FULL:
        return err_set(why, UV_ENOSPC,
                       "there is no room left for the database %s: free some disk "
                       "space",
                       path);
    case SQLITE_READONLY:
        return err_set(why, UV_EROFS,
                       "the database %s cannot be written: check the permissions of "
                       "the file and its folder",
                       path);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return err_set(why, UV_EACCES,
                       "the database %s cannot be opened: check that its folder is "
                       "there and may be written",
                       path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return err_set(why, UV_EIO,
                       "the database %s is damaged or is not a database: restore it "
                       "from a backup",
                       path);
    case SQLITE_NOMEM:
        return err_set(why, UV_ENOMEM, "out of memory");
    case SQLITE_TOOBIG:
        return err_set(why, UV_E2BIG, "a text is too long for the store");
    default:
        return err_set(why, UV_EIO, "the database %s failed: %s", path,
                       conn->sq ? sqlite3_errmsg(conn->sq) : sqlite3_errstr(rc));
    }
}

/* --------------------------------------------------------------------------- statements */

sqlite3_stmt *conn_stmt(struct conn *conn, int index, int *e, struct errbuf *why)
{
    sqlite3_stmt **stmt = &conn->stmts[index];

    if (!*stmt) {
        int err = sqlite3_prepare_v3(conn->sq, conn->db->sql[index], -1, SQLITE_PREPARE_PERSISTENT,
                                     stmt, NULL);

        if (err) {
            *e = conn_error(conn, err, why);
            return NULL;
        }
    }
    if (conn->used_count < sizeof(conn->used) / sizeof(conn->used[0]))
        conn->used[conn->used_count++] = *stmt;
    sqlite3_reset(*stmt);
    return *stmt;
}

int conn_run(struct conn *conn, sqlite3_stmt *stmt, struct errbuf *why)
{
    int err = sqlite3_step(stmt);

    if (err != SQLITE_DONE)
        return conn_error(conn, err == SQLITE_ROW ? SQLITE_MISUSE : err, why);
    note_written(conn);
    return 0;
}

int conn_exec(struct conn *conn, const char *sql, struct errbuf *why)
{
    int err = conn_error(conn, sqlite3_exec(conn->sq, sql, NULL, NULL, NULL), why);

    if (!err)
        note_written(conn);
    return err;
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

static int configure(struct conn *conn, struct errbuf *why)
{
    char sql[512];
    char limit[96] = "";
    uint64_t most = conn->db->bytes_max;
    uint64_t file_max = file_size_limit();

    /* If file sizes are limited, the log must reach its limit before the database does; otherwise
     * nothing could be deleted any more. */
    if (file_max && (!most || file_max < most))
        most = file_max - file_max / 4;
    if (most)
        snprintf(limit, sizeof(limit),
                 "PRAGMA max_page_count=%llu; PRAGMA wal_autocheckpoint=%llu;",
                 (unsigned long long)(most / PAGE + 1),
                 (unsigned long long)(most / PAGE / 8 < CHECKPOINT_PAGES ? most / PAGE / 8 + 1
                                                                         : CHECKPOINT_PAGES));
    snprintf(sql, sizeof(sql),
             "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
             "PRAGMA cache_size=-%d; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON;"
             "PRAGMA trusted_schema=OFF; %s",
             CACHE_KIB, limit);
    return conn_exec(conn, sql, why);
}

/* If several connections turn a new file to WAL at once, SQLite refuses all but one without waiting
 * (its busy handler is not called for that lock), so we wait ourselves. */
static int configure_patiently(struct conn *conn, struct errbuf *why)
{
    int err = configure(conn, why);

    for (int waited = 0; err == UV_EAGAIN && waited < BUSY_MS; waited += CONFIGURE_PAUSE_MS) {
        usleep(CONFIGURE_PAUSE_MS * 1000);
        err = configure(conn, why);
    }
    return err;
}

static int conn_open(struct sqlite_db *db, bool writer, struct conn **cp, struct errbuf *why)
{
    struct conn *conn = calloc(1, sizeof(*conn));
    int rc;
    int err;

    if (!conn)
        return err_set(why, UV_ENOMEM, "out of memory");
    conn->db = db;
    conn->writer = writer;
    rc = sqlite3_open_v2(
        db->file.path, &conn->sq,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (writer ? SQLITE_OPEN_CREATE : 0), NULL);
    err = conn_error(conn, rc, why);
    if (!err) {
        sqlite3_extended_result_codes(conn->sq, 1);
        sqlite3_busy_timeout(conn->sq, BUSY_MS);
        err = configure_patiently(conn, why);
    }
    if (!err && writer && sqlite3_db_readonly(conn->sq, "main") == 1)
        err = conn_error(conn, SQLITE_READONLY, why);
    if (err)
        conn_close(conn);
    else
        *cp = conn;
    return err;
}

int conn_read(struct sqlite_db *db, struct conn **cp, struct errbuf *why)
{
    struct conn *conn;

    uv_mutex_lock(&db->lock);
    conn = db->idle;
    if (conn) {
        db->idle = conn->next;
        db->idle_count--;
    }
    uv_mutex_unlock(&db->lock);

    if (!conn)
        return conn_open(db, false, cp, why);
    *cp = conn;
    return 0;
}

int conn_write(struct sqlite_db *db, struct conn **cp, struct errbuf *why)
{
    uv_mutex_lock(&db->write);
    if (db_file_lost(&db->file)) {
        uv_mutex_unlock(&db->write);
        return err_set(why, UV_ENXIO,
                       "the database %s was deleted or replaced while it was open: put it back and "
                       "restart interviewd",
                       db->file.path);
    }
    *cp = db->writer;
    return 0;
}

bool conn_make_room(struct conn *conn)
{
    bool spent = reserve_spend(&conn->db->file);

    /* The log is written to the database as far as there is room, and then truncated. */
    sqlite3_exec(conn->sq, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    return spent;
}

void conn_keep_reserve(struct conn *conn)
{
    sqlite3_exec(conn->sq, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    reserve_keep(&conn->db->file);
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
        uv_mutex_unlock(&db->write);
        return;
    }

    uv_mutex_lock(&db->lock);
    if (db->idle_count < IDLE_READERS) {
        conn->next = db->idle;
        db->idle = conn;
        db->idle_count++;
        conn = NULL;
    }
    uv_mutex_unlock(&db->lock);
    conn_close(conn);
}

/* ----------------------------------------------------------------------------- database */

static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* its counters cost a lock per allocation */
}

int db_open(struct sqlite_db **dbp, const struct store_params *params, const char *const *sql,
            struct errbuf *why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct sqlite_db *db;
    int err;

    if (!params || !params->path || !params->path[0])
        return err_set(why, UV_EINVAL, "the database has no path");
    pthread_once(&once, configure_library);
    db = calloc(1, sizeof(*db));
    if (!db)
        return err_set(why, UV_ENOMEM, "out of memory");
    if ((err = db_file_open(&db->file, params->path, params->reserve_bytes, why))) {
        free(db);
        return err;
    }
    db->bytes_max = params->bytes_max;
    db->sql = sql;
    uv_mutex_init(&db->write);
    uv_mutex_init(&db->lock);
    err = conn_open(db, true, &db->writer, why);
    if (err == UV_ENOSPC && db->file.reserve_max && reserve_spend(&db->file))
        err = conn_open(db, true, &db->writer, why); /* the log must be able to grow before anything
                                                        can be deleted */
    if (err) {
        db_close(db);
        return err;
    }
    reserve_keep(&db->file);
    *dbp = db;
    return 0;
}

void db_identify(struct sqlite_db *db)
{
    db_file_identify(&db->file);
}

enum store_fault db_fault(struct sqlite_db *db)
{
    return db_file_lost(&db->file) ? STORE_LOST : atomic_load(&db->fault);
}

void db_note_damage(struct sqlite_db *db)
{
    atomic_store(&db->fault, STORE_DAMAGED);
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
    conn_close(db->writer); /* closing the last one writes the log back to the file */
    uv_mutex_destroy(&db->write);
    uv_mutex_destroy(&db->lock);
    db_file_release(&db->file);
    free(db);
}
