/**
 * @file test/unit/store/sqlite.c  What only the SQLite driver can meet: files, disks, damage
 */
#include "cmocka_all.h"

#include "base/clock.h"
#include "store/store.h"
#include "support/scratch.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int setup(void **state)
{
    char *dir = malloc(SCRATCH_MAX);

    scratch_make(dir);
    *state = dir;
    return 0;
}

static int teardown(void **state)
{
    scratch_remove(*state);
    free(*state);
    return 0;
}

static int open_at(const char *path, uint64_t bytes_max, struct store **store, struct errbuf *err)
{
    struct store_params params = {.path = path, .bytes_max = bytes_max};

    return store_open(store, "sqlite", &params, err);
}

static void the_folder_is_made(void **state)
{
    const char *path = scratch_path(*state, "a/b/interview.db");
    struct errbuf err = {""};
    struct store *store = NULL;
    struct stat st;

    assert_int_equal(open_at(path, 0, &store, &err), 0);
    store_close(store);
    assert_int_equal(stat(path, &st), 0);
}

/* Many slashes are one: the path is as long as one likes, and no folder has to be made. */
static void a_path_that_is_too_long_is_refused(void **state)
{
    enum { LONGEST = 4096 };
    struct store *store = NULL;
    struct errbuf err = {""};
    char path[LONGEST + 64];
    size_t len;

    for (int more = 0; more < 2; more++) {
        snprintf(path, sizeof(path), "%s", (const char *)*state);
        len = strlen(path);
        memset(path + len, '/', LONGEST + (size_t)more - len);
        snprintf(path + LONGEST + more, sizeof(path) - LONGEST - (size_t)more, "i.db");
        err.text[0] = '\0';
        if (!open_at(path, 0, &store, &err))
            store_close(store);
        assert_int_equal(strcmp(err.text, "the path of the database is too long") == 0, more);
    }
}

