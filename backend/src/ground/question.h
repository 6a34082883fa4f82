/**
 * @file ground/question.h  Is it a question, and of what kind?
 *
 * Threads    Any; pure functions.
 */
#ifndef GROUND_QUESTION_H
#define GROUND_QUESTION_H

#include <stdbool.h>
#include <stddef.h>

enum question_kind {
    QUESTION_BEHAVIORAL,   /**< "Tell me about a time …" */
    QUESTION_TECHNICAL,    /**< "What is the difference between …", "How does … work" */
    QUESTION_DESIGN,       /**< "How would you design …" */
    QUESTION_SITUATIONAL,  /**< "What would you do if …" */
    QUESTION_MOTIVATIONAL, /**< "Why do you want …" */
    QUESTION_BACKGROUND,   /**< "Walk me through your résumé" */
    QUESTION_LOGISTICS,    /**< Salary, notice, start date, location */
    QUESTION_SMALL_TALK,
    QUESTION_CLOSING, /**< "Do you have any questions for us?" */
    QUESTION_OTHER,
};

const char *question_kind_name(enum question_kind kind); /**< "behavioral" …, as on the wire */
/** The kind with this name; false if there is none, and kind is unchanged. name may be NULL. */
bool question_kind_find(const char *name, enum question_kind *kind);

struct question {
    bool is_question; /**< Asks for an answer, with or without punctuation */
    enum question_kind kind;
    float certainty; /**< 0..1 */
};

/** text is a recogniser's output: neither punctuation nor case is reliable. */
struct question question_classify(const char *text);

#endif
