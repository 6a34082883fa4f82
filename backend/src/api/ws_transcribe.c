/**
 * @file api/ws_transcribe.c  WS /ws/transcribe: audio in, words out
 *
 * Messages as in docs/api/openapi.yaml (WsTranscribe…). A frame may end in the middle of a sample:
 * the odd byte waits for the next one. With `encoding` `opus` each binary message is one packet.
 * With `source` `host` the client sends no audio: this machine captures it as long as the socket is
 * open (audio/capture.h).
 */
#include "api/sockets.h"

#include "api/socket.h"
#include "api/ws_messages.h"
#include "audio/capture.h"
#include "audio/opus.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "loop/loop.h"

#include <stdlib.h>
#include <string.h>

enum {
    START_WAIT_MS = 250,   /* wait for `start` after joining; then the defaults apply */
    CLOSE_ABNORMAL = 1006, /* no close frame: the connection broke (RFC 6455 section 7.4.1) */
};

struct transcribe {
    struct socket *socket;
    struct loop_timer *start_timer;
    struct speaker_params params;
    char language[16];
    uint64_t speaker; /* 0 until the first audio, or after stop has finished */
    bool started;     /* `start` was received */
    bool heard;       /* audio was received */
    bool ready;       /* `ready` was sent: not again after a late start */
    bool stopping;
    bool over; /* the server ended it: the client did not vanish */
    bool vanished;
    char key[LIVE_KEY_MAX];
    char listener[LIVE_KEY_MAX];
    struct opus_stream *opus; /* NULL: raw samples */
    bool host;                /* it captures on this machine, not from the client */
    char device[CAPTURE_NAME_MAX];
    size_t skew; /* bytes of an incomplete sample group in carry */
    unsigned char carry[4];
};

static void end_with(struct transcribe *t, const char *code, const char *message)
{
    t->over = true;
    socket_error(t->socket, code, message, SOCKET_CLOSE_RULES);
}

/* ------------------------------------------------------------------------ the speaker */

static void on_event(const struct live_event *event, void *arg)
{
    struct transcribe *t = arg;

    t->ready = true; /* it is the first event of all */
    socket_event(event, t->socket);
}

static void speaker_done(void *arg)
{
    struct transcribe *t = arg;

    t->over = true;
    if (t->socket->ws)
        ws_close(t->socket->ws, 1000, "");
}

static void speaker_fatal(int err, const char *why, void *arg)
{
    struct transcribe *t = arg;

    (void)why; /* an event reported it */
    t->over = true;
    if (t->socket->ws)
        ws_close(t->socket->ws, err == UV_EAGAIN ? SOCKET_CLOSE_FULL : SOCKET_CLOSE_FAILED, "");
}

/* The client is back on another socket, and this one does not know yet that it is dead; or another
 * page listens now. */
static void speaker_taken(void *arg)
{
    struct transcribe *t = arg;

    t->speaker = 0;
    t->stopping = true;
    capture_end(t->socket->app->capture, t);
    if (t->socket->ws)
        ws_close(t->socket->ws, SOCKET_CLOSE_TAKEN, "taken over by another socket");
}

static const struct speaker_handlers speaker_events = {
    .on_event = on_event,
    .on_done = speaker_done,
    .on_fatal = speaker_fatal,
    .on_taken = speaker_taken,
};

static void feed(struct transcribe *t, const int16_t *pcm, size_t n)
{
    int err = n ? speaker_feed(t->socket->live, t->speaker, pcm, n) : 0;

    if (err == UV_ENOBUFS)
        socket_error(t->socket, "overloaded",
                     "the recogniser is more than a minute behind; the audio was not taken",
                     SOCKET_CLOSE_FULL);
    else if (err)
        end_with(t, "bad_audio", "this audio cannot be heard");
}

static void on_captured(const int16_t *pcm, size_t n, void *arg)
{
    struct transcribe *t = arg;

    if (!t->stopping && t->socket->ws)
        feed(t, pcm, n);
}

static void on_capture_over(int err, const char *why, void *arg)
{
    struct transcribe *t = arg;

    (void)err;
    t->over = true;
    socket_error(t->socket, "unavailable", why, SOCKET_CLOSE_FAILED);
}

/* Only the owner of this machine may start capturing on it, unless its operator allows others. */
static bool may_capture(const struct transcribe *t)
{
    const struct config *c = t->socket->app->config;

    return !c->accounts || c->capture_accounts;
}

/* Needs a speaker first. */
static bool begin_capture(struct transcribe *t)
{
    static const struct capture_handlers handlers = {on_captured, on_capture_over};
    struct errbuf why = {""};

    if (!t->host || t->stopping || !t->speaker)
        return true;
    if (!socket_listen(t->socket))
        return false;
    capture_end(t->socket->app->capture, t);
    if (!capture_begin(t->socket->app->capture, t->device, &handlers, t, &why))
        return true;
    t->over = true;
    socket_error(t->socket, "unavailable", why.text, SOCKET_CLOSE_FAILED);
    return false;
}

