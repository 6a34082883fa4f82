/**
 * @file api/transcription.c  POST /api/v1/transcribe: transcribing a recording, now or in the
 * background
 *
 * The recording is sent as multipart `file` or as the raw body and transcribed while the client
 * waits (hear.h). Nothing is stored.
 *
 * A stored recording (`audioId`) is handled in the same way if it is short. A long one waits in the
 * store and is transcribed in the background (transcriber.h); the client polls its progress.
 */
#include "api/app.h"
#include "api/forms.h"
#include "api/hear.h"
#include "api/reply.h"
#include "api/transcriber.h"
#include "api/validate.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "blob/blob.h"
#include "export/record.h"
#include "store/sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHORT_MS = 600000, /* longer stored ones are transcribed in the background */
    WAITING_MAX = 20,  /* of those, per user */
};

static bool is_form(const struct http_request *req)
{
    const char *type = http_header(req, "content-type");

    return type && strncmp(type, "multipart/", 10) == 0;
}

/** The bytes of the recording, and the language if given. 0, or 1 if res is filled. */
static int find_recording(const struct http_request *req, struct http_response *res,
                          struct http_part *file, char language[static HEAR_LANGUAGE_MAX])
{
    struct http_part part;
    int err;

    snprintf(language, HEAR_LANGUAGE_MAX, "en");
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
        snprintf(language, HEAR_LANGUAGE_MAX, "%.*s", (int)part.len, part.data);
        if (part.len >= HEAR_LANGUAGE_MAX || !validate_is_language(language))
            return validate_refuse(req, res, "/language",
                                   "must be a language such as en or en-GB, or auto");
    }
    return 0;
}

static int reply_transcript(const struct http_request *req, struct http_response *res,
                            const struct transcript *t, void *arg)
{
    enum transcript_form form = (enum transcript_form)(uintptr_t)arg;

    (void)req;
    return form == FORM_JSON ? http_reply_json(res, 200, transcript_json(t, false))
                             : reply_form(res, t, form);
}

/* ---- stored recordings -------------------------------------------------------------------- */

static int64_t read_blob(void *arg, uint64_t offset, void *to, size_t n)
{
    return blob_read(arg, offset, to, n, NULL);
}

static int hear_kept(const struct http_request *req, struct http_response *res, const char *id,
                     const char *language, enum transcript_form form)
{
    const struct hear_ask ask = {
        .language = language, .reply = reply_transcript, .arg = (void *)(uintptr_t)form};
    struct media_source source = {.read = read_blob};
    struct blob_reader *r = NULL;
    struct errbuf why = {""};
    int err = blob_open(&r, app_of(req)->blobs, id, &why);

    if (err)
        return reply_failed(req, res, err == UV_ENOENT ? UV_EIO : err, &why, "recording");
    source.arg = r;
    source.size = blob_size(r);
    err = hear_source(req, res, &source, &ask);
    blob_close(r);
    return err;
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
    char text[HEAR_LANGUAGE_MAX];
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

static int transcribe_kept(const struct http_request *req, struct http_response *res,
                           enum transcript_form form)
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
    if (r.duration_ms > HEAR_LENGTH_MAX_MS)
        err = http_problem(res, req, 413, "too_large", "The recording is longer than two hours.",
                           NULL);
    else if (r.duration_ms > SHORT_MS || json_is_true(json_object_get(body, "background")))
        err = hear_later(req, res, r.id, language);
    else
        err = hear_kept(req, res, r.id, language, form);
    store_recording_release(&r);
    json_decref(body);
    return err;
}

static int get_transcription(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    enum transcript_form form;
    struct store_transcription t;
    struct errbuf why = {""};
    int err;

    if (read_form(req, res, &form))
        return 0;
    err = app->transcriber ? sealed_transcription_get(app->store, app->seal, req->user,
                                                      http_param(req, "id"), &t, &why)
                           : UV_ENOENT;

    if (err)
        return reply_failed(req, res, err == UV_EILSEQ ? UV_EIO : err, &why, "transcription");
    if (form != FORM_JSON && t.state == STORE_DONE)
        err = reply_stored_form(res, t.result, form);
    else if (form != FORM_JSON)
        err = http_problem(res, req, 409, "conflict",
                           t.state == STORE_WAITING ? "It is not done yet." : "It failed.", NULL);
    else
        err = reply_transcription(req, res, 200, &t);
    store_transcription_release(&t);
    return err;
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

/* ---- uploads ------------------------------------------------------------------------------ */

static bool is_json(const struct http_request *req)
{
    const char *type = http_header(req, "content-type");

    return type && !strncasecmp(type, HTTP_JSON, sizeof(HTTP_JSON) - 1);
}

static int post_transcribe(const struct http_request *req, struct http_response *res)
{
    char language[HEAR_LANGUAGE_MAX];
    struct hear_ask ask = {.language = language, .reply = reply_transcript};
    enum transcript_form form;
    struct http_part file;

    if (!app_of(req)->hub)
        return http_problem(res, req, 503, "unavailable", "No recogniser is set up.", NULL);
    if (read_form(req, res, &form))
        return 0;
    if (is_json(req))
        return transcribe_kept(req, res, form);
    ask.arg = (void *)(uintptr_t)form;
    if (find_recording(req, res, &file, language))
        return 0;
    return hear_bytes(req, res, file.data, file.len, &ask);
}

const struct http_route api_transcription_routes[] = {
    {"POST", "/api/v1/transcribe", post_transcribe, .flags = ROUTE_AUTH | ROUTE_LANE_DECODE,
     .body_max = HEAR_UPLOAD_MAX},
    {"GET", "/api/v1/transcriptions/{id}", get_transcription, .flags = ROUTE_AUTH},
    {"DELETE", "/api/v1/transcriptions/{id}", delete_transcription,
     .flags = ROUTE_AUTH | ROUTE_LANE_STORE},
    {.method = NULL},
};
