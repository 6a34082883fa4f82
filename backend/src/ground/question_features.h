/**
 * @file ground/question_features.h  What the classifier of questions looks at
 *
 * The same code runs in the tool that trains (tools/question_train.c) and in the server, so both
 * see the same features: words, pairs of words, how the utterance begins once fillers are left
 * out, and our own cues (phrases that name a kind). Nothing depends on punctuation or case.
 *
 * Threads    Any; pure.
 */
#ifndef GROUND_QUESTION_FEATURES_H
#define GROUND_QUESTION_FEATURES_H

#include <stddef.h>
#include <stdint.h>

enum {
    QUESTION_WORDS_MAX = 128,    /**< Longer utterances: the last so many words */
    QUESTION_FEATURES_MAX = 640, /**< Distinct features of one utterance */
};

/** Fill hashes (distinct) and return how many. 0: no words at all. */
size_t question_features(const char *text, size_t len, uint32_t hashes[QUESTION_FEATURES_MAX]);

#endif
