/**
 * @file asr/whisper/listen.h  One window: from mel frames into the decoder's cross-attention
 */
#ifndef ASR_WHISPER_LISTEN_H
#define ASR_WHISPER_LISTEN_H

#include "asr/whisper/decoder.h"

enum {
    WHISPER_WINDOW = 3000, /**< 30 seconds [10 ms] */
    WHISPER_PAD_MS = 500,  /**< Silence encoded after the audio, by default */
    WHISPER_CTX_MIN = 128, /**< Fewest positions encoded */
    WHISPER_CTX_STEP = 16,
};

/** Positions to encode for that many frames of audio; see docs/architecture/whisper.md on
 *  padding. */
int whisper_trimmed_ctx(size_t frames, int pad_ms);

/** Encodes ctx positions from frame `seek` on for the decoder's cross-attention. If they are short
 *  of the window, they are followed by the end of c->silence. */
int whisper_listen(struct whisper_decoder *d, struct whisper_compute *c,
                   const struct whisper_mel *mel, int seek, int ctx);

#endif
