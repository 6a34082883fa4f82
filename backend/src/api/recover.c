/**
 * @file api/recover.c  For a user who has forgotten the password: a link by mail, and setting a new
 * one
 *
 * Nobody may learn whether an e-mail has an account: the answer is sent before the lookup; looking
 * up, making a token and sending happen afterwards (docs/guides/accounts.md).
 */
#include "api/auth.h"
#include "api/mailer.h"
#include "api/validate.h"
#include "auth/recovery.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "observe/log.h"

#include <stdio.h>
#include <string.h>

static const struct field reset_fields[] = {
    {"token", FIELD_TEXT, .min = 1, .max = 128, .flags = FIELD_REQUIRED},
    {"password", FIELD_TEXT, .min = 10, .max = 200, .flags = FIELD_REQUIRED},
    {.name = NULL},
};

/* ---- after the answer --------------------------------------------------------------------- */

static void send_link(const struct auth_mail *f, const struct store_user *user)
{
    char token[RECOVERY_TEXT_MAX];
    struct errbuf why = {""};
    int err = recovery_begin(f->app->accounts, user->id, RECOVERY_S, clock_unix_ms(), token, &why);

    if (!err) {
        err = mailer_send_link(f->app, user->email, user->display_name, token);
        explicit_bzero(token, sizeof(token));
    }
    if (err && err != UV_EPERM) /* nobody learns about a disabled account */
        log_error("mail", "%s: a link could not be made: %s", f->request_id,
                  why.text[0] ? why.text : uv_strerror(err));
    api_audit_say(&f->origin, user->id, "forgot", "user", user->id, err ? 503 : 202, f->request_id);
}

static void look(void *arg)
{
    const struct auth_mail *f = arg;
    struct errbuf why = {""};
    struct store_user user;
    int err = store_user_by_email(f->app->store, f->email, &user, &why);

    if (err) {
        if (err != UV_ENOENT)
            log_error("mail", "%s: %s", f->request_id, why.text);
        return;
    }
    send_link(f, &user);
    store_user_release(&user);
}

/* --------------------------------------------------------------------------- the requests */

static int post_forgot(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    char email[ACCOUNTS_EMAIL_MAX];

    if (!app->config->accounts)
        return auth_accounts_off(req, res);
    if (auth_mail_address(req, res, email))
        return 0;
    if (!mailer_is_there(app))
        return http_problem(res, req, 503, "unavailable",
                            "This server sends no mail. Ask whoever runs it for a link that sets "
                            "another password.",
                            NULL);
    return auth_mail_later(req, res, email, look,
                           "If there is an account with this address, a mail is on its way to it.");
}

static int post_reset(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    char user[ID_TEXT_MAX];
    struct errbuf why = {""};
    json_t *body;
    int err;

    if (!app->config->accounts)
        return auth_accounts_off(req, res);
    if (validate_body(req, res, reset_fields, 0, &body))
        return 0;
    if (auth_limit(req, res, NULL) ||
        auth_refuse_weak(req, res, "/password", json_str(body, "password"), NULL)) {
        json_decref(body);
        return 0;
    }
    err = recovery_end(app->accounts, json_str(body, "token"), json_str(body, "password"),
                       clock_unix_ms(), user, &why);
    json_decref(body);
    if (err == UV_EACCES)
        return auth_unauthorized(req, res, "link_expired", why.text);
    if (err)
        return reply_failed(req, res, err, &why, "user");
    auth_tell(req, user, "reset", 204);
    return http_reply_empty(res, 204);
}

const struct http_route api_recover_routes[] = {
    {"POST", "/api/v1/auth/forgot", post_forgot, .body_max = 16 << 10, .types = HTTP_JSON},
    {"POST", "/api/v1/auth/reset", post_reset, .flags = ROUTE_LANE_HASH, .body_max = 16 << 10,
     .types = HTTP_JSON},
    {.method = NULL},
};