static bool open_speaker(struct transcribe *t)
{
    struct errbuf why = {""};
    int err;

    if (t->speaker)
        return true;
    timer_stop(t->start_timer);
    t->params.quiet_ready = t->ready && !t->params.key;
    err = speaker_open(&t->speaker, t->socket->live, &t->params, &speaker_events, t, &why);
    if (err == UV_EAGAIN)
        socket_error(t->socket, "overloaded", why.text, SOCKET_CLOSE_FULL);
    else if (err == UV_EBUSY)
        socket_error(t->socket, "taken", why.text, SOCKET_CLOSE_TAKEN);
    else if (err)
        socket_error(t->socket, "unavailable", why.text[0] ? why.text : uv_strerror(err),
                     SOCKET_CLOSE_FAILED);
    return !err;
}

/* ----------------------------------------------------------------------------- start */

static bool take_start(struct transcribe *t, const struct ws_start *start)
{
    struct errbuf why = {""};

    t->params.candidate = start->candidate;
    t->params.push_to_talk = start->push_to_talk;
    if (start->pace >= 0)
        t->params.pace = (enum turn_pace)start->pace;
    if (start->language) {
        text_copy(t->language, sizeof(t->language), start->language, strlen(start->language));
        t->params.language = t->language;
    }
    if (start->resume) {
        text_copy(t->key, sizeof(t->key), start->resume, strlen(start->resume));
        t->params.key = t->key;
    }
    if (start->listener) {
        text_copy(t->listener, sizeof(t->listener), start->listener, strlen(start->listener));
        t->params.listener = t->listener;
        t->params.take_over = start->take_over;
    }
    if (start->host && !may_capture(t)) {
        end_with(t, "unsupported", "this server captures no sound of its machine for accounts");
        return false;
    }
    t->host = start->host;
    if (start->host) {
        const char *device = start->device                     ? start->device
                             : t->socket->app->config->capture ? t->socket->app->config->capture
                                                               : "";

        text_copy(t->device, sizeof(t->device), device, strlen(device));
        t->params.sample_rate = CAPTURE_RATE;
        t->params.channels = 1;
        return true;
    }
    if (!start->opus) {
        t->params.sample_rate = start->sample_rate;
        t->params.channels = start->channels;
        return true;
    }
    if (opus_stream_open(&t->opus, &why)) {
        end_with(t, "unsupported", why.text);
        return false;
    }
    return true;
}

/* Continues where the previous socket was lost. False: there is nothing to continue. */
static bool resume_speaker(struct transcribe *t, const struct ws_start *start)
{
    if (!t->params.key)
        return false;
    speaker_close(t->socket->live,
                  t->speaker); /* opened with the defaults: it has received no audio yet */
    t->speaker = speaker_resume(t->socket->live, t->key, start->last_final, &speaker_events, t);
    if (!t->speaker)
        return false;
    timer_stop(t->start_timer);
    if (speaker_finished(t->socket->live, t->speaker))
        speaker_done(t);
    else
        begin_capture(t);
    return true;
}

static void on_start(struct transcribe *t, const json_t *msg)
{
    struct ws_start start = ws_start_defaults();
    struct ws_complaint why;

    if (t->started || t->heard) {
        end_with(t, "bad_state", "start must come once, before the first audio");
        return;
    }
    t->started = true;
    if (!ws_read_start(msg, &start, &why)) {
        end_with(t, why.code, why.text);
        return;
    }
    if (!take_start(t, &start) || resume_speaker(t, &start))
        return;
    speaker_close(t->socket->live,
                  t->speaker); /* opened with the defaults: it has received no audio yet */
    t->speaker = 0;
    if (open_speaker(t))
        begin_capture(t);
}

/* -------------------------------------------------------------------------- audio */

/* Completes the sample (of all channels) that the last frame cut. */
static size_t complete_carry(struct transcribe *t, const unsigned char *data, size_t len)
{
    size_t group = 2 * (size_t)t->params.channels;
    size_t used = 0;
    int16_t whole[2];

    if (!t->skew)
        return 0;
    while (t->skew < group && used < len)
        t->carry[t->skew++] = data[used++];
    if (t->skew == group) {
        memcpy(whole, t->carry, group);
        t->skew = 0;
        feed(t, whole, 1);
    }
    return used;
}

static void feed_samples(struct transcribe *t, const unsigned char *bytes, size_t len)
{
    size_t group = 2 * (size_t)t->params.channels;
    size_t used = complete_carry(t, bytes, len);
    int16_t *pcm;

    bytes += used;
    len -= used;
    t->skew += len % group; /* carry is empty here unless len is 0 */
    if (len % group)
        memcpy(t->carry, bytes + len - len % group, len % group);

    pcm = malloc(len ? len : 1); /* a frame's payload need not be aligned */
    if (!pcm)
        return;
    memcpy(pcm, bytes, len);
    feed(t, pcm, len / group);
    free(pcm);
}

static void feed_packet(struct transcribe *t, const void *data, size_t len)
{
    int16_t pcm[OPUS_SAMPLES_MAX];
    int n = opus_stream_decode(t->opus, data, len, pcm);

    if (n < 0)
        end_with(t, "bad_audio", "this is no Opus packet");
    else
        feed(t, pcm, (size_t)n);
}

