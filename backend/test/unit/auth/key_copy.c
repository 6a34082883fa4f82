/**
 * @file test/unit/auth/key_copy.c  The keys under a passphrase: whole, and by no other one
 */
#include "cmocka_all.h"

#include "auth/key_copy.h"
#include "auth/seal.h"
#include "support/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define KEY    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OLD    "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff101112131415161718191a1b1c1d1e1f"
#define PHRASE "correct horse battery"

static void all_keys_come_back_by_the_passphrase_alone(void **state)
{
    unsigned char copy[KEY_COPY_MAX];
    char dir[SCRATCH_MAX];
    const char *path;
    struct errbuf why = {""};
    struct stat st;
    size_t len = 0;
    char *file;

    (void)state;
    scratch_make(dir);
    path = scratch_path(dir, "keys/master.key");
    assert_int_equal(key_copy_make(NULL, KEY "," OLD, PHRASE, copy, &len, &why), 0);
    assert_in_range(len, 100, KEY_COPY_MAX);
    assert_null(memmem(copy, len, KEY, 16));

    assert_int_equal(key_copy_open(copy, len, PHRASE "!", path, &why), UV_EACCES);
    copy[len - 1] ^= 1;
    assert_int_equal(key_copy_open(copy, len, PHRASE, path, &why), UV_EACCES);
    copy[len - 1] ^= 1;
    assert_int_not_equal(stat(path, &st), 0);

    assert_int_equal(key_copy_open(copy, len, PHRASE, path, &why), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    file = scratch_read(path, NULL);
    assert_string_equal(file, KEY "\n" OLD "\n");
    free(file);
    scratch_write(path, OLD "\n");
    assert_int_equal(key_copy_open(copy, len, PHRASE, path, &why), UV_EEXIST);
    scratch_remove(dir);
}

static void what_is_no_copy_and_no_passphrase_is_refused_at_once(void **state)
{
    unsigned char copy[KEY_COPY_MAX + 1] = "IVDKEYS1";
    struct errbuf why = {""};
    size_t len = 0;

    (void)state;
    assert_int_equal(key_copy_make(NULL, KEY, "short", copy, &len, &why), UV_EINVAL);
    assert_non_null(strstr(why.text, "12"));
    assert_int_equal(key_copy_make(NULL, "no key", PHRASE, copy, &len, &why), UV_EINVAL);
    assert_int_equal(key_copy_make("/nowhere/key", NULL, PHRASE, copy, &len, &why), UV_ENOENT);
    assert_int_equal(key_copy_open(copy, 20, PHRASE, "/nowhere/key", &why), UV_EINVAL);
    assert_int_equal(key_copy_open(copy, KEY_COPY_MAX + 1, PHRASE, "/nowhere/key", &why),
                     UV_EINVAL);
    copy[0] = 'J';
    assert_int_equal(key_copy_open(copy, 200, PHRASE, "/nowhere/key", &why), UV_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_keys_come_back_by_the_passphrase_alone),
        cmocka_unit_test(what_is_no_copy_and_no_passphrase_is_refused_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
