/**
 * @file asr/pocketsphinx/front.h  From samples to normalised cepstra
 *
 * The recogniser subtracts the mean of an utterance's cepstra, which takes out the microphone and
 * the room (cepstral mean normalisation, Atal 1974). Live, that mean is not known yet, and with
 * the library's own live estimate a first utterance is mostly lost. Here frames are held back
 * until the first second of voice gives a mean; the decoder, faster than speech, then catches up.
 * That mean stays for the whole utterance (following the speaker, or beginning again when it has
 * moved, measured worse) and what was heard by its end is the starting point of the next one.
 *
 * Some voices (formant synthesis, a band with nothing between its resonances) have cepstra that
 * swing twice as far as those the model was trained on. Such a voice, and only such a one, has each
 * cepstrum's deviation brought back to that of speech (after Viikki and Laurila 1998, who
 * normalise all of them always).
 *
 *     front_begin(f);
 *     front_feed(f, pcm, n) ... front_end(f);
 *     while ((n = front_ready(f, from, block)) > 0) ... frames [from, from + n) lie in block
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
    FRONT_BLOCK = 4,          /**< More at once and the library's look-ahead loses frames */
    FRONT_FIRST_BLOCK = 8,    /**< The first must fill the window of the differences */
    FRONT_FRAMES_MAX = 60000, /**< 10 minutes of voice in one utterance */
    FRONT_MEAN_FRAMES = 100,  /**< Voice that must be heard before a first mean is trusted */
    FRONT_PRIOR_FRAMES = 60,  /**< What the utterances before weigh beside it */
    FRONT_MEMORY = 500,       /**< Frames of voice before this utterance that are remembered */
    FRONT_LEAST = 40,         /**< Voice in an utterance that is worth remembering */
};

/** Of voiced frames. */
struct moments {
    double frames;
    double sum[FRONT_DIM];
    double square[FRONT_DIM];
};

struct front {
    fe_t *fe;
    mfcc_t *cep;       /**< FRONT_DIM a frame */
    uint32_t *time_ms; /**< End of each frame in the audio */
    size_t frames, cap;
    size_t samples;        /**< Taken so far */
    struct moments voice;  /**< Of this utterance */
    struct moments before; /**< Of the utterances before; no frames: this is the first */
    float mean[FRONT_DIM]; /**< What is subtracted, once known */
    float gain[FRONT_DIM]; /**< What the rest is multiplied with, at most 1 */
    bool known;
    bool ended;
    int16_t carry[160]; /**< Less than a step of 10 ms, waiting */
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
