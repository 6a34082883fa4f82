/**
 * @file test/unit/store/sqlite.c  What only the SQLite driver can meet: files, disks, damage
 */
#include "cmocka_all.h"

#include "base/clock.h"
#include "store/store.h"
#include "support/scratch.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(the_folder_is_made),
        EACH(commits_are_synced),
        EACH(a_newer_schema_is_refused_with_what_to_do),
        EACH(a_file_that_is_no_database_is_refused),
        EACH(a_damaged_database_is_noticed),
        EACH(a_folder_that_cannot_be_written_is_named),
        EACH(a_full_disk_is_said_and_what_is_there_stays),
        EACH(another_program_that_writes_is_waited_for),
    };

    return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
