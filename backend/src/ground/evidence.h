/**
 * @file ground/evidence.h  Which places of the profile answer a question, best first
 *
 *     struct evidence found[4];
 *     n = evidence_find(g, question, kind, found, 4);
 *     passages found[0].place.first .. found[0].place.end - 1 of g are the story
 *
 * The evidence for a place (ground/places.h) consists of a dozen features, each between 0 and about
 * 1: how much of the question it covers, with the same words and with related ones
 * (ground/related.h); the words in which people tell such stories (ground/themes.h); how near its
 * sentences are in meaning (ground/similar.h), if there is a network; whether it contains the names
 * asked for (ground/names.h); and its form: a stated fact for a question about terms, deeds for a
 * story, a wish for what somebody wants. A weighted sum of them ranks the places. Another one, of
 * these features and of further clues (the lead of the best place, words that no place covers),
 * gives the probability that a place answers at all. docs/architecture/answering.md gives the
 * weights' origin and their accuracy.
 *
 * Threads    Any; the grounding is only read.
 * Errors     If memory runs out nothing is found.
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
    float cover; /**< Share of the question's terms that the place covers, 0 .. 1 */
    float theme; /**< How much of it is in the words of a theme asked for; 0: nothing */
    float fits;  /**< Probability that it answers the question */
    bool named;  /**< It contains every name asked for; true if there is none */
};

/** Least probability for telling a place as an answer. */
extern const float evidence_fits;

/** Best places of the candidate's context, best first. */
size_t evidence_find(const struct grounding *g, const char *question, enum question_kind kind,
                     struct evidence *found, size_t max);

/** Does the place state a weakness of the candidate ("Weak spot: …", "I find it hard …")? */
bool evidence_tells_weakness(const struct grounding *g, const struct place *place);

/** The combined flags of all themes of a question (enum theme_flag of ground/themes.h). */
unsigned evidence_themes(const char *question);

#endif
