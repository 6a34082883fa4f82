/**
 * @file asr/pocketsphinx/front.h  From samples to normalised cepstra
 *
 * The recogniser subtracts the mean of an utterance's cepstra, which takes out the microphone and
 * the room (cepstral mean normalisation, Atal 1974). Live, that mean is not known yet, and with the
 * library's own live estimate a first utterance is mostly lost. Here frames are held back until the
 * first second of voice gives a mean; the decoder, which is faster than speech, then catches up.
 * That mean is used for the whole utterance (following the speaker, or starting again when the mean
 * has moved, was worse when measured), and the mean at its end is the starting point for the next
 * one.
 *
 * Some voices (formant synthesis, bands with nothing between the resonances) have cepstra that vary
 * twice as widely as those the model was trained on. Only for such a voice is each cepstrum's
 * deviation scaled to that of normal speech (after Viikki and Laurila 1998, who always normalise
 * all of them).
 *
 *     front_begin(f);
 *     front_feed(f, pcm, n) ... front_end(f);
 *     while ((n = front_ready(f, from, block)) > 0) ... frames [from, from + n) are in block
 *
 * Threads    One owner.
 * Errors     UV_ENOMEM, UV_ENOBUFS after FRONT_FRAMES_MAX frames.
 */
#ifndef ASR_POCKETSPHINX_FRONT_H
#define ASR_POCKETSPHINX_FRONT_H

#include <pocketsphinx.h>
#include <sphinxbase/fe.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRONT_DIM = 13,           /**< Cepstra in a frame */
    FRONT_BLOCK = 4,          /**< With more at once the library's look-ahead loses frames */
    FRONT_FIRST_BLOCK = 8,    /**< The first must fill the window of the delta features */
    FRONT_FRAMES_MAX = 60000, /**< 10 minutes of voice in one utterance */
    FRONT_MEAN_FRAMES = 100,  /**< Voice that must be heard before a first mean is trusted */
    FRONT_PRIOR_FRAMES = 60,  /**< Weight of earlier utterances beside it */
    FRONT_MEMORY = 500,       /**< Frames of voice remembered from earlier utterances */
    FRONT_LEAST = 40,         /**< Least voice in an utterance that is worth remembering */
};

/** Of voiced frames. */
struct moments {
    double frames;
    double sum[FRONT_DIM];
    double square[FRONT_DIM];
};

struct front {
    fe_t *fe;
    mfcc_t *cep;       /**< FRONT_DIM per frame */
    uint32_t *time_ms; /**< End of each frame in the audio */
    size_t frames, cap;
    size_t samples;        /**< Samples fed so far */
    struct moments voice;  /**< Of this utterance */
    struct moments before; /**< Of earlier utterances; no frames: this is the first */
    float mean[FRONT_DIM]; /**< What is subtracted, once known */
    float gain[FRONT_DIM]; /**< What the rest is multiplied by, at most 1 */
    bool known;
    bool ended;
    int16_t carry[160]; /**< Less than a step of 10 ms, kept for the next call */
    size_t carried;
};

int front_init(struct front *f, cmd_ln_t *config);
void front_release(struct front *f);
void front_begin(struct front *f);
int front_feed(struct front *f, const int16_t *pcm, size_t n);
int front_end(struct front *f);
/** How many frames from `from` on may be decoded now; they are normalised into block. */
size_t front_ready(const struct front *f, size_t from, mfcc_t block[FRONT_FIRST_BLOCK][FRONT_DIM]);

#endif
