/**
 * @file api/audio.c  /api/v1/audio: storing, reading and erasing recordings
 *
 * Any part of a recording is read in pieces (net/source.c). Uploads are in audio_upload.c,
 * retention is in recordings.c.
 */
#include "api/audio.h"

#include "api/app.h"
#include "api/recordings.h"
#include "api/reply.h"
#include "base/clock.h"
#include "blob/blob.h"
#include "export/record.h"
#include "net/range.h"
#include "observe/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- as JSON ----------------------------------------------------------------------------- */

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

void recording_write(struct buf *out, const struct store_recording *r)
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

/* ------------------------------------------------------------------------- reading it back */

/* The media type for browsers: by the container, and by the codec if that is more specific. */
static const struct {
    const char *format; /* prefix of the format */
    const char *codec;  /* suffix of the format; NULL: any */
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

/* There is a record, but its audio is missing or unreadable. */
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
    if (r->growing) /* what exists now; a range requested with this tag refers to the same */
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

/* The recordings of one session: recorded live, or uploaded for it. */
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
        recording_write(out, (const struct store_recording *)list.items + i);
    }
    buf_puts(out, "]}");
    store_list_release(&list, STORE_KIND_RECORDING);
    return 0;
}

const struct http_route api_audio_routes[] = {
    {"POST", "/api/v1/audio/upload", api_upload_audio, .flags = ROUTE_AUTH | ROUTE_LANE_DECODE,
     .body_max = API_UPLOAD_MAX, .intake = &api_upload_intake},
    {"GET", "/api/v1/audio/devices", api_list_devices, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {"GET", "/api/v1/audio/{id}", get_audio, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {"GET", "/api/v1/sessions/{id}/recordings", list_of_session, .flags = ROUTE_AUTH},
    {"DELETE", "/api/v1/audio/{id}", delete_audio, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {.method = NULL},
};
