/**
 * @file api/providers.h  A user's choice of language models: loading and forgetting it
 *
 *     struct choice *choice;
 *     providers_choice(app, user, &choice, why);       // worker
 *     user_chain_open(&chain, answerer, user, choice); // loop thread
 *     providers_choice_free(choice);                   // wipes the keys
 *
 * Threads    providers_choice() blocks: workers. The rest: any.
 * Errors     The store's; UV_ENOMEM. A choice that cannot be read counts as a choice of no
 *            provider, so that no question is sent to a provider that the user may not want; this
 *            is logged.
 */
#ifndef API_PROVIDERS_H
#define API_PROVIDERS_H

#include "answer/choice.h"
#include "api/app.h"

/** *choice: NULL if users may not choose (the setting own-keys). */
int providers_choice(const struct app *app, const char *user, struct choice **choice,
                     struct errbuf *why);
void providers_choice_free(struct choice *choice); /**< NULL is allowed */

/** The user was erased: wipes their keys in memory. */
void providers_forget(const struct app *app, const char *user);

#endif
