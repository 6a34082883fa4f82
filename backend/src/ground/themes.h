/**
 * @file ground/themes.h  What interview questions are after, and the words stories tell it in
 *
 *     n = themes_of(stems, count, cued, found);       // "went wrong" -> the theme of setbacks
 *     theme_terms(found[0], &n)                       // fail, outage, lost, caused …
 *
 * A question names its theme in a few words ("a mistake", "said no", "notice period"); the profile
 * tells it in others ("caused an outage", "refused", "free from 1 March"). A theme joins the two.
 * Most words are compared by stem (ground/terms.h), so that a cue also meets its other forms.
 *
 * Threads    Any; the tables are made once.
 */
#ifndef GROUND_THEMES_H
#define GROUND_THEMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { THEMES_FOUND_MAX = 8 };

enum theme_flag {
    THEME_FACT = 1 << 0,    /**< Answered by a stated fact ("Notice period: …"), not by a story */
    THEME_SETBACK = 1 << 1, /**< Something went wrong */
    THEME_PRIDE = 1 << 2,   /**< The best result, whatever it is about */
    THEME_MILD = 1 << 3,    /**< Says of whom or where; counts less beside a theme that says what */
    THEME_SELF = 1 << 4,    /**< What the candidate is bad at */
    THEME_PLAIN = 1 << 5,   /**< Of a thing of few names: who tells of it says one of them */
};

/** Themes that these words name (hashes of their stems and of the words as they stand, in order);
 * cued[i] gets 1 + the index in found of the theme that word i is a cue of, 0: none. Returns how
 * many, THEMES_FOUND_MAX at most. */
size_t themes_of(const uint64_t *stems, const uint64_t *exact, size_t count, uint8_t *cued,
                 size_t found[THEMES_FOUND_MAX]);

unsigned theme_flags(size_t theme);
size_t themes_count(void);

/** Sentences that a teller of such a story might say, with | between them; NULL: none. */
const char *theme_told(size_t theme);

/** Hashes of the words in which a profile tells it: term_hash() of most, term_exact() of some. */
const uint64_t *theme_terms(size_t theme, size_t *count);

#endif
