/**
 * @file api/passkeys.c  Passkeys: added while signed in, used to sign in, listed, renamed, removed
 *
 * Options are what a browser's PublicKeyCredential.parseCreationOptionsFromJSON() and
 * parseRequestOptionsFromJSON() read (WebAuthn level 3 section 5.1.8 and 5.1.9).
 */
#include "auth/passkeys.h"

#include "api/auth.h"
#include "api/validate.h"
#include "auth/base64url.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "export/record.h"
#include "store/sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENCODED(n) BASE64URL_LEN((size_t)(n))

static const struct field ask_fields[] = {
    {"password", FIELD_TEXT, .min = 1, .max = 200},
    {.name = NULL},
};
static const struct field no_fields[] = {{.name = NULL}};
static const struct field add_fields[] = {
    {"name", FIELD_TEXT, .min = 1, .max = 80, .flags = FIELD_REQUIRED | FIELD_TRIM},
    {"clientDataJSON", FIELD_ID, .max = ENCODED(PASSKEY_CLIENT_MAX), .flags = FIELD_REQUIRED},
    {"attestationObject", FIELD_ID, .max = ENCODED(PASSKEY_ATTESTATION_MAX),
     .flags = FIELD_REQUIRED},
    {"transports", FIELD_TEXTS, .min = 1, .max = 20, .items_max = 10},
    {.name = NULL},
};
static const struct field name_fields[] = {
    {"name", FIELD_TEXT, .min = 1, .max = 80, .flags = FIELD_REQUIRED | FIELD_TRIM},
    {.name = NULL},
};
static const struct field login_fields[] = {
    {"id", FIELD_ID, .max = PASSKEYS_CREDENTIAL_MAX, .flags = FIELD_REQUIRED},
    {"clientDataJSON", FIELD_ID, .max = ENCODED(PASSKEY_CLIENT_MAX), .flags = FIELD_REQUIRED},
    {"authenticatorData", FIELD_ID, .max = ENCODED(PASSKEY_AUTH_DATA_MAX), .flags = FIELD_REQUIRED},
    {"signature", FIELD_ID, .max = ENCODED(PASSKEY_SIGNATURE_MAX), .flags = FIELD_REQUIRED},
    {"userHandle", FIELD_ID, .max = 88, .flags = FIELD_REQUIRED},
    {.name = NULL},
};

/* ---- common parts ------------------------------------------------------------------------- */

/* The origin of the page: as stated by the browser (the hook before lets no other page through),
 * else as the request addresses this server. 1: answered. */
static int find_rp(const struct http_request *req, struct http_response *res, struct passkey_rp *rp)
{
    const char *origin = http_header(req, "origin");
    char own[PASSKEY_ORIGIN_MAX];
    struct errbuf why = {""};

    if (!app_of(req)->config->accounts)
        return auth_accounts_off(req, res) + 1;
    snprintf(own, sizeof(own), "%s://%s", request_is_secure(req) ? "https" : "http",
             req->host ? req->host : "");
    if (!passkey_rp(origin ? origin : own, rp, &why))
        return 0;
    http_problem(res, req, 403, "passkeys_unavailable", why.text, NULL);
    return 1;
}

/* The browser's answer is invalid. */
static int refuse_answer(const struct http_request *req, struct http_response *res, int err,
                         const struct errbuf *why, const char *field)
{
    if (err == UV_EINVAL || err == UV_EACCES || err == UV_ENOTSUP || err == UV_ETIMEDOUT) {
        validate_refuse(req, res, field, why->text);
        return 0;
    }
    return reply_failed(req, res, err, why, "passkey");
}

static void write_transports(struct buf *out, const char *transports)
{
    buf_putc(out, '[');
    for (const char *p = transports; *p;) {
        size_t len = strcspn(p, " ");

        buf_printf(out, "%s\"%.*s\"", p == transports ? "" : ",", (int)len, p);
        p += len + (p[len] == ' ');
    }
    buf_putc(out, ']');
}

