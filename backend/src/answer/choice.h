/**
 * @file answer/choice.h  Which language models a user wants, in which order, and with which keys
 *
 *     struct choice c;
 *     choice_read(&c, text);                         // as store_choice.choice holds it
 *     choice_own(&c, "groq", true)->key = strdup(key);
 *     choice_write(&c, &text);
 *     choice_release(&c);                            // wipes the keys
 *
 * A provider that is named in it has a key, a model or an address of the user's own; what is not
 * said is the operator's or the usual one. Without an order the providers with a key or an address
 * of the user's come first, in the order in which they were named, then the operator's.
 *
 * Threads    Any; plain data.
 * Errors     UV_EINVAL: that is no choice. UV_ENOMEM.
 * Ownership  The choice owns its texts, but for names, which are those of llm_presets. What is
 *            replaced is wiped by choice_set().
 */
#ifndef ANSWER_CHOICE_H
#define ANSWER_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CHOICE_MAX = 12,        /**< As many as there are presets but the built-in answer */
    CHOICE_KEY_MAX = 512,   /**< Longest key, in [bytes] */
    CHOICE_MODEL_MAX = 128, /**< Longest name of a model, in [characters] */
    CHOICE_URL_MAX = 512,   /**< Longest address, in [bytes] */
};

struct choice_own {
    const char *name;
    char *key; /**< NULL: not the user's own; the same of the others */
    char *model;
    char *url;
};

struct choice {
    int64_t version;       /**< store_choice.updated_at; 0: nothing was ever chosen */
    bool addresses;        /**< This user may name addresses: those that are named count */
    const char *preferred; /**< Asked first where there is no order; NULL: nobody */
    bool ordered;          /**< order is all that is asked, before the built-in answer */
    const char *order[CHOICE_MAX];
    size_t order_count;
    struct choice_own own[CHOICE_MAX];
    size_t own_count;
};

/** text: NULL for nothing chosen. *c is to be released even when this fails. */
int choice_read(struct choice *c, const char *text);
/** *text is the caller's, who wipes it. */
int choice_write(const struct choice *c, char **text);
void choice_release(struct choice *c);

/** What is the user's own of this provider; NULL: nothing, or with make: it is no provider that
 *  can be chosen. */
struct choice_own *choice_own(struct choice *c, const char *name, bool make);
/** Replace one of its texts; NULL: no more the user's own. */
int choice_set(char **text, const char *value);
/** Nothing of it is the user's any more: it is no longer named. */
void choice_tidy(struct choice *c);
/** The name as llm_presets has it, where it can be chosen (not "outline"); NULL: it cannot. */
const char *choice_name(const char *name);

#endif
