/**
 * @file test/conformance/blob.c  What everything that keeps blobs must do
 *
 * To run it on a further driver, add how one is opened to `drivers`, and how what it stored is
 * found to stored(). Nothing else here may depend on which it is.
 */
#include "cmocka_all.h"

#include "auth/seal.h"
#include "base/id.h"
#include "blob/blob.h"
#include "support/sanitized.h"
#include "support/scratch.h"
#include "support/sealed_store.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const drivers[] = {"files"};
static const char *driver;

/* ------------------------------------------------------------------------- a full disk */

static long room = -1; /* bytes that can still be written; -1: as many as one likes */
static int sync_fails;

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

/* As a disk does it: what still fits is written, then nothing is. */
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    ssize_t n;

    if (room == 0) {
        errno = ENOSPC;
        return -1;
    }
    if (room > 0 && len > (size_t)room)
        len = (size_t)room;
    n = __real_write(fd, data, len);
    if (room > 0 && n > 0)
        room -= n;
    return n;
}

int __wrap_fsync(int fd)
{
    if (sync_fails && !--sync_fails) {
        errno = EIO;
        return -1;
    }
    return __real_fsync(fd);
}

/* ------------------------------------------------------------------------------ fixture */

struct fixture {
    char dir[SCRATCH_MAX];
    struct seal *seal;
    struct blob_store *blobs;
    char id[ID_TEXT_MAX];
};

static struct blob_store *open_blobs(const struct fixture *f, uint64_t reserve)
{
    struct blob_params params = {.folder = scratch_path(f->dir, "audio"), .reserve = reserve};
    struct blob_store *blobs = NULL;
    struct errbuf why = {""};

    if (blob_store_open(&blobs, driver, &params, f->seal, &why))
        fail_msg("%s", why.text);
    return blobs;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    scratch_make(f->dir);
    assert_int_equal(seal_open(&f->seal, NULL, SEALED_STORE_KEY, SEAL_FIRST_START, NULL), 0);
    f->blobs = open_blobs(f, 0);
    id_new(f->id);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    room = -1;
    sync_fails = 0;
    blob_store_close(f->blobs);
    seal_close(f->seal);
    scratch_remove(f->dir);
    free(f);
    return 0;
}

static void reopen(struct fixture *f)
{
    blob_store_close(f->blobs);
    f->blobs = open_blobs(f, 0);
}

/* Where a driver put one that is not claimed, and one that grows. */
static const char *stored(const struct fixture *f, const char *id)
{
    char name[64];

    snprintf(name, sizeof(name), "audio/%s.unclaimed", id);
    return scratch_path(f->dir, name);
}

static const char *logged(const struct fixture *f, const char *id)
{
    char name[64];

    snprintf(name, sizeof(name), "audio/%s.log", id);
    return scratch_path(f->dir, name);
}

static unsigned char byte_at(uint64_t i)
{
    return (unsigned char)((i * 2654435761u) >> 13);
}

static int append(struct blob_writer *w, uint64_t from, size_t len)
{
    unsigned char piece[10007];
    int err = 0;

    while (len && !err) {
        size_t n = len < sizeof(piece) ? len : sizeof(piece);

        for (size_t i = 0; i < n; i++)
            piece[i] = byte_at(from + i);
        err = blob_append(w, piece, n, NULL);
        from += n;
        len -= n;
    }
    return err;
}

static void put(const struct fixture *f, const char *id, size_t len)
{
    struct blob_writer *w = NULL;
    uint64_t size = 0;

    assert_int_equal(blob_create(&w, f->blobs, id, NULL), 0);
    assert_int_equal(append(w, 0, len), 0);
    assert_int_equal(blob_commit(w, &size, NULL), 0);
    assert_int_equal(size, len);
}

static void expect_part(struct blob_reader *r, uint64_t offset, size_t len)
{
    unsigned char *got = malloc(len ? len : 1);
    uint64_t size = blob_size(r);
    uint64_t there = offset >= size ? 0 : size - offset < len ? size - offset : len;

    assert_int_equal(blob_read(r, offset, got, len, NULL), (int64_t)there);
    for (uint64_t i = 0; i < there; i++)
        assert_int_equal(got[i], byte_at(offset + i));
    free(got);
}

