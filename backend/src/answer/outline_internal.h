/**
 * @file answer/outline_internal.h  Shared by the forms of an outline (private to outline*.c)
 *
 * A draft collects points as offsets into one buffer; outline_compose() turns them into pointers.
 */
#ifndef ANSWER_OUTLINE_INTERNAL_H
#define ANSWER_OUTLINE_INTERNAL_H

#include "answer/form.h"
#include "answer/outline.h"
#include "base/buffer.h"
#include "ground/evidence.h"
#include "ground/grounding.h"

#include <stdbool.h>

enum { DRAFT_BYTES_MAX = 16 * 1024, EVIDENCE_MAX = 10 };

struct draft_point {
    size_t text;
    size_t label;
    size_t quote;
    int field; /* enum ground_field, or -1 */
};

struct draft {
    const struct grounding *g; /* may be NULL */
    const char *question;
    enum question_kind kind;
    bool candidate;                         /* is there anything about the person? */
    bool *used;                             /* for each passage: already used */
    struct evidence evidence[EVIDENCE_MAX]; /* places for the question, best first */
    size_t evidence_count;
    enum answer_form form;
    bool fits;                    /* the best place seems to answer the question */
    bool named;                   /* it contains every name asked for */
    const struct evidence *story; /* the place that is told; NULL: none */
    struct buf memory;
    struct draft_point points[OUTLINE_POINTS_MAX];
    size_t count;
};

/** "Label: advice". Nothing happens once the outline is full. */
void draft_advise(struct draft *d, const char *label, const char *advice);

/** "Label: advice “quote”" (advice may be NULL); the quote is len bytes of passage i, from at. */
void draft_cite(struct draft *d, const char *label, const char *advice, size_t i, size_t at,
                size_t len);
void draft_cite_whole(struct draft *d, const char *label, const char *advice, size_t i);

/** The best passage of these fields for the query that was not used yet; false: none. */
bool draft_find(const struct draft *d, const struct ground_query *q, unsigned fields, size_t *i);
bool draft_find_text(const struct draft *d, const char *text, unsigned fields, size_t *i);

/** The first passage of a field that has only one (role, industry …). */
bool draft_field(const struct draft *d, enum ground_field field, size_t *i);

/** Does the question contain one of these words (separated by spaces, compared by stem)? */
bool draft_asks(const struct draft *d, const char *words);

/** How strong passage i is as evidence: deeds, figures, first person. About 0.5 .. 2. */
float passage_weight(const struct passage *p);

/** The best sentence of the best place that was not quoted yet; any: also of places that have
 *  nothing to do with the question, in that case the strongest. */
bool draft_best_proof(const struct draft *d, bool any, size_t *i);

/** Any strong place, under another heading than passage `than` if there is one. */
bool draft_proof_elsewhere(const struct draft *d, size_t than, size_t *i);

/** The same among stated facts ("Notice period: …"). */
bool draft_best_fact(const struct draft *d, size_t *i);

/** Fills in what a prompter shows: the lead and the key phrases. */
void outline_lead(const struct draft *d, struct outline *o);

/* The forms. */
void form_story(struct draft *d, const struct form_plan *plan);
void form_steps(struct draft *d, const struct form_plan *plan);
void form_experience(struct draft *d, const struct form_plan *plan);
void form_motive(struct draft *d, const struct form_plan *plan);
void form_strength(struct draft *d, const struct form_plan *plan);
void form_weakness(struct draft *d, const struct form_plan *plan);
void form_intro(struct draft *d, const struct form_plan *plan);
void form_fact(struct draft *d, const struct form_plan *plan);
void form_closing(struct draft *d, const struct form_plan *plan);

#endif
