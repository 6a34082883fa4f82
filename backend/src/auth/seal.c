/**
 * @file auth/seal.c  Sensitive text, encrypted before it reaches any store
 *
 * "v1." base64url( nonce[12] ciphertext[n] tag[16] ), with "field:id" as associated data. The key
 * that encrypts is derived from the master key, so that the same master key can serve tokens too.
 * Random 96-bit nonces are safe up to 2^32 messages a key (SP 800-38D section 8.3).
 */
#include "auth/seal.h"

#include "auth/base64url.h"
#include "base/id.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    KEY_LEN = 32,
    NONCE_LEN = 12,
    TAG_LEN = SEAL_MORE - NONCE_LEN,
    AAD_MAX = 128,
    SEAL_TEXT_MAX = 4 << 20, /* longest text sealed, [bytes]: far above any field's own limit */
    KEY_FILE_MAX = 128,
};

static const char prefix[] = "v1.";

struct seal {
    unsigned char master[KEY_LEN];
    unsigned char field[KEY_LEN];
    EVP_CIPHER *cipher;
    char *path; /* of the key file; NULL when the key came as text */
};

/* ------------------------------------------------------------------------------ the key */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int from_hex(const char *text, unsigned char key[static KEY_LEN])
{
    for (size_t i = 0; i < KEY_LEN; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return UV_EINVAL;
        key[i] = (unsigned char)(high << 4 | low);
    }
    return 0;
}

/* Both alphabets of base64, with or without padding. */
static int from_base64(const char *text, size_t len, unsigned char key[static KEY_LEN])
{
    char url[BASE64URL_LEN(KEY_LEN)];
    long n;

    while (len && text[len - 1] == '=')
        len--;
    if (len != BASE64URL_LEN(KEY_LEN))
        return UV_EINVAL;
    for (size_t i = 0; i < len; i++)
        url[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    n = base64url_decode(url, len, key, KEY_LEN);
    explicit_bzero(url, sizeof(url));
    return n == KEY_LEN ? 0 : UV_EINVAL;
}

static int parse_key(const char *text, unsigned char key[static KEY_LEN])
{
    size_t len = strcspn(text, " \t\r\n");

    if (text[len + strspn(text + len, " \t\r\n")])
        return UV_EINVAL;
    return len == 2 * KEY_LEN ? from_hex(text, key) : from_base64(text, len, key);
}

static int read_key(int fd, const char *path, unsigned char key[static KEY_LEN], struct errbuf *why)
{
    char text[KEY_FILE_MAX + 1];
    struct stat st;
    ssize_t n;
    int err;

    if (fstat(fd, &st))
        return err_set(why, -errno, "cannot read %s: %s", path, strerror(errno));
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return err_set(why, UV_EPERM,
                       "the key file %s can be read by other users of this machine (mode %03o): "
                       "run chmod 600 %s",
                       path, (unsigned)st.st_mode & 0777, path);
    n = read(fd, text, KEY_FILE_MAX);
    if (n < 0)
        return err_set(why, -errno, "cannot read %s: %s", path, strerror(errno));
    text[n] = '\0';
    err = strlen(text) == (size_t)n ? parse_key(text, key) : UV_EINVAL;
    explicit_bzero(text, sizeof(text));
    if (err)
        return err_set(why, UV_EINVAL,
                       "%s does not hold a key (64 hex digits): restore it from a backup; without "
                       "it the stored profiles and transcripts cannot be read",
                       path);
    return 0;
}

static int make_folder(const char *path, struct errbuf *why)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');

    if (!slash || slash == path)
        return 0;
    if ((size_t)(slash - path) >= sizeof(folder))
        return err_set(why, UV_ENAMETOOLONG, "the path of the key file is too long");
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    for (char *p = folder + 1;; p++) {
        char was = *p;

        if (was != '/' && was != '\0')
            continue;
        *p = '\0';
        if (!mkdir(folder, 0700))
            chmod(folder, 0700); /* whatever the umask */
        else if (errno != EEXIST)
            return err_set(why, -errno, "cannot make the folder %s: %s", folder, strerror(errno));
        *p = was;
        if (!was)
            return 0;
    }
}

static int write_all(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = write(fd, text, len);

        if (n < 0)
            return -errno;
        text += n;
        len -= (size_t)n;
    }
    return fsync(fd) ? -errno : 0;
}

static int sync_folder(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    int fd;
    int err;

    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    err = fsync(fd) ? -errno : 0;
    close(fd);
    return err;
}

/* Written apart and linked into place: the name appears with the whole key behind it or not at
 * all, and when two start at once the first one's key is everybody's. */
