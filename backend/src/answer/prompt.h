/**
 * @file answer/prompt.h  What a language model is told
 *
 *     struct prompt p;
 *     prompt_build(&p, &(struct prompt_input){.g = grounding, .question = question, .kind = kind});
 *     request.messages = p.messages; request.message_count = p.count;
 *     prompt_release(&p);
 *
 * There are two messages. The first one (rules, profile, job description) is the same for every
 * question of an interview, byte for byte. The second begins with the interview so far, which is
 * only ever added to, and ends with what is asked now. Providers and local servers that cache
 * prompts by their prefix then read only what is new. When the dialogue is too long its older half
 * goes at once: a window that slides would change what comes first at every question.
 *
 * All is fitted to the model's context, where that is known: profile, job description, passages and
 * dialogue get shares of it, and below PROMPT_TINY_CONTEXT tokens only what was said since the
 * question before is sent. A model that is small (or has a tiny context) gets rules of three lines:
 * longer ones it repeats.
 *
 * What comes from outside (job description, profile, dialogue) stands between marks or after a
 * label and is declared to be data; anything in it that looks like such a mark is defused. Texts
 * past their budgets are cut at a line or word and end in PROMPT_CUT.
 *
 * The dialogue names who said each line. No earlier answer is sent as a message of the model's or
 * as something spoken: where the candidate was not heard, the beginning of what was shown stands
 * there as shown, not known to be spoken.
 *
 * Threads    Any; pure.
 * Errors     UV_ENOMEM, UV_ENOBUFS.
 * Ownership  The messages point into memory that prompt_release() wipes and frees.
 */
#ifndef ANSWER_PROMPT_H
#define ANSWER_PROMPT_H

#include "answer/answer.h"
#include "ground/grounding.h"

enum {
    PROMPT_PROFILE_MAX = 24 * 1024, /**< Profile context in a prompt, in [bytes] */
    PROMPT_JOB_MAX = 12 * 1024,     /**< Job description */
    PROMPT_LINE_MAX = 1200,         /**< One line of the dialogue, or one passage */
    PROMPT_SHOWN_MAX = 400,         /**< What was shown for an earlier question */
    PROMPT_DIALOGUE_MAX = 8 * 1024, /**< The interview so far */
    PROMPT_PASSAGES_MAX = 4800,     /**< All passages that a search found */
    PROMPT_QUESTION_MAX =
        4000, /**< The question, in characters; longer ones are refused by answer_ask() */
    PROMPT_BYTES_MAX = 96 * 1024, /**< Everything */
    PROMPT_MESSAGES = 2,
    PROMPT_STORY_MAX = 2000,    /**< The story that a follow-up goes on with */
    PROMPT_TINY_CONTEXT = 2048, /**< Fewer tokens: hardly any dialogue, short rules */
    PROMPT_SMALL_MODEL = 3000,  /**< Fewer millions of parameters: short rules */
    PROMPT_TOKEN_BYTES = 3,     /**< Bytes of a token, at least; English has four */
};

#define PROMPT_CUT " […]"

struct prompt {
    struct llm_message messages[PROMPT_MESSAGES];
    size_t count;
    const char *asked; /**< In the last message: from the question on */
    char *memory;
    size_t memory_len;
};

struct prompt_input {
    const struct grounding *g; /**< NULL: no profile */
    const char *question;
    const char *heard; /**< (optional) The question with "(?)" behind unsure words, "…" where two
                            utterances were joined */
    bool unsure;       /**< The recogniser was unsure of the whole question */
    enum question_kind kind;
    const struct llm_point *points;
    size_t point_count;
    const struct memory_line *dialogue; /**< The interview so far, oldest first */
    size_t dialogue_count;
    const char *const
        *facts; /**< What the interviewer told; repeated once its line has dropped out */
    size_t fact_count;
    const char *story; /**< (optional) This question goes on with it */
    int number;        /**< Number of the question; 0: not numbered */
    int context;       /**< Tokens that the model takes; 0: enough */
    int max_tokens;    /**< Of these, for the answer */
    int millions;      /**< Millions of parameters of the model; 0: unknown */
};

int prompt_build(struct prompt *p, const struct prompt_input *in);
/** The rules that its first message begins with. */
const char *prompt_rules(const struct prompt_input *in);
/** What is asked now: the last message without the dialogue it begins with. */
const char *prompt_asked(const struct prompt *p);
void prompt_release(struct prompt *p);

#endif
