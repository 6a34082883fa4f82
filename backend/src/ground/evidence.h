/**
 * @file ground/evidence.h  Which places of the profile answer a question, best first
 *
 *     struct evidence found[4];
 *     n = evidence_find(g, question, kind, found, 4);
 *     passages found[0].first .. found[0].end - 1 of g are the story, found[0].best its sentence
 *
 * A place is a bullet, a paragraph, or one stated fact ("Notice period: two months."). Words of
 * the question count by Okapi BM25 (ground/grounding.h) over the whole place, related words for
 * less; the themes of the question (ground/themes.h) bring the words in which people tell such
 * stories; and the form of a place counts: deeds and figures for a story, labels for a fact.
 *
 * Threads    Any; the grounding is only read.
 * Errors     Out of memory finds nothing.
 */
#ifndef GROUND_EVIDENCE_H
#define GROUND_EVIDENCE_H

#include "ground/grounding.h"
#include "ground/question.h"

struct evidence {
    size_t first; /**< Passages [first, end) of the grounding */
    size_t end;
    size_t best; /**< The passage among them that matches best */
    float score;
    float cover;  /**< Share of what the question names that the place speaks of, 0 .. 1 */
    bool fact;    /**< States something; tells no story */
    bool goes_on; /**< A bullet that goes on with the one before ("The first try failed") */
};

/** Best places of the candidate's context, best first; a score of 0 is not listed. */
size_t evidence_find(const struct grounding *g, const char *question, enum question_kind kind,
                     struct evidence *found, size_t max);

/** The flags of all themes of a question (enum theme_flag of ground/themes.h). */
unsigned evidence_themes(const char *question);

/** Does a passage state a fact under a label ("Strengths: calm")? Length of the label with its
 *  colon, 0: no. */
size_t passage_label(const struct passage *p);

#endif
