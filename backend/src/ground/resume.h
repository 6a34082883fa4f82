/**
 * @file ground/resume.h  Who a résumé is about: name, role, years, skills
 *
 *     struct resume r;
 *     resume_read(&r, text, 2026);          // r.name, r.role, r.years, r.skills[]
 *
 * A guess from the usual layout (the name on top, the role under it or in the newest job, a list
 * under "Skills") for a person to check; what is not found is empty. Stories are handled in
 * ground/story.h.
 *
 * Threads    Any; pure, nothing is allocated.
 */
#ifndef GROUND_RESUME_H
#define GROUND_RESUME_H

#include <stddef.h>

enum {
    RESUME_NAME_BYTES = 121,
    RESUME_SKILL_BYTES = 65,
    RESUME_SKILLS_MAX = 60,
};

struct resume {
    char name[RESUME_NAME_BYTES]; /**< Of the person; "": not found */
    char role[RESUME_NAME_BYTES];
    int years; /**< Years of experience: as stated, or from the first job to the last; -1: not
                    found */
    char skills[RESUME_SKILLS_MAX][RESUME_SKILL_BYTES];
    size_t skill_count;
};

void resume_read(struct resume *r, const char *text, int this_year);

#endif
