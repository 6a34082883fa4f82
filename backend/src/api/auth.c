/**
 * @file api/auth.c  Signing up, in, on and out; who am I
 *
 * The refresh token is in the body for programs and in an HttpOnly cookie for pages. The cookie
 * counts only when the request shows that it comes from our own page
 * (docs/architecture/decisions/0015-a-cookie-needs-a-page.md).
 */
#include "api/limit.h"
#include "api/recordings.h"
#include "api/reply.h"
#include "api/validate.h"
#include "api/voices.h"
#include "auth/accounts.h"
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

static const struct field signup_fields[] = {
    {"email", FIELD_EMAIL, .max = 254, .flags = FIELD_REQUIRED | FIELD_TRIM},
    {"password", FIELD_TEXT, .min = 10, .max = 200, .flags = FIELD_REQUIRED},
    {"displayName", FIELD_TEXT, .min = 1, .max = 120, .flags = FIELD_REQUIRED | FIELD_TRIM},
    {.name = NULL},
};
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
static const struct field settings_fields[] = {
    {"preferredLLM", FIELD_TEXT, .max = 64, .flags = FIELD_NULLABLE},
    {"audioDevice", FIELD_TEXT, .max = 256, .flags = FIELD_NULLABLE},
    {"language", FIELD_LANGUAGE, .flags = 0},
    {"voiceId", FIELD_TEXT, .max = 128, .flags = FIELD_NULLABLE},
    {"theme", FIELD_CHOICE, .choices = "system|light|dark"},
    {.name = NULL},
};
static const struct field me_fields[] = {
    {"displayName", FIELD_TEXT, .min = 1, .max = 120, .flags = FIELD_TRIM},
    {"settings", FIELD_OBJECT, .members = settings_fields},
    {.name = NULL},
};

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

/* Who signed in or out, or tried to: nobody else knows whose account it was. "": nobody's. */
static void tell(const struct http_request *req, const char *user, const char *action, int status)
{
    struct api_origin origin;

    api_origin(req, &origin);
    api_audit_say(&origin, user, action, "user", user, status, req->id);
}

static const char *last_word(const struct http_request *req)
{
    return strrchr(req->route->pattern, '/') + 1;
}

static int reply_grant(const struct http_request *req, struct http_response *res, int status,
                       struct grant *grant)
{
    struct buf *out = reply_json(res, status);

    tell(req, grant->user.id, last_word(req), status);
    set_cookie(req, res, grant->refresh, grant->refresh_expires_in);
    buf_puts(out, "{\"user\":");
    record_user(out, &grant->user);
    buf_printf(out, ",\"accessToken\":\"%s\",\"expiresIn\":%d,\"refreshToken\":\"%s\"}",
               grant->access, grant->expires_in, grant->refresh);
    grant_release(grant);
    return 0;
}

static int reply_unauthorized(const struct http_request *req, struct http_response *res,
                              const char *code, const char *detail)
{
    http_set_header(res, "WWW-Authenticate", "Bearer");
    return http_problem(res, req, 401, code, detail, NULL);
}

/* What accounts_*() answers when it does not grant. */
static int reply_refused(const struct http_request *req, struct http_response *res, int code,
                         const struct errbuf *why, const char *access_code)
{
    switch (code) {
    case UV_EACCES:
        return reply_unauthorized(req, res, access_code, why->text[0] ? why->text : NULL);
    case UV_ETIMEDOUT:
        return reply_unauthorized(req, res, "unauthorized", why->text);
    case UV_EALREADY:
        set_cookie(req, res, "", 0);
        return reply_unauthorized(req, res, "refresh_reused", why->text);
    default:
        return reply_failed(req, res, code, why, "user");
    }
}

static int reply_accounts_off(const struct http_request *req, struct http_response *res)
{
    return http_problem(res, req, 403, "accounts_off",
                        "This server has one local owner and no accounts; use auth/local.", NULL);
}

/* -------------------------------------------------------------------------- sign up and in */

/* Guesses are bounded for the one who guesses, for the account, and for both together. account: an
 * e-mail address as accounts_email() writes it, or a user's id; NULL: an account is to be made. */
static int limit_sign_in(const struct http_request *req, struct http_response *res,
                         const char *account)
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

static bool is_refused_password(const struct http_request *req, struct http_response *res,
                                const char *field, const char *password)
{
    if (!password_is_common(password))
        return false;
    validate_refuse(req, res, field, "is one of the passwords that are tried first; take another");
    return true;
}

static int post_signup(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    char email[ACCOUNTS_EMAIL_MAX];
    struct errbuf why = {""};
    struct grant grant;
    json_t *body;
    int err;

    if (!app->config->accounts)
        return reply_accounts_off(req, res);
    if (validate_body(req, res, signup_fields, 0, &body))
        return 0;
    if (find_email(req, res, body, email) ||
        is_refused_password(req, res, "/password", json_str(body, "password")) ||
        limit_sign_in(req, res, NULL)) {
        json_decref(body);
        return 0;
    }
    err = accounts_signup(app->accounts, json_str(body, "email"), json_str(body, "password"),
                          json_str(body, "displayName"), clock_unix_ms(), &grant, &why);
    json_decref(body);
    if (err == UV_EEXIST)
        return http_problem(res, req, 409, "email_taken",
                            "An account with this e-mail address exists already.", NULL);
    return err ? reply_refused(req, res, err, &why, "unauthorized")
               : reply_grant(req, res, 201, &grant);
}

