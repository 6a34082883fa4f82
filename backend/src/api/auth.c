/**
 * @file api/auth.c  Sign-in, refresh, sign-out, and changing the password
 *
 * The refresh token is in the body for programs and in an HttpOnly cookie for pages. The cookie
 * counts only when the request shows that it comes from our own page
 * (docs/architecture/decisions/0015-a-cookie-needs-a-page.md).
 */
#include "api/auth.h"

#include "api/limit.h"
#include "api/validate.h"
#include "auth/password.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "export/record.h"
#include "net/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Over TLS under the name that browsers let only this host set, and only over TLS (RFC 6265bis
 * section 4.1.3.2): then no other host or plain page can put one of its own there. */
#define COOKIE        "interviewd_refresh"
#define COOKIE_SECURE "__Host-interviewd_refresh"

static const struct field login_fields[] = {
    {"email", FIELD_EMAIL, .max = 254, .flags = FIELD_REQUIRED | FIELD_TRIM},
    {"password", FIELD_TEXT, .min = 1, .max = 200, .flags = FIELD_REQUIRED},
    {.name = NULL},
};
static const struct field password_fields[] = {
    {"current", FIELD_TEXT, .min = 1, .max = 200, .flags = FIELD_REQUIRED},
    {"new", FIELD_TEXT, .min = 10, .max = 200, .flags = FIELD_REQUIRED},
    {.name = NULL},
};
static const struct field refresh_fields[] = {
    {"refreshToken", FIELD_TEXT, .min = 1, .max = 512},
    {.name = NULL},
};
static const struct field no_fields[] = {{.name = NULL}};
/* ------------------------------------------------------------------------------- answers */

static void set_cookie(const struct http_request *req, struct http_response *res, const char *value,
                       int max_age)
{
    bool secure = request_is_secure(req);
    char text[256];

    snprintf(text, sizeof(text), "%s=%s; HttpOnly; SameSite=Strict; Path=%s; Max-Age=%d%s",
             secure ? COOKIE_SECURE : COOKIE, value, secure ? "/" : "/api/v1/auth", max_age,
             secure ? "; Secure" : "");
    http_set_header(res, "Set-Cookie", text);
}

void auth_clear_cookie(const struct http_request *req, struct http_response *res)
{
    set_cookie(req, res, "", 0);
}

void auth_tell(const struct http_request *req, const char *user, const char *action, int status)
{
    struct api_origin origin;

    api_origin(req, &origin);
    api_audit_say(&origin, user, action, "user", user, status, req->id);
}

static const char *last_word(const struct http_request *req)
{
    return strrchr(req->route->pattern, '/') + 1;
}

int auth_reply_grant(const struct http_request *req, struct http_response *res, int status,
                     struct grant *grant)
{
    struct buf *out = reply_json(res, status);

    auth_tell(req, grant->user.id, last_word(req), status);
    set_cookie(req, res, grant->refresh, grant->refresh_expires_in);
    buf_puts(out, "{\"user\":");
    record_user(out, &grant->user);
    buf_printf(out, ",\"accessToken\":\"%s\",\"expiresIn\":%d,\"refreshToken\":\"%s\"}",
               grant->access, grant->expires_in, grant->refresh);
    grant_release(grant);
    return 0;
}

int auth_unauthorized(const struct http_request *req, struct http_response *res, const char *code,
                      const char *detail)
{
    http_set_header(res, "WWW-Authenticate", "Bearer");
    return http_problem(res, req, 401, code, detail, NULL);
}

int auth_reply_refused(const struct http_request *req, struct http_response *res, int err,
                       const struct errbuf *why, const char *access_code)
{
    switch (err) {
    case UV_EACCES:
        return auth_unauthorized(req, res, access_code, why->text[0] ? why->text : NULL);
    case UV_ETIMEDOUT:
        return auth_unauthorized(req, res, "unauthorized", why->text);
    case UV_EALREADY:
        set_cookie(req, res, "", 0);
        return auth_unauthorized(req, res, "refresh_reused", why->text);
    default:
        return reply_failed(req, res, err, why, "user");
    }
}

int auth_accounts_off(const struct http_request *req, struct http_response *res)
{
    return http_problem(res, req, 403, "accounts_off",
                        "This server has one local owner and no accounts; use auth/local.", NULL);
}

/* --------------------------------------------------------------------------------- sign in */

