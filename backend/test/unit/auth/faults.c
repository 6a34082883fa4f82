/**
 * @file test/unit/auth/faults.c  Every call into OpenSSL, argon2 and the kernel fails once
 *
 * The linker puts these in the way (`wrapped` in test/meson.build). An operation whose n-th call
 * fails says so: it never hands over a token that is not signed, a text that is not sealed or a key
 * that is not on the disk, it gives back all it took (the sanitizer looks), and the next one works.
 * What is wiped goes through here as well: no secret is left where it was worked with.
 */
#include "cmocka_all.h"

#include "auth/base64url.h"
#include "auth/password.h"
#include "auth/seal.h"
#include "auth/token.h"
#include "support/scratch.h"

#include <argon2.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CALLS_MAX = 64, NOW_MS = 1700000000 };

static int left; /* calls until one fails; 0: none will */
static bool failed;
static const char *which;

static bool fails(const char *name)
{
    if (left <= 0 || --left)
        return false;
    which = name;
    errno = EIO;
    return failed = true;
}

/* result name(parameters), called with arguments; it fails with failure. */
#define WRAP(result, name, failure, parameters, arguments)                                         \
    result __real_##name parameters;                                                               \
    result __wrap_##name parameters;                                                               \
    result __wrap_##name parameters                                                                \
    {                                                                                              \
        return fails(#name) ? (failure) : __real_##name arguments;                                 \
    }

WRAP(EVP_KDF *, EVP_KDF_fetch, NULL, (OSSL_LIB_CTX * l, const char *a, const char *p), (l, a, p))
WRAP(EVP_KDF_CTX *, EVP_KDF_CTX_new, NULL, (EVP_KDF * k), (k))
WRAP(int, EVP_KDF_derive, 0, (EVP_KDF_CTX * c, unsigned char *key, size_t n, const OSSL_PARAM p[]),
     (c, key, n, p))
WRAP(EVP_CIPHER *, EVP_CIPHER_fetch, NULL, (OSSL_LIB_CTX * l, const char *a, const char *p),
     (l, a, p))
WRAP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new, NULL, (void), ())
WRAP(int, EVP_EncryptInit_ex2, 0,
     (EVP_CIPHER_CTX * c, const EVP_CIPHER *e, const unsigned char *key, const unsigned char *iv,
      const OSSL_PARAM p[]),
     (c, e, key, iv, p))
WRAP(int, EVP_DecryptInit_ex2, 0,
     (EVP_CIPHER_CTX * c, const EVP_CIPHER *e, const unsigned char *key, const unsigned char *iv,
      const OSSL_PARAM p[]),
     (c, e, key, iv, p))
WRAP(int, EVP_CipherUpdate, 0,
     (EVP_CIPHER_CTX * c, unsigned char *to, int *n, const unsigned char *from, int len),
     (c, to, n, from, len))
WRAP(int, EVP_EncryptUpdate, 0,
     (EVP_CIPHER_CTX * c, unsigned char *to, int *n, const unsigned char *from, int len),
     (c, to, n, from, len))
WRAP(int, EVP_DecryptUpdate, 0,
     (EVP_CIPHER_CTX * c, unsigned char *to, int *n, const unsigned char *from, int len),
     (c, to, n, from, len))
WRAP(int, EVP_EncryptFinal_ex, 0, (EVP_CIPHER_CTX * c, unsigned char *to, int *n), (c, to, n))
WRAP(int, EVP_DecryptFinal_ex, 0, (EVP_CIPHER_CTX * c, unsigned char *to, int *n), (c, to, n))
WRAP(int, EVP_CIPHER_CTX_ctrl, 0, (EVP_CIPHER_CTX * c, int type, int n, void *p), (c, type, n, p))
WRAP(EVP_MAC *, EVP_MAC_fetch, NULL, (OSSL_LIB_CTX * l, const char *a, const char *p), (l, a, p))
WRAP(EVP_MAC_CTX *, EVP_MAC_CTX_new, NULL, (EVP_MAC * m), (m))
WRAP(EVP_MAC_CTX *, EVP_MAC_CTX_dup, NULL, (const EVP_MAC_CTX *c), (c))
WRAP(int, EVP_MAC_init, 0,
     (EVP_MAC_CTX * c, const unsigned char *key, size_t n, const OSSL_PARAM p[]), (c, key, n, p))
