/**
 * @file auth/key_copy.h  A copy of the master keys, encrypted with a passphrase
 *
 *     key_copy_make(key_path, key_text, passphrase, copy, &len, why);      // store it anywhere
 *     key_copy_open(copy, len, passphrase, "other/keys/master.key", why);  // makes that file
 *
 * "IVDKEYS1", a salt, and the keys encrypted by AES-256-GCM with a key that argon2id (RFC 9106)
 * derives from the passphrase, with 128 MiB and three passes: each guess costs an attacker the
 * same.
 *
 * Threads    Any; takes a second.
 * Errors     UV_EACCES: wrong passphrase, or the copy was changed; UV_EINVAL: not a copy;
 *            UV_EEXIST: there is another key already; UV_ENOMEM; others from the file.
 */
#ifndef AUTH_KEY_COPY_H
#define AUTH_KEY_COPY_H

#include "base/error.h"

#include <stddef.h>

enum {
    KEY_COPY_MAX = 1024,   /**< Longest copy [bytes] */
    PASSPHRASE_MIN = 12,   /**< Shortest passphrase [bytes] */
    PASSPHRASE_MAX = 1024, /**< Longest, and NUL */
};

/** key_text: as for seal_open(); NULL or "": the keys in the file. copy has room for
 *  KEY_COPY_MAX. */
int key_copy_make(const char *key_path, const char *key_text, const char *passphrase,
                  unsigned char *copy, size_t *len, struct errbuf *why);
/** Creates the key file, mode 0600, unless it exists with the same keys. */
int key_copy_open(const unsigned char *copy, size_t len, const char *passphrase,
                  const char *key_path, struct errbuf *why);

#endif
