/**
 * @file auth/passkey.h  Passkeys: verifying what a browser answers
 *
 * The checks that WebAuthn requires of a relying party, as pure functions over what the browser
 * sent. Registering a passkey:
 *
 *     passkey_rp("https://interview.example", &rp, why);          // the relying party
 *     passkey_client_read(json, json_len, &client, why);          // what the browser saw
 *     challenge_spend(challenges, client.challenge, ...);         // ours, once: auth/challenge.h
 *     passkey_made(&rp, &client, attestation, len, &key, why);    // store the key
 *
 * and signing in with it:
 *
 *     passkey_signed(&rp, &client, &key, &signature, &count, why);
 *
 * The checks, with the sections and steps of WebAuthn level 2 (https://www.w3.org/TR/webauthn-2/);
 * L3: added in level 3:
 *
 *   passkey_client_read()  7.1 steps 5 and 6, 7.2 steps 9 and 10: the client data (5.8.1) is JSON
 *   passkey_made()         7.1 step 7, the type is "webauthn.create"; 9, the origin; L3 5.8.1, it
 *                          was not in a frame of another site; 11 and 12, the hash and the
 *                          attestation object (6.5.4); 13, the RP ID's hash; 14 and 15, the user
 *                          was present and verified; L3 6.1.3, what is backed up may be; 16, the
 *                          algorithm is one of those offered; 17, extensions that were not asked
 *                          for are ignored; 18 to 21, attestation "none" (8.7), or "packed" by
 *                          the key itself (8.2); L3 4, an id has at most 1023 bytes
 *   passkey_signed()       7.2 step 11, the type is "webauthn.get"; 13, the origin, and no frame;
 *                          15, the RP ID's hash; 16 and 17, present and verified; L3 6.1.3; 18,
 *                          extensions are ignored; 19 and 20, the signature
 *
 * Left to the caller: the challenge (7.1 step 8, 7.2 step 12), which key it is and whose (7.2
 * steps 5 to 7), that no other user has the id (7.1 step 22), the counter (7.2 step 21).
 *
 * libfido2 reads the authenticator data and verifies signatures; it only reads CBOR that
 * auth/cbor.h has accepted. Why that library, and what a passkey must provide:
 * docs/architecture/decisions/0035-passkeys.md
 *
 * Threads    Any; no state. An RSA signature takes a tenth of a millisecond.
 * Errors     UV_EINVAL: unreadable. UV_EACCES: a check failed; the sentence says which. UV_ENOTSUP:
 *            an unsupported algorithm or attestation. UV_ENOMEM.
 * Ownership  Arguments are borrowed.
 */
#ifndef AUTH_PASSKEY_H
#define AUTH_PASSKEY_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PASSKEY_RP_ID_MAX = 254,       /**< A DNS name and NUL */
    PASSKEY_ORIGIN_MAX = 300,      /**< "https://", such a name, a port and NUL */
    PASSKEY_ID_MAX = 1023,         /**< Of a credential id, [bytes] */
    PASSKEY_KEY_MAX = 259,         /**< RSA with 2048 bits: the modulus and three bytes of
                                        exponent */
    PASSKEY_CLIENT_MAX = 4096,     /**< Client data, [bytes] */
    PASSKEY_AUTH_DATA_MAX = 4096,  /**< Authenticator data, [bytes] */
    PASSKEY_SIGNATURE_MAX = 512,   /**< [bytes] */
    PASSKEY_CHALLENGE_MAX = 128,   /**< As base64url, and NUL */
    PASSKEY_ATTESTATION_MAX = 8192 /**< Attestation object, [bytes] */
};

/** The relying party that the passkeys belong to. */
struct passkey_rp {
    char id[PASSKEY_RP_ID_MAX];      /**< "interview.example": the whole host of the origin */
    char origin[PASSKEY_ORIGIN_MAX]; /**< "https://interview.example:8443" */
};

/** What the browser includes in the signature: where and for what. */
struct passkey_client {
    char type[24];
    char challenge[PASSKEY_CHALLENGE_MAX];
    char origin[PASSKEY_ORIGIN_MAX];
    bool framed;            /**< In a frame of another site */
    unsigned char hash[32]; /**< SHA-256 of the whole client data */
};

/** A public key, as stored. */
struct passkey_key {
    unsigned char id[PASSKEY_ID_MAX]; /**< The credential id */
    size_t id_len;
    int alg;                            /**< COSE: -7 ES256, -8 EdDSA, -257 RS256 */
    unsigned char key[PASSKEY_KEY_MAX]; /**< ES256: x, y. EdDSA: the key. RS256: n (256 bytes), e */
    size_t key_len;
    uint32_t count; /**< Signature counter; 0: this authenticator does not count */
    bool synced;    /**< It may be backed up, so it may be on several devices */
};

/** What an authenticator answers to a challenge. */
struct passkey_signature {
    const unsigned char *auth_data;
    size_t auth_data_len;
    const unsigned char *signature;
    size_t signature_len;
};

/** Accepted algorithms, best first; 0 after the last. */
extern const int passkey_algs[];

/** UV_ENOTSUP: browsers support no passkeys for such an origin (an IP address, or neither HTTPS nor
 *  this machine); with a sentence. UV_EINVAL: not an origin. */
int passkey_rp(const char *origin, struct passkey_rp *rp, struct errbuf *why);

int passkey_client_read(const void *json, size_t len, struct passkey_client *client,
                        struct errbuf *why);

/** key: unchanged unless 0 is returned. */
int passkey_made(const struct passkey_rp *rp, const struct passkey_client *client,
                 const unsigned char *attestation, size_t len, struct passkey_key *key,
                 struct errbuf *why);

/** count: the authenticator's current counter. */
int passkey_signed(const struct passkey_rp *rp, const struct passkey_client *client,
                   const struct passkey_key *key, const struct passkey_signature *signature,
                   uint32_t *count, struct errbuf *why);

/** May a key whose stored counter is `kept` report `now`? False: there is a copy of it (6.1.1, 7.2
 *  step 21). */
bool passkey_count_rises(uint32_t kept, uint32_t now);

#endif
