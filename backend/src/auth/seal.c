/**
 * @file auth/seal.c  Sensitive text, encrypted before it reaches any store
 *
 * "v2." id[8] "." base64url( nonce[12] ciphertext[n] tag[16] ), with "field:id" as associated data;
 * "v1." from before there were several keys has no key name. The encryption key is derived from the
 * master key, so that the same master key can serve tokens too. Random 96-bit nonces are safe for
 * up to 2^32 messages per key (SP 800-38D section 8.3).
 */
#include "auth/seal.h"

#include "auth/base64url.h"
#include "auth/keyring.h"
#include "base/id.h"
#include "base/text.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NONCE_LEN = 12,
    TAG_LEN = SEAL_MORE - NONCE_LEN,
    AAD_MAX = 128,
    SEAL_TEXT_MAX = 4 << 20, /* longest text sealed [bytes]: far above any field's own limit */
};

static const char before_ids[] = "v1.";

struct seal {
    uv_rwlock_t lock;
    size_t count;                        /* {lock} */
    struct seal_key keys[SEAL_KEYS_MAX]; /* {lock} the first one seals */
    unsigned char master[KEY_LEN];       /* {lock} the first master key */
    EVP_CIPHER *cipher;
    char *path; /* of the key file; NULL if the keys were given as text */
};

/* ----------------------------------------------------------------------------- the keys */

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

/* A lookup changes nothing visible, so the lock may be const. */
static uv_rwlock_t *lock_of(const struct seal *seal)
{
    return (uv_rwlock_t *)(uintptr_t)&seal->lock;
}

static int derive_key(const unsigned char master[static KEY_LEN], struct seal_key *key)
{
    unsigned char id[SEAL_ID_LEN / 2];
    int err = derive(master, "interviewd fields v1", key->bytes, sizeof(key->bytes));

    if (!err)
        err = derive(master, "interviewd key id v1", id, sizeof(id));
    for (size_t i = 0; i < sizeof(id) && !err; i++)
        snprintf(key->id + 2 * i, 3, "%02x", id[i]);
    return err;
}

void seal_key_wipe(struct seal_key *key)
{
    explicit_bzero(key, sizeof(*key));
}

/* Takes over the keys that were read: with {lock}, or before others use the seal. */
static int use_ring(struct seal *seal, const struct keyring *ring)
{
    struct seal_key keys[SEAL_KEYS_MAX] = {0};
    int err = 0;

    for (size_t i = 0; i < ring->count && !err; i++)
        err = derive_key(ring->key[i], &keys[i]);
    if (!err) {
        memcpy(seal->keys, keys, sizeof(keys));
        memcpy(seal->master, ring->key[0], KEY_LEN);
        seal->count = ring->count;
    }
    explicit_bzero(keys, sizeof(keys));
    return err;
}

int seal_open(struct seal **sp, const char *key_path, const char *key_text, enum seal_start start,
              struct errbuf *why)
{
    struct seal *seal = calloc(1, sizeof(*seal));
    struct keyring ring = {0};
    int err = 0;

    if (!seal || uv_rwlock_init(&seal->lock)) {
        free(seal);
        return err_set(why, UV_ENOMEM, "out of memory");
    }
    if (key_text && key_text[0]) {
        if (keyring_parse(key_text, &ring))
            err = err_set(why, UV_EINVAL,
                          "INTERVIEWD_MASTER_KEY must be 64 hex digits or base64 of 32 bytes; old "
                          "keys may follow, with commas between");
    } else {
        err = keyring_load(key_path, start, &ring, why);
        if (!err && !(seal->path = strdup(key_path)))
            err = err_set(why, UV_ENOMEM, "out of memory");
    }
    if (!err && use_ring(seal, &ring))
        err = err_set(why, UV_ENOMEM, "cannot derive a key");
    keyring_wipe(&ring);
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
    uv_rwlock_destroy(&seal->lock);
    free(seal->path);
    explicit_bzero(seal, sizeof(*seal));
    free(seal);
}

int seal_derive(const struct seal *seal, const char *purpose, unsigned char *key, size_t len)
{
    unsigned char master[KEY_LEN];
    int err;

    uv_rwlock_rdlock(lock_of(seal));
    memcpy(master, seal->master, KEY_LEN);
    uv_rwlock_rdunlock(lock_of(seal));
    err = derive(master, purpose, key, len);
    explicit_bzero(master, sizeof(master));
    return err;
}

