/**
 * @file api/transcription.c  POST /api/v1/transcribe: a recording to text
 *
 * The recording comes as multipart `file` or as the raw body, is decoded on the decoding lane, and
 * heard by the hub while no worker is held: the answer comes later. Nothing is kept. A client that
 * leaves ends its transcription. Only some run at the same time, because each takes a line of the
 * recogniser and memory for its samples.
 */
#include "api/app.h"
#include "api/reply.h"
#include "api/validate.h"
#include "asr/transcribe.h"
#include "audio/decode.h"
#include "loop/loop.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    UPLOAD_MAX = 64 << 20,       /* [bytes] */
    LENGTH_MAX_MS = 2 * 3600000, /* as docs/api/openapi.yaml says */
    RUNNING_MAX = 2,             /* recordings that are decoded or heard */
    LANGUAGE_MAX = 16,           /* of the field; a language is shorter */
};

static atomic_int running;

/* A recording that is heard: decoded by a worker, then the loop's. */
struct hearing_job {
    struct asr_hub *hub;
    struct loop *loop;
    struct http_server *server;
    uint64_t ticket;
    char language[LANGUAGE_MAX];
    struct pcm pcm;
    struct transcribe *transcribe;
    bool gone; /* the client has left */
    int err;
    struct errbuf why;
    struct transcript transcript;
};

static void job_free(struct hearing_job *job)
{
    atomic_fetch_sub(&running, 1);
    pcm_release(&job->pcm);
    transcript_release(&job->transcript);
    free(job);
}

static bool is_form(const struct http_request *req)
{
    const char *type = http_header(req, "content-type");

    return type && strncmp(type, "multipart/", 10) == 0;
}

/** The bytes of the recording, and the language if one was said. 0, or 1 when res is filled. */
static int find_recording(const struct http_request *req, struct http_response *res,
                          struct http_part *file, char language[static LANGUAGE_MAX])
{
    struct http_part part;
    int err;

    snprintf(language, LANGUAGE_MAX, "en");
    if (!is_form(req)) {
        *file = (struct http_part){.data = req->body, .len = req->body_len};
        return 0;
    }
    err = http_multipart(req, "file", file);
    if (err == UV_ENOENT) {
        json_t *fields = json_pack("[{s:s,s:s}]", "field", "/file", "message", "is missing");

        http_problem(res, req, 422, "invalid_fields", "The form has no file.", fields);
        return 1;
    }
    if (err) {
        http_problem(res, req, 400, "bad_request", "The form cannot be read.", NULL);
        return 1;
    }
    if (http_multipart(req, "language", &part) == 0 && part.len) {
        snprintf(language, LANGUAGE_MAX, "%.*s", (int)part.len, part.data);
        if (part.len >= LANGUAGE_MAX || !validate_is_language(language))
            return validate_refuse(req, res, "/language",
                                   "must be a language such as en or en-GB, or auto");
    }
    return 0;
}

static int decode_failed(const struct http_request *req, struct http_response *res, int rc,
                         const struct errbuf *why)
{
    if (rc == UV_EINVAL)
        return http_problem(res, req, 415, "unsupported_media", why->text, NULL);
    if (rc == UV_E2BIG)
        return http_problem(res, req, 413, "too_large", why->text, NULL);
    if (rc == UV_ENOSYS)
        return http_problem(res, req, 503, "unavailable", why->text, NULL);
    return rc;
}

static int transcribe_failed(const struct http_request *req, struct http_response *res, int rc,
                             const struct errbuf *why)
{
    if (rc == UV_ENOTSUP || rc == UV_EINVAL) { /* the language: the audio was read before */
        validate_refuse(req, res, "/language", why->text);
        return 0;
    }
    http_set_header(res, "Retry-After", "5");
    return http_problem(res, req, 503, rc == UV_EAGAIN ? "overloaded" : "unavailable", why->text,
                        NULL);
}

/* ------------------------------------------------------------------ on the loop, answered later */

static int fill(const struct http_request *req, struct http_response *res, void *arg)
{
    struct hearing_job *job = arg;
    int err = job->err ? transcribe_failed(req, res, job->err, &job->why)
                       : http_reply_json(res, 200, transcript_json(&job->transcript, false));

    job_free(job);
    return err;
}

static void answer(struct hearing_job *job)
{
    if (job->gone || http_answer_later(job->server, job->ticket, fill, job))
        job_free(job);
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
    answer(job);
}

static void begin(void *arg)
{
    static const struct transcribe_handlers handlers = {.on_done = on_done};
    struct hearing_job *job = arg;
    struct asr_params params = {.language = job->language, .patient = true};

    if (!job->gone)
        job->err = transcribe_start(&job->transcribe, job->hub, &job->pcm, &params, &handlers, job,
                                    &job->why);
    if (job->gone || job->err)
        answer(job);
}

/* Before it has begun, begin() finds out. */
static void on_gone(void *arg)
{
    struct hearing_job *job = arg;

    job->gone = true;
    if (!job->transcribe)
        return;
    transcribe_cancel(job->transcribe);
    job_free(job);
}

/* --------------------------------------------------------------------------- on the decoding lane
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

static int decode(const struct http_request *req, struct http_response *res,
                  const struct http_part *file, struct hearing_job *job)
{
    struct errbuf why = {""};
    int err = audio_decode_bytes(file->data, file->len, &job->pcm, &why);

    if (!err && job->pcm.duration_ms <= LENGTH_MAX_MS)
        return hear(res, job);
    job_free(job);
    if (err)
        return decode_failed(req, res, err, &why);
    return http_problem(res, req, 413, "too_large", "The recording is longer than two hours.",
                        NULL);
}

static int post_transcribe(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    char language[LANGUAGE_MAX];
    struct hearing_job *job;
    struct http_part file;

    if (!app->hub)
        return http_problem(res, req, 503, "unavailable", "No recogniser is set up.", NULL);
    if (find_recording(req, res, &file, language))
        return 0;
    if (atomic_fetch_add(&running, 1) >= RUNNING_MAX) {
        atomic_fetch_sub(&running, 1);
        http_set_header(res, "Retry-After", "10");
        return http_problem(res, req, 503, "overloaded",
                            "Other recordings are being transcribed; try again in a moment.", NULL);
    }
    job = calloc(1, sizeof(*job));
    if (!job) {
        atomic_fetch_sub(&running, 1);
        return UV_ENOMEM;
    }
    job->hub = app->hub;
    job->loop = app->loop;
    job->server = req->server;
    memcpy(job->language, language, sizeof(job->language));
    return decode(req, res, &file, job);
}

const struct http_route api_transcription_routes[] = {
    {"POST", "/api/v1/transcribe", post_transcribe, .flags = ROUTE_AUTH | ROUTE_LANE_DECODE,
     .body_max = UPLOAD_MAX},
    {.method = NULL},
};
