/**
 * @file audio/capture_pulse.c  A shared module: PulseAudio, and PipeWire through the same protocol
 * (libpulse)
 *
 * Every request is made and awaited on the calling thread: libpulse's main loop is run by hand,
 * with a deadline. If no sound server runs, none is started.
 */
#include "audio/capture_door.h"

#include <pulse/pulseaudio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FRAGMENT_MS = 20, BUFFER_MS = 2000 };

struct server {
    pa_mainloop *loop;
    pa_context *context;
};

struct stream {
    struct server server;
    pa_stream *stream;
    const char *held; /* the unread part of libpulse's current fragment, */
    size_t left;      /* and its length [bytes] */
};

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Runs the main loop once, at most until that time. */
static void turn(struct server *s, int64_t until_ms)
{
    int64_t left = until_ms - now_ms();

    if (pa_mainloop_prepare(s->loop, left > 0 ? (int)left * 1000 : 0) >= 0 &&
        pa_mainloop_poll(s->loop) >= 0)
        pa_mainloop_dispatch(s->loop);
}

static void leave(struct server *s)
{
    if (s->context) {
        pa_context_disconnect(s->context);
        pa_context_unref(s->context);
    }
    if (s->loop)
        pa_mainloop_free(s->loop);
}

static int say(char *why, enum capture_end end, const char *what, const struct server *s)
{
    int code = s->context ? pa_context_errno(s->context) : 0;

    if (code)
        snprintf(why, CAPTURE_WHY_MAX, "%s: %s", what, pa_strerror(code));
    else
        snprintf(why, CAPTURE_WHY_MAX, "%s", what);
    return (int)end;
}

static int join(struct server *s, char *why)
{
    int64_t until = now_ms() + CAPTURE_WAIT_MS;
    pa_context_state_t state = PA_CONTEXT_UNCONNECTED;

    s->loop = pa_mainloop_new();
    if (s->loop)
        s->context = pa_context_new(pa_mainloop_get_api(s->loop), "Interview Assistant");
    if (!s->context || pa_context_connect(s->context, NULL, PA_CONTEXT_NOAUTOSPAWN, NULL) < 0)
        return say(why, CAPTURE_NO_SERVER, "no PulseAudio or PipeWire can be reached", s);
    while (state != PA_CONTEXT_READY) {
        turn(s, until);
        state = pa_context_get_state(s->context);
        if (!PA_CONTEXT_IS_GOOD(state) || now_ms() >= until)
            return say(why, CAPTURE_NO_SERVER, "no PulseAudio or PipeWire can be reached", s);
    }
    return 0;
}

/* Waits for the answer. */
static int await(struct server *s, pa_operation *op, char *why)
{
    int64_t until = now_ms() + CAPTURE_WAIT_MS;
    int err = op ? 0 : CAPTURE_GONE;

    while (!err && pa_operation_get_state(op) == PA_OPERATION_RUNNING) {
        turn(s, until);
        if (now_ms() >= until || !PA_CONTEXT_IS_GOOD(pa_context_get_state(s->context)))
            err = CAPTURE_GONE;
    }
    if (op)
        pa_operation_unref(op);
    return err ? say(why, CAPTURE_GONE, "the sound server does not answer", s) : 0;
}

/* ---- devices -------------------------------------------------------------------------- */

struct listing {
    char source[CAPTURE_NAME_MAX]; /* the default source, and */
    char sink[CAPTURE_NAME_MAX];   /* the default output */
    void (*fn)(const struct capture_device *device, void *arg);
    void *arg;
};

static void on_server(pa_context *context, const pa_server_info *info, void *arg)
{
    struct listing *l = arg;

    (void)context;
    snprintf(l->source, sizeof(l->source), "%s",
             info->default_source_name ? info->default_source_name : "");
    snprintf(l->sink, sizeof(l->sink), "%s",
             info->default_sink_name ? info->default_sink_name : "");
}

static void on_source(pa_context *context, const pa_source_info *info, int end, void *arg)
{
    const struct listing *l = arg;
    struct capture_device device;

    (void)context;
    if (end || strlen(info->name) >= CAPTURE_NAME_MAX)
        return;
    device.name = info->name;
    device.label = info->description ? info->description : info->name;
    device.monitor = info->monitor_of_sink != PA_INVALID_INDEX;
    device.usual = device.monitor
                       ? info->monitor_of_sink_name && !strcmp(info->monitor_of_sink_name, l->sink)
                       : !strcmp(info->name, l->source);
    l->fn(&device, l->arg);
}