size_t seal_ids(const struct seal *seal, char ids[static SEAL_KEYS_MAX][SEAL_ID_LEN + 1])
{
    size_t count;

    uv_rwlock_rdlock(lock_of(seal));
    count = seal->count;
    for (size_t i = 0; i < count; i++)
        memcpy(ids[i], seal->keys[i].id, sizeof(ids[i]));
    uv_rwlock_rdunlock(lock_of(seal));
    return count;
}

void seal_key_now(const struct seal *seal, struct seal_key *key)
{
    uv_rwlock_rdlock(lock_of(seal));
    *key = seal->keys[0];
    uv_rwlock_rdunlock(lock_of(seal));
}

int seal_key_find(const struct seal *seal, const char *id, struct seal_key *key)
{
    int err = UV_ENOENT;

    uv_rwlock_rdlock(lock_of(seal));
    for (size_t i = 0; i < seal->count && err; i++) {
        if (memcmp(seal->keys[i].id, id, SEAL_ID_LEN) != 0)
            continue;
        *key = seal->keys[i];
        err = 0;
    }
    uv_rwlock_rdunlock(lock_of(seal));
    return err;
}

int seal_key_at(const struct seal *seal, size_t at, struct seal_key *key)
{
    int err = UV_ENOENT;

    uv_rwlock_rdlock(lock_of(seal));
    if (at < seal->count) {
        *key = seal->keys[seal->count - 1 - at];
        err = 0;
    }
    uv_rwlock_rdunlock(lock_of(seal));
    return err;
}

/* ------------------------------------------------------------------------- the key file */

/* Is the current sealing key in the file? */
static bool knows_ours(const struct seal *seal, const struct keyring *ring)
{
    bool knows = false;

    for (size_t i = 0; i < ring->count; i++)
        knows |= text_equal_secret(ring->key[i], seal->master, KEY_LEN);
    return knows;
}

static int read_again(const struct seal *seal, struct keyring *ring, struct errbuf *why)
{
    int err = keyring_load(seal->path, SEAL_KEY_IN_USE, ring, why);
    bool knows;

    if (err)
        return err;
    uv_rwlock_rdlock(lock_of(seal));
    knows = knows_ours(seal, ring);
    uv_rwlock_rdunlock(lock_of(seal));
    return knows ? 0
                 : err_set(why, UV_EILSEQ, "the key file %s holds another key than the one in use",
                           seal->path);
}

int seal_look(const struct seal *seal, struct errbuf *why)
{
    struct keyring ring = {0};
    int err = seal->path ? read_again(seal, &ring, why) : 0;

    keyring_wipe(&ring);
    return err;
}

int seal_again(struct seal *seal, struct errbuf *why)
{
    struct keyring ring = {0};
    int err = seal->path ? read_again(seal, &ring, why) : 0;

    if (!err && seal->path) {
        uv_rwlock_wrlock(&seal->lock);
        err = use_ring(seal, &ring);
        uv_rwlock_wrunlock(&seal->lock);
        if (err)
            err_set(why, err, "cannot derive a key");
    }
    keyring_wipe(&ring);
    return err;
}

static int add_key(struct keyring *ring, struct errbuf *why)
{
    if (ring->count == SEAL_KEYS_MAX)
        return err_set(why, UV_ENOSPC,
                       "there are %d keys already: retire the old ones first (interviewd keys "
                       "retire)",
                       SEAL_KEYS_MAX);
    memmove(ring->key[1], ring->key[0], ring->count * KEY_LEN);
    random_bytes(ring->key[0], KEY_LEN);
    ring->count++;
    return 0;
}

static int drop_keys(struct keyring *ring, struct errbuf *why)
{
    (void)why;
    ring->count = 1;
    return 0;
}

int seal_rotate(const char *key_path, struct errbuf *why)
{
    return keyring_change(key_path, add_key, why);
}

int seal_retire(const char *key_path, struct errbuf *why)
{
    return keyring_change(key_path, drop_keys, why);
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

int seal_bytes(const struct seal *seal, const struct seal_key *key, const char *id,
               const char *field, const void *clear, size_t len, void *sealed)
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
    if (EVP_EncryptInit_ex2(ctx, seal->cipher, key->bytes, raw, NULL) == 1 &&
        !(err = associate(ctx, id, field)) &&
        ((len && EVP_EncryptUpdate(ctx, raw + NONCE_LEN, &n, clear, (int)len) != 1) ||
         EVP_EncryptFinal_ex(ctx, raw + NONCE_LEN + len, &n) != 1 ||
         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, raw + NONCE_LEN + len) != 1))
        err = UV_ENOMEM;
    EVP_CIPHER_CTX_free(ctx);
    return err;
}

