/**
 * @file test/unit/auth/seal.c  What is sealed stays sealed, and stays where it belongs
 */
#include "cmocka_all.h"

#include "auth/base64url.h"
#include "auth/seal.h"
#include "support/scratch.h"

#include <dirent.h>
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
        assert_memory_equal(sealed, "v2.", 3);
        if (strlen(texts[i]) > 8) /* shorter ones stand in any base64 by chance */
            assert_null(strstr(sealed, texts[i]));
        assert_int_equal(unseal_text(seal, "id1", "profile.context", sealed, &clear), 0);
        assert_string_equal(clear, texts[i]);
        free(sealed);
        free(clear);
    }
    seal_close(seal);
}

static void bytes_come_back_and_only_where_they_belong(void **state)
{
    struct seal *seal = with_key(KEY);
    unsigned char clear[300], sealed[300 + SEAL_MORE], again[300];
    struct seal_key key;

    (void)state;
    seal_key_now(seal, &key);
    for (size_t i = 0; i < sizeof(clear); i++)
        clear[i] = (unsigned char)(i * 7);
    for (size_t len = 0; len <= sizeof(clear); len += 100) {
        assert_int_equal(seal_bytes(seal, &key, "id1.0.z", "blob", clear, len, sealed), 0);
        assert_int_equal(
            unseal_bytes(seal, &key, "id1.0.z", "blob", sealed, len + SEAL_MORE, again), 0);
        assert_memory_equal(again, clear, len);
        memset(again, 7, sizeof(again));
        assert_int_equal(
            unseal_bytes(seal, &key, "id1.0.a", "blob", sealed, len + SEAL_MORE, again), UV_EILSEQ);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(again[i], 0); /* nothing of it is left */
        sealed[len + SEAL_MORE - 1] ^= 1;
        assert_int_equal(
            unseal_bytes(seal, &key, "id1.0.z", "blob", sealed, len + SEAL_MORE, again), UV_EILSEQ);
    }
    assert_int_equal(unseal_bytes(seal, &key, "id", "f", sealed, SEAL_MORE - 1, again), UV_EILSEQ);
    assert_int_equal(seal_bytes(seal, &key, "id", "f", clear, (size_t)5 << 20, sealed), UV_E2BIG);
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

/* RFC 4648 section 10, and every length and byte there and back. */
static void base64url_is_that_of_the_standard(void **state)
{
    static const char *const vectors[][2] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
    unsigned char raw[256], back[256];
    char text[400];

    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        base64url_encode(vectors[i][0], strlen(vectors[i][0]), text);
        assert_string_equal(text, vectors[i][1]);
    }
    for (size_t i = 0; i < sizeof(raw); i++)
        raw[i] = (unsigned char)(i * 7 + 3);
    for (size_t n = 0; n <= sizeof(raw); n++) {
        size_t len = base64url_encode(raw, n, text);

        assert_int_equal(len, BASE64URL_LEN(n));
        assert_int_equal(strlen(text), len);
        assert_int_equal(base64url_decode(text, len, back, n), n);
        assert_memory_equal(back, raw, n);
        if (n)
            assert_int_equal(base64url_decode(text, len, back, n - 1), UV_EINVAL);
        for (size_t i = 0; i < len; i++) { /* a stranger at any place */
            char was = text[i];

            text[i] = "+/=.\x80\n"[i % 6];
            assert_int_equal(base64url_decode(text, len, back, sizeof(back)), UV_EINVAL);
            text[i] = was;
        }
    }
    assert_int_equal(base64url_decode("Zm9", 3, raw, 64), UV_EINVAL); /* bits left over */
}

