/**
 * @file answer-probe/probe.h  What the commands of answer-probe share
 *
 * A command is one file with one function, and one line in the table of main.c. It gets what stands
 * behind its name on the command line and reads standard input; what it prints is JSON, one object
 * a line that was read, in the same order: stable, for tests and benchmarks.
 */
#ifndef ANSWER_PROBE_PROBE_H
#define ANSWER_PROBE_PROBE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/** Returns the exit status: 0, or 2 for what cannot be run. */
typedef int probe_command(int argc, char **argv);

probe_command probe_classify;
probe_command probe_outline;
probe_command probe_speak;
probe_command probe_score;

/** What is printed for a line that cannot be answered: {"error": why}. */
json_t *probe_error(const char *why);

/** Is there nothing on the line? */
bool probe_blank(const char *line);

/** Called for each line of standard input that is UTF-8, without its end. Returns what is printed
 * for it (it is let go of afterwards), or NULL: out of memory. */
typedef json_t *probe_line(const char *line, size_t len, void *arg);

/** Read standard input to its end. Returns the exit status. */
int probe_each_line(probe_line *fn, void *arg);

#endif
