/**
 * @file answer-probe/profile.h  A profile and a posting from files, indexed
 *
 * The profile is the JSON object of docs/api (role, yearsExperience, skills, industry, context; a
 * jobDescription in it counts when no posting is named). Where the network of meanings lies in
 * $INTERVIEWD_MODELS, or in ./data/models, the places get their points before anything is asked.
 */
#ifndef ANSWER_PROBE_PROFILE_H
#define ANSWER_PROBE_PROFILE_H

#include "ground/grounding.h"

/** The arguments PROFILE.json [JOB.txt] of a command. NULL: what is wrong was printed. */
struct grounding *probe_profile(int argc, char **argv);
void probe_profile_free(struct grounding *g);

#endif
