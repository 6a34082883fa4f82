/**
 * @file api/hear.c  Transcribing a recording while the client waits
 */
#include "api/hear.h"

#include "api/events.h"
#include "api/reply.h"
#include "api/validate.h"
#include "audio/decode.h"
#include "base/text.h"
#include "loop/loop.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_int running;

/* A recording being transcribed: decoded by a worker, then owned by the loop. */
struct hearing_job {
    struct hear_ask ask;
    struct asr_hub *hub;
    struct loop *loop;
    struct http_server *server;
    uint64_t ticket;
    char language[HEAR_LANGUAGE_MAX];
    char *prompt;
    struct pcm pcm;
    struct transcribe *transcribe;
    struct events *events;
    bool gone; /* the client has left */
    int err;
    struct errbuf why;
    struct transcript transcript;
};

static void ask_release(const struct hear_ask *ask)
{
    if (ask->release)
        ask->release(ask->arg);
}

static void job_free(void *arg)
{
    struct hearing_job *job = arg;

    atomic_fetch_sub(&running, 1);
    ask_release(&job->ask);
    pcm_release(&job->pcm);
    transcript_release(&job->transcript);
    text_wipe(job->prompt);
    free(job);
}

static int transcribe_failed(const struct http_request *req, struct http_response *res, int err,
                             const struct errbuf *why)
{
    if (err == UV_ENOTSUP || err == UV_EINVAL) { /* the language: the audio was already decoded */
        validate_refuse(req, res, "/language", why->text);
        return 0;
    }
    http_set_header(res, "Retry-After", "5");
    return http_problem(res, req, 503, err == UV_EAGAIN ? "overloaded" : "unavailable", why->text,
                        NULL);
}

/* ------------------------------------------------------------------ on the loop, answered later */

static int fill(const struct http_request *req, struct http_response *res, void *arg)
{
    struct hearing_job *job = arg;
    int err = job->err ? transcribe_failed(req, res, job->err, &job->why)
                       : job->ask.reply(req, res, &job->transcript, job->ask.arg);

    job_free(job);
    return err;
}

static void answer(struct hearing_job *job)
{
    if (job->gone || http_answer_later(job->server, job->ticket, fill, job))
        job_free(job);
}

/* The client left a stream: not from inside a handler of what this ends. */
static void leave(void *arg)
{
    struct hearing_job *job = arg;

    transcribe_cancel(job->transcribe);
    job_free(job);
}

static void on_stream_gone(void *arg)
{
    struct hearing_job *job = arg;

    job->events = NULL;
    job->gone = true;
    if (loop_post(job->loop, leave, job))
        leave(job);
}

/* A stream starts with its first segment, so that an earlier failure gets its own answer. */
static void open_events(struct hearing_job *job)
{
    if (!job->events && !job->gone &&
        events_open(&job->events, job->server, job->ticket, on_stream_gone, job))
        on_stream_gone(job);
}

static void on_segment(const struct transcript_segment *segment, void *arg)
{
    struct hearing_job *job = arg;

    if (!job->ask.on_segment)
        return;
    open_events(job);
    if (job->events)
        job->ask.on_segment(job->events, segment, job->ask.arg);
}

static void on_done(int err, const char *message, struct transcript *transcript, void *arg)
{
    struct hearing_job *job = arg;

    job->transcribe = NULL;
    job->err = err;
    if (err)
        err_set(&job->why, err, "%s", message);
    else
        job->transcript = *transcript;
    if (!err && job->ask.on_segment)
        open_events(job);
    if (job->gone)
        return; /* leave() frees it */
    if (!job->events) {
        answer(job);
        return;
    }
    job->ask.on_done(job->events, err ? NULL : &job->transcript, job->why.text, job->ask.arg);
    events_end(job->events);
    job_free(job);
}

static void begin(void *arg)
{
    static const struct transcribe_handlers handlers = {.on_segment = on_segment,
                                                        .on_done = on_done};
    struct hearing_job *job = arg;
    struct asr_params params = {.language = job->language,
                                .patient = true,
                                .translate = job->ask.translate,
                                .prompt = job->prompt};

    if (!job->gone)
        job->err = transcribe_start(&job->transcribe, job->hub, &job->pcm, &params, &handlers, job,
                                    &job->why);
    if (job->gone || job->err)
        answer(job);
}

/* Before the start, begin() finds out. */
static void on_gone(void *arg)
{
    struct hearing_job *job = arg;

    job->gone = true;
    if (!job->transcribe)
        return;
    transcribe_cancel(job->transcribe);
    job_free(job);
}

/* -------------------------------------------------------------------------- on the decoding lane
 */

static int hear(struct http_response *res, struct hearing_job *job)
{
    int err;

    http_reply_later(res, &job->ticket);
    http_later_on_gone(res, on_gone, job);
    err = loop_post(job->loop, begin, job);
    if (err)
        job_free(job);
    return err;
}

/* It was decoded, or err says why not. */
static int decoded(const struct http_request *req, struct http_response *res, int err,
                   const struct errbuf *why, struct hearing_job *job)
{
    if (!err && job->pcm.duration_ms <= HEAR_LENGTH_MAX_MS)
        return hear(res, job);
    job_free(job);
    if (err)
        return reply_undecodable(req, res, err, why);
    return http_problem(res, req, 413, "too_large", "The recording is longer than two hours.",
                        NULL);
}

/* NULL: res says why not. */
static struct hearing_job *job_make(const struct http_request *req, struct http_response *res,
                                    const struct hear_ask *ask)
{
    const struct app *app = app_of(req);
    struct hearing_job *job = NULL;
    bool full = atomic_fetch_add(&running, 1) >= HEAR_RUNNING_MAX;

    if (!full)
        job = calloc(1, sizeof(*job));
    if (!job) {
        atomic_fetch_sub(&running, 1);
        ask_release(ask);
        http_set_header(res, "Retry-After", "10");
        http_problem(res, req, 503, "overloaded",
                     full ? "Other recordings are being transcribed; try again in a moment." : NULL,
                     NULL);
        return NULL;
    }
    job->ask = *ask;
    job->hub = app->hub;
    job->loop = app->loop;
    job->server = req->server;
    text_copy(job->language, sizeof(job->language), ask->language, strlen(ask->language));
    job->prompt = ask->prompt ? strdup(ask->prompt) : NULL;
    return job;
}

int hear_bytes(const struct http_request *req, struct http_response *res, const void *data,
               size_t len, const struct hear_ask *ask)
{
    struct hearing_job *job = job_make(req, res, ask);
    struct errbuf why = {""};
    int err;

    if (!job)
        return 0;
    err = audio_decode_bytes(data, len, &job->pcm, &why);
    return decoded(req, res, err, &why, job);
}

int hear_source(const struct http_request *req, struct http_response *res,
                const struct media_source *source, const struct hear_ask *ask)
{
    struct hearing_job *job = job_make(req, res, ask);
    struct errbuf why = {""};
    int err;

    if (!job)
        return 0;
    err = audio_decode(source, &job->pcm, &why);
    return decoded(req, res, err, &why, job);
}
