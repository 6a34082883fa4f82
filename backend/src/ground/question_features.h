/**
 * @file ground/question_features.h  The features of the question classifier
 *
 * The same code runs in the training tool (tools/question-train/) and in the server, so both see
 * the same features: words, pairs of words, the beginning of the utterance without fillers, and our
 * own cues (phrases that indicate a kind). Nothing depends on punctuation or case.
 *
 * Threads    Any; pure.
 */
#ifndef GROUND_QUESTION_FEATURES_H
#define GROUND_QUESTION_FEATURES_H

#include <stddef.h>
#include <stdint.h>

enum {
    QUESTION_WORDS_MAX = 128,    /**< Of longer utterances, this many last words */
    QUESTION_FEATURES_MAX = 640, /**< Distinct features in one utterance */
};

/** Fills hashes (without repetitions) and returns how many. 0: no words at all. */
size_t question_features(const char *text, size_t len, uint32_t hashes[QUESTION_FEATURES_MAX]);

#endif