static void write_passkey(struct buf *out, const struct store_passkey *p)
{
    buf_puts(out, "{\"id\":");
    record_text(out, p->id);
    buf_puts(out, ",\"name\":");
    record_text(out, p->name);
    buf_puts(out, ",\"site\":");
    record_text(out, p->rp_id);
    buf_printf(out, ",\"synced\":%s,\"transports\":", p->synced ? "true" : "false");
    write_transports(out, p->transports);
    buf_puts(out, ",\"createdAt\":");
    record_time(out, p->created_at);
    buf_puts(out, ",\"lastUsedAt\":");
    record_time(out, p->used_at);
    buf_putc(out, '}');
}

/* ------------------------------------------------------------------------------ adding one */

static bool is_transport(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz-") == strlen(text);
}

/* A line of the transports that look valid (WebAuthn section 5.8.4: there may be new ones). */
static char *join_transports(const json_t *list)
{
    char text[10 * 21 + 1] = "";
    size_t len = 0, i;
    const json_t *item;

    json_array_foreach(list, i, item)
    {
        if (is_transport(json_string_value(item)))
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "",
                                    json_string_value(item));
    }
    return strdup(text);
}

/* May the caller add one? 1: answered. */
static int check_may_add(const struct http_request *req, struct http_response *res)
{
    struct token_claims claims;
    struct errbuf why = {""};
    json_t *body;
    int err;

    if (validate_body(req, res, ask_fields, BODY_OPTIONAL, &body))
        return 1;
    if (json_str(body, "password") && auth_limit(req, res, req->user)) {
        json_decref(body);
        return 1;
    }
    err = request_claims(req, &claims);
    if (!err)
        err = passkeys_may_add(app_of(req)->accounts, req->user, claims.family,
                               json_str(body, "password"), clock_unix_ms(), &why);
    json_decref(body);
    if (err == UV_EPERM || err == UV_ENOTSUP)
        http_problem(res, req, 403, "password_needed", why.text, NULL);
    else if (err)
        auth_reply_refused(req, res, err, &why, "invalid_credentials");
    return err != 0;
}

static void write_excluded(struct buf *out, const struct store_list *list, const char *rp_id)
{
    const char *between = "";

    buf_puts(out, "\"excludeCredentials\":[");
    for (size_t i = 0; i < list->count; i++) {
        const struct store_passkey *p = (const struct store_passkey *)list->items + i;

        if (strcmp(p->rp_id, rp_id) != 0)
            continue;
        buf_printf(out, "%s{\"type\":\"public-key\",\"id\":\"%s\",\"transports\":", between,
                   p->credential);
        write_transports(out, p->transports);
        buf_putc(out, '}');
        between = ",";
    }
    buf_putc(out, ']');
}

/* WebAuthn section 5.4. */
static void write_creation(struct buf *out, const struct store_user *user,
                           const struct store_list *list, const struct passkey_rp *rp,
                           const char *challenge)
{
    char handle[BASE64URL_LEN(ID_TEXT_MAX) + 1];

    base64url_encode(user->id, strlen(user->id), handle);
    buf_puts(out, "{\"rp\":{\"name\":\"Interview Assistant\",\"id\":");
    record_text(out, rp->id);
    buf_printf(out, "},\"user\":{\"id\":\"%s\",\"name\":", handle);
    record_text(out, user->email);
    buf_puts(out, ",\"displayName\":");
    record_text(out, user->display_name);
    buf_printf(out, "},\"challenge\":\"%s\",\"timeout\":%d,\"pubKeyCredParams\":[", challenge,
               CHALLENGE_S * 1000);
    for (size_t i = 0; passkey_algs[i]; i++)
        buf_printf(out, "%s{\"type\":\"public-key\",\"alg\":%d}", i ? "," : "", passkey_algs[i]);
    buf_puts(out, "],");
    write_excluded(out, list, rp->id);
    buf_puts(out, ",\"authenticatorSelection\":{\"residentKey\":\"required\","
                  "\"requireResidentKey\":true,\"userVerification\":\"required\"},"
                  "\"attestation\":\"none\",\"extensions\":{\"credProps\":true}}");
}

