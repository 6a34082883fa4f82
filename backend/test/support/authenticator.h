/**
 * @file test/support/authenticator.h  A passkey authenticator in software
 *
 * Its output can be made wrong on purpose: flags, the RP ID, the counter, the stated length of the
 * id, the attestation.
 */
#ifndef TEST_SUPPORT_AUTHENTICATOR_H
#define TEST_SUPPORT_AUTHENTICATOR_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

enum { DEVICE_BYTES_MAX = 8192 };

struct device_bytes {
    unsigned char data[DEVICE_BYTES_MAX];
    size_t len;
};

struct device {
    EVP_PKEY *key;
    int alg; /* COSE: -7, -8, -257 */
    const char *rp_id;
    unsigned flags; /* of its next answer: 5 is present and verified */
    uint32_t count;
    size_t id_len;          /* the id is 'i' this many times */
    size_t id_said;         /* length stated for the id; 0: id_len */
    int alg_said;           /* algorithm stated; 0: alg */
    int vouches;            /* include a statement whatever the format is */
    const char *extensions; /* CBOR appended at the end; NULL: none */
};

/** alg other than those of COSE above: fails the test. */
void device_open(struct device *d, int alg);
void device_close(struct device *d);

size_t device_client(char *json, size_t size, const char *type, const char *challenge,
                     const char *origin, const char *more);
/** Authenticator data; made: with the key in it. */
void device_auth_data(const struct device *d, int made, struct device_bytes *to);
/** fmt "none", or "packed": signed by the key itself over client_hash. */
void device_attest(const struct device *d, const char *fmt, const unsigned char *client_hash,
                   struct device_bytes *to);
void device_sign(const struct device *d, const struct device_bytes *auth_data,
                 const unsigned char *client_hash, struct device_bytes *to);

#endif
