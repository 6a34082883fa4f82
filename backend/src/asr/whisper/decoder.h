/**
 * @file asr/whisper/decoder.h  The decoder's state for one stream, and one decoding step
 *
 *     whisper_decoder_init(&d, model, n_seqs, &why);
 *     whisper_decoder_hear(&d, c, encoded, ctx);        // keys and values of the audio
 *     whisper_decode(&d, c, &(struct whisper_batch){.tokens = t, .n = n, .pos = 0, ...});
 *     ... c->logits ...
 *
 * A sequence is one hypothesis: its self-attention keys and values by position. Decoding from a
 * position discards what the sequence held from there on, so a hypothesis is resumed simply by
 * decoding from the last position that is still valid.
 *
 * Threads    One owner at a time, together with a struct whisper_compute.
 * Errors     UV_ENOMEM, UV_ECANCELED; UV_EINVAL for positions beyond WHISPER_TEXT_CTX.
 */
#ifndef ASR_WHISPER_DECODER_H
#define ASR_WHISPER_DECODER_H

#include "asr/whisper/encoder.h"

enum { WHISPER_SEQS_MAX = 16 };

struct whisper_decoder {
    const struct whisper_model *model;
    int ctx;             /**< Positions of audio; 0: none yet */
    int n_seqs;          /**< Allocated */
    bool exact;          /**< Caches in f32 */
    struct nn_kv *cross; /**< [layers] */
    struct nn_kv *self;  /**< [n_seqs][layers] */
    float *align;        /**< [WHISPER_TEXT_CTX][n_align][align_ctx], see .align in struct
                              whisper_batch */
    int align_ctx;
    int align_cap; /**< [positions] */
};

/** Tokens to decode: n successive ones of one sequence, or one each for n sequences (beams). */
struct whisper_batch {
    const int *tokens;
    int n;
    int pos;          /**< Of the first token; with beams, of all tokens */
    int seq;          /**< The sequence */
    const int *beams; /**< (optional) The sequence of each token instead */
    int logits;       /**< Number of tokens at the end whose logits are wanted, 0 .. n */
    bool align;       /**< Keep the attention of the alignment heads, by position */
};

int whisper_decoder_init(struct whisper_decoder *d, const struct whisper_model *m, int n_seqs,
                         bool exact, struct errbuf *why);
void whisper_decoder_release(struct whisper_decoder *d);

/** Make room for n_seqs sequences, for beams and sampling. The first one always has room for as
 * many tokens as the model knows, the others for `positions`; those that had less forget what they
 *  held. */
int whisper_decoder_reserve(struct whisper_decoder *d, int n_seqs, int positions,
                            struct errbuf *why);

/** Computes the cross-attention keys and values of encoded audio [ctx][state]. */
int whisper_decoder_hear(struct whisper_decoder *d, struct whisper_compute *c, const float *encoded,
                         int ctx);

/** Afterwards the requested logits are in c->logits, rows in the order of the tokens. */
int whisper_decode(struct whisper_decoder *d, struct whisper_compute *c,
                   const struct whisper_batch *b);

/** Copies the first n positions of sequence `from` to sequence `to`. */
void whisper_decoder_copy(struct whisper_decoder *d, int to, int from, int n);

size_t whisper_decoder_bytes(const struct whisper_decoder *d);

#endif
