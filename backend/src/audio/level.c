/**
 * @file audio/level.c  Whether samples are silent, and whether they are clipped
 */
#include "audio/level.h"

#include <stdlib.h>

enum {
    SILENT_PEAK = 32,    /* -60 dBFS: the noise of a microphone that is on is louder */
    FULL_SCALE = 32760,  /* minus what resampling may take off */
    CLIPPED_RUN = 3,     /* samples in a row at full scale: a peak that only touches it has fewer */
    CLIPPED_SHARE = 500, /* one clipped sample in this many; well-recorded speech has none */
};

void level_add(struct level *level, const int16_t *samples, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int loud = abs(samples[i]);

        level->peak = loud > level->peak ? loud : level->peak;
        level->run = loud >= FULL_SCALE ? level->run + 1 : 0;
        if (level->run >= CLIPPED_RUN)
            level->clipped += level->run == CLIPPED_RUN ? CLIPPED_RUN : 1;
    }
    level->n += n;
}

bool level_silent(const struct level *level)
{
    return level->peak <= SILENT_PEAK;
}

bool level_clipped(const struct level *level)
{
    return level->clipped > level->n / CLIPPED_SHARE;
}