WRAP(int, EVP_MAC_update, 0, (EVP_MAC_CTX * c, const unsigned char *data, size_t n), (c, data, n))
WRAP(int, EVP_MAC_final, 0, (EVP_MAC_CTX * c, unsigned char *to, size_t *n, size_t size),
     (c, to, n, size))

WRAP(int, argon2id_hash_encoded, ARGON2_MEMORY_ALLOCATION_ERROR,
     (const uint32_t t, const uint32_t m, const uint32_t p, const void *pwd, const size_t pwdlen,
      const void *salt, const size_t saltlen, const size_t hashlen, char *encoded,
      const size_t encodedlen),
     (t, m, p, pwd, pwdlen, salt, saltlen, hashlen, encoded, encodedlen))
WRAP(int, argon2id_hash_raw, ARGON2_MEMORY_ALLOCATION_ERROR,
     (const uint32_t t, const uint32_t m, const uint32_t p, const void *pwd, const size_t pwdlen,
      const void *salt, const size_t saltlen, void *hash, const size_t hashlen),
     (t, m, p, pwd, pwdlen, salt, saltlen, hash, hashlen))
WRAP(int, argon2id_verify, ARGON2_MEMORY_ALLOCATION_ERROR,
     (const char *encoded, const void *pwd, const size_t pwdlen), (encoded, pwd, pwdlen))

WRAP(int, fsync, -1, (int fd), (fd))
WRAP(int, fchmod, -1, (int fd, mode_t mode), (fd, mode))
WRAP(int, link, -1, (const char *from, const char *to), (from, to))
WRAP(int, mkdir, -1, (const char *path, mode_t mode), (path, mode))
WRAP(int, fstat64, -1, (int fd, struct stat64 *st), (fd, st))
WRAP(ssize_t, read, -1, (int fd, void *to, size_t n), (fd, to, n))
WRAP(ssize_t, write, -1, (int fd, const void *from, size_t n), (fd, from, n))

/* Closed all the same, as the kernel does when writing back failed. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    bool no = fails("close");
    int e = __real_close(fd);

    if (no)
        errno = EIO;
    return no ? -1 : e;
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
    va_list ap;
    mode_t mode;

    va_start(ap, flags);
    mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return fails("open") ? -1 : __real_open64(path, flags, mode);
}

enum { WIPED_MAX = 1 << 16 };

static unsigned char wiped[WIPED_MAX]; /* what stood there */
static size_t wiped_len;

void __real_explicit_bzero(void *p, size_t n);
void __wrap_explicit_bzero(void *p, size_t n);
void __wrap_explicit_bzero(void *p, size_t n)
{
    if (n <= WIPED_MAX - wiped_len) {
        memcpy(wiped + wiped_len, p, n);
        wiped_len += n;
    }
    __real_explicit_bzero(p, n);
}

/* In how many places did this stand that were wiped since the last call? */
static int wiped_with(const void *secret, size_t n)
{
    int found = 0;

    for (unsigned char *at = wiped; (at = memmem(at, (size_t)(wiped + wiped_len - at), secret, n));
         at += n)
        found++;
    wiped_len = 0;
    return found;
}

/* Runs it with the 1st, 2nd ... call failing, until it comes to its end without. How often one
 * failed. harmless: what may fail without harm, NULL or the one call. */
