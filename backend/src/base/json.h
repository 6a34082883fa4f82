/**
 * @file base/json.h  Short forms for what we often do with jansson
 *
 * Readers return NULL or the default if the field is missing or has another type, so that a parser
 * of foreign JSON needs no ladder of checks. Use api/validate.h instead to tell a person what is
 * wrong with their input.
 *
 * Threads    Like jansson: each json_t is used by one thread at a time.
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

/** Lets the next two notice when memory runs out. Call once, before there is another thread. */
void json_watch_memory(void);

/** Like json_loadb(), but NULL if memory runs out: jansson itself would then drop letters. */
json_t *json_read(const char *text, size_t len, size_t flags, json_error_t *why);

/** Did the last call of these two on this thread return NULL because memory ran out? */
bool json_starved(void);

const char *json_str(const json_t *obj, const char *key); /**< NULL if absent or not a string */
int64_t json_int(const json_t *obj, const char *key, int64_t otherwise);
double json_num(const json_t *obj, const char *key, double otherwise);
bool json_flag(const json_t *obj, const char *key, bool otherwise);

/** A real number with three decimals, which is all the precision of a confidence. */
json_t *json_thousandths(double value);

/** The same for a recogniser's confidence: null for 0, which means unknown. */
json_t *json_confidence(double value);

/** Compact form appended to b. 0 or b->err. */
int json_write(struct buf *b, const json_t *value);

/** Set a string from bytes that may not be UTF-8: malformed bytes become U+FFFD. */
int json_set_text(json_t *obj, const char *key, const char *text, size_t len);

/** Set a string, or null when text is NULL. */
int json_set_str(json_t *obj, const char *key, const char *text);

#endif