static void commits_are_synced(void **state)
{
    /* the driver's own connection cannot be asked from here, but the file says WAL */
    const char *path = scratch_path(*state, "i.db");
    struct store *store = NULL;
    sqlite3_stmt *stmt;
    sqlite3 *sq;

    assert_int_equal(open_at(path, 0, &store, NULL), 0);
    assert_int_equal(store_migrate(store, NULL, NULL, NULL), 0);
    assert_int_equal(sqlite3_open(path, &sq), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(sq, "PRAGMA journal_mode", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "wal");
    sqlite3_finalize(stmt);
    sqlite3_close(sq);
    store_close(store);
}

static void a_newer_schema_is_refused_with_what_to_do(void **state)
{
    const char *path = scratch_path(*state, "i.db");
    struct errbuf err = {""};
    struct store *store = NULL;
    sqlite3 *sq;

    assert_int_equal(sqlite3_open(path, &sq), SQLITE_OK);
    assert_int_equal(sqlite3_exec(sq, "PRAGMA user_version=999", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(sq);
    assert_int_equal(open_at(path, 0, &store, &err), UV_ENOTSUP);
    assert_non_null(strstr(err.text, "newer version"));
    assert_non_null(strstr(err.text, "999"));
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    const char *path = scratch_path(*state, "i.db");
    struct errbuf err = {""};
    struct store *store = NULL;

    scratch_write(path, "This is a letter to somebody and has never been a database, though it is "
                        "longer than the sixteen bytes that a database begins with.\n");
    assert_int_equal(open_at(path, 0, &store, &err), UV_EIO);
    assert_non_null(strstr(err.text, "backup"));
}

static void a_damaged_database_is_noticed(void **state)
{
    const char *path = scratch_path(*state, "i.db");
    struct errbuf err = {""};
    struct store *store = NULL;
    FILE *f;
    int e;

    assert_int_equal(open_at(path, 0, &store, NULL), 0);
    assert_int_equal(store_migrate(store, NULL, NULL, NULL), 0);
    store_close(store);
    f = fopen(path, "r+");
    fseek(f, 100, SEEK_SET);
    for (int i = 0; i < 60000; i++)
        fputc(0x5a, f);
    fclose(f);

    e = open_at(path, 0, &store, &err);
    if (!e) {
        struct store_user user;

        e = store_user_local(store, &user, &err);
        store_close(store);
    }
    assert_int_equal(e, UV_EIO);
    assert_non_null(strstr(err.text, "damaged"));
}

/* Root may write anywhere, so the child becomes nobody first. */
static int as_nobody(int (*fn)(const char *dir), const char *dir)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        if (geteuid() == 0 && (setegid(65534) || seteuid(65534)))
            _exit(100);
        _exit(fn(dir));
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 101;
}

static int open_unwritable(const char *dir)
{
    struct errbuf err = {""};
    struct store *store = NULL;
    int e = open_at(scratch_path(dir, "i.db"), 0, &store, &err);

    if (e != UV_EROFS && e != UV_EACCES)
        return 1;
    return strstr(err.text, dir) && strstr(err.text, "check") ? 0 : 2;
}

static void a_folder_that_cannot_be_written_is_named(void **state)
{
    const char *dir = *state;
    struct store *store = NULL;

    assert_int_equal(open_at(scratch_path(dir, "i.db"), 0, &store, NULL), 0);
    assert_int_equal(store_migrate(store, NULL, NULL, NULL), 0);
    store_close(store);
    assert_int_equal(chmod(scratch_path(dir, "i.db"), 0444), 0);
    assert_int_equal(chmod(dir, 0555), 0);
    assert_int_equal(as_nobody(open_unwritable, dir), 0);
    assert_int_equal(unlink(scratch_path(dir, "i.db")) && geteuid() == 0, 0);
    assert_int_equal(as_nobody(open_unwritable, dir), 0);
    chmod(dir, 0755);
}

static void a_full_disk_is_said_and_what_is_there_stays(void **state)
{
    static char text[200001];
    struct errbuf err = {""};
    struct store *store = NULL;
    struct store_user user = {
        .display_name = text, .settings = LITERAL("{}"), .subscription = LITERAL("{}")};
    int e = 0;
    int put = 0;

    memset(text, 'x', sizeof(text) - 1);
    assert_int_equal(open_at(scratch_path(*state, "i.db"), 1 << 20, &store, NULL), 0);
    assert_int_equal(store_migrate(store, NULL, NULL, NULL), 0);
    while (!e && put < 100) {
        char email[32];

        snprintf(email, sizeof(email), "%d@example.com", put);
        user.email = email;
        id_new(user.id);
        e = store_user_put(store, &user, &err);
        put += !e;
    }
    assert_int_equal(e, UV_ENOSPC);
    assert_non_null(strstr(err.text, "free some disk space"));
    assert_true(put > 2);
    assert_int_equal(store_user_by_email(store, "0@example.com", &user, NULL), 0);
    store_user_release(&user);
    store_close(store);
}

static void another_program_that_writes_is_waited_for(void **state)
{
    const char *path = scratch_path(*state, "i.db");
    struct store *a = NULL;
    struct store *b = NULL;
    struct store_user user = {
        .display_name = LITERAL("x"), .settings = LITERAL("{}"), .subscription = LITERAL("{}")};

    assert_int_equal(open_at(path, 0, &a, NULL), 0);
    assert_int_equal(open_at(path, 0, &b, NULL), 0);
    assert_int_equal(store_migrate(a, NULL, NULL, NULL), 0);
    for (int i = 0; i < 20; i++) {
        char email[32];

        snprintf(email, sizeof(email), "%d@example.com", i);
        user.email = email;
        id_new(user.id);
        assert_int_equal(store_user_put(i % 2 ? a : b, &user, NULL), 0);
    }
    store_close(a);
    store_close(b);
}

/* ----------------------------------------------------------------- a disk that is full */

enum { TEXT_LEN = 3000, FULL_LIMIT = 600 << 10 };

static void fill_text(char text[static TEXT_LEN + 1])
{
    memset(text, 'x', TEXT_LEN);
    text[TEXT_LEN] = '\0';
}

static int add_session(struct store *store, const char *user_id, char *text, char *id)
{
    struct store_session s = {
        .metadata = LITERAL("{}"), .job_description = text, .created_at = 1000};

    id_new(s.id);
    snprintf(s.user_id, sizeof(s.user_id), "%s", user_id);
    if (id)
        memcpy(id, s.id, ID_TEXT_MAX);
    return store_session_put(store, &s, NULL);
}

static int add_user(struct store *store, char id[static ID_TEXT_MAX])
{
    struct store_user user = {
        .display_name = LITERAL("You"), .settings = LITERAL("{}"), .subscription = LITERAL("{}")};

    id_new(user.id);
    memcpy(id, user.id, ID_TEXT_MAX);
    return store_user_put(store, &user, NULL);
}

/* In a child, whose files may not become longer: as a quota or a full disk would have it. */
static int fill_and_delete(const char *dir)
{
    static char ids[400][ID_TEXT_MAX];
    char text[TEXT_LEN + 1];
    char user[ID_TEXT_MAX];
    struct rlimit limit = {FULL_LIMIT, FULL_LIMIT};
    struct store_health health;
    struct store *store = NULL;
    size_t n = 0;
    int e = 0;

    fill_text(text);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    if (open_at(scratch_path(dir, "i.db"), 0, &store, NULL) ||
        store_migrate(store, NULL, NULL, NULL) || add_user(store, user))
        return 1;
    while (n < 400 && !(e = add_session(store, user, text, ids[n])))
        n++;
    if (e != UV_ENOSPC || n < 10)
        return 2;
    store_health(store, &health);
    if (health.fault != STORE_FULL || strcmp(health.code, "storage_full") != 0 || !health.help[0])
        return 3;
    for (size_t i = 0; i < n; i++) {
        if (store_session_erase(store, user, ids[i], NULL))
            return 4;
    }
    if (add_session(store, user, text, NULL) || store_probe(store, NULL))
        return 5;
    store_health(store, &health);
    store_close(store);
    return health.fault == STORE_SOUND ? 0 : 6;
}

static int in_child(int (*fn)(const char *dir), const char *dir)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0)
        _exit(fn(dir));
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 101;
}

