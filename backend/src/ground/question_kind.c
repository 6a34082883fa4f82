/**
 * @file ground/question_kind.c  Names of the kinds, shared with the training tool
 */
#include "ground/question.h"

#include <string.h>

const char *question_kind_name(enum question_kind kind)
{
    static const char *const names[] = {"behavioral",   "technical",  "design",    "situational",
                                        "motivational", "background", "logistics", "small_talk",
                                        "closing",      "other"};

    return names[kind];
}

bool question_kind_find(const char *name, enum question_kind *kind)
{
    for (int k = 0; name && k <= QUESTION_OTHER; k++) {
        if (strcmp(name, question_kind_name((enum question_kind)k)) == 0) {
            *kind = (enum question_kind)k;
            return true;
        }
    }
    return false;
}
