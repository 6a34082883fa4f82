/**
 * @file llm/provider_probe.h  Which of the configured answer providers answer just now
 *
 *     llm_probe_open(&probe, loop, client, providers, count);
 *     llm_probe_look(probe, on_probed, arg);     // asks those of whom nothing recent is known
 *     llm_probe_get(probe, i)->state              // never waits
 *
 * Being configured is not answering: a key may be refused, a local server may not run, its model
 * may not be there. A provider is asked for its list of models, which costs nothing; what it said
 * counts for LLM_PROBE_FRESH_MS and is unknown again after that. The built-in outline always
 * answers.
 *
 * Threads    Loop thread only. on_probed never runs from inside llm_probe_look().
 * Errors     llm_probe_open: UV_ENOMEM.
 * Ownership  Providers are copied, their strings borrowed. llm_probe_close() comes after
 * http_client_close(), which ends what is still under way.
 */
#ifndef LLM_PROVIDER_PROBE_H
#define LLM_PROVIDER_PROBE_H

#include "llm/driver.h"

enum {
    LLM_PROBE_FRESH_MS = 10000,
    LLM_PROBE_LOCAL_FRESH_MS = 1000, /**< Of one on this machine: asking it costs nothing */
};

enum llm_probe_state {
    LLM_PROBE_UNKNOWN,  /**< Not asked lately, or being asked */
    LLM_PROBE_ANSWERS,  /**< It answered */
    LLM_PROBE_NO_MODEL, /**< It answered, but does not have the configured model */
    LLM_PROBE_SILENT,   /**< It did not, or refused: err says why */
};

struct llm_probed {
    enum llm_probe_state state;
    int err;       /**< With LLM_PROBE_SILENT: as llm_end.err */
    size_t models; /**< How many it listed */
};

struct llm_probe;

int llm_probe_open(struct llm_probe **rp, struct loop *loop, struct http_client *client,
                   const struct llm_provider *providers, size_t count);
void llm_probe_close(struct llm_probe *r); /**< NULL is allowed */

/** Ask the providers of which nothing recent is known. done (may be NULL) runs once, when no answer
 *  is outstanding; a later call replaces one that has not run. */
void llm_probe_look(struct llm_probe *r, void (*done)(void *arg), void *arg);

/** Hear of all that is found out, as it is: of the i-th provider. NULL: no more. */
void llm_probe_on_learnt(struct llm_probe *r,
                         void (*fn)(size_t i, const struct llm_probed *known,
                                    const struct llm_facts *facts, void *arg),
                         void *arg);

/** The i-th provider, with what its list told (.facts): for llm_probe_advise(). */
const struct llm_provider *llm_probe_provider(const struct llm_probe *r, size_t i);

struct llm_probed llm_probe_get(const struct llm_probe *r, size_t i);

/** What is known, as the end of a sentence that begins with the provider's name: "does not answer:
 *  connection refused". "" for LLM_PROBE_UNKNOWN and LLM_PROBE_ANSWERS. */
const char *llm_probe_say(const struct llm_probed *known, const struct llm_provider *p, char *to,
                          size_t size);

/** What a person can do about it, as "start it: ollama serve"; "" where nothing is wrong. */
const char *llm_probe_advise(const struct llm_probed *known, const struct llm_provider *p, char *to,
                             size_t size);

#endif
