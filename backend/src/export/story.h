/**
 * @file export/story.h  The content of a document about an interview, for every format that people
 * read
 *
 * Turns records into pieces of text, which Markdown and PDF each lay out in their own way.
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
    const char *field; /**< "Context", "Skills" …; NULL: from the question itself, or the same
                            source as an earlier point */
    const char *quote;
};

struct story_pair {
    int number;
    char time[8];        /**< "09:31", on the reader's clock */
    const char *speaker; /**< "Interviewer", "Candidate, cut off" …: a remark that needed no answer;
                              NULL: a question */
    const char *question;
    const char *kind;   /**< "Behavioral" …; NULL */
    const char *answer; /**< "" if there is none */
    char *doubts;       /**< "Neither the profile, the posting nor the talk says: 40 percent, Acme";
                             NULL: nothing in the answer is doubtful */
    struct story_point *points;
    size_t point_count;
    char line[256]; /**< "Cut off: …", or "Answered in 1.9 s · first word after 0.4 s · quality 82
                       of 100 · groq" */

    json_t *detail; /* owns what the strings above point to */
};

struct story {
    char title[256];    /**< "Interview: Senior platform engineer" */
    int64_t made_at;    /**< When it ended or began: the document's own date [ms] since 1970 */
    char date[64];      /**< "14 May 2026, 09:26 UTC", "14 May 2026, 14:56 UTC+05:30" */
    char duration[48];  /**< "42 minutes"; "" while it is running */
    char questions[48]; /**< "12 questions" */
    char who[256];      /**< "Ada Example · 8 years · Payments"; "" without a profile */
    char *skills;       /**< "PostgreSQL, Kubernetes"; NULL: none */
    char *job;          /**< Job description, shortened at the end of a sentence; NULL: none */
    struct story_pair *pairs;
    size_t pair_count;
};

enum { STORY_JOB_MAX = 900 }; /**< Longest job description shown, [characters] */

int story_open(struct story **sp, const struct export_doc *doc);
void story_close(struct story *story); /**< NULL is allowed */

#endif
