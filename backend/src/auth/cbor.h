/**
 * @file auth/cbor.h  Validates the CBOR that an authenticator may write
 *
 *     struct cbor_value value;
 *     size_t at = 0;
 *     cbor_next(data, len, &at, &value);       // one item, with everything in it
 *
 * Authenticators write the CTAP2 canonical form (CTAP 2.1 section 8, WebAuthn section 2): definite
 * lengths, shortest integers, no tags, four levels at most. This accepts only that form, except
 * that maps may have any order. Nothing is allocated, and no length in the data is trusted before
 * the bytes are there. Everything is checked before libfido2 reads it, because libfido2 allocates
 * whatever a length says.
 *
 * Threads    Any; no state.
 * Errors     UV_EINVAL: incomplete, not in that form, or too deep. *at is then unchanged.
 */
#ifndef AUTH_CBOR_H
#define AUTH_CBOR_H

#include <stddef.h>
#include <stdint.h>

enum cbor_kind {
    CBOR_UINT,
    CBOR_NEGATIVE,
    CBOR_BYTES,
    CBOR_TEXT,
    CBOR_ARRAY,
    CBOR_MAP,
    CBOR_SIMPLE
};

struct cbor_value {
    enum cbor_kind kind;
    uint64_t number;           /**< For CBOR_NEGATIVE the value is -1 minus it; for the rest it is
                                    the length */
    const unsigned char *data; /**< CBOR_BYTES and CBOR_TEXT: number of them. Otherwise what follows
                                    the head: the items of an array or map */
};

/** Steps over one item and its contents. value may be NULL. */
int cbor_next(const unsigned char *data, size_t len, size_t *at, struct cbor_value *value);

#endif
