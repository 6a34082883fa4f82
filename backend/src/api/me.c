/**
 * @file api/me.c  The signed-in user: name, settings, photo; and erasing the account
 *
 * A photo is small, recognised by its first bytes and not by its declared type, stored sealed, and
 * only served to its owner, as an image that can do nothing else.
 */
#include "api/auth.h"
#include "api/providers.h"
#include "api/recordings.h"
#include "api/validate.h"
#include "api/voices.h"
#include "auth/base64url.h"
#include "base/clock.h"
#include "base/json.h"
#include "export/record.h"
#include "observe/audit.h"
#include "observe/log.h"
#include "store/sealed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PHOTO_PATH "/api/v1/auth/me/photo"

enum { PHOTO_MAX = 256 << 10 }; /* [bytes]: a square of 512 pixels is smaller */

static const struct field settings_fields[] = {
    {"preferredLLM", FIELD_TEXT, .max = 64, .flags = FIELD_NULLABLE},
    {"audioDevice", FIELD_TEXT, .max = 256, .flags = FIELD_NULLABLE},
    {"language", FIELD_LANGUAGE, .flags = 0},
    {"voiceId", FIELD_TEXT, .max = 128, .flags = FIELD_NULLABLE},
    {"theme", FIELD_CHOICE, .choices = "system|light|dark"},
    {"retentionDays", FIELD_NUMBER, .min = 1, .max = 3650, .flags = FIELD_NULLABLE},
    {.name = NULL},
};
static const struct field me_fields[] = {
    {"displayName", FIELD_TEXT, .min = 1, .max = 120, .flags = FIELD_TRIM},
    {"photoURL", FIELD_TEXT, .max = 2048, .flags = FIELD_NULLABLE},
    {"settings", FIELD_OBJECT, .members = settings_fields},
    {.name = NULL},
};

/* ------------------------------------------------------------------------------ answers */

static int reply_user(struct http_response *res, struct store_user *user)
{
    record_user(reply_json(res, 200), user);
    store_user_release(user);
    return 0;
}

static int failed(const struct http_request *req, struct http_response *res, int err,
                  const struct errbuf *why)
{
    if (err == UV_ENOENT)
        return auth_unauthorized(req, res, "unauthorized", "Sign in first.");
    return reply_failed(req, res, err, why, "user");
}

static int get_me(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    struct store_user user;
    int err = store_user_get(app_of(req)->store, req->user, &user, &why);

    return err ? failed(req, res, err, &why) : reply_user(res, &user);
}

/* ------------------------------------------------------------------------------ changes */

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

/* Copies the body's values to user; called by the store while nobody else changes it. */
static int change_me(struct store_user *user, void *arg)
{
    const json_t *body = arg;
    json_t *settings = json_object_get(body, "settings");
    json_t *photo = json_object_get(body, "photoURL");
    int err = 0;

    if (json_str(body, "displayName"))
        err = replace(&user->display_name, strdup(json_str(body, "displayName")));
    if (!err && json_is_string(photo)) {
        err = replace(&user->photo_url, strdup(json_string_value(photo)));
    } else if (json_is_null(photo)) {
        free(user->photo_url);
        user->photo_url = NULL;
    }
    return !err && settings ? merge_settings(user, settings) : err;
}

/* An https address; this server never calls it. */
static bool is_picture_url(const char *url)
{
    size_t host = strncmp(url, "https://", 8) == 0 ? strcspn(url + 8, "/?#") : 0;

    for (const char *p = url; *p; p++)
        if (*p <= ' ' || *p > '~' || strchr("\"<>\\^`{|}", *p))
            return false;
    return host > 0;
}

/* The uploaded photo is removed when another replaces it. */
static int put_away_photo(const struct http_request *req, const json_t *body, struct errbuf *why)
{
    int err = json_object_get(body, "photoURL")
                  ? store_photo_erase(app_of(req)->store, req->user, why)
                  : 0;

    return err == UV_ENOENT ? 0 : err;
}

static int patch_me(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    struct store_user user;
    const char *url;
    json_t *body;
    int err;

    if (validate_body(req, res, me_fields, BODY_NOT_EMPTY, &body))
        return 0;
    url = json_str(body, "photoURL");
    if (url && !is_picture_url(url)) {
        json_decref(body);
        validate_refuse(req, res, "/photoURL",
                        "must be an https address; a picture of yours goes to " PHOTO_PATH);
        return 0;
    }
    err = store_user_change(app_of(req)->store, req->user, change_me, body, &user, &why);
    if (!err && (err = put_away_photo(req, body, &why)))
        store_user_release(&user);
    json_decref(body);
    return err ? failed(req, res, err, &why) : reply_user(res, &user);
}

/* -------------------------------------------------------------------------------- photo */

/* By its first bytes: PNG (W3C PNG section 5.2), JPEG (T.81 annex B), WebP (RFC 9649). */
static const char *picture_type(const char *data, size_t len)
{
    if (len > 24 && !memcmp(data, "\x89PNG\r\n\x1a\n", 8) && !memcmp(data + 12, "IHDR", 4))
        return "image/png";
    if (len > 4 && !memcmp(data, "\xff\xd8\xff", 3))
        return "image/jpeg";
    if (len > 16 && !memcmp(data, "RIFF", 4) && !memcmp(data + 8, "WEBPVP8", 7))
        return "image/webp";
    return NULL;
}