static int post_options(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    char challenge[CHALLENGE_TEXT_MAX];
    struct store_list list = {0};
    struct errbuf why = {""};
    struct store_user user;
    struct passkey_rp rp;
    int err;

    if (find_rp(req, res, &rp) || check_may_add(req, res))
        return 0;
    if ((err = store_user_get(app->store, req->user, &user, &why)))
        return reply_failed(req, res, err, &why, "user");
    err = store_passkey_list(app->store, req->user, &list, &why);
    if (!err)
        err = passkeys_challenge(app->accounts, req->user, clock_unix_ms(), challenge);
    if (err)
        reply_failed(req, res, err, &why, "passkey");
    else
        write_creation(reply_json(res, 200), &user, &list, &rp, challenge);
    store_list_release(&list, STORE_KIND_PASSKEY);
    store_user_release(&user);
    return 0;
}

static int store_new(const struct app *app, struct store_passkey *made, const json_t *body,
                     struct errbuf *why)
{
    made->name = strdup(json_str(body, "name"));
    made->transports = join_transports(json_object_get(body, "transports"));
    if (!made->name || !made->transports)
        return err_set(why, UV_ENOMEM, "out of memory");
    return sealed_passkey_add(app->store, app->seal, made, PASSKEYS_MAX, why);
}

static int post_passkey(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct passkeys_answer answer = {0};
    struct store_passkey made;
    struct errbuf why = {""};
    struct passkey_rp rp;
    json_t *body;
    int err;

    if (find_rp(req, res, &rp) || validate_body(req, res, add_fields, 0, &body))
        return 0;
    answer.client_data = json_str(body, "clientDataJSON");
    answer.attestation = json_str(body, "attestationObject");
    err = passkeys_check_new(app->accounts, req->user, &rp, &answer, clock_unix_ms(), &made, &why);
    if (err) {
        json_decref(body);
        return refuse_answer(req, res, err, &why, "/attestationObject");
    }
    err = store_new(app, &made, body, &why);
    json_decref(body);
    if (err == UV_ERANGE)
        http_problem(res, req, 409, "conflict",
                     "You have twenty passkeys; remove one that is not used any more.", NULL);
    else if (err == UV_EEXIST)
        http_problem(res, req, 409, "conflict", "This passkey is there already.", NULL);
    else if (err)
        reply_failed(req, res, err, &why, "user");
    if (!err) {
        reply_location(res, "auth/passkeys", made.id);
        write_passkey(reply_json(res, 201), &made);
    }
    store_passkey_release(&made);
    return 0;
}

/* ------------------------------------------------------------------------------ signing in */

/* WebAuthn section 5.5; without a list, so that nobody learns whose passkeys exist. */
static int post_login_options(const struct http_request *req, struct http_response *res)
{
    char challenge[CHALLENGE_TEXT_MAX];
    struct passkey_rp rp;
    struct buf *out;
    json_t *body;

    if (find_rp(req, res, &rp) || validate_body(req, res, no_fields, BODY_OPTIONAL, &body))
        return 0;
    json_decref(body);
    if (passkeys_challenge(app_of(req)->accounts, "", clock_unix_ms(), challenge))
        return reply_failed(req, res, UV_ENOMEM, &(struct errbuf){"out of memory"}, "passkey");
    out = reply_json(res, 200);
    buf_puts(out, "{\"rpId\":");
    record_text(out, rp.id);
    buf_printf(out,
               ",\"challenge\":\"%s\",\"timeout\":%d,\"allowCredentials\":[],"
               "\"userVerification\":\"required\"}",
               challenge, CHALLENGE_S * 1000);
    return 0;
}

static int refuse_login(const struct http_request *req, struct http_response *res, int err,
                        const struct errbuf *why, const char *user)
{
    if (err == UV_EPERM) {
        auth_tell(req, user, "passkey", 403);
        return http_problem(res, req, 403, "account_disabled", why->text, NULL);
    }
    if (err == UV_EINVAL || err == UV_ENOTSUP) {
        validate_refuse(req, res, "/authenticatorData", why->text);
        return 0;
    }
    if (err == UV_EACCES || err == UV_ETIMEDOUT) {
        auth_tell(req, user, "passkey", 401);
        return auth_unauthorized(req, res, "invalid_credentials", why->text);
    }
    return reply_failed(req, res, err, why, "user");
}

