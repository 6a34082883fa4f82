/**
 * @file asr/whisper/round.h  Decoding at one temperature: private to the search
 *
 *     whisper_round_reset(&r, n);
 *     err = whisper_round_start(&r, prompt, n_prompt, sot);
 *     err = whisper_round_choose(&r);        // or whisper_round_beam(&r)
 *     ... r.s->hyps[0 .. r.n - 1] ...
 *
 * Threads    Those of the search it belongs to.
 * Errors     UV_ENOMEM, UV_ECANCELED, UV_EINVAL if something does not fit into the context.
 */
#ifndef ASR_WHISPER_ROUND_H
#define ASR_WHISPER_ROUND_H

#include "asr/whisper/search.h"

/** A search at one temperature. */
struct whisper_round {
    struct whisper_search *s;
    struct whisper_decoder *d;
    struct whisper_compute *c;
    const struct whisper_search_job *job;
    const struct whisper_vocab *v;
    float temperature;
    int n;                          /* hypotheses in use */
    int n_prompt;                   /* tokens before the first decoded one */
    int steps_end;                  /* number of decoder runs after which falling back ends; 0:
                                       never */
    float *rows[WHISPER_BEAMS_MAX]; /* logits of each hypothesis' next token; may be shared */
};

/** Starts with n empty hypotheses. */
void whisper_round_reset(struct whisper_round *r, int n);

/** Decodes the prompt: gives the probability of silence, and the logits of the first token. */
int whisper_round_start(struct whisper_round *r, const int *prompt, int n_prompt, int sot);

/** Greedy along the draft at temperature 0, random above. Ends early when the budget is used up. */
int whisper_round_choose(struct whisper_round *r);

int whisper_round_beam(struct whisper_round *r);

/** The budget is used up and some hypotheses are incomplete. */
bool whisper_round_spent(const struct whisper_round *r);

void whisper_round_ids(const struct whisper_hypothesis *h, int *ids);

#endif
