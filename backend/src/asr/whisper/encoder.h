/**
 * @file asr/whisper/encoder.h  From log-mel frames to what the decoder attends to
 *
 * A `struct whisper_compute` is what one thread needs to run a model: kernels with their threads,
 * scratch memory that all streams of that thread share, and a way to stop it.
 *
 * Threads    A compute belongs to one thread at a time; the model may have many computes.
 * Errors     UV_ENOMEM, UV_ECANCELED if stop() returned true.
 */
#ifndef ASR_WHISPER_ENCODER_H
#define ASR_WHISPER_ENCODER_H

#include "asr/whisper/silence.h"

struct whisper_compute {
    const struct whisper_model *model;
    struct nn *nn;
    bool exact;              /**< f32 everywhere: for comparison, slow */
    bool (*stop)(void *arg); /**< (optional) Called between layers; true: stop */
    void *stop_arg;
    const struct whisper_silence *silence; /**< (optional) Extends contexts that are shorter than
                                                the whole window */
    float *mem;                            /**< Scratch */
    size_t mem_len;                        /**< [floats] */
    float *logits; /**< [rows][n_vocab]: result of the last whisper_decode() */
    int logits_rows;
    float *window; /**< Mel frames and encoded audio of whisper_listen() */
    size_t window_len;
};

void whisper_compute_init(struct whisper_compute *c, const struct whisper_model *m, struct nn *nn);
void whisper_compute_release(struct whisper_compute *c); /**< Leaves nn to its owner */

/** Makes room for that many rows of logits in c->logits. */
int whisper_logits_reserve(struct whisper_compute *c, int rows);

/** At least n floats, valid until the next call; NULL if out of memory. */
float *whisper_scratch(struct whisper_compute *c, size_t n);

/**
 * Encode the first ctx positions (20 ms each). The convolutions see zeros after them, as in
 * whisper.cpp with audio_ctx; 1500 is the whole 30-second window. Positions after ctx are those of
 * c->silence, or there are none.
 *
 * @param mel  [2 * ctx][n_mels] finished frames, see whisper_mel_window()
 * @param out  [ctx][state]
 * @param conv (optional) [ctx][state]: a copy of the convolutions' output
 */
int whisper_encode(struct whisper_compute *c, const float *mel, int ctx, float *out, float *conv);

/** The same without silence; the keys and values of each layer are kept in kept[layers]. */
int whisper_encode_keeping(struct whisper_compute *c, const float *mel, int ctx, float *out,
                           struct nn_kept **kept, struct errbuf *why);

#endif
