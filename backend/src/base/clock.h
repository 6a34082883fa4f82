/**
 * @file base/clock.h  Two clocks: one for measuring, one for timestamps
 *
 * Threads    Any.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

enum { CLOCK_TEXT_MAX = 25 }; /**< "2026-01-31T23:59:59.999Z" and NUL, in [bytes] */

uint64_t clock_mono_us(void); /**< Never runs backwards; only differences are meaningful [us] */
uint64_t clock_mono_ms(void); /**< The same [ms] */
/** [ms] since 1970-01-01 UTC. Never runs backwards: if the machine's clock is set back, this one
 *  continues from where it was, until the machine's clock has caught up or the program restarts. So
 *  new records sort after old ones, and an expired token stays expired. */
int64_t clock_unix_ms(void);
/** Tell the clock that it is later than this, as shown by something stored before this start. */
void clock_not_before(int64_t unix_ms);
/** How far the machine's clock is behind clock_unix_ms() [ms]; 0 if it was not set back. */
int64_t clock_behind_ms(void);

/** RFC 3339 in UTC with milliseconds, the form of times in the API and the store. */
void clock_format(int64_t unix_ms, char text[static CLOCK_TEXT_MAX]);

/** The reverse; also accepts no fraction or one of any length, offsets, and lower-case letters. A
 *  day that the month does not have, or hour 24, is an error. A leap second becomes the second
 *  after it. 0 or UV_EINVAL. */
int clock_parse(const char *text, int64_t *unix_ms);

#endif
