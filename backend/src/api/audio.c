/**
 * @file api/audio.c  /api/v1/audio: recordings that are kept
 *
 * An upload goes to the disk as it comes, sealed, and is never held: the front hands it on in
 * pieces (struct http_intake). When it is whole it is decoded once, in the process that may crash,
 * to see that it is a recording and how long; only then is it a record of the store. It is read
 * back in pieces too, any part of it.
 */
#include "api/recordings.h"

#include "api/app.h"
#include "api/reply.h"
#include "api/validate.h"
#include "audio/decode.h"
#include "base/clock.h"
#include "base/text.h"
#include "blob/blob.h"
#include "config/config.h"
#include "export/record.h"
#include "net/multipart.h"
#include "net/range.h"
#include "observe/log.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    UPLOAD_MAX = 200 << 20, /* as docs/api/openapi.yaml says [bytes] */
    UPLOADS_MAX = 48,     /* at the same time: each may hold some 400 KiB, and waits to be heard */
    FORM_MORE = 16 << 10, /* what a form says around its file [bytes] */
};

static atomic_int uploads;

enum form_part { PART_OTHER, PART_FILE, PART_SESSION };

struct upload {
    const struct app *app;
    char id[ID_TEXT_MAX];
    char session[ID_TEXT_MAX + 1]; /* as it was sent: one more than an id has */
    size_t session_len;
    struct blob_writer *writer;
    struct form *form; /* NULL: the body is the recording */
    enum form_part part;
    bool has_file;
    int err; /* of the writer, where the form's reading only says that it was ended */
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

/* ----------------------------------------------------------------------- what it says of itself */

/* A browser does not say what a blob is that it took apart; nothing else is a recording. */
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
                                             : PART_OTHER;
    if (up->part == PART_FILE && up->has_file)
        return UV_EINVAL; /* one recording, not two in a row */
    up->has_file = up->has_file || up->part == PART_FILE;
    return 0;
}

static int store_bytes(struct upload *up, const void *data, size_t len)
{
    up->bytes += len;
    if (up->bytes > UPLOAD_MAX)
        up->err = UV_E2BIG;
    else
        up->err = blob_append(up->writer, data, len, &up->why);
    return up->err;
}

