/**
 * @file audio/capture.h  Capturing sound on this machine: its microphones, and what its programs
 * play
 *
 *     capture_devices(on_device, arg, why);                 // on a worker: lists them
 *
 *     struct capture *c;
 *     capture_open(&c, loop);                               // one per program; starts nothing
 *     capture_begin(c, "alsa_output.pci.monitor", &handlers, arg, why);
 *     capture_end(c, arg);                                  // no handler is called any more
 *     capture_close(c);
 *
 * A monitor captures what programs play: the monitor of the output that a meeting program uses
 * carries the voices of the others. The sound servers' libraries are in shared modules that are
 * opened when first needed: PulseAudio's (whose protocol PipeWire speaks too), else ALSA's. Without
 * both there are no devices, and everything else works.
 *
 * One device is captured at a time, on a thread of its own that waits only for the device.
 *
 * Threads    capture_devices(): any worker; waits CAPTURE_WAIT_MS at most. The rest: the loop
 *            thread; handlers are called there, never from inside capture_begin().
 * Errors     UV_ENOSYS: no sound server can be reached; UV_ENODEV: no such device (through
 *            on_over); UV_EBUSY: another device is being captured.
 * Limits     CAPTURE_BACKLOG_MAX blocks wait for the loop; further ones are dropped.
 */
#ifndef AUDIO_CAPTURE_H
#define AUDIO_CAPTURE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture;
struct loop;

enum {
    CAPTURE_RATE = 16000,    /**< Sample rate passed to handlers, mono [Hz] */
    CAPTURE_BLOCK_MAX = 640, /**< Samples in a block: 40 ms */
    CAPTURE_BACKLOG_MAX = 250,
    CAPTURE_NAME_MAX = 256, /**< Longest name of a device, with its NUL [bytes] */
    CAPTURE_WAIT_MS = 3000, /**< Time for a sound server to answer */
};

struct capture_device {
    const char *name;  /**< For capture_begin() */
    const char *label; /**< For a person */
    bool monitor;      /**< Carries what is played, not a microphone's sound */
    bool usual;        /**< The default device of programs */
};

/** Calls fn for each device. system (optional) is set to the name of the sound server:
 *  "PulseAudio", "ALSA". */
int capture_devices(void (*fn)(const struct capture_device *device, void *arg), void *arg,
                    const char **system, struct errbuf *why);

struct capture_handlers {
    void (*on_sound)(const int16_t *pcm, size_t n, void *arg);
    void (*on_over)(int err, const char *why, void *arg); /**< The capture ended by itself; called
                                                               once */
};

int capture_open(struct capture **cp, struct loop *loop);
/** name: "": what this machine's default output plays. */
int capture_begin(struct capture *c, const char *name, const struct capture_handlers *h, void *arg,
                  struct errbuf *why);
void capture_end(struct capture *c, const void *arg); /**< Only ends arg's own capture */
void capture_close(struct capture *c);                /**< Only while the loop is not running. NULL
                                                           is allowed */

#endif