static void one_key_may_be_written_in_many_ways(void **state)
{
    static const char *const ways[] = {
        "fbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefffe",
        "FBEFBEFBEFBEFBEFBEFBEFBEFBEFBEFBEFBEFBEFBEFBEFBEFBEFBEFBEFBEFFFE",
        "fbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefffe\r\n\t ",
        "++++++++++++++++++++++++++++++++++++++++//4=",
        "++++++++++++++++++++++++++++++++++++++++//4\n",
        "----------------------------------------__4="};
    static const char *const bad[] = {
        "fbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefffg",
        "fbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbeff/e",
        "fbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbeff:e",
        "`befbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefffe",
        "@befbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefffe",
        "Gbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefffe",
        "++++++++++++++++++++++++++++++++++++++++//5=", /* bits left over */
        "+++++++++++++++++++++++++++++++++++++++++//4=",
        (" " KEY),
        "======"};
    unsigned char first[32], other[32];

    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct seal *seal = with_key(ways[i]);

        assert_int_equal(seal_derive(seal, "x", i ? other : first, 32), 0);
        if (i)
            assert_memory_equal(other, first, 32);
        seal_close(seal);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct seal *seal = NULL;

        assert_int_equal(seal_open(&seal, NULL, bad[i], SEAL_FIRST_START, NULL), UV_EINVAL);
        assert_null(seal);
    }
}

/* Computed apart: HKDF-SHA256 (RFC 5869), empty salt, and AES-256-GCM under the key for fields. */
static void what_an_earlier_version_sealed_is_read(void **state)
{
    static const unsigned char want[] = {0x7e, 0x06, 0xbe, 0x6b, 0x05, 0x30, 0x1a, 0x07,
                                         0x7e, 0x81, 0x6d, 0x6a, 0x4c, 0xe2, 0x90, 0xec,
                                         0x30, 0x55, 0xd0, 0xe9, 0x10, 0xf1, 0x3c, 0xf3,
                                         0x5e, 0x89, 0x38, 0x1f, 0xa3, 0x13, 0xa0, 0x91};
    struct seal *seal = with_key(KEY);
    unsigned char key[32];
    char *clear;

    (void)state;
    assert_int_equal(seal_derive(seal, "a", key, 32), 0);
    assert_memory_equal(key, want, 32);
    assert_int_equal(
        unseal_text(
            seal, "id1", "profile.context",
            "v1.AAECAwQFBgcICQoLfJA1PFsiSsszxfa0PpDRsXK7r5lVYi2d39lz4L3KH49y_aUIzCFh874Qezn4",
            &clear),
        0);
    assert_string_equal(clear, "Kept since the first version.");
    free(clear);
    seal_close(seal);
    seal_close(NULL);
}

static void a_text_and_a_name_may_be_so_long_and_no_longer(void **state)
{
    enum { LONGEST = 4 << 20, NAME = 127 };
    struct seal *seal = with_key(KEY);
    char *text = malloc(LONGEST + 2);
    char id[NAME + 2];
    char *sealed, *clear;

    (void)state;
    memset(text, 'x', LONGEST + 1);
    text[LONGEST + 1] = '\0';
    assert_int_equal(seal_text(seal, "id", "f", text, &sealed), UV_E2BIG);
    text[LONGEST] = '\0';
    assert_int_equal(seal_text(seal, "id", "f", text, &sealed), 0);
    assert_int_equal(unseal_text(seal, "id", "f", sealed, &clear), 0);
    assert_string_equal(clear, text);
    free(clear);
    free(sealed);
    free(text);

    memset(id, 'i', sizeof(id)); /* with "f:" before it */
    id[NAME - 1] = '\0';
    assert_int_equal(seal_text(seal, id, "f", "x", &sealed), UV_EINVAL);
    id[NAME - 2] = '\0';
    assert_int_equal(seal_text(seal, id, "f", "x", &sealed), 0);
    free(sealed);
    assert_int_equal(seal_text(seal, "id", "f", NULL, &sealed), 0);
    assert_int_equal(unseal_text(seal, "id", "f", sealed, &clear), 0);
    assert_string_equal(clear, "");
    free(clear);
    free(sealed);
    seal_close(seal);
}