static int on_data(const char *data, size_t len, void *arg)
{
    struct upload *up = arg;

    if (up->part == PART_FILE)
        return store_bytes(up, data, len);
    for (size_t i = 0; up->part == PART_SESSION && i < len; i++) {
        if (up->session_len < sizeof(up->session) - 1)
            up->session[up->session_len++] = data[i];
    }
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

static int refuse_size(const struct http_request *req, struct http_response *res)
{
    return http_problem(res, req, 413, "too_large", "A recording may have 200 MB.", NULL);
}

static int unreadable_form(const struct http_request *req, struct http_response *res)
{
    return http_problem(res, req, 400, "bad_request", "The form cannot be read.", NULL);
}

/* ------------------------------------------------------------------------- as it comes in */

/* 0, or 1 when res says why it may not come in. */
static int check_quota(const struct http_request *req, struct http_response *res, uint64_t length)
{
    struct errbuf why = {""};
    int64_t used = 0;
    int err = store_recording_bytes(app_of(req)->store, req->user, &used, &why);

    if (err) {
        reply_failed(req, res, err, &why, "user");
        return 1;
    }
    if (length > FORM_MORE &&
        used > recordings_quota(app_of(req)->config) - (int64_t)(length - FORM_MORE)) {
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

/* Where the bytes go. 0, or 1 when res is filled. */
static int open_upload(const struct http_request *req, struct http_response *res, struct upload *up)
{
    const char *type = http_header(req, "content-type");
    const char *session = http_query(req, "sessionId");
    int err;

    up->app = app_of(req);
    id_new(up->id);
    if (session) {
        text_copy(up->session, sizeof(up->session), session, strlen(session));
        up->session_len = strlen(up->session);
    }
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
        refuse_size(req, res);
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

static const struct http_intake upload_intake = {begin_upload, take_piece, drop_upload};

/* ----------------------------------------------------------------------- when it is whole */

static int64_t read_blob(void *arg, uint64_t offset, void *to, size_t n)
{
    return blob_read(arg, offset, to, n, NULL);
}

static int examine(const struct upload *up, struct audio_facts *facts, struct errbuf *why)
{
    struct media_source source = {.read = read_blob};
    struct blob_reader *r = NULL;
    int err = blob_open(&r, up->app->blobs, up->id, why);

    if (err)
        return err;
    source.arg = r;
    source.size = blob_size(r);
    err = audio_examine(&source, facts, why);
    blob_close(r);
    return err;
}

static const char *quality_name(enum store_quality quality)
{
    static const char *const names[] = {"good", "silent", "clipped"};

    return names[quality];
}

static void write_consent(struct buf *out, const struct store_recording *r)
{
    char agreed[CLOCK_TEXT_MAX];

    if (!r->wording) {
        buf_puts(out, "null");
        return;
    }
    clock_format(r->agreed_at, agreed);
    buf_printf(out, "{\"agreedAt\":\"%s\",\"wording\":", agreed);
    record_text(out, r->wording);
    buf_putc(out, '}');
}

static void write_recording(struct buf *out, const struct store_recording *r)
{
    char expires[CLOCK_TEXT_MAX], created[CLOCK_TEXT_MAX], url[64];

    clock_format(r->expires_at, expires);
    clock_format(r->created_at, created);
    snprintf(url, sizeof(url), "/api/v1/audio/%s", r->id);
    buf_puts(out, "{\"id\":");
    record_text(out, r->id);
    buf_puts(out, ",\"url\":");
    record_text(out, url);
    buf_printf(out, ",\"durationMs\":%" PRId64 ",\"format\":", r->duration_ms);
    record_text(out, r->format);
    buf_printf(out, ",\"bytes\":%" PRId64 ",\"quality\":\"%s\",\"sessionId\":", r->bytes,
               quality_name(r->quality));
    record_text(out, r->session_id[0] ? r->session_id : NULL);
    buf_printf(out,
               ",\"createdAt\":\"%s\",\"expiresAt\":\"%s\",\"growing\":%s,\"consent\":", created,
               expires, r->growing ? "true" : "false");
    write_consent(out, r);
    buf_putc(out, '}');
}

static int examine_failed(const struct http_request *req, struct http_response *res, int err,
                          const struct errbuf *why)
{
    if (err == UV_EINVAL)
        return http_problem(res, req, 415, "unsupported_media", why->text, NULL);
    if (err == UV_E2BIG)
        return http_problem(res, req, 413, "too_large", why->text, NULL);
    if (err == UV_ENOSYS)
        return http_problem(res, req, 503, "unavailable", why->text, NULL);
    return reply_failed(req, res, err, why, "recording");
}

/* The blob is there; only with a record it counts. */
static int keep(const struct http_request *req, struct http_response *res, const struct upload *up,
                uint64_t bytes)
{
    struct audio_facts facts;
    struct errbuf why = {""};
    struct store_recording r = {.bytes = (int64_t)bytes, .created_at = clock_unix_ms()};
    int err = examine(up, &facts, &why);

    if (err)
        return examine_failed(req, res, err, &why);
    memcpy(r.id, up->id, sizeof(r.id));
    text_copy(r.user_id, sizeof(r.user_id), req->user, strlen(req->user));
    memcpy(r.session_id, up->session, sizeof(r.session_id));
    r.format = facts.format;
    r.duration_ms = (int64_t)facts.duration_ms;
    r.quality = facts.silent    ? STORE_SOUND_SILENT
                : facts.clipped ? STORE_SOUND_CLIPPED
                                : STORE_SOUND_GOOD;
    r.expires_at = recordings_keep_until(up->app, req->user, r.created_at);
    err = store_recording_add(up->app->store, &r, recordings_quota(up->app->config), &why);
    if (err == UV_ERANGE)
        return refuse_quota(req, res);
    if (err)
        return reply_failed(req, res, err, &why, r.session_id[0] ? "session" : "user");
    err = blob_claim(up->app->blobs, r.id, &why);
    if (err) {
        store_recording_erase(up->app->store, r.user_id, r.id, NULL);
        return reply_failed(req, res, err, &why, "recording");
    }
    write_recording(reply_json(res, 201), &r);
    return reply_location(res, "audio", r.id);
}

/* Is the session the user's? 0, or 1 when res says it is not. */
static int check_session(const struct http_request *req, struct http_response *res,
                         const struct upload *up)
{
    struct store_session session;
    struct errbuf why = {""};
    int err;

    if (!up->session_len)
        return 0;
    err = store_session_get(up->app->store, req->user, up->session, &session, &why);
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
    uint64_t bytes = 0;
    int err;

    if (up->form && form_end(up->form))
        return unreadable_form(req, res);
    if (!up->bytes) {
        validate_refuse(req, res, "/file", "is missing or empty");
        return 0;
    }
    if (check_session(req, res, up))
        return 0;
    up->writer = NULL;
    err = blob_commit(writer, &bytes, &up->why);
    if (err)
        return reply_failed(req, res, err, &up->why, "recording");
    err = keep(req, res, up, bytes);
    if ((err || res->status != 201) && blob_erase(up->app->blobs, up->id, &up->why))
        log_error("audio", "%s: %s", up->id, up->why.text); /* the next start finds it */
    return err;
}

static int post_upload(const struct http_request *req, struct http_response *res)
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

/* ------------------------------------------------------------------------- reading it back */

/* What a browser calls it: by the container, and the codec where that says more. */
static const struct {
    const char *format; /* begins so */
    const char *codec;  /* ends so; NULL: any */
    const char *type;
    const char *ending;
} types[] = {
    {"matroska,webm", "opus", "audio/webm", "webm"},
    {"matroska,webm", "vorbis", "audio/webm", "webm"},
    {"matroska,webm", NULL, "audio/x-matroska", "mka"},
    {"ogg", NULL, "audio/ogg", "ogg"},
    {"mov,mp4,m4a", NULL, "audio/mp4", "m4a"},
    {"mp3", NULL, "audio/mpeg", "mp3"},
    {"flac", NULL, "audio/flac", "flac"},
    {"wav", NULL, "audio/wav", "wav"},
    {"aac", NULL, "audio/aac", "aac"},
    {"amr", NULL, "audio/amr", "amr"},
    {"aiff", NULL, "audio/aiff", "aiff"},
    {"", NULL, "application/octet-stream", "bin"},
};

static size_t type_of(const char *format)
{
    const char *codec = strrchr(format, ' ');
    size_t i = 0;

    while (strncmp(format, types[i].format, strlen(types[i].format)) != 0 ||
           (types[i].codec && (!codec || strcmp(codec + 1, types[i].codec) != 0)))
        i++;
    return i;
}

static int read_part(void *arg, uint64_t offset, void *to, size_t len)
{
    struct errbuf why = {""};
    int64_t n = blob_read(arg, offset, to, len, &why);

    if (n == (int64_t)len)
        return 0;
    log_error("audio", "%s", why.text);
    return n < 0 ? (int)n : UV_EIO;
}

static void close_blob(void *arg)
{
    blob_close(arg);
}

/* The record is there and its sound is not, or cannot be read. */
static int reply_damaged(const struct http_request *req, struct http_response *res,
                         const struct errbuf *why)
{
    log_error("audio", "%s", why->text);
    return http_problem(res, req, 500, "damaged", "This recording is damaged and cannot be read.",
                        NULL);
}

static int reply_sound(const struct http_request *req, struct http_response *res,
                       const struct store_recording *r)
{
    struct http_source source = {.read = read_part, .release = close_blob};
    size_t type = type_of(r->format);
    struct blob_reader *reader = NULL;
    struct errbuf why = {""};
    char tag[ID_TEXT_MAX + 24], name[96];
    int err = blob_open(&reader, app_of(req)->blobs, r->id, &why);

    if (err == UV_ENOENT || err == UV_EILSEQ)
        return reply_damaged(req, res, &why);
    if (err)
        return reply_failed(req, res, err, &why, "recording");
    source.arg = reader;
    source.size = blob_size(reader);
    if (r->growing) /* what is there now; a part asked for with this tag is of the same */
        snprintf(tag, sizeof(tag), "\"%s-%" PRIu64 "\"", r->id, source.size);
    else
        snprintf(tag, sizeof(tag), "\"%s\"", r->id);
    http_set_header(res, "ETag", tag);
    if (http_has_tag(req, tag)) {
        blob_close(reader);
        return http_reply_empty(res, 304);
    }
    snprintf(name, sizeof(name), "inline; filename=\"recording-%s.%s\"", r->id, types[type].ending);
    http_set_header(res, "Content-Disposition", name);
    http_set_header(res, "Content-Security-Policy", "default-src 'none'; sandbox");
    http_reply_source(res, types[type].type, &source);
    return http_apply_range(req, res);
}

static int get_audio(const struct http_request *req, struct http_response *res)
{
    struct store_recording r;
    struct errbuf why = {""};
    int err = store_recording_get(app_of(req)->store, req->user, http_param(req, "id"), &r, &why);

    if (!err && !app_of(req)->blobs) {
        store_recording_release(&r);
        err = UV_ENOENT;
    }
    if (err)
        return reply_failed(req, res, err, &why, "recording");
    err = reply_sound(req, res, &r);
    store_recording_release(&r);
    return err;
}

static int delete_audio(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    int err = store_recording_erase(app_of(req)->store, req->user, http_param(req, "id"), &why);

    if (err)
        return reply_failed(req, res, err, &why, "recording");
    recordings_clean(app_of(req));
    return http_reply_empty(res, 204);
}

/* Those of one session: what was recorded of it live, and what was sent for it. */
static int list_of_session(const struct http_request *req, struct http_response *res)
{
    const char *id = http_param(req, "id");
    struct store_list list = {0};
    struct store_session session;
    struct errbuf why = {""};
    struct buf *out;
    int err = store_session_get(app_of(req)->store, req->user, id, &session, &why);

    if (!err) {
        store_session_release(&session);
        err = store_recording_list(app_of(req)->store, req->user, id, STORE_PAGE_MAX, &list, &why);
    }
    if (err)
        return reply_failed(req, res, err, &why, "session");
    out = reply_json(res, 200);
    buf_puts(out, "{\"items\":[");
    for (size_t i = 0; i < list.count; i++) {
        buf_puts(out, i ? "," : "");
        write_recording(out, (const struct store_recording *)list.items + i);
    }
    buf_puts(out, "]}");
    store_list_release(&list, STORE_KIND_RECORDING);
    return 0;
}

const struct http_route api_audio_routes[] = {
    {"POST", "/api/v1/audio/upload", post_upload, .flags = ROUTE_AUTH | ROUTE_LANE_DECODE,
     .body_max = UPLOAD_MAX + FORM_MORE, .intake = &upload_intake},
    {"GET", "/api/v1/audio/{id}", get_audio, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {"GET", "/api/v1/sessions/{id}/recordings", list_of_session, .flags = ROUTE_AUTH},
    {"DELETE", "/api/v1/audio/{id}", delete_audio, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {.method = NULL},
};
