/**
 * @file audio/opus_door.h  The interface of the shared module for Opus
 *
 * Private to audio/: opus.c and opus_file.c open the module, opus_module.c and opus_file_module.c
 * are the module. It is linked only with libopus and libogg, not with our code.
 */
#ifndef AUDIO_OPUS_DOOR_H
#define AUDIO_OPUS_DOOR_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { OPUS_DOOR_ABI = 2 /**< Increased when this file changes */ };

/** Takes what was written; non-zero on failure. */
typedef int opus_sink_fn(void *arg, const void *data, size_t len);

struct opus_door {
    int abi;
    void *(*open)(int rate); /**< A decoder to `rate` mono, or NULL */
    /** Number of samples written, at most room; negative: not a packet. */
    int (*decode)(void *decoder, const uint8_t *packet, size_t len, int16_t *pcm, size_t room);
    void (*close)(void *decoder);

    /** A file to write: mono at `rate`, with its serial number; NULL on failure. */
    void *(*file_open)(int rate, int bitrate, uint32_t serial);
    /** Like opus_file_write(). 0 or -1; or what sink returned if that was not 0. */
    int (*file_write)(void *file, const int16_t *pcm, size_t n, int how, opus_sink_fn *sink,
                      void *arg);
    void (*file_close)(void *file);
    /** Like opus_file_mend(). 0 or -1. */
    int (*file_mend)(const void *pages, size_t len, opus_sink_fn *sink, void *arg,
                     uint64_t *samples48);
};

/** The module, opened at the first call; NULL with a sentence. */
const struct opus_door *opus_door_open(struct errbuf *why);

/* In opus_file_module.c. */
void *door_file_open(int rate, int bitrate, uint32_t serial);
int door_file_write(void *file, const int16_t *pcm, size_t n, int how, opus_sink_fn *sink,
                    void *arg);
void door_file_close(void *file);
int door_file_mend(const void *pages, size_t len, opus_sink_fn *sink, void *arg,
                   uint64_t *samples48);

#endif
