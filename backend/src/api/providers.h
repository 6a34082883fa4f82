/**
 * @file api/providers.h  What a user chose of language models: loaded, and forgotten
 *
 *     struct choice *choice;
 *     providers_choice(app, user, &choice, why);       // worker
 *     user_chain_open(&chain, answerer, user, choice); // loop thread
 *     providers_choice_free(choice);                   // wipes the keys
 *
 * Threads    providers_choice() blocks: workers. The rest: any.
 * Errors     The store's; UV_ENOMEM. A choice that cannot be read is one of nobody, so that no
 *            question goes to somebody its user may not have wanted; it is logged.
 */
#ifndef API_PROVIDERS_H
#define API_PROVIDERS_H

#include "answer/choice.h"
#include "api/app.h"

/** *choice: NULL where users choose nothing (the setting own-keys). */
int providers_choice(const struct app *app, const char *user, struct choice **choice,
                     struct errbuf *why);
void providers_choice_free(struct choice *choice); /**< NULL is allowed */

/** The user was erased: keys of theirs in memory are wiped. */
void providers_forget(const struct app *app, const char *user);

#endif
