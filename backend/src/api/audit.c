/**
 * @file api/audit.c  Recording who did what to whose record and what was refused, and showing it to
 * the owner
 *
 * Recorded are all requests that read a record, listed records or changed something, if they
 * succeeded; and all that were refused: without sign-in (401), from another site (403), for
 * something that does not exist or belongs to somebody else (404), too often (429). Requests about
 * the server itself are not recorded. Refusals are limited per address, so that nobody can push the
 * rest out of the log.
 */
#include "observe/audit.h"

#include "api/reply.h"
#include "api/validate.h"
#include "auth/ratelimit.h"
#include "base/clock.h"
#include "base/text.h"
#include "export/record.h"
#include "net/address.h"
#include "observe/log.h"

#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

static const char prefix[] = "/api/v1/";
static const char auth_prefix[] = "/api/v1/auth/";
static const char compat_prefix[] = "/v1/";
static const char admin_prefix[] = "/api/v1/admin/";

/* ---- classifying ------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

static bool is_reading(const struct http_request *req)
{
    return !strcmp(req->method, "GET") || !strcmp(req->method, "HEAD");
}

/* Does it list records of a user? */
static bool is_list(const struct http_request *req)
{
    static const char *const lists[] = {"/profiles", "/sessions", "/analytics",
                                        "/users",    "/sign-ins", "/passkeys"};

    for (size_t i = 0; is_reading(req) && i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (ends_with(req->route->pattern, lists[i]))
            return true;
    }
    return false;
}

