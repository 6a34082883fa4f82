/**
 * @file answer/outline.h  Talking points in the form that the kind of question requires
 *
 *     struct outline o;
 *     outline_compose(&o, grounding, question, kind);
 *     for (i < o.count) ... o.points[i].text, .field, .quote
 *     outline_release(&o);
 *
 * It begins with the lead, what to say first (text from the profile, or words that are true in any
 * case), then at most three key phrases with their numbers, then three to six points. A point with
 * a field is a fact: its quote is a verbatim run of that field of the profile or job description,
 * and its text contains only that, a label and advice on form. A point without a field is only
 * advice and states nothing about the candidate. Nothing is invented; if the profile has nothing, a
 * point says so.
 *
 * Threads    Any; the grounding is read-only.
 * Errors     UV_ENOMEM.
 * Ownership  Everything inside is freed (and wiped) by outline_release().
 */
#ifndef ANSWER_OUTLINE_H
#define ANSWER_OUTLINE_H

#include "answer/form.h"
#include "ground/memory.h"
#include "ground/places.h"
#include "ground/question.h"
#include "llm/driver.h"

#include <stddef.h>

struct grounding;

enum {
    OUTLINE_POINTS_MAX = 6,
    OUTLINE_POINTS_MIN = 3,
    OUTLINE_LEAD_WORDS = 12,
    OUTLINE_LEAD_BYTES = 160,
    OUTLINE_KEYS_MAX = 3,
    OUTLINE_KEY_BYTES = 96,
    OUTLINE_NUMBER_BYTES = 32,
};

/** A phrase from the profile to keep in view while speaking. */
struct outline_key {
    char text[OUTLINE_KEY_BYTES];
    char number[OUTLINE_NUMBER_BYTES]; /**< The figure in it, with its unit; "": none */
};

/** What a prompter shows above the points. */
struct outline_shown {
    char lead[OUTLINE_LEAD_BYTES]; /**< What to say first, in at most 12 words */
    struct outline_key keys[OUTLINE_KEYS_MAX];
    size_t key_count;
    bool fits; /**< Something in the profile seems to answer the question */
};

struct outline {
    struct llm_point points[OUTLINE_POINTS_MAX];
    size_t count;
    struct outline_shown shown;
    bool named; /**< And contains the names asked for */
    enum answer_form form;
    struct place told; /**< The place in the profile that the answer is based on; empty: none */
    char *memory;      /**< What the points point into */
    size_t memory_len;
};

/** g may be NULL: no profile. */
int outline_compose(struct outline *o, const struct grounding *g, const char *question,
                    enum question_kind kind);
/** The same within a conversation: a follow-up question stays with its story, any other skips what
 *  was already told. Both may be NULL. */
int outline_compose_after(struct outline *o, const struct grounding *g, const char *question,
                          enum question_kind kind, const struct memory *memory,
                          const struct memory_follow *follow);
void outline_release(struct outline *o);

#endif
