/**
 * @file answer/prompt.h  What a language model is told
 *
 *     struct prompt p;
 *     prompt_build(&p, grounding, question, kind, points, n, history, h, memory);
 *     request.messages = p.messages; request.message_count = p.count;
 *     prompt_release(&p);
 *
 * The first message is the same for every question of an interview, byte for byte: rules, profile,
 * job description. Providers that cache prompts by their prefix then read it once. History follows
 * as pairs, the question with its outline comes last.
 *
 * What comes from outside (job description, profile) stands between marks and is declared to be
 * data; anything in it that looks like such a mark is defused. Texts past their budgets are cut at
 * a line or word and end in PROMPT_CUT: first the oldest history goes, then long answers in it are
 * shortened, then the job description, then the profile.
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
    PROMPT_ANSWER_MAX = 1200,       /**< One earlier answer */
    PROMPT_HISTORY_MAX = 8 * 1024,  /**< All earlier pairs */
    PROMPT_DIALOGUE_MAX = 3000,     /**< What was said last, on both sides */
    PROMPT_QUESTION_MAX =
        4000, /**< The question, in characters; longer ones are refused by answer_ask() */
    PROMPT_BYTES_MAX = 96 * 1024, /**< Everything */
    PROMPT_MESSAGES_MAX = 2 + 2 * ANSWER_HISTORY_MAX,
};

#define PROMPT_CUT " […]"

struct prompt {
    struct llm_message messages[PROMPT_MESSAGES_MAX];
    size_t count;
    char *memory;
    size_t memory_len;
};

/** memory: of the conversation, or NULL. What was said on both sides, what the interviewer told and
 *  what the question goes on with stand before it. */
int prompt_build(struct prompt *p, const struct grounding *g, const char *question,
                 enum question_kind kind, const struct llm_point *points, size_t point_count,
                 const struct answer_pair *history, size_t history_count,
                 const struct memory *memory);
void prompt_release(struct prompt *p);

#endif
