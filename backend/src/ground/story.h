/**
 * @file ground/story.h  A place of the profile as a story: situation, task, action, result
 *
 *     n = places_find(g, places);
 *     if (story_is(g, &places[k])) {
 *         story_tell(&s, g, &places[k], places[k].first);
 *         for (i < s.count) ... s.runs[i].part and the bytes of the passage that tell it
 *     }
 *
 * The parts are assigned to the sentences in their order, by the words that usually announce each
 * part. Lines of different places are never mixed, except for a bullet that continues the one
 * before it. A part without a run is missing: the profile does not say it. Both the screen during
 * an interview and the story cards of a profile use this.
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

enum { STORY_RUNS_MAX = 8 }; /**< Further sentences of a long paragraph are ignored */

struct story_run {
    enum story_part part;
    size_t passage;
    size_t at; /**< Offset in the passage [bytes] */
    size_t len;
};

struct story {
    struct story_run runs[STORY_RUNS_MAX + 1]; /**< In the order of the parts */
    size_t count;
    int heading; /**< The passage above it that sets the scene if no sentence does; -1: none */
    bool alone;  /**< Told in a single sentence */
};

/** Does somebody do something here, as opposed to stating what is? In a language whose verbs are
 *  unknown, a bullet with some words counts, except under an education or in a list. */
bool story_is(const struct grounding *g, const struct place *place);

/** best: the sentence that matters most; of a long paragraph those around it are used. */
void story_tell(struct story *s, const struct grounding *g, const struct place *place, size_t best);

bool story_tells(const struct story *s, enum story_part part); /**< A heading may provide the
                                                                    scene */

#endif