static const char *action_of(const struct http_request *req)
{
    static const char *const actions[][2] = {
        {"/export", "export"},
        {"/generate", "ask"},
        {"/interrupt", "interrupt"},
        {"/transcribe", "transcribe"},
        {"/transcriptions", "transcribe"},
        {"/translations", "transcribe"},
        {"/completions", "ask"},
        {"/test", "ask"},
        {"/signup", "signup"},
        {"/login", "login"},
        {"/local", "local"},
        {"/refresh", "refresh"},
        {"/logout", "logout"},
        {"/password", "password"},
        {"/reset", "reset"},
        {"/options", "challenge"},
        {"/login/passkey", "passkey"},
    };
    static const char *const methods[][2] = {
        {"GET", "read"},   {"HEAD", "read"},    {"POST", "create"},
        {"PUT", "change"}, {"PATCH", "change"}, {"DELETE", "erase"},
    };

    if (is_list(req))
        return "list";
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

/* "/api/v1/sessions/{id}/transcripts" is about a session, "/api/v1/auth/…" about a user. */
static void kind_of(const char *pattern, char *to, size_t size)
{
    size_t n;

    if (!strncmp(pattern, admin_prefix, sizeof(admin_prefix) - 1))
        pattern += sizeof(admin_prefix) - 1;
    else if (!strncmp(pattern, auth_prefix, sizeof(auth_prefix) - 1))
        pattern = strstr(pattern, "/sign-ins")   ? "sign-in"
                  : strstr(pattern, "/keys")     ? "key"
                  : strstr(pattern, "/passkeys") ? "passkey"
                                                 : "user";
    else if (!strncmp(pattern, compat_prefix, sizeof(compat_prefix) - 1))
        pattern += sizeof(compat_prefix) - 1;
    else if (!strncmp(pattern, prefix, sizeof(prefix) - 1))
        pattern += sizeof(prefix) - 1;
    n = strcspn(pattern, "/");
    if (n > 1 && pattern[n - 1] == 's' && strncmp(pattern, "analytics", n) != 0)
        n--;
    if (n >= size)
        n = size - 1;
    memcpy(to, pattern, n);
    to[n] = '\0';
}

/* The id in the address, or of what was created (Location). */
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

/* ------------------------------------------------------------------------------ writing */

void api_origin(const struct http_request *req, struct api_origin *origin)
{
    const char *agent = http_header(req, "user-agent");
    unsigned char digest[SHA256_DIGEST_LENGTH];

    *origin = (struct api_origin){0};
    text_copy(origin->address, sizeof(origin->address), req->peer, strlen(req->peer));
    if (!agent)
        return;
    SHA256((const unsigned char *)agent, strlen(agent), digest);
    for (size_t i = 0; 2 * i + 1 < sizeof(origin->agent); i++)
        snprintf(origin->agent + 2 * i, 3, "%02x", digest[i]);
}

void api_audit_say(const struct api_origin *origin, const char *user, const char *action,
                   const char *kind, const char *id, int status, const char *request_id)
{
    int err = audit(&(struct audit_event){
        .user = user,
        .action = action,
        .kind = kind,
        .id = id,
        .status = status,
        .request_id = request_id,
        .address = origin->address,
        .agent = origin->agent,
    });

    if (err)
        log_error("audit", "the audit log cannot be written: %s", uv_strerror(err));
}

static void say(const struct http_request *req, const struct http_response *res)
{
    char kind[AUDIT_WORD_MAX], made[ID_TEXT_MAX];
    struct api_origin origin;
    const char *id = id_of(req, res, made, sizeof(made));

    kind_of(req->route->pattern, kind, sizeof(kind));
    api_origin(req, &origin);
    api_audit_say(&origin, req->user, action_of(req), kind, id_valid(id) ? id : "", res->status,
                  req->id);
}

static bool is_refusal(int status)
{
    return status == 401 || status == 403 || status == 404 || status == 429;
}

void api_audit_refused(const struct http_request *req, const struct http_response *res)
{
    struct ratelimit_state state;
    char address[64];

    if (!is_refusal(res->status) || req->route->flags & ROUTE_INLINE)
        return;
    address_network(req->peer, address);
    if (ratelimit_take(app_of(req)->audit_limit, address, clock_mono_ms(), &state))
        say(req, res);
}

void api_audit(const struct http_request *req, const struct http_response *res)
{
    if (!req->user[0] && (res->status / 100 == 2 || res->status == 401))
        return; /* signing in and out are recorded elsewhere: only there is the user known */
    if (is_refusal(res->status))
        api_audit_refused(req, res);
    else if (res->status / 100 == 2 && (!is_reading(req) || http_param(req, "id") || is_list(req) ||
                                        ends_with(req->route->pattern, "/export")))
        say(req, res);
}

/* ------------------------------------------------------------------------------ reading */

void api_audit_write(struct buf *out, const struct audit_entry *e)
{
    buf_printf(out, "{\"id\":\"%" PRId64 "\",\"time\":\"%s\",\"action\":", e->number, e->time);
    record_text(out, e->action);
    buf_puts(out, ",\"kind\":");
    record_text(out, e->kind);
    buf_puts(out, ",\"recordId\":");
    record_text(out, e->id[0] ? e->id : NULL);
    buf_printf(out, ",\"status\":%d,\"requestId\":", e->status);
    record_text(out, e->request_id[0] ? e->request_id : NULL);
    buf_puts(out, ",\"address\":");
    record_text(out, e->address[0] ? e->address : NULL);
    buf_puts(out, ",\"agent\":");
    record_text(out, e->agent[0] ? e->agent : NULL);
    buf_putc(out, '}');
}

static int get_audit(const struct http_request *req, struct http_response *res)
{
    struct audit_entry entries[STORE_PAGE_MAX];
    struct errbuf why = {""};
    struct page page;
    struct buf *out;
    int64_t before = 0;
    size_t n;
    bool more;
    int err;

    if (validate_page(req, res, &page))
        return 0;
    if (page.cursor[0] && !text_to_int64(page.cursor, 1, INT64_MAX, &before))
        return reply_failed(req, res, UV_EINVAL, &why, "event");
    n = page.limit;
    if ((err = audit_read(req->user, before, entries, &n, &more)))
        return reply_failed(req, res, err, &why, "event");
    out = reply_json(res, 200);
    buf_puts(out, "{\"items\":[");
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_putc(out, ',');
        api_audit_write(out, &entries[i]);
    }
    buf_puts(out, "],\"nextCursor\":");
    if (more && n)
        buf_printf(out, "\"%" PRId64 "\"}", entries[n - 1].number);
    else
        buf_puts(out, "null}");
    return 0;
}

const struct http_route api_audit_routes[] = {
    {"GET", "/api/v1/audit", get_audit, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {.method = NULL},
};
