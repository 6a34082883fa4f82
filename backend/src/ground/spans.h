/**
 * @file ground/spans.h  Which run of what was said is the question?
 *
 *     struct question_span spans[QUESTION_SPANS_MAX];
 *     size_t n = question_spans(text, strlen(text), spans, QUESTION_SPANS_MAX);
 *
 * Speech holds more than the question: greetings, what the team does, thanks behind it. A span is
 * one question with all its parts and the situation it is asked of ("Suppose … What do you do?");
 * two questions of their own are two spans. Nothing depends on punctuation or case.
 *
 * Threads    Any; pure, nothing is allocated.
 */
#ifndef GROUND_SPANS_H
#define GROUND_SPANS_H

#include "ground/question.h"

#include <stdbool.h>
#include <stddef.h>

enum { QUESTION_SPANS_MAX = 8 }; /**< Of one text; further ones are left out */

struct question_span {
    size_t start; /**< First byte of its first word, in [bytes] */
    size_t end;   /**< Behind its last word and the marks that close it, in [bytes] */
    enum question_kind kind;
    float p; /**< Probability that this asks for something, 0..1 */
};

/** In order of the text. Returns how many. */
size_t question_spans(const char *text, size_t len, struct question_span *spans, size_t max);

/** What is asked of a text as a whole: from the first span to the last, all parts in order. The
 *  whole text when nothing is, or when only a few words ("so", "thanks") stand outside. p
 * (optional): of the surest span, 0 when nothing is asked. */
void question_asked(const char *text, size_t len, size_t *start, size_t *end, float *p);

/** Does it break off in mid-sentence: behind "about the", at "what would you do if", or after a
 *  situation ("suppose …") without its question? */
bool question_hangs(const char *text, size_t len);

#endif
