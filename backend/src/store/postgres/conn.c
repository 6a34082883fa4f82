/**
 * @file store/postgres/conn.c  Connections to a PostgreSQL server
 *
 * libpq (https://www.postgresql.org/docs/15/libpq.html), in its pipeline mode (34.5): statements
 * between two Syncs are one transaction, and the first that fails ends it.
 */
#include "store/postgres/conn.h"

#include "base/clock.h"
#include "store/postgres/statements.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum {
    ANSWER_MS = 30000, /* for the answers of one round trip; the server gives up before that */
    REST_MS = 1000,    /* after a connection that could not be made nobody tries for so long */
    IDLE_CONNECTIONS = 8,
    TRIES = 6,
    TLS_MS = 50,   /* OpenSSL may hold what poll() does not see any more */
    OID_TEXT = 25, /* pg_type.dat: fixed for ever */
    OID_INT8 = 20,
    OID_INT4 = 23,
    OID_FLOAT8 = 701,
};

struct conn {
    PGconn *pg;
    struct pg_db *db;
    struct conn *next; /* in the list of idle ones */
    bool broken;       /* of no use any more */
    bool prepared[STATEMENTS];
    char state[6]; /* SQLSTATE of the newest error; "": none from the server */
};

struct pg_db {
    char *url;
    unsigned answer_ms;
    uv_mutex_t lock;
    struct conn *idle; /* {lock} */
    size_t idle_count; /* {lock} */
    _Atomic(enum store_fault) fault;
    _Atomic int version;
    _Atomic uint64_t rest_until; /* [ms] of the monotonic clock */
    _Atomic uint64_t round_trips;
};

extern const struct store_migration store_postgres_migrations[];

/* -------------------------------------------------------------------------------- calls */

void call_begin(struct call *call, int index)
{
    call->index = index;
    call->sql = postgres_statements[index];
    call->count = 0;
}

void call_sql(struct call *call, const char *sql)
{
    call->index = -1;
    call->sql = sql;
    call->count = 0;
}

static int next_value(struct call *call, Oid type, const char *value)
{
    int at = call->count < CALL_VALUES_MAX ? call->count++ : CALL_VALUES_MAX - 1;

    call->types[at] = type;
    call->values[at] = value;
    return at;
}

void call_text(struct call *call, const char *text)
{
    next_value(call, OID_TEXT, text);
}

static void call_number(struct call *call, Oid type, int64_t number)
{
    int at = next_value(call, type, NULL);

    snprintf(call->numbers[at], sizeof(call->numbers[at]), "%lld", (long long)number);
    call->values[at] = call->numbers[at];
}

void call_int(struct call *call, int64_t number)
{
    call_number(call, OID_INT8, number);
}

static void call_column(struct call *call, const struct column *c, const void *data)
{
    const char *from = (const char *)data + c->offset;
    const char *text;
    int at;

    switch (c->kind) {
    case COLUMN_INLINE:
        call_text(call, *from ? from : NULL);
        return;
    case COLUMN_TEXT:
        memcpy(&text, from, sizeof(text));
        call_text(call, text);
        return;
    case COLUMN_INT:
        call_number(call, OID_INT4, *(const int *)(const void *)from);
        return;
    case COLUMN_INT64:
        call_number(call, OID_INT8, *(const int64_t *)(const void *)from);
        return;
    case COLUMN_DOUBLE:
        at = next_value(call, OID_FLOAT8, NULL);
        snprintf(call->numbers[at], sizeof(call->numbers[at]), "%.17g",
                 *(const double *)(const void *)from);
        call->values[at] = call->numbers[at];
        return;
    }
}

void call_record(struct call *call, const struct record *record, const void *data)
{
    for (size_t i = 0; i < record->count; i++)
        call_column(call, &record->columns[i], data);
}

/* ------------------------------------------------------------------------------- replies */

int reply_rows(const struct replies *replies, size_t call)
{
    return PQntuples(replies->of[call]);
}

int64_t reply_changed(const struct replies *replies, size_t call)
{
    return strtoll(PQcmdTuples(replies->of[call]), NULL, 10);
}

const char *reply_text(const struct replies *replies, size_t call, int row, int column)
{
    if (PQgetisnull(replies->of[call], row, column))
        return NULL;
    return PQgetvalue(replies->of[call], row, column);
}

int64_t reply_int(const struct replies *replies, size_t call, int row, int column)
{
    return strtoll(PQgetvalue(replies->of[call], row, column), NULL, 10);
}

