/**
 * @file auth/key_copy.c  A copy of the master keys, encrypted with a passphrase
 */
#include "auth/key_copy.h"

#include "auth/keyring.h"
#include "base/id.h"

#include <argon2.h>
#include <openssl/evp.h>
#include <string.h>

static const char magic[] = "IVDKEYS1";

enum {
    MAGIC = sizeof(magic) - 1,
    SALT = 16,
    NONCE = 12,
    TAG = 16,
    HEAD = MAGIC + SALT + NONCE,
    PASSES = 3,
    MEMORY_KIB = 128 << 10,
    LANES = 4,
};

_Static_assert((int)HEAD + (int)KEYRING_TEXT_MAX + (int)TAG <= (int)KEY_COPY_MAX,
               "make KEY_COPY_MAX larger");

static int stretch(const char *passphrase, const unsigned char *salt,
                   unsigned char key[static KEY_LEN], struct errbuf *why)
{
    if (strlen(passphrase) < PASSPHRASE_MIN)
        return err_set(why, UV_EINVAL, "a passphrase has %d characters at least", PASSPHRASE_MIN);
    if (argon2id_hash_raw(PASSES, MEMORY_KIB, LANES, passphrase, strlen(passphrase), salt, SALT,
                          key, KEY_LEN) != ARGON2_OK)
        return err_set(why, UV_ENOMEM, "there is no memory for the passphrase: it takes 128 MiB");
    return 0;
}

/* The header is authenticated too. */
static int encrypt(const unsigned char key[static KEY_LEN], const char *text, size_t len,
                   unsigned char *copy)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    unsigned char *to = copy + HEAD;
    int n;
    int ok = ctx &&
             EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), key, copy + MAGIC + SALT, NULL) == 1 &&
             EVP_EncryptUpdate(ctx, NULL, &n, copy, HEAD) == 1 &&
             EVP_EncryptUpdate(ctx, to, &n, (const unsigned char *)text, (int)len) == 1 &&
             EVP_EncryptFinal_ex(ctx, to + len, &n) == 1 &&
             EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, to + len) == 1;

    EVP_CIPHER_CTX_free(ctx);
    return ok ? 0 : UV_ENOMEM;
}

static int decrypt(const unsigned char key[static KEY_LEN], const unsigned char *copy, size_t len,
                   char *text)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    size_t text_len = len - HEAD - TAG;
    unsigned char tag[TAG];
    int err = UV_EACCES;
    int n;

    memcpy(tag, copy + len - TAG, TAG);
    if (!ctx || EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), key, copy + MAGIC + SALT, NULL) != 1 ||
        EVP_DecryptUpdate(ctx, NULL, &n, copy, HEAD) != 1 ||
        EVP_DecryptUpdate(ctx, (unsigned char *)text, &n, copy + HEAD, (int)text_len) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag) != 1)
        err = UV_ENOMEM;
    else if (EVP_DecryptFinal_ex(ctx, (unsigned char *)text + text_len, &n) == 1)
        err = 0;
    EVP_CIPHER_CTX_free(ctx);
    text[err ? 0 : text_len] = '\0';
    return err;
}

static int load_ring(const char *key_path, const char *key_text, struct keyring *ring,
                     struct errbuf *why)
{
    if (!key_text || !key_text[0])
        return keyring_load(key_path, SEAL_KEY_IN_USE, ring, why);
    return keyring_parse(key_text, ring)
               ? err_set(why, UV_EINVAL, "INTERVIEWD_MASTER_KEY does not hold a key")
               : 0;
}

int key_copy_make(const char *key_path, const char *key_text, const char *passphrase,
                  unsigned char *copy, size_t *len, struct errbuf *why)
{
    struct keyring ring = {0};
    unsigned char key[KEY_LEN];
    char text[KEYRING_TEXT_MAX];
    size_t n = 0;
    int err = load_ring(key_path, key_text, &ring, why);

    memcpy(copy, magic, MAGIC);
    random_bytes(copy + MAGIC, SALT + NONCE);
    if (!err)
        err = stretch(passphrase, copy + MAGIC, key, why);
    if (!err) {
        n = keyring_print(&ring, text);
        err = encrypt(key, text, n, copy);
        if (err)
            err_set(why, err, "the keys cannot be encrypted");
    }
    keyring_wipe(&ring);
    explicit_bzero(key, sizeof(key));
    explicit_bzero(text, sizeof(text));
    *len = HEAD + n + TAG;
    return err;
}

int key_copy_open(const unsigned char *copy, size_t len, const char *passphrase,
                  const char *key_path, struct errbuf *why)
{
    struct keyring ring = {0};
    unsigned char key[KEY_LEN];
    char text[KEY_COPY_MAX];
    int err;

    if (len <= HEAD + TAG || len > KEY_COPY_MAX || memcmp(copy, magic, MAGIC) != 0)
        return err_set(why, UV_EINVAL, "that is no copy of master keys");
    err = stretch(passphrase, copy + MAGIC, key, why);
    if (err)
        return err;
    err = decrypt(key, copy, len, text);
    if (err == UV_EACCES)
        err_set(why, err, "that is not the passphrase, or the copy of the keys was changed");
    else if (err || (err = keyring_parse(text, &ring)))
        err_set(why, err, "the keys cannot be decrypted");
    if (!err)
        err = keyring_make(key_path, &ring, why);
    keyring_wipe(&ring);
    explicit_bzero(key, sizeof(key));
    explicit_bzero(text, sizeof(text));
    return err;
}
