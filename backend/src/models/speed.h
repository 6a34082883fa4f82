/**
 * @file models/speed.h  How quick this machine hears: measured at the first use, and kept
 *
 *     if (models_speed_wanted(folder))
 *         models_speed_keep(folder, "base.en-q8_0", factor);     // whoever has loaded an ear
 *     switch (models_pace(folder)) ...
 *
 * One figure, the real-time factor: what a second of speech costs in seconds of computing, with the
 * ear that this program takes by itself, base. Ears of other sizes cost about SIZE times that. It
 * stands in FOLDER/speed beside the models, with the processor it was measured on: on another one
 * it counts for nothing and is measured anew. Other programs only ever make a round slower, so a
 * machine that does not seem quick is measured at three uses, and called slow only then; the
 * quickest counts.
 *
 * Threads    Any; files of a line. Two that keep one at the same time: the later one stands.
 * Errors     What cannot be read or written is not known: nothing depends on it but advice.
 */
#ifndef MODELS_SPEED_H
#define MODELS_SPEED_H

#include <stdbool.h>

enum models_pace {
    MODELS_PACE_UNKNOWN,
    MODELS_PACE_SLOW,  /**< A base ear keeps people waiting: tiny is better */
    MODELS_PACE_USUAL, /**< Base it is */
    MODELS_PACE_QUICK, /**< A small one is heard with as well */
};

/** The real-time factor of that ear on this machine ("small.en-q5_1"; any name that has a size);
 *  0: not known. */
double models_speed_of(const char *folder, const char *ear);

enum models_pace models_pace(const char *folder);

/** Should it be measured, by whoever can just now? */
bool models_speed_wanted(const char *folder);

/** So it was with this ear, which lies in the folder. */
void models_speed_keep(const char *folder, const char *ear, double factor);

#endif
