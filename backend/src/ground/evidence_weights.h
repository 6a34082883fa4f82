/**
 * @file ground/evidence_weights.h  What each sign of a place counts (part of ground/evidence.c)
 *
 * Found by softmax regression over the places of each question (order) and by logistic regression
 * over the best place of each (fits), on questions that are kept for that; see
 * docs/architecture/answering.md. Names count more than the fit gave them, since few of those
 * questions ask for one: a place that does not hold the name is no answer. In the order of enum
 * sign; [0] without, [1] with points of meaning.
 */
#ifndef GROUND_EVIDENCE_WEIGHTS_H
#define GROUND_EVIDENCE_WEIGHTS_H

/* clang-format off */
static const float order_weights[2][SIGNS] = {
    {2.81f, 2.87f, 5.56f, 0.00f, 0.00f, 0.00f, 1.63f, 1.31f, -1.37f, 0.56f, 0.12f, -0.05f,
     -0.64f, 4.00f, 0.00f, -0.11f, 0.00f},
    {1.79f, 2.00f, 4.28f, 3.23f, 3.61f, 0.00f, 1.46f, 0.76f, -1.23f, 0.81f, -0.18f, 0.21f,
     -0.77f, 4.00f, 2.40f, 0.06f, 0.00f}};

static const float fits_weights[2][SIGNS] = {
    {2.67f, 0.00f, 1.25f, 0.00f, 0.00f, 0.00f, 0.26f, -0.18f, 0.00f, 0.00f, 0.00f, 0.00f,
     0.00f, 0.00f, 0.00f, 0.00f, -2.40f},
    {2.13f, 0.00f, 2.86f, -0.84f, 6.99f, 0.00f, 0.96f, 0.11f, 0.00f, 0.00f, 0.00f, 0.00f,
     0.00f, 0.00f, -3.06f, 0.00f, -2.59f}};
static const float fits_score[2] = {0.48f, 0.30f};   /* the sum that orders */
static const float fits_unnamed[2] = {-1.07f, -0.70f}; /* a name was asked for and is not there */
static const float fits_themed[2] = {-0.01f, 0.49f};  /* some place tells of the theme */
static const float fits_bias[2] = {-1.42f, -2.70f};
/* clang-format on */

#endif