static int read_all(const struct fixture *f, const char *id, struct errbuf *why)
{
    struct blob_reader *r = NULL;
    char piece[9973];
    int64_t n = blob_open(&r, f->blobs, id, why);

    for (uint64_t at = 0; !n && at < blob_size(r); at += sizeof(piece)) {
        int64_t got = blob_read(r, at, piece, sizeof(piece), why);

        n = got < 0 ? got : 0;
    }
    blob_close(r);
    return (int)n;
}

static int count_one(const char *id, enum blob_form form, void *arg)
{
    assert_true(id_valid(id));
    assert_true(form <= BLOB_LOG);
    ++*(int *)arg;
    return 0;
}

static int count(const struct fixture *f)
{
    int n = 0;

    assert_int_equal(blob_list(f->blobs, count_one, &n, NULL), 0);
    return n;
}

/* Names of any kind that a driver left in its folder. */
static int files_in(const struct fixture *f)
{
    DIR *dir = opendir(scratch_path(f->dir, "audio"));
    int n = 0;

    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void change_byte(const char *path, long at)
{
    FILE *file = fopen(path, "r+b");
    int was;

    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    was = fgetc(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    fputc(was ^ 1, file);
    fclose(file);
}

/* -------------------------------------------------------------------------------- tests */

static void a_blob_comes_back_as_it_was_put(void **state)
{
    static const size_t sizes[] = {
        0, 1, BLOB_CHUNK - 1, BLOB_CHUNK, BLOB_CHUNK + 1, 2 * BLOB_CHUNK, 3 * BLOB_CHUNK + 7};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct blob_reader *r = NULL;

        id_new(f->id);
        put(f, f->id, sizes[i]);
        assert_int_equal(blob_open(&r, f->blobs, f->id, NULL), 0);
        assert_int_equal(blob_size(r), sizes[i]);
        expect_part(r, 0, sizes[i] + 1);
        blob_close(r);
    }
    assert_int_equal(count(f), 7);
}

static void any_part_of_it_can_be_read(void **state)
{
    struct fixture *f = *state;
    struct blob_reader *r = NULL;
    unsigned seed = 7;

    put(f, f->id, 3 * BLOB_CHUNK + 1000);
    assert_int_equal(blob_open(&r, f->blobs, f->id, NULL), 0);
    expect_part(r, BLOB_CHUNK - 1, 2);
    expect_part(r, BLOB_CHUNK, BLOB_CHUNK);
    expect_part(r, 3 * BLOB_CHUNK + 999, 5);
    expect_part(r, 3 * BLOB_CHUNK + 1000, 5);
    expect_part(r, UINT64_MAX, 5);
    for (int i = 0; i < 200; i++)
        expect_part(r, (uint64_t)rand_r(&seed) % (3 * BLOB_CHUNK + 1001),
                    (size_t)rand_r(&seed) % (2 * BLOB_CHUNK));
    blob_close(r);
}

static void nothing_is_there_before_it_is_whole(void **state)
{
    struct fixture *f = *state;
    struct blob_writer *w = NULL;
    struct blob_reader *r = NULL;

    assert_int_equal(blob_create(&w, f->blobs, f->id, NULL), 0);
    assert_int_equal(append(w, 0, 2 * BLOB_CHUNK), 0);
    assert_int_equal(blob_open(&r, f->blobs, f->id, NULL), UV_ENOENT);
    assert_int_equal(count(f), 0);
    blob_abandon(w);
    assert_int_equal(files_in(f), 0);
    assert_int_equal(blob_open(&r, f->blobs, f->id, NULL), UV_ENOENT);
}

static void an_id_is_taken_once(void **state)
{
    struct fixture *f = *state;
    struct blob_writer *w = NULL;
    struct blob_writer *second = NULL;
    struct blob_reader *r = NULL;

    assert_int_equal(blob_create(&w, f->blobs, f->id, NULL), 0);
    assert_int_equal(blob_create(&second, f->blobs, f->id, NULL), UV_EEXIST);
    assert_int_equal(append(w, 0, 10), 0);
    assert_int_equal(blob_commit(w, NULL, NULL), 0);
    assert_int_equal(blob_create(&second, f->blobs, f->id, NULL), UV_EEXIST);
    assert_int_equal(blob_create(&second, f->blobs, "../../etc/passwd", NULL), UV_EINVAL);
    assert_int_equal(blob_open(&r, f->blobs, "../i.db", NULL), UV_EINVAL);
    assert_int_equal(blob_erase(f->blobs, "", NULL), UV_EINVAL);
    assert_int_equal(read_all(f, f->id, NULL), 0);
}

static void who_reads_what_is_erased_reads_on(void **state)
{
    struct fixture *f = *state;
    struct blob_reader *r = NULL;

    put(f, f->id, 2 * BLOB_CHUNK);
    assert_int_equal(blob_open(&r, f->blobs, f->id, NULL), 0);
    assert_int_equal(blob_erase(f->blobs, f->id, NULL), 0);
    assert_int_equal(blob_erase(f->blobs, f->id, NULL), UV_ENOENT);
    assert_int_equal(count(f), 0);
    expect_part(r, 0, 2 * BLOB_CHUNK);
    blob_close(r);
}

static int erase_one(const char *id, enum blob_form form, void *arg)
{
    const struct fixture *f = arg;

    (void)form;
    return blob_erase(f->blobs, id, NULL);
}

static int stop(const char *id, enum blob_form form, void *arg)
{
    (void)id;
    (void)form;
    ++*(int *)arg;
    return UV_ECANCELED;
}

static void a_list_has_each_once_and_may_erase_them(void **state)
{
    struct fixture *f = *state;
    int seen = 0;

    for (int i = 0; i < 20; i++) {
        id_new(f->id);
        put(f, f->id, 5);
    }
    assert_int_equal(count(f), 20);
    assert_int_equal(blob_list(f->blobs, stop, &seen, NULL), UV_ECANCELED);
    assert_int_equal(seen, 1);
    assert_int_equal(blob_list(f->blobs, erase_one, f, NULL), 0);
    assert_int_equal(count(f), 0);
}

static int take_form(const char *id, enum blob_form form, void *arg)
{
    (void)id;
    *(enum blob_form *)arg = form;
    return 0;
}

static void a_blob_is_claimed_once_and_for_good(void **state)
{
    struct fixture *f = *state;
    struct blob_writer *w = NULL;
    enum blob_form form = BLOB_LOG;

    assert_int_equal(blob_claim(f->blobs, f->id, NULL), UV_ENOENT);
    assert_int_equal(blob_claim(f->blobs, "../x", NULL), UV_EINVAL);
    put(f, f->id, 100);
    assert_int_equal(blob_list(f->blobs, take_form, &form, NULL), 0);
    assert_int_equal(form, BLOB_UNCLAIMED);
    assert_int_equal(blob_claim(f->blobs, f->id, NULL), 0);
    assert_int_equal(blob_claim(f->blobs, f->id, NULL), 0);
    reopen(f);
    assert_int_equal(blob_list(f->blobs, take_form, &form, NULL), 0);
    assert_int_equal(form, BLOB_CLAIMED);
    assert_int_equal(read_all(f, f->id, NULL), 0);
    assert_int_equal(blob_create(&w, f->blobs, f->id, NULL), UV_EEXIST);
    assert_int_equal(blob_erase(f->blobs, f->id, NULL), 0);
    assert_int_equal(files_in(f), 0);
}

/* ------------------------------------------------------------------------- what grows */

static struct blob_log *grow(const struct fixture *f, struct blob_log *l, uint64_t from, size_t len)
{
    unsigned char piece[BLOB_CHUNK];

    if (!l)
        assert_int_equal(blob_log_create(&l, f->blobs, f->id, NULL), 0);
    for (size_t i = 0; i < len; i++)
        piece[i] = byte_at(from + i);
    assert_int_equal(blob_log_append(l, piece, len, NULL), 0);
    return l;
}

/* The last piece is what it is given; "end" goes behind it. */
static int put_end(const void *last, size_t len, struct buf *more, void *arg)
{
    assert_int_equal(len, *(size_t *)arg);
    assert_int_equal(((const unsigned char *)last)[0], byte_at(300));
    return buf_puts(more, "end");
}

static void what_grows_can_be_read_and_becomes_a_blob(void **state)
{
    static unsigned char more[BLOB_CHUNK + 1];
    struct fixture *f = *state;
    struct blob_reader *r = NULL;
    struct blob_log *l = grow(f, NULL, 0, 100);
    size_t last = BLOB_CHUNK;
    char end[4] = "";
    uint64_t size = 0;

    grow(f, l, 100, 200);
    assert_int_equal(blob_open(&r, f->blobs, f->id, NULL), 0);
    assert_int_equal(blob_size(r), 300);
    grow(f, l, 300, BLOB_CHUNK);
    expect_part(r, 0, 1000); /* as it was when it was opened */
    blob_close(r);
    assert_int_equal(blob_log_append(l, more, sizeof(more), NULL), UV_EINVAL);
    assert_int_equal(blob_log_append(l, more, 0, NULL), UV_EINVAL);
    blob_log_close(l);
    assert_int_equal(blob_open(&r, f->blobs, f->id, NULL), 0);
    expect_part(r, 99, 2);
    expect_part(r, 250, BLOB_CHUNK);
    expect_part(r, 0, BLOB_CHUNK + 300);
    blob_close(r);

    for (int i = 0; i < 2; i++) { /* and again, as after a crash */
        assert_int_equal(blob_log_end(f->blobs, f->id, put_end, &last, &size, NULL), 0);
        assert_int_equal(size, 300 + BLOB_CHUNK + 3);
    }
    assert_int_equal(blob_claim(f->blobs, f->id, NULL), 0);
    assert_int_equal(blob_log_drop(f->blobs, f->id, NULL), 0);
    assert_int_equal(blob_log_drop(f->blobs, f->id, NULL), UV_ENOENT);
    assert_int_equal(files_in(f), 1);
    assert_int_equal(blob_open(&r, f->blobs, f->id, NULL), 0);
    expect_part(r, 0, BLOB_CHUNK + 300);
    assert_int_equal(blob_read(r, BLOB_CHUNK + 300, end, 4, NULL), 3);
    assert_string_equal(end, "end");
    blob_close(r);
}

static void a_piece_that_was_cut_off_costs_itself_alone(void **state)
{
    struct fixture *f = *state;
    struct blob_reader *r = NULL;
    struct stat st;
    uint64_t size;

    blob_log_close(grow(f, grow(f, NULL, 0, 500), 500, 500));
    assert_int_equal(stat(logged(f, f->id), &st), 0);
    for (long end = st.st_size - 1; end > st.st_size - 530; end -= 33) {
        assert_int_equal(truncate(logged(f, f->id), end), 0);
        reopen(f);
        assert_int_equal(blob_open(&r, f->blobs, f->id, NULL), 0);
        assert_int_equal(blob_size(r), 500);
        expect_part(r, 0, 500);
        blob_close(r);
    }
    assert_int_equal(blob_log_end(f->blobs, f->id, NULL, NULL, &size, NULL), 0);
    assert_int_equal(size, 500);
    assert_int_equal(blob_erase(f->blobs, f->id, NULL), 0); /* both of its forms */
    assert_int_equal(files_in(f), 0);
}

static void nothing_was_recorded_is_told(void **state)
{
    struct fixture *f = *state;
    struct blob_log *l = NULL;

    assert_int_equal(blob_log_end(f->blobs, f->id, NULL, NULL, NULL, NULL), UV_ENOENT);
    assert_int_equal(blob_log_create(&l, f->blobs, f->id, NULL), 0);
    blob_log_close(l);
    assert_int_equal(blob_log_end(f->blobs, f->id, NULL, NULL, NULL, NULL), UV_EOF);
    assert_int_equal(files_in(f), 1);
}

static void who_appends_to_what_was_erased_is_told(void **state)
{
    struct fixture *f = *state;
    struct blob_log *l = grow(f, NULL, 0, 10);

    assert_int_equal(blob_erase(f->blobs, f->id, NULL), 0);
    assert_int_equal(blob_log_append(l, "more", 4, NULL), UV_ENOENT);
    assert_int_equal(blob_log_append(l, "more", 4, NULL), UV_ENOENT);
    blob_log_close(l);
    assert_int_equal(files_in(f), 0);
}

static void on_a_full_disk_a_log_keeps_what_it_had(void **state)
{
    struct fixture *f = *state;
    struct blob_log *l = grow(f, NULL, 0, 1000);
    unsigned char more[1000] = {0};
    struct blob_reader *r = NULL;

    room = 500;
    assert_int_equal(blob_log_append(l, more, sizeof(more), NULL), UV_ENOSPC);
    room = -1;
    assert_int_equal(blob_log_append(l, more, sizeof(more), NULL), UV_ENOSPC);
    blob_log_close(l);
    assert_int_equal(blob_open(&r, f->blobs, f->id, NULL), 0);
    assert_int_equal(blob_size(r), 1000);
    expect_part(r, 0, 1000);
    blob_close(r);
}

static void a_log_that_was_changed_on_the_disk_is_never_read(void **state)
{
    struct fixture *f = *state;
    char id[ID_TEXT_MAX];

    blob_log_close(grow(f, grow(f, NULL, 0, 300), 300, 300));
    change_byte(logged(f, f->id), 20);
    assert_int_equal(read_all(f, f->id, NULL), UV_EILSEQ);
    change_byte(logged(f, f->id), 20);
    assert_int_equal(read_all(f, f->id, NULL), 0);
    change_byte(logged(f, f->id), 0);
    assert_int_equal(read_all(f, f->id, NULL), UV_EILSEQ);
    change_byte(logged(f, f->id), 0);
    id_new(id);
    {
        char path[256];

        snprintf(path, sizeof(path), "%s", logged(f, f->id));
        assert_int_equal(link(path, logged(f, id)), 0);
    }
    assert_int_equal(read_all(f, id, NULL), UV_EILSEQ);
}

/* ------------------------------------------------------------------------------- kills */

/* A process of its own that is killed when it has come so far; it says how far. */
static void killed(struct fixture *f, bool commits)
{
    int pipes[2];
    int status;
    char c;
    pid_t pid;

    assert_int_equal(pipe(pipes), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct blob_writer *w = NULL;

        if (blob_create(&w, f->blobs, f->id, NULL) || append(w, 0, 5 * BLOB_CHUNK + 9) ||
            (commits && blob_commit(w, NULL, NULL)))
            _exit(1);
        if (__real_write(pipes[1], "x", 1) != 1)
            _exit(1);
        pause();
        _exit(0);
    }
    assert_int_equal(read(pipes[0], &c, 1), 1);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    close(pipes[0]);
    close(pipes[1]);
}

static void what_was_halfway_at_a_kill_is_gone_and_what_was_committed_is_there(void **state)
{
    struct fixture *f = *state;
    struct blob_reader *r = NULL;

    killed(f, false);
    assert_int_equal(count(f), 0);
    assert_int_equal(files_in(f), 1);
    reopen(f);
    assert_int_equal(files_in(f), 0);

    killed(f, true);
    reopen(f);
    assert_int_equal(count(f), 1);
    assert_int_equal(blob_open(&r, f->blobs, f->id, NULL), 0);
    expect_part(r, 0, 5 * BLOB_CHUNK + 9);
    blob_close(r);
}

static void on_a_full_disk_nothing_is_left_halfway(void **state)
{
    static const long rooms[] = {0, 3, 100, BLOB_CHUNK, BLOB_CHUNK + 200, 2 * BLOB_CHUNK + 500};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        struct blob_writer *w = NULL;
        struct errbuf why = {""};
        int err;

        room = rooms[i];
        err = blob_create(&w, f->blobs, f->id, &why);
        if (!err) {
            append(w, 0, 3 * BLOB_CHUNK);
            err = blob_commit(w, NULL, &why);
        }
        assert_int_equal(err, UV_ENOSPC);
        assert_true(why.text[0]);
        assert_int_equal(files_in(f), 0);
    }
    room = -1;
    put(f, f->id, 3 * BLOB_CHUNK); /* there is room again */
    assert_int_equal(read_all(f, f->id, NULL), 0);
}

