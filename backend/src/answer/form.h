/**
 * @file answer/form.h  The form of an answer: what a listener in that trade wants to hear, in order
 *
 *     enum answer_form form = form_of(question, kind, evidence_themes(question), grounding);
 *     const struct form_plan *plan = form_plan(form);
 *     plan->steps[0].label, plan->steps[0].advice ...
 *
 * The kind (ground/question.h) describes how a question is asked; the form describes how it is
 * answered: designing software and planning a reading lesson are both "how would you". The words of
 * the question decide or, if they leave it open, the candidate's profession.
 *
 * Threads    Any; pure.
 */
#ifndef ANSWER_FORM_H
#define ANSWER_FORM_H

#include "ground/grounding.h"
#include "ground/question.h"

enum answer_form {
    FORM_STORY, /**< Situation, task, action, result */
    FORM_FACT,  /**< One line: salary, notice, languages */
    FORM_STRENGTH,
    FORM_WEAKNESS,   /**< Including what is done about it */
    FORM_MOTIVE,     /**< Why this job */
    FORM_INTRO,      /**< "Tell me about yourself" */
    FORM_EXPERIENCE, /**< Have you used, do you know */
    FORM_CONCEPT,    /**< What is, how does it work */
    FORM_CODING,
    FORM_DESIGN,
    FORM_ESTIMATE,
    FORM_CASE,
    FORM_CLINICAL,
    FORM_SALES,
    FORM_FINANCE,
    FORM_TEACHING,
    FORM_TRADE,
    FORM_LEADERSHIP,
    FORM_WHAT_IF,
    FORM_SMALL_TALK,
    FORM_CLOSING,
    FORM_OTHER,
    FORMS
};

enum { FORM_STEPS_MAX = 5 };

struct form_step {
    const char *label;
    const char *advice;
};

struct form_plan {
    const char *name;
    const char *lead; /**< What to say first if the profile has nothing: true in any case */
    int proof;        /**< An example is told before this step */
    struct form_step steps[FORM_STEPS_MAX];
    int least; /**< Least number of words in a good spoken answer, */
    int most;  /**< and most */
};

/** themes: evidence_themes() of the question; g may be NULL. */
enum answer_form form_of(const char *question, enum question_kind kind, unsigned themes,
                         const struct grounding *g);

const struct form_plan *form_plan(enum answer_form form);

/** Does it explain something, so that most of its names and numbers are not about the candidate? */
bool form_explains(enum answer_form form);

/** Does the text contain one of these phrases (separated by |)? Whole words in a row, ignoring
 *  case. */
bool form_says(const char *text, const char *phrases);

#endif
