/**
 * @file asr/whisper/round.h  Decoding at one temperature: private to the search
 *
 *     whisper_round_reset(&r, n);
 *     err = whisper_round_start(&r, prompt, n_prompt, sot, n_draft);
 *     err = whisper_round_choose(&r, n_draft);        // or whisper_round_beam(&r)
 *     ... r.s->hyps[0 .. r.n - 1] ...
 *
 * Threads    As the search it belongs to.
 * Errors     UV_ENOMEM, UV_ECANCELED, UV_EINVAL for what does not fit the context.
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
    int n;        /* hypotheses in use */
    int n_prompt; /* tokens before the first decoded one */
    int n_forced; /* tokens of the draft every hypothesis begins with, above temperature 0 */
    struct whisper_pick forced[WHISPER_STEPS_MAX];
    uint64_t deadline;              /* of falling back, monotonic time in [us]; 0: none */
    float *rows[WHISPER_BEAMS_MAX]; /* logits of each hypothesis' next token; may be shared */
};

/** Begin with n hypotheses that hold the forced tokens only. */
void whisper_round_reset(struct whisper_round *r, int n);

/** Decode prompt and draft as one batch; logits of sot and of everything that predicts a token. */
int whisper_round_start(struct whisper_round *r, const int *prompt, int n_prompt, int sot,
                        int n_draft);

/** Greedy along the draft at temperature 0, random above. Ends early when time is up. */
int whisper_round_choose(struct whisper_round *r, int n_draft);

int whisper_round_beam(struct whisper_round *r);

/** The deadline has passed and hypotheses are not complete. */
bool whisper_round_late(const struct whisper_round *r);

void whisper_round_ids(const struct whisper_hypothesis *h, int *ids);

#endif
