/**
 * @file api/transcription.c  POST /api/v1/transcribe: a recording to text, and what is heard in the
 * background
 *
 * The recording comes as multipart `file` or as the raw body, is decoded on the decoding lane, and
 * heard by the hub while no worker is held: the answer comes later. Nothing is kept. A client that
 * leaves ends its transcription. Only some run at the same time, because each takes a line of the
 * recogniser and memory for its samples.
 *
 * One that is kept already (`audioId`) is heard in the same way when it is short. A long one waits
 * in the store and is heard in the background (transcriber.h); its client asks how far it is.
 */
#include "api/app.h"
#include "api/reply.h"
#include "api/transcriber.h"
#include "api/validate.h"
#include "asr/transcribe.h"
#include "audio/decode.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "blob/blob.h"
#include "export/record.h"
#include "loop/loop.h"
#include "store/sealed.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    UPLOAD_MAX = 64 << 20,       /* [bytes] */
    LENGTH_MAX_MS = 2 * 3600000, /* as docs/api/openapi.yaml says */
    RUNNING_MAX = 2,             /* recordings that are decoded or heard */
    LANGUAGE_MAX = 16,           /* of the field; a language is shorter */
    SHORT_MS = 600000,           /* longer ones that are kept are heard in the background */
    WAITING_MAX = 20,            /* of those, of a user */
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

/* It was decoded, or err says why not. */
static int decoded(const struct http_request *req, struct http_response *res, int err,
                   const struct errbuf *why, struct hearing_job *job)
{
    if (!err && job->pcm.duration_ms <= LENGTH_MAX_MS)
        return hear(res, job);
    job_free(job);
    if (err)
        return decode_failed(req, res, err, why);
    return http_problem(res, req, 413, "too_large", "The recording is longer than two hours.",
                        NULL);
}

/* NULL: res says why not. */
static struct hearing_job *job_make(const struct http_request *req, struct http_response *res,
                                    const char *language)
{
    const struct app *app = app_of(req);
    struct hearing_job *job;

    if (atomic_fetch_add(&running, 1) >= RUNNING_MAX) {
        atomic_fetch_sub(&running, 1);
        http_set_header(res, "Retry-After", "10");
        http_problem(res, req, 503, "overloaded",
                     "Other recordings are being transcribed; try again in a moment.", NULL);
        return NULL;
    }
    job = calloc(1, sizeof(*job));
    if (!job) {
        atomic_fetch_sub(&running, 1);
        http_problem(res, req, 503, "overloaded", NULL, NULL);
        return NULL;
    }
    job->hub = app->hub;
    job->loop = app->loop;
    job->server = req->server;
    text_copy(job->language, sizeof(job->language), language, strlen(language));
    return job;
}

/* ------------------------------------------------------------------------ one that is kept */

static int64_t read_blob(void *arg, uint64_t offset, void *to, size_t n)
{
    return blob_read(arg, offset, to, n, NULL);
}

static int hear_kept(const struct http_request *req, struct http_response *res, const char *id,
                     const char *language)
{
    struct media_source source = {.read = read_blob};
    struct hearing_job *job = job_make(req, res, language);
    struct blob_reader *r = NULL;
    struct errbuf why = {""};
    int err;

    if (!job)
        return 0;
    err = blob_open(&r, app_of(req)->blobs, id, &why);
    if (err) {
        job_free(job);
        return reply_failed(req, res, err == UV_ENOENT ? UV_EIO : err, &why, "recording");
    }
    source.arg = r;
    source.size = blob_size(r);
    err = audio_decode(&source, &job->pcm, &why);
    blob_close(r);
    return decoded(req, res, err, &why, job);
}

static const char *state_name(enum store_work state, bool at_work)
{
    static const char *const names[] = {"waiting", "done", "failed"};

    return at_work ? "running" : names[state];
}

static int reply_transcription(const struct http_request *req, struct http_response *res,
                               int status, const struct store_transcription *t)
{
    struct buf *out = reply_json(res, status);
    char created[CLOCK_TEXT_MAX], finished[CLOCK_TEXT_MAX];
    double done = t->state == STORE_DONE;
    bool at_work =
        t->state == STORE_WAITING && transcriber_progress(app_of(req)->transcriber, t->id, &done);

    clock_format(t->created_at, created);
    clock_format(t->finished_at, finished);
    buf_puts(out, "{\"id\":");
    record_text(out, t->id);
    buf_puts(out, ",\"audioId\":");
    record_text(out, t->recording_id);
    buf_puts(out, ",\"language\":");
    record_text(out, t->language);
    buf_printf(out, ",\"state\":\"%s\",\"progress\":%.3f", state_name(t->state, at_work), done);
    buf_printf(out, ",\"createdAt\":\"%s\",\"finishedAt\":", created);
    record_text(out, t->finished_at ? finished : NULL);
    buf_puts(out, ",\"error\":");
    record_text(out, t->error);
    buf_printf(out, ",\"result\":%s}", t->result && t->result[0] ? t->result : "null");
    return 0;
}

