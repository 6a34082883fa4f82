/**
 * @file asr/whisper/model.h  A loaded Whisper model: weights packed for the kernels, shared by all
 *
 *     struct whisper_model *m;
 *
 *     err = whisper_model_load(&m, path, nn, NULL, NULL, &why);
 *     ... any number of streams, each with its own struct nn and state ...
 *     whisper_model_free(m);
 *
 * Architecture: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision"
 * (2022), section 2.2: a pre-norm transformer encoder over two convolutions, and a decoder with
 * cross-attention whose token embedding is also the output matrix.
 *
 * Threads    Read-only after loading.
 * Errors     Those of whisper_file_open(), and UV_EINVAL for a file without weights.
 * Ownership  The file is unmapped after loading.
 */
#ifndef ASR_WHISPER_MODEL_H
#define ASR_WHISPER_MODEL_H

#include "asr/whisper/file.h"
#include "asr/whisper/mel.h"
#include "asr/whisper/vocab.h"
#include "nn/nn.h"

enum { WHISPER_ALIGN_HEADS_MAX = 24 };

struct whisper_norm {
    float *weight;
    float *bias;
};

struct whisper_dense {
    struct nn_matrix *w;
    float *bias; /**< NULL: none */
};

/** Encoder and decoder blocks; the cross part is empty in the encoder. */
struct whisper_block {
    struct whisper_norm attn_ln, cross_ln, mlp_ln;
    struct whisper_dense qkv; /**< Stacked query, key, value (the key's bias is zero) */
    struct whisper_dense out;
    struct whisper_dense cross_q;
    struct whisper_dense cross_kv; /**< Stacked key, value */
    struct whisper_dense cross_out;
    struct whisper_dense up, down; /**< The MLP: to 4 times the width and back */
};

/** A cross-attention head that follows the audio. */
struct whisper_align_head {
    uint8_t layer, head;
};

struct whisper_model {
    struct whisper_shape shape;
    struct whisper_vocab *vocab;
    struct whisper_mel_bank *mel;
    float *encoder_positions; /**< [1500][state] */
    struct whisper_dense conv1, conv2;
    struct whisper_block *encoder; /**< [n_audio_layer] */
    struct whisper_norm encoder_ln;
    float *decoder_positions; /**< [448][state] */
    struct nn_matrix *tokens; /**< [n_vocab][state], both embedding and output matrix */
    struct whisper_block *decoder;
    struct whisper_norm decoder_ln;
    struct whisper_align_head align[WHISPER_ALIGN_HEADS_MAX]; /**< For word times; see words.h */
    int n_align;
    size_t file_bytes;
    size_t weight_bytes; /**< Packed matrices */
    char name[32];       /**< "base.en q5_1" */
};

/** (optional) Called before each tensor; true: stop, UV_ECANCELED. */
typedef bool whisper_stop_fn(void *arg);

int whisper_model_load(struct whisper_model **mp, const char *path, struct nn *nn,
                       whisper_stop_fn *stop, void *arg, struct errbuf *why);
void whisper_model_free(struct whisper_model *m); /**< NULL is allowed */

#endif
