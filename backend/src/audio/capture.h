/**
 * @file audio/capture.h  What this machine itself hears: its microphones, and what its programs
 * play
 *
 *     capture_devices(on_device, arg, why);                 // a worker: what there is
 *
 *     struct capture *c;
 *     capture_open(&c, loop);                               // one for the program; nothing happens
 *     capture_begin(c, "alsa_output.pci.monitor", &handlers, arg, why);
 *     capture_end(c, arg);                                  // from now on no handler runs
 *     capture_close(c);
 *
 * A monitor is what a program plays: capturing that of the output which a meeting program uses is
 * hearing the others in the meeting. The sound servers' libraries live in shared modules that are
 * opened when first needed: PulseAudio's (which PipeWire speaks too), else ALSA's. Without both
 * there are no devices, and all else works.
 *
 * One device is captured at a time, on a thread of its own that waits for the device and for nobody
 * else.
 *
 * Threads    capture_devices(): any worker; waits CAPTURE_WAIT_MS at most. The rest: the loop
 * thread; handlers run there, never from inside capture_begin(). Errors     UV_ENOSYS no sound
 * server can be spoken to; UV_ENODEV there is no such device, through on_over; UV_EBUSY another one
 * is captured. Limits     CAPTURE_BACKLOG_MAX blocks wait for the loop; what comes then is dropped.
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
    CAPTURE_RATE = 16000,    /**< Of what handlers get, mono [Hz] */
    CAPTURE_BLOCK_MAX = 640, /**< Samples a block: 40 ms */
    CAPTURE_BACKLOG_MAX = 250,
    CAPTURE_NAME_MAX = 256, /**< Of a device, with its NUL [bytes] */
    CAPTURE_WAIT_MS = 3000, /**< For a sound server to answer */
};

struct capture_device {
    const char *name;  /**< For capture_begin() */
    const char *label; /**< For a person */
    bool monitor;      /**< What is played there, not what a microphone hears */
    bool usual;        /**< The one that programs use unless they are told otherwise */
};

/** fn for each. system (optional) becomes the name of who was asked: "PulseAudio", "ALSA". */
int capture_devices(void (*fn)(const struct capture_device *device, void *arg), void *arg,
                    const char **system, struct errbuf *why);

struct capture_handlers {
    void (*on_sound)(const int16_t *pcm, size_t n, void *arg);
    void (*on_over)(int err, const char *why, void *arg); /**< It ended by itself; once */
};

int capture_open(struct capture **cp, struct loop *loop);
/** name: "": what is played on this machine's usual output. */
int capture_begin(struct capture *c, const char *name, const struct capture_handlers *h, void *arg,
                  struct errbuf *why);
void capture_end(struct capture *c, const void *arg); /**< Only ends arg's own capture */
void capture_close(struct capture *c);                /**< The loop at rest. NULL is allowed */

#endif
