/**
 * @file test/unit/store/faults.c  Every call into SQLite fails once, in every operation
 *
 * The linker puts these in the way of sqlite3_prepare_v3(), sqlite3_step(), sqlite3_exec() and the
 * binding of values (`wrapped` in test/meson.build). An operation whose n-th call fails says so by
 * the right code, leaves nothing half written, gives back all it took (the sanitizer looks) and
 * holds up nobody: the next one works.
 */
#include "cmocka_all.h"

#include "base/id.h"
#include "store/store.h"
#include "support/scratch.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CALLS_MAX = 64 };

static int left; /* calls until one fails; 0: none will */
static int failure;
static bool failed;
static bool patient; /* it was the setting up of a connection, which is tried again */
static bool always;  /* every call does */
static bool binding; /* values count as calls, too */
static bool damaged; /* no whole row can be read, only what is in an index */
static int paused_ms;

int __real_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n, unsigned flags,
                              sqlite3_stmt **stmt, const char **tail);
int __real_sqlite3_step(sqlite3_stmt *stmt);
int __real_sqlite3_exec(sqlite3 *db, const char *sql, int (*fn)(void *, int, char **, char **),
                        void *arg, char **why);
int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n, unsigned flags,
                              sqlite3_stmt **stmt, const char **tail);
int __wrap_sqlite3_step(sqlite3_stmt *stmt);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*fn)(void *, int, char **, char **),
                        void *arg, char **why);

static bool fails(void)
{
    if (!always && (left <= 0 || --left))
        return false;
    return failed = true;
}

int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n, unsigned flags,
                              sqlite3_stmt **stmt, const char **tail)
{
    *stmt = NULL;
    return fails() ? failure : __real_sqlite3_prepare_v3(db, sql, n, flags, stmt, tail);
}

static bool reads_rows(sqlite3_stmt *stmt)
{
    const char *sql = sqlite3_sql(stmt);

    return strncmp(sql, "SELECT ", 7) == 0 && strstr(sql, ",created_at") &&
           !strstr(sql, "FROM users");
}

static bool reads_words(sqlite3_stmt *stmt)
{
    return strstr(sqlite3_sql(stmt), ",metrics,") && strncmp(sqlite3_sql(stmt), "SELECT ", 7) == 0;
}

int __wrap_sqlite3_step(sqlite3_stmt *stmt)
{
    if (damaged && (reads_rows(stmt) || reads_words(stmt)))
        return SQLITE_CORRUPT;
    return fails() ? failure : __real_sqlite3_step(stmt);
}

int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*fn)(void *, int, char **, char **),
                        void *arg, char **why)
{
    /* undoing is not where it fails: what was begun would stay */
    if (strcmp(sql, "ROLLBACK") != 0 && fails()) {
        patient = strncmp(sql, "PRAGMA journal_mode", 19) == 0;
        return failure;
    }
    return __real_sqlite3_exec(db, sql, fn, arg, why);
}

int __real_sqlite3_bind_text(sqlite3_stmt *stmt, int at, const char *text, int n,
                             void (*end)(void *));
int __wrap_sqlite3_bind_text(sqlite3_stmt *stmt, int at, const char *text, int n,
                             void (*end)(void *));
int __real_sqlite3_bind_double(sqlite3_stmt *stmt, int at, double value);
int __wrap_sqlite3_bind_double(sqlite3_stmt *stmt, int at, double value);
int __real_sqlite3_bind_int(sqlite3_stmt *stmt, int at, int value);
int __wrap_sqlite3_bind_int(sqlite3_stmt *stmt, int at, int value);

/* Only of a record that is put: the ids that something is looked up by are always short. */
static bool binds(sqlite3_stmt *stmt)
{
    return binding && strncmp(sqlite3_sql(stmt), "INSERT INTO ", 12) == 0 &&
           !strstr(sqlite3_sql(stmt), "facts");
}

int __wrap_sqlite3_bind_text(sqlite3_stmt *stmt, int at, const char *text, int n,
                             void (*end)(void *))
{
    return binds(stmt) && fails() ? failure : __real_sqlite3_bind_text(stmt, at, text, n, end);
}

int __wrap_sqlite3_bind_double(sqlite3_stmt *stmt, int at, double value)
{
    return binds(stmt) && fails() ? failure : __real_sqlite3_bind_double(stmt, at, value);
}

int __wrap_sqlite3_bind_int(sqlite3_stmt *stmt, int at, int value)
{
    return binds(stmt) && fails() ? failure : __real_sqlite3_bind_int(stmt, at, value);
}

