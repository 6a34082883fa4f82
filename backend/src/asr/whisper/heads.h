/**
 * @file asr/whisper/heads.h  Which cross-attention heads follow the audio
 *
 * Word times come from the attention of a few heads of each published model, which OpenAI
 * identified and published with its weights (whisper/__init__.py, _ALIGNMENT_HEADS). The model file
 * does not contain them, so they are looked up by the shape of the model.
 *
 * Threads    Any.
 */
#ifndef ASR_WHISPER_HEADS_H
#define ASR_WHISPER_HEADS_H

#include "asr/whisper/model.h"

/**
 * The heads for a model of this shape, at most WHISPER_ALIGN_HEADS_MAX, by ascending layer. For an
 * unknown shape: the heads of the upper half of the decoder (like whisper/model.py).
 */
int whisper_align_heads(const struct whisper_shape *s, struct whisper_align_head *heads);

#endif
