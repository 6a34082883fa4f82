/**
 * @file ground/question_kind.c  Names of the kinds, shared with the tool that trains
 */
#include "ground/question.h"

const char *question_kind_name(enum question_kind kind)
{
    static const char *const names[] = {"behavioral",   "technical",  "design",    "situational",
                                        "motivational", "background", "logistics", "small_talk",
                                        "closing",      "other"};

    return names[kind];
}