void replies_release(struct replies *replies)
{
    for (size_t i = 0; i < replies->count; i++)
        PQclear(replies->of[i]);
    replies->count = 0;
}

/* -------------------------------------------------------------------------------- errors */

/* SQLSTATEs (appendix A of the manual) as ours. A whole class is written as its two letters. */
static const struct {
    const char *state;
    int err;
    enum store_fault fault;
    const char *what;
} states[] = {
    {"23503", UV_ENOENT, STORE_SOUND, "what it belongs to is not there"},
    {"23505", UV_EEXIST, STORE_SOUND, "it is there already"},
    {"40001", UV_EAGAIN, STORE_SOUND, "others write the same at the moment; try again"},
    {"40P01", UV_EAGAIN, STORE_SOUND, "others write the same at the moment; try again"},
    {"55P03", UV_EAGAIN, STORE_SOUND, "others write the same at the moment; try again"},
    {"57014", UV_EAGAIN, STORE_SOUND, "the database server was too slow; try again"},
    {"53300", UV_EAGAIN, STORE_SOUND, "the database server has too many connections; try again"},
    {"53200", UV_EAGAIN, STORE_SOUND, "the database server is out of memory; try again"},
    {"53100", UV_ENOSPC, STORE_FULL, "the disk of the database server is full: free some space"},
    {"54", UV_E2BIG, STORE_SOUND, "a text is too long for the store"},
    {"25006", UV_EROFS, STORE_READ_ONLY,
     "the database may not be written: it is a standby, or set to read only"},
    {"42501", UV_EROFS, STORE_READ_ONLY, "the database user may not do that: grant it the rights"},
    {"42P01", UV_EIO, STORE_SOUND, "the database has no tables: run interviewd migrate"},
    {"XX", UV_EIO, STORE_DAMAGED, "the database server says that something is damaged"},
    {"57P", UV_ENOTCONN, STORE_AWAY, "the database server is going away, or just coming"},
    {"08", UV_ENOTCONN, STORE_AWAY, "the database server cannot be reached"},
};

/* What is damaged stays so; the rest may get better. */
static void note_fault(struct pg_db *db, enum store_fault fault)
{
    if (fault && atomic_load(&db->fault) != STORE_DAMAGED)
        atomic_store(&db->fault, fault);
}

/* It answered. What only a write can find out is over after a write. */
static void note_answer(struct pg_db *db, bool wrote)
{
    enum store_fault was = atomic_load(&db->fault);

    if (was == STORE_AWAY || (wrote && (was == STORE_FULL || was == STORE_READ_ONLY)))
        atomic_compare_exchange_strong(&db->fault, &was, STORE_SOUND);
}

/* The first line of what libpq says, without the words before it. */
static void first_line(const char *said, char *line, size_t size)
{
    const char *colon = strstr(said, "FATAL:");
    size_t len;

    said = colon ? colon + strlen("FATAL:") : said;
    said += strspn(said, " \t");
    len = strcspn(said, "\n");
    snprintf(line, size, "%.*s", (int)(len < size ? len : size - 1), said);
}

/* The connection is of no use any more. */
static int lose(struct conn *conn, const char *what, struct errbuf *why)
{
    conn->broken = true;
    note_fault(conn->db, STORE_AWAY);
    return err_set(why, UV_ENOTCONN, "the database server is away: %s", what);
}

/* Values are never told: a message of the server may hold some of them. */
static int server_error(struct conn *conn, const PGresult *result, struct errbuf *why)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    snprintf(conn->state, sizeof(conn->state), "%s", state ? state : "");
    if (!state || PQstatus(conn->pg) == CONNECTION_BAD)
        return lose(conn, "the connection was cut", why);
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (strncmp(state, states[i].state, strlen(states[i].state)) != 0)
            continue;
        note_fault(conn->db, states[i].fault);
        conn->broken |= states[i].fault == STORE_AWAY || states[i].fault == STORE_READ_ONLY;
        return err_set(why, states[i].err, "%s", states[i].what);
    }
    if (!strncmp(state, "22", 2) || !strncmp(state, "23", 2))
        return err_set(why, UV_EINVAL, "the store refused a value (SQLSTATE %s)", state);
    return err_set(why, UV_EIO, "the database server failed (SQLSTATE %s)", state);
}

/* ------------------------------------------------------------------------- sending, waiting */