static int each_call(int (*work)(void *arg), void *arg, const char *harmless)
{
    int n = 0;

    do {
        int e;

        assert_true(++n < CALLS_MAX);
        failed = false;
        left = n;
        e = work(arg);
        left = 0;
        if (failed != (e != 0) && !(failed && harmless && strcmp(harmless, which) == 0))
            fail_msg("%s fails in call %d: %d", failed ? which : "nothing", n, e);
        if (failed && e && *which >= 'a' && e != UV_EIO) /* of the kernel: its own code is told */
            fail_msg("%s fails in call %d, and %d is told", which, n, e);
    } while (failed);
    return n - 1;
}

/* ---------------------------------------------------------------------------------- texts */

#define KEY  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define USER "0123456789abcdefghjkmnpqrs"

static int open_seal(void *arg)
{
    struct seal *seal = NULL;
    struct errbuf why = {""};
    int e = seal_open(&seal, arg, arg ? NULL : KEY, SEAL_FIRST_START, &why);

    assert_true(!e == !why.text[0]);
    assert_true(!e == (seal != NULL));
    seal_close(seal);
    return e;
}

static int derive(void *arg)
{
    unsigned char key[32];

    return seal_derive(arg, "a test", key, sizeof(key));
}

static int seal_one(void *arg)
{
    char *sealed = NULL;
    char *text = NULL;
    int was;
    int e = seal_text(arg, USER, "context", "secret", &sealed);

    assert_true(!e == (sealed != NULL));
    if (e)
        return e;
    was = left;
    left = 0;
    assert_int_equal(unseal_text(arg, USER, "context", sealed, &text), 0);
    assert_string_equal(text, "secret");
    left = was;
    free(text);
    free(sealed);
    return 0;
}

struct unsealing {
    const struct seal *seal;
    const char *sealed;
};

static int unseal_one(void *arg)
{
    const struct unsealing *u = arg;
    char *text = NULL;
    int e = unseal_text(u->seal, USER, "context", u->sealed, &text);

    assert_true(!e == (text != NULL));
    if (text)
        assert_string_equal(text, "secret");
    free(text);
    return e;
}

static void a_text_is_sealed_or_not_handed_over(void **state)
{
    struct unsealing u;
    struct seal *seal;
    char *sealed;

    (void)state;
    assert_int_equal(each_call(open_seal, NULL, NULL), 7);
    assert_int_equal(seal_open(&seal, NULL, KEY, SEAL_FIRST_START, NULL), 0);
    assert_int_equal(each_call(derive, seal, NULL), 3);
    assert_int_equal(each_call(seal_one, seal, NULL), 6);
    assert_int_equal(seal_text(seal, USER, "context", "secret", &sealed), 0);
    u = (struct unsealing){seal, sealed};
    assert_int_equal(each_call(unseal_one, &u, NULL), 6);
    free(sealed);
    seal_close(seal);
}

/* ------------------------------------------------------------------------------- key file */

struct folder {
    char dir[SCRATCH_MAX];
    char keys[SCRATCH_MAX + 8];
    char key[SCRATCH_MAX + 32];
};

