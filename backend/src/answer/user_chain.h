/**
 * @file answer/user_chain.h  Whose language models answer a user
 *
 *     user_chain_open(&chain, answerer, user_id, &choice);   // choice.h, as it was read for them
 *     ask.chain = chain;                                     // answer.h, completion.h
 *     user_chain_renew(&chain);                              // what they chose meanwhile
 *     user_chain_close(chain);
 *
 * Without a choice the chain is the operator's. What is of the user's own, a key, a model or an
 * address, makes a provider of theirs alone: with its own circuit breaker, its own measurements
 * and, where it has a key or an address of theirs, connections that nobody else's request uses.
 * The operator's key goes to no address but the operator's. An address of the user's counts only
 * with choice.addresses (docs/architecture/decisions/0032-providers-of-a-user.md).
 *
 * A chain never changes. When a user chooses anew there is a newer one, which keeps what stayed the
 * same. Those of the users who asked last are remembered, so that connections and measurements
 * stay.
 *
 * Threads    Loop thread only.
 * Errors     UV_ENOMEM. user_chain_models(): as of the driver's .models, UV_ENOTSUP without.
 * Ownership  Who opens closes; answers, completions and lists hold theirs. The keys are wiped when
 *            nobody holds a chain with them any more. All of it comes before answerer_close().
 */
#ifndef ANSWER_USER_CHAIN_H
#define ANSWER_USER_CHAIN_H

#include "answer/answer.h"
#include "answer/choice.h"

struct user_chain;

enum { USER_CHAINS_KEPT = 64 }; /**< Users that are remembered though nobody asks for them */

/** choice: NULL for none. An older choice than the one that holds is passed over. */
int user_chain_open(struct user_chain **cp, struct answerer *a, const char *user,
                    const struct choice *choice);
/** One that is not remembered: to try what is not chosen yet. */
int user_chain_try(struct user_chain **cp, struct answerer *a, const struct choice *choice);
struct user_chain *user_chain_ref(struct user_chain *c);
void user_chain_close(struct user_chain *c); /**< NULL is allowed */
/** *cp becomes the newest of its user. NULL is allowed in it. */
void user_chain_renew(struct user_chain **cp);
/** The user is gone: who still holds a chain of theirs has one without anything of theirs next. */
void user_chain_forget(struct answerer *a, const char *user);

/** A provider of the chain, in its order; "outline" is the last one. */
struct user_link {
    const struct llm_provider *provider;
    bool own;     /**< Something of it is the user's */
    bool own_key; /**< Its key is */
    bool there;   /**< One that has to be found was; others are always */
    bool rests;   /**< Its circuit breaker lets nobody ask it */
    size_t of;    /**< Of answerer_providers(), whose server it is; SIZE_MAX: of none */
    struct answer_pace pace;
};
/** false: it has no i-th. */
bool user_chain_at(const struct user_chain *c, size_t i, struct user_link *link);
/** Where the provider of that name stands in it; SIZE_MAX: nowhere. */
size_t user_chain_find(const struct user_chain *c, const char *name);

/** The provider as it would be asked by a user with nothing of their own but a key, where its
 *  address is known; NULL: nobody can ask it but with an address. */
const struct llm_provider *user_chain_usual(const struct answerer *a, const char *name);

/** Ask the i-th for its models, as llm_driver.models; what the list tells of the model is learnt.
 *  fn gets NULL once in any case, if this returns 0. */
int user_chain_models(struct user_chain *c, size_t i,
                      void (*fn)(const char *name, int err, void *arg), void *arg);

#endif