static void deleting_works_on_a_full_disk(void **state)
{
    assert_int_equal(in_child(fill_and_delete, *state), 0);
}

static void room_for_deleting_is_kept_given_back_and_kept_again(void **state)
{
    struct store_params params = {.path = scratch_path(*state, "i.db"), .reserve_bytes = 1 << 20};
    const char *reserve = scratch_path(*state, "i.db-reserve");
    struct store *store = NULL;
    struct stat st;

    assert_int_equal(store_open(&store, "sqlite", &params, NULL), 0);
    assert_int_equal(stat(reserve, &st), 0);
    assert_int_equal(st.st_size, 1 << 20);
    assert_true(st.st_blocks * 512 >= 1 << 20); /* really there, not a hole */
    assert_int_equal(st.st_mode & 0777, 0600);
    store_close(store);
}

/* ------------------------------------------------------------------ files and their modes */

static int make_with_mask(const char *dir)
{
    static const char *const names[] = {"a/b/i.db", "a/b/i.db-wal", "a/b/i.db-shm",
                                        "a/b/i.db-reserve"};
    struct store_params params = {.path = scratch_path(dir, "a/b/i.db"), .reserve_bytes = 4096};
    struct store *store = NULL;
    struct stat st;

    if (store_open(&store, "sqlite", &params, NULL) || store_migrate(store, NULL, NULL, NULL))
        return 1;
    for (int i = 0; i < 4; i++) {
        if (stat(scratch_path(dir, names[i]), &st) || (st.st_mode & 0777) != 0600)
            return 10 + i;
    }
    if (stat(scratch_path(dir, "a"), &st) || (st.st_mode & 0777) != 0700 ||
        stat(scratch_path(dir, "a/b"), &st) || (st.st_mode & 0777) != 0700)
        return 2;
    store_close(store);
    return 0;
}

static int make_open_to_all(const char *dir)
{
    umask(0);
    return make_with_mask(dir);
}

static int make_closed_to_the_owner(const char *dir)
{
    umask(0277);
    return make_with_mask(dir);
}

static int make_with_077(const char *dir)
{
    umask(077);
    return make_with_mask(dir);
}

static void files_are_the_owners_alone_whatever_the_mask(void **state)
{
    static int (*const masks[])(const char *) = {make_open_to_all, make_with_077,
                                                 make_closed_to_the_owner};

    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(in_child(masks[i], *state), 0);
        scratch_remove(scratch_path(*state, "a"));
    }
}

