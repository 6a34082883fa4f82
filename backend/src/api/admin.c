/**
 * @file api/admin.c  Managing the accounts of a server, for its operator
 */
#include "api/admin.h"

#include "api/auth.h"
#include "api/validate.h"
#include "auth/recovery.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "export/record.h"
#include "observe/audit.h"

#include <string.h>

static const struct field user_fields[] = {
    {"email", FIELD_EMAIL, .max = 254, .flags = FIELD_REQUIRED | FIELD_TRIM},
    {"displayName", FIELD_TEXT, .min = 1, .max = 120, .flags = FIELD_REQUIRED | FIELD_TRIM},
    {"role", FIELD_CHOICE, .choices = "user|admin"},
    {.name = NULL},
};
static const struct field change_fields[] = {
    {"role", FIELD_CHOICE, .choices = "user|admin"},
    {"disabled", FIELD_SWITCH, .flags = 0},
    {.name = NULL},
};

int admin_link(const struct app *app, const struct store_user *user, int life_s,
               char link[static MAILER_LINK_MAX], struct errbuf *why)
{
    char token[RECOVERY_TEXT_MAX];
    int err = recovery_begin(app->accounts, user->id, life_s, clock_unix_ms(), token, why);

    if (err)
        return err;
    mailer_link(app, token, link);
    explicit_bzero(token, sizeof(token));
    return 0;
}

void admin_tell(const char *user, const char *action, const char *request_id)
{
    static const struct api_origin nowhere; /* the operator's address is none of the user's
                                               business */

    api_audit_say(&nowhere, user, action, "user", user, 200, request_id);
}

/* ------------------------------------------------------------------------------ answers */

static void write_user(struct buf *out, const struct store_user *user)
{
    buf_puts(out, "{\"id\":");
    record_text(out, user->id);
    buf_puts(out, ",\"email\":");
    record_text(out, user->email);
    buf_puts(out, ",\"displayName\":");
    record_text(out, user->display_name);
    buf_puts(out, ",\"role\":");
    record_text(out, record_role(user));
    buf_puts(out, ",\"createdAt\":");
    record_time(out, user->created_at);
    buf_puts(out, ",\"disabledAt\":");
    record_time(out, user->disabled_at);
    buf_putc(out, '}');
}

/* {"user":…,"link":…,"expiresAt":…} */
static int reply_link(struct http_response *res, int status, const struct store_user *user,
                      const char *link, int life_s)
{
    struct buf *out = reply_json(res, status);

    buf_puts(out, "{\"user\":");
    write_user(out, user);
    buf_puts(out, ",\"link\":");
    record_text(out, link);
    buf_puts(out, ",\"expiresAt\":");
    record_time(out, clock_unix_ms() + life_s * 1000LL);
    buf_putc(out, '}');
    return 0;
}

static int get_users(const struct http_request *req, struct http_response *res)
{
    struct store_list list = {0};
    struct errbuf why = {""};
    struct page page;
    struct buf *out;
    int err;

    if (validate_page(req, res, &page))
        return 0;
    err = store_user_list(app_of(req)->store, page.limit, page.cursor, &list, &why);
    if (err)
        return reply_failed(req, res, err, &why, "user");
    out = reply_json(res, 200);
    buf_puts(out, "{\"items\":[");
    for (size_t i = 0; i < list.count; i++) {
        if (i)
            buf_putc(out, ',');
        write_user(out, (const struct store_user *)list.items + i);
    }
    buf_puts(out, "],\"nextCursor\":");
    record_text(out, list.next[0] ? list.next : NULL);
    buf_putc(out, '}');
    store_list_release(&list, STORE_KIND_USER);
    return 0;
}

static int get_user(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    struct store_user user;
    int err = store_user_get(app_of(req)->store, http_param(req, "id"), &user, &why);

    if (err)
        return reply_failed(req, res, err, &why, "user");
    write_user(reply_json(res, 200), &user);
    store_user_release(&user);
    return 0;
}

/* ------------------------------------------------------------------------------ changes */

static enum store_role role_of(const char *name)
{
    return name && strcmp(name, "admin") == 0 ? STORE_ROLE_ADMIN : STORE_ROLE_USER;
}

static int post_user(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    char link[MAILER_LINK_MAX];
    struct store_user user;
    struct errbuf why = {""};
    json_t *body;
    int err;

    if (!app->config->accounts)
        return auth_accounts_off(req, res);
    if (validate_body(req, res, user_fields, 0, &body))
        return 0;
    err = accounts_add(app->accounts, json_str(body, "email"), json_str(body, "displayName"),
                       role_of(json_str(body, "role")), clock_unix_ms(), &user, &why);
    json_decref(body);
    if (err == UV_EEXIST)
        return http_problem(res, req, 409, "email_taken",
                            "An account with this e-mail address exists already.", NULL);
    if (err == UV_EINVAL) {
        validate_refuse(req, res, "/email", "must be an e-mail address");
        return 0;
    }
    if (err)
        return reply_failed(req, res, err, &why, "user");
    err = admin_link(app, &user, RECOVERY_INVITE_S, link, &why);
    if (err)
        reply_failed(req, res, err, &why, "user");
    else
        reply_link(res, 201, &user, link, RECOVERY_INVITE_S);
    reply_location(res, "admin/users", user.id);
    explicit_bzero(link, sizeof(link));
    store_user_release(&user);
    return 0;
}

