/**
 * @file welcome.h  In plain words: what was found here, and how to improve it
 *
 * `serve` prints it after its address, `doctor` as part of its report.
 *
 * Threads    Main thread.
 */
#ifndef WELCOME_H
#define WELCOME_H

#include "program.h"

#include <stdio.h>

void welcome_print(struct program *p, int port);

/** "Hearing:" and "Answering:", each with what is in use and how to get something better. */
void welcome_hearing(FILE *to, const struct program *p);
void welcome_answering(FILE *to, const struct program *p);

#endif