int __real_usleep(useconds_t us);
int __wrap_usleep(useconds_t us);

int __wrap_usleep(useconds_t us)
{
    paused_ms += (int)us / 1000;
    return 0;
}

struct fixture {
    char dir[SCRATCH_MAX];
    struct store_params params;
    struct store *store;
    char user[ID_TEXT_MAX];
    char session[ID_TEXT_MAX];
    char profile[ID_TEXT_MAX];
    char transcript[ID_TEXT_MAX];
    struct store_refresh token;
};

static struct store_profile a_profile(const struct fixture *f)
{
    struct store_profile p = {.name = LITERAL("p"),
                              .role = LITERAL("r"),
                              .skills = LITERAL("[]"),
                              .industry = LITERAL(""),
                              .context = LITERAL("c")};

    id_new(p.id);
    memcpy(p.user_id, f->user, ID_TEXT_MAX);
    return p;
}

static struct store_session a_session(const struct fixture *f)
{
    struct store_session s = {.metadata = LITERAL("{}"), .title = LITERAL("t")};

    id_new(s.id);
    memcpy(s.user_id, f->user, ID_TEXT_MAX);
    return s;
}

static struct store_transcript a_transcript(const struct fixture *f)
{
    struct store_transcript t = {
        .question = LITERAL("v1.q"), .answer = LITERAL("a"), .metrics = LITERAL("{}")};

    id_new(t.id);
    memcpy(t.session_id, f->session, ID_TEXT_MAX);
    return t;
}

static struct store_user a_user(void)
{
    struct store_user u = {.email = LITERAL("x@example.com"),
                           .display_name = LITERAL("x"),
                           .settings = LITERAL("{}"),
                           .subscription = LITERAL("{}")};

    id_new(u.id);
    return u;
}

static struct store_refresh a_token(const struct fixture *f, char c)
{
    struct store_refresh t = {.expires_at = 1000};

    memset(t.hash, c, 64);
    id_new(t.family);
    memcpy(t.user_id, f->user, ID_TEXT_MAX);
    return t;
}

/* One of each kind of record. */
static void fill(struct fixture *f)
{
    struct store_user user = a_user();
    struct store_profile profile;
    struct store_session session;
    struct store_transcript transcript;

    memcpy(f->user, user.id, ID_TEXT_MAX);
    profile = a_profile(f);
    session = a_session(f);
    memcpy(f->profile, profile.id, ID_TEXT_MAX);
    memcpy(f->session, session.id, ID_TEXT_MAX);
    transcript = a_transcript(f);
    memcpy(f->transcript, transcript.id, ID_TEXT_MAX);
    f->token = a_token(f, 'a');
    assert_int_equal(store_user_put(f->store, &user, NULL), 0);
    assert_int_equal(store_profile_put(f->store, &profile, NULL), 0);
    assert_int_equal(store_session_put(f->store, &session, NULL), 0);
    assert_int_equal(store_transcript_put(f->store, &transcript, NULL), 0);
    assert_int_equal(store_refresh_put(f->store, &f->token, NULL), 0);
}

static void open_fixture(struct fixture *f)
{
    scratch_make(f->dir);
    f->params = (struct store_params){.path = scratch_path(f->dir, "i.db")};
    assert_int_equal(store_open(&f->store, "sqlite", &f->params, NULL), 0);
    assert_int_equal(store_migrate(f->store, NULL, NULL, NULL), 0);
    fill(f);
}

static void close_fixture(struct fixture *f)
{
    store_close(f->store);
    scratch_remove(f->dir);
}

/* What the store holds in all, as one number a table. */
static void count_rows(const struct fixture *f, int counts[6])
{
    static const char *const tables[] = {"users",       "profiles",       "sessions",
                                         "transcripts", "refresh_tokens", "ended_sign_ins"};
    sqlite3 *sq;

    assert_int_equal(sqlite3_open(scratch_path(f->dir, "i.db"), &sq), SQLITE_OK);
    for (int i = 0; i < 6; i++) {
        char sql[64];
        sqlite3_stmt *stmt;

        snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", tables[i]);
        assert_int_equal(sqlite3_prepare_v2(sq, sql, -1, &stmt, NULL), SQLITE_OK);
        assert_int_equal(__real_sqlite3_step(stmt), SQLITE_ROW);
        counts[i] = sqlite3_column_int(stmt, 0);
        sqlite3_finalize(stmt);
    }
    sqlite3_close(sq);
}

