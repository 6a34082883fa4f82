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
 * Bytes are sealed in the same way, but in binary: nonce, ciphertext, tag.
 *
 * There may be several keys: the first one seals, all of them open. seal_rotate() adds a new one at
 * the front, seal_again() loads it in a running process, everything is then resealed
 * (api/resealing.h), and seal_retire() removes the old ones (docs/guides/keys.md).
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
    SEAL_ID_LEN = 8,                      /**< Length of a key's name: hex digits */
    SEAL_PREFIX_MAX = 3 + SEAL_ID_LEN + 2 /**< "v2.", the name, "." and NUL */
};

/** One of the keys, for sealing many pieces with the same one. Wipe it after use. */
struct seal_key {
    char id[SEAL_ID_LEN + 1]; /**< Its name: reveals nothing about the key */
    unsigned char bytes[32];
};

enum seal_start {
    SEAL_FIRST_START, /**< Nothing is sealed yet: a missing key file is created */
    SEAL_KEY_IN_USE,  /**< There is sealed data: a missing key file is UV_ENOENT, because a second
                           key would lose everything that the first one sealed */
};

/** key_text (64 hex digits or base64 of 32 bytes, then older keys, separated by commas) has
 *  priority; otherwise the key file, mode 0600, with one key per line. A file that others can read
 *  is refused, with a sentence that says how to fix it. */
int seal_open(struct seal **sp, const char *key_path, const char *key_text, enum seal_start start,
              struct errbuf *why);
void seal_close(struct seal *seal);

/** Does the key file still contain the sealing key? 0, also if there is no file; UV_ENOENT: it is
 *  gone; UV_EILSEQ: it contains others; other errors if it cannot be read. Reads a few bytes. */
int seal_look(const struct seal *seal, struct errbuf *why);
/** Load the keys that are in the file now: the first one seals from now on, and missing ones are
 *  forgotten. Fails like seal_look(), and then changes nothing. */
int seal_again(struct seal *seal, struct errbuf *why);

/** Adds a new key at the front of the file. It is on disk when this returns 0. UV_ENOSPC: there are
 *  SEAL_KEYS_MAX. */
int seal_rotate(const char *key_path, struct errbuf *why);
/** Keeps the first key of the file and removes the others for good. */
int seal_retire(const char *key_path, struct errbuf *why);

/** The names of the keys, the sealing one first; returns how many. */
size_t seal_ids(const struct seal *seal, char ids[static SEAL_KEYS_MAX][SEAL_ID_LEN + 1]);
/** Is this text sealed with the current key? "v1." counts if there is only one key. */
bool seal_is_fresh(const struct seal *seal, const char *sealed);

int seal_text(const struct seal *seal, const char *id, const char *field, const char *text,
              char **sealed);
/** NULL and "" become "". */
int unseal_text(const struct seal *seal, const char *id, const char *field, const char *sealed,
                char **text);

enum { SEAL_MORE = 28 }; /**< Bytes added by sealing: nonce and tag */

void seal_key_now(const struct seal *seal, struct seal_key *key); /**< The sealing key */
/** By its name, SEAL_ID_LEN bytes; UV_ENOENT. */
int seal_key_find(const struct seal *seal, const char *id, struct seal_key *key);
/** One by one, oldest first; UV_ENOENT after the last. */
int seal_key_at(const struct seal *seal, size_t at, struct seal_key *key);
void seal_key_wipe(struct seal_key *key);

/** sealed has room for len + SEAL_MORE. */
int seal_bytes(const struct seal *seal, const struct seal_key *key, const char *id,
               const char *field, const void *clear, size_t len, void *sealed);
/** clear has room for len - SEAL_MORE; nothing is left in it on failure. */
int unseal_bytes(const struct seal *seal, const struct seal_key *key, const char *id,
                 const char *field, const void *sealed, size_t len, void *clear);

/** A key for another purpose, derived from the sealing master key (HKDF-SHA-256, RFC 5869). */
int seal_derive(const struct seal *seal, const char *purpose, unsigned char *key, size_t len);

#endif
