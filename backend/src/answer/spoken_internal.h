/**
 * @file answer/spoken_internal.h  What the parts of the spoken answer share (private to spoken*.c)
 */
#ifndef ANSWER_SPOKEN_INTERNAL_H
#define ANSWER_SPOKEN_INTERNAL_H

#include "answer/spoken.h"
#include "ground/grounding.h"

#include <stdbool.h>

struct speech {
    struct buf *out;
    const struct grounding *g; /* may be NULL */
    const char *question;
    enum question_kind kind;
    const struct outline *o;
    const char *field; /* of the sentences since the last mark; NULL: none is due */
    int said;          /* sentences that quote */
    size_t told;       /* the passage the last story began with, plus one */
};

/** A sentence of form, without a fact: marks what came before. */
void say_frame(struct speech *s, const char *text);

/** The same, and what follows stands in the same sentence. */
void say_lead(struct speech *s, const char *text);

/** A point's quote in the first person, "turn" before it where it fits ("So", "In the end,"). */
void say_point(struct speech *s, const struct llm_point *p, const char *turn);

/** A passage of the grounding, the same. */
void say_passage(struct speech *s, size_t i, const char *turn);

/** Write the mark that is due. */
void say_mark(struct speech *s);

/** Where a heading says somebody worked ("Northwind Pay" of "Northwind Pay, engineer, 2021 to
 *  now"); its length in the heading, 0: it cannot be told. */
size_t heading_place(const char *heading, size_t len, const char **at);

/** The passage that a quote is, or begins; false: none. */
bool find_quote(const struct speech *s, const char *quote, size_t *i);

#endif
