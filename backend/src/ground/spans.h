/**
 * @file ground/spans.h  Finding the question in what was said
 *
 *     struct question_span spans[QUESTION_SPANS_MAX];
 *     size_t n = question_spans(text, strlen(text), spans, QUESTION_SPANS_MAX);
 *
 * Speech contains more than the question: greetings, what the team does, thanks at the end. A span
 * is one question with all its parts and the situation that it is about ("Suppose … What do you
 * do?"); two separate questions are two spans. Nothing depends on punctuation or case.
 *
 * Threads    Any; pure, nothing is allocated.
 */
#ifndef GROUND_SPANS_H
#define GROUND_SPANS_H

#include "ground/question.h"

#include <stdbool.h>
#include <stddef.h>

enum { QUESTION_SPANS_MAX = 8 }; /**< In one text; further ones are ignored */

struct question_span {
    size_t start; /**< First byte of its first word */
    size_t end;   /**< After its last word and the punctuation that ends it [bytes] */
    enum question_kind kind;
    float p; /**< Probability that this asks for something, 0..1 */
};

/** In order of the text. Returns how many. */
size_t question_spans(const char *text, size_t len, struct question_span *spans, size_t max);

/** What a text as a whole asks: from the first span to the last, all parts in order. The whole text
 *  if nothing is asked, or if only a few words ("so", "thanks") are outside. p (optional): of the
 *  most certain span, 0 if nothing is asked. */
void question_asked(const char *text, size_t len, size_t *start, size_t *end, float *p);

/** Does it break off in mid-sentence: after "about the", at "what would you do if", or after a
 *  situation ("suppose …") without its question? */
bool question_hangs(const char *text, size_t len);

#endif
