/**
 * @file base/text.h  UTF-8 and small string helpers
 *
 * Threads    Any. Nothing here has state, or allocates unless noted.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Is it well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF)? */
bool utf8_valid(const char *text, size_t len);

/** Number of code points in well-formed UTF-8. */
size_t utf8_count(const char *text, size_t len);

/** Largest n' <= n that does not cut a code point. */
size_t utf8_floor(const char *text, size_t len, size_t n);

/** Decodes one code point and moves *p past it; malformed: 0xFFFD, and *p moves by one byte. */
uint32_t utf8_next(const char **p, const char *end);

/** Copies, truncating between code points; always terminates. Returns the number of bytes
 *  copied. */
size_t text_copy(char *to, size_t size, const char *from, size_t len);

/** Case-insensitive for ASCII, byte-exact for the rest. */
bool text_equal_nocase(const char *a, const char *b);

/** A whole decimal number in [min, max]; false for anything else, and *out is unchanged. */
bool text_to_int64(const char *text, int64_t min, int64_t max, int64_t *out);

/** Overwrites and frees a malloc()ed string. NULL is allowed. */
void text_wipe(char *text);

/** Compares secrets of the same length in constant time. */
bool text_equal_secret(const void *a, const void *b, size_t n);

#endif
