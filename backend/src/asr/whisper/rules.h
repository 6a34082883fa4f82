/**
 * @file asr/whisper/rules.h  Which token may come next
 *
 * Masks the logits of tokens that may not come next, and picks from the rest. The rules are those
 * of OpenAI's whisper/decoding.py (SuppressBlank, SuppressTokens, ApplyTimestampRules) in the order
 * whisper.cpp applies them.
 *
 * Threads    Any; pure functions.
 */
#ifndef ASR_WHISPER_RULES_H
#define ASR_WHISPER_RULES_H

#include "asr/whisper/vocab.h"
#include "nn/nn.h"

struct whisper_rules {
    bool timestamps;     /**< Off: no timestamp token may appear */
    bool suppress_blank; /**< The first token may be neither the end nor a lone space */
    int first_stamp_max; /**< Latest time of the first timestamp, in steps of 20 ms; 0: any */
    int stamp_from;      /**< From this many tokens on only timestamps may come; 0: never */
};

/** The tokens decoded so far in this window. */
struct whisper_past {
    const int *ids;
    int n;
    bool stamped;  /**< There was a timestamp past zero, */
    int last_time; /**< at this many steps of 20 ms */
};

/** A token that was picked. */
struct whisper_pick {
    int id;
    int stamp;  /**< Most probable timestamp token at this place; 0: none possible */
    float plog; /**< Log-probability among what was allowed */
};

/** Sets the logits of all tokens that may not come next to -INFINITY. */
void whisper_rules_mask(const struct whisper_rules *r, const struct whisper_vocab *v,
                        const struct whisper_past *past, float *logits);

/**
 * If the timestamps together are likelier than any single text token, text is masked too. peak->top
 * is then the most probable token; peak->logsumexp covers everything that was allowed before text
 * was masked, for normalising.
 */
void whisper_rules_choose_sort(const struct whisper_rules *r, const struct whisper_vocab *v,
                               struct nn *nn, float *logits, struct nn_peak *peak);

/** Describes the choice of this id. */
struct whisper_pick whisper_pick_id(const struct whisper_rules *r, const struct whisper_vocab *v,
                                    const float *logits, const struct nn_peak *peak, int id);

/** A random id, by probability; u in [0, 1). */
int whisper_pick_random(const struct whisper_vocab *v, const float *logits, double u);

/** The k most probable ids, best first; returns how many there are. */
int whisper_pick_top(const struct whisper_vocab *v, const float *logits, int k, int *ids);

#endif