/* ------------------------------------------------------------------------- the operations */

static int user_put(struct fixture *f)
{
    struct store_user u = a_user();

    u.email = LITERAL("y@example.com");
    return store_user_put(f->store, &u, NULL);
}

static int user_get(struct fixture *f)
{
    struct store_user u;
    int e = store_user_get(f->store, f->user, &u, NULL);

    if (!e)
        store_user_release(&u);
    return e;
}

static int user_by_email(struct fixture *f)
{
    struct store_user u;
    int e = store_user_by_email(f->store, "x@example.com", &u, NULL);

    if (!e)
        store_user_release(&u);
    return e;
}

static int user_erase(struct fixture *f)
{
    struct store_list ended;
    int e = store_user_erase(f->store, f->user, 99, &ended, NULL);

    if (!e)
        free(ended.items);
    return e;
}

static int user_password(struct fixture *f)
{
    struct store_list ended;
    int e = store_user_password(f->store, f->user, "$new", "", 99, &ended, NULL);

    if (!e)
        free(ended.items);
    return e;
}

static int keep_user(struct store_user *user, void *arg)
{
    (void)user;
    (void)arg;
    return 0;
}

static int user_change(struct fixture *f)
{
    struct store_user u;
    int e = store_user_change(f->store, f->user, keep_user, NULL, &u, NULL);

    if (!e)
        store_user_release(&u);
    return e;
}

static int refresh_put(struct fixture *f)
{
    struct store_refresh t = a_token(f, 'b');

    return store_refresh_put(f->store, &t, NULL);
}

static int refresh_get(struct fixture *f)
{
    struct store_refresh t;

    return store_refresh_get(f->store, f->token.hash, &t, NULL);
}

static int refresh_rotate(struct fixture *f)
{
    struct store_refresh t = a_token(f, 'b');

    memcpy(t.family, f->token.family, ID_TEXT_MAX);
    return store_refresh_rotate(f->store, f->token.hash, &t, 7, NULL);
}

static int refresh_revoke(struct fixture *f)
{
    return store_refresh_revoke(f->store, f->token.family, 99, NULL);
}

static int refresh_prune(struct fixture *f)
{
    return store_refresh_prune(f->store, 5000, NULL);
}

static int ended_list(struct fixture *f)
{
    struct store_list ended;
    int e = store_ended_list(f->store, 0, &ended, NULL);

    if (!e)
        free(ended.items);
    return e;
}

static int profile_put(struct fixture *f)
{
    struct store_profile p = a_profile(f);

    return store_profile_put(f->store, &p, NULL);
}

static int profile_add(struct fixture *f)
{
    struct store_profile p = a_profile(f);

    return store_profile_add(f->store, &p, 10, NULL);
}

static int profile_get(struct fixture *f)
{
    struct store_profile p;
    int e = store_profile_get(f->store, f->user, f->profile, &p, NULL);

    if (!e)
        store_profile_release(&p);
    return e;
}

static int profile_list(struct fixture *f)
{
    struct store_list list;
    int e = store_profile_list(f->store, f->user, 5, NULL, &list, NULL);

    if (!e)
        store_list_release(&list, STORE_KIND_PROFILE);
    return e;
}

static int profile_count(struct fixture *f)
{
    size_t n = 0;
    int e = store_profile_count(f->store, f->user, &n, NULL);

    assert_int_equal(n, e ? 0 : 1);
    return e;
}

static int profile_erase(struct fixture *f)
{
    return store_profile_erase(f->store, f->user, f->profile, NULL);
}

static int session_put(struct fixture *f)
{
    struct store_session s = a_session(f);

    return store_session_put(f->store, &s, NULL);
}

static int session_list(struct fixture *f)
{
    struct store_list list;
    int e = store_session_list(f->store, f->user,
                               &(struct store_session_filter){.status = STORE_ACTIVE}, 5, NULL,
                               &list, NULL);

    if (!e)
        store_list_release(&list, STORE_KIND_SESSION);
    return e;
}

static int session_erase(struct fixture *f)
{
    return store_session_erase(f->store, f->user, f->session, NULL);
}

static int transcript_put(struct fixture *f)
{
    struct store_transcript t = a_transcript(f);
    int e = store_transcript_put(f->store, &t, NULL);

    assert_int_equal(t.question_number, e ? 0 : 2); /* told only when it is so */
    return e;
}

