/**
 * @file asr/whisper/silence.h  Kept silence: the rest of the window, computed once
 *
 *     struct whisper_silence *silence;
 *     whisper_silence_open(&silence, model, nn, NULL, NULL, &why);
 *     compute.silence = silence;              // whisper_encode() and whisper_listen() use it
 *     ...
 *     whisper_silence_close(silence);
 *
 * The model was trained on windows of 30 seconds (1500 positions). A decoder that sees only the
 * positions of a short utterance does not know where speech ends: it repeats itself, or goes on
 * with what nobody said. With real weights and people's voices that is one word in four. More
 * silence encoded behind the speech does not help short of the whole window, which costs six times
 * as much as the speech alone.
 *
 * What stands in the rest of the window hardly depends on what was said before it. So a window of
 * nothing but silence is encoded once when a model is loaded, and its parts are kept:
 *
 *   - keys and values of each layer of the encoder. The rows of a shorter context ask for them as
 *     if they had just been computed; the kept positions themselves ask nothing, so they cost a
 *     seventh of a full window at 4 s of speech;
 *   - the last WHISPER_SILENCE_HEARD encoded positions, where a trained decoder looks for the end.
 *     All of them are no better and cost more; those next to the speech are far worse.
 *
 * Silence is a log-mel of -0.60 everywhere, about what a quiet room gives once frames are scaled.
 *
 * Memory     4 bytes a channel, layer and position: tiny 9, base 18, small 55, medium 147, large
 *            turbo 246 MB.
 * Threads    Read-only once open; for computes whose kernels are those it was opened with.
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

/** Positions that a decoder hears when ctx were encoded; s may be NULL. */
int whisper_silence_heard(const struct whisper_silence *s, int ctx);

/** Write the kept rows that stand behind ctx encoded ones, out[ctx][state] on. */
void whisper_silence_append(const struct whisper_silence *s, int ctx, float *out);

#endif
