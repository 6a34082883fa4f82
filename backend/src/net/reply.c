/**
 * @file net/reply.c  Filling in a response
 */
#include "net/net_internal.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

void reply_init(struct http_response *res)
{
    *res = (struct http_response){.status = 0};
    buf_init(&res->body, RESPONSE_MAX);
    buf_init(&res->headers, RESPONSE_HEADERS_MAX);
}

void reply_release(struct http_response *res)
{
    buf_release(&res->body);
    buf_release(&res->headers);
    source_release(res);
    if (res->on_stream && !res->streaming)
        res->on_stream(NULL, res->stream_arg); /* it never began */
    res->on_stream = NULL;
}

int http_set_header(struct http_response *res, const char *name, const char *value)
{
    if (strpbrk(name, ":\r\n") || strpbrk(value, "\r\n"))
        return UV_EINVAL; /* would start another header */
    return buf_printf(&res->headers, "%s: %s\n", name, value);
}

int http_reply_bytes(struct http_response *res, int status, const char *type, const void *data,
                     size_t len)
{
    res->status = status;
    res->type = type;
    buf_clear(&res->body);
    return buf_append(&res->body, data, len);
}

int http_reply_empty(struct http_response *res, int status)
{
    res->status = status;
    res->type = NULL;
    buf_clear(&res->body);
    return 0;
}

int http_reply_json(struct http_response *res, int status, json_t *obj)
{
    int err;

    res->status = status;
    res->type = "application/json";
    buf_clear(&res->body);
    err = obj ? json_write(&res->body, obj) : UV_ENOMEM;
    json_decref(obj);
    return err;
}

int http_reply_stream(struct http_response *res, const char *type,
                      void (*on_stream)(struct http_stream *stream, void *arg), void *arg)
{
    res->status = 200;
    res->type = type;
    res->on_stream = on_stream;
    res->stream_arg = arg;
    return 0;
}

/* ------------------------------------------------------------ problems */

/* The code and the sentence when only a number says what happened. Codes: docs/api/openapi.yaml. */
static const struct {
    int status;
    const char *title;
    const char *code;
    const char *detail;
} statuses[] = {
    {400, "Bad Request", "bad_request", "The request cannot be understood."},
    {401, "Unauthorized", "unauthorized", "Sign in first."},
    {403, "Forbidden", "forbidden_origin", "This page may not ask for that."},
    {404, "Not Found", "not_found", "There is nothing here."},
    {405, "Method Not Allowed", "method_not_allowed", "This cannot be done here."},
    {408, "Request Timeout", "bad_request", "The request took too long to arrive."},
    {409, "Conflict", "conflict", "It is there already."},
    {411, "Length Required", "bad_request", "The request must say how long its body is."},
    {413, "Content Too Large", "too_large", "The body is over the limit for this request."},
    {414, "URI Too Long", "bad_request", "The address is too long."},
    {415, "Unsupported Media Type", "unsupported_media", "This form of content is not taken."},
    {416, "Range Not Satisfiable", "bad_request", "The range lies outside of the content."},
    {417, "Expectation Failed", "bad_request", "The only expectation met here is 100-continue."},
    {421, "Misdirected Request", "bad_request", "This connection is not for that address."},
    {422, "Unprocessable Content", "invalid_fields", "Some fields are not right."},
    {426, "Upgrade Required", "bad_request", "This address speaks WebSocket, version 13."},
    {429, "Too Many Requests", "rate_limited", "Too many requests; wait a little."},
    {431, "Request Header Fields Too Large", "bad_request", "The header is too large."},
    {500, "Internal Server Error", "internal", "Something went wrong here."},
    {501, "Not Implemented", "bad_request", "This method is not known here."},
    {502, "Bad Gateway", "provider_failed", "The provider failed."},
    {503, "Service Unavailable", "overloaded", "Too much is going on here; try again in a moment."},
    {507, "Insufficient Storage", "storage_full", "There is no room left to store anything."},
    {505, "HTTP Version Not Supported", "bad_request", "Only HTTP/1.1 is spoken here."},
};

static int status_index(int status)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i].status == status)
            return (int)i;
    }
    return -1;
}

const char *reply_title(int status)
{
    int i = status_index(status);

    return i >= 0 ? statuses[i].title : "Error";
}

int http_problem(struct http_response *res, const struct http_request *req, int status,
                 const char *code, const char *detail, json_t *fields)
{
    int i = status_index(status);
    json_t *obj;

    source_release(res);
    res->on_stream = NULL;
    if (!code)
        code = i >= 0 ? statuses[i].code : "internal";
    if (!detail)
        detail = i >= 0 ? statuses[i].detail : "Something went wrong here.";
    if (req && req->route && req->route->problem) {
        req->route->problem(res, status, code, detail, fields);
        json_decref(fields);
        return 0;
    }
    obj = json_object();
    json_object_set_new(obj, "type", json_sprintf("urn:interviewd:problem:%s", code));
    json_object_set_new(obj, "title", json_string(reply_title(status)));
    json_object_set_new(obj, "status", json_integer(status));
    json_object_set_new(obj, "code", json_string(code));
    json_set_text(obj, "detail", detail, strlen(detail));
    if (req)
        json_object_set_new(obj, "requestId", json_string(req->id));
    if (fields)
        json_object_set_new(obj, "errors", fields);
    http_reply_json(res, status, obj);
    res->type = "application/problem+json";
    return 0;
}

static int errno_status(int err)
{
    switch (err) {
    case UV_ENOENT:
    case UV_EPERM:
        return 404;
    case UV_EINVAL:
        return 400;
    case UV_EACCES:
        return 401;
    case UV_EEXIST:
        return 409;
    case UV_E2BIG:
        return 413;
    case UV_EAGAIN:
    case UV_ECANCELED: /* the server is going away */
        return 503;
    default:
        return 500;
    }
}

void reply_error(struct txn *t, int err)
{
    int status = errno_status(err);

    buf_clear(&t->res.headers);
    if (status == 503)
        http_set_header(&t->res, "Retry-After", "1");
    http_problem(&t->res, &t->req, status, NULL, NULL, NULL);
}
