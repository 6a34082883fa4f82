/**
 * @file live/echo.h  Detecting words of one line that another line picked up from a loudspeaker
 *
 * A microphone near a loudspeaker picks up the interviewer, a moment later and worse than the
 * shared tab; a call may send the candidate's own words back. Recognised twice, they would be
 * stored twice. The same words on two lines at the same time are one utterance; the line that has
 * them later, or the microphone's line if both began together, has the echo.
 *
 * Threads    Any; pure.
 */
#ifndef LIVE_ECHO_H
#define LIVE_ECHO_H

#include <stdbool.h>
#include <stdint.h>

/** An utterance of a line, in the server's time. */
struct echo_span {
    const char *words;
    uint64_t start_us, end_us;
    bool microphone; /**< The candidate's line */
    bool running;    /**< It may continue */
};

/** Is `span` the echo of `other`? */
bool echo_is_of(const struct echo_span *span, const struct echo_span *other);

#endif
