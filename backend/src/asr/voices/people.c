/**
 * @file asr/voices/people.c  Grouping a recording's clips by person; see people.h
 */
#include "asr/voices/people.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Cosines. In 22 clips of eight people (2.3 to 15 s), clips of one person have 0.77 to 0.93, clips
 * of two people of one sex up to 0.81; joining down to 0.80 gives the eight. */
static const float ONE_PERSON = 0.80f;
static const float NEAREST =
    0.70f; /* least similarity for assigning a short clip to the nearest person */

struct group {
    float voice[VOICE_DIMENSIONS]; /* sum of its clips, weighted by length */
    float length;                  /* norm of the sum */
    int into;                      /* the group it was joined to; -1: not joined */
    int nearest;                   /* among later groups; -1: none */
    float likeness;
};

static float alike(const struct group *a, const struct group *b)
{
    return a->length > 0 && b->length > 0 ? voice_alike(a->voice, b->voice) / a->length / b->length
                                          : -1;
}

static void measure(struct group *g)
{
    g->length = sqrtf(voice_alike(g->voice, g->voice));
}

/** Each group knows its nearest later group, so each pair is compared once. */
static void find_nearest(struct group *groups, size_t n, size_t i)
{
    struct group *g = &groups[i];

    g->nearest = -1;
    g->likeness = -1;
    for (size_t k = i + 1; k < n; k++) {
        float likeness = groups[k].into < 0 ? alike(g, &groups[k]) : -1;

        if (likeness > g->likeness) {
            g->likeness = likeness;
            g->nearest = (int)k;
        }
    }
}

static void join(struct group *groups, size_t n, size_t a, size_t b)
{
    for (int i = 0; i < VOICE_DIMENSIONS; i++)
        groups[a].voice[i] += groups[b].voice[i];
    measure(&groups[a]);
    groups[b].into = (int)a;
    for (size_t i = 0; i < n; i++) {
        float likeness;

        if (groups[i].into >= 0 || i > b)
            continue;
        likeness = i < a ? alike(&groups[i], &groups[a]) : -1;
        if (i == a || groups[i].nearest == (int)b || groups[i].nearest == (int)a)
            find_nearest(groups, n, i);
        else if (likeness > groups[i].likeness) {
            groups[i].likeness = likeness;
            groups[i].nearest = (int)a;
        }
    }
}

static void join_all(struct group *groups, size_t n)
{
    for (size_t i = 0; i < n; i++)
        find_nearest(groups, n, i);
    for (;;) {
        size_t best = n;

        for (size_t i = 0; i < n; i++) {
            if (groups[i].into < 0 && groups[i].nearest >= 0 &&
                (best == n || groups[i].likeness > groups[best].likeness))
                best = i;
        }
        if (best == n || groups[best].likeness < ONE_PERSON)
            return;
        join(groups, n, best, (size_t)groups[best].nearest);
    }
}

static size_t root_of(const struct group *groups, size_t i)
{
    while (groups[i].into >= 0)
        i = (size_t)groups[i].into;
    return i;
}

/** People are numbered in order of appearance; a group of only short clips is nobody. */
static void number(const struct group *groups, size_t n, int *who)
{
    int people = 0;

    for (size_t i = 0; i < n; i++) {
        size_t root = root_of(groups, i);

        who[i] = groups[root].length <= 0 ? 0 : root == i ? ++people : who[root];
    }
}

/** Assigns a short clip to the most similar person, if it is similar enough. */
static void place_short(const struct people_clip *clips, const struct group *groups, size_t n,
                        int *who)
{
    for (size_t i = 0; i < n; i++) {
        struct group clip = {.length = 1};
        float best = NEAREST;

        if (clips[i].ms)
            continue;
        memcpy(clip.voice, clips[i].voice, sizeof(clip.voice));
        for (size_t k = 0; k < n; k++) {
            float likeness = groups[k].into < 0 ? alike(&clip, &groups[k]) : -1;

            if (likeness >= best) {
                best = likeness;
                who[i] = who[k];
            }
        }
    }
}

int people_group(const struct people_clip *clips, size_t n, int *who)
{
    struct group *groups;

    if (n > PEOPLE_CLIPS_MAX)
        return UV_E2BIG;
    groups = calloc(n + 1, sizeof(*groups));
    if (!groups)
        return UV_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        groups[i].into = -1;
        for (int k = 0; k < VOICE_DIMENSIONS; k++)
            groups[i].voice[k] = clips[i].voice[k] * (float)clips[i].ms;
        measure(&groups[i]);
    }
    join_all(groups, n);
    number(groups, n, who);
    place_short(clips, groups, n, who);
    free(groups);
    return 0;
}