static void a_file_that_others_could_read_is_closed_to_them(void **state)
{
    const char *path = scratch_path(*state, "i.db");
    struct store *store = NULL;
    struct stat st;

    assert_int_equal(open_at(path, 0, &store, NULL), 0);
    store_close(store);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(open_at(path, 0, &store, NULL), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    store_close(store);
}

static void a_database_that_was_taken_away_gets_no_writes(void **state)
{
    const char *path = scratch_path(*state, "i.db");
    const char *away = scratch_path(*state, "away.db");
    struct errbuf err = {""};
    char user[ID_TEXT_MAX];
    struct store_health health;
    struct store *store = NULL;

    assert_int_equal(open_at(path, 0, &store, NULL), 0);
    assert_int_equal(store_migrate(store, NULL, NULL, NULL), 0);
    assert_int_equal(rename(path, away), 0);
    store_health(store, &health);
    assert_int_equal(health.fault, STORE_LOST);
    assert_int_equal(store_probe(store, &err), UV_ENXIO);
    assert_non_null(strstr(err.text, "put it back"));

    scratch_write(path, "another file of that name");
    assert_int_equal(store_probe(store, NULL), UV_ENXIO);
    assert_int_equal(rename(away, path), 0); /* and back */
    assert_int_equal(add_user(store, user), 0);
    store_health(store, &health);
    assert_int_equal(health.fault, STORE_SOUND);

    assert_int_equal(unlink(scratch_path(*state, "i.db-wal")), 0); /* where the newest writes are */
    assert_int_equal(store_probe(store, NULL), UV_ENXIO);
    store_close(store);
}

/* --------------------------------------------------------------------------------- damage */

/* The page that holds this text becomes nonsense. */
static void damage_page_of(const char *path, const char *text)
{
    size_t len;
    char *file = scratch_read(path, &len);
    char *at = memmem(file, len, text, strlen(text));
    FILE *f = fopen(path, "r+");

    assert_non_null(at);
    fseek(f, (at - file) / 4096 * 4096, SEEK_SET);
    for (int i = 0; i < 200; i++)
        fputc(0xa5, f);
    fclose(f);
    free(file);
}

static void one_damaged_page_does_not_hide_the_rest(void **state)
{
    struct store_params params = {.path = scratch_path(*state, "i.db"), .inspect_ms = 10000};
    char text[TEXT_LEN + 1];
    char user[ID_TEXT_MAX];
    struct store_session back;
    struct store_health health;
    struct store *store = NULL;
    struct store_list list;
    char bad[ID_TEXT_MAX];
    size_t unreadable = 0;

    fill_text(text);
    assert_int_equal(store_open(&store, "sqlite", &params, NULL), 0);
    assert_int_equal(store_migrate(store, NULL, NULL, NULL), 0);
    assert_int_equal(add_user(store, user), 0);
    for (int i = 0; i < 40; i++) {
        memcpy(text, i == 20 ? "THE BAD ONE" : "some others", 11);
        assert_int_equal(add_session(store, user, text, i == 20 ? bad : NULL), 0);
    }
    store_health(store, &health);
    assert_int_equal(health.fault, STORE_SOUND);
    store_close(store);
    damage_page_of(params.path, "THE BAD ONE");

    assert_int_equal(store_open(&store, "sqlite", &params, NULL), 0);
    store_health(store, &health);
    assert_int_equal(health.fault, STORE_DAMAGED);
    assert_string_equal(health.code, "damaged");
    assert_int_equal(store_session_list(store, user, NULL, 30, NULL, &list, NULL), 0);
    assert_int_equal(list.count, 30);
    assert_string_equal(list.next, ((struct store_session *)list.items)[29].id);
    for (size_t i = 0; i < list.count; i++) {
        const struct store_session *s = (struct store_session *)list.items + i;

        unreadable += s->unreadable;
        assert_int_equal(s->unreadable, strcmp(s->id, bad) == 0);
        assert_string_equal(s->user_id, user);
    }
    assert_int_equal(unreadable, 1);
    store_list_release(&list, STORE_KIND_SESSION);
    assert_int_equal(store_session_get(store, user, bad, &back, NULL), UV_EIO);
    assert_int_equal(store_probe(store, NULL), 0); /* the rest can be written, and it stays said */
    store_health(store, &health);
    assert_int_equal(health.fault, STORE_DAMAGED);
    store_close(store);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(the_folder_is_made),
        EACH(a_path_that_is_too_long_is_refused),
        EACH(commits_are_synced),
        EACH(a_newer_schema_is_refused_with_what_to_do),
        EACH(a_file_that_is_no_database_is_refused),
        EACH(a_damaged_database_is_noticed),
        EACH(a_folder_that_cannot_be_written_is_named),
        EACH(a_full_disk_is_said_and_what_is_there_stays),
        EACH(another_program_that_writes_is_waited_for),
        EACH(deleting_works_on_a_full_disk),
        EACH(room_for_deleting_is_kept_given_back_and_kept_again),
        EACH(files_are_the_owners_alone_whatever_the_mask),
        EACH(a_file_that_others_could_read_is_closed_to_them),
        EACH(a_database_that_was_taken_away_gets_no_writes),
        EACH(one_damaged_page_does_not_hide_the_rest),
    };

    return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
