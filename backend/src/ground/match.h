/**
 * @file ground/match.h  What a posting asks for, and what of it the profile speaks of
 *
 *     struct match m[MATCH_MAX];
 *     n = match_posting(g, m, MATCH_MAX);
 *     m[i].at, m[i].len                 // a run of passage m[i].asked: the requirement
 *     m[i].found == MATCH_STORY         // told in the place m[i].place
 *
 * A requirement is a bullet, a sentence that asks, or one item of a labelled list ("Essential: …,
 * …"); what the company offers or says about itself is not one. It counts as covered when the
 * profile tells a story of it or names it: by the places that answer a question of the same words
 * (ground/evidence.h: words, related words and themes, and meaning where there is the network), by
 * a skill of that name, or by the years. That says what can be quoted, not that the candidate is
 * good enough, nor what an interviewer will think of it.
 *
 * Threads    Any; the grounding is only read.
 * Errors     Out of memory finds nothing.
 */
#ifndef GROUND_MATCH_H
#define GROUND_MATCH_H

#include "ground/grounding.h"
#include "ground/places.h"

#include <stddef.h>

enum { MATCH_MAX = 40 }; /**< Requirements of a posting; further ones are left out */

enum match_found {
    MATCH_NOTHING,
    MATCH_MENTION, /**< Named as a skill or a fact, or by the years; no story tells it */
    MATCH_STORY,
};

struct match {
    size_t asked; /**< The passage of the posting */
    size_t at;    /**< Of the requirement in it, in [bytes] */
    size_t len;
    enum match_found found;
    struct place place; /**< What speaks of it: a story, a fact, a skill, the years; empty: none */
};

/** In the order of the posting. Returns how many. */
size_t match_posting(const struct grounding *g, struct match *found, size_t max);

#endif
