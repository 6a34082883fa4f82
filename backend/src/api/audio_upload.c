/**
 * @file api/audio_upload.c  POST /api/v1/audio/upload: uploading a recording
 *
 * It is sealed and written to disk as it arrives, never held in memory: the front end passes it on
 * in pieces (struct http_intake). When complete it is decoded once, in a process that may crash, to
 * check that it is a recording and how long it is, and converted to Opus on the way. Only then does
 * it get a record in the store, in the form that is kept.
 */
#include "api/audio.h"

#include "api/app.h"
#include "api/recordings.h"
#include "api/reply.h"
#include "api/validate.h"
#include "base/clock.h"
#include "base/text.h"
#include "blob/blob.h"
#include "config/config.h"
#include "export/record.h"
#include "net/multipart.h"
#include "observe/log.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    UPLOADS_MAX = 48, /* at the same time: each may hold some 400 KiB, and waits to be decoded */
};

static atomic_int uploads;

enum form_part { PART_OTHER, PART_FILE, PART_SESSION, PART_KEEP };

/** A short form field, truncated if it is longer than anything valid. */
struct small_text {
    char at[ID_TEXT_MAX + 1]; /* one more than an id */
    size_t len;
};

struct upload {
    const struct app *app;
    char id[ID_TEXT_MAX];
    struct small_text session; /* as sent */
    struct small_text keep;
    struct blob_writer *writer;
    struct form *form; /* NULL: the body is the recording */
    enum form_part part;
    bool has_file;
    int err; /* from the writer; the form's parser only reports that it was stopped */
    struct errbuf why;
    uint64_t bytes;
};

static void upload_free(struct upload *up)
{
    if (!up)
        return;
    blob_abandon(up->writer);
    free(up->form);
    free(up);
    atomic_fetch_sub(&uploads, 1);
}

/* ---- declared type ----------------------------------------------------------------------- */

/* Browsers do not declare the type of a blob that was sliced; no other type is accepted. */
static bool may_be_sound(const char *type)
{
    return !type || !strncasecmp(type, "audio/", 6) || !strncasecmp(type, "video/", 6) ||
           !strncasecmp(type, "application/octet-stream", 24) ||
           !strncasecmp(type, "application/ogg", 15);
}

static bool is_form(const char *type)
{
    return type && !strncasecmp(type, "multipart/", 10);
}

static bool is(struct span s, const char *text)
{
    return s.len == strlen(text) && !memcmp(s.at, text, s.len);
}

static int on_part(const struct raw_part *part, void *arg)
{
    struct upload *up = arg;

    up->part = is(part->name, "file")        ? PART_FILE
               : is(part->name, "sessionId") ? PART_SESSION
               : is(part->name, "keep")      ? PART_KEEP
                                             : PART_OTHER;
    if (up->part == PART_FILE && up->has_file)
        return UV_EINVAL; /* one recording, not two in a row */
    up->has_file = up->has_file || up->part == PART_FILE;
    return 0;
}

static int store_bytes(struct upload *up, const void *data, size_t len)
{
    up->bytes += len;
    if (up->bytes > AUDIO_FILE_MAX)
        up->err = UV_E2BIG;
    else
        up->err = blob_append(up->writer, data, len, &up->why);
    return up->err;
}

static void add_small(struct small_text *text, const char *data, size_t len)
{
    for (size_t i = 0; i < len && text->len < sizeof(text->at) - 1; i++)
        text->at[text->len++] = data[i];
}

static int on_data(const char *data, size_t len, void *arg)
{
    struct upload *up = arg;

    if (up->part == PART_FILE)
        return store_bytes(up, data, len);
    if (up->part == PART_SESSION)
        add_small(&up->session, data, len);
    else if (up->part == PART_KEEP)
        add_small(&up->keep, data, len);
    return 0;
}

/* ----------------------------------------------------------------------------- refusals */

static int refuse_quota(const struct http_request *req, struct http_response *res)
{
    char detail[160];

    snprintf(detail, sizeof(detail),
             "Your recordings would then be over %d MB together. Delete some of them first; each "
             "goes by itself after %d days.",
             app_of(req)->config->audio_quota_mb, app_of(req)->config->audio_keep_days);
    return http_problem(res, req, 507, "quota_exceeded", detail, NULL);
}

