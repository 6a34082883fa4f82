/**
 * @file api/auth_mail.c  Finding out whom to notify by mail
 *
 * Nobody may learn whether an address has an account: the answer is the same in both cases, and is
 * sent before the lookup.
 */
#include "api/auth.h"
#include "api/limit.h"
#include "api/validate.h"
#include "base/json.h"
#include "loop/lanes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct field mail_fields[] = {
    {"email", FIELD_EMAIL, .max = 254, .flags = FIELD_REQUIRED | FIELD_TRIM},
    {.name = NULL},
};

int auth_mail_address(const struct http_request *req, struct http_response *res,
                      char email[static ACCOUNTS_EMAIL_MAX])
{
    json_t *body;
    int err;

    if (validate_body(req, res, mail_fields, 0, &body))
        return 1;
    err = accounts_email(json_str(body, "email"), email);
    json_decref(body);
    return err ? validate_refuse(req, res, "/email", "must be an e-mail address") : 0;
}

static void looked(int err, void *mail)
{
    (void)err; /* the lanes are closing */
    free(mail);
}

int auth_mail_later(const struct http_request *req, struct http_response *res, const char *email,
                    void (*look)(void *mail), const char *message)
{
    const struct app *app = app_of(req);
    struct auth_mail *m;
    int err;

    if (auth_limit(req, res, email))
        return 0;
    m = calloc(1, sizeof(*m));
    if (!m)
        return UV_ENOMEM;
    m->app = app;
    api_origin(req, &m->origin);
    snprintf(m->request_id, sizeof(m->request_id), "%s", req->id);
    snprintf(m->email, sizeof(m->email), "%s", email);
    err = lane_submit(app->lanes, LANE_READ, look, looked, m);
    if (err) {
        free(m);
        return err;
    }
    return http_reply_json(res, 202, json_pack("{s:s}", "message", message));
}
