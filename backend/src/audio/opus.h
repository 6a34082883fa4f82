/**
 * @file audio/opus.h  Opus packets to 16 kHz mono, one after the other
 *
 * libopus (RFC 6716) is in a shared module that is opened with the first stream. Each packet gives
 * its own rate and channels; the output is what the recognisers take.
 *
 *     opus_stream_open(&o, why);
 *     n = opus_stream_decode(o, packet, len, pcm);      // for each message
 *     opus_stream_close(o);
 *
 * Threads    One at a time for a stream. A packet takes some 50 us, so the loop thread may call it.
 * Errors     UV_ENOSYS: the module is missing; UV_EINVAL: not a packet; UV_ENOMEM.
 */
#ifndef AUDIO_OPUS_H
#define AUDIO_OPUS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum {
    OPUS_SAMPLES_MAX = 1920, /**< The longest packet, 120 ms, at 16 kHz */
    OPUS_PACKET_MAX = 61440, /**< No packet is longer: 48 frames of 1,275 bytes, rounded up */
};

struct opus_stream;

int opus_stream_open(struct opus_stream **op, struct errbuf *why);
/** Number of samples written to pcm, or a negative code. An empty packet stands for a lost one:
 *  nothing is written. */
int opus_stream_decode(struct opus_stream *o, const void *packet, size_t len,
                       int16_t pcm[OPUS_SAMPLES_MAX]);
void opus_stream_close(struct opus_stream *o); /**< NULL is allowed */

#endif
