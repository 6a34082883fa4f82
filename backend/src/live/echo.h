/**
 * @file live/echo.h  Are these the words of another line, heard once more out of a loudspeaker?
 *
 * A microphone beside a loudspeaker hears the interviewer whom the shared tab hears too, a moment
 * later and worse; a call may bring the candidate's own words back. Heard twice, they would be
 * written down twice. The same words on two lines at the same time are one utterance; the line that
 * has them later, or the microphone's where both began together, has the echo.
 *
 * Threads    Any; pure.
 */
#ifndef LIVE_ECHO_H
#define LIVE_ECHO_H

#include <stdbool.h>
#include <stdint.h>

/** An utterance of a line, by the clock of the room. */
struct echo_span {
    const char *words;
    uint64_t start_us, end_us;
    bool microphone; /**< The candidate's line */
    bool running;    /**< More of it may come */
};

/** Is `span` the echo of `other`? */
bool echo_is_of(const struct echo_span *span, const struct echo_span *other);

#endif
