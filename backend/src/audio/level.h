/**
 * @file audio/level.h  Whether anything is to be heard in samples, and whether it is cut off
 *
 *     struct level level = {0};
 *     level_add(&level, samples, n);         // as they come
 *     if (level_silent(&level)) ...          // no microphone was on
 *
 * Threads    Any; plain memory.
 */
#ifndef AUDIO_LEVEL_H
#define AUDIO_LEVEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct level {
    size_t n;
    int peak;
    size_t run; /**< Of samples at full scale, up to now */
    size_t clipped;
};

void level_add(struct level *level, const int16_t *samples, size_t n);
bool level_silent(const struct level *level);  /**< Nothing is louder than -60 dBFS */
bool level_clipped(const struct level *level); /**< Much of it is cut off at full scale */

#endif
