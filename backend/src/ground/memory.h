/**
 * @file ground/memory.h  What was said in an interview so far, by whom, and which stories were told
 *
 *     memory_open(&m);
 *     memory_heard(m, MEMORY_INTERVIEWER, "We run everything on Kubernetes.", 0);
 *     memory_heard(m, MEMORY_INTERVIEWER, "Tell me about an outage.", 3);
 *     memory_offered(m, &offer);                        // the story its answer is based on
 *     follow = memory_follow(m, "And how did they react?");
 *     if (follow.is == FOLLOW_ON)                       // from the same place in the profile
 *         answer(follow.question, follow.story);
 *     memory_shown(m, "I wanted to run a ward.", 3);
 *     n = memory_dialogue(m, lines);
 *
 * Only what was really said is dialogue: the interviewer's words on either channel, and the
 * candidate's. A suggested answer was displayed, and nobody knows whether it was spoken: it is a
 * line of its own kind, and is dropped once the candidate was heard answering. It is also an offer:
 * its story counts as told, so that it is not offered twice. If the candidate is heard telling
 * something else, the story may be offered again.
 *
 * Lines are only appended, in the order in which they happened, so that a prompt that begins with
 * them stays the same from question to question. If there are too many, the older half is dropped
 * at once.
 *
 * Threads    Not thread-safe: one owner at a time.
 * Errors     If there is no memory, a line is not kept; nothing else fails.
 * Ownership  Texts are copied, and wiped when freed. Results are borrowed until the next non-const
 *            call.
 */
#ifndef GROUND_MEMORY_H
#define GROUND_MEMORY_H

#include "ground/question.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    MEMORY_LINES_MAX = 128,  /**< Beyond it the older half is dropped */
    MEMORY_STORIES_MAX = 32, /**< Likewise */
    MEMORY_FACTS_MAX = 16,   /**< Further ones are not kept */
    MEMORY_LINE_BYTES = 1200 /**< A longer line is cut at a word */
};

struct memory;

enum memory_who {
    MEMORY_INTERVIEWER,
    MEMORY_CANDIDATE,
    MEMORY_SHOWN, /**< Nobody, as far as is known: a displayed answer */
};

struct memory_line {
    enum memory_who who;
    const char *text;
    int question; /**< Its number, or that of the question that it was displayed for; 0: a remark */
};

/** What the interviewer said about themselves, in their own words. */
enum memory_about { MEMORY_NAME, MEMORY_TEAM, MEMORY_STACK, MEMORY_CONSTRAINT };

struct memory_fact {
    enum memory_about about;
    const char *text; /**< The sentence */
};

/** Passages [first, end) of the profile; empty: none. */
struct memory_story {
    size_t first;
    size_t end;
};

struct memory_offer {
    int number; /**< Of the question */
    const char *question;
    enum question_kind kind;
    struct memory_story story;
    const char *text; /**< Of the story, as in the profile */
};

enum memory_follows {
    FOLLOW_NOTHING, /**< A question of its own */
    FOLLOW_ON,      /**< "And what happened then?": about the same story */
    FOLLOW_ANOTHER, /**< "Do you have another example?": the same question, another story */
};

struct memory_follow {
    enum memory_follows is;
    const char *question; /**< The one that it follows; NULL: none */
    enum question_kind kind;
    struct memory_story story;
    const char *text;
};

int memory_open(struct memory **mp);
void memory_free(struct memory *m); /**< NULL is allowed */

/** Somebody said this. number: of the question; 0: a remark. A line with the same number is
 *  replaced: the complete question takes the place of its first half. */
void memory_heard(struct memory *m, enum memory_who who, const char *text, int number);

/** This answer was displayed. Not added if the candidate was heard answering the question with this
 *  number. */
void memory_shown(struct memory *m, const char *text, int number);

/** An answer is based on this story (or on none). The same number replaces the earlier offer. */
void memory_offered(struct memory *m, const struct memory_offer *offer);

/** This was not a question after all, or it was reworded: removes its lines and its offer. */
void memory_forget(struct memory *m, int number);

/** What does this follow up on? NULL for m: nothing. */
struct memory_follow memory_follow(const struct memory *m, const char *question);

/** Was the story, or part of it, already told? */
bool memory_told(const struct memory *m, const struct memory_story *story);

/** All lines, oldest first. Returns how many. */
size_t memory_dialogue(const struct memory *m, struct memory_line lines[MEMORY_LINES_MAX]);
const struct memory_fact *memory_facts(const struct memory *m, size_t *count);

/** Replaces the text of the line with these words. number: of the question; 0: a remark. */
void memory_correct(struct memory *m, const char *before, const char *text, int number);

/** Are these words probably an answer to the current question: long, with "I" and "we", and with
 *  words of the offered story? For a microphone that hears both people. */
bool memory_answers(const struct memory *m, const char *text);

#endif
