/**
 * @file asr/whisper/file.h  A ggml Whisper model file, mapped, parsed and checked
 *
 *     struct whisper_file *file;
 *
 *     err = whisper_file_open(&file, "ggml-base.en.bin", &why);
 *     t = whisper_file_tensor(file, "encoder.conv1.weight");
 *     ... copy or repack t->data ...
 *     whisper_file_close(file);        // nothing may point into the file after this
 *
 * The format is that of whisper.cpp's `ggml-*.bin` files: a header of eleven numbers, the mel
 * filter bank, the vocabulary, then tensors (nn/weights.h: records) until the end of the file;
 * little endian, no padding, no alignment. An open file is complete: every tensor that the header
 * requires is there exactly once, with the right shape and an allowed type, so code that reads it
 * needs no further checks. A file with no tensors at all (whisper.cpp's "for-tests" files) opens
 * too: see n_tensors.
 *
 * Threads    Any number may read an open file.
 * Errors     UV_EINVAL: not a model, or damaged (the sentence says what and where); UV_ENOTSUP: an
 *            unsupported kind of model; UV_ENOENT and other system codes; UV_ENOMEM.
 * Ownership  Everything returned points into the file object.
 */
#ifndef ASR_WHISPER_FILE_H
#define ASR_WHISPER_FILE_H

#include "base/error.h"
#include "nn/weights.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WHISPER_VOCAB_MAX = 52000,      /**< Most tokens in a vocabulary */
    WHISPER_TOKEN_BYTES_MAX = 1024, /**< Longest token [bytes] */
    WHISPER_AUDIO_CTX = 1500,       /**< Encoder positions: 20 ms each, 30 s in all */
    WHISPER_TEXT_CTX = 448,         /**< Decoder positions */
    WHISPER_STATE_MAX = 2048,       /**< Widest model */
    WHISPER_HEADS_MAX = 64,
    WHISPER_LAYERS_MAX = 64,
    WHISPER_FFT_BINS = 201, /**< Bins of a 400-point transform */
    WHISPER_NAME_MAX = 63,  /**< Longest tensor name [bytes] */
    WHISPER_RANK_MAX = 3,   /**< Most dimensions of a tensor */
};

/** The header. */
struct whisper_shape {
    int n_vocab;
    int n_audio_ctx;
    int n_audio_state;
    int n_audio_head;
    int n_audio_layer;
    int n_text_ctx;
    int n_text_state;
    int n_text_head;
    int n_text_layer;
    int n_mels;
    enum nn_type type; /**< Of the large matrices */
};

struct whisper_tensor {
    char name[WHISPER_NAME_MAX + 1];
    enum nn_type type;
    int n_dims;
    int ne[WHISPER_RANK_MAX]; /**< ne[0] varies fastest; 1 if unused */
    const uint8_t *data;      /**< Points into the mapping, not aligned */
    size_t bytes;
};

struct whisper_bytes {
    const uint8_t *data;
    size_t len;
};

struct whisper_file {
    struct whisper_shape shape;
    float *filters; /**< [n_mels][WHISPER_FFT_BINS] */
    int n_tokens;   /**< Number written in the file; the rest up to n_vocab are special */
    struct whisper_bytes *tokens;
    int n_tensors;
    struct whisper_tensor *tensors; /**< Sorted by name */
    const uint8_t *map;
    size_t size;
    bool mapped;
};

int whisper_file_open(struct whisper_file **fp, const char *path, struct errbuf *why);

/** The same from memory, which must outlive the file. */
int whisper_file_parse(struct whisper_file **fp, const void *data, size_t len, struct errbuf *why);

/** NULL if no tensor has that name: only for a file without tensors, or a bug. */
const struct whisper_tensor *whisper_file_tensor(const struct whisper_file *f, const char *name);

/** Tells the operating system that the pages of this tensor will not be read again (it was
 *  repacked). */
void whisper_file_done(const struct whisper_file *f, const struct whisper_tensor *t);

/** The vocabulary was copied: frees `tokens`, and gives back the pages read so far. */
void whisper_file_vocab_done(struct whisper_file *f);

void whisper_file_close(struct whisper_file *f);

#endif
