/**
 * @file llm/habits.h  What was learnt about a provider's models while using them
 *
 *     struct llm_habits habits = {0};          // one per provider, kept as long as it
 *     struct llm_habit *h = llm_habit_of(&habits, "qwen3:8b");
 *     if (!(h->without & LLM_FIELD_TEMPERATURE)) ...
 *
 * A field that a server refuses is omitted from then on, so that only the first question pays for
 * finding out. The same table records how large a model and its context are, and whether it thinks
 * aloud. It has room for a few models per provider; the least recently used one is replaced.
 *
 * Threads    Loop thread only.
 * Ownership  The caller's; plain memory.
 */
#ifndef LLM_HABITS_H
#define LLM_HABITS_H

#include <stdbool.h>
#include <stddef.h>

/** What a request may contain besides its messages. One bit each. */
enum llm_field {
    LLM_FIELD_STREAM_OPTIONS = 1,
    LLM_FIELD_MAX = 2, /**< max_tokens, or max_completion_tokens instead */
    LLM_FIELD_TEMPERATURE = 4,
    LLM_FIELD_SYSTEM = 8,     /**< A system message: otherwise it is put before the first user
                                   message */
    LLM_FIELD_REASONING = 16, /**< Anything that asks for less thinking */
    LLM_FIELD_STREAM = 32,
    LLM_FIELD_OTHER_MAX = 64, /**< (in .without) The other of the two names is used */
};

enum { LLM_HABITS_MODELS = 8, LLM_HABIT_NAME_MAX = 256 };

struct llm_habit {
    char model[LLM_HABIT_NAME_MAX];
    unsigned without; /**< enum llm_field: refused once */
    bool thinks;      /**< It was seen thinking */
    bool unopened;    /**< Its thoughts have no opening mark: llm/filter.h */
    int context;      /**< Tokens that fit; 0: unknown */
    int fit;          /**< Prompts are fitted to this since a longer one was refused; 0: context */
    size_t whole;     /**< Longest prompt that it counted completely [bytes] */
    bool counts_new;  /**< Its token count excludes what it had read before */
    int millions;     /**< Millions of parameters; 0: unknown */
    unsigned used;    /**< Time of its last use, as a counter */
};

/** How a provider's address must be completed. */
enum llm_v1 { LLM_V1_AS_GIVEN, LLM_V1_ADDED, LLM_V1_LEFT_OUT };

struct llm_habits {
    struct llm_habit of[LLM_HABITS_MODELS];
    unsigned count; /**< Of llm_habit_of() calls */
    enum llm_v1 v1;
};

struct llm_habit *llm_habit_of(struct llm_habits *h, const char *model);

/** Millions of parameters according to a model's name ("qwen2.5:0.5b", "SmolLM2-135M"); 0: not
 *  given. */
int llm_millions_of(const char *model);

/** Does the name indicate that it thinks before it answers? */
bool llm_name_thinks(const char *model);

/** Which of the fields that were sent does this error body refuse? Pure. */
unsigned llm_refused_fields(const char *body, size_t len, unsigned sent);

/** Does this error body say that the messages are longer than the model's context? *context (in
 *  tokens) is set if given, else 0. Pure. */
bool llm_overflowed(const char *body, size_t len, int *context);

#endif
