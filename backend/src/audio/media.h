/**
 * @file audio/media.h  Media formats, and the process that reads them
 *
 * Private to audio/. decode.c runs in the server; media_worker.c, the program interviewd-media,
 * calls media_decode() in media.c, which is linked with libav*. They exchange frames
 * (loop/frame.h):
 *
 *     ->  DECODE struct media_order   <-  READ u64 offset, u32 bytes     as often as it likes
 *     ->  BYTES (none: the end) | BROKEN
 *                                     <-  SAMPLES                        mono
 *                                     <-  DONE format | FAILED sentence
 *
 * The process gets no file and no address, only the bytes that it asks for.
 */
#ifndef AUDIO_MEDIA_H
#define AUDIO_MEDIA_H

#include "audio/decode.h"

#include <stddef.h>
#include <stdint.h>

#define MEDIA_PROGRAM "interviewd-media"

enum {
    MEDIA_FORMAT_MAX = 64,
    MEDIA_TEXT_MAX = 256,
    MEDIA_READ_MAX = 256 << 10,  /**< Bytes in one answer */
    MEDIA_SAMPLES_MAX = 1 << 16, /**< In one frame */
};

enum media_kind {
    MEDIA_DECODE = 1,
    MEDIA_READ,
    MEDIA_BYTES,
    MEDIA_BROKEN,
    MEDIA_SAMPLES,
    MEDIA_DONE,
    MEDIA_FAILED,
};

struct media_order {
    uint64_t bytes;
    uint32_t rate; /**< Of the samples: 16,000 or 48,000 [Hz] */
    uint32_t none;
};

/** Where the sound goes: mono. Non-zero stops decoding. */
struct media_sink {
    int (*take)(void *arg, const int16_t *samples, size_t n);
    void *arg;
};

/** 0; 1 if the sink stopped it; -1 with a sentence if it is not readable sound. */
int media_decode(const struct media_source *source, int rate, const struct media_sink *sink,
                 char format[MEDIA_FORMAT_MAX], char why[MEDIA_TEXT_MAX]);

#endif