static void a_disk_that_does_not_sync_acknowledges_nothing(void **state)
{
    struct fixture *f = *state;

    for (int nth = 1; nth <= 2; nth++) {
        struct blob_writer *w = NULL;

        assert_int_equal(blob_create(&w, f->blobs, f->id, NULL), 0);
        assert_int_equal(append(w, 0, 100), 0);
        sync_fails = nth;
        assert_int_equal(blob_commit(w, NULL, NULL), UV_EIO);
        assert_int_equal(files_in(f), 0);
    }
}

static void room_is_left_to_others(void **state)
{
    struct fixture *f = *state;
    struct blob_writer *w = NULL;

    blob_store_close(f->blobs);
    f->blobs = open_blobs(f, UINT64_MAX / 2);
    assert_int_equal(blob_create(&w, f->blobs, f->id, NULL), UV_ENOSPC);
    assert_int_equal(files_in(f), 0);
}

static void what_was_changed_on_the_disk_is_never_read(void **state)
{
    enum { STORED = BLOB_CHUNK + SEAL_MORE };
    struct fixture *f = *state;
    char path[256], other[256], id[ID_TEXT_MAX];
    struct errbuf why = {""};
    struct stat st;
    size_t len;
    char *text;
    FILE *file;

    put(f, f->id, 3 * BLOB_CHUNK + 50);
    snprintf(path, sizeof(path), "%s", stored(f, f->id));
    assert_int_equal(stat(path, &st), 0);
    for (long at = 0; at < st.st_size; at += SANITIZED ? 60001 : 7001) {
        change_byte(path, at);
        assert_int_equal(read_all(f, f->id, &why), UV_EILSEQ);
        assert_true(why.text[0]);
        change_byte(path, at);
    }
    assert_int_equal(read_all(f, f->id, NULL), 0);

    /* two chunks that change places */
    text = scratch_read(path, &len);
    assert_int_equal(len, st.st_size);
    file = fopen(path, "r+b");
    fseek(file, 8, SEEK_SET);
    fwrite(text + 8 + STORED, 1, STORED, file);
    fwrite(text + 8, 1, STORED, file);
    fclose(file);
    assert_int_equal(read_all(f, f->id, NULL), UV_EILSEQ);
    file = fopen(path, "wb");
    fwrite(text, 1, len, file);
    fclose(file);
    free(text);

    /* under another's name */
    id_new(id);
    snprintf(other, sizeof(other), "%s", stored(f, id));
    assert_int_equal(link(path, other), 0);
    assert_int_equal(read_all(f, id, NULL), UV_EILSEQ);

    /* cut off: at a chunk's end, inside one, and before the first */
    for (long end = st.st_size - 78; end >= 0; end -= 33333) {
        assert_int_equal(truncate(path, end), 0);
        assert_int_equal(read_all(f, f->id, NULL), UV_EILSEQ);
    }
}

