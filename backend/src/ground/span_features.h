/**
 * @file ground/span_features.h  The features of the question tagger
 *
 * The same code runs in the training tool (tools/question-train/) and in the server. A word's
 * features are its neighbours, their classes (question word, auxiliary, pronoun …; content words by
 * their ending) and the nearest places where a question could have begun. Punctuation (comma, full
 * stop, question mark) is used if present; nothing depends on it or on case.
 *
 * Threads    Any; pure.
 */
#ifndef GROUND_SPAN_FEATURES_H
#define GROUND_SPAN_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SPAN_WORDS_MAX = 512, /**< Of longer texts, this many last words */
    SPAN_FEATURES_MAX = 48,
};

/** A word's role: not part of the question, its first word, a later word. */
enum span_label { SPAN_OUTSIDE, SPAN_BEGINS, SPAN_INSIDE, SPAN_LABELS };

enum span_mark { SPAN_MARK_NONE, SPAN_MARK_COMMA, SPAN_MARK_STOP, SPAN_MARK_ASKS };

struct span_word {
    size_t at; /**< Offset in the text [bytes] */
    size_t len;
    size_t end;     /**< After the punctuation that follows it [bytes] */
    uint32_t hash;  /**< Of the folded word */
    uint8_t class;  /**< Its class */
    uint8_t mark;   /**< The strongest mark after it: enum span_mark */
    uint8_t closes; /**< The mark that ends its sentence */
    uint16_t first; /**< First word of its sentence */
    int16_t opener; /**< The last place before it where a question could begin; -1: none */
    int16_t next;   /**< The next such place after it; -1: none */
};

/** Returns how many. */
size_t span_words(const char *text, size_t len, struct span_word words[SPAN_WORDS_MAX]);

/** Hashes of the features of word i. Returns how many: the same for every word. */
size_t span_features(const struct span_word *words, size_t n, size_t i,
                     uint32_t hashes[SPAN_FEATURES_MAX]);

/** Words of a text. */
size_t span_count(const char *text, size_t len);
/** Words that nobody ends with: "the", "about", "and", "if". */
bool span_word_leads_on(const struct span_word *word);
/** Is a situation described ("suppose", "if") without asking anything about it? */
bool span_supposes(const struct span_word *words, size_t n);

/** Is it a content word? */
int span_word_open(const struct span_word *word);

#endif
