/**
 * @file base/id.h  Opaque ids, and random bytes for anything that needs them
 *
 * An id is UUIDv7 (RFC 9562 section 5.7) written in Crockford's base 32: 26 characters that sort
 * by the time they were made, so "newest first" is "order by id descending". Within one process
 * ids made in the same millisecond still sort in the order they were made (a counter fills
 * rand_a, RFC 9562 section 6.2 method 1).
 *
 * Threads    Any.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ID_TEXT_MAX = 27 }; /**< 26 characters and NUL */

void id_new(char text[static ID_TEXT_MAX]);

/** An id that sorts by that time, [ms] since 1970 UTC, at least 0: for something that was made
 *  elsewhere. */
void id_new_at(char text[static ID_TEXT_MAX], int64_t unix_ms);

/** Is it well-formed? An id that is not need not be looked up. */
bool id_valid(const char *text);

/** When a valid id was made [ms] since 1970 UTC. */
int64_t id_time(const char *text);

/** The id of this process: work that another process began and did not finish was cut off. */
const char *id_of_process(void);

/** Random bytes from the kernel; aborts on failure, because the program must not go on without
 *  randomness. */
void random_bytes(void *to, size_t n);

#endif
