/**
 * @file test/unit/auth/seal.c  What is sealed stays sealed, and stays where it belongs
 */
#include "cmocka_all.h"

#include "auth/base64url.h"
#include "auth/seal.h"
#include "support/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct seal *with_key(const char *text)
{
    struct seal *seal = NULL;
    struct errbuf err = {""};

    if (seal_open(&seal, NULL, text, SEAL_FIRST_START, &err))
        fail_msg("%s", err.text);
    return seal;
}

static void text_comes_back_as_it_was_sealed(void **state)
{
    static const char *const texts[] = {"", "x", "I led the move to PostgreSQL.",
                                        "\xe2\x82\xac\xf0\x9f\x8e\xa4 \"\n\t"};
    struct seal *seal = with_key(KEY);

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *sealed;
        char *clear;

        assert_int_equal(seal_text(seal, "id1", "profile.context", texts[i], &sealed), 0);
        assert_memory_equal(sealed, "v1.", 3);
        if (strlen(texts[i]) > 8) /* shorter ones stand in any base64 by chance */
            assert_null(strstr(sealed, texts[i]));
        assert_int_equal(unseal_text(seal, "id1", "profile.context", sealed, &clear), 0);
        assert_string_equal(clear, texts[i]);
        free(sealed);
        free(clear);
    }
    seal_close(seal);
}

static void nothing_stays_nothing(void **state)
{
    struct seal *seal = with_key(KEY);
    char *clear;

    (void)state;
    assert_int_equal(unseal_text(seal, "id", "f", NULL, &clear), 0);
    assert_string_equal(clear, "");
    free(clear);
    assert_int_equal(unseal_text(seal, "id", "f", "", &clear), 0);
    free(clear);
    seal_close(seal);
}

static void the_same_text_never_looks_the_same(void **state)
{
    struct seal *seal = with_key(KEY);
    char *a;
    char *b;

    (void)state;
    seal_text(seal, "id", "f", "same", &a);
    seal_text(seal, "id", "f", "same", &b);
    assert_string_not_equal(a, b);
    free(a);
    free(b);
    seal_close(seal);
}

