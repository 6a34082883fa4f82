/**
 * @file api/keys.c  Personal keys: created, shown once, listed by their first characters, revoked
 */
#include "auth/api_keys.h"

#include "api/reply.h"
#include "api/validate.h"
#include "base/clock.h"
#include "base/json.h"
#include "export/record.h"
#include "store/sealed.h"

#include <string.h>

static const struct field key_fields[] = {
    {"label", FIELD_TEXT, .min = 1, .max = 80, .flags = FIELD_REQUIRED | FIELD_TRIM},
    {.name = NULL},
};

/* text: the key itself, shown once; NULL: not now. */
static void write_key(struct buf *out, const struct store_api_key *key, const char *text)
{
    buf_puts(out, "{\"id\":");
    record_text(out, key->id);
    buf_puts(out, ",\"label\":");
    record_text(out, key->label);
    buf_puts(out, ",\"prefix\":");
    record_text(out, key->prefix);
    buf_puts(out, ",\"createdAt\":");
    record_time(out, key->created_at);
    buf_puts(out, ",\"lastUsedAt\":");
    record_time(out, key->used_at);
    if (text) {
        buf_puts(out, ",\"key\":");
        record_text(out, text);
    }
    buf_putc(out, '}');
}

static int post_key(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct api_key_made made;
    struct errbuf why = {""};
    json_t *body;
    int err;

    if (validate_body(req, res, key_fields, 0, &body))
        return 0;
    api_key_new(req->user, clock_unix_ms(), &made);
    made.key.label = strdup(json_str(body, "label"));
    json_decref(body);
    err = made.key.label ? sealed_api_key_add(app->store, app->seal, &made.key, API_KEYS_MAX, &why)
                         : UV_ENOMEM;
    if (err)
        store_api_key_release(&made.key);
    if (err == UV_ERANGE)
        return http_problem(res, req, 409, "conflict",
                            "You have twenty keys; revoke one that is not used any more.", NULL);
    if (err)
        return reply_failed(req, res, err, &why, "user");
    http_set_header(res, "Cache-Control", "no-store");
    reply_location(res, "auth/keys", made.key.id);
    write_key(reply_json(res, 201), &made.key, made.text);
    explicit_bzero(made.text, sizeof(made.text));
    store_api_key_release(&made.key);
    return 0;
}

static int get_keys(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct store_list list = {0};
    struct errbuf why = {""};
    struct buf *out;
    int err = sealed_api_key_list(app->store, app->seal, req->user, &list, &why);

    if (err)
        return reply_failed(req, res, err, &why, "user");
    out = reply_json(res, 200);
    buf_puts(out, "{\"items\":[");
    for (size_t i = 0; i < list.count; i++) {
        if (i)
            buf_putc(out, ',');
        write_key(out, (const struct store_api_key *)list.items + i, NULL);
    }
    buf_puts(out, "]}");
    store_list_release(&list, STORE_KIND_API_KEY);
    return 0;
}

static int delete_key(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    int err = api_key_revoke(app_of(req)->accounts, req->user, http_param(req, "id"),
                             clock_unix_ms(), &why);

    return err ? reply_failed(req, res, err, &why, "key") : http_reply_empty(res, 204);
}

const struct http_route api_keys_routes[] = {
    {"POST", "/api/v1/auth/keys", post_key, .flags = ROUTE_AUTH | ROUTE_LANE_STORE,
     .body_max = 16 << 10, .types = HTTP_JSON},
    {"GET", "/api/v1/auth/keys", get_keys, .flags = ROUTE_AUTH},
    {"DELETE", "/api/v1/auth/keys/{id}", delete_key, .flags = ROUTE_AUTH | ROUTE_LANE_STORE},
    {.method = NULL},
};
