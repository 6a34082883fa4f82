/**
 * @file answer/completion.h  Somebody else's messages through the chain of providers
 *
 *     completion_start(&c, answerer, &ask, &handlers, arg, why);
 *         on_begin -> on_text ... -> on_end              (or on_end alone)
 *     completion_close(c);
 *
 * Where answer.h makes a prompt of a question and a profile, this passes on what it is given, as
 * programs that speak OpenAI's protocol expect. The providers are those of the chain, with the same
 * circuit breakers: one that fails before its first word gives its place to the next. The built-in
 * answer is no language model: it is asked only by name, or when there is nothing else, and answers
 * the user's last message.
 *
 * Threads    Loop thread only. No handler runs from inside completion_start().
 * Errors     completion_start: UV_EINVAL (no such provider, nothing to answer), UV_ENOMEM.
 *            on_end: as llm_end.err (llm/driver.h), with a sentence that says it of each provider;
 *            UV_EAGAIN also when all of them rest.
 * Ownership  The caller owns c until on_end or completion_close(). What is asked is copied.
 */
#ifndef ANSWER_COMPLETION_H
#define ANSWER_COMPLETION_H

#include "answer/answer.h"

struct completion;

enum {
    COMPLETION_TOKENS = 2048
}; /**< Tokens of an answer, where the client does not say how many */

struct completion_ask {
    struct user_chain *chain; /**< Whose providers answer (answer/user_chain.h); NULL: the
                                   operator's */
    const struct llm_message *messages;
    size_t message_count;
    const char *provider; /**< NULL: the chain; else this one alone */
    const char *model;    /**< NULL: the provider's; only with .provider */
    int max_tokens;       /**< 0: COMPLETION_TOKENS */
    double temperature;   /**< 0..2 */
};

struct completion_end {
    int err;
    const char *why; /**< A sentence for the person; "" when err is 0 */
    bool length;     /**< It was cut at max_tokens */
    int prompt_tokens;
    int answer_tokens; /**< Both as the provider counts them; 0: not said */
};

struct completion_handlers {
    /** The first word is there. */
    void (*on_begin)(const char *provider, const char *model, void *arg);
    void (*on_text)(const char *text, size_t len, void *arg);
    void (*on_void)(void *arg); /**< What was told so far was a thought: take it back */
    void (*on_end)(const struct completion_end *end, void *arg); /**< The last one: c is gone */
};

int completion_start(struct completion **cp, struct answerer *a, const struct completion_ask *ask,
                     const struct completion_handlers *h, void *arg, struct errbuf *why);
void completion_close(struct completion *c); /**< No handler runs any more; NULL is allowed */

#endif
