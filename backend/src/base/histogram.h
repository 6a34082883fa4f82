/**
 * @file base/histogram.h  A histogram of durations
 *
 *     struct histogram waited = {0};
 *     histogram_add(&waited, 0.042);            // [s]
 *
 * Everything that is timed uses the same bounds, so that any two can be compared: from half a
 * millisecond (a lookup) to a minute (a local model's first word).
 *
 * Threads    Not thread-safe: one owner at a time.
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 16 };

extern const double histogram_bounds[HISTOGRAM_BOUNDS]; /**< Upper bounds, inclusive, ascending
                                                             [s] */

struct histogram {
    uint64_t count[HISTOGRAM_BOUNDS + 1]; /**< Values up to each bound and above the previous one;
                                               the last: values above all bounds */
    double sum;                           /**< [s] */
};

void histogram_add(struct histogram *h, double seconds);

#endif
