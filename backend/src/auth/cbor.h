/**
 * @file auth/cbor.h  Is this the CBOR that an authenticator may write?
 *
 *     struct cbor_value value;
 *     size_t at = 0;
 *     cbor_next(data, len, &at, &value);       // one item, however much is in it
 *
 * Authenticators write the CTAP2 canonical form (CTAP 2.1 section 8, WebAuthn section 2): definite
 * lengths, shortest integers, no tags, four levels at most. This accepts that form and nothing
 * else, except that it does not mind the order of a map. Nothing is allocated, and no length that
 * the data claims is believed before the bytes are there. It checks everything before libfido2
 * reads it, because libfido2 allocates whatever a length claims.
 *
 * Threads    Any; no state.
 * Errors     UV_EINVAL: cut off, not of that form, or too deep. *at is left alone then.
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
    uint64_t number;           /**< Or of CBOR_NEGATIVE -1 minus it; of the rest how many */
    const unsigned char *data; /**< CBOR_BYTES and CBOR_TEXT: number of them. Else what follows the
                                    head: the items of an array or map */
};

/** Steps over one item and all that is in it. value may be NULL. */
int cbor_next(const unsigned char *data, size_t len, size_t *at, struct cbor_value *value);

#endif