static int unreadable_form(const struct http_request *req, struct http_response *res)
{
    return http_problem(res, req, 400, "bad_request", "The form cannot be read.", NULL);
}

/* ---- while it arrives -------------------------------------------------------------------- */

/* 0, or 1 if res says why it is refused. */
static int check_quota(const struct http_request *req, struct http_response *res, uint64_t length)
{
    struct errbuf why = {""};
    int64_t used = 0;
    int err = store_recording_bytes(app_of(req)->store, req->user, &used, &why);

    if (err) {
        reply_failed(req, res, err, &why, "user");
        return 1;
    }
    if (length > AUDIO_FORM_MORE &&
        used > recordings_quota(app_of(req)->config) - (int64_t)(length - AUDIO_FORM_MORE)) {
        refuse_quota(req, res);
        return 1;
    }
    return 0;
}

static int check_type(const struct http_request *req, struct http_response *res)
{
    const char *type = http_header(req, "content-type");

    if (is_form(type) || may_be_sound(type))
        return 0;
    http_problem(res, req, 415, "unsupported_media",
                 "Send the recording as a form with a part `file`, or as the body itself with a "
                 "type such as audio/webm.",
                 NULL);
    return 1;
}

/* Opens the destination. 0, or 1 if res is filled. */
static int open_upload(const struct http_request *req, struct http_response *res, struct upload *up)
{
    const char *type = http_header(req, "content-type");
    const char *session = http_query(req, "sessionId"), *keep = http_query(req, "keep");
    int err;

    up->app = app_of(req);
    id_new(up->id);
    if (session)
        add_small(&up->session, session, strlen(session));
    if (keep)
        add_small(&up->keep, keep, strlen(keep));
    if (is_form(type)) {
        up->form = malloc(sizeof(*up->form));
        if (!up->form)
            return UV_ENOMEM;
        if (form_init(up->form, type, on_part, on_data, up)) {
            unreadable_form(req, res);
            return 1;
        }
    }
    err = blob_create(&up->writer, up->app->blobs, up->id, &up->why);
    if (!err)
        return 0;
    reply_failed(req, res, err, &up->why, "recording");
    return 1;
}

static int begin_upload(const struct http_request *req, struct http_response *res, uint64_t length,
                        void **upload)
{
    struct upload *up;
    int err;

    if (!app_of(req)->blobs) {
        http_problem(res, req, 503, "unavailable", "No recordings are kept here.", NULL);
        return 1;
    }
    if (check_type(req, res) || check_quota(req, res, length))
        return 1;
    if (atomic_fetch_add(&uploads, 1) >= UPLOADS_MAX) {
        atomic_fetch_sub(&uploads, 1);
        return UV_EAGAIN;
    }
    up = calloc(1, sizeof(*up));
    if (!up) {
        atomic_fetch_sub(&uploads, 1);
        return UV_ENOMEM;
    }
    err = open_upload(req, res, up);
    if (err)
        upload_free(up);
    else
        *upload = up;
    return err;
}

static int take_piece(const struct http_request *req, struct http_response *res, void *upload,
                      const void *data, size_t len)
{
    struct upload *up = upload;
    int err = up->form ? form_feed(up->form, data, len) : store_bytes(up, data, len);

    if (!err)
        return 0;
    if (up->err == UV_E2BIG)
        http_problem(res, req, 413, "too_large", "A recording may have 200 MB.", NULL);
    else if (up->err)
        reply_failed(req, res, up->err, &up->why, "recording");
    else
        unreadable_form(req, res);
    return 1;
}

static void drop_upload(void *upload)
{
    upload_free(upload);
}

const struct http_intake api_upload_intake = {begin_upload, take_piece, drop_upload};

/* ---- when it is complete ------------------------------------------------------------------ */

static int examine_failed(const struct http_request *req, struct http_response *res, int err,
                          const struct errbuf *why)
{
    int told = reply_undecodable(req, res, err, why);

    return told == err ? reply_failed(req, res, err, why, "recording") : told;
}

/* The upload itself is not what is kept. */
static void erase(const struct app *app, const char *id)
{
    struct errbuf why = {""};

    if (id[0] && blob_erase(app->blobs, id, &why))
        log_error("audio", "%s: %s", id, why.text); /* the next start removes it */
}

static int add_record(const struct http_request *req, struct http_response *res,
                      struct store_recording *r, struct errbuf *why)
{
    const struct app *app = app_of(req);
    int err = store_recording_add(app->store, r, recordings_quota(app->config), why);

