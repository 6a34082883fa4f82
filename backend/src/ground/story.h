/**
 * @file ground/story.h  A place of the profile as a story: situation, task, action, result
 *
 *     n = places_find(g, places);
 *     if (story_is(g, &places[k])) {
 *         story_tell(&s, g, &places[k], places[k].first);
 *         for (i < s.count) ... s.runs[i].part and the bytes of the passage that tell it
 *     }
 *
 * The sentences get their parts in the order they stand, by the words that usually announce each
 * part; lines of different places are never mixed, but for a bullet that goes on with the one
 * before it. A part without a run is missing: the profile does not say it. What stands on the
 * screen during an interview and the story cards of a profile are told from here.
 *
 * Threads    Any; the grounding is only read.
 */
#ifndef GROUND_STORY_H
#define GROUND_STORY_H

#include "ground/grounding.h"
#include "ground/places.h"

#include <stdbool.h>
#include <stddef.h>

enum story_part { STORY_SITUATION, STORY_TASK, STORY_ACTION, STORY_RESULT, STORY_PARTS };

enum { STORY_RUNS_MAX = 8 }; /**< Further sentences of a long paragraph are not looked at */

struct story_run {
    enum story_part part;
    size_t passage;
    size_t at; /**< In the passage, in [bytes] */
    size_t len;
};

struct story {
    struct story_run runs[STORY_RUNS_MAX + 1]; /**< In the order of the parts */
    size_t count;
    int heading; /**< The passage above it that sets the scene when no sentence does; -1: none */
    bool alone;  /**< Told in one sentence */
};

/** Does somebody do something here, rather than state what is? In a language whose verbs are not
 *  known, a bullet of some words counts as that, except under an education or in a list. */
bool story_is(const struct grounding *g, const struct place *place);

/** best: the sentence that matters most; from a long paragraph, those around it are told. */
void story_tell(struct story *s, const struct grounding *g, const struct place *place, size_t best);

bool story_tells(const struct story *s, enum story_part part); /**< The scene by a heading too */

#endif
