/**
 * @file answer/quality.h  How good is an answer? One number from 0 to 100
 *
 * score = structure (0..25) + specificity (0..25) + grounding (0..35) + length (0..15); the
 * formula of each part stands in quality.c and in docs/architecture/answering.md. It is a cheap,
 * deterministic hint for the list of sessions, not a judgement of truth.
 *
 * Threads    Any; pure.
 */
#ifndef ANSWER_QUALITY_H
#define ANSWER_QUALITY_H

#include "ground/question.h"
#include "llm/driver.h"

#include <stddef.h>

struct quality {
    int structure;
    int specificity;
    int grounding;
    int length;
    int total; /**< Their sum, 0..100 */
};

struct quality quality_score(const char *answer, enum question_kind kind,
                             const struct llm_point *points, size_t point_count);

#endif
