/**
 * @file api/recogniser.h  Which recogniser hears: as the settings say, or as it was chosen while
 * the server ran
 *
 *     recogniser_open(&r, store, seal, &why);
 *     recogniser_resolve(recogniser_now(r), config).engine;    // "auto", "whisper" …
 *     recogniser_choose(r, &(struct recogniser_choice){.engine = "openai", .url = …}, &why);
 *     recogniser_choose(r, NULL, &why);                // as the settings say again
 *
 * What was chosen is one sealed text of the store, for everybody who is heard here, and goes before
 * the settings: somebody who presses a button has said what they want later than the environment.
 *
 * Threads    recogniser_now(): any. recogniser_choose(): one at a time, on the lane of the store.
 * Errors     The store's own; UV_ENOMEM.
 * Ownership  What recogniser_now() told stays as it was until recogniser_close(), also when another
 *            one was chosen meanwhile: readers hold no lock. Keys are wiped then.
 */
#ifndef API_RECOGNISER_H
#define API_RECOGNISER_H

#include "base/error.h"

#include <stdbool.h>

struct config;
struct recogniser;
struct seal;
struct store;

struct recogniser_choice {
    const char *engine; /**< "auto" or the name of one; never NULL in what recogniser_now() tells */
    const char *model;  /**< Local: a name, a file or a folder; NULL: the engine looks */
    const char *url;    /**< Of the service; NULL: the one of the settings, if they have one */
    const char *key;    /**< For url, and no other */
    const char *name;   /**< Of the service's model */
    bool chosen;        /**< false: as the settings say */
};

/** A choice that cannot be read any more counts as none, and the log says so. */
int recogniser_open(struct recogniser **rp, struct store *store, const struct seal *seal,
                    struct errbuf *why);
void recogniser_close(struct recogniser *r); /**< NULL is allowed */

/** As it was chosen. r NULL, or nothing was: .chosen is false. */
const struct recogniser_choice *recogniser_now(const struct recogniser *r);
/** What a choice comes to: where it names no address, those are the settings' address and key;
 * where nothing was chosen, all of it is the settings'. */
struct recogniser_choice recogniser_resolve(const struct recogniser_choice *choice,
                                            const struct config *config);

/** Written first, then it counts. NULL: nothing is chosen any more. The texts are copied. */
int recogniser_choose(struct recogniser *r, const struct recogniser_choice *choice,
                      struct errbuf *why);
/** It cannot be used: the settings count until another one is chosen, or the server starts anew. */
int recogniser_set_aside(struct recogniser *r);

#endif
