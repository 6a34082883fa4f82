/**
 * @file asr/voices/encoder.h  A voice as a point: Resemblyzer's speaker encoder
 *
 *     struct voice_encoder *encoder;
 *     voice_encoder_load(&encoder, "voices.pt", nn, &why);
 *     voice_encode(encoder, nn, pcm, n, voice);       // 256 numbers of length 1
 *     alike = voice_alike(voice, other);              // their cosine
 *     voice_encoder_unload(encoder);
 *
 * GE2E (Wan et al., "Generalized end-to-end loss for speaker verification", 2018, arXiv:1710.10467)
 * with the weights of github.com/resemble-ai/Resemblyzer (Apache-2.0): audio at a loudness of -30
 * dBFS, 40 mel bands every 10 ms, three recurrent layers of 256 over pieces of 1.6 s, whose last
 * state becomes the point; a clip is the mean of its pieces. Matches its published description
 * within 1e-5.
 *
 * About 20 ms of processor time for 3 s of speech, growing with the length.
 *
 * Threads    An encoder is read-only; an nn belongs to one thread at a time.
 * Errors     UV_EINVAL if the file is not such a network, UV_ENOMEM.
 */
#ifndef ASR_VOICES_ENCODER_H
#define ASR_VOICES_ENCODER_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum {
    VOICE_DIMENSIONS = 256,
    VOICE_LEAST = 16000, /**< Below this many samples of speech a voice says little: 1 s */
};

struct nn;
struct voice_encoder;

int voice_encoder_load(struct voice_encoder **ep, const char *path, struct nn *nn,
                       struct errbuf *why);
void voice_encoder_unload(struct voice_encoder *encoder); /**< NULL is allowed */

/** n samples at 16 kHz, at least one. */
int voice_encode(const struct voice_encoder *encoder, struct nn *nn, const int16_t *pcm, size_t n,
                 float voice[VOICE_DIMENSIONS]);

float voice_alike(const float a[VOICE_DIMENSIONS], const float b[VOICE_DIMENSIONS]);

#endif
