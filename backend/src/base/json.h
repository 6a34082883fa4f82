/**
 * @file base/json.h  Short forms for the few things we do with jansson all day
 *
 * Readers answer NULL / the default when the field is missing or of another type, so that a
 * parser of foreign JSON needs no ladder of checks. Whoever must tell a person what is wrong
 * with their input uses api/validate.h instead.
 *
 * Threads    As jansson: one json_t, one thread at a time.
 * Ownership  Borrowed strings live as long as the object they were read from.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct buf;

/** Parse exactly one JSON value; NULL if it is anything else. Depth is limited by jansson. */
json_t *json_parse(const char *text, size_t len);

/** Lets the next two notice whenever memory runs out. Call once, before there is another thread. */
void json_watch_memory(void);

/** json_loadb(), but without memory it is NULL: jansson itself then leaves out letters. */
json_t *json_read(const char *text, size_t len, size_t flags, json_error_t *why);

/** Was the last NULL of these two, on this thread, for want of memory? */
bool json_starved(void);

const char *json_str(const json_t *obj, const char *key); /**< NULL if absent or no string */
int64_t json_int(const json_t *obj, const char *key, int64_t otherwise);
double json_num(const json_t *obj, const char *key, double otherwise);
bool json_flag(const json_t *obj, const char *key, bool otherwise);

/** A real number with three decimals, as a confidence is worth. */
json_t *json_thousandths(double value);

/** The same for a recogniser's confidence: null for 0, which stands for "it does not say". */
json_t *json_confidence(double value);

/** Compact form appended to b. 0 or b->err. */
int json_write(struct buf *b, const json_t *value);

/** Set a string from bytes that may not be UTF-8: malformed bytes become U+FFFD. */
int json_set_text(json_t *obj, const char *key, const char *text, size_t len);

/** Set a string, or null when text is NULL. */
int json_set_str(json_t *obj, const char *key, const char *text);

#endif
