/**
 * @file answer-probe/profile.h  A profile and a posting from files, indexed
 *
 * The profile is the JSON object of docs/api (role, yearsExperience, skills, industry, context; a
 * jobDescription in it counts when no posting is named). Where the network of meanings lies in
 * $INTERVIEWD_MODELS, or in ./data/models, the places get their points before anything is asked.
 */
#ifndef ANSWER_PROBE_PROFILE_H
#define ANSWER_PROBE_PROFILE_H

#include "answer-probe/probe.h"

/** Runs fn for each line of standard input with the indexed profile (const struct grounding *) as
 *  its argument. argc, argv: PROFILE.json [JOB.txt]. Returns the exit status; what is wrong was
 *  printed. */
int probe_profile_lines(int argc, char **argv, probe_line *fn);

#endif
