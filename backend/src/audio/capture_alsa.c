/**
 * @file audio/capture_alsa.c  A shared module: ALSA, used if no sound server runs (libasound)
 *
 * ALSA knows no monitors: what programs play can only be captured through a loopback card
 * (snd-aloop), which it lists like any other.
 */
#include "audio/capture_door.h"

#include <alsa/asoundlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LATENCY_US = 100000 };

static void be_quiet(const char *file, int line, const char *function, int err, const char *format,
                     ...)
{
    (void)file, (void)line, (void)function, (void)err, (void)format;
}

/* Keeps the first line; ALSA writes two. */
static void one_line(char *text)
{
    for (; *text; text++)
        *text = *text == '\n' ? ' ' : *text;
}

static int door_list(void (*fn)(const struct capture_device *device, void *arg), void *arg,
                     char *why)
{
    void **hints = NULL;
    int err;

    snd_lib_error_set_handler(be_quiet); /* otherwise it writes to the terminal */
    err = snd_device_name_hint(-1, "pcm", &hints);
    if (err < 0) {
        snprintf(why, CAPTURE_WHY_MAX, "ALSA: %s", snd_strerror(err));
        return CAPTURE_NO_SERVER;
    }
    for (void **hint = hints; *hint; hint++) {
        char *name = snd_device_name_get_hint(*hint, "NAME");
        char *label = snd_device_name_get_hint(*hint, "DESC");
        char *direction = snd_device_name_get_hint(*hint, "IOID"); /* NULL: input and output */

        if (label)
            one_line(label);
        if (name && strlen(name) < CAPTURE_NAME_MAX && strcmp(name, "null") != 0 &&
            (!direction || !strcmp(direction, "Input")))
            fn(&(struct capture_device){.name = name,
                                        .label = label ? label : name,
                                        .usual = !strcmp(name, "default")},
               arg);
        free(name);
        free(label);
        free(direction);
    }
    snd_device_name_free_hint(hints);
    return 0;
}

static void *door_open(const char *name, enum capture_end *end, char *why)
{
    snd_pcm_t *pcm = NULL;
    int err;

    snd_lib_error_set_handler(be_quiet);
    if (!*name) { /* its default device is a microphone, which was not asked for */
        snprintf(why, CAPTURE_WHY_MAX,
                 "ALSA does not tell what this machine plays: choose a device, or start PulseAudio "
                 "or PipeWire");
        *end = CAPTURE_NO_DEVICE;
        return NULL;
    }
    err = snd_pcm_open(&pcm, name, SND_PCM_STREAM_CAPTURE, SND_PCM_NONBLOCK);
    if (!err)
        err = snd_pcm_set_params(pcm, SND_PCM_FORMAT_S16, SND_PCM_ACCESS_RW_INTERLEAVED, 1,
                                 CAPTURE_RATE, 1, LATENCY_US);
    if (!err)
        err = snd_pcm_start(pcm);
    if (!err)
        return pcm;
    snprintf(why, CAPTURE_WHY_MAX, "the device cannot be opened: %s", snd_strerror(err));
    *end = err == -ENOENT || err == -ENODEV ? CAPTURE_NO_DEVICE : CAPTURE_GONE;
    if (pcm)
        snd_pcm_close(pcm);
    return NULL;
}

static int door_read(void *stream, int16_t pcm[CAPTURE_BLOCK_MAX], char *why)
{
    snd_pcm_sframes_t n = snd_pcm_wait(stream, CAPTURE_TICK_MS);

    if (n > 0)
        n = snd_pcm_readi(stream, pcm, CAPTURE_BLOCK_MAX);
    if (n == -EAGAIN)
        return 0;
    if (n < 0 && snd_pcm_recover(stream, (int)n, 1) == 0) /* some samples were lost because they
                                                             were read too late */
        return snd_pcm_start(stream) < 0 ? CAPTURE_GONE : 0;
    if (n >= 0)
        return (int)n;
    snprintf(why, CAPTURE_WHY_MAX, "the device has gone away: %s", snd_strerror((int)n));
    return CAPTURE_GONE;
}

static void door_close(void *stream)
{
    snd_pcm_close(stream);
}

extern const struct capture_door capture_door;
const struct capture_door capture_door = {
    .abi = CAPTURE_DOOR_ABI,
    .system = "ALSA",
    .list = door_list,
    .open = door_open,
    .read = door_read,
    .close = door_close,
};
