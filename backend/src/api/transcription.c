/**
 * @file api/transcription.c  POST /api/v1/transcribe: a recording to text
 *
 * The recording comes as multipart `file` or as the raw body. Nothing is kept. A transcription
 * holds its request worker until it is done, so only some run at the same time.
 */
#include "api/app.h"
#include "api/reply.h"
#include "api/validate.h"
#include "asr/transcribe.h"
#include "audio/decode.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum {
    UPLOAD_MAX = 64 << 20,       /* [bytes] */
    LENGTH_MAX_MS = 2 * 3600000, /* as docs/api/openapi.yaml says */
    RUNNING_MAX = 2,             /* request workers they may hold */
    LANGUAGE_MAX = 16,           /* of the field; a language is shorter */
};

static atomic_int running;

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
    int rc;

    snprintf(language, LANGUAGE_MAX, "en");
    if (!is_form(req)) {
        *file = (struct http_part){.data = req->body, .len = req->body_len};
        return 0;
    }
    rc = http_multipart(req, "file", file);
    if (rc == UV_ENOENT) {
        json_t *fields = json_pack("[{s:s,s:s}]", "field", "/file", "message", "is missing");

        http_problem(res, req, 422, "invalid_fields", "The form has no file.", fields);
        return 1;
    }
    if (rc) {
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
                         const struct errbuf *err)
{
    if (rc == UV_EINVAL)
        return http_problem(res, req, 415, "unsupported_media", err->text, NULL);
    if (rc == UV_E2BIG)
        return http_problem(res, req, 413, "too_large", err->text, NULL);
    if (rc == UV_ENOSYS)
        return http_problem(res, req, 503, "unavailable", err->text, NULL);
    return rc;
}

static int transcribe_failed(const struct http_request *req, struct http_response *res, int rc,
                             const struct errbuf *err)
{
    if (rc == UV_ENOTSUP || rc == UV_EINVAL) { /* the language: the audio was read before */
        validate_refuse(req, res, "/language", err->text);
        return 0;
    }
    http_set_header(res, "Retry-After", "5");
    return http_problem(res, req, 503, rc == UV_EAGAIN ? "overloaded" : "unavailable", err->text,
                        NULL);
}

static int transcribe(const struct http_request *req, struct http_response *res,
                      const struct http_part *file, const char *language)
{
    struct asr_params params = {.language = language, .patient = true};
    struct transcript transcript;
    struct errbuf err = {{0}};
    struct pcm pcm = {0};
    int rc = audio_decode_bytes(file->data, file->len, &pcm, &err);

    if (rc)
        return decode_failed(req, res, rc, &err);
    if (pcm.duration_ms > LENGTH_MAX_MS) {
        pcm_release(&pcm);
        return http_problem(res, req, 413, "too_large", "The recording is longer than two hours.",
                            NULL);
    }
    rc = transcribe_blocking(app_of(req)->hub, &pcm, &params, &transcript, &err);
    pcm_release(&pcm);
    if (rc)
        return transcribe_failed(req, res, rc, &err);
    rc = http_reply_json(res, 200, transcript_json(&transcript, false));
    transcript_release(&transcript);
    return rc;
}

static int post_transcribe(const struct http_request *req, struct http_response *res)
{
    char language[LANGUAGE_MAX];
    struct http_part file;
    int rc = 0;

    if (!app_of(req)->hub)
        return http_problem(res, req, 503, "unavailable", "No recogniser is set up.", NULL);
    if (find_recording(req, res, &file, language))
        return 0;
    if (atomic_fetch_add(&running, 1) >= RUNNING_MAX) {
        http_set_header(res, "Retry-After", "10");
        http_problem(res, req, 503, "overloaded",
                     "Other recordings are being transcribed; try again in a moment.", NULL);
    } else {
        rc = transcribe(req, res, &file, language);
    }
    atomic_fetch_sub(&running, 1);
    return rc;
}

const struct http_route api_transcription_routes[] = {
    {"POST", "/api/v1/transcribe", post_transcribe, ROUTE_AUTH, UPLOAD_MAX},
    {NULL, NULL, NULL, 0, 0},
};
