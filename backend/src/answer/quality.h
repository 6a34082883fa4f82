/**
 * @file answer/quality.h  Scoring an answer: five parts, each with its reason
 *
 *     struct quality q;
 *     quality_score(&q, &(struct quality_input){.question = "…", .answer = "…", .grounding = g});
 *     q.total, q.parts[QUALITY_TRUTH].score, q.parts[QUALITY_TRUTH].why
 *
 *     relevance    25   covers the question, and the place in the profile that answers it
 *     structure    20   what its form wants (answer/form.h), in sentences, said once
 *     specificity  30   figures, names and words that profile, posting or dialogue hold; what none
 *                       of them holds counts against it
 *     length       15   as long as its form is good for
 *     delivery     10   pace, pauses and fillers of what was spoken; of a text only the fillers
 *
 * It is meant first for the candidate's own spoken answer and second for a suggested one. It is
 * cheap and deterministic; it judges form and support, not wisdom. docs/architecture/answering.md
 * has the formulas and their accuracy on a labelled set.
 *
 * Threads    Any; the grounding is only read.
 * Errors     If memory is short nothing is found: the parts that need it are 0.
 */
#ifndef ANSWER_QUALITY_H
#define ANSWER_QUALITY_H

#include "ground/grounding.h"
#include "ground/question.h"

#include <stddef.h>

enum quality_part {
    QUALITY_RELEVANCE,
    QUALITY_STRUCTURE,
    QUALITY_TRUTH,
    QUALITY_LENGTH,
    QUALITY_DELIVERY,
    QUALITY_PARTS
};

const char *quality_part_name(enum quality_part part); /**< "relevance" … as on the wire */
int quality_part_most(enum quality_part part);

/** How it was spoken; zeros if unknown. */
struct quality_speech {
    double words_per_minute;
    double pause_share; /**< Of the time from the first to the last word, in pauses over a second */
};

struct quality_input {
    const char *question; /**< NULL: unknown */
    enum question_kind kind;
    const char *answer;
    const struct grounding *grounding;   /**< NULL: no profile */
    const char *dialogue;                /**< (optional) what was said in the interview before */
    const struct quality_speech *speech; /**< (optional) */
};

struct quality {
    struct {
        int score;
        char why[96]; /**< A sentence for the person */
    } parts[QUALITY_PARTS];
    int total; /**< Their sum, 0..100 */
};

void quality_score(struct quality *q, const struct quality_input *in);

#endif
