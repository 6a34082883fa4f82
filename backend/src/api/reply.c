/**
 * @file api/reply.c  Answers that the resources of this folder have in common
 */
#include "api/reply.h"

#include "api/validate.h"
#include "export/record.h"
#include "observe/log.h"
#include "store/sealed.h"

#include <stdio.h>

struct buf *reply_json(struct http_response *res, int status)
{
    res->status = status;
    res->type = "application/json";
    buf_clear(&res->body);
    return &res->body;
}

static bool is_damaged(const struct http_request *req)
{
    struct store_health health;

    store_health(app_of(req)->store, &health);
    return health.fault == STORE_DAMAGED;
}

int reply_failed(const struct http_request *req, struct http_response *res, int err,
                 const struct errbuf *why, const char *what)
{
    char detail[96];

    switch (err) {
    case UV_ENOENT:
        snprintf(detail, sizeof(detail), "There is no such %s.", what);
        return http_problem(res, req, 404, "not_found", detail, NULL);
    case UV_EEXIST:
        return http_problem(res, req, 409, "conflict", NULL, NULL);
    case UV_EINVAL:
        validate_refuse(req, res, "cursor", "must be the nextCursor of the page before");
        return 0;
    case UV_EAGAIN:
        http_set_header(res, "Retry-After", "1");
        return http_problem(res, req, 503, "overloaded", NULL, NULL);
    case UV_ENOSPC:
        log_error("api", "%s", why->text);
        http_set_header(res, "Retry-After", "60");
        return http_problem(res, req, 507, "storage_full",
                            "There is no room left on the server's disk. What was stored is safe; "
                            "deleting something makes room.",
                            NULL);
    case UV_ENOTCONN:
        log_error("api", "%s", why->text);
        http_set_header(res, "Retry-After", "5");
        return http_problem(res, req, 503, "unavailable",
                            "The database cannot be reached at the moment.", NULL);
    case UV_EROFS:
    case UV_ENXIO:
        log_error("api", "%s", why->text);
        http_set_header(res, "Retry-After", "60");
        return http_problem(res, req, 503, "unavailable", "Nothing can be stored at the moment.",
                            NULL);
    case UV_EIO:
        if (is_damaged(req)) {
            log_error("api", "%s", why->text);
            return http_problem(res, req, 500, "damaged",
                                "This is damaged in the store and cannot be read.", NULL);
        }
        /* fall through */
    default:
        log_error("api", "%s", why->text[0] ? why->text : uv_strerror(err));
        return http_problem(res, req, 500, "internal", NULL, NULL);
    }
}

static int write_item(struct buf *out, const struct seal *seal, enum store_kind kind, void *items,
                      size_t i, struct errbuf *why)
{
    struct store_profile *profile = (struct store_profile *)items + i;
    struct store_session *session = (struct store_session *)items + i;
    struct store_transcript *transcript = (struct store_transcript *)items + i;
    int err = 0;

    switch (kind) {
    case STORE_KIND_PROFILE:
        if (!(err = sealed_profile_open(seal, profile, why)))
            record_profile(out, profile);
        break;
    case STORE_KIND_SESSION:
        if (!(err = sealed_session_open(seal, session, why)))
            record_session(out, session);
        break;
    case STORE_KIND_TRANSCRIPT:
        if (!(err = sealed_transcript_open(seal, transcript, why)))
            record_transcript(out, transcript);
        break;
    case STORE_KIND_USER:
    case STORE_KIND_RECORDING:
    case STORE_KIND_API_KEY:
    case STORE_KIND_TRANSCRIPTION:
    case STORE_KIND_PASSKEY:
        break;
    }
    return err;
}

int reply_list(const struct http_request *req, struct http_response *res, enum store_kind kind,
               int err, struct store_list *list, struct errbuf *why)
{
    struct buf *out;

    if (err) /* a list of transcripts fails for its session */
        return reply_failed(req, res, err, why, kind == STORE_KIND_PROFILE ? "profile" : "session");
    out = reply_json(res, 200);
    buf_puts(out, "{\"items\":[");
    for (size_t i = 0; i < list->count && !err; i++) {
        if (i)
            buf_putc(out, ',');
        err = write_item(out, app_of(req)->seal, kind, list->items, i, why);
    }
    buf_puts(out, "],\"nextCursor\":");
    record_text(out, list->next[0] ? list->next : NULL);
    buf_putc(out, '}');
    store_list_release(list, kind);
    return err ? reply_failed(req, res, UV_EIO, why, "record") : 0;
}

int reply_location(struct http_response *res, const char *collection, const char *id)
{
    char path[128];

    snprintf(path, sizeof(path), "/api/v1/%s/%s", collection, id);
    return http_set_header(res, "Location", path);
}

int reply_undecodable(const struct http_request *req, struct http_response *res, int err,
                      const struct errbuf *why)
{
    if (err == UV_EINVAL)
        return http_problem(res, req, 415, "unsupported_media", why->text, NULL);
    if (err == UV_E2BIG)
        return http_problem(res, req, 413, "too_large", why->text, NULL);
    if (err == UV_ENOSYS)
        return http_problem(res, req, 503, "unavailable", why->text, NULL);
    return err;
}
