/**
 * @file ground/terms.h  From text in any language to terms that can be compared
 *
 *     terms_each(text, len, add, arg);      // add() sees each word folded, stemmed, placed
 *
 * Words are runs of letters and digits; letters fold to lower case and Latin ones lose their
 * accents; an apostrophe inside a word vanishes ("don't" -> "dont"); "c++" and "c#" stay whole.
 * Scripts that do not put spaces between words (Han, kana, Thai, Lao, Khmer, Burmese) give
 * overlapping pairs of characters. Words of a-z are stemmed (ground/stem.h).
 *
 * Threads    Any; pure, nothing is allocated.
 */
#ifndef GROUND_TERMS_H
#define GROUND_TERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TERM_MAX = 64 }; /**< Longer words are cut to this, including NUL [bytes] */

struct term {
    const char *word; /**< Folded, whole */
    const char *stem; /**< Folded and stemmed */
    uint64_t hash;    /**< Of the stem */
    size_t at;        /**< Offset in the text [bytes] */
    size_t len;       /**< and its length there */
    bool number;      /**< Begins with a digit */
};

typedef void term_fn(const struct term *term, void *arg);

void terms_each(const char *text, size_t len, term_fn *fn, void *arg);
/** The same without stemming: .stem is NULL and .hash 0. */
void words_each(const char *text, size_t len, term_fn *fn, void *arg);

/** Hash of the stem of an already folded word, for tables. */
uint64_t term_hash(const char *word);

/** Hash of an already folded word as written; never equal to that of a stem. */
uint64_t term_exact(const char *word);

/** Words that say how something is asked rather than what ("tell", "me", "the"). */
bool term_stopword(const char *word);

/** Is it one of these words? NULL ends them. */
bool term_among(const char *word, const char *const *words);

/** Is this code point part of a word? */
bool rune_is_letter(uint32_t rune);
uint32_t rune_fold(uint32_t rune); /**< Lower case; Latin letters lose accents */

#endif