static int post_login(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    char email[ACCOUNTS_EMAIL_MAX];
    struct errbuf why = {""};
    struct grant grant;
    json_t *body;
    int err;

    if (!app->config->accounts)
        return reply_accounts_off(req, res);
    if (validate_body(req, res, login_fields, 0, &body))
        return 0;
    if (find_email(req, res, body, email) || limit_sign_in(req, res, email)) {
        json_decref(body);
        return 0;
    }
    err = accounts_login(app->accounts, json_str(body, "email"), json_str(body, "password"),
                         clock_unix_ms(), &grant, &why);
    json_decref(body);
    if (err == UV_EACCES)
        tell(req, grant.user.id, "login", 401);
    return err ? reply_refused(req, res, err, &why, "invalid_credentials")
               : reply_grant(req, res, 200, &grant);
}

static int post_local(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct errbuf why = {""};
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
    err = accounts_local(app->accounts, clock_unix_ms(), &grant, &why);
    return err ? reply_refused(req, res, err, &why, "unauthorized")
               : reply_grant(req, res, 200, &grant);
}

/* ----------------------------------------------------------------------------- on and out */

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
    struct grant grant;
    char token[513];
    int err;

    if (find_refresh(req, res, token))
        return 0;
    if (!token[0])
        return reply_unauthorized(req, res, "unauthorized", "Sign in first.");
    err = accounts_refresh(app_of(req)->accounts, token, clock_unix_ms(), req->received_us, &grant,
                           &why);
    if (err == UV_EALREADY)
        tell(req, grant.user.id, "token_reused", 401);
    else if (err == UV_EACCES || err == UV_ETIMEDOUT)
        tell(req, grant.user.id, "refresh", 401);
    if (err == UV_EBUSY)
        return http_problem(res, req, 409, "conflict", why.text, NULL);
    return err ? reply_refused(req, res, err, &why, "unauthorized")
               : reply_grant(req, res, 200, &grant);
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
        tell(req, user[0] ? user : claims.user, "logout", 204);
    set_cookie(req, res, "", 0);
    return http_reply_empty(res, 204);
}

/* Whoever asks stays signed in; every other sign-in of the account ends. */
static int post_password(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct token_claims claims;
    struct errbuf why = {""};
    json_t *body;
    int err;

    if (!app->config->accounts)
        return reply_accounts_off(req, res);
    if (validate_body(req, res, password_fields, 0, &body))
        return 0;
    if (is_refused_password(req, res, "/new", json_str(body, "new")) ||
        limit_sign_in(req, res, req->user)) {
        json_decref(body);
        return 0;
    }
    err = request_claims(req, &claims);
    if (!err)
        err =
            accounts_password(app->accounts, claims.user, claims.family, json_str(body, "current"),
                              json_str(body, "new"), clock_unix_ms(), &why);
    json_decref(body);
    if (err == UV_ENOTSUP)
        return reply_accounts_off(req, res);
    return err ? reply_refused(req, res, err, &why, "invalid_credentials")
               : http_reply_empty(res, 204);
}

/* --------------------------------------------------------------------------------- who */

static int get_me(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    struct store_user user;
    int err = store_user_get(app_of(req)->store, req->user, &user, &why);

    if (err == UV_ENOENT)
        return reply_unauthorized(req, res, "unauthorized", "Sign in first.");
    if (err)
        return reply_failed(req, res, err, &why, "user");
    record_user(reply_json(res, 200), &user);
    store_user_release(&user);
    return 0;
}

static int replace(char **text, char *fresh)
{
    if (!fresh)
        return UV_ENOMEM;
    free(*text);
    *text = fresh;
    return 0;
}

static int merge_settings(struct store_user *user, json_t *changes)
{
    json_t *settings = json_parse(user->settings, strlen(user->settings));
    int err = UV_ENOMEM;

    if (!settings)
        settings = json_object();
    if (!json_object_update(settings, changes))
        err = replace(&user->settings, json_dumps(settings, JSON_COMPACT));
    json_decref(settings);
    return err;
}

/* What the body says goes into user; called by the store while nobody else changes it. */
static int change_me(struct store_user *user, void *arg)
{
    const json_t *body = arg;
    json_t *settings = json_object_get(body, "settings");
    int err = 0;

    if (json_str(body, "displayName"))
        err = replace(&user->display_name, strdup(json_str(body, "displayName")));
    return !err && settings ? merge_settings(user, settings) : err;
}

static int patch_me(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    struct store_user user;
    json_t *body;
    int err;

    if (validate_body(req, res, me_fields, BODY_NOT_EMPTY, &body))
        return 0;
    err = store_user_change(app_of(req)->store, req->user, change_me, body, &user, &why);
    json_decref(body);
    if (err == UV_ENOENT)
        return reply_unauthorized(req, res, "unauthorized", "Sign in first.");
    if (err)
        return reply_failed(req, res, err, &why, "user");
    record_user(reply_json(res, 200), &user);
    store_user_release(&user);
    return 0;
}

static int delete_me(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    int err = accounts_erase(app_of(req)->accounts, req->user, clock_unix_ms(), &why);

    if (err == UV_ENOENT)
        return reply_unauthorized(req, res, "unauthorized", "Sign in first.");
    if (err)
        return reply_failed(req, res, err, &why, "user");
    voices_forget(req, NULL);
    recordings_clean(app_of(req));
    set_cookie(req, res, "", 0);
    return http_reply_empty(res, 204);
}

const struct http_route api_auth_routes[] = {
    {"POST", "/api/v1/auth/signup", post_signup, .flags = ROUTE_LANE_HASH, .body_max = 16 << 10,
     .types = HTTP_JSON},
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
    {"GET", "/api/v1/auth/me", get_me, .flags = ROUTE_AUTH},
    {"PATCH", "/api/v1/auth/me", patch_me, .flags = ROUTE_AUTH | ROUTE_LANE_STORE,
     .body_max = 16 << 10, .types = HTTP_JSON},
    {"DELETE", "/api/v1/auth/me", delete_me, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {.method = NULL},
};