/* Where no key can be made or read, the sentence names the place. */
static void a_key_that_cannot_be_made_or_read_is_told(void **state)
{
    char dir[SCRATCH_MAX], here[512], path[5000];
    struct seal *seal = NULL;
    struct errbuf err = {""};
    struct stat st;

    (void)state;
    scratch_make(dir);
    scratch_write(scratch_path(dir, "file"), "no folder");
    assert_int_equal(seal_open(&seal, scratch_path(dir, "file/k"), NULL, SEAL_FIRST_START, &err),
                     UV_ENOTDIR);
    assert_non_null(strstr(err.text, "file"));
    assert_int_equal(mkdir(scratch_path(dir, "folder"), 0700), 0);
    assert_int_equal(seal_open(&seal, scratch_path(dir, "folder"), NULL, SEAL_FIRST_START, &err),
                     UV_EISDIR);
    assert_int_equal(seal_open(&seal, "/proc/nowhere/k", NULL, SEAL_FIRST_START, &err), UV_ENOENT);
    assert_non_null(strstr(err.text, "/proc/nowhere"));
    memset(path, 'p', sizeof(path) - 1);
    path[0] = '/';
    path[4500] = '/';
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(seal_open(&seal, path, NULL, SEAL_FIRST_START, &err), UV_ENAMETOOLONG);
    assert_int_equal(seal_open(&seal, "", "nokey", SEAL_FIRST_START, &err), UV_EINVAL);
    assert_null(seal);

    assert_non_null(getcwd(here, sizeof(here))); /* a name without a folder */
    assert_int_equal(chdir(dir), 0);
    assert_int_equal(seal_open(&seal, "bare", NULL, SEAL_FIRST_START, &err), 0);
    assert_int_equal(stat("bare", &st), 0);
    assert_int_equal(chdir(here), 0);
    seal_close(seal);
    scratch_remove(dir);
}

static void a_key_file_with_more_behind_the_key_is_none(void **state)
{
    static const char hidden[] = KEY "\0more";
    char dir[SCRATCH_MAX];
    struct seal *seal = NULL;
    FILE *f;

    (void)state;
    scratch_make(dir);
    f = fopen(scratch_path(dir, "k"), "w");
    assert_int_equal(fwrite(hidden, 1, sizeof(hidden), f), sizeof(hidden));
    fclose(f);
    chmod(scratch_path(dir, "k"), 0600);
    assert_int_equal(seal_open(&seal, scratch_path(dir, "k"), NULL, SEAL_KEY_IN_USE, NULL),
                     UV_EINVAL);
    for (mode_t mode = 1; mode < 0100; mode <<= 1) { /* each right of others by itself */
        chmod(scratch_path(dir, "k"), 0600 | mode);
        assert_int_equal(seal_open(&seal, scratch_path(dir, "k"), NULL, SEAL_KEY_IN_USE, NULL),
                         UV_EPERM);
    }
    scratch_remove(dir);
}

/* Two servers that start at once: the first one's key is everybody's, and nothing else stays. */
static void a_key_that_is_there_is_never_replaced(void **state)
{
    char dir[SCRATCH_MAX];
    char command[256];
    struct seal *one = NULL, *two = NULL;
    char name[64];
    char *sealed, *clear;

    (void)state;
    scratch_make(dir);
    snprintf(name, sizeof(name), "k.%ld.new", (long)getpid());
    scratch_write(scratch_path(dir, name), "left behind by a crash");
    assert_int_equal(seal_open(&one, scratch_path(dir, "k"), NULL, SEAL_FIRST_START, NULL), 0);
    assert_int_equal(access(scratch_path(dir, name), F_OK), -1);
    assert_int_equal(seal_open(&two, scratch_path(dir, "k"), NULL, SEAL_FIRST_START, NULL), 0);
    assert_int_equal(seal_text(one, "id", "f", "x", &sealed), 0);
    assert_int_equal(unseal_text(two, "id", "f", sealed, &clear), 0);
    free(sealed);
    free(clear);
    seal_close(one);
    seal_close(two);
    snprintf(command, sizeof(command), "test $(ls %s | wc -l) = 1", dir);
    assert_int_equal(system(command), 0);
    scratch_remove(dir);
}

