/**
 * @file asr/turn/silero.h  Is somebody speaking? Silero's network, 32 ms at a time
 *
 *     struct silero_model *model;
 *     struct silero state;
 *     silero_load(&model, "vad.onnx", nn, &why);
 *     silero_reset(&state);
 *     p = silero_step(model, nn, &state, pcm);      // every 512 samples
 *     silero_unload(model);
 *
 * The 16 kHz half of Silero VAD 6.2 (github.com/snakers4/silero-vad, MIT): 512 samples with the 64
 * before them, the magnitudes of four short-time spectra, four convolutions, one recurrent layer,
 * one number. Equal to the published network run by onnxruntime to 1e-5. 0.68 million products per
 * step.
 *
 * Use: speech begins at p >= 0.5 and goes on while p >= 0.35.
 *
 * Threads    A model is read-only; a state and an nn belong to one thread at a time.
 * Errors     UV_EINVAL if the file is not such a network (the sentence says what is missing).
 */
#ifndef ASR_TURN_SILERO_H
#define ASR_TURN_SILERO_H

#include "base/error.h"

enum {
    SILERO_WINDOW = 512, /**< Samples per step, at 16 kHz: 32 ms */
    SILERO_CONTEXT = 64, /**< Previous samples that are used again */
    SILERO_STATE = 128,
};

struct nn;
struct silero_model;

struct silero {
    float h[SILERO_STATE], c[SILERO_STATE];
    float context[SILERO_CONTEXT];
};

int silero_load(struct silero_model **mp, const char *path, struct nn *nn, struct errbuf *why);
void silero_unload(struct silero_model *m); /**< NULL is allowed */

/** Call before the first step, and whenever the audio does not continue the previous samples. */
void silero_reset(struct silero *s);

/** Probability that the window contains speech; pcm within -1..1. */
float silero_step(const struct silero_model *m, struct nn *nn, struct silero *s,
                  const float pcm[SILERO_WINDOW]);

#endif
