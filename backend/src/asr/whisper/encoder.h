/**
 * @file asr/whisper/encoder.h  From log-mel frames to what the decoder attends to
 *
 * A `struct whisper_compute` is what one thread needs to run a model: kernels with their threads,
 * scratch memory that all streams of that thread share, and a way to be told to stop.
 *
 * Threads    A compute belongs to one thread at a time; the model may have many computes.
 * Errors     UV_ENOMEM, UV_ECANCELED when stop() said so.
 */
#ifndef ASR_WHISPER_ENCODER_H
#define ASR_WHISPER_ENCODER_H

#include "asr/whisper/silence.h"

struct whisper_compute {
    const struct whisper_model *model;
    struct nn *nn;
    bool exact;              /**< f32 everywhere: for comparisons, slow */
    bool (*stop)(void *arg); /**< (optional) Asked between layers; true: give up */
    void *stop_arg;
    const struct whisper_silence *silence; /**< (optional) Stands behind contexts that are short of
                                                the whole window */
    float *mem;                            /**< Scratch */
    size_t mem_len;                        /**< [floats] */
    float *logits; /**< [rows][n_vocab]: what the last whisper_decode() gave */
    int logits_rows;
    float *window; /**< Mel frames and encoded audio of whisper_listen() */
    size_t window_len;
};

void whisper_compute_init(struct whisper_compute *c, const struct whisper_model *m, struct nn *nn);
void whisper_compute_release(struct whisper_compute *c); /**< Leaves nn to its owner */

/** Room for so many rows of logits in c->logits. */
int whisper_logits_reserve(struct whisper_compute *c, int rows);

/** At least n floats, valid until the next call; NULL when memory is out. */
float *whisper_scratch(struct whisper_compute *c, size_t n);

/**
 * Encode the first ctx positions (20 ms each). The convolutions see zeros after them, as in
 * whisper.cpp with audio_ctx; with 1500 that is the whole 30-second window. Positions past them are
 * those of c->silence, or are not there.
 *
 * @param mel  [2 * ctx][n_mels] finished frames, see whisper_mel_window()
 * @param out  [ctx][state]
 * @param conv (optional) [ctx][state]: a copy of what the convolutions gave
 */
int whisper_encode(struct whisper_compute *c, const float *mel, int ctx, float *out, float *conv);

/** The same without silence; keys and values of each layer are kept, kept[layers]. */
int whisper_encode_keeping(struct whisper_compute *c, const float *mel, int ctx, float *out,
                           struct nn_kept **kept, struct errbuf *why);

#endif
