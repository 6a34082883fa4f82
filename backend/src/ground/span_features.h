/**
 * @file ground/span_features.h  What the tagger of questions looks at
 *
 * The same code runs in the tool that trains (tools/question-train/) and in the server. A word is
 * seen with its neighbours, their classes (question word, auxiliary, pronoun …; open words by
 * their ending) and the nearest places where a question could have begun. Marks (comma, full stop,
 * question mark) are used where they are written; nothing depends on them or on case.
 *
 * Threads    Any; pure.
 */
#ifndef GROUND_SPAN_FEATURES_H
#define GROUND_SPAN_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SPAN_WORDS_MAX = 512, /**< Longer texts: the last so many words */
    SPAN_FEATURES_MAX = 48,
};

/** What a word is to the question: no part of it, its first word, a later one. */
enum span_label { SPAN_OUTSIDE, SPAN_BEGINS, SPAN_INSIDE, SPAN_LABELS };

enum span_mark { SPAN_MARK_NONE, SPAN_MARK_COMMA, SPAN_MARK_STOP, SPAN_MARK_ASKS };

struct span_word {
    size_t at; /**< In the text, in [bytes] */
    size_t len;
    size_t end;     /**< Behind the marks that follow it, in [bytes] */
    uint32_t hash;  /**< Of the folded word */
    uint8_t class;  /**< What it is in a sentence */
    uint8_t mark;   /**< The strongest that follows it: enum span_mark */
    uint8_t closes; /**< The one that ends its sentence */
    uint16_t first; /**< First word of its sentence */
    int16_t opener; /**< Last place up to here where a question could begin; -1: none */
    int16_t next;   /**< The next such place behind here; -1: none */
};

/** Returns how many. */
size_t span_words(const char *text, size_t len, struct span_word words[SPAN_WORDS_MAX]);

/** Hashes of what is seen at word i. Returns how many: the same for every word. */
size_t span_features(const struct span_word *words, size_t n, size_t i,
                     uint32_t hashes[SPAN_FEATURES_MAX]);

/** Words of a text. */
size_t span_count(const char *text, size_t len);
/** Nobody ends with it: "the", "about", "and", "if". */
bool span_word_leads_on(const struct span_word *word);
/** Is a situation set ("suppose", "if") and nothing asked of it? */
bool span_supposes(const struct span_word *words, size_t n);

/** Of an open class: one of many words that could stand there. */
int span_word_open(const struct span_word *word);

#endif