static void another_key_opens_nothing(void **state)
{
    struct fixture *f = *state;
    struct seal *right = f->seal;

    put(f, f->id, 100);
    assert_int_equal(seal_open(&f->seal, NULL,
                               "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                               SEAL_FIRST_START, NULL),
                     0);
    reopen(f);
    assert_int_equal(read_all(f, f->id, NULL), UV_EILSEQ);
    seal_close(f->seal);
    f->seal = right;
    reopen(f);
    assert_int_equal(read_all(f, f->id, NULL), 0);
}

#define NEXT_KEY "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void use_key(struct fixture *f, const char *keys)
{
    seal_close(f->seal);
    assert_int_equal(seal_open(&f->seal, NULL, keys, SEAL_FIRST_START, NULL), 0);
    reopen(f);
}

static uint64_t size_of(const struct fixture *f)
{
    struct blob_reader *r = NULL;
    uint64_t size;

    assert_int_equal(blob_open(&r, f->blobs, f->id, NULL), 0);
    size = blob_size(r);
    blob_close(r);
    return size;
}

static bool fresh(const struct fixture *f)
{
    bool is = false;

    assert_int_equal(blob_is_fresh(f->blobs, f->id, &is, NULL), 0);
    return is;
}

/* As it was stored before keys had names. */
static void store_without_a_name(const struct fixture *f, size_t len)
{
    unsigned char *clear = malloc(len + 1);
    unsigned char *sealed = malloc(8 + len + SEAL_MORE);
    char name[64];
    struct seal_key key;
    FILE *file;

    for (size_t i = 0; i < len; i++)
        clear[i] = byte_at(i);
    memcpy(sealed, "IVDBLOB1", 8);
    snprintf(name, sizeof(name), "%s.0.z", f->id);
    seal_key_now(f->seal, &key);
    assert_int_equal(seal_bytes(f->seal, &key, name, "blob", clear, len, sealed + 8), 0);
    file = fopen(stored(f, f->id), "w");
    assert_int_equal(fwrite(sealed, 8 + len + SEAL_MORE, 1, file), 1);
    assert_int_equal(fclose(file), 0);
    free(clear);
    free(sealed);
}

static void another_key_is_given_to_it_and_the_old_one_is_needed_no_more(void **state)
{
    static const size_t sizes[] = {0, 100, BLOB_CHUNK, 2 * BLOB_CHUNK + 7};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        use_key(f, SEALED_STORE_KEY);
        put(f, f->id, sizes[i]);
        assert_true(fresh(f));
        use_key(f, NEXT_KEY "," SEALED_STORE_KEY);
        assert_false(fresh(f));
        assert_int_equal(read_all(f, f->id, NULL), 0);
        assert_int_equal(blob_reseal(f->blobs, f->id, NULL), 0);
        assert_int_equal(blob_reseal(f->blobs, f->id, NULL), 0); /* nothing more to do */
        assert_true(fresh(f));
        use_key(f, NEXT_KEY);
        assert_int_equal(read_all(f, f->id, NULL), 0);
        assert_int_equal(size_of(f), sizes[i]);
        assert_int_equal(blob_erase(f->blobs, f->id, NULL), 0);
    }
    use_key(f, SEALED_STORE_KEY);
}

