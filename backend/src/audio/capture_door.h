/**
 * @file audio/capture_door.h  The interface of the shared modules for sound servers
 *
 * Private to audio/: capture.c opens a module, capture_pulse.c and capture_alsa.c are modules. They
 * are linked only with their libraries, not with our code.
 */
#ifndef AUDIO_CAPTURE_DOOR_H
#define AUDIO_CAPTURE_DOOR_H

#include "audio/capture.h"

enum {
    CAPTURE_DOOR_ABI = 1,  /**< Increased when this file changes */
    CAPTURE_WHY_MAX = 160, /**< Longest sentence */
    CAPTURE_TICK_MS = 200, /**< read() returns after this time, with or without sound */
};

enum capture_end { CAPTURE_NO_SERVER = -1, CAPTURE_NO_DEVICE = -2, CAPTURE_GONE = -3 };

struct capture_door {
    int abi;
    const char *system; /**< "PulseAudio" */
    /** 0 or an enum capture_end. */
    int (*list)(void (*fn)(const struct capture_device *device, void *arg), void *arg, char *why);
    /** name "": what the default output plays. NULL on failure: *end and why say why. */
    void *(*open)(const char *name, enum capture_end *end, char *why);
    /** Number of samples, 0 if none came within CAPTURE_TICK_MS, or an enum capture_end. */
    int (*read)(void *stream, int16_t pcm[CAPTURE_BLOCK_MAX], char *why);
    void (*close)(void *stream);
};

#endif
