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

/** One line: a mark, what was checked, what was found. */
void doctor_report(struct doctor *d, enum mark mark, const char *what, const char *found);

/** A line below it: how to fix it. */
void doctor_advise(const char *how);

/** The recognisers: which can be used, which one is in use, how it does on a test clip, what a
 *  better model costs; and the networks beside it. */
void doctor_hearing(struct doctor *d);

#endif