/* It keeps its key while it grows, and has the new one as a blob; a claimed one stays claimed. */
static void what_grows_gets_another_key_when_it_ends(void **state)
{
    struct fixture *f = *state;
    enum blob_form form = BLOB_LOG;

    blob_log_close(grow(f, NULL, 0, 500));
    use_key(f, NEXT_KEY "," SEALED_STORE_KEY);
    assert_false(fresh(f));
    assert_int_equal(blob_reseal(f->blobs, f->id, NULL), 0);
    assert_int_equal(read_all(f, f->id, NULL), 0);
    assert_int_equal(blob_log_end(f->blobs, f->id, NULL, NULL, NULL, NULL), 0);
    assert_int_equal(blob_log_drop(f->blobs, f->id, NULL), 0);
    assert_true(fresh(f));
    assert_int_equal(blob_claim(f->blobs, f->id, NULL), 0);
    use_key(f, SEALED_STORE_KEY "," NEXT_KEY);
    assert_int_equal(blob_reseal(f->blobs, f->id, NULL), 0);
    use_key(f, SEALED_STORE_KEY);
    assert_int_equal(size_of(f), 500);
    assert_int_equal(blob_list(f->blobs, take_form, &form, NULL), 0);
    assert_int_equal(form, BLOB_CLAIMED);
    assert_int_equal(files_in(f), 1);
}