/* Until the server has sent something, or there is room to send. */
static int wait_socket(struct conn *conn, bool to_send, uint64_t deadline, struct errbuf *why)
{
    struct pollfd fd = {.fd = PQsocket(conn->pg),
                        .events = (short)(POLLIN | (to_send ? POLLOUT : 0))};
    uint64_t now = clock_mono_ms();
    uint64_t most = PQsslInUse(conn->pg) ? TLS_MS : ANSWER_MS;

    if (now >= deadline)
        return lose(conn, "it has not answered in time", why);
    if (most > deadline - now)
        most = deadline - now;
    if (poll(&fd, 1, (int)most) < 0 && errno != EINTR)
        return lose(conn, strerror(errno), why);
    return PQconsumeInput(conn->pg) ? 0 : lose(conn, "the connection was cut", why);
}

static int flush(struct conn *conn, uint64_t deadline, struct errbuf *why)
{
    int left;
    int err = 0;

    while (!err && (left = PQflush(conn->pg)) != 0)
        err = left < 0 ? lose(conn, "the connection was cut", why)
                       : wait_socket(conn, true, deadline, why);
    return err;
}

/* The next result, NULL at the end of a statement's. */
static int next_result(struct conn *conn, uint64_t deadline, PGresult **result, struct errbuf *why)
{
    int err = 0;

    while (!err && PQisBusy(conn->pg))
        err = wait_socket(conn, false, deadline, why);
    if (!err)
        *result = PQgetResult(conn->pg);
    return err;
}

/* fresh: it has not been prepared yet. */
static bool send_call(struct conn *conn, const struct call *call, bool fresh)
{
    char name[16];

    if (call->index < 0)
        return PQsendQueryParams(conn->pg, call->sql, call->count, call->types, call->values, NULL,
                                 NULL, 0);
    snprintf(name, sizeof(name), "s%d", call->index);
    if (fresh && !PQsendPrepare(conn->pg, name, call->sql, call->count, call->types))
        return false;
    return PQsendQueryPrepared(conn->pg, name, call->count, call->values, NULL, NULL, 0);
}

static int send_calls(struct conn *conn, const struct call *calls, size_t n, const bool *fresh,
                      struct errbuf *why)
{
    bool ok = PQenterPipelineMode(conn->pg);

    for (size_t i = 0; i < n && ok; i++)
        ok = send_call(conn, &calls[i], fresh[i]);
    ok = ok && PQpipelineSync(conn->pg);
    return ok ? 0 : lose(conn, "nothing can be sent", why);
}

/* The result of one statement and the NULL behind it; what it is when others failed before it is
 * nobody's concern. */
static int read_one(struct conn *conn, uint64_t deadline, PGresult **result, struct errbuf *why)
{
    PGresult *end = NULL;
    int err = next_result(conn, deadline, result, why);

    if (!err && !*result)
        err = lose(conn, "it answered out of order", why);
    if (!err)
        err = next_result(conn, deadline, &end, why);
    PQclear(end);
    return err;
}

static bool is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

/* failed: the first error that the server told; the answers behind it are read all the same. */
static int read_call(struct conn *conn, const struct call *call, bool fresh, uint64_t deadline,
                     PGresult **result, int *failed, struct errbuf *why)
{
    PGresult *parsed = NULL;
    int err = 0;

    if (fresh) {
        err = read_one(conn, deadline, &parsed, why);
        if (!err && is_good(parsed))
            conn->prepared[call->index] = true;
        else if (!err && !*failed && PQresultStatus(parsed) == PGRES_FATAL_ERROR)
            *failed = server_error(conn, parsed, why);
        PQclear(parsed);
    }
    if (!err)
        err = read_one(conn, deadline, result, why);
    if (!err && !*failed && PQresultStatus(*result) == PGRES_FATAL_ERROR)
        *failed = server_error(conn, *result, why);
    return err;
}

static int read_calls(struct conn *conn, const struct call *calls, size_t n, const bool *fresh,
                      struct replies *replies, struct errbuf *why)
{
    uint64_t deadline = clock_mono_ms() + conn->db->answer_ms;
    PGresult *sync = NULL;
    int failed = 0;
    int err = flush(conn, deadline, why);

    for (size_t i = 0; i < n && !err; i++) {
        replies->of[i] = NULL;
        replies->count = i + 1;
        err = read_call(conn, &calls[i], fresh[i], deadline, &replies->of[i], &failed, why);
    }
    if (!err)
        err = next_result(conn, deadline, &sync, why);
    if (!err && PQresultStatus(sync) == PGRES_FATAL_ERROR && !failed)
        failed = server_error(conn, sync, why); /* at the commit itself */
    if (!err && PQresultStatus(sync) != PGRES_PIPELINE_SYNC && !failed)
        failed = lose(conn, "it answered out of order", why);
    PQclear(sync);
    if (!err && !conn->broken && !PQexitPipelineMode(conn->pg))
        err = lose(conn, "it answered out of order", why);
    return err ? err : failed;
}