static int transcript_list(struct fixture *f)
{
    struct store_list list;
    int e = store_transcript_list(f->store, f->user, f->session, true, 5, NULL, &list, NULL);

    if (!e)
        store_list_release(&list, STORE_KIND_TRANSCRIPT);
    return e;
}

static int fact_claim(struct fixture *f)
{
    char *is = NULL;
    int e = store_fact_claim(f->store, "colour", "red", &is, NULL);

    free(is);
    return e;
}

static int samples(struct fixture *f)
{
    struct store_sample s[4];
    size_t n = 0;
    int e = store_samples(f->store, 4, s, &n, NULL);

    for (size_t i = 0; i < n; i++)
        free(s[i].text);
    return e;
}

static int ping(struct fixture *f)
{
    return store_ping(f->store, NULL);
}

static const struct {
    const char *name;
    int (*run)(struct fixture *f);
    bool spread; /* over more than one transaction: parts of it may stay */
} operations[] = {
    {"user_put", user_put, false},
    {"user_get", user_get, false},
    {"user_by_email", user_by_email, false},
    {"user_erase", user_erase, false},
    {"user_password", user_password, false},
    {"user_change", user_change, false},
    {"refresh_put", refresh_put, false},
    {"refresh_get", refresh_get, false},
    {"refresh_rotate", refresh_rotate, false},
    {"refresh_revoke", refresh_revoke, false},
    {"refresh_prune", refresh_prune, true},
    {"ended_list", ended_list, false},
    {"profile_put", profile_put, false},
    {"profile_add", profile_add, false},
    {"profile_get", profile_get, false},
    {"profile_list", profile_list, false},
    {"profile_count", profile_count, false},
    {"profile_erase", profile_erase, false},
    {"session_put", session_put, false},
    {"session_list", session_list, false},
    {"session_erase", session_erase, false},
    {"transcript_put", transcript_put, false},
    {"transcript_list", transcript_list, false},
    {"fact_claim", fact_claim, true},
    {"samples", samples, false},
    {"ping", ping, false},
};

/* Another connection, so that every statement is prepared anew. */
static void open_again(struct fixture *f)
{
    store_close(f->store);
    assert_int_equal(store_open(&f->store, "sqlite", &f->params, NULL), 0);
}

static void each_call_fails(int rc, int code)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        struct fixture f;
        int before[6];
        int after[6];
        int nth = 0;

        open_fixture(&f);
        for (;;) {
            int e;

            open_again(&f);
            count_rows(&f, before);
            failure = rc;
            failed = patient = false;
            left = ++nth;
            assert_true(nth < CALLS_MAX);
            e = operations[i].run(&f);
            left = 0;
            if (!failed) {
                if (e)
                    fail_msg("%s: %d without a failure", operations[i].name, e);
                break;
            }
            if (!e && rc == SQLITE_BUSY && patient)
                continue;
            if (e != code)
                fail_msg("%s: %d when call %d fails with %d", operations[i].name, e, nth, rc);
            count_rows(&f, after);
            if (!operations[i].spread && memcmp(before, after, sizeof(after)) != 0)
                fail_msg("%s: half done when call %d fails", operations[i].name, nth);
            assert_int_equal(user_get(&f), 0); /* reading and writing go on */
            assert_int_equal(store_probe(f.store, NULL), 0);
        }
        assert_true(nth > 1);
        close_fixture(&f);
    }
}

static void what_fails_for_want_of_memory_is_told(void **state)
{
    (void)state;
    each_call_fails(SQLITE_NOMEM, UV_ENOMEM);
}

static void what_another_program_holds_up_may_be_tried_again(void **state)
{
    (void)state;
    each_call_fails(SQLITE_BUSY, UV_EAGAIN);
}

