/**
 * @file api/reply.c  What the resources of this folder answer alike
 */
#include "api/reply.h"

#include "api/validate.h"
#include "export/record.h"
#include "observe/log.h"

#include <stdio.h>

struct buf *reply_json(struct http_response *res, int status)
{
    res->status = status;
    res->type = "application/json";
    buf_clear(&res->body);
    return &res->body;
}

void reply_list_end(struct buf *out, const struct store_list *list)
{
    buf_puts(out, "],\"nextCursor\":");
    record_text(out, list->next[0] ? list->next : NULL);
    buf_putc(out, '}');
}

int reply_failed(const struct http_request *req, struct http_response *res, int code,
                 const struct errbuf *err, const char *what)
{
    char detail[96];

    switch (code) {
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
    case UV_EROFS:
        log_error("api", "%s: %s", req->id, err->text);
        http_set_header(res, "Retry-After", "60");
        return http_problem(res, req, 503, "unavailable", "Nothing can be stored at the moment.",
                            NULL);
    default:
        log_error("api", "%s: %s", req->id, err->text[0] ? err->text : uv_strerror(code));
        return http_problem(res, req, 500, "internal", NULL, NULL);
    }
}

int reply_location(struct http_response *res, const char *collection, const char *id)
{
    char path[128];

    snprintf(path, sizeof(path), "/api/v1/%s/%s", collection, id);
    return http_set_header(res, "Location", path);
}