/* Administrators cannot demote or disable themselves: another administrator must do that. */
static int is_own(const struct http_request *req, struct http_response *res)
{
    if (strcmp(http_param(req, "id"), req->user) != 0)
        return 0;
    http_problem(
        res, req, 409, "conflict",
        "That is your own account: another administrator changes it, or `interviewd admin` "
        "on the server.",
        NULL);
    return 1;
}

static int change_user(const struct http_request *req, const json_t *body, struct store_user *user,
                       struct errbuf *why)
{
    struct accounts *accounts = app_of(req)->accounts;
    const char *id = http_param(req, "id");
    const char *role = json_str(body, "role");
    const json_t *disabled = json_object_get(body, "disabled");
    int err = 0;

    *user = (struct store_user){.email = NULL};
    if (role)
        err = accounts_set_role(accounts, id, role_of(role), user, why);
    if (!err && role)
        admin_tell(id, user->role == STORE_ROLE_ADMIN ? "made_admin" : "made_user", req->id);
    if (!err && disabled) {
        store_user_release(user);
        err = accounts_disable(accounts, id, json_is_true(disabled), clock_unix_ms(), user, why);
    }
    if (!err && disabled)
        admin_tell(id, json_is_true(disabled) ? "disable" : "enable", req->id);
    return err;
}

static int patch_user(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    struct store_user user;
    json_t *body;
    int err;

    if (validate_body(req, res, change_fields, BODY_NOT_EMPTY, &body))
        return 0;
    if (is_own(req, res)) {
        json_decref(body);
        return 0;
    }
    err = change_user(req, body, &user, &why);
    json_decref(body);
    if (err)
        return reply_failed(req, res, err, &why, "user");
    write_user(reply_json(res, 200), &user);
    store_user_release(&user);
    return 0;
}

static int delete_user(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    int err;

    if (is_own(req, res))
        return 0;
    err = auth_erase(app_of(req), http_param(req, "id"), &why);
    return err ? reply_failed(req, res, err, &why, "user") : http_reply_empty(res, 204);
}

static int delete_sign_ins(const struct http_request *req, struct http_response *res)
{
    const char *id = http_param(req, "id");
    struct errbuf why = {""};
    struct store_user user;
    int err = store_user_get(app_of(req)->store, id, &user, &why);

    if (err)
        return reply_failed(req, res, err, &why, "user");
    store_user_release(&user);
    err = accounts_sign_out_others(app_of(req)->accounts, id, "", clock_unix_ms(), NULL, &why);
    if (err)
        return reply_failed(req, res, err, &why, "user");
    admin_tell(id, "sign_out", req->id);
    return http_reply_empty(res, 204);
}

static int post_link(const struct http_request *req, struct http_response *res)
{
    char link[MAILER_LINK_MAX];
    struct errbuf why = {""};
    struct store_user user;
    int err = store_user_get(app_of(req)->store, http_param(req, "id"), &user, &why);

    if (err)
        return reply_failed(req, res, err, &why, "user");
    err = admin_link(app_of(req), &user, RECOVERY_S, link, &why);
    if (!err) {
        admin_tell(user.id, "reset_link", req->id);
        reply_link(res, 201, &user, link, RECOVERY_S);
    } else if (err == UV_EPERM) {
        http_problem(res, req, 409, "conflict", why.text, NULL);
    } else {
        reply_failed(req, res, err, &why, "user");
    }
    explicit_bzero(link, sizeof(link));
    store_user_release(&user);
    return 0;
}

enum { MAY = ROUTE_AUTH | ROUTE_OPERATOR };

const struct http_route api_admin_routes[] = {
    {"GET", "/api/v1/admin/users", get_users, .flags = MAY},
    {"POST", "/api/v1/admin/users", post_user, .flags = MAY | ROUTE_LANE_STORE,
     .body_max = 16 << 10, .types = HTTP_JSON},
    {"GET", "/api/v1/admin/users/{id}", get_user, .flags = MAY},
    {"PATCH", "/api/v1/admin/users/{id}", patch_user, .flags = MAY | ROUTE_LANE_STORE,
     .body_max = 16 << 10, .types = HTTP_JSON},
    {"DELETE", "/api/v1/admin/users/{id}", delete_user, .flags = MAY | ROUTE_LANE_READ},
    {"DELETE", "/api/v1/admin/users/{id}/sign-ins", delete_sign_ins,
     .flags = MAY | ROUTE_LANE_STORE},
    {"POST", "/api/v1/admin/users/{id}/reset", post_link, .flags = MAY | ROUTE_LANE_STORE},
    {.method = NULL},
};
