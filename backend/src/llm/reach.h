/**
 * @file llm/reach.h  Which of the configured answer providers answer just now
 *
 *     llm_reach_open(&reach, loop, client, providers, count);
 *     llm_reach_look(reach, on_prefetched, arg);     // asks those of whom nothing recent is known
 *     llm_reach_get(reach, i)->state              // never waits
 *
 * Being configured is not answering: a key may be refused, a local server may not run, its model
 * may not be there. A provider is asked for its list of models, which costs nothing; what it said
 * counts for LLM_REACH_FRESH_MS and is unknown again after that. The built-in outline always
 * answers.
 *
 * Threads    Loop thread only. on_prefetched never runs from inside llm_reach_look().
 * Errors     llm_reach_open: UV_ENOMEM.
 * Ownership  Providers are copied, their strings borrowed. llm_reach_close() comes after
 * http_client_close(), which ends what is still under way.
 */
#ifndef LLM_REACH_H
#define LLM_REACH_H

#include "llm/driver.h"

enum {
    LLM_REACH_FRESH_MS = 10000,
    LLM_REACH_LOCAL_FRESH_MS = 1000, /**< Of one on this machine: asking it costs nothing */
};

enum llm_reach_state {
    LLM_REACH_UNKNOWN,  /**< Not asked lately, or being asked */
    LLM_REACH_ANSWERS,  /**< It answered */
    LLM_REACH_NO_MODEL, /**< It answered, but has not got the model that is configured */
    LLM_REACH_SILENT,   /**< It did not, or refused: err says why */
};

struct llm_reached {
    enum llm_reach_state state;
    int err;       /**< With LLM_REACH_SILENT: as llm_end.err */
    size_t models; /**< How many it listed */
};

struct llm_reach;

int llm_reach_open(struct llm_reach **rp, struct loop *loop, struct http_client *client,
                   const struct llm_provider *providers, size_t count);
void llm_reach_close(struct llm_reach *r); /**< NULL is allowed */

/** Ask those of whom nothing recent is known. settled (may be NULL) runs once, when nobody is
 *  waited for any more; a later call replaces one that has not run. */
void llm_reach_look(struct llm_reach *r, void (*settled)(void *arg), void *arg);

/** Hear of all that is found out, as it is: of the i-th provider. NULL: no more. */
void llm_reach_on_learnt(struct llm_reach *r,
                         void (*fn)(size_t i, const struct llm_reached *known,
                                    const struct llm_facts *facts, void *arg),
                         void *arg);

/** The i-th provider, with what its list told (.facts): for llm_reach_advise(). */
const struct llm_provider *llm_reach_provider(const struct llm_reach *r, size_t i);

struct llm_reached llm_reach_get(const struct llm_reach *r, size_t i);

/** What is known, as the end of a sentence that begins with the provider's name: "does not answer:
 *  connection refused". "" for LLM_REACH_UNKNOWN and LLM_REACH_ANSWERS. */
const char *llm_reach_say(const struct llm_reached *known, const struct llm_provider *p, char *to,
                          size_t size);

/** What a person can do about it, as "start it: ollama serve"; "" where nothing is wrong. */
const char *llm_reach_advise(const struct llm_reached *known, const struct llm_provider *p,
                             char *to, size_t size);

#endif
