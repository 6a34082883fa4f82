/**
 * @file models/advice.h  Which speech model a language has here, and which one to fetch
 *
 *     struct models_advice a;
 *     models_advise(&a, &config, "de");
 *     // a.heard "", a.bring base-q8_0: fetched as soon as somebody chooses German
 *
 * A machine is set up for English (models_default()); the multilingual base model is fetched when
 * another language is chosen. A larger model is never fetched unasked: it is offered if the machine
 * is quick enough for it (models/speed.h). A slow machine is offered a smaller one.
 *
 * Threads    Any; the functions look at files.
 */
#ifndef MODELS_ADVICE_H
#define MODELS_ADVICE_H

#include "models/models.h"

struct models_advice {
    char heard[64];                  /**< "base.en-q8_0"; "": no model here knows it */
    double factor;                   /**< Its real-time factor; 0: unknown */
    const struct model_entry *bring; /**< To be fetched unasked; NULL: nothing is missing */
    const struct model_entry *offer; /**< To be fetched if somebody wants it; NULL: none */
    double offer_factor;             /**< Its expected factor here; 0: unknown */
};

/** language: "de", "en-GB", "auto"; NULL: English. */
void models_advise(struct models_advice *advice, const struct models_config *config,
                   const char *language);

#endif
