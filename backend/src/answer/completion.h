/**
 * @file answer/completion.h  Passing a client's own messages to the chain of providers
 *
 *     completion_start(&c, answerer, &ask, &handlers, arg, why);
 *         on_begin -> on_text ... -> on_end              (or on_end alone)
 *     completion_close(c);
 *
 * While answer.h makes a prompt from a question and a profile, this passes messages on unchanged,
 * as programs for OpenAI's protocol expect. The providers are those of the chain, with the same
 * circuit breakers: if one fails before its first word, the next is asked. The built-in answer is
 * not a language model: it is asked only by name, or if there is nothing else, and answers the
 * user's last message.
 *
 * Threads    Loop thread only. No handler is called from inside completion_start().
 * Errors     completion_start: UV_EINVAL (no such provider, nothing to answer), UV_ENOMEM. on_end:
 *            as llm_end.err (llm/driver.h), with a sentence about each provider; UV_EAGAIN also if
 *            all of them are skipped.
 * Ownership  The caller owns c until on_end or completion_close(). The ask is copied.
 */
#ifndef ANSWER_COMPLETION_H
#define ANSWER_COMPLETION_H

#include "answer/answer.h"

struct completion;

enum { COMPLETION_TOKENS = 2048 }; /**< Tokens in an answer, if the client does not say how many */

struct completion_ask {
    struct user_chain *chain; /**< The user's chain (answer/user_chain.h); NULL: the operator's */
    const struct llm_message *messages;
    size_t message_count;
    const char *provider; /**< NULL: the chain; else only this one */
    const char *model;    /**< NULL: the provider's; only with .provider */
    int max_tokens;       /**< 0: COMPLETION_TOKENS */
    double temperature;   /**< 0..2 */
};

struct completion_end {
    int err;
    const char *why; /**< A sentence for the person; "" if err is 0 */
    bool length;     /**< It was cut at max_tokens */
    int prompt_tokens;
    int answer_tokens; /**< Both as counted by the provider; 0: not given */
};

struct completion_handlers {
    /** The first word arrived. */
    void (*on_begin)(const char *provider, const char *model, void *arg);
    void (*on_text)(const char *text, size_t len, void *arg);
    void (*on_void)(void *arg); /**< The text so far was a thought: take it back */
    void (*on_end)(const struct completion_end *end, void *arg); /**< The last call: c is gone */
};

int completion_start(struct completion **cp, struct answerer *a, const struct completion_ask *ask,
                     const struct completion_handlers *h, void *arg, struct errbuf *why);
void completion_close(struct completion *c); /**< No handler is called any more; NULL is allowed */

#endif
