/**
 * @file llm/habits.h  What was learnt of a provider's models while asking them
 *
 *     struct llm_habits habits = {0};          // one a provider, kept as long as it is
 *     struct llm_habit *h = llm_habit_of(&habits, "qwen3:8b");
 *     if (!(h->without & LLM_FIELD_TEMPERATURE)) ...
 *
 * A field that a server refuses is left out from then on, so that only the first question pays for
 * finding out. The same table knows how large a model and its context are, and whether it thinks
 * aloud. A few models a provider; the least recently used one makes room.
 *
 * Threads    Loop thread only.
 * Ownership  The caller's; plain memory.
 */
#ifndef LLM_HABITS_H
#define LLM_HABITS_H

#include <stdbool.h>
#include <stddef.h>

/** What a request may hold beside its messages. One bit each. */
enum llm_field {
    LLM_FIELD_STREAM_OPTIONS = 1,
    LLM_FIELD_MAX = 2, /**< max_tokens, or max_completion_tokens in its place */
    LLM_FIELD_TEMPERATURE = 4,
    LLM_FIELD_SYSTEM = 8, /**< A message of the system's: else it opens the first of the user's */
    LLM_FIELD_REASONING = 16, /**< Whatever asks for less thinking */
    LLM_FIELD_STREAM = 32,
    LLM_FIELD_OTHER_MAX = 64, /**< (of .without) The other name of the two is used */
};

enum { LLM_HABITS_MODELS = 8, LLM_HABIT_NAME_MAX = 256 };

struct llm_habit {
    char model[LLM_HABIT_NAME_MAX];
    unsigned without; /**< enum llm_field: refused once */
    bool thinks;      /**< It was seen thinking */
    bool unopened;    /**< Its thoughts come without their opening mark: llm/filter.h */
    int context;      /**< Tokens that fit; 0: unknown */
    int fit;      /**< Prompts are fitted to so many since a longer one was refused; 0: context */
    size_t whole; /**< Longest prompt that it counted whole, in [bytes] */
    bool counts_new; /**< Its count of tokens leaves out what it had read before */
    int millions;    /**< Of parameters; 0: unknown */
    unsigned used;   /**< When it was asked for, counting */
};

/** How the address of a provider has to be completed. */
enum llm_v1 { LLM_V1_AS_GIVEN, LLM_V1_ADDED, LLM_V1_LEFT_OUT };

struct llm_habits {
    struct llm_habit of[LLM_HABITS_MODELS];
    unsigned count; /**< Of llm_habit_of() calls */
    enum llm_v1 v1;
};

struct llm_habit *llm_habit_of(struct llm_habits *h, const char *model);

/** Millions of parameters that a model's name tells ("qwen2.5:0.5b", "SmolLM2-135M"); 0: none. */
int llm_millions_of(const char *model);

/** Does the name say that it thinks before it answers? */
bool llm_name_thinks(const char *model);

/** Which of the fields that were sent does this error body refuse? Pure. */
unsigned llm_refused_fields(const char *body, size_t len, unsigned sent);

/** Does this error body say that the messages are longer than the model's context? *context (of
 *  tokens) is set where it is named, else 0. Pure. */
bool llm_overflowed(const char *body, size_t len, int *context);

#endif