static int keep_photo(const struct http_request *req, const char *type, int64_t now,
                      struct errbuf *why)
{
    struct store_photo photo = {.updated_at = now};
    char kind[16];
    int err;

    snprintf(kind, sizeof(kind), "%s", type);
    photo.type = kind;
    photo.photo = malloc(BASE64URL_LEN(req->body_len) + 1);
    if (!photo.photo)
        return err_set(why, UV_ENOMEM, "out of memory");
    memcpy(photo.user_id, req->user, sizeof(photo.user_id));
    base64url_encode(req->body, req->body_len, photo.photo);
    err = sealed_photo_put(app_of(req)->store, app_of(req)->seal, &photo, why);
    free(photo.photo);
    return err;
}

static int change_photo_url(struct store_user *user, void *arg)
{
    free(user->photo_url);
    user->photo_url = arg ? strdup(arg) : NULL;
    return arg && !user->photo_url ? UV_ENOMEM : 0;
}

static int put_photo(const struct http_request *req, struct http_response *res)
{
    const char *type = req->body ? picture_type(req->body, req->body_len) : NULL;
    int64_t now = clock_unix_ms();
    struct errbuf why = {""};
    struct store_user user;
    char url[64];
    int err;

    if (!type)
        return http_problem(res, req, 415, "unsupported_media",
                            "That is not a picture: send PNG, JPEG or WebP.", NULL);
    snprintf(url, sizeof(url), PHOTO_PATH "?v=%" PRId64, now); /* a new photo gets a new address */
    err = keep_photo(req, type, now, &why);
    if (!err)
        err = store_user_change(app_of(req)->store, req->user, change_photo_url, url, &user, &why);
    return err ? failed(req, res, err, &why) : reply_user(res, &user);
}

static int get_photo(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    struct store_photo photo;
    const char *type;
    size_t len;
    char *data;
    long n;
    int err = sealed_photo_get(app_of(req)->store, app_of(req)->seal, req->user, &photo, &why);

    if (err)
        return reply_failed(req, res, err, &why, "photo");
    len = strlen(photo.photo);
    data = malloc(len + 1);
    n = data ? base64url_decode(photo.photo, len, data, len) : UV_ENOMEM;
    type = n > 0 ? picture_type(data, (size_t)n) : NULL;
    store_photo_release(&photo);
    if (!type) {
        free(data);
        return n == UV_ENOMEM ? UV_ENOMEM : UV_EIO;
    }
    http_set_header(res, "Content-Security-Policy", "default-src 'none'; sandbox");
    http_set_header(res, "Content-Disposition", "inline");
    http_set_header(res, "Cross-Origin-Resource-Policy", "same-origin");
    err = http_reply_bytes(res, 200, type, data, (size_t)n);
    free(data);
    return err;
}

static int delete_photo(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    struct store_user user;
    int err = store_photo_erase(app_of(req)->store, req->user, &why);

    if (err)
        return reply_failed(req, res, err, &why, "photo");
    err = store_user_change(app_of(req)->store, req->user, change_photo_url, NULL, &user, &why);
    if (err)
        return failed(req, res, err, &why);
    store_user_release(&user);
    return http_reply_empty(res, 204);
}

/* ---- erasing the account ------------------------------------------------------------------ */

int auth_erase(const struct app *app, const char *user, struct errbuf *why)
{
    int err = accounts_erase(app->accounts, user, clock_unix_ms(), why);

    if (err)
        return err;
    voices_forget(app, user, NULL);
    providers_forget(app, user);
    recordings_clean(app);
    if (store_scrub(app->store, why))
        log_warn("store", "what was erased is overwritten later: %s", why->text);
    /* That it happened stays in the log, anonymously (docs/guides/accounts.md). */
    if ((err = audit_forget(user)))
        log_error("audit", "the audit log still names somebody who was erased: %s",
                  uv_strerror(err));
    return 0;
}

static int delete_me(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    int err = auth_erase(app_of(req), req->user, &why);

    if (err)
        return failed(req, res, err, &why);
    auth_clear_cookie(req, res);
    return http_reply_empty(res, 204);
}

const struct http_route api_me_routes[] = {
    {"GET", "/api/v1/auth/me", get_me, .flags = ROUTE_AUTH},
    {"PATCH", "/api/v1/auth/me", patch_me, .flags = ROUTE_AUTH | ROUTE_LANE_STORE,
     .body_max = 16 << 10, .types = HTTP_JSON},
    {"DELETE", "/api/v1/auth/me", delete_me, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {"GET", PHOTO_PATH, get_photo, .flags = ROUTE_AUTH},
    {"PUT", PHOTO_PATH, put_photo, .flags = ROUTE_AUTH, .body_max = PHOTO_MAX,
     .types = "image/png image/jpeg image/webp"},
    {"DELETE", PHOTO_PATH, delete_photo, .flags = ROUTE_AUTH},
    {.method = NULL},
};