static void on_audio(struct socket *s, const void *data, size_t len, void *owner)
{
    struct transcribe *t = owner;

    if (t->stopping || !s->ws)
        return;
    if (t->host) {
        end_with(t, "bad_state",
                 "with source host the server hears its machine, and takes no audio");
        return;
    }
    if (len > SOCKET_FRAME_MAX) {
        socket_error(s, "bad_audio", "an audio frame holds at most 256 KiB", SOCKET_CLOSE_TOO_BIG);
        return;
    }
    t->heard = true;
    if (!socket_listen(s) || !open_speaker(t))
        return;
    if (t->opus)
        feed_packet(t, data, len);
    else
        feed_samples(t, data, len);
}

/* The original form: {"audioData": "<base64>"}. */
static void on_base64(struct transcribe *t, const char *text)
{
    size_t len = strlen(text);
    unsigned char *data = malloc(ws_base64_room(len));
    int n = data ? ws_base64_decode(text, len, data) : -1;

    if (n < 0)
        end_with(t, "bad_audio", "audioData is not base64");
    else
        on_audio(t->socket, data, (size_t)n, t);
    free(data);
}

/* ------------------------------------------------------------------------ messages */

static void on_stop(struct transcribe *t)
{
    if (t->stopping)
        return;
    t->stopping = true;
    capture_end(t->socket->app->capture, t);
    timer_stop(t->start_timer);
    if (t->speaker)
        speaker_stop(t->socket->live, t->speaker);
    else
        speaker_done(t);
}

static void on_message(struct socket *s, json_t *msg, void *owner)
{
    struct transcribe *t = owner;
    const char *type = json_str(msg, "type");
    const char *audio = json_str(msg, "audioData");

    (void)s;
    if (audio)
        on_base64(t, audio);
    else if (!type)
        end_with(t, "bad_message", "a message needs a type: start, stop, or audioData");
    else if (!strcmp(type, "start"))
        on_start(t, msg);
    else if (!strcmp(type, "stop"))
        on_stop(t);
    else
        end_with(t, "bad_message",
                 "this type of message is not known here: start, stop, audioData");
}

static void no_start_came(void *arg)
{
    open_speaker(arg);
}

/* A client may wait for `ready` before it sends anything, or begin with `start`. */
static int on_joined(struct socket *s, void *owner)
{
    struct transcribe *t = owner;

    if (timer_open(&t->start_timer, s->app->loop, no_start_came, t))
        return UV_ENOMEM;
    return timer_start(t->start_timer, START_WAIT_MS, 0);
}

static void on_gone(void *owner)
{
    struct transcribe *t = owner;

    timer_close(t->start_timer);
    capture_end(t->socket->app->capture, t);
    if (t->vanished && !t->over)
        speaker_vanish(t->socket->live, t->speaker);
    else
        speaker_close(t->socket->live, t->speaker);
    opus_stream_close(t->opus);
    loop_free_later(t->socket->app->loop, t, free);
}

static const struct socket_kind transcribe_kind = {
    .path = "/ws/transcribe",
    .on_joined = on_joined,
    .on_message = on_message,
    .on_audio = on_audio,
    .on_gone = on_gone,
};

/* -------------------------------------------------------------------------- the route */

static int on_open(struct ws *ws, const struct http_request *req, void *arg, void **ctx)
{
    struct app *app = arg;
    struct transcribe *t = calloc(1, sizeof(*t));
    int refused;

    if (!t)
        return SOCKET_CLOSE_FAILED;
    t->params = (struct speaker_params){.sample_rate = ASR_SAMPLE_RATE, .channels = 1};
    t->params.vad = vad_params_defaults();
    turn_pace_read(app->config->turn, &t->params.pace);
    t->params.vad.pre_roll_ms = (uint32_t)app->config->vad_pre_roll_ms;
    t->params.vad.eager_ms = (uint32_t)app->config->vad_eager_ms;
    t->params.vad.hangover_ms = (uint32_t)app->config->vad_hangover_ms;
    refused = socket_open(&t->socket, ws, req, app, &transcribe_kind, t);
    if (refused) {
        free(t);
        return refused;
    }
    *ctx = t;
    return 0;
}

static void on_text(struct ws *ws, const char *text, size_t len, void *ctx)
{
    struct transcribe *t = ctx;

    (void)ws;
    socket_text(t->socket, text, len);
}

static void on_binary(struct ws *ws, const void *data, size_t len, void *ctx)
{
    struct transcribe *t = ctx;

    (void)ws;
    socket_binary(t->socket, data, len);
}

static void on_close(struct ws *ws, int code, void *ctx)
{
    struct transcribe *t = ctx;

    (void)ws;
    t->vanished = code == CLOSE_ABNORMAL || t->socket->lapsed;
    socket_closed(t->socket, code);
}

const struct ws_handlers ws_transcribe_handlers = {
    .on_open = on_open,
    .on_text = on_text,
    .on_binary = on_binary,
    .on_close = on_close,
};
