/**
 * @file asr/trial.h  Does this recogniser hear? It is loaded and hears one short sentence
 *
 *     struct asr_trial trial;
 *     asr_trial_run(&trial, engine, &params, &why);
 *     printf("%zu of %zu words right\n", trial.right, trial.words);
 *
 * The sentence lies in this program (data/speech/clip.ogg: flite's voice slt), so what is said of a
 * recogniser was tried. A model is loaded beside those that are in use and given back afterwards.
 *
 * Threads    Blocks, for as long as the recogniser takes; never the loop thread. A remote engine
 *            needs the loop to turn meanwhile.
 * Errors     Those of the engine, with its sentence.
 */
#ifndef ASR_TRIAL_H
#define ASR_TRIAL_H

#include "asr/engine.h"

enum { ASR_TRIAL_TEXT_MAX = 256 };

struct asr_trial {
    char text[ASR_TRIAL_TEXT_MAX]; /**< What it heard */
    char model[128];               /**< That it heard with, as the engine describes it */
    size_t right;                  /**< Words of the sentence that were heard, in their order */
    size_t words;
    uint64_t took_ms; /**< Without loading */
};

extern const char asr_trial_text[]; /**< What is said */

int asr_trial_run(struct asr_trial *trial, const struct asr_engine *engine,
                  const struct asr_model_params *params, struct errbuf *why);

#endif