static int post_login(const struct http_request *req, struct http_response *res)
{
    struct passkeys_answer answer = {0};
    struct errbuf why = {""};
    struct auth_origin origin;
    struct passkey_rp rp;
    struct grant grant;
    json_t *body;
    int err;

    if (find_rp(req, res, &rp) || validate_body(req, res, login_fields, 0, &body))
        return 0;
    if (auth_limit(req, res, NULL)) {
        json_decref(body);
        return 0;
    }
    answer.client_data = json_str(body, "clientDataJSON");
    answer.credential = json_str(body, "id");
    answer.auth_data = json_str(body, "authenticatorData");
    answer.signature = json_str(body, "signature");
    answer.user_handle = json_str(body, "userHandle");
    err = passkeys_login(app_of(req)->accounts, &rp, &answer, clock_unix_ms(),
                         auth_from(req, &origin), &grant, &why);
    json_decref(body);
    return err ? refuse_login(req, res, err, &why, grant.user.id)
               : auth_reply_grant(req, res, 200, &grant);
}

/* ---- list, rename, remove ----------------------------------------------------------------- */

static int get_passkeys(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct store_list list = {0};
    struct errbuf why = {""};
    struct buf *out;
    int err = sealed_passkey_list(app->store, app->seal, req->user, &list, &why);

    if (err)
        return reply_failed(req, res, err, &why, "user");
    out = reply_json(res, 200);
    buf_puts(out, "{\"items\":[");
    for (size_t i = 0; i < list.count; i++) {
        if (i)
            buf_putc(out, ',');
        write_passkey(out, (const struct store_passkey *)list.items + i);
    }
    buf_puts(out, "]}");
    store_list_release(&list, STORE_KIND_PASSKEY);
    return 0;
}

static int patch_passkey(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct errbuf why = {""};
    char *name;
    json_t *body;
    int err = UV_ENOMEM;

    if (validate_body(req, res, name_fields, 0, &body))
        return 0;
    if ((name = strdup(json_str(body, "name"))))
        err = sealed_passkey_rename(app->store, app->seal, req->user, http_param(req, "id"), name,
                                    &why);
    free(name);
    json_decref(body);
    return err ? reply_failed(req, res, err, &why, "passkey") : http_reply_empty(res, 204);
}

static int delete_passkey(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    int err = store_passkey_erase(app_of(req)->store, req->user, http_param(req, "id"), &why);

    return err ? reply_failed(req, res, err, &why, "passkey") : http_reply_empty(res, 204);
}

const struct http_route api_passkeys_routes[] = {
    {"POST", "/api/v1/auth/login/passkey/options", post_login_options, .body_max = 16 << 10,
     .types = HTTP_JSON},
    {"POST", "/api/v1/auth/login/passkey", post_login, .flags = ROUTE_LANE_STORE,
     .body_max = 32 << 10, .types = HTTP_JSON},
    {"POST", "/api/v1/auth/passkeys/options", post_options, .flags = ROUTE_AUTH | ROUTE_LANE_HASH,
     .body_max = 16 << 10, .types = HTTP_JSON},
    {"POST", "/api/v1/auth/passkeys", post_passkey, .flags = ROUTE_AUTH | ROUTE_LANE_STORE,
     .body_max = 32 << 10, .types = HTTP_JSON},
    {"GET", "/api/v1/auth/passkeys", get_passkeys, .flags = ROUTE_AUTH},
    {"PATCH", "/api/v1/auth/passkeys/{id}", patch_passkey, .flags = ROUTE_AUTH | ROUTE_LANE_STORE,
     .body_max = 16 << 10, .types = HTTP_JSON},
    {"DELETE", "/api/v1/auth/passkeys/{id}", delete_passkey,
     .flags = ROUTE_AUTH | ROUTE_LANE_STORE},
    {.method = NULL},
};