int auth_limit(const struct http_request *req, struct http_response *res, const char *account)
{
    const struct app *app = app_of(req);
    char address[64];
    char both[64 + 1 + ACCOUNTS_EMAIL_MAX];

    address_network(req->peer, address);
    snprintf(both, sizeof(both), "%s|%s", address, account ? account : "");
    return limit_request(req, res, app->address_limit, address, false) ||
           (account && limit_request(req, res, app->account_limit, account, false)) ||
           limit_request(req, res, app->sign_in_limit, both, false);
}

/* The e-mail address of the body as accounts know it. 1: answered. */
static int find_email(const struct http_request *req, struct http_response *res, json_t *body,
                      char email[static ACCOUNTS_EMAIL_MAX])
{
    if (!accounts_email(json_str(body, "email"), email))
        return 0;
    return validate_refuse(req, res, "/email", "must be an e-mail address");
}

bool auth_refuse_weak(const struct http_request *req, struct http_response *res, const char *field,
                      const char *password, const char *const *about)
{
    const char *weakness = password_weakness(password, about);
    char message[160];

    if (!weakness)
        return false;
    snprintf(message, sizeof(message),
             "is %s; take three or four words that have nothing to do with each other", weakness);
    validate_refuse(req, res, field, message);
    return true;
}

const struct sign_in_from *auth_from(const struct http_request *req, struct auth_origin *origin)
{
    auth_program(http_header(req, "user-agent"), origin->program, sizeof(origin->program));
    origin->from = (struct sign_in_from){.address = req->peer, .program = origin->program};
    return &origin->from;
}

static int post_login(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    char email[ACCOUNTS_EMAIL_MAX];
    struct errbuf why = {""};
    struct auth_origin origin;
    struct grant grant;
    json_t *body;
    int err;

    if (!app->config->accounts)
        return auth_accounts_off(req, res);
    if (validate_body(req, res, login_fields, 0, &body))
        return 0;
    if (find_email(req, res, body, email) || auth_limit(req, res, email)) {
        json_decref(body);
        return 0;
    }
    err = accounts_login(app->accounts, json_str(body, "email"), json_str(body, "password"),
                         clock_unix_ms(), auth_from(req, &origin), &grant, &why);
    json_decref(body);
    if (err == UV_EPERM) {
        auth_tell(req, grant.user.id, "login", 403);
        return http_problem(res, req, 403, "account_disabled", why.text, NULL);
    }
    if (err == UV_EACCES)
        auth_tell(req, grant.user.id, "login", 401);
    return err ? auth_reply_refused(req, res, err, &why, "invalid_credentials")
               : auth_reply_grant(req, res, 200, &grant);
}

static int post_local(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct errbuf why = {""};
    struct auth_origin origin;
    struct grant grant;
    json_t *body;
    int err;

    if (app->config->accounts)
        return http_problem(res, req, 403, "accounts_on",
                            "This server has accounts; sign in with yours.", NULL);
    if (!http_is_local(req))
        return http_problem(res, req, 403, "forbidden_origin",
                            "Only a page of this server on this machine may sign in like that.",
                            NULL);
    if (validate_body(req, res, no_fields, BODY_OPTIONAL, &body))
        return 0;
    json_decref(body);
    err = accounts_local(app->accounts, clock_unix_ms(), auth_from(req, &origin), &grant, &why);
    return err ? auth_reply_refused(req, res, err, &why, "unauthorized")
               : auth_reply_grant(req, res, 200, &grant);
}

/* ---- refresh and sign-out ---------------------------------------------------------------- */

/* The refresh token of the body, else of the cookie; "" when there is none. 1: answered. */
static int find_refresh(const struct http_request *req, struct http_response *res,
                        char token[static 513])
{
    const char *cookie;
    json_t *body;

    token[0] = '\0';
    if (validate_body(req, res, refresh_fields, BODY_OPTIONAL, &body))
        return 1;
    if (json_str(body, "refreshToken"))
        snprintf(token, 513, "%s", json_str(body, "refreshToken"));
    json_decref(body);
    cookie = token[0] ? NULL : http_cookie(req, request_is_secure(req) ? COOKIE_SECURE : COOKIE);
    if (!cookie)
        return 0;
    if (!request_is_of_page(req)) {
        http_problem(res, req, 403, "forbidden_origin",
                     "The cookie counts only with an Origin, a Sec-Fetch-Site or an Authorization "
                     "beside it. A program sends the token in the body: refreshToken.",
                     NULL);
        return 1;
    }
    snprintf(token, 513, "%s", cookie);
    return 0;
}

