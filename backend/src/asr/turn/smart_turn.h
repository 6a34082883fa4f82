/**
 * @file asr/turn/smart_turn.h  Has the speaker finished? The smart-turn network, once a pause
 *
 *     struct smart_turn_model *model;
 *     smart_turn_load(&model, "turn.onnx", nn, false, &why);
 *     smart_turn_probability(model, nn, pcm, n, &p);     // everything of the turn, its silence too
 *     smart_turn_unload(model);
 *
 * smart-turn v3 (github.com/pipecat-ai/smart-turn, BSD-2-Clause): the encoder of Whisper tiny over
 * the last 8 s with an attentive pooling behind it. The published file holds 8-bit weights and,
 * between all layers, 8-bit activations of fixed ranges; here the same weights are multiplied in
 * f32, which is not what the published graph gives but better at its task (unfinished turns taken
 * for finished ones at 0.5: 20 % of 678 windows against 31 %). p is within 1e-3 of onnxruntime on
 * the same graph without its activations' quantisation.
 *
 * Audio of any level will do (it is normalised). p drifts upwards the longer the silence is that is
 * given along: ask once a pause, and only where voice activity says that somebody spoke.
 *
 * Threads    A model is read-only; an nn belongs to one thread at a time.
 * Errors     UV_EINVAL when the file is no such network, UV_ENOMEM.
 */
#ifndef ASR_TURN_SMART_TURN_H
#define ASR_TURN_SMART_TURN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SMART_TURN_SAMPLES = 128000, /**< What it sees: the last 8 s at 16 kHz */
    SMART_TURN_MELS = 80,
    SMART_TURN_FRAMES = 800,
};

struct nn;
struct smart_turn_model;

/** exact: weights in f32 (32 MB). */
int smart_turn_load(struct smart_turn_model **mp, const char *path, struct nn *nn, bool exact,
                    struct errbuf *why);
void smart_turn_unload(struct smart_turn_model *m); /**< NULL is allowed */

/** Probability that the turn which ends with these samples is over: of n the last 8 s count, fewer
 *  stand behind zeros. */
int smart_turn_probability(const struct smart_turn_model *m, struct nn *nn, const int16_t *pcm,
                           size_t n, float *p);

/** What the network is given: [SMART_TURN_FRAMES][SMART_TURN_MELS]. UV_ENOMEM. */
int smart_turn_features(const struct smart_turn_model *m, const int16_t *pcm, size_t n, float *out);

#endif
