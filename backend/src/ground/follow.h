/**
 * @file ground/follow.h  Is a question a follow-up to what was just told?
 *
 * Threads    Any; pure.
 */
#ifndef GROUND_FOLLOW_H
#define GROUND_FOLLOW_H

#include "ground/memory.h"

/** story: words of what was told (NULL: none). */
enum memory_follows follow_of(const char *question, const char *story);

#endif
