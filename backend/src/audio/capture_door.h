/**
 * @file audio/capture_door.h  The door of the shared modules that know sound servers
 *
 * Private to audio/: capture.c opens a module, capture_pulse.c and capture_alsa.c are modules. They
 * are linked with their libraries and with nothing of ours.
 */
#ifndef AUDIO_CAPTURE_DOOR_H
#define AUDIO_CAPTURE_DOOR_H

#include "audio/capture.h"

enum {
    CAPTURE_DOOR_ABI = 1,  /**< Raised when this file changes */
    CAPTURE_WHY_MAX = 160, /**< Of a sentence */
    CAPTURE_TICK_MS = 200, /**< read() comes back after this, with or without sound */
};

enum capture_end { CAPTURE_NO_SERVER = -1, CAPTURE_NO_DEVICE = -2, CAPTURE_GONE = -3 };

struct capture_door {
    int abi;
    const char *system; /**< "PulseAudio" */
    /** 0 or an enum capture_end. */
    int (*list)(void (*fn)(const struct capture_device *device, void *arg), void *arg, char *why);
    /** name "": what the usual output plays. NULL: *end and why say so. */
    void *(*open)(const char *name, enum capture_end *end, char *why);
    /** Samples, 0 when none came within CAPTURE_TICK_MS, or an enum capture_end. */
    int (*read)(void *stream, int16_t pcm[CAPTURE_BLOCK_MAX], char *why);
    void (*close)(void *stream);
};

#endif
