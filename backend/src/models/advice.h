/**
 * @file models/advice.h  Which ear a language is heard with here, and which one should come
 *
 *     struct models_advice a;
 *     models_advise(&a, &config, "de");
 *     // a.heard "", a.bring base-q8_0: fetched as soon as somebody chooses German
 *
 * English is what a machine is set up for (models_default()); for another language the multilingual
 * base comes when it is chosen. A larger ear than that is only ever offered, where the machine is
 * quick enough for it (models/speed.h); where it is slow, a smaller one.
 *
 * Threads    Any; looks at files.
 */
#ifndef MODELS_ADVICE_H
#define MODELS_ADVICE_H

#include "models/models.h"

struct models_advice {
    char heard[64];                  /**< "base.en-q8_0"; "": no ear that is here hears it */
    double factor;                   /**< Its real-time factor; 0: not known */
    const struct model_entry *bring; /**< To be fetched unasked; NULL: nothing is missing */
    const struct model_entry *offer; /**< To be fetched if somebody wants it; NULL: none */
    double offer_factor;             /**< What it would cost here; 0: not known */
};

/** language: "de", "en-GB", "auto"; NULL: English. */
void models_advise(struct models_advice *advice, const struct models_config *config,
                   const char *language);

#endif
