/**
 * @file audio/opus_door.h  The door of the shared module that knows Opus
 *
 * Private to audio/: opus.c opens the module, opus_module.c is the module. It is linked with
 * libopus and with nothing of ours.
 */
#ifndef AUDIO_OPUS_DOOR_H
#define AUDIO_OPUS_DOOR_H

#include <stddef.h>
#include <stdint.h>

enum { OPUS_DOOR_ABI = 1 /**< Raised when this file changes */ };

struct opus_door {
    int abi;
    void *(*open)(int rate); /**< A decoder to `rate` mono, or NULL */
    /** Samples written, at most room; negative when it is no packet. */
    int (*decode)(void *decoder, const uint8_t *packet, size_t len, int16_t *pcm, size_t room);
    void (*close)(void *decoder);
};

#endif
