/**
 * @file audio/resample.h  Any rate and channel count to 16 kHz mono, as it arrives
 *
 * Channels are mixed; of two, one may have the opposite sign (audio/mixdown.h).
 *
 * Polyphase windowed-sinc (Crochiere and Rabiner, Multirate Digital Signal Processing, 1983).
 *
 * Threads    One at a time.
 */
#ifndef AUDIO_RESAMPLE_H
#define AUDIO_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

struct resampler;

enum { RESAMPLE_RATE_MIN = 8000, RESAMPLE_RATE_MAX = 192000, RESAMPLE_CHANNELS_MAX = 8 };

/** UV_EINVAL outside these limits. */
int resampler_open(struct resampler **rp, int rate_in, int channels);

/** n is the number of samples per channel, interleaved. Returns the number of samples written to
 *  out, which must have room for resampler_room(n). */
int resampler_channels(const struct resampler *r);
size_t resampler_room(const struct resampler *r, size_t n);
size_t resampler_feed(struct resampler *r, const int16_t *pcm, size_t n, int16_t *out);
size_t resampler_flush(struct resampler *r, int16_t *out, size_t room);
void resampler_close(struct resampler *r);

#endif
