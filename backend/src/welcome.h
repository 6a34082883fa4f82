/**
 * @file welcome.h  In plain words: what was found here, and how to get better
 *
 * `serve` prints it after its address, `doctor` as a part of its report.
 *
 * Threads    Main thread.
 */
#ifndef WELCOME_H
#define WELCOME_H

#include "program.h"

#include <stdio.h>

void welcome_print(struct program *p, int port);

/** "Hearing:" and "Answering:" with what is active and the way to something better. */
void welcome_hearing(FILE *to, const struct program *p);
void welcome_answering(FILE *to, const struct program *p);

#endif
