/**
 * @file base/text.h  UTF-8 and small string helpers
 *
 * Threads    Any. Nothing here keeps state or allocates unless it says so.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF)? */
bool utf8_valid(const char *text, size_t len);

/** Number of code points in well-formed UTF-8. */
size_t utf8_count(const char *text, size_t len);

/** Largest n' <= n that does not cut a code point. */
size_t utf8_floor(const char *text, size_t len, size_t n);

/** Decode one code point and move *p on; 0xFFFD and one byte on for what is malformed. */
uint32_t utf8_next(const char **p, const char *end);

/** Copy with truncation at a code point; always terminates. Returns the bytes copied. */
size_t text_copy(char *to, size_t size, const char *from, size_t len);

/** Case-insensitive for ASCII, byte-exact for the rest. */
bool text_equal_nocase(const char *a, const char *b);

/** A whole decimal number in [min, max]; anything else is false and leaves *out. */
bool text_to_int64(const char *text, int64_t min, int64_t max, int64_t *out);

/** Overwrite a text of malloc() and free it. NULL is allowed. */
void text_wipe(char *text);

/** Compare secrets of the same length in constant time. */
bool text_equal_secret(const void *a, const void *b, size_t n);

#endif
