/**
 * @file ground/evidence_weights.h  What each sign of a place counts (part of ground/evidence.c)
 *
 * Found by softmax regression over the places of each question (order) and by logistic regression
 * over the best place of each (fits), both with a penalty on large weights, on all questions of
 * test/data/interview but those called "held" in stories/questions.tsv, and 14 of a nurse's; see
 * docs/architecture/answering.md. A name counts at least 4, since few of those questions ask for
 * one: a place that does not hold the name is no answer. In the order of enum sign and enum clue;
 * [0] without, [1] with points of meaning.
 */
#ifndef GROUND_EVIDENCE_WEIGHTS_H
#define GROUND_EVIDENCE_WEIGHTS_H

/* clang-format off */
static const float order_weights[2][SIGNS] = {
    {2.28f, 5.52f, 6.73f, 0.00f, 0.00f, 1.39f, 0.89f, -0.85f, 0.66f, 0.31f, -0.57f, -0.98f, 4.15f,
     0.00f, -0.40f, 0.19f, 3.24f, 3.83f, -0.71f, 2.26f, -0.40f, 1.40f, 0.31f},
    {0.93f, 2.96f, 4.86f, 4.43f, 7.09f, 1.23f, 0.37f, -0.87f, 0.52f, 0.22f, -0.04f, -1.01f, 4.00f,
     2.75f, -0.07f, 0.08f, 3.61f, 3.20f, -0.61f, 1.57f, -0.46f, 1.17f, 0.37f}};
static const float fits_signs[2][SIGNS] = {
    {0.66f, 0.91f, 0.92f, 0.00f, 0.00f, 0.25f, 0.16f, -0.44f, -0.17f, -0.23f, 0.76f, 0.18f, 0.53f,
     0.00f, 0.16f, -1.02f, 0.52f, -0.26f, -0.36f, -0.33f, -0.24f, 0.11f, -0.18f},
    {0.63f, 1.00f, 1.13f, 0.85f, 0.85f, 0.32f, 0.13f, -0.81f, -0.05f, -0.13f, 0.79f, -0.29f,
     0.37f, -0.69f, -0.00f, -0.94f, 0.73f, 0.07f, -0.20f, -0.52f, -0.49f, 0.06f, -0.09f}};
static const float fits_clues[2][CLUES] = {
    {0.10f, 0.06f, 0.09f, -1.28f, 0.53f, 0.34f, -0.05f, 0.54f, 0.00f, -0.37f, -1.02f, -1.00f,
     0.49f, 0.00f, 0.11f, 0.25f, 0.45f, 0.00f, -0.22f, 0.73f, -0.06f, 0.47f, -0.07f, -0.19f,
     -0.83f, 0.00f, 0.00f},
    {0.09f, 0.04f, 0.10f, -1.14f, 0.37f, 0.46f, -0.05f, 0.60f, 0.39f, -0.39f, -0.82f, -0.42f,
     0.58f, 0.22f, 0.06f, 0.41f, 0.36f, -0.27f, -0.21f, 0.66f, -0.00f, 0.29f, -0.12f, -0.30f,
     -0.69f, 0.16f, 0.22f}};
static const float fits_bias[2] = {0.11f, -0.66f};
/* clang-format on */

#endif
