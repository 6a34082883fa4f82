/**
 * @file models/quantize.h  A Whisper model file in fewer bytes: q8_0 and q5_1
 *
 *     struct buf out;
 *     buf_init(&out, from_len + (1 << 20));
 *     err = models_quantize(from, from_len, MODELS_Q8_0, &out, &why);
 *
 * The result is byte for byte the file that is published under that name (whisper.cpp's `quantize`,
 * ggml's reference quantisation): matrices become blocks of 32 weights; tensors of one or three
 * dimensions and both position tables stay as they are.
 *
 *     q8_0  f16 scale, 32 integers of 8 bits:           w = d q                  34 bytes a block
 *     q5_1  f16 scale and minimum, 32 integers of 5 bits: w = d q + m            24 bytes a block
 *
 * Threads    Any; a pure function.
 * Errors     UV_EINVAL: not a model file, damaged, or already quantised; UV_ENOBUFS: out's limit
 *            was reached.
 */
#ifndef MODELS_QUANTIZE_H
#define MODELS_QUANTIZE_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum models_type { MODELS_Q5_1 = 7, MODELS_Q8_0 = 8 }; /**< ggml's numbers for the types */

int models_quantize(const void *from, size_t len, enum models_type type, struct buf *out,
                    struct errbuf *why);

/** "q8_0" → true, and its type. */
bool models_type_find(const char *name, enum models_type *type);

#endif
