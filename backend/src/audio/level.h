/**
 * @file audio/level.h  Whether samples are silent, and whether they are clipped
 *
 *     struct level level = {0};
 *     level_add(&level, samples, n);         // for each block
 *     if (level_silent(&level)) ...          // the microphone was off
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
    size_t run; /**< Number of latest samples at full scale */
    size_t clipped;
};

void level_add(struct level *level, const int16_t *samples, size_t n);
bool level_silent(const struct level *level);  /**< Nothing is louder than -60 dBFS */
bool level_clipped(const struct level *level); /**< Much of it is clipped at full scale */

#endif
