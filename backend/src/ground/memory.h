/**
 * @file ground/memory.h  What was said in an interview so far, by whom, and what was told of it
 *
 *     memory_open(&m);
 *     memory_heard(m, MEMORY_INTERVIEWER, "We run everything on Kubernetes.", 0);
 *     memory_heard(m, MEMORY_INTERVIEWER, "Tell me about an outage.", 3);
 *     memory_offered(m, &offer);                        // the story its answer was made of
 *     follow = memory_follow(m, "And how did they react?");
 *     if (follow.is == FOLLOW_ON)                       // from the same place in the profile
 *         answer(follow.question, follow.story);
 *     memory_shown(m, "I wanted to run a ward.", 3);
 *     n = memory_dialogue(m, lines);
 *
 * Only what was really said is dialogue: the interviewer's words on either channel and the
 * candidate's. A suggested answer was shown, and nobody knows whether it was spoken: it is a line
 * of its own kind, and none at all once the candidate was heard to answer. It is an offer too: its
 * story counts as told once it was offered, so that it is not offered twice. When the candidate is
 * heard to have told something else, that offer is free again.
 *
 * Lines are only added, in the order in which they happened: what begins with them (a prompt) is
 * the same from question to question. When there are too many, the older half goes at once.
 *
 * Threads    None of its own: one owner at a time.
 * Errors     Without memory a line is not kept; nothing else fails.
 * Ownership  Texts are copied, and wiped when they go. What is returned is borrowed until the next
 *            call that is not const.
 */
#ifndef GROUND_MEMORY_H
#define GROUND_MEMORY_H

#include "ground/question.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    MEMORY_LINES_MAX = 128,  /**< Then the older half goes */
    MEMORY_STORIES_MAX = 32, /**< Likewise */
    MEMORY_FACTS_MAX = 16,   /**< Further ones are not kept */
    MEMORY_LINE_BYTES = 1200 /**< A longer line is cut at a word */
};

struct memory;

enum memory_who {
    MEMORY_INTERVIEWER,
    MEMORY_CANDIDATE,
    MEMORY_SHOWN, /**< Nobody, as far as is known: a suggested answer */
};

struct memory_line {
    enum memory_who who;
    const char *text;
    int question; /**< Its number, or that of the question it was shown for; 0: a remark */
};

/** What the interviewer told of themselves, in their own words. */
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
    const char *text; /**< Of the story, as the profile has it */
};

enum memory_follows {
    FOLLOW_NOTHING, /**< A question of its own */
    FOLLOW_ON,      /**< "And what happened then?": the same story goes on */
    FOLLOW_ANOTHER, /**< "Do you have another example?": the same question, another story */
};

struct memory_follow {
    enum memory_follows is;
    const char *question; /**< Which it follows; NULL: none */
    enum question_kind kind;
    struct memory_story story;
    const char *text;
};

int memory_open(struct memory **mp);
void memory_free(struct memory *m); /**< NULL is allowed */

/** Somebody said this. number: of the question that it is; 0: none. A line of the same number is
 *  replaced: the longer version of a question takes the place of its half. */
void memory_heard(struct memory *m, enum memory_who who, const char *text, int number);

/** This answer was put on the screen. It is no line when the candidate was heard to answer since
 * the question of this number. */
void memory_shown(struct memory *m, const char *text, int number);

/** An answer was made of this story (or of none). The same number replaces. */
void memory_offered(struct memory *m, const struct memory_offer *offer);

/** This was not a question after all, or it is asked in other words: its lines and its offer are
 *  removed. */
void memory_forget(struct memory *m, int number);

/** What does this follow? NULL for m: nothing. */
struct memory_follow memory_follow(const struct memory *m, const char *question);

/** Was the story, or a part of it, told already? */
bool memory_told(const struct memory *m, const struct memory_story *story);

/** All lines, oldest first. Returns how many. */
size_t memory_dialogue(const struct memory *m, struct memory_line lines[MEMORY_LINES_MAX]);
const struct memory_fact *memory_facts(const struct memory *m, size_t *count);

/** Replace the words of the line that has these. number: of the question that they are; 0: none. */
void memory_correct(struct memory *m, const char *before, const char *text, int number);

/** Are these words likely an answer to the running question: long, with "I" and "we", and with
 *  words of the story that was offered? For a microphone that hears both people. */
bool memory_answers(const struct memory *m, const char *text);

#endif
