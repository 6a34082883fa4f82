/**
 * @file auth/seal.h  Sensitive text, encrypted before it reaches any store
 *
 * AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the record's id and the field's name
 * are authenticated with it, so that a sealed field cannot be moved to another record unnoticed.
 * Sealed form: "v2.", the name of the key, "." and base64url of nonce, ciphertext, tag; or, from
 * before keys had names, "v1." and the base64url.
 *
 *     seal_open(&seal, "data/keys/master.key", getenv(...), SEAL_FIRST_START, why);
 *     seal_text(seal, profile_id, "profile.context", text, &sealed);
 *
 * Bytes are sealed in the same way, without the text around them: nonce, ciphertext, tag.
 *
 * There may be several keys: the first one seals, all of them open. A new one is put in front with
 * seal_rotate(), seal_again() takes it up in a process that runs, what the old ones sealed is then
 * sealed anew (api/resealing.h), and seal_retire() ends them (docs/guides/keys.md).
 *
 * Threads    Any, after seal_open().
 * Errors     UV_EILSEQ: not sealed by this key, or tampered with.
 * Ownership  Returned strings are the caller's: free().
 */
#ifndef AUTH_SEAL_H
#define AUTH_SEAL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct seal;

enum {
    SEAL_KEYS_MAX = 8,                    /**< Known at the same time */
    SEAL_ID_LEN = 8,                      /**< Of a key's name: hex digits */
    SEAL_PREFIX_MAX = 3 + SEAL_ID_LEN + 2 /**< "v2.", the name, "." and NUL */
};

/** One of the keys, for sealing many pieces with the same one. Wipe it afterwards. */
struct seal_key {
    char id[SEAL_ID_LEN + 1]; /**< Its name: tells nothing about the key */
    unsigned char bytes[32];
};

enum seal_start {
    SEAL_FIRST_START, /**< Nothing is sealed yet: a key file that is not there is made */
    SEAL_KEY_IN_USE,  /**< Something is: a key file that is not there is UV_ENOENT, since a second
                           key would lose everything that the first one sealed */
};

/** key_text (64 hex digits or base64 of 32 bytes, old keys behind it with commas between) wins;
 *  otherwise the key file, of mode 0600, a key a line. A file that others may read is refused with
 *  the way out. */
int seal_open(struct seal **sp, const char *key_path, const char *key_text, enum seal_start start,
              struct errbuf *why);
void seal_close(struct seal *seal);

/** Does the key file still hold the key that seals? 0, also without a file; UV_ENOENT it is gone;
 *  UV_EILSEQ it holds others; others when it cannot be read. Reads a few bytes. */
int seal_look(const struct seal *seal, struct errbuf *why);
/** Take up the keys that the file holds now: the first one seals from now on, and what is not there
 *  any more is forgotten. Fails as seal_look() does, and changes nothing then. */
int seal_again(struct seal *seal, struct errbuf *why);

/** A new key, in front of those in the file. On the disk when it returns 0. UV_ENOSPC: there are
 *  SEAL_KEYS_MAX. */
int seal_rotate(const char *key_path, struct errbuf *why);
/** The first key of the file stays, the others are gone for good. */
int seal_retire(const char *key_path, struct errbuf *why);

/** The names of the keys, that of the one that seals first; how many. */
size_t seal_ids(const struct seal *seal, char ids[static SEAL_KEYS_MAX][SEAL_ID_LEN + 1]);
/** Is this text sealed by the key that seals now? "v1." counts where there is one key only. */
bool seal_is_fresh(const struct seal *seal, const char *sealed);

int seal_text(const struct seal *seal, const char *id, const char *field, const char *text,
              char **sealed);
/** NULL and "" come back as "". */
int unseal_text(const struct seal *seal, const char *id, const char *field, const char *sealed,
                char **text);

enum { SEAL_MORE = 28 }; /**< What sealing adds to bytes: nonce and tag, [bytes] */

void seal_key_now(const struct seal *seal, struct seal_key *key); /**< The one that seals */
/** By its name, SEAL_ID_LEN bytes; UV_ENOENT. */
int seal_key_find(const struct seal *seal, const char *id, struct seal_key *key);
/** One after the other, the oldest first; UV_ENOENT behind the last. */
int seal_key_at(const struct seal *seal, size_t at, struct seal_key *key);
void seal_key_wipe(struct seal_key *key);

/** sealed has room for len + SEAL_MORE. */
int seal_bytes(const struct seal *seal, const struct seal_key *key, const char *id,
               const char *field, const void *clear, size_t len, void *sealed);
/** clear has room for len - SEAL_MORE; nothing of it is left there when that fails. */
int unseal_bytes(const struct seal *seal, const struct seal_key *key, const char *id,
                 const char *field, const void *sealed, size_t len, void *clear);

/** A key for another purpose derived from the master key that seals (HKDF-SHA-256, RFC 5869). */
int seal_derive(const struct seal *seal, const char *purpose, unsigned char *key, size_t len);

#endif
