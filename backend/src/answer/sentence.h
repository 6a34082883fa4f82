/**
 * @file answer/sentence.h  From a line of a profile to a sentence that can be said
 *
 * Profiles are written without a subject ("Led the migration …"), as labels ("Notice period: two
 * months") and as bare nouns ("BSc Nursing, 2018"). A deed gets an "I" and a known label a verb; a
 * line with a subject of its own is unchanged; anything else is quoted as what the profile says.
 * The words of the profile are never changed, except for the case of the first letter.
 *
 * Threads    Any; pure.
 */
#ifndef ANSWER_SENTENCE_H
#define ANSWER_SENTENCE_H

#include "base/buffer.h"
#include "ground/grounding.h"

#include <stdbool.h>

enum sentence_form {
    SENTENCE_DEED,     /**< "Led …": needs "I" before it */
    SENTENCE_WHOLE,    /**< Has a subject of its own */
    SENTENCE_LABEL,    /**< "Notice period: two months" */
    SENTENCE_FRAGMENT, /**< None of these */
};

enum sentence_form sentence_form(const char *text, size_t len, bool bullet);

/** Appends it as a sentence, with a full stop. */
void sentence_say(struct buf *out, const char *text, size_t len, bool bullet);

/** The same on one line, with at most `words` words, cut where a clause ends. */
void sentence_lead(char *to, size_t size, const char *text, size_t len, bool bullet, int words);

#endif
