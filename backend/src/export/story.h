/**
 * @file export/story.h  What a document of an interview says, for every format that is read by
 * people
 *
 * Turns records into the pieces of text that Markdown and PDF lay out each in its own way.
 *
 * Threads    Any; pure.
 * Ownership  story_open() copies nothing it can borrow from the document; story_close() frees the
 *            rest. The document must outlive the story.
 */
#ifndef EXPORT_STORY_H
#define EXPORT_STORY_H

#include "export/export.h"

#include <jansson.h>

struct story_point {
    const char *label; /**< "Situation" …; NULL */
    const char *text;
    const char *field; /**< "Context", "Skills" …; NULL: from the question itself, or from what a
                            point before names already */
    const char *quote;
};

struct story_pair {
    int number;
    char time[8];        /**< "09:31", by the reader's clock */
    const char *speaker; /**< "Interviewer", "Candidate, cut off" …: words that needed no answer;
                            NULL: a question */
    const char *question;
    const char *kind;   /**< "Behavioral" …; NULL */
    const char *answer; /**< "" when there is none */
    char *doubts;       /**< "Neither the profile, the posting nor the talk says: 40 percent, Acme";
                              NULL: nothing of the answer is in doubt */
    struct story_point *points;
    size_t point_count;
    char line[256]; /**< "Cut off: …", or "Answered in 1.9 s · first word after 0.4 s · quality 82
                       of 100 · groq" */

    json_t *detail; /* owns what the texts above point to */
};

struct story {
    char title[256]; /**< "Interview: Senior platform engineer" */
    int64_t made_at; /**< When it was over, or began: what a file says of itself, [ms] since 1970 */
    char date[64];   /**< "14 May 2026, 09:26 UTC", "14 May 2026, 14:56 UTC+05:30" */
    char duration[48];  /**< "42 minutes"; "" while it runs */
    char questions[48]; /**< "12 questions" */
    char who[256];      /**< "Ada Example · 8 years · Payments"; "" without a profile */
    char *skills;       /**< "PostgreSQL, Kubernetes"; NULL */
    char *job;          /**< Job description, shortened at a sentence; NULL */
    struct story_pair *pairs;
    size_t pair_count;
};

enum { STORY_JOB_MAX = 900 }; /**< Longest job description shown, [characters] */

int story_open(struct story **sp, const struct export_doc *doc);
void story_close(struct story *story); /**< NULL is allowed */

#endif
