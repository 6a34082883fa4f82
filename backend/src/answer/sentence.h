/**
 * @file answer/sentence.h  From a line of a profile to a sentence that can be said
 *
 * Profiles are written without a subject ("Led the migration …"), as labels ("Notice period: two
 * months") and as bare nouns ("BSc Nursing, 2018"). A deed gets its "I" and a known label its verb;
 * a line with a subject of its own stays as it is; anything else is quoted as what the profile
 * says. The words of the profile are never changed but for the case of the first letter.
 *
 * Threads    Any; pure.
 */
#ifndef ANSWER_SENTENCE_H
#define ANSWER_SENTENCE_H

#include "base/buffer.h"
#include "ground/grounding.h"

#include <stdbool.h>

enum sentence_form {
    SENTENCE_DEED,     /**< "Led …": wants "I" in front */
    SENTENCE_WHOLE,    /**< Has a subject of its own */
    SENTENCE_LABEL,    /**< "Notice period: two months" */
    SENTENCE_FRAGMENT, /**< None of these */
};

enum sentence_form sentence_form(const char *text, size_t len, bool bullet);

/** Append it as a sentence, with its stop. */
void sentence_say(struct buf *out, const char *text, size_t len, bool bullet);

/** The same as one line, at most `words` words of it, cut where a clause ends. */
void sentence_lead(char *to, size_t size, const char *text, size_t len, bool bullet, int words);

#endif
