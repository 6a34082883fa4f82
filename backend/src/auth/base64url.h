/**
 * @file auth/base64url.h  base64url without padding (RFC 4648 section 5), strict
 *
 * Threads    Any; no state.
 */
#ifndef AUTH_BASE64URL_H
#define AUTH_BASE64URL_H

#include <stddef.h>

/** Characters for n bytes, without NUL. */
#define BASE64URL_LEN(n) (((n)*8 + 5) / 6)

/** Writes BASE64URL_LEN(n) characters and a NUL. Returns the number of characters. */
size_t base64url_encode(const void *data, size_t n, char *text);

/** Number of bytes written, or UV_EINVAL: invalid characters, an impossible length, leftover bits
 *  that are not zero (so that each value has one spelling), or more than max bytes. */
long base64url_decode(const char *text, size_t len, void *data, size_t max);

#endif