static int post_refresh(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    struct auth_origin origin;
    struct grant grant;
    char token[513];
    int err;

    if (find_refresh(req, res, token))
        return 0;
    if (!token[0])
        return auth_unauthorized(req, res, "unauthorized", "Sign in first.");
    err = accounts_refresh(app_of(req)->accounts, token, clock_unix_ms(), req->received_us,
                           auth_from(req, &origin), &grant, &why);
    if (err == UV_EALREADY)
        auth_tell(req, grant.user.id, "token_reused", 401);
    else if (err == UV_EACCES || err == UV_ETIMEDOUT)
        auth_tell(req, grant.user.id, "refresh", 401);
    if (err == UV_EBUSY)
        return http_problem(res, req, 409, "conflict", why.text, NULL);
    return err ? auth_reply_refused(req, res, err, &why, "unauthorized")
               : auth_reply_grant(req, res, 200, &grant);
}

static int post_logout(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    char token[513];
    char user[ID_TEXT_MAX] = "";
    struct token_claims claims = {0};
    int err;

    if (find_refresh(req, res, token))
        return 0;
    err = token[0] ? accounts_logout(app_of(req)->accounts, token, clock_unix_ms(), user, &why) : 0;
    if (!err && !request_claims(req, &claims))
        err =
            accounts_end(app_of(req)->accounts, claims.user, claims.family, clock_unix_ms(), &why);
    if (err)
        return reply_failed(req, res, err, &why, "user");
    if (user[0] || claims.user[0])
        auth_tell(req, user[0] ? user : claims.user, "logout", 204);
    set_cookie(req, res, "", 0);
    return http_reply_empty(res, 204);
}

/* The words that somebody who knows the user tries first; they live as long as user. */
static int words_about(const struct http_request *req, struct store_user *user,
                       const char *about[3], struct errbuf *why)
{
    int err = store_user_get(app_of(req)->store, req->user, user, why);

    if (err)
        return err;
    about[0] = user->display_name;
    about[1] = user->email;
    return 0;
}

/* The caller stays signed in; every other sign-in of the account ends. */
static int post_password(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct store_user user = {.email = NULL};
    const char *about[3] = {NULL};
    struct token_claims claims;
    struct errbuf why = {""};
    bool answered;
    json_t *body;
    int err;

    if (!app->config->accounts)
        return auth_accounts_off(req, res);
    if (validate_body(req, res, password_fields, 0, &body))
        return 0;
    err = words_about(req, &user, about, &why);
    answered = !err && (auth_limit(req, res, req->user) ||
                        auth_refuse_weak(req, res, "/new", json_str(body, "new"), about));
    store_user_release(&user);
    if (answered) {
        json_decref(body);
        return 0;
    }
    if (!err)
        err = request_claims(req, &claims);
    if (!err)
        err =
            accounts_password(app->accounts, claims.user, claims.family, json_str(body, "current"),
                              json_str(body, "new"), clock_unix_ms(), &why);
    json_decref(body);
    if (err == UV_ENOTSUP)
        return auth_accounts_off(req, res);
    return err ? auth_reply_refused(req, res, err, &why, "invalid_credentials")
               : http_reply_empty(res, 204);
}

const struct http_route api_auth_routes[] = {
    {"POST", "/api/v1/auth/login", post_login, .flags = ROUTE_LANE_HASH, .body_max = 16 << 10,
     .types = HTTP_JSON},
    {"POST", "/api/v1/auth/local", post_local, .flags = ROUTE_LANE_STORE, .body_max = 16 << 10,
     .types = HTTP_JSON},
    {"POST", "/api/v1/auth/refresh", post_refresh, .flags = ROUTE_LANE_STORE, .body_max = 16 << 10,
     .types = HTTP_JSON},
    {"POST", "/api/v1/auth/logout", post_logout, .flags = ROUTE_LANE_STORE, .body_max = 16 << 10,
     .types = HTTP_JSON},
    {"POST", "/api/v1/auth/password", post_password, .flags = ROUTE_AUTH | ROUTE_LANE_HASH,
     .body_max = 16 << 10, .types = HTTP_JSON},
    {.method = NULL},
};
