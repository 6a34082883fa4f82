/**
 * @file ground/similar.h  The network of meanings, where it is, and points for profiles
 *
 *     similar_use("data/models");           // at the start; nothing is loaded yet
 *     similar_index(g, false);              // a thread gives every passage of g its point
 *     similar_points(texts, 2, points)      // false: there is no network here
 *     similar_close();                      // at the end: waits for threads that index
 *
 * The network is optional: without its two files (models/catalogue.h, kind "meaning") nothing
 * happens, and places are found by words and themes alone. It is loaded when the first profile is
 * indexed and stays; files that come later are found with the next profile. 10,000 words take about
 * 1.2 s of one core, a question 2 to 3 ms.
 *
 * Threads    similar_use() and similar_close(): one thread, while nothing else runs. The rest: any.
 * Errors     What cannot be read is named once in the log and done without.
 */
#ifndef GROUND_SIMILAR_H
#define GROUND_SIMILAR_H

#include "ground/grounding.h"
#include "ground/meaning.h"

/** Look for the files in this folder. NULL: nowhere. */
void similar_use(const char *folder);

/** Give the passages of the candidate's context their points: in a thread, or wait: before this
 *  returns. The thread stops early when nobody else holds the grounding any more. */
void similar_index(struct grounding *g, bool wait);

/** The points of a question, or of the ways to put it. */
bool similar_points(const struct meaning_text *texts, size_t n, float (*points)[MEANING_SIZE]);

/** How near the point of a sentence is to what people say when they tell of this theme
 *  (theme_told()); -1: not known. */
float similar_told(size_t theme, const float point[MEANING_SIZE]);

enum similar_sort { SIMILAR_TOLD, SIMILAR_ASKED };

/** What all told sentences, or all questions of an interview, have in common: the mean of typical
 *  ones. Without it, nearness is what a text is about and not of what sort it is. After
 *  similar_points() said true. */
const float *similar_common(enum similar_sort sort);

void similar_close(void);

#endif
