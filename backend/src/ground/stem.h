/**
 * @file ground/stem.h  English suffix stripping
 *
 * M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980, pp. 130-137, with the
 * two departures its author recommends (bli -> ble, logi -> log).
 *
 * Threads    Any; pure.
 */
#ifndef GROUND_STEM_H
#define GROUND_STEM_H

#include <stddef.h>

/** Stem a lower-case word in place; words with anything but a-z are left alone. Returns the new
 *  length; the NUL is moved too when word[len] was one. */
size_t stem_english(char *word, size_t len);

#endif