static int make_key(const char *path, struct errbuf *why)
{
    unsigned char key[KEY_LEN];
    char text[2 * KEY_LEN + 2];
    char *temporary;
    int fd;
    int err;

    if ((err = make_folder(path, why)))
        return err;
    if (asprintf(&temporary, "%s.%ld.new", path, (long)getpid()) < 0)
        return err_set(why, UV_ENOMEM, "out of memory");

    random_bytes(key, sizeof(key));
    for (size_t i = 0; i < KEY_LEN; i++)
        snprintf(text + 2 * i, 3, "%02x", key[i]);
    text[2 * KEY_LEN] = '\n';

    unlink(temporary);
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    err = fd < 0 || fchmod(fd, 0600) ? -errno : write_all(fd, text, 2 * KEY_LEN + 1);
    if (fd >= 0 && close(fd) && !err)
        err = -errno;
    if (!err && link(temporary, path) && errno != EEXIST)
        err = -errno;
    if (!err)
        err = sync_folder(path);
    unlink(temporary);
    if (err)
        err_set(why, err, "cannot make the key file %s: %s", path, uv_strerror(err));
    explicit_bzero(key, sizeof(key));
    explicit_bzero(text, sizeof(text));
    free(temporary);
    return err;
}

static int load_key(const char *path, enum seal_start start, unsigned char key[static KEY_LEN],
                    struct errbuf *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int err;

    if (fd < 0 && errno == ENOENT && start == SEAL_KEY_IN_USE)
        return err_set(why, UV_ENOENT,
                       "the key file %s is missing, and what is stored cannot be read without it: "
                       "put it back from a backup with mode 0600, or set INTERVIEWD_MASTER_KEY; no "
                       "second key is made",
                       path);
    if (fd < 0 && errno == ENOENT) {
        if ((err = make_key(path, why)))
            return err;
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0)
        return err_set(why, -errno, "cannot read the key file %s: %s", path, strerror(errno));
    err = read_key(fd, path, key, why);
    close(fd);
    return err;
}

/* RFC 5869 with an empty salt; purpose is the info. */
static int derive(const unsigned char master[static KEY_LEN], const char *purpose,
                  unsigned char *key, size_t len)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    unsigned char secret[KEY_LEN];
    char digest[] = "SHA256";
    char info[64];
    OSSL_PARAM params[4];
    int ok;

    memcpy(secret, master, KEY_LEN);
    snprintf(info, sizeof(info), "%s", purpose);
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret, KEY_LEN);
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, strlen(info));
    params[3] = OSSL_PARAM_construct_end();
    ok = ctx && EVP_KDF_derive(ctx, key, len, params) == 1;
    explicit_bzero(secret, sizeof(secret));
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return ok ? 0 : UV_ENOMEM;
}

int seal_derive(const struct seal *seal, const char *purpose, unsigned char *key, size_t len)
{
    return derive(seal->master, purpose, key, len);
}

int seal_look(const struct seal *seal, struct errbuf *why)
{
    unsigned char key[KEY_LEN];
    int err = seal->path ? load_key(seal->path, SEAL_KEY_IN_USE, key, why) : 0;

    if (!err && seal->path && !text_equal_secret(key, seal->master, KEY_LEN))
        err = err_set(why, UV_EILSEQ, "the key file %s holds another key than the one in use",
                      seal->path);
    explicit_bzero(key, sizeof(key));
    return err;
}

int seal_open(struct seal **sp, const char *key_path, const char *key_text, enum seal_start start,
              struct errbuf *why)
{
    struct seal *seal = calloc(1, sizeof(*seal));
    int err = 0;

    if (!seal)
        return err_set(why, UV_ENOMEM, "out of memory");
    if (key_text && key_text[0]) {
        if (parse_key(key_text, seal->master))
            err = err_set(why, UV_EINVAL,
                          "INTERVIEWD_MASTER_KEY must be 64 hex digits or base64 of 32 bytes");
    } else {
        err = load_key(key_path, start, seal->master, why);
        if (!err && !(seal->path = strdup(key_path)))
            err = err_set(why, UV_ENOMEM, "out of memory");
    }
    if (!err && derive(seal->master, "interviewd fields v1", seal->field, KEY_LEN))
        err = err_set(why, UV_ENOMEM, "cannot derive a key");
    if (!err && !(seal->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL)))
        err = err_set(why, UV_ENOSYS, "this OpenSSL has no AES-256-GCM");
    if (err) {
        seal_close(seal);
        return err;
    }
    *sp = seal;
    return 0;
}

void seal_close(struct seal *seal)
{
    if (!seal)
        return;
    EVP_CIPHER_free(seal->cipher);
    free(seal->path);
    explicit_bzero(seal, sizeof(*seal));
    free(seal);
}

/* ---------------------------------------------------------------------------- the fields */