static void one_from_before_keys_had_names_is_read_and_gets_one(void **state)
{
    struct fixture *f = *state;

    store_without_a_name(f, 1000);
    assert_int_equal(read_all(f, f->id, NULL), 0);
    assert_int_equal(size_of(f), 1000);
    assert_true(fresh(f)); /* there is one key only */
    use_key(f, NEXT_KEY "," SEALED_STORE_KEY);
    assert_int_equal(read_all(f, f->id, NULL), 0);
    assert_false(fresh(f));
    assert_int_equal(blob_reseal(f->blobs, f->id, NULL), 0);
    use_key(f, NEXT_KEY);
    assert_int_equal(read_all(f, f->id, NULL), 0);
    use_key(f, SEALED_STORE_KEY);
}

/* Neither what cannot be done nor what was erased meanwhile leaves anything but what was there. */
static void a_key_that_cannot_be_given_changes_nothing(void **state)
{
    struct fixture *f = *state;
    bool is = true;

    assert_int_equal(blob_reseal(f->blobs, f->id, NULL), UV_ENOENT);
    put(f, f->id, 3 * BLOB_CHUNK);
    use_key(f, NEXT_KEY);
    assert_int_equal(blob_is_fresh(f->blobs, f->id, &is, NULL), UV_EILSEQ);
    assert_int_equal(blob_reseal(f->blobs, f->id, NULL), UV_EILSEQ);
    use_key(f, NEXT_KEY "," SEALED_STORE_KEY);
    room = BLOB_CHUNK;
    assert_int_equal(blob_reseal(f->blobs, f->id, NULL), UV_ENOSPC);
    room = -1;
    sync_fails = 1;
    assert_int_not_equal(blob_reseal(f->blobs, f->id, NULL), 0);
    sync_fails = 0;
    assert_int_equal(read_all(f, f->id, NULL), 0);
    assert_int_equal(blob_reseal(f->blobs, f->id, NULL), 0);
    use_key(f, SEALED_STORE_KEY);
}