int conn_run(struct conn *conn, struct call *calls, size_t n, struct replies *replies,
             struct errbuf *why)
{
    struct replies own = {.count = 0};
    struct replies *to = replies ? replies : &own;
    bool fresh[CALLS_MAX];
    int err;

    to->count = 0;
    for (size_t i = 0; i < n; i++) {
        fresh[i] = calls[i].index >= 0 && !conn->prepared[calls[i].index];
        for (size_t k = 0; k < i; k++) /* the same one is parsed once */
            fresh[i] &= calls[k].index != calls[i].index;
    }
    conn->state[0] = '\0';
    atomic_fetch_add(&conn->db->round_trips, 1);
    err = send_calls(conn, calls, n, fresh, why);
    if (!err)
        err = read_calls(conn, calls, n, fresh, to, why);
    for (size_t i = 0; i < n && !err; i++)
        note_answer(conn->db, strncmp(PQcmdStatus(to->of[i]), "SELECT", 6) != 0);
    if (err || !replies)
        replies_release(to);
    return err;
}

int conn_script(struct conn *conn, const char *sql, int within_ms, struct errbuf *why)
{
    uint64_t deadline = clock_mono_ms() + (uint64_t)within_ms;
    PGresult *result = NULL;
    int failed = 0;
    int err = 0;

    conn->state[0] = '\0';
    atomic_fetch_add(&conn->db->round_trips, 1);
    if (!PQsendQuery(conn->pg, sql))
        return lose(conn, "nothing can be sent", why);
    err = flush(conn, deadline, why);
    while (!err && !(err = next_result(conn, deadline, &result, why)) && result) {
        if (!failed && PQresultStatus(result) == PGRES_FATAL_ERROR)
            failed = server_error(conn, result, why);
        PQclear(result);
    }
    return err ? err : failed;
}

/* --------------------------------------------------------------------------- connections */

static void conn_close(struct conn *conn)
{
    if (!conn)
        return;
    PQfinish(conn->pg);
    free(conn);
}

/* Ours unless the address says otherwise. */
static PGconn *connect_to(const char *url)
{
    static const char *const names[] = {"client_encoding",  "application_name",
                                        "connect_timeout",  "tcp_user_timeout",
                                        "keepalives_idle",  "keepalives_interval",
                                        "keepalives_count", "gssencmode",
                                        "dbname",           NULL};
    const char *values[] = {"UTF8", "interviewd", "5",       "15000", "10",
                            "5",    "3",          "disable", url,     NULL};

    return PQconnectdbParams(names, values, 1);
}

static int greet(struct conn *conn, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct call calls[2];
    int err;

    PQsetnonblocking(conn->pg, 1);
    call_begin(&calls[0], CONNECTED);
    call_begin(&calls[1], SCHEMA_THERE);
    err = conn_run(conn, calls, 2, &replies, why);
    if (!err && !reply_int(&replies, 1, 0, 0)) {
        replies_release(&replies);
        db_set_version(conn->db, 0);
        return 0;
    }
    replies_release(&replies);
    if (err)
        return err;
    call_begin(&calls[0], SCHEMA_VERSION);
    err = conn_run(conn, calls, 1, &replies, why);
    if (!err)
        db_set_version(conn->db, (int)reply_int(&replies, 0, 0, 0));
    replies_release(&replies);
    return err;
}

static int refuse(struct pg_db *db, const PGconn *pg, struct errbuf *why)
{
    char line[ERR_TEXT_MAX / 2];

    atomic_store(&db->rest_until, clock_mono_ms() + REST_MS);
    note_fault(db, STORE_AWAY);
    first_line(PQerrorMessage(pg), line, sizeof(line));
    return err_set(why, UV_ENOTCONN, "the database server is away: %s", line);
}

static int conn_open(struct pg_db *db, struct conn **cp, struct errbuf *why)
{
    struct conn *conn;
    int err = 0;

    if (clock_mono_ms() < atomic_load(&db->rest_until))
        return err_set(why, UV_ENOTCONN, "the database server was away a moment ago");
    conn = calloc(1, sizeof(*conn));
    if (!conn)
        return err_set(why, UV_ENOMEM, "out of memory");
    conn->db = db;
    conn->pg = connect_to(db->url);
    if (PQstatus(conn->pg) != CONNECTION_OK)
        err = conn->pg ? refuse(db, conn->pg, why) : err_set(why, UV_ENOMEM, "out of memory");
    if (!err)
        err = greet(conn, why);
    if (err) {
        conn_close(conn);
        return err;
    }
    *cp = conn;
    return 0;
}

