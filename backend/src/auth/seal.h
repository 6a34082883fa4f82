/**
 * @file auth/seal.h  Sensitive text, encrypted before it reaches any store
 *
 * AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the record's id and the field's name
 * are authenticated with it, so that a sealed field cannot be moved to another record unnoticed.
 * Sealed form: "v1." and base64url of nonce, ciphertext, tag.
 *
 *     seal_open(&seal, "data/keys/master.key", getenv(...), SEAL_FIRST_START, why);
 *     seal_text(seal, profile_id, "profile.context", text, &sealed);
 *
 * Bytes are sealed in the same way, without the text around them: nonce, ciphertext, tag.
 *
 * Threads    Any, after seal_open().
 * Errors     UV_EILSEQ: not sealed by this key, or tampered with.
 * Ownership  Returned strings are the caller's: free().
 */
#ifndef AUTH_SEAL_H
#define AUTH_SEAL_H

#include "base/error.h"

#include <stddef.h>

struct seal;

enum seal_start {
    SEAL_FIRST_START, /**< Nothing is sealed yet: a key file that is not there is made */
    SEAL_KEY_IN_USE,  /**< Something is: a key file that is not there is UV_ENOENT, since a second
                           key would lose everything that the first one sealed */
};

/** key_text (64 hex digits or base64 of 32 bytes) wins; otherwise the key file, of mode 0600. A
 *  file that others may read is refused with the way out. */
int seal_open(struct seal **sp, const char *key_path, const char *key_text, enum seal_start start,
              struct errbuf *why);
void seal_close(struct seal *seal);

/** Does the key file still hold this key? 0, also without a file; UV_ENOENT it is gone; UV_EILSEQ
 *  it holds another one; others when it cannot be read. Reads a few bytes. */
int seal_look(const struct seal *seal, struct errbuf *why);

int seal_text(const struct seal *seal, const char *id, const char *field, const char *text,
              char **sealed);
/** NULL and "" come back as "". */
int unseal_text(const struct seal *seal, const char *id, const char *field, const char *sealed,
                char **text);

enum { SEAL_MORE = 28 }; /**< What sealing adds to bytes: nonce and tag, [bytes] */

/** sealed has room for len + SEAL_MORE. */
int seal_bytes(const struct seal *seal, const char *id, const char *field, const void *clear,
               size_t len, void *sealed);
/** clear has room for len - SEAL_MORE; nothing of it is left there when that fails. */
int unseal_bytes(const struct seal *seal, const char *id, const char *field, const void *sealed,
                 size_t len, void *clear);

/** A key for another purpose derived from the master key (HKDF-SHA-256, RFC 5869). */
int seal_derive(const struct seal *seal, const char *purpose, unsigned char *key, size_t len);

#endif
