/**
 * @file answer/outline.h  Talking points in the form the kind of question asks for
 *
 *     struct outline o;
 *     outline_compose(&o, grounding, question, kind);
 *     for (i < o.count) ... o.points[i].text, .field, .quote
 *     outline_release(&o);
 *
 * Three to six points. A point with a field is a fact: its quote is a verbatim run of that field
 * of the profile or job description, and its text holds nothing else but a label and advice on
 * form. A point without a field is advice only and states nothing about the candidate. Nothing is
 * invented; where the profile has nothing, a point says so.
 *
 * Threads    Any; the grounding is only read.
 * Errors     UV_ENOMEM.
 * Ownership  Everything inside is freed (and wiped) by outline_release().
 */
#ifndef ANSWER_OUTLINE_H
#define ANSWER_OUTLINE_H

#include "ground/question.h"
#include "llm/driver.h"

#include <stddef.h>

struct grounding;

enum { OUTLINE_POINTS_MAX = 6, OUTLINE_POINTS_MIN = 3 };

struct outline {
    struct llm_point points[OUTLINE_POINTS_MAX];
    size_t count;
    char *memory; /**< What the points point into */
    size_t memory_len;
};

/** g may be NULL: no profile. */
int outline_compose(struct outline *o, const struct grounding *g, const char *question,
                    enum question_kind kind);
void outline_release(struct outline *o);

#endif