static int associate(EVP_CIPHER_CTX *ctx, const char *id, const char *field)
{
    char aad[AAD_MAX];
    int n = snprintf(aad, sizeof(aad), "%s:%s", field, id);
    int out;

    if (n < 0 || n >= AAD_MAX)
        return UV_EINVAL;
    return EVP_CipherUpdate(ctx, NULL, &out, (unsigned char *)aad, n) == 1 ? 0 : UV_ENOMEM;
}

int seal_bytes(const struct seal *seal, const char *id, const char *field, const void *clear,
               size_t len, void *sealed)
{
    unsigned char *raw = sealed;
    EVP_CIPHER_CTX *ctx;
    int err = UV_ENOMEM;
    int n = 0;

    if (len > SEAL_TEXT_MAX)
        return UV_E2BIG;
    ctx = EVP_CIPHER_CTX_new();
    if (!ctx)
        return UV_ENOMEM;
    random_bytes(raw, NONCE_LEN);
    if (EVP_EncryptInit_ex2(ctx, seal->cipher, seal->field, raw, NULL) == 1 &&
        !(err = associate(ctx, id, field)) &&
        ((len && EVP_EncryptUpdate(ctx, raw + NONCE_LEN, &n, clear, (int)len) != 1) ||
         EVP_EncryptFinal_ex(ctx, raw + NONCE_LEN + len, &n) != 1 ||
         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, raw + NONCE_LEN + len) != 1))
        err = UV_ENOMEM;
    EVP_CIPHER_CTX_free(ctx);
    return err;
}

int unseal_bytes(const struct seal *seal, const char *id, const char *field, const void *sealed,
                 size_t len, void *clear)
{
    const unsigned char *raw = sealed;
    unsigned char tag[TAG_LEN];
    EVP_CIPHER_CTX *ctx;
    int err = UV_EILSEQ;
    int n = 0;

    if (len < SEAL_MORE || len - SEAL_MORE > SEAL_TEXT_MAX)
        return UV_EILSEQ;
    len -= SEAL_MORE;
    memcpy(tag, raw + NONCE_LEN + len, TAG_LEN); /* OpenSSL wants one that it may write to */
    ctx = EVP_CIPHER_CTX_new();
    if (!ctx || EVP_DecryptInit_ex2(ctx, seal->cipher, seal->field, raw, NULL) != 1 ||
        associate(ctx, id, field))
        err = UV_ENOMEM;
    else if ((!len || EVP_DecryptUpdate(ctx, clear, &n, raw + NONCE_LEN, (int)len) == 1) &&
             EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) == 1 &&
             EVP_DecryptFinal_ex(ctx, (unsigned char *)clear + len, &n) == 1)
        err = 0;
    EVP_CIPHER_CTX_free(ctx);
    if (err)
        explicit_bzero(clear, len);
    return err;
}

int seal_text(const struct seal *seal, const char *id, const char *field, const char *text,
              char **sealed)
{
    size_t len = text ? strlen(text) : 0;
    size_t raw_len = len + SEAL_MORE;
    unsigned char *raw = len <= SEAL_TEXT_MAX ? malloc(raw_len) : NULL;
    char *to = raw ? malloc(sizeof(prefix) + BASE64URL_LEN(raw_len)) : NULL;
    int err = len > SEAL_TEXT_MAX ? UV_E2BIG : UV_ENOMEM;

    if (to)
        err = seal_bytes(seal, id, field, text, len, raw);
    if (!err) {
        memcpy(to, prefix, sizeof(prefix) - 1);
        base64url_encode(raw, raw_len, to + sizeof(prefix) - 1);
        *sealed = to;
        to = NULL;
    }
    free(raw);
    free(to);
    return err;
}

int unseal_text(const struct seal *seal, const char *id, const char *field, const char *sealed,
                char **text)
{
    size_t len = sealed ? strlen(sealed) : 0;
    size_t most = len / 4 * 3 + 3;
    unsigned char *raw;
    char *clear;
    long raw_len;
    int err = UV_EILSEQ;

    if (!len)
        return (*text = strdup("")) ? 0 : UV_ENOMEM;
    if (len < sizeof(prefix) || memcmp(sealed, prefix, sizeof(prefix) - 1) != 0)
        return UV_EILSEQ;

    raw = malloc(most);
    clear = malloc(most + 1);
    if (!raw || !clear) {
        err = UV_ENOMEM;
        goto out;
    }
    raw_len = base64url_decode(sealed + sizeof(prefix) - 1, len - (sizeof(prefix) - 1), raw, most);
    if (raw_len < SEAL_MORE)
        goto out;
    err = unseal_bytes(seal, id, field, raw, (size_t)raw_len, clear);
    if (!err) {
        clear[raw_len - SEAL_MORE] = '\0';
        *text = clear;
        clear = NULL;
    }
out:
    free(raw);
    free(clear);
    return err;
}