static int files_in(const char *dir)
{
    DIR *d = opendir(dir);
    int n = 0;

    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

/* A first start in a folder that is not there yet. */
static int start_first(void *arg)
{
    struct folder *f = arg;
    bool half = false;
    int was;
    int e;

    snprintf(f->keys, sizeof(f->keys), "%s/keys", f->dir);
    snprintf(f->key, sizeof(f->key), "%s/master.key", f->keys);
    e = open_seal(f->key);
    was = left;
    left = 0;
    if (access(f->keys, F_OK) == 0)
        half = files_in(f->keys) > (access(f->key, F_OK) == 0);
    assert_false(half); /* the key with its name, or nothing */
    if (access(f->key, F_OK) == 0)
        assert_int_equal(open_seal(f->key), 0); /* a whole one */
    unlink(f->key);
    rmdir(f->keys);
    left = was;
    return e;
}

static int start_again(void *arg)
{
    return open_seal(((struct folder *)arg)->key);
}

static int look(void *arg)
{
    struct errbuf why = {""};
    int e = seal_look(arg, &why);

    assert_true(!e == !why.text[0]);
    return e;
}

static void a_key_is_made_whole_or_not_at_all(void **state)
{
    struct folder f;
    struct seal *seal;

    (void)state;
    scratch_make(f.dir);
    /* The second close is that of a folder, the third of what was only read. */
    assert_in_range(each_call(start_first, &f, "close"), 15, 25);
    snprintf(f.key, sizeof(f.key), "%s/master.key", f.dir);
    assert_int_equal(open_seal(f.key), 0);
    assert_in_range(each_call(start_again, &f, "close"), 6, 12);
    assert_int_equal(seal_open(&seal, f.key, NULL, SEAL_KEY_IN_USE, NULL), 0);
    assert_in_range(each_call(look, seal, "close"), 3, 6);
    seal_close(seal);
    scratch_remove(f.dir);
}

/* What was written may not be on the disk: a close that fails is no key. */
static void a_key_that_may_not_be_on_the_disk_is_none(void **state)
{
    struct folder f;
    int refused = 0;

    (void)state;
    scratch_make(f.dir);
    for (int n = 1; n < CALLS_MAX; n++) {
        failed = false;
        left = n;
        if (start_first(&f) && strcmp(which, "close") == 0)
            refused++;
        left = 0;
    }
    assert_int_equal(refused, 1);
    scratch_remove(f.dir);
}

/* --------------------------------------------------------------------------------- tokens */

static const unsigned char raw[TOKEN_KEY_LEN] = "0123456789abcdef0123456789abcde";

static int open_key(void *arg)
{
    struct token_key *key = NULL;
    int e = token_key_open(&key, raw, "1");

    (void)arg;
    assert_true(!e == (key != NULL));
    token_key_close(key);
    return e;
}

static struct token_claims a_claim(void)
{
    struct token_claims claims = {.issued_at = NOW_MS, .expires_at = NOW_MS + 900000};

    memcpy(claims.user, USER, sizeof(USER));
    memcpy(claims.family, USER, sizeof(USER));
    return claims;
}

static int issue(void *arg)
{
    struct token_claims claims = a_claim();
    char text[TOKEN_TEXT_MAX] = "";
    int e = token_issue(arg, &claims, text);
    int was = left;

    left = 0;
    if (!e)
        assert_int_equal(token_verify(arg, text, strlen(text), NOW_MS, &claims), 0);
    left = was;
    return e;
}

/* A token that cannot be looked at is not believed, and one whose look fails less so. */
static int verify(void *arg)
{
    struct token_claims claims = a_claim();
    char text[TOKEN_TEXT_MAX];
    int was = left;

    left = 0;
    assert_int_equal(token_issue(arg, &claims, text), 0);
    left = was;
    claims = (struct token_claims){.user = ""};
    if (!token_verify(arg, text, strlen(text), NOW_MS, &claims))
        return 0;
    assert_string_equal(claims.user, "");
    return UV_EACCES;
}

static void a_token_is_signed_or_not_handed_over(void **state)
{
    struct token_key *key;

    (void)state;
    assert_int_equal(each_call(open_key, NULL, NULL), 3);
    assert_int_equal(token_key_open(&key, raw, "1"), 0);
    assert_int_equal(each_call(issue, key, NULL), 3);
    assert_int_equal(each_call(verify, key, NULL), 3);
    token_key_close(key);
}

/* ------------------------------------------------------------------------------ passwords */

static void want_code(int (*work)(void *arg), void *arg, int code)
{
    failed = false;
    left = 1;
    assert_int_equal(work(arg), code);
    assert_true(failed);
    left = 0;
}

static int hash(void *arg)
{
    return password_hash("correct horse", arg);
}

static int check(void *arg)
{
    return password_check(arg, "correct horse");
}

static int check_nobody(void *arg)
{
    (void)arg;
    return password_check_nobody("correct horse");
}

/* No memory is no wrong password: who has the right one is not told that it is wrong. */
static void a_password_that_cannot_be_checked_is_neither_right_nor_wrong(void **state)
{
    char encoded[PASSWORD_TEXT_MAX];

    (void)state;
    want_code(hash, encoded, UV_ENOMEM);
    assert_int_equal(hash(encoded), 0);
    want_code(check, encoded, UV_ENOMEM);
    assert_int_equal(check(encoded), 0);
    want_code(check_nobody, NULL, UV_ENOMEM);
    assert_int_equal(check_nobody(NULL), UV_EACCES);
}

/* ---------------------------------------------------------------------------------- wiping */

static void a_key_is_wiped_wherever_it_was(void **state)
{
    static const char text[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    unsigned char key[32];
    struct seal *seal;
    struct folder f;
    char *made;

    (void)state;
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (unsigned char)i;
    wiped_len = 0;
    assert_int_equal(seal_open(&seal, NULL, text, SEAL_FIRST_START, NULL), 0);
    assert_int_equal(wiped_with(text, sizeof(text) - 1), 1);
    seal_close(seal);
    assert_int_equal(wiped_with(key, sizeof(key)), 1); /* the master key, with the rest */

    assert_int_equal(seal_open(&seal, NULL, KEY, SEAL_FIRST_START, NULL), 0);
    assert_int_equal(wiped_with(key, sizeof(key)), 3); /* to derive from it, twice, and the ring */
    seal_close(seal);

    scratch_make(f.dir);
    snprintf(f.key, sizeof(f.key), "%s/master.key", f.dir);
    assert_int_equal(seal_open(&seal, f.key, NULL, SEAL_FIRST_START, NULL), 0);
    made = scratch_read(f.key, NULL);
    assert_int_equal(wiped_with(made, 64), 2); /* when it was made, and when it was read */
    assert_int_equal(seal_look(seal, NULL), 0);
    assert_int_equal(wiped_with(made, 64), 1);
    free(made);
    seal_close(seal);
    scratch_remove(f.dir);
}

/* What was opened is wiped when it is not what was sealed. */
static void a_text_that_was_changed_is_wiped(void **state)
{
    struct seal *seal;
    char *sealed;
    char *text = NULL;
    char last;

    (void)state;
    assert_int_equal(seal_open(&seal, NULL, KEY, SEAL_FIRST_START, NULL), 0);
    assert_int_equal(seal_text(seal, USER, "context", "a secret text", &sealed), 0);
    last = sealed[strlen(sealed) - 3];
    sealed[strlen(sealed) - 3] = last == 'A' ? 'B' : 'A'; /* of the tag */
    wiped_len = 0;
    assert_int_equal(unseal_text(seal, USER, "context", sealed, &text), UV_EILSEQ);
    assert_null(text);
    assert_int_equal(wiped_with("a secret text", 13), 1);
    free(sealed);
    seal_close(seal);
}

static void a_refresh_token_is_left_nowhere(void **state)
{
    char text[REFRESH_TEXT_MAX];
    unsigned char raw_token[32];

    (void)state;
    wiped_len = 0;
    refresh_new(text);
    assert_int_equal(base64url_decode(text + 3, strlen(text + 3), raw_token, sizeof(raw_token)),
                     sizeof(raw_token));
    assert_int_equal(wiped_with(raw_token, sizeof(raw_token)), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_sealed_or_not_handed_over),
        cmocka_unit_test(a_key_is_made_whole_or_not_at_all),
        cmocka_unit_test(a_key_that_may_not_be_on_the_disk_is_none),
        cmocka_unit_test(a_token_is_signed_or_not_handed_over),
        cmocka_unit_test(a_password_that_cannot_be_checked_is_neither_right_nor_wrong),
        cmocka_unit_test(a_key_is_wiped_wherever_it_was),
        cmocka_unit_test(a_text_that_was_changed_is_wiped),
        cmocka_unit_test(a_refresh_token_is_left_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
