/**
 * @file audio/opus_door.h  The door of the shared module that knows Opus
 *
 * Private to audio/: opus.c and opus_file.c open the module, opus_module.c and opus_file_module.c
 * are the module. It is linked with libopus and libogg, and with nothing of ours.
 */
#ifndef AUDIO_OPUS_DOOR_H
#define AUDIO_OPUS_DOOR_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { OPUS_DOOR_ABI = 2 /**< Raised when this file changes */ };

/** Takes what was written; non-zero: it cannot. */
typedef int opus_sink_fn(void *arg, const void *data, size_t len);

struct opus_door {
    int abi;
    void *(*open)(int rate); /**< A decoder to `rate` mono, or NULL */
    /** Samples written, at most room; negative when it is no packet. */
    int (*decode)(void *decoder, const uint8_t *packet, size_t len, int16_t *pcm, size_t room);
    void (*close)(void *decoder);

    /** A file that is written: mono at `rate`, its serial number; or NULL. */
    void *(*file_open)(int rate, int bitrate, uint32_t serial);
    /** As opus_file_write(). 0 or -1; what sink returned, if it was not 0. */
    int (*file_write)(void *file, const int16_t *pcm, size_t n, int how, opus_sink_fn *sink,
                      void *arg);
    void (*file_close)(void *file);
    /** As opus_file_mend(). 0 or -1. */
    int (*file_mend)(const void *pages, size_t len, opus_sink_fn *sink, void *arg,
                     uint64_t *samples48);
};

/** The module, opened with the first call; NULL with a sentence. */
const struct opus_door *opus_door_open(struct errbuf *why);

/* Of opus_file_module.c. */
void *door_file_open(int rate, int bitrate, uint32_t serial);
int door_file_write(void *file, const int16_t *pcm, size_t n, int how, opus_sink_fn *sink,
                    void *arg);
void door_file_close(void *file);
int door_file_mend(const void *pages, size_t len, opus_sink_fn *sink, void *arg,
                   uint64_t *samples48);

#endif
