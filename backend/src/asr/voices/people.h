/**
 * @file asr/voices/people.h  How many people speak in a recording, and which of them when
 *
 *     people_group(voices, ms, n, who);      // who[i]: 1, 2 … in the order in which they appear
 *
 * No voice is known beforehand. Clips are joined to the most alike group, the most alike two first
 * (agglomerative clustering; the voice of a group is the mean of its clips, each by its length),
 * until no two groups are alike enough to be one person's.
 *
 * Threads    Any; pure.
 * Errors     UV_ENOMEM; UV_E2BIG past PEOPLE_CLIPS_MAX.
 */
#ifndef ASR_VOICES_PEOPLE_H
#define ASR_VOICES_PEOPLE_H

#include "asr/voices/encoder.h"

enum { PEOPLE_CLIPS_MAX = 4000 }; /**< Of a recording of some hours */

struct people_clip {
    float voice[VOICE_DIMENSIONS];
    uint32_t ms; /**< 0: too short to be told; whoever is most alike, or nobody */
};

int people_group(const struct people_clip *clips, size_t n, int *who);

#endif
