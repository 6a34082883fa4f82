/**
 * @file asr/whisper/tongue.c  Settling a speaker's language; see tongue.h
 */
#include "asr/whisper/tongue.h"

#include <stdbool.h>

enum {
    SHORTEST = 100, /* least length of an utterance that counts [frames] */
    LONG = 300,     /* and of one that decides the language alone */
    TIMES_TO_SETTLE = 2,
    TIMES_TO_CHANGE = 2,
};

static const float VERY_SURE = 0.95f;

static bool sure(float p, int frames)
{
    return p >= WHISPER_TONGUE_SURE && frames >= SHORTEST;
}

static bool very_sure(float p, int frames)
{
    return p >= VERY_SURE && frames >= LONG;
}

int whisper_tongue_choose(const struct whisper_tongue *t, int language, float p, int frames)
{
    if (very_sure(p, frames))
        return language;
    if (t->settled < 0) /* an earlier sure vote is better than this one */
        return t->times ? t->other : language;
    return t->settled;
}

void whisper_tongue_learn(struct whisper_tongue *t, int language, float p, int frames)
{
    if (!sure(p, frames))
        return;
    if (language == t->settled) {
        t->times = 0;
        return;
    }
    t->times = t->times && t->other == language ? t->times + 1 : 1;
    t->other = language;
    if (t->times >= (t->settled < 0 ? TIMES_TO_SETTLE : TIMES_TO_CHANGE) ||
        (t->settled < 0 && very_sure(p, frames))) {
        t->settled = language;
        t->times = 0;
    }
}
