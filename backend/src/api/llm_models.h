/**
 * @file api/llm_models.h  Which models can answer a user: every provider of theirs is asked for its
 * list
 *
 * All are asked at once, no worker is held, and each list ends by itself within seconds.
 *
 * Threads    llm_models_list(): request workers; reply is called on the loop thread.
 * Ownership  The arguments of reply live until it returns.
 */
#ifndef API_LLM_MODELS_H
#define API_LLM_MODELS_H

#include "llm/driver.h"
#include "net/http.h"

struct user_chain;

enum { LLM_LISTED_MAX = 64 }; /**< Models listed per provider */

/** A model, in the order of the chain and of each provider's list. */
struct llm_listed {
    struct llm_listed *next;
    const struct llm_provider *provider;
    size_t link;    /**< Index in the chain */
    bool available; /**< If not, .model is the configured one, and .note says why */
    const char *note;
    char model[LLM_HABIT_NAME_MAX];
};

typedef int llm_models_reply(const struct http_request *req, struct http_response *res,
                             const struct user_chain *chain, const struct llm_listed *first);

/** A complete handler. Returns what the handler returns. */
int llm_models_list(const struct http_request *req, struct http_response *res,
                    llm_models_reply *reply);

#endif
