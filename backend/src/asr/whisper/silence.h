/**
 * @file asr/whisper/silence.h  Precomputed silence: the rest of the window, computed once
 *
 *     struct whisper_silence *silence;
 *     whisper_silence_open(&silence, model, nn, NULL, NULL, &why);
 *     compute.silence = silence;              // whisper_encode() and whisper_listen() use it
 *     ...
 *     whisper_silence_close(silence);
 *
 * The model was trained on windows of 30 seconds (1500 positions). A decoder that sees only the
 * positions of a short utterance does not know where speech ends: it repeats itself, or continues
 * with words that nobody said. With real weights and people's voices that affects one word in four.
 * Encoding more silence after the speech helps only if it fills the whole window, which costs six
 * times as much as the speech alone.
 *
 * The states in the rest of the window hardly depend on the speech before it. So a window of
 * nothing but silence is encoded once when a model is loaded, and parts of it are kept:
 *
 *   - keys and values of each layer of the encoder. The rows of a shorter context attend to them as
 *     if they had just been computed; the kept positions themselves have no queries, so the cost is
 *     a seventh of a full window at 4 s of speech;
 *   - the last WHISPER_SILENCE_HEARD encoded positions, where a trained decoder looks for the end.
 *     Keeping all of them is no better and costs more; keeping those next to the speech is far
 *     worse.
 *
 * Silence is a log-mel of -0.60 everywhere, about the value of a quiet room after scaling.
 *
 * Memory     4 bytes per channel, layer and position: tiny 9, base 18, small 55, medium 147, large
 *            turbo 246 MB.
 * Threads    Read-only once open; only for a struct whisper_compute with the same kernels.
 * Errors     UV_ENOMEM.
 */
#ifndef ASR_WHISPER_SILENCE_H
#define ASR_WHISPER_SILENCE_H

#include "asr/whisper/model.h"

enum { WHISPER_SILENCE_HEARD = 64 }; /**< Positions of silence that the decoder sees */

struct whisper_silence {
    const struct whisper_model *model;
    struct nn_kept **layers; /**< [n_audio_layer] */
    uint16_t *states;        /**< [WHISPER_SILENCE_HEARD][state], halves */
};

int whisper_silence_open(struct whisper_silence **sp, const struct whisper_model *m, struct nn *nn,
                         whisper_stop_fn *stop, void *arg, struct errbuf *why);
void whisper_silence_close(struct whisper_silence *s); /**< NULL is allowed */
size_t whisper_silence_bytes(const struct whisper_silence *s);

/** Positions that the decoder attends to if ctx were encoded; s may be NULL. */
int whisper_silence_heard(const struct whisper_silence *s, int ctx);

/** Writes the kept rows after the ctx encoded ones, from out[ctx][state] on. */
void whisper_silence_append(const struct whisper_silence *s, int ctx, float *out);

#endif
