/**
 * @file answer/prompt.h  The prompt for a language model
 *
 *     struct prompt p;
 *     prompt_build(&p, &(struct prompt_input){.g = grounding, .question = question, .kind = kind});
 *     request.messages = p.messages; request.message_count = p.count;
 *     prompt_release(&p);
 *
 * There are two messages. The first one (rules, profile, job description) is the same for every
 * question of an interview, byte for byte. The second begins with the interview so far, to which
 * lines are only appended, and ends with the current question. Providers and local servers that
 * cache prompts by prefix then only read what is new. If the dialogue is too long its older half is
 * dropped at once: a sliding window would change the beginning with every question.
 *
 * Everything is fitted to the model's context, if that is known: profile, job description, passages
 * and dialogue get shares of it, and below PROMPT_TINY_CONTEXT tokens only what was said since the
 * previous question is sent. A model that is small (or has a tiny context) gets rules of three
 * lines, because it would repeat longer ones.
 *
 * Text from outside (job description, profile, dialogue) is put between marks or after a label and
 * declared to be data; anything in it that looks like such a mark is defused. Texts beyond their
 * budgets are cut at a line or word and end with PROMPT_CUT.
 *
 * The dialogue names the speaker of each line. No earlier answer is sent as a message of the model
 * or as something spoken: if the candidate was not heard, the beginning of the displayed answer
 * appears as displayed, not known to be spoken.
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
    PROMPT_PROFILE_MAX = 24 * 1024, /**< Profile context in a prompt [bytes] */
    PROMPT_JOB_MAX = 12 * 1024,     /**< Job description */
    PROMPT_LINE_MAX = 1200,         /**< One line of the dialogue, or one passage */
    PROMPT_SHOWN_MAX = 400,         /**< Beginning of a displayed answer to an earlier question */
    PROMPT_DIALOGUE_MAX = 8 * 1024, /**< The interview so far */
    PROMPT_PASSAGES_MAX = 4800,     /**< All passages that a search found */
    PROMPT_QUESTION_MAX =
        4000, /**< The question, in characters; longer ones are refused by answer_ask() */
    PROMPT_BYTES_MAX = 96 * 1024, /**< Everything */
    PROMPT_MESSAGES = 2,
    PROMPT_STORY_MAX = 2000,    /**< The story that a follow-up is about */
    PROMPT_TINY_CONTEXT = 2048, /**< Below this many tokens: hardly any dialogue, short rules */
    PROMPT_SMALL_MODEL = 3000,  /**< Below this many millions of parameters: short rules */
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