static void a_field_cannot_be_moved_changed_or_cut(void **state)
{
    struct seal *seal = with_key(KEY);
    struct seal *other = with_key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    char *sealed;
    char *clear;
    size_t len;

    (void)state;
    seal_text(seal, "id1", "profile.context", "secret", &sealed);
    assert_int_equal(unseal_text(seal, "id2", "profile.context", sealed, &clear), UV_EILSEQ);
    assert_int_equal(unseal_text(seal, "id1", "session.jobDescription", sealed, &clear), UV_EILSEQ);
    assert_int_equal(unseal_text(other, "id1", "profile.context", sealed, &clear), UV_EILSEQ);

    len = strlen(sealed);
    for (size_t i = 0; i < len; i++) {
        char was = sealed[i];

        sealed[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(unseal_text(seal, "id1", "profile.context", sealed, &clear), UV_EILSEQ);
        sealed[i] = was;
    }
    while (len-- > 1) {
        sealed[len] = '\0';
        assert_int_equal(unseal_text(seal, "id1", "profile.context", sealed, &clear), UV_EILSEQ);
    }
    free(sealed);
    seal_close(seal);
    seal_close(other);
}

static void the_key_file_is_made_for_its_owner_only_and_kept(void **state)
{
    char dir[SCRATCH_MAX];
    const char *path;
    struct seal *first = NULL;
    struct seal *second = NULL;
    struct stat st;
    char *sealed;
    char *clear;

    (void)state;
    scratch_make(dir);
    path = scratch_path(dir, "keys/master.key");
    assert_int_equal(seal_open(&first, path, NULL, SEAL_FIRST_START, NULL), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_nlink, 1);
    assert_int_equal(st.st_size, 65);

    seal_text(first, "id", "f", "kept", &sealed);
    assert_int_equal(seal_open(&second, path, "", SEAL_FIRST_START, NULL), 0);
    assert_int_equal(unseal_text(second, "id", "f", sealed, &clear), 0);
    assert_string_equal(clear, "kept");
    free(sealed);
    free(clear);
    seal_close(first);
    seal_close(second);
    scratch_remove(dir);
}

static void a_key_file_that_others_can_read_is_refused_with_the_way_out(void **state)
{
    char dir[SCRATCH_MAX];
    const char *path;
    struct seal *seal = NULL;
    struct errbuf err = {""};

    (void)state;
    scratch_make(dir);
    path = scratch_path(dir, "master.key");
    scratch_write(path, KEY "\n");
    chmod(path, 0640);
    assert_int_equal(seal_open(&seal, path, NULL, SEAL_FIRST_START, &err), UV_EPERM);
    assert_non_null(strstr(err.text, "chmod 600"));
    chmod(path, 0600);
    assert_int_equal(seal_open(&seal, path, NULL, SEAL_FIRST_START, &err), 0);
    seal_close(seal);
    scratch_remove(dir);
}

static void what_is_no_key_is_refused_and_not_repeated(void **state)
{
    static const char *const bad[] = {"hunter2", "00", KEY "00", KEY " " KEY,
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!="};
    char dir[SCRATCH_MAX];
    struct errbuf err = {""};
    struct seal *seal = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(seal_open(&seal, NULL, bad[i], SEAL_FIRST_START, &err), UV_EINVAL);
        assert_null(strstr(err.text, bad[i]));
    }
    scratch_make(dir);
    scratch_write(scratch_path(dir, "k"), "hunter2");
    chmod(scratch_path(dir, "k"), 0600);
    assert_int_equal(seal_open(&seal, scratch_path(dir, "k"), NULL, SEAL_FIRST_START, &err),
                     UV_EINVAL);
    assert_non_null(strstr(err.text, "backup"));
    scratch_remove(dir);
}

static void no_second_key_is_made_where_one_is_in_use(void **state)
{
    char dir[SCRATCH_MAX];
    const char *path;
    struct seal *seal = NULL;
    struct errbuf err = {""};

    (void)state;
    scratch_make(dir);
    path = scratch_path(dir, "keys/master.key");
    assert_int_equal(seal_open(&seal, path, NULL, SEAL_KEY_IN_USE, &err), UV_ENOENT);
    assert_non_null(strstr(err.text, "backup"));
    assert_int_equal(access(path, F_OK), -1);

    assert_int_equal(seal_open(&seal, path, NULL, SEAL_FIRST_START, &err), 0);
    assert_int_equal(seal_look(seal, NULL), 0);
    scratch_write(path, KEY "\n");
    assert_int_equal(seal_look(seal, NULL), UV_EILSEQ);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(seal_look(seal, NULL), UV_ENOENT);
    seal_close(seal);

    seal = with_key(KEY); /* no file, nothing to look at */
    assert_int_equal(seal_look(seal, NULL), 0);
    seal_close(seal);
    scratch_remove(dir);
}

static void the_key_file_is_its_owners_whatever_the_mask(void **state)
{
    static const mode_t masks[] = {0, 077, 0277};
    char dir[SCRATCH_MAX];

    (void)state;
    scratch_make(dir);
    for (size_t i = 0; i < 3; i++) {
        struct seal *seal = NULL;
        struct stat st;
        mode_t was = umask(masks[i]);
        int e = seal_open(&seal, scratch_path(dir, "a/b/k"), NULL, SEAL_FIRST_START, NULL);

        umask(was);
        assert_int_equal(e, 0);
        assert_int_equal(stat(scratch_path(dir, "a/b/k"), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_int_equal(stat(scratch_path(dir, "a/b"), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0700);
        seal_close(seal);
        scratch_remove(scratch_path(dir, "a"));
    }
    scratch_remove(dir);
}

static void keys_for_other_purposes_differ(void **state)
{
    struct seal *seal = with_key(KEY);
    unsigned char a[32], b[32], c[32];

    (void)state;
    assert_int_equal(seal_derive(seal, "a", a, 32), 0);
    assert_int_equal(seal_derive(seal, "b", b, 32), 0);
    assert_int_equal(seal_derive(seal, "a", c, 32), 0);
    assert_memory_not_equal(a, b, 32);
    assert_memory_equal(a, c, 32);
    seal_close(seal);
}

static void base64url_has_one_spelling_for_each_value(void **state)
{
    unsigned char raw[64];
    char text[100];

    (void)state;
    assert_int_equal(base64url_encode("\xfb\xff\xfe", 3, text), 4);
    assert_string_equal(text, "-__-");
    assert_int_equal(base64url_decode("Zg", 2, raw, 64), 1);
    assert_int_equal(base64url_decode("Zh", 2, raw, 64), UV_EINVAL); /* bits left over */
    assert_int_equal(base64url_decode("Zg==", 4, raw, 64), UV_EINVAL);
    assert_int_equal(base64url_decode("Z", 1, raw, 64), UV_EINVAL);
    assert_int_equal(base64url_decode("Zm9v", 4, raw, 2), UV_EINVAL);
    assert_int_equal(base64url_decode("", 0, raw, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_comes_back_as_it_was_sealed),
        cmocka_unit_test(nothing_stays_nothing),
        cmocka_unit_test(the_same_text_never_looks_the_same),
        cmocka_unit_test(a_field_cannot_be_moved_changed_or_cut),
        cmocka_unit_test(the_key_file_is_made_for_its_owner_only_and_kept),
        cmocka_unit_test(a_key_file_that_others_can_read_is_refused_with_the_way_out),
        cmocka_unit_test(what_is_no_key_is_refused_and_not_repeated),
        cmocka_unit_test(no_second_key_is_made_where_one_is_in_use),
        cmocka_unit_test(the_key_file_is_its_owners_whatever_the_mask),
        cmocka_unit_test(keys_for_other_purposes_differ),
        cmocka_unit_test(base64url_has_one_spelling_for_each_value),
    };

    return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
