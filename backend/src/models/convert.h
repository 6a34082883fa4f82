/**
 * @file models/convert.h  From a CTranslate2 folder to the published ggml file
 *
 *     struct convert_source from = {model, model_len, vocabulary, vocabulary_len};
 *     err = models_convert(&from, take, arg, &why);
 *
 * Python packages and faster-whisper's folders carry OpenAI's weights in CTranslate2's format
 * (model.bin, f16, and vocabulary.txt or .json). That format loses nothing, so the file that
 * whisper.cpp publishes comes out byte for byte: the fused query, key and value rows are split,
 * vectors and positions become f32, and the tables are written in their published order. The
 * published file stores the mel filters as numbers, so they are computed as librosa 0.9's
 * filters.mel() does (Slaney's scale and areas, float32). Whether the result is a published file is
 * decided by its SHA-256, not here.
 *
 * model.bin: u32 version (6), name of the kind, u32 revision, u32 count; then then for each
 * variable: name, u8 rank, u32 shape, u8 type, u32 bytes, data. A name is a u16 length, the text
 * and a NUL.
 *
 * Threads    Any; a pure function apart from take().
 * Errors     UV_EINVAL: damaged, or not a Whisper model; UV_ENOTSUP: another version, or not in
 *            f16; what take() returned.
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
