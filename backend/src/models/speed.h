/**
 * @file models/speed.h  How fast this machine recognises speech: measured at the first use, and
 * kept
 *
 *     if (models_speed_wanted(folder))
 *         models_speed_keep(folder, "base.en-q8_0", factor);     // called after loading a model
 *     switch (models_pace(folder)) ...
 *
 * One figure, the real-time factor: the seconds of computing that a second of speech takes with the
 * default model, base. Other sizes cost a fixed multiple of that. It is kept in FOLDER/speed beside
 * the models, with the name of the processor; on another processor it is ignored and measured
 * again. Other programs can only make a measurement slower, so a machine that does not look quick
 * is measured three times before it counts as slow, and the best result is used.
 *
 * Threads    Any; one-line files. If two threads write at the same time, the later one wins.
 * Errors     A figure that cannot be read or written is unknown: only advice depends on it.
 */
#ifndef MODELS_SPEED_H
#define MODELS_SPEED_H

#include <stdbool.h>

enum models_pace {
    MODELS_PACE_UNKNOWN,
    MODELS_PACE_SLOW,  /**< A base model keeps people waiting: use tiny */
    MODELS_PACE_USUAL, /**< Base is right */
    MODELS_PACE_QUICK, /**< A small model works too */
};

/** The real-time factor of that model on this machine ("small.en-q5_1"; any name that has a size);
 *  0: unknown. */
double models_speed_of(const char *folder, const char *ear);

enum models_pace models_pace(const char *folder);

/** Should it be measured, at the next opportunity? */
bool models_speed_wanted(const char *folder);

/** Record a measurement with this model, which is in the folder. */
void models_speed_keep(const char *folder, const char *ear, double factor);

#endif
