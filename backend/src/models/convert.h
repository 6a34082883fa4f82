/**
 * @file models/convert.h  From a CTranslate2 folder to the ggml file that is published
 *
 *     struct convert_source from = {model, model_len, vocabulary, vocabulary_len};
 *     err = models_convert(&from, take, arg, &why);
 *
 * Python packages and faster-whisper's folders carry OpenAI's weights as CTranslate2 keeps them
 * (model.bin, f16, and vocabulary.txt or .json). Nothing is lost in them, so the file that
 * whisper.cpp publishes comes out byte for byte: rows of the fused query, key and value are
 * parted, vectors and positions become f32, the tables stand in their published order. The mel
 * filters are computed as librosa 0.9's filters.mel() does (Slaney's scale and areas, float32), for
 * the file holds them as numbers. Whether it is a published file its SHA-256 tells, not we.
 *
 * model.bin: u32 version (6), name of the kind, u32 revision, u32 count; then a variable each:
 * name, u8 rank, u32 shape, u8 type, u32 bytes, data. A name is u16 length, the text and a NUL.
 *
 * Threads    Any; a pure function but for take().
 * Errors     UV_EINVAL: damaged, or no Whisper model; UV_ENOTSUP: another version, or not in f16;
 *            what take() returned.
 */
#ifndef MODELS_CONVERT_H
#define MODELS_CONVERT_H

#include "base/error.h"

#include <stddef.h>

struct convert_source {
    const void *model;
    size_t model_len;
    const char *vocabulary; /**< One token a line, or a JSON array of them */
    size_t vocabulary_len;
};

int models_convert(const struct convert_source *from,
                   int (*take)(const void *data, size_t n, void *arg), void *arg,
                   struct errbuf *why);

#endif
