/**
 * @file api/audit.c  What a request did to whose record, for the audit log
 *
 * Every request that read one record or changed something, once it succeeded. Lists are not
 * written down, nor is what only looks at the server itself.
 */
#include "observe/audit.h"
#include "api/app.h"
#include "observe/log.h"

#include <string.h>

static const char prefix[] = "/api/v1/";

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

static const char *action_of(const struct http_request *req)
{
    static const char *const actions[][2] = {
        {"/export", "export"},
        {"/generate", "ask"},
        {"/interrupt", "interrupt"},
        {"/transcribe", "transcribe"},
    };
    static const char *const methods[][2] = {
        {"GET", "read"},   {"HEAD", "read"},    {"POST", "create"},
        {"PUT", "change"}, {"PATCH", "change"}, {"DELETE", "erase"},
    };

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (ends_with(req->route->pattern, actions[i][0]))
            return actions[i][1];
    }
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strcmp(req->method, methods[i][0]) == 0)
            return methods[i][1];
    }
    return "read";
}

/* "/api/v1/sessions/{id}/transcripts" is about a session. */
static void kind_of(const char *pattern, char *to, size_t size)
{
    size_t n;

    if (!strncmp(pattern, prefix, sizeof(prefix) - 1))
        pattern += sizeof(prefix) - 1;
    n = strcspn(pattern, "/");
    if (n > 1 && pattern[n - 1] == 's')
        n--;
    if (n >= size)
        n = size - 1;
    memcpy(to, pattern, n);
    to[n] = '\0';
}

/* Of what was named in the address, or of what was made (Location). */
static const char *id_of(const struct http_request *req, const struct http_response *res, char *to,
                         size_t size)
{
    const char *id = http_param(req, "id");
    const char *made = res->headers.data ? strstr(res->headers.data, "Location: ") : NULL;
    const char *end = made ? made + strcspn(made, "\n") : NULL;
    const char *at = end;

    while (at && at > made && at[-1] != '/')
        at--;
    if (id || !at || (size_t)(end - at) >= size)
        return id ? id : req->user;
    memcpy(to, at, (size_t)(end - at));
    to[end - at] = '\0';
    return to;
}

void api_audit_say(const char *user, const char *action, const char *kind, const char *id,
                   const char *request_id)
{
    int e = audit(user, action, kind, id, request_id);

    if (e)
        log_error("audit", "the audit log cannot be written: %s", uv_strerror(e));
}

void api_audit(const struct http_request *req, const struct http_response *res)
{
    bool reads = !strcmp(req->method, "GET") || !strcmp(req->method, "HEAD");
    char kind[32], made[ID_TEXT_MAX];

    if (!req->user[0] || res->status / 100 != 2 || (reads && !http_param(req, "id")))
        return;
    kind_of(req->route->pattern, kind, sizeof(kind));
    api_audit_say(req->user, action_of(req), kind, id_of(req, res, made, sizeof(made)), req->id);
}
