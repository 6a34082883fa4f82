/**
 * @file api/signup.c  Creating an account
 *
 * With a link that is sent by mail or, if the operator allows it, at once. Only the reader of an
 * address's mail may learn whether it has an account: the answer is sent before the lookup, and a
 * mail is sent in both cases (docs/architecture/decisions/0034).
 */
#include "api/auth.h"
#include "api/mailer.h"
#include "api/validate.h"
#include "auth/signup_link.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "observe/log.h"

#include <stdio.h>
#include <string.h>

enum { BODY_MAX = 16 << 10 };

static const struct field open_fields[] = {
    {"email", FIELD_EMAIL, .max = 254, .flags = FIELD_REQUIRED | FIELD_TRIM},
    {"password", FIELD_TEXT, .min = 10, .max = 200, .flags = FIELD_REQUIRED},
    {"displayName", FIELD_TEXT, .min = 1, .max = 120, .flags = FIELD_REQUIRED | FIELD_TRIM},
    {.name = NULL},
};
static const struct field link_fields[] = {
    {"token", FIELD_TEXT, .min = 1, .max = SIGNUP_LINK_TEXT_MAX - 1, .flags = FIELD_REQUIRED},
    {"password", FIELD_TEXT, .min = 10, .max = 200, .flags = FIELD_REQUIRED},
    {"displayName", FIELD_TEXT, .min = 1, .max = 120, .flags = FIELD_REQUIRED | FIELD_TRIM},
    {.name = NULL},
};

enum sign_ups auth_sign_ups(const struct app *app)
{
    const char *wanted = app->config->sign_ups;

    if (!wanted)
        return mailer_is_there(app) ? SIGN_UPS_MAIL : SIGN_UPS_ON;
    if (!strcmp(wanted, "on"))
        return SIGN_UPS_ON;
    return !strcmp(wanted, "mail") && mailer_is_there(app) ? SIGN_UPS_MAIL : SIGN_UPS_OFF;
}

/* 1: answered, because accounts are not created that way here. */
static int refuse(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);

    if (!app->config->accounts) {
        auth_accounts_off(req, res);
        return 1;
    }
    if (auth_sign_ups(app) != SIGN_UPS_OFF)
        return 0;
    http_problem(res, req, 403, "sign_ups_off",
                 "On this server accounts are made by its operator; ask for one.", NULL);
    return 1;
}

/* ---- after the answer --------------------------------------------------------------------- */

static int send_signup(const struct auth_mail *w, struct errbuf *why)
{
    char token[SIGNUP_LINK_TEXT_MAX];
    int err = signup_link_make(w->app->seal, w->email, clock_unix_ms(), token, why);

    if (!err)
        err = mailer_send_signup(w->app, w->email, token);
    explicit_bzero(token, sizeof(token));
    return err;
}

static void look(void *arg)
{
    const struct auth_mail *w = arg;
    struct errbuf why = {""};
    struct store_user user;
    int err = store_user_by_email(w->app->store, w->email, &user, &why);

    if (err == UV_ENOENT) {
        err = send_signup(w, &why);
    } else if (!err) {
        if (!user.disabled_at) /* nobody learns about a disabled account */
            err = mailer_send_known(w->app, user.email, user.display_name);
        api_audit_say(&w->origin, user.id, "signup", "user", user.id, err ? 503 : 202,
                      w->request_id);
        store_user_release(&user);
    }
    if (err)
        log_error("mail", "%s: nobody hears of a sign-up: %s", w->request_id,
                  why.text[0] ? why.text : uv_strerror(err));
}

static int post_mail(const struct http_request *req, struct http_response *res)
{
    char email[ACCOUNTS_EMAIL_MAX];

    if (refuse(req, res) || auth_mail_address(req, res, email))
        return 0;
    if (auth_sign_ups(app_of(req)) == SIGN_UPS_ON)
        return http_problem(res, req, 409, "conflict",
                            "On this server an account is made at once, without a mail: POST "
                            "auth/signup.",
                            NULL);
    return auth_mail_later(req, res, email, look, "A mail is on its way to this address.");
}

/* ---- creating ----------------------------------------------------------------------------- */

/* The address of the new account: the one proved by its link, or the one in the body. 1:
 * answered. */
static int find_address(const struct http_request *req, struct http_response *res, json_t *body,
                        char email[static ACCOUNTS_EMAIL_MAX])
{
    const char *token = json_str(body, "token");
    struct errbuf why = {""};

    if (token) {
        if (!signup_link_read(app_of(req)->seal, token, clock_unix_ms(), email, &why))
            return 0;
        auth_unauthorized(req, res, "link_expired", why.text);
        return 1;
    }
    if (!accounts_email(json_str(body, "email"), email))
        return 0;
    return validate_refuse(req, res, "/email", "must be an e-mail address");
}

static int reply_taken(const struct http_request *req, struct http_response *res, bool by_link)
{
    if (by_link)
        return auth_unauthorized(req, res, "link_expired",
                                 "There is an account with this address by now: sign in.");
    return http_problem(res, req, 409, "email_taken",
                        "An account with this e-mail address exists already.", NULL);
}

static int post_signup(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    const char *about[3] = {NULL};
    char email[ACCOUNTS_EMAIL_MAX];
    struct errbuf why = {""};
    struct auth_origin origin;
    struct grant grant;
    bool by_link;
    json_t *body;
    int err;

    if (refuse(req, res))
        return 0;
    by_link = auth_sign_ups(app) == SIGN_UPS_MAIL;
    if (validate_body(req, res, by_link ? link_fields : open_fields, 0, &body))
        return 0;
    about[0] = json_str(body, "displayName");
    if (auth_limit(req, res, NULL) || find_address(req, res, body, email) ||
        (about[1] = email,
         auth_refuse_weak(req, res, "/password", json_str(body, "password"), about))) {
        json_decref(body);
        return 0;
    }
    err = accounts_signup(app->accounts, email, json_str(body, "password"),
                          json_str(body, "displayName"), clock_unix_ms(), auth_from(req, &origin),
                          &grant, &why);
    json_decref(body);
    if (err == UV_EEXIST)
        return reply_taken(req, res, by_link);
    return err ? auth_reply_refused(req, res, err, &why, "unauthorized")
               : auth_reply_grant(req, res, 201, &grant);
}

const struct http_route api_signup_routes[] = {
    {"POST", "/api/v1/auth/signup", post_signup, .flags = ROUTE_LANE_HASH, .body_max = BODY_MAX,
     .types = HTTP_JSON},
    {"POST", "/api/v1/auth/signup/mail", post_mail, .body_max = BODY_MAX, .types = HTTP_JSON},
    {.method = NULL},
};