static int door_list(void (*fn)(const struct capture_device *device, void *arg), void *arg,
                     char *why)
{
    struct listing l = {.fn = fn, .arg = arg};
    struct server s = {0};
    int err = join(&s, why);

    if (!err)
        err = await(&s, pa_context_get_server_info(s.context, on_server, &l), why);
    if (!err)
        err = await(&s, pa_context_get_source_info_list(s.context, on_source, &l), why);
    leave(&s);
    return err;
}

/* ---- sound ---------------------------------------------------------------------------- */

static void door_close(void *stream)
{
    struct stream *s = stream;

    if (s->stream) {
        pa_stream_disconnect(s->stream);
        pa_stream_unref(s->stream);
    }
    leave(&s->server);
    free(s);
}

static int connect_stream(struct stream *s, const char *name, char *why)
{
    static const pa_sample_spec spec = {
        .format = PA_SAMPLE_S16NE, .rate = CAPTURE_RATE, .channels = 1};
    const uint32_t a_ms = CAPTURE_RATE / 1000 * sizeof(int16_t);
    const pa_buffer_attr attr = {.maxlength = BUFFER_MS * a_ms,
                                 .fragsize = FRAGMENT_MS * a_ms,
                                 .tlength = UINT32_MAX,
                                 .prebuf = UINT32_MAX,
                                 .minreq = UINT32_MAX};
    int64_t until = now_ms() + CAPTURE_WAIT_MS;
    pa_stream_state_t state = PA_STREAM_UNCONNECTED;

    s->stream = pa_stream_new(s->server.context, "Hearing an interview", &spec, NULL);
    if (!s->stream || pa_stream_connect_record(s->stream, *name ? name : "@DEFAULT_MONITOR@", &attr,
                                               PA_STREAM_ADJUST_LATENCY | PA_STREAM_DONT_MOVE) < 0)
        return say(why, CAPTURE_GONE, "the device cannot be opened", &s->server);
    while (state != PA_STREAM_READY) {
        turn(&s->server, until);
        state = pa_stream_get_state(s->stream);
        if (!PA_STREAM_IS_GOOD(state))
            return say(why, CAPTURE_NO_DEVICE, "there is no such device", &s->server);
        if (now_ms() >= until)
            return say(why, CAPTURE_GONE, "the sound server does not answer", &s->server);
    }
    return 0;
}

static void *door_open(const char *name, enum capture_end *end, char *why)
{
    struct stream *s = calloc(1, sizeof(*s));
    int err = s ? join(&s->server, why) : CAPTURE_GONE;

    if (!err)
        err = connect_stream(s, name, why);
    if (!err)
        return s;
    *end = (enum capture_end)err;
    if (s)
        door_close(s);
    else
        snprintf(why, CAPTURE_WHY_MAX, "out of memory");
    return NULL;
}

/* The next fragment; a hole in the stream, which stands for silence, is skipped. */
static int next_fragment(struct stream *s, char *why)
{
    const void *data = NULL;
    size_t len = 0;

    if (!PA_STREAM_IS_GOOD(pa_stream_get_state(s->stream)))
        return say(why, CAPTURE_GONE, "the device has gone away", &s->server);
    if (pa_stream_peek(s->stream, &data, &len) < 0)
        return say(why, CAPTURE_GONE, "the device cannot be read", &s->server);
    if (len && !data)
        pa_stream_drop(s->stream);
    s->held = data;
    s->left = data ? len : 0;
    return 0;
}

static int door_read(void *stream, int16_t pcm[CAPTURE_BLOCK_MAX], char *why)
{
    struct stream *s = stream;
    int64_t until = now_ms() + CAPTURE_TICK_MS;
    size_t n;
    int err = 0;

    while (!err && !s->left) {
        err = next_fragment(s, why);
        if (err || s->left)
            break;
        if (now_ms() >= until)
            return 0;
        turn(&s->server, until);
    }
    if (err)
        return err;
    n = s->left / sizeof(*pcm) < CAPTURE_BLOCK_MAX ? s->left / sizeof(*pcm) : CAPTURE_BLOCK_MAX;
    memcpy(pcm, s->held, n * sizeof(*pcm));
    s->held += n * sizeof(*pcm);
    s->left -= n * sizeof(*pcm);
    if (s->left < sizeof(*pcm)) {
        s->left = 0;
        pa_stream_drop(s->stream);
    }
    return (int)n;
}

extern const struct capture_door capture_door;
const struct capture_door capture_door = {
    .abi = CAPTURE_DOOR_ABI,
    .system = "PulseAudio",
    .list = door_list,
    .open = door_open,
    .read = door_read,
    .close = door_close,
};