static int hear_later(const struct http_request *req, struct http_response *res, const char *id,
                      const char *language)
{
    const struct app *app = app_of(req);
    char text[LANGUAGE_MAX];
    struct store_transcription t = {.language = text, .created_at = clock_unix_ms()};
    struct errbuf why = {""};
    int err;

    id_new(t.id);
    text_copy(text, sizeof(text), language, strlen(language));
    text_copy(t.user_id, sizeof(t.user_id), req->user, strlen(req->user));
    text_copy(t.recording_id, sizeof(t.recording_id), id, strlen(id));
    err = store_transcription_add(app->store, &t, WAITING_MAX, &why);
    if (err == UV_ERANGE) {
        http_set_header(res, "Retry-After", "60");
        return http_problem(
            res, req, 503, "overloaded",
            "Twenty recordings of yours wait to be transcribed; try again when some "
            "are done.",
            NULL);
    }
    if (err)
        return reply_failed(req, res, err, &why, "recording");
    transcriber_wake(app->transcriber);
    reply_location(res, "transcriptions", t.id);
    return reply_transcription(req, res, 202, &t);
}

static int transcribe_kept(const struct http_request *req, struct http_response *res)
{
    static const struct field fields[] = {
        {"audioId", FIELD_ID, .max = ID_TEXT_MAX - 1, .flags = FIELD_REQUIRED},
        {"language", FIELD_LANGUAGE, .flags = 0},
        {"background", FIELD_SWITCH, .flags = 0},
        {.name = NULL}};
    const struct app *app = app_of(req);
    struct store_recording r;
    struct errbuf why = {""};
    const char *language;
    json_t *body;
    int err;

    if (!app->transcriber)
        return http_problem(res, req, 503, "unavailable", "No recordings are kept here.", NULL);
    if (validate_body(req, res, fields, 0, &body))
        return 0;
    err = store_recording_get(app->store, req->user, json_str(body, "audioId"), &r, &why);
    if (err) {
        json_decref(body);
        if (err != UV_ENOENT)
            return reply_failed(req, res, err, &why, "recording");
        validate_refuse(req, res, "/audioId", "must be the id of a recording of yours");
        return 0;
    }
    language = json_str(body, "language");
    language = language ? language : "en";
    if (r.duration_ms > LENGTH_MAX_MS)
        err = http_problem(res, req, 413, "too_large", "The recording is longer than two hours.",
                           NULL);
    else if (r.duration_ms > SHORT_MS || json_is_true(json_object_get(body, "background")))
        err = hear_later(req, res, r.id, language);
    else
        err = hear_kept(req, res, r.id, language);
    store_recording_release(&r);
    json_decref(body);
    return err;
}

static int get_transcription(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct store_transcription t;
    struct errbuf why = {""};
    int err = app->transcriber ? sealed_transcription_get(app->store, app->seal, req->user,
                                                          http_param(req, "id"), &t, &why)
                               : UV_ENOENT;

    if (err)
        return reply_failed(req, res, err == UV_EILSEQ ? UV_EIO : err, &why, "transcription");
    reply_transcription(req, res, 200, &t);
    store_transcription_release(&t);
    return 0;
}

static int delete_transcription(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct errbuf why = {""};
    int err = store_transcription_erase(app->store, req->user, http_param(req, "id"), &why);

    if (err)
        return reply_failed(req, res, err, &why, "transcription");
    if (app->transcriber)
        transcriber_forget(app->transcriber, http_param(req, "id"));
    return http_reply_empty(res, 204);
}

/* ------------------------------------------------------------------------ one that is sent */

static bool is_json(const struct http_request *req)
{
    const char *type = http_header(req, "content-type");

    return type && !strncasecmp(type, HTTP_JSON, sizeof(HTTP_JSON) - 1);
}

static int post_transcribe(const struct http_request *req, struct http_response *res)
{
    char language[LANGUAGE_MAX];
    struct hearing_job *job;
    struct http_part file;
    struct errbuf why = {""};
    int err;

    if (!app_of(req)->hub)
        return http_problem(res, req, 503, "unavailable", "No recogniser is set up.", NULL);
    if (is_json(req))
        return transcribe_kept(req, res);
    if (find_recording(req, res, &file, language))
        return 0;
    job = job_make(req, res, language);
    if (!job)
        return 0;
    err = audio_decode_bytes(file.data, file.len, &job->pcm, &why);
    return decoded(req, res, err, &why, job);
}

const struct http_route api_transcription_routes[] = {
    {"POST", "/api/v1/transcribe", post_transcribe, .flags = ROUTE_AUTH | ROUTE_LANE_DECODE,
     .body_max = UPLOAD_MAX},
    {"GET", "/api/v1/transcriptions/{id}", get_transcription, .flags = ROUTE_AUTH},
    {"DELETE", "/api/v1/transcriptions/{id}", delete_transcription,
     .flags = ROUTE_AUTH | ROUTE_LANE_STORE},
    {.method = NULL},
};
