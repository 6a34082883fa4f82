/**
 * @file asr/whisper/mel.h  Log-mel spectrogram, as audio arrives
 *
 *     whisper_mel_init(&mel, bank);
 *     whisper_mel_feed(&mel, pcm, n);  ...            // of any size
 *     frames = whisper_mel_frames(&mel, ...);         // whenever a window is needed
 *
 * A frame is 400 samples under a periodic Hann window, every 160 samples; the first one is centred
 * on the first sample (200 samples of the beginning are reflected before it). Power spectrum, mel
 * filters of the model file, log10, clamped to 8 below the largest value of the whole clip, then
 * (x + 4) / 4: OpenAI whisper/audio.py, log_mel_spectrogram(). Because the clamp depends on the
 * whole clip, frames are kept as logarithms and finished when a window is copied out.
 *
 * Threads    A bank is read-only; a mel has one owner.
 * Errors     UV_ENOMEM, UV_ENOBUFS beyond WHISPER_MEL_SECONDS_MAX.
 */
#ifndef ASR_WHISPER_MEL_H
#define ASR_WHISPER_MEL_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum {
    WHISPER_RATE = 16000,
    WHISPER_FRAME = 400,             /**< [samples] */
    WHISPER_HOP = 160,               /**< [samples]: 10 ms */
    WHISPER_MEL_SECONDS_MAX = 14400, /**< Longest clip: four hours */
};

struct whisper_mel_bank;

/** filters: [n_mels][201]; copied. */
int whisper_mel_bank_open(struct whisper_mel_bank **bp, const float *filters, int n_mels,
                          struct errbuf *why);
void whisper_mel_bank_close(struct whisper_mel_bank *b);

struct whisper_mel {
    const struct whisper_mel_bank *bank;
    int n_mels;
    float *logs; /**< [frames][n_mels]: log10 of the filtered power */
    size_t frames;
    size_t cap;  /**< [frames] */
    float max;   /**< Largest value in logs */
    float *tail; /**< Samples from the beginning of the next frame on */
    size_t tail_len;
    size_t samples; /**< Samples fed so far */
};

void whisper_mel_init(struct whisper_mel *m, const struct whisper_mel_bank *bank);
void whisper_mel_clear(struct whisper_mel *m); /**< Ready for another clip; keeps its memory */
void whisper_mel_release(struct whisper_mel *m);

/** Drops the first n finished frames: the rest becomes the beginning of the clip. At least
 *  WHISPER_FRAME samples must remain. */
void whisper_mel_forget(struct whisper_mel *m, size_t n);

int whisper_mel_feed(struct whisper_mel *m, const int16_t *pcm, size_t n);
int whisper_mel_feed_float(struct whisper_mel *m, const float *pcm, size_t n);

/**
 * Copies frames first .. first + n - 1 to out[n][n_mels], finished. Frames that the end of the
 * audio cuts are padded with zeros; frames after it are silence, as if 30 s of zeros followed.
 */
void whisper_mel_window(const struct whisper_mel *m, size_t first, size_t n, float *out);

/** Number of frames that contain at least 200 samples of audio ("n_len_org" of whisper.cpp). */
size_t whisper_mel_length(const struct whisper_mel *m);

#endif
