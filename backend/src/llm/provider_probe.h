/**
 * @file llm/provider_probe.h  Which of the configured answer providers work now
 *
 *     llm_probe_open(&probe, loop, client, providers, count);
 *     llm_probe_look(probe, on_probed, arg);     // asks those without a recent result
 *     llm_probe_get(probe, i)->state              // never waits
 *
 * A configured provider need not work: its key may be refused, a local server may not be running,
 * its model may be missing. A provider is asked for its list of models, which costs nothing; the
 * result is valid for LLM_PROBE_FRESH_MS and unknown again after that. The built-in outline always
 * works.
 *
 * Threads    Loop thread only. on_probed is never called from inside llm_probe_look().
 * Errors     llm_probe_open: UV_ENOMEM.
 * Ownership  Providers are copied, their strings borrowed. llm_probe_close() comes after
 *            http_client_close(), which ends what is still under way.
 */
#ifndef LLM_PROVIDER_PROBE_H
#define LLM_PROVIDER_PROBE_H

#include "llm/driver.h"

enum {
    LLM_PROBE_FRESH_MS = 10000,
    LLM_PROBE_LOCAL_FRESH_MS = 1000, /**< For one on this machine: asking it costs nothing */
};

enum llm_probe_state {
    LLM_PROBE_UNKNOWN,  /**< Not asked recently, or being asked */
    LLM_PROBE_ANSWERS,  /**< It answered */
    LLM_PROBE_NO_MODEL, /**< It answered, but does not have the configured model */
    LLM_PROBE_SILENT,   /**< It did not answer, or refused: err says why */
};

struct llm_probed {
    enum llm_probe_state state;
    int err;       /**< With LLM_PROBE_SILENT: as llm_end.err */
    size_t models; /**< Number of models listed */
};

struct llm_probe;

int llm_probe_open(struct llm_probe **rp, struct loop *loop, struct http_client *client,
                   const struct llm_provider *providers, size_t count);
void llm_probe_close(struct llm_probe *r); /**< NULL is allowed */

/** Asks the providers without a recent result. done (may be NULL) is called once, when no answer is
 *  outstanding; a later call replaces a pending one. */
void llm_probe_look(struct llm_probe *r, void (*done)(void *arg), void *arg);

/** Be notified of each result: for the i-th provider. NULL: stop. */
void llm_probe_on_learnt(struct llm_probe *r,
                         void (*fn)(size_t i, const struct llm_probed *known,
                                    const struct llm_facts *facts, void *arg),
                         void *arg);

/** The i-th provider, with the facts from its list (.facts): for llm_probe_advise(). */
const struct llm_provider *llm_probe_provider(const struct llm_probe *r, size_t i);

struct llm_probed llm_probe_get(const struct llm_probe *r, size_t i);

/** The result, as the end of a sentence that begins with the provider's name: "does not answer:
 *  connection refused". "" for LLM_PROBE_UNKNOWN and LLM_PROBE_ANSWERS. */
const char *llm_probe_say(const struct llm_probed *known, const struct llm_provider *p, char *to,
                          size_t size);

/** What a person can do about it, such as "start it: ollama serve"; "" if nothing is wrong. */
const char *llm_probe_advise(const struct llm_probed *known, const struct llm_provider *p, char *to,
                             size_t size);

#endif
