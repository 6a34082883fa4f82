/**
 * @file base/clock.h  Two clocks: one to measure with, one to write down
 *
 * Threads    Any.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

enum { CLOCK_TEXT_MAX = 25 }; /**< "2026-01-31T23:59:59.999Z" and NUL, in [bytes] */

uint64_t clock_mono_us(void); /**< Never runs backwards; only differences mean anything, in [us] */
uint64_t clock_mono_ms(void); /**< The same in [ms] */
/** Since 1970-01-01 UTC, in [ms]. Never runs backwards: where the machine's clock was set back this
 *  one goes on from where it was, so that new records sort behind old ones and a token that had
 *  expired stays expired, until the machine's clock has caught up or the program starts anew. */
int64_t clock_unix_ms(void);
/** Tell the clock that it is later than this, as something written down before this start shows. */
void clock_not_before(int64_t unix_ms);
/** How far the machine's clock is behind clock_unix_ms(), in [ms]; 0 when it was not set back. */
int64_t clock_behind_ms(void);

/** RFC 3339 in UTC with milliseconds, as the wire and the store write times. */
void clock_format(int64_t unix_ms, char text[static CLOCK_TEXT_MAX]);

/** The reverse; also takes no fraction or one of any length, offsets, and small letters. A day that
 *  the month does not have, or an hour 24, is none. A leap second is the second after it. 0 or
 *  UV_EINVAL. */
int clock_parse(const char *text, int64_t *unix_ms);

#endif
