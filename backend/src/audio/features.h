/**
 * @file audio/features.h  What one 10 ms frame sounds like, for voice activity
 *
 * Private to audio/. docs/architecture/voice-activity.md explains the choice of features.
 *
 * Threads    One at a time.
 */
#ifndef AUDIO_FEATURES_H
#define AUDIO_FEATURES_H

#include "audio/spectrum.h"

#include <stdint.h>

enum {
    FEATURE_FRAME = 160,    /**< Samples in a frame */
    FEATURE_BANDS = 20,     /**< Critical bands, 100 Hz ... 7.7 kHz */
    FLOOR_PARTS = 8,        /**< Minimum statistics: parts of the window ... */
    FLOOR_PART_FRAMES = 20, /**< ... of 200 ms each */
    SPECTRA_KEPT = 8,       /**< Magnitude spectra kept for comparison, one per frame */
    STEADY_BINS = 100,      /**< Bins compared: up to 3.1 kHz */
    PITCH_DECIMATION = 4,   /**< Pitch is searched at 4 kHz */
    PITCH_WINDOW = 120,     /**< 30 ms at 4 kHz */
    PITCH_LAG_MIN = 10,     /**< 400 Hz */
    PITCH_LAG_MAX = 66,     /**< 60 Hz */
    PITCH_BUFFER = PITCH_WINDOW + PITCH_LAG_MAX + 2,
    PITCH_TAPS = 48, /**< Low-pass before decimation */
    FEATURE_LPC = 4, /**< Order of the whitening filter */
};

struct features {
    float level_db; /**< RMS of the frame, [dBFS] */
    float snr_db;   /**< Mean of the strongest bands over the noise floor, [dB] */
    float voicing;  /**< 0..1: periodicity of the whitened low band */
    float period;   /**< Samples at 4 kHz, with a fraction; 0: no pitch */
    float moving;   /**< 0..1: change of the low spectrum over 60 ms (0: a steady sound) */
    float tonal;    /**< 0..1: share of the power in one narrow peak */
    int bands_up;   /**< Bands well above the noise floor */
};

struct features_state {
    struct spectrum_plan plan;
    float history[SPECTRUM_N]; /**< The last 32 ms */
    float low[PITCH_TAPS];     /**< Low-pass kernel */
    float pitch[PITCH_BUFFER]; /**< The last 46 ms at 4 kHz */
    float band_edge_bin[FEATURE_BANDS + 1];
    float smooth[FEATURE_BANDS];
    float part_min[FLOOR_PARTS][FEATURE_BANDS];
    float floor[FEATURE_BANDS];
    float spectra[SPECTRA_KEPT][STEADY_BINS];
    uint64_t frames;
};

void features_init(struct features_state *fs);
void features_push(struct features_state *fs, const int16_t pcm[static FEATURE_FRAME],
                   struct features *out);

#endif
