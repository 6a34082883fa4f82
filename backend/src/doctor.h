/**
 * @file doctor.h  What the parts of `interviewd doctor` share
 *
 * Threads    Main thread.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "program.h"

enum mark { GOOD, COULD_BE_BETTER, BROKEN };

struct doctor {
    struct program program;
    bool colour;
    int broken;
};

/** One line: a mark, what was looked at, what was found. */
void doctor_report(struct doctor *d, enum mark mark, const char *what, const char *found);

/** Below it: the way out. */
void doctor_advise(const char *how);

/** The recognisers: which can be used, which one hears, what it makes of a test clip, what a better
 *  ear costs; and the networks beside it. */
void doctor_hearing(struct doctor *d);

#endif
