/**
 * @file api/sign_ins.c  A user's sign-ins: listing and ending them
 */
#include "api/auth.h"
#include "base/clock.h"
#include "base/json.h"
#include "export/record.h"

#include <stdlib.h>
#include <string.h>

static void write_sign_in(struct buf *out, const struct store_refresh *s, const char *current)
{
    buf_puts(out, "{\"id\":");
    record_text(out, s->family);
    buf_puts(out, ",\"program\":");
    record_text(out, s->program[0] ? s->program : NULL);
    buf_puts(out, ",\"address\":");
    record_text(out, s->address[0] ? s->address : NULL);
    buf_puts(out, ",\"beganAt\":");
    record_time(out, s->began_at);
    buf_puts(out, ",\"lastSeenAt\":");
    record_time(out, s->seen_at);
    buf_puts(out, ",\"expiresAt\":");
    record_time(out, s->expires_at);
    buf_printf(out, ",\"current\":%s}", strcmp(s->family, current) == 0 ? "true" : "false");
}

static int get_sign_ins(const struct http_request *req, struct http_response *res)
{
    struct token_claims claims;
    struct store_list list = {0};
    struct errbuf why = {""};
    struct buf *out;
    int err = request_claims(req, &claims);

    if (!err)
        err = accounts_sign_ins(app_of(req)->accounts, req->user, clock_unix_ms(), &list, &why);
    if (err)
        return reply_failed(req, res, err, &why, "sign-in");
    out = reply_json(res, 200);
    buf_puts(out, "{\"items\":[");
    for (size_t i = 0; i < list.count; i++) {
        if (i)
            buf_putc(out, ',');
        write_sign_in(out, (const struct store_refresh *)list.items + i, claims.family);
    }
    buf_puts(out, "]}");
    free(list.items);
    return 0;
}

static int delete_sign_in(const struct http_request *req, struct http_response *res)
{
    const char *id = http_param(req, "id");
    struct token_claims claims;
    struct errbuf why = {""};
    int err = request_claims(req, &claims);

    if (!err)
        err = accounts_sign_out(app_of(req)->accounts, req->user, id, clock_unix_ms(), &why);
    if (err)
        return reply_failed(req, res, err, &why, "sign-in");
    if (strcmp(id, claims.family) == 0)
        auth_clear_cookie(req, res);
    return http_reply_empty(res, 204);
}

static int delete_others(const struct http_request *req, struct http_response *res)
{
    struct token_claims claims;
    struct errbuf why = {""};
    int err = request_claims(req, &claims);

    if (!err)
        err = accounts_sign_out_others(app_of(req)->accounts, req->user, claims.family,
                                       clock_unix_ms(), NULL, &why);
    return err ? reply_failed(req, res, err, &why, "sign-in") : http_reply_empty(res, 204);
}

const struct http_route api_sign_ins_routes[] = {
    {"GET", "/api/v1/auth/sign-ins", get_sign_ins, .flags = ROUTE_AUTH},
    {"DELETE", "/api/v1/auth/sign-ins", delete_others, .flags = ROUTE_AUTH | ROUTE_LANE_STORE},
    {"DELETE", "/api/v1/auth/sign-ins/{id}", delete_sign_in,
     .flags = ROUTE_AUTH | ROUTE_LANE_STORE},
    {.method = NULL},
};