static int open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static void no_file_stays_open_and_any_number_will_do(void **state)
{
    int before = open_files();
    char dir[SCRATCH_MAX];
    struct seal *seal = NULL;
    int input, e;

    (void)state;
    scratch_make(dir);
    for (int i = 0; i < 2; i++) { /* made, then read */
        assert_int_equal(seal_open(&seal, scratch_path(dir, "k"), NULL, SEAL_FIRST_START, NULL), 0);
        assert_int_equal(seal_look(seal, NULL), 0);
        seal_close(seal);
    }
    assert_int_equal(open_files(), before);

    input = dup(0); /* a service may be started without its standard input */
    close(0);
    e = seal_open(&seal, scratch_path(dir, "other"), NULL, SEAL_FIRST_START, NULL);
    dup2(input, 0);
    close(input);
    assert_int_equal(e, 0);
    seal_close(seal);
    scratch_remove(dir);
}

/* ------------------------------------------------------------------------- several keys */

#define NEXT "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff101112131415161718191a1b1c1d1e1f"

static void wants(const struct seal *seal, const char *sealed, const char *text)
{
    char *clear = NULL;

    assert_int_equal(unseal_text(seal, "id1", "profile.context", sealed, &clear), 0);
    assert_string_equal(clear, text);
    free(clear);
}

static void the_first_key_seals_and_all_of_them_open(void **state)
{
    static const char named_later[] =
        "v1.AAECAwQFBgcICQoLfJA1PFsiSsszxfa0PpDRsXK7r5lVYi2d39lz4L3KH49y_aUIzCFh874Qezn4";
    struct seal *old = with_key(KEY);
    struct seal *both = with_key(NEXT ", " KEY);
    struct seal *next = with_key(NEXT);
    char ids[SEAL_KEYS_MAX][SEAL_ID_LEN + 1];
    char *before, *after, *clear;

    (void)state;
    assert_int_equal(seal_text(old, "id1", "profile.context", "old", &before), 0);
    assert_int_equal(seal_text(both, "id1", "profile.context", "new", &after), 0);
    assert_int_equal(seal_ids(both, ids), 2);
    assert_memory_equal(after + 3, ids[0], SEAL_ID_LEN);
    assert_memory_equal(before + 3, ids[1], SEAL_ID_LEN);
    wants(both, before, "old");
    wants(both, named_later, "Kept since the first version.");
    wants(next, after, "new");
    assert_int_equal(unseal_text(next, "id1", "profile.context", before, &clear), UV_EILSEQ);
    assert_int_equal(unseal_text(old, "id1", "profile.context", after, &clear), UV_EILSEQ);
    assert_true(seal_is_fresh(both, after));
    assert_false(seal_is_fresh(both, before));
    assert_false(seal_is_fresh(both, named_later));
    assert_true(seal_is_fresh(old, named_later)); /* whose else? */
    assert_false(seal_is_fresh(old, after));
    memcpy(before + 3, ids[0], SEAL_ID_LEN); /* another name opens nothing */
    assert_int_equal(unseal_text(both, "id1", "profile.context", before, &clear), UV_EILSEQ);
    free(before);
    free(after);
    seal_close(old);
    seal_close(both);
    seal_close(next);
}

