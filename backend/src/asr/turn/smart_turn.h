/**
 * @file asr/turn/smart_turn.h  Has the speaker finished? The smart-turn network, once per pause
 *
 *     struct smart_turn_model *model;
 *     smart_turn_load(&model, "turn.onnx", nn, false, &why);
 *     smart_turn_probability(model, nn, pcm, n, &p);     // the whole turn, including its silence
 *     smart_turn_unload(model);
 *
 * smart-turn v3 (github.com/pipecat-ai/smart-turn, BSD-2-Clause): Whisper tiny's encoder over the
 * last 8 s, followed by attentive pooling. The published file has 8-bit weights and, between all
 * layers, 8-bit activations of fixed ranges. Here the same weights are multiplied in f32, which
 * gives other results than the published graph but better ones (unfinished turns taken for finished
 * ones at 0.5: 20 % of 678 windows against 31 %). p is within 1e-3 of onnxruntime on the same graph
 * without quantised activations.
 *
 * Audio may have any level (it is normalised). p rises with the length of the silence at the end:
 * ask once per pause, and only if voice activity says that somebody spoke.
 *
 * Threads    A model is read-only; an nn belongs to one thread at a time.
 * Errors     UV_EINVAL if the file is not such a network, UV_ENOMEM.
 */
#ifndef ASR_TURN_SMART_TURN_H
#define ASR_TURN_SMART_TURN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SMART_TURN_SAMPLES = 128000, /**< Its window: the last 8 s at 16 kHz */
    SMART_TURN_MELS = 80,
    SMART_TURN_FRAMES = 800,
};

struct nn;
struct smart_turn_model;

/** exact: weights in f32 (32 MB). */
int smart_turn_load(struct smart_turn_model **mp, const char *path, struct nn *nn, bool exact,
                    struct errbuf *why);
void smart_turn_unload(struct smart_turn_model *m); /**< NULL is allowed */

/** Probability that the turn which ends with these samples is over: the last 8 s of the n samples
 *  count; fewer are preceded by zeros. */
int smart_turn_probability(const struct smart_turn_model *m, struct nn *nn, const int16_t *pcm,
                           size_t n, float *p);

/** The network's input: [SMART_TURN_FRAMES][SMART_TURN_MELS]. UV_ENOMEM. */
int smart_turn_features(const struct smart_turn_model *m, const int16_t *pcm, size_t n, float *out);

#endif