/* While it lay idle nothing may have come but the news that it is closed. */
static bool is_alive(const struct conn *conn)
{
    struct pollfd fd = {.fd = PQsocket(conn->pg), .events = POLLIN};

    return poll(&fd, 1, 0) == 0;
}

int conn_take(struct pg_db *db, struct conn **cp, struct errbuf *why)
{
    for (;;) {
        struct conn *conn;

        uv_mutex_lock(&db->lock);
        conn = db->idle;
        if (conn) {
            db->idle = conn->next;
            db->idle_count--;
        }
        uv_mutex_unlock(&db->lock);
        if (!conn)
            return conn_open(db, cp, why);
        if (is_alive(conn)) {
            *cp = conn;
            return 0;
        }
        conn_close(conn);
    }
}

void conn_done(struct conn *conn)
{
    struct pg_db *db;

    if (!conn)
        return;
    db = conn->db;
    if (!conn->broken && PQtransactionStatus(conn->pg) != PQTRANS_IDLE &&
        conn_script(conn, "ROLLBACK", ANSWER_MS, NULL))
        conn->broken = true;
    if (conn->broken) {
        conn_close(conn);
        return;
    }
    uv_mutex_lock(&db->lock);
    if (db->idle_count < IDLE_CONNECTIONS) {
        conn->next = db->idle;
        db->idle = conn;
        db->idle_count++;
        conn = NULL;
    }
    uv_mutex_unlock(&db->lock);
    conn_close(conn);
}

bool conn_again(struct conn *conn, int err, int tries)
{
    enum { PAUSE_US = 4000 };

    if (err != UV_EAGAIN || tries >= TRIES || strncmp(conn->state, "40", 2) != 0)
        return false;
    usleep((useconds_t)(PAUSE_US * (tries + 1)) + (useconds_t)(clock_mono_us() % PAUSE_US));
    return true;
}

int db_ask(struct pg_db *db, bool writes, struct call *calls, size_t n, struct replies *replies,
           struct errbuf *why)
{
    bool again = true;
    int err = 0;

    for (int tries = 0; again; tries++) {
        struct conn *conn = NULL;

        err = conn_take(db, &conn, why);
        if (err)
            return err;
        err = conn_run(conn, calls, n, replies, why);
        again = conn_again(conn, err, tries) || (err == UV_ENOTCONN && !writes && !tries);
        conn_done(conn);
    }
    if (err == UV_ENOTCONN && writes)
        err_set(why, UV_ENOTCONN,
                "the database server went away while something was written: it may be stored or "
                "not");
    return err;
}

/* ------------------------------------------------------------------------------ database */

int db_open(struct pg_db **dbp, const struct store_params *params, struct errbuf *why)
{
    struct pg_db *db = calloc(1, sizeof(*db));
    struct conn *conn = NULL;
    int err;

    if (!db)
        return err_set(why, UV_ENOMEM, "out of memory");
    db->answer_ms = params->answer_ms ? (unsigned)params->answer_ms : ANSWER_MS;
    db->url = strdup(params->url);
    if (!db->url) {
        free(db);
        return err_set(why, UV_ENOMEM, "out of memory");
    }
    uv_mutex_init(&db->lock);
    err = conn_take(db, &conn, why);
    conn_done(conn);
    if (err)
        db_close(db);
    else
        *dbp = db;
    return err;
}

void db_close(struct pg_db *db)
{
    struct conn *next;

    if (!db)
        return;
    for (struct conn *conn = db->idle; conn; conn = next) {
        next = conn->next;
        conn_close(conn);
    }
    uv_mutex_destroy(&db->lock);
    free(db->url);
    free(db);
}

int db_newest(void)
{
    int n = 0;

    while (store_postgres_migrations[n].sql)
        n++;
    return n;
}

int db_version(struct pg_db *db)
{
    return atomic_load(&db->version);
}

void db_set_version(struct pg_db *db, int version)
{
    atomic_store(&db->version, version);
}

enum store_fault db_fault(struct pg_db *db)
{
    enum store_fault fault = atomic_load(&db->fault);

    return fault || db_version(db) == db_newest() ? fault : STORE_OUTDATED;
}

uint64_t db_round_trips(const struct pg_db *db)
{
    return atomic_load(&db->round_trips);
}
