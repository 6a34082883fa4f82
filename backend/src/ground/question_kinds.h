/**
 * @file ground/question_kinds.h  The kind of a text that is known to be a question
 *
 * Threads    Any; pure.
 */
#ifndef GROUND_QUESTION_KINDS_H
#define GROUND_QUESTION_KINDS_H

#include "ground/question.h"

#include <stddef.h>

/** p: (optional) its probability. */
enum question_kind question_kind_of(const char *text, size_t len, float *p);

#endif
