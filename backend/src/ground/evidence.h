/**
 * @file ground/evidence.h  Which places of the profile answer a question, best first
 *
 *     struct evidence found[4];
 *     n = evidence_find(g, question, kind, found, 4);
 *     passages found[0].place.first .. found[0].place.end - 1 of g are the story
 *
 * What speaks for a place (ground/places.h) is measured by a dozen signs, each between 0 and about
 * 1: how much of what is asked it speaks of, by its very words and by related ones
 * (ground/related.h); the words in which people tell such stories (ground/themes.h); how near its
 * sentences are in meaning (ground/similar.h), where there is a network; whether it holds the names
 * that are asked for (ground/names.h); and its form: a stated fact for a question of terms, deeds
 * for a story. A weighted sum of them orders the places; another one says how likely the best place
 * answers at all. docs/architecture/answering.md has the weights' origin and what they reach.
 *
 * Threads    Any; the grounding is only read.
 * Errors     Out of memory finds nothing.
 */
#ifndef GROUND_EVIDENCE_H
#define GROUND_EVIDENCE_H

#include "ground/grounding.h"
#include "ground/places.h"
#include "ground/question.h"

struct evidence {
    struct place place;
    size_t best; /**< The passage among them that matches best */
    float score;
    float cover; /**< Share of what the question names that the place speaks of, 0 .. 1 */
    float theme; /**< How much it says in the words of a theme that is asked for; 0: nothing */
    float fits;  /**< How likely it answers the question, 0 .. 1 */
    bool named;  /**< It holds every name that is asked for; true when none is */
};

/** How likely a place must be an answer to be told as one. */
extern const float evidence_fits;

/** Best places of the candidate's context, best first. */
size_t evidence_find(const struct grounding *g, const char *question, enum question_kind kind,
                     struct evidence *found, size_t max);

/** Does the place state what the candidate is bad at ("Weak spot: …", "I find it hard …")? */
bool evidence_tells_weakness(const struct grounding *g, const struct place *place);

/** The flags of all themes of a question (enum theme_flag of ground/themes.h). */
unsigned evidence_themes(const char *question);

#endif