int unseal_bytes(const struct seal *seal, const struct seal_key *key, const char *id,
                 const char *field, const void *sealed, size_t len, void *clear)
{
    const unsigned char *raw = sealed;
    unsigned char tag[TAG_LEN];
    EVP_CIPHER_CTX *ctx;
    int err = UV_EILSEQ;
    int n = 0;

    if (len < SEAL_MORE || len - SEAL_MORE > SEAL_TEXT_MAX)
        return UV_EILSEQ;
    len -= SEAL_MORE;
    memcpy(tag, raw + NONCE_LEN + len, TAG_LEN); /* OpenSSL wants a writable one */
    ctx = EVP_CIPHER_CTX_new();
    if (!ctx || EVP_DecryptInit_ex2(ctx, seal->cipher, key->bytes, raw, NULL) != 1 ||
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
    char *to = raw ? malloc(SEAL_PREFIX_MAX + BASE64URL_LEN(raw_len)) : NULL;
    int err = len > SEAL_TEXT_MAX ? UV_E2BIG : UV_ENOMEM;
    struct seal_key key;

    seal_key_now(seal, &key);
    if (to)
        err = seal_bytes(seal, &key, id, field, text, len, raw);
    if (!err) {
        int n = snprintf(to, SEAL_PREFIX_MAX, "v2.%s.", key.id);

        base64url_encode(raw, raw_len, to + n);
        *sealed = to;
        to = NULL;
    }
    seal_key_wipe(&key);
    free(raw);
    free(to);
    return err;
}

/* Without a key name: tries all keys, oldest first. */
static int unseal_by_any(const struct seal *seal, const char *id, const char *field,
                         const void *raw, size_t len, char *clear)
{
    struct seal_key key;
    int err = UV_EILSEQ;

    for (size_t i = 0; err == UV_EILSEQ && !seal_key_at(seal, i, &key); i++)
        err = unseal_bytes(seal, &key, id, field, raw, len, clear);
    seal_key_wipe(&key);
    return err;
}

static int unseal_by(const struct seal *seal, const char *key_id, const char *id, const char *field,
                     const void *raw, size_t len, char *clear)
{
    struct seal_key key;
    int err = seal_key_find(seal, key_id, &key);

    if (err)
        return UV_EILSEQ;
    err = unseal_bytes(seal, &key, id, field, raw, len, clear);
    seal_key_wipe(&key);
    return err;
}

/* Where the data begins, and the key's name or NULL; returns NULL if it is not sealed. */
static const char *skip_prefix(const char *sealed, size_t len, const char **key_id)
{
    *key_id = NULL;
    if (len > sizeof(before_ids) - 1 && !memcmp(sealed, before_ids, sizeof(before_ids) - 1))
        return sealed + sizeof(before_ids) - 1;
    if (len < SEAL_PREFIX_MAX || memcmp(sealed, "v2.", 3) != 0 ||
        sealed[SEAL_PREFIX_MAX - 2] != '.')
        return NULL;
    *key_id = sealed + 3;
    return sealed + SEAL_PREFIX_MAX - 1;
}

int unseal_text(const struct seal *seal, const char *id, const char *field, const char *sealed,
                char **text)
{
    size_t len = sealed ? strlen(sealed) : 0;
    size_t most = len / 4 * 3 + 3;
    unsigned char *raw;
    char *clear;
    const char *from;
    const char *key_id;
    long raw_len;
    int err = UV_EILSEQ;

    if (!len)
        return (*text = strdup("")) ? 0 : UV_ENOMEM;
    if (!(from = skip_prefix(sealed, len, &key_id)))
        return UV_EILSEQ;

    raw = malloc(most);
    clear = malloc(most + 1);
    if (!raw || !clear) {
        err = UV_ENOMEM;
        goto out;
    }
    raw_len = base64url_decode(from, len - (size_t)(from - sealed), raw, most);
    if (raw_len < SEAL_MORE)
        goto out;
    err = key_id ? unseal_by(seal, key_id, id, field, raw, (size_t)raw_len, clear)
                 : unseal_by_any(seal, id, field, raw, (size_t)raw_len, clear);
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

bool seal_is_fresh(const struct seal *seal, const char *sealed)
{
    char ids[SEAL_KEYS_MAX][SEAL_ID_LEN + 1];
    size_t count = seal_ids(seal, ids);

    if (!strncmp(sealed, "v2.", 3))
        return !strncmp(sealed + 3, ids[0], SEAL_ID_LEN) && sealed[3 + SEAL_ID_LEN] == '.';
    return count == 1 && !strncmp(sealed, before_ids, sizeof(before_ids) - 1);
}
