/**
 * @file audio/media.h  The door of the shared module that knows media formats
 *
 * Private to audio/: decode.c opens the module, media.c is the module. The module is linked with
 * libav* and with nothing of ours, so everything it needs comes through here.
 */
#ifndef AUDIO_MEDIA_H
#define AUDIO_MEDIA_H

#include <stddef.h>
#include <stdint.h>

enum {
    MEDIA_ABI = 1, /**< Raised when this file changes */
    MEDIA_FORMAT_MAX = 64,
    MEDIA_TEXT_MAX = 256,
};

/** Bytes of a recording, wherever they are. */
struct media_source {
    /** Copy up to n bytes at offset; the number copied, 0 at the end, negative on failure. */
    int64_t (*read)(void *arg, uint64_t offset, void *to, size_t n);
    uint64_t size; /**< [bytes] */
    void *arg;
};

/** Where the sound goes: 16 kHz mono. Non-zero stops decoding. */
struct media_sink {
    int (*take)(void *arg, const int16_t *samples, size_t n);
    void *arg;
};

struct media_module {
    int abi;
    /** 0; 1 when the sink stopped it; -1 with a sentence when it is no sound that can be read. */
    int (*decode)(const struct media_source *source, const struct media_sink *sink,
                  char format[MEDIA_FORMAT_MAX], char why[MEDIA_TEXT_MAX]);
};

#endif
