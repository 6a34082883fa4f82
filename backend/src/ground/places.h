/**
 * @file ground/places.h  The places of a profile that can answer a question
 *
 *     n = places_find(g, places);           // room for grounding_count(g)
 *
 * A place is a bullet, a paragraph, or one stated fact ("Notice period: two months."): what a coach
 * would point at. A bullet and a paragraph tell a story when somebody does something in them.
 *
 * Threads    Any; the grounding is only read.
 */
#ifndef GROUND_PLACES_H
#define GROUND_PLACES_H

#include "ground/grounding.h"

struct place {
    size_t first; /**< Passages [first, end) of the grounding */
    size_t end;
    bool fact;     /**< States something; tells no story */
    bool goes_on;  /**< A bullet that goes on with the one before ("The first try failed") */
    bool action;   /**< Begins with what somebody did */
    bool own;      /**< Speaks in the first person */
    bool setback;  /**< Something went wrong in it */
    bool wish;     /**< Says what is wanted ("Looking for …", "What I want: …") */
    bool learning; /**< Names a degree, a course, a licence */
    bool digits;   /**< Holds a figure of any sort */
    int figures;   /**< Sentences with a number */
    float words;
};

/** All places of the candidate's context, in order; n gets how many. */
size_t places_find(const struct grounding *g, struct place *places);

/** Does a passage state a fact under a label ("Strengths: calm")? Length of the label with its
 *  colon, 0: no. */
size_t passage_label(const struct passage *p);

#endif
