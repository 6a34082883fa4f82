/**
 * @file answer/user_chain.h  The language models that answer a user
 *
 *     user_chain_open(&chain, answerer, user_id, &choice);   // choice.h, read for this user
 *     ask.chain = chain;                                     // answer.h, completion.h
 *     user_chain_renew(&chain);                              // what they chose meanwhile
 *     user_chain_close(chain);
 *
 * Without a choice the chain is the operator's. If a key, a model or an address is the user's own,
 * the provider is theirs alone: with its own circuit breaker, its own measurements and, if it has
 * their key or address, connections that no other user's request uses. The operator's key is never
 * sent to another address than the operator's. A user's address only counts with choice.addresses
 * (docs/architecture/decisions/0032-providers-of-a-user.md).
 *
 * A chain never changes. A new choice makes a new chain, which takes over what stayed the same. The
 * chains of the most recent users are remembered, so that connections and measurements are kept.
 *
 * Threads    Loop thread only.
 * Errors     UV_ENOMEM. user_chain_models(): those of the driver's .models, UV_ENOTSUP if it has
 *            none.
 * Ownership  Whoever opens a chain closes it; answers, completions and lists hold their own
 *            references. The keys are wiped when nobody holds a chain with them any more. All
 *            chains must be closed before answerer_close().
 */
#ifndef ANSWER_USER_CHAIN_H
#define ANSWER_USER_CHAIN_H

#include "answer/answer.h"
#include "answer/choice.h"

struct user_chain;

enum { USER_CHAINS_KEPT = 64 }; /**< Users that are remembered without having requests */

/** choice: NULL for none. A choice older than the current one is ignored. */
int user_chain_open(struct user_chain **cp, struct answerer *a, const char *user,
                    const struct choice *choice);
/** A chain that is not remembered: to test what is not chosen yet. */
int user_chain_try(struct user_chain **cp, struct answerer *a, const struct choice *choice);
struct user_chain *user_chain_ref(struct user_chain *c);
void user_chain_close(struct user_chain *c); /**< NULL is allowed */
/** Replaces *cp by the newest chain of its user. *cp may be NULL. */
void user_chain_renew(struct user_chain **cp);
/** The user was erased: whoever still holds a chain of theirs next gets one without their
 *  settings. */
void user_chain_forget(struct answerer *a, const char *user);

/** A provider in the chain, in order; "outline" is the last one. */
struct user_link {
    const struct llm_provider *provider;
    bool own;     /**< Some of its settings are the user's */
    bool own_key; /**< Its key is */
    bool there;   /**< False for one that has to be found and was not found yet */
    bool rests;   /**< Its circuit breaker is open */
    size_t of;    /**< Index in answerer_providers() of its server; SIZE_MAX: none */
    struct answer_pace pace;
};
/** false: there is no i-th. */
bool user_chain_at(const struct user_chain *c, size_t i, struct user_link *link);
/** Index of the provider with that name; SIZE_MAX: none. */
size_t user_chain_find(const struct user_chain *c, const char *name);

/** The provider for a user who only has a key of their own, if its address is known; NULL: it needs
 *  an address. */
const struct llm_provider *user_chain_usual(const struct answerer *a, const char *name);

/** Asks the i-th for its models, like llm_driver.models; what the list says about the model is
 *  learnt. If this returns 0, fn gets NULL once in any case. */
int user_chain_models(struct user_chain *c, size_t i,
                      void (*fn)(const char *name, int err, void *arg), void *arg);

#endif
