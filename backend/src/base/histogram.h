/**
 * @file base/histogram.h  How often something took how long
 *
 *     struct histogram waited = {0};
 *     histogram_add(&waited, 0.042);            // [s]
 *
 * One ladder of bounds for everything that is timed, so that any two can be compared: from half a
 * millisecond (a lookup) to a minute (a local model's first word).
 *
 * Threads    None of its own: one owner at a time.
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 16 };

extern const double histogram_bounds[HISTOGRAM_BOUNDS]; /**< Upper, inclusive, rising, [s] */

struct histogram {
    uint64_t count[HISTOGRAM_BOUNDS + 1]; /**< Up to each bound and above the one before it; the
                                               last: above all of them */
    double sum;                           /**< [s] */
};

void histogram_add(struct histogram *h, double seconds);

#endif