static void a_new_key_is_taken_up_and_an_old_one_given_up_while_it_is_used(void **state)
{
    char dir[SCRATCH_MAX];
    char ids[SEAL_KEYS_MAX][SEAL_ID_LEN + 1];
    const char *path;
    struct seal *seal = NULL;
    struct errbuf why = {""};
    struct stat st;
    char *first, *second, *clear;

    (void)state;
    scratch_make(dir);
    path = scratch_path(dir, "keys/master.key");
    assert_int_equal(seal_open(&seal, path, NULL, SEAL_FIRST_START, NULL), 0);
    assert_int_equal(seal_text(seal, "id1", "profile.context", "one", &first), 0);
    assert_int_equal(seal_rotate(path, &why), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(seal_look(seal, NULL), 0);
    assert_int_equal(seal_ids(seal, ids), 1);
    assert_int_equal(seal_again(seal, &why), 0);
    assert_int_equal(seal_ids(seal, ids), 2);
    assert_int_equal(seal_text(seal, "id1", "profile.context", "two", &second), 0);
    assert_false(seal_is_fresh(seal, first));
    assert_true(seal_is_fresh(seal, second));
    wants(seal, first, "one");

    assert_int_equal(seal_retire(path, &why), 0);
    wants(seal, first, "one"); /* until the file is read */
    assert_int_equal(seal_again(seal, &why), 0);
    assert_int_equal(seal_ids(seal, ids), 1);
    assert_int_equal(unseal_text(seal, "id1", "profile.context", first, &clear), UV_EILSEQ);
    wants(seal, second, "two");
    free(first);
    free(second);
    seal_close(seal);
    scratch_remove(dir);
}

static void there_are_so_many_keys_and_no_other_file_is_taken_up(void **state)
{
    char dir[SCRATCH_MAX];
    const char *path;
    struct seal *seal = NULL;
    struct errbuf why = {""};

    (void)state;
    scratch_make(dir);
    path = scratch_path(dir, "keys/master.key");
    assert_int_equal(seal_open(&seal, path, NULL, SEAL_FIRST_START, NULL), 0);
    for (int i = 1; i < SEAL_KEYS_MAX; i++)
        assert_int_equal(seal_rotate(path, &why), 0);
    assert_int_equal(seal_rotate(path, &why), UV_ENOSPC);
    assert_non_null(strstr(why.text, "retire"));
    assert_int_equal(seal_again(seal, &why), 0);

    scratch_write(path, NEXT "\n");
    assert_int_equal(seal_again(seal, &why), UV_EILSEQ); /* without the one that seals */
    scratch_write(path, NEXT "\n" NEXT "\n");
    assert_int_equal(seal_again(seal, &why), UV_EINVAL);
    unlink(path);
    assert_int_equal(seal_again(seal, &why), UV_ENOENT);
    assert_int_equal(seal_rotate(path, &why), UV_ENOENT);
    seal_close(seal);

    seal = with_key(KEY); /* it came as text and stays */
    assert_int_equal(seal_again(seal, &why), 0);
    seal_close(seal);
    scratch_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_key_seals_and_all_of_them_open),
        cmocka_unit_test(a_new_key_is_taken_up_and_an_old_one_given_up_while_it_is_used),
        cmocka_unit_test(there_are_so_many_keys_and_no_other_file_is_taken_up),
        cmocka_unit_test(text_comes_back_as_it_was_sealed),
        cmocka_unit_test(bytes_come_back_and_only_where_they_belong),
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
        cmocka_unit_test(base64url_is_that_of_the_standard),
        cmocka_unit_test(one_key_may_be_written_in_many_ways),
        cmocka_unit_test(what_an_earlier_version_sealed_is_read),
        cmocka_unit_test(a_text_and_a_name_may_be_so_long_and_no_longer),
        cmocka_unit_test(a_key_that_cannot_be_made_or_read_is_told),
        cmocka_unit_test(a_key_file_with_more_behind_the_key_is_none),
        cmocka_unit_test(a_key_that_is_there_is_never_replaced),
        cmocka_unit_test(no_file_stays_open_and_any_number_will_do),
    };

    return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
