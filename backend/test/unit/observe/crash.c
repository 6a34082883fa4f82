/**
 * @file test/unit/observe/crash.c  Records of crashes, read back
 *
 * That they are written is seen end to end, on a server that crashes.
 */
#include "cmocka_all.h"

#include "observe/crash.h"
#include "support/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char RECORD[] = "version 0.1.0\nbuild ab12\ntime 1796056895000\nsignal SIGSEGV\n"
                             "number 11\ncode 1\naddress 0x0\nthread loop\n"
                             "at 0x55d0aa +0xaa interviewd\nat 0x7f10 +0x10 libc.so.6\n"
                             "at nothing\nat 0x1 +0x1 \nunknown line\nnocolumn\n";

static void a_record_is_read(void **state)
{
    struct crash_record r;

    (void)state;
    crash_parse(&r, RECORD, strlen(RECORD));
    assert_string_equal(r.version, "0.1.0");
    assert_string_equal(r.build, "ab12");
    assert_string_equal(r.signal, "SIGSEGV");
    assert_string_equal(r.thread, "loop");
    assert_int_equal(r.number, 11);
    assert_int_equal(r.code, 1);
    assert_int_equal(r.unix_ms, 1796056895000);
    assert_int_equal(r.frame_count, 3);
    assert_int_equal(r.frames[0].address, 0x55d0aa);
    assert_int_equal(r.frames[0].offset, 0xaa);
    assert_string_equal(r.frames[0].object, "interviewd");
    assert_string_equal(r.frames[2].object, "");
}

static void what_is_cut_off_is_read_as_far_as_it_goes(void **state)
{
    struct crash_record r;

    (void)state;
    for (size_t n = 0; n < strlen(RECORD); n++) {
        char *cut = malloc(n + 1); /* so that reading on is seen */

        memcpy(cut, RECORD, n);
        crash_parse(&r, cut, n);
        free(cut);
    }
    crash_parse(&r, RECORD, 30);
    assert_string_equal(r.build, "ab12");
    assert_string_equal(r.signal, "");
}

static void count(const struct crash_record *r, void *arg)
{
    char *all = arg;

    strcat(all, r->file);
    strcat(all, " ");
}

static void only_the_newest_are_kept_and_each_is_told_once(void **state)
{
    char dir[SCRATCH_MAX], path[SCRATCH_MAX + 64];
    char all[2048] = "";

    (void)state;
    scratch_make(dir);
    for (int i = 10; i < 10 + CRASH_FILES_MAX + 2; i++) {
        snprintf(path, sizeof(path), "%s/crash-17960568950%d-7.txt", dir, i);
        scratch_write(path, RECORD);
    }
    crash_told(dir, "crash-1796056895012-7.txt");
    crash_each(dir, count, all);
    assert_null(strstr(all, "crash-1796056895010-7.txt"));
    assert_null(strstr(all, "crash-1796056895011-7.txt"));
    assert_null(strstr(all, "895012"));
    assert_non_null(strstr(all, "crash-1796056895013-7.txt crash-1796056895014-7.txt "));
    snprintf(path, sizeof(path), "%s/crash-1796056895010-7.txt", dir);
    assert_int_not_equal(access(path, F_OK), 0);
    snprintf(path, sizeof(path), "%s/crash-1796056895012-7.told.txt", dir);
    assert_int_equal(access(path, F_OK), 0);
    scratch_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_read),
        cmocka_unit_test(what_is_cut_off_is_read_as_far_as_it_goes),
        cmocka_unit_test(only_the_newest_are_kept_and_each_is_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
