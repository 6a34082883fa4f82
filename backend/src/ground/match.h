/**
 * @file ground/match.h  What a job posting asks for, and which of it the profile covers
 *
 *     struct match m[MATCH_MAX];
 *     n = match_posting(g, m, MATCH_MAX);
 *     m[i].at, m[i].len                 // a run of passage m[i].asked: the requirement
 *     m[i].found == MATCH_STORY         // told in the place m[i].place
 *
 * A requirement is a bullet, a sentence that asks for something, or one item of a labelled list
 * ("Essential: …, …"); what the company offers or says about itself is not one. It counts as
 * covered if the profile tells a story about it or names it: through places that answer a question
 * with the same words (ground/evidence.h: words, related words and themes, and meaning if there is
 * a network), through a skill of that name, or through the years. That says what can be quoted, not
 * that the candidate is good enough, nor what an interviewer will think.
 *
 * Threads    Any; the grounding is only read.
 * Errors     If memory runs out nothing is found.
 */
#ifndef GROUND_MATCH_H
#define GROUND_MATCH_H

#include "ground/grounding.h"
#include "ground/places.h"

#include <stddef.h>

enum { MATCH_MAX = 40 }; /**< Most requirements of a posting; further ones are ignored */

enum match_found {
    MATCH_NOTHING,
    MATCH_MENTION, /**< Named as a skill or a fact, or by the years; no story about it */
    MATCH_STORY,
};

struct match {
    size_t asked; /**< The passage of the posting */
    size_t at;    /**< Offset of the requirement in it [bytes] */
    size_t len;
    enum match_found found;
    struct place place; /**< What covers it: a story, a fact, a skill, the years; empty: nothing */
};

/** In the order of the posting. Returns how many. */
size_t match_posting(const struct grounding *g, struct match *found, size_t max);

#endif
