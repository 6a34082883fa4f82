/**
 * @file asr/voices/people.h  How many people speak in a recording, and who speaks when
 *
 *     people_group(voices, ms, n, who);      // who[i]: 1, 2 … in the order in which they appear
 *
 * No voice is known beforehand. The two most similar groups of clips are joined first
 * (agglomerative clustering; the voice of a group is the mean of its clips, weighted by length),
 * until no two groups are similar enough to be one person.
 *
 * Threads    Any; pure.
 * Errors     UV_ENOMEM; UV_E2BIG beyond PEOPLE_CLIPS_MAX.
 */
#ifndef ASR_VOICES_PEOPLE_H
#define ASR_VOICES_PEOPLE_H

#include "asr/voices/encoder.h"

enum { PEOPLE_CLIPS_MAX = 4000 }; /**< Enough for a recording of some hours */

struct people_clip {
    float voice[VOICE_DIMENSIONS];
    uint32_t ms; /**< 0: too short to judge; assigned to the most similar person, or nobody */
};

int people_group(const struct people_clip *clips, size_t n, int *who);

#endif
