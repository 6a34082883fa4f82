/**
 * @file asr/whisper/timing.h  How long one utterance takes, compared with what the machine can do
 *
 * Minima over rounds, for some six seconds, because other programs can only make a round slower.
 * With one thread its processor time is used, which they hardly affect. Peaks are measured in the
 * same process, before and after. Operations are counted from the shapes of the weights.
 *
 * Threads    One owner at a time.
 */
#ifndef ASR_WHISPER_TIMING_H
#define ASR_WHISPER_TIMING_H

#include "asr/whisper/transcribe.h"

struct whisper_timing_params {
    int tokens; /**< Exact number to decode */
    int ctx;    /**< 0: as many as the audio needs */
    int rounds; /**< Most rounds; fewer if they take long, but at least two if allowed */
};

struct whisper_timing {
    int ctx;
    double mel_ms, encode_ms; /**< encode includes the cross-attention's keys and values */
    double token_ms;
    double total_ms;
    const char *arithmetic;           /**< Of most of the encoder's products: "int8", "f32", ... */
    double encoder_gop;               /**< Multiplications and additions [1e9] */
    double gops, peak_gops;           /**< [1e9/s]; the peak is that of the mix of types, see
                                           below */
    double type_gops;                 /**< Peak of `arithmetic` only */
    double bandwidth, peak_bandwidth; /**< Weights read by the decoder [1e9 bytes/s] */
};

/**
 * The encoder computes in more than one type: blocks of weights in int8, convolutions (f16 in the
 * file) and attention in int16 where int8 would be too coarse. peak_gops is the rate that the
 * register-only loops of these types would reach on the same mix of operations:
 *
 *     all operations / sum over types (operations of the type / peak of the type)
 */
int whisper_time(struct whisper_compute *c, const int16_t *pcm, size_t n,
                 const struct whisper_timing_params *params, struct whisper_timing *out);

/** Seconds of computing per second of speech: for the final of an utterance as above, the best of a
 *  few rounds, within about a second. UV_ECANCELED: c->stop() returned true. */
int whisper_real_time_factor(struct whisper_compute *c, double *factor);

/** Fills in audio with the level and the changes of speech; timing does not depend on the words. */
void whisper_time_audio(int16_t *pcm, size_t n);

#endif
