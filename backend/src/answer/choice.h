/**
 * @file answer/choice.h  Which language models a user wants, in which order, and with which keys
 *
 *     struct choice c;
 *     choice_read(&c, text);                         // from store_choice.choice
 *     choice_own(&c, "groq", true)->key = strdup(key);
 *     choice_write(&c, &text);
 *     choice_release(&c);                            // wipes the keys
 *
 * A provider named in it has a key, a model or an address of the user's own; the rest is the
 * operator's or the usual one. Without an order the providers with the user's own key or address
 * come first, in the order in which they were named, then the operator's.
 *
 * Threads    Any; plain data.
 * Errors     UV_EINVAL: malformed. UV_ENOMEM.
 * Ownership  The choice owns its texts, except names, which are those of llm_presets. choice_set()
 *            wipes what it replaces.
 */
#ifndef ANSWER_CHOICE_H
#define ANSWER_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CHOICE_MAX = 12,        /**< As many as there are presets, without the built-in answer */
    CHOICE_KEY_MAX = 512,   /**< Longest key [bytes] */
    CHOICE_MODEL_MAX = 128, /**< Longest name of a model [characters] */
    CHOICE_URL_MAX = 512,   /**< Longest address [bytes] */
};

struct choice_own {
    const char *name;
    char *key; /**< NULL: not the user's own; likewise for the others */
    char *model;
    char *url;
};

struct choice {
    int64_t version;       /**< store_choice.updated_at; 0: nothing was ever chosen */
    bool addresses;        /**< This user may set addresses: those that are set count */
    const char *preferred; /**< Tried first if there is no order; NULL: none */
    bool ordered;          /**< Only those in order are asked, before the built-in answer */
    const char *order[CHOICE_MAX];
    size_t order_count;
    struct choice_own own[CHOICE_MAX];
    size_t own_count;
};

/** text: NULL for no choice. Release *c even if this fails. */
int choice_read(struct choice *c, const char *text);
/** *text belongs to the caller, who must wipe it. */
int choice_write(const struct choice *c, char **text);
void choice_release(struct choice *c);

/** The user's own settings for this provider; NULL: none or, with make, it cannot be chosen. */
struct choice_own *choice_own(struct choice *c, const char *name, bool make);
/** Replaces one of its texts; NULL: no longer the user's own. */
int choice_set(char **text, const char *value);
/** Removes the user's own settings for it. */
void choice_tidy(struct choice *c);
/** The name in llm_presets, if it can be chosen (not "outline"); NULL: it cannot. */
const char *choice_name(const char *name);

#endif