    if (err == UV_ERANGE)
        return refuse_quota(req, res);
    if (err)
        return reply_failed(req, res, err, why, r->session_id[0] ? "session" : "user");
    err = blob_claim(app->blobs, r->id, why);
    if (!err)
        return 0;
    store_recording_erase(app->store, r->user_id, r->id, NULL);
    return reply_failed(req, res, err, why, "recording");
}

static void reply_kept(struct http_response *res, const struct store_recording *r,
                       const char *original_format, uint64_t original_bytes)
{
    struct buf *out = reply_json(res, 201);

    recording_write(out, r);
    buf_chop(out, 1);
    buf_puts(out, ",\"original\":{\"format\":");
    record_text(out, original_format);
    buf_printf(out, ",\"bytes\":%" PRIu64 "}}", original_bytes);
    reply_location(res, "audio", r->id);
}

/* The blob exists, but only counts once it has a record. kept: the id of the one that gets it. */
static int keep(const struct http_request *req, struct http_response *res, const struct upload *up,
                uint64_t bytes, char kept[static ID_TEXT_MAX])
{
    struct audio_kept form = {.bytes = bytes};
    struct errbuf why = {""};
    struct store_recording r = {.created_at = clock_unix_ms()};
    int err = audio_keep(up->app->blobs, up->id, !strcmp(up->keep.at, "original"), &form, &why);

    if (err)
        return examine_failed(req, res, err, &why);
    memcpy(kept, form.id, ID_TEXT_MAX);
    memcpy(r.id, form.id, sizeof(r.id));
    text_copy(r.user_id, sizeof(r.user_id), req->user, strlen(req->user));
    memcpy(r.session_id, up->session.at, sizeof(r.session_id));
    r.format = form.format;
    r.bytes = (int64_t)form.bytes;
    r.duration_ms = (int64_t)form.facts.duration_ms;
    r.quality = form.facts.silent    ? STORE_SOUND_SILENT
                : form.facts.clipped ? STORE_SOUND_CLIPPED
                                     : STORE_SOUND_GOOD;
    r.expires_at = recordings_keep_until(up->app, req->user, r.created_at);
    err = add_record(req, res, &r, &why);
    if (!err && !res->status)
        reply_kept(res, &r, form.facts.format, bytes);
    return err;
}

/* Is the session the user's? 0, or 1 when res says it is not. */
static int check_session(const struct http_request *req, struct http_response *res,
                         const struct upload *up)
{
    struct store_session session;
    struct errbuf why = {""};
    int err;

    if (!up->session.len)
        return 0;
    err = store_session_get(up->app->store, req->user, up->session.at, &session, &why);
    if (err == UV_ENOENT)
        return validate_refuse(req, res, "/sessionId", "must be the id of a session of yours");
    if (err) {
        reply_failed(req, res, err, &why, "session");
        return 1;
    }
    store_session_release(&session);
    return 0;
}

static int finish(const struct http_request *req, struct http_response *res, struct upload *up)
{
    struct blob_writer *writer = up->writer;
    char kept[ID_TEXT_MAX] = "";
    uint64_t bytes = 0;
    int err;

    if (up->form && form_end(up->form))
        return unreadable_form(req, res);
    if (!up->bytes) {
        validate_refuse(req, res, "/file", "is missing or empty");
        return 0;
    }
    if (up->keep.len && strcmp(up->keep.at, "original") != 0 && strcmp(up->keep.at, "opus") != 0) {
        validate_refuse(req, res, "/keep", "must be one of opus, original");
        return 0;
    }
    if (check_session(req, res, up))
        return 0;
    up->writer = NULL;
    err = blob_commit(writer, &bytes, &up->why);
    if (err)
        return reply_failed(req, res, err, &up->why, "recording");
    err = keep(req, res, up, bytes, kept);
    if (err || res->status != 201)
        erase(up->app, kept);
    if (strcmp(kept, up->id) != 0 || err || res->status != 201)
        erase(up->app, up->id);
    return err;
}

int api_upload_audio(const struct http_request *req, struct http_response *res)
{
    struct upload *up = req->upload;
    int err;

    if (!up) {
        validate_refuse(req, res, "/file", "is missing or empty");
        return 0;
    }
    err = finish(req, res, up);
    upload_free(up);
    return err;
}