static void nothing_of_it_is_readable_on_the_disk_and_nobody_else_may_look(void **state)
{
    static const char planted[] = "the planted words of somebody's interview";
    struct fixture *f = *state;
    struct blob_writer *w = NULL;
    struct stat st;
    mode_t was = umask(0);
    size_t len;
    char *text;

    assert_int_equal(blob_create(&w, f->blobs, f->id, NULL), 0);
    assert_int_equal(append(w, 0, BLOB_CHUNK - 10), 0);
    assert_int_equal(blob_append(w, planted, sizeof(planted), NULL), 0);
    assert_int_equal(append(w, 0, BLOB_CHUNK), 0);
    assert_int_equal(blob_commit(w, NULL, NULL), 0);
    umask(was);
    text = scratch_read(stored(f, f->id), &len);
    assert_non_null(text);
    assert_null(memmem(text, len, planted + 4, 8));
    assert_null(memmem(text, len, planted + 20, 8));
    free(text);
    assert_int_equal(stat(stored(f, f->id), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(scratch_path(f->dir, "audio"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(a_blob_comes_back_as_it_was_put),
        EACH(any_part_of_it_can_be_read),
        EACH(nothing_is_there_before_it_is_whole),
        EACH(an_id_is_taken_once),
        EACH(who_reads_what_is_erased_reads_on),
        EACH(a_list_has_each_once_and_may_erase_them),
        EACH(a_blob_is_claimed_once_and_for_good),
        EACH(what_grows_can_be_read_and_becomes_a_blob),
        EACH(a_piece_that_was_cut_off_costs_itself_alone),
        EACH(nothing_was_recorded_is_told),
        EACH(who_appends_to_what_was_erased_is_told),
        EACH(on_a_full_disk_a_log_keeps_what_it_had),
        EACH(a_log_that_was_changed_on_the_disk_is_never_read),
        EACH(what_was_halfway_at_a_kill_is_gone_and_what_was_committed_is_there),
        EACH(on_a_full_disk_nothing_is_left_halfway),
        EACH(a_disk_that_does_not_sync_acknowledges_nothing),
        EACH(room_is_left_to_others),
        EACH(what_was_changed_on_the_disk_is_never_read),
        EACH(another_key_opens_nothing),
        EACH(another_key_is_given_to_it_and_the_old_one_is_needed_no_more),
        EACH(what_grows_gets_another_key_when_it_ends),
        EACH(one_from_before_keys_had_names_is_read_and_gets_one),
        EACH(a_key_that_cannot_be_given_changes_nothing),
        EACH(nothing_of_it_is_readable_on_the_disk_and_nobody_else_may_look),
    };
    int failed = 0;

    for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
        driver = drivers[i];
        failed += cmocka_run_group_tests_name(driver, tests, NULL, NULL);
    }
    return failed;
}