static void every_failure_has_its_code_and_fault(void **state)
{
    static const struct {
        int rc;
        int code;
        enum store_fault fault;
        const char *says;
    } cases[] = {
        {SQLITE_LOCKED, UV_EAGAIN, STORE_SOUND, "another program"},
        {SQLITE_FULL, UV_ENOSPC, STORE_FULL, "free some disk space"},
        {SQLITE_READONLY, UV_EROFS, STORE_READ_ONLY, "cannot be written"},
        {SQLITE_READONLY_DBMOVED, UV_EROFS, STORE_READ_ONLY, "cannot be written"},
        {SQLITE_CANTOPEN, UV_EACCES, STORE_SOUND, "cannot be opened"},
        {SQLITE_PERM, UV_EACCES, STORE_SOUND, "cannot be opened"},
        {SQLITE_AUTH, UV_EACCES, STORE_SOUND, "cannot be opened"},
        {SQLITE_NOTADB, UV_EIO, STORE_SOUND, "from a backup"},
        {SQLITE_TOOBIG, UV_E2BIG, STORE_SOUND, "too long"},
        {SQLITE_IOERR, UV_EIO, STORE_FAILING, "failed"},
        {SQLITE_IOERR_WRITE, UV_EIO, STORE_FAILING, "failed"},
        {SQLITE_INTERNAL, UV_EIO, STORE_SOUND, "failed"},
        {SQLITE_CORRUPT, UV_EIO, STORE_DAMAGED, "from a backup"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct errbuf err = {""};
        struct store_health health;
        struct fixture f;

        open_fixture(&f);
        failure = cases[i].rc;
        left = 1;
        assert_int_equal(store_fact_put(f.store, "a", "b", &err), cases[i].code);
        left = 0;
        if (!strstr(err.text, cases[i].says))
            fail_msg("%d: %s", cases[i].rc, err.text);
        store_health(f.store, &health);
        assert_int_equal(health.fault, cases[i].fault);
        assert_int_equal(user_get(&f), 0); /* that something can be read proves nothing */
        store_health(f.store, &health);
        assert_int_equal(health.fault, cases[i].fault);
        assert_int_equal(store_probe(f.store, NULL), 0); /* written: well again, or damaged still */
        store_health(f.store, &health);
        assert_int_equal(health.fault,
                         cases[i].fault == STORE_DAMAGED ? STORE_DAMAGED : STORE_SOUND);
        close_fixture(&f);
    }
}

/* A text may be too long for a record: it is not put without it. */
static void a_record_whose_value_cannot_be_bound_is_not_put(void **state)
{
    static int (*const puts[])(struct fixture * f) = {
        user_put, user_change, profile_put, profile_add, session_put, transcript_put, refresh_put};

    (void)state;
    for (size_t i = 0; i < sizeof(puts) / sizeof(puts[0]); i++) {
        struct fixture f;
        int before[6];
        int after[6];
        int refused = 0;

        open_fixture(&f);
        count_rows(&f, before);
        failure = SQLITE_TOOBIG;
        binding = true;
        for (int nth = 1; nth < CALLS_MAX; nth++) {
            int e;

            failed = false;
            left = nth;
            e = puts[i](&f);
            left = 0;
            if (!failed)
                break;
            assert_int_equal(e, UV_E2BIG);
            refused++;
            count_rows(&f, after);
            assert_memory_equal(before, after, sizeof(after));
            assert_int_equal(user_get(&f), 0);
        }
        binding = false;
        assert_true(refused >= 3);
        close_fixture(&f);
    }
}

/* Erasing gives back what is kept for it and tries once more, wherever the disk was full first. */
static void what_is_erased_goes_on_a_full_disk(void **state)
{
    static int (*const erasing[])(struct fixture * f) = {user_erase, profile_erase, session_erase};
    static const int table[] = {0, 1, 2}; /* of count_rows() */
    struct stat st;

    (void)state;
    for (size_t i = 0; i < sizeof(erasing) / sizeof(erasing[0]); i++) {
        for (int nth = 1;; nth++) {
            struct fixture f;
            int counts[6];
            int e;
            char reserve[SCRATCH_MAX + 16];

            assert_true(nth < CALLS_MAX);
            open_fixture(&f);
            f.params.reserve_bytes = 1 << 16;
            open_again(&f);
            snprintf(reserve, sizeof(reserve), "%s/i.db-reserve", f.dir);
            failure = SQLITE_FULL;
            failed = false;
            left = nth;
            e = erasing[i](&f);
            left = 0;
            if (e)
                fail_msg("%zu: %d when call %d fails", i, e, nth);
            count_rows(&f, counts);
            assert_int_equal(counts[table[i]], 0);
            assert_int_equal(stat(reserve, &st), 0); /* kept again, for the next time */
            assert_int_equal(st.st_size, 1 << 16);
            close_fixture(&f);
            if (!failed)
                break;
        }
    }
}

/* Of a row that cannot be read, what the index knows: whose it is, and when it was made. */
static void a_row_that_cannot_be_read_is_listed_as_such(void **state)
{
    struct store_list list;
    struct fixture f;

    (void)state;
    open_fixture(&f);
    damaged = true;
    assert_int_equal(store_profile_list(f.store, f.user, 5, NULL, &list, NULL), 0);
    damaged = false;
    assert_int_equal(list.count, 1);
    {
        const struct store_profile *p = list.items;

        assert_true(p->unreadable);
        assert_string_equal(p->id, f.profile);
        assert_string_equal(p->user_id, f.user);
        assert_string_equal(p->name, "");
        assert_string_equal(p->role, "");
        assert_string_equal(p->skills, "[]");
        assert_string_equal(p->industry, "");
        assert_null(p->context);
        assert_int_equal(p->created_at, id_time(f.profile));
        assert_int_equal(p->updated_at, id_time(f.profile));
    }
    store_list_release(&list, STORE_KIND_PROFILE);
    for (int status = STORE_ANY; status <= STORE_ACTIVE; status++) {
        const struct store_session *s;

        damaged = true;
        assert_int_equal(
            store_session_list(f.store, f.user,
                               &(struct store_session_filter){.status = (enum store_status)status},
                               5, NULL, &list, NULL),
            0);
        damaged = false;
        assert_int_equal(list.count, 1);
        s = list.items;
        assert_true(s->unreadable);
        assert_string_equal(s->id, f.session);
        assert_string_equal(s->user_id, f.user);
        assert_int_equal(s->created_at, id_time(f.session));
        store_list_release(&list, STORE_KIND_SESSION);
    }
    for (int newest = 0; newest < 2; newest++) {
        const struct store_transcript *t;

        damaged = true;
        assert_int_equal(
            store_transcript_list(f.store, f.user, f.session, newest, 5, NULL, &list, NULL), 0);
        damaged = false;
        assert_int_equal(list.count, 1);
        t = list.items;
        assert_true(t->unreadable);
        assert_string_equal(t->id, f.transcript);
        assert_string_equal(t->session_id, f.session);
        assert_int_equal(t->question_number, 1);
        assert_int_equal(t->timestamp, id_time(f.transcript));
        store_list_release(&list, STORE_KIND_TRANSCRIPT);
    }
    close_fixture(&f);
}

/* Pages go on where the last one ended, damaged or not, and the index knows when there is more. */
static void pages_of_rows_that_cannot_be_read_end_where_they_should(void **state)
{
    struct store_list list;
    struct fixture f;

    (void)state;
    open_fixture(&f);
    for (int i = 0; i < 4; i++)
        assert_int_equal(session_put(&f), 0);
    for (int whole = 0; whole < 2; whole++) {
        char cursor[ID_TEXT_MAX] = "";
        size_t sizes[4] = {0};
        int pages = 0;

        do {
            damaged = !whole;
            assert_int_equal(store_session_list(f.store, f.user, NULL, 2, cursor, &list, NULL), 0);
            damaged = false;
            assert_true(pages < 4);
            sizes[pages++] = list.count;
            memcpy(cursor, list.next, sizeof(cursor));
            store_list_release(&list, STORE_KIND_SESSION);
        } while (cursor[0]);
        assert_int_equal(pages, 3);
        assert_true(sizes[0] == 2 && sizes[1] == 2 && sizes[2] == 1);
    }
    close_fixture(&f);
}

/* A new file that others are just turning to WAL is waited for, so long and no longer. */
static void who_sets_up_a_connection_waits_five_seconds(void **state)
{
    struct store *store = NULL;
    struct fixture f;

    (void)state;
    open_fixture(&f);
    store_close(f.store);
    failure = SQLITE_BUSY;
    always = true;
    paused_ms = 0;
    assert_int_equal(store_open(&store, "sqlite", &f.params, NULL), UV_EAGAIN);
    always = false;
    assert_int_equal(paused_ms, 5000);
    assert_int_equal(store_open(&f.store, "sqlite", &f.params, NULL), 0);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fails_for_want_of_memory_is_told),
        cmocka_unit_test(what_another_program_holds_up_may_be_tried_again),
        cmocka_unit_test(every_failure_has_its_code_and_fault),
        cmocka_unit_test(a_record_whose_value_cannot_be_bound_is_not_put),
        cmocka_unit_test(what_is_erased_goes_on_a_full_disk),
        cmocka_unit_test(a_row_that_cannot_be_read_is_listed_as_such),
        cmocka_unit_test(pages_of_rows_that_cannot_be_read_end_where_they_should),
        cmocka_unit_test(who_sets_up_a_connection_waits_five_seconds),
    };

    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
