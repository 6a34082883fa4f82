/**
 * @file api/auth_hook.c  Checks before a handler runs: origin, identity, and rate limits
 *
 * Only the Authorization header authenticates a request. The cookie is only for auth/refresh and
 * auth/logout, from our own page. A page of another site cannot make a browser change anything
 * here, with or without the cookie.
 */
#include "api/limit.h"
#include "api/reply.h"
#include "auth/accounts.h"
#include "auth/api_keys.h"
#include "base/clock.h"
#include "base/text.h"
#include "config/config.h"
#include "net/address.h"

#include <stdio.h>
#include <string.h>

static int refuse(const struct http_request *req, struct http_response *res, const char *code,
                  const char *detail)
{
    http_set_header(res, "WWW-Authenticate", "Bearer");
    http_problem(res, req, 401, code, detail, NULL);
    return 1;
}

bool request_is_secure(const struct http_request *req)
{
    return req->tls;
}

/* NULL: there is none. */
static const char *bearer(const struct http_request *req)
{
    const char *header = http_header(req, "authorization");

    if (!header || strncasecmp(header, "Bearer ", 7) != 0)
        return NULL;
    header += 7;
    return header + strspn(header, " ");
}

int request_claims(const struct http_request *req, struct token_claims *claims)
{
    const char *text = bearer(req);

    return text
               ? accounts_verify(app_of(req)->accounts, text, strlen(text), clock_unix_ms(), claims)
               : UV_ENOENT;
}

int request_who(const struct http_request *req, struct token_claims *claims)
{
    const char *text = bearer(req);

    if (text && api_key_is(text))
        return api_key_verify(app_of(req)->accounts, text, strlen(text), clock_unix_ms(), claims);
    return request_claims(req, claims);
}

/* A key that is stored in some program's settings must not be enough to take over an account. */
static bool is_for_people(const struct http_request *req)
{
    static const char *const prefixes[] = {"/api/v1/auth/", "/api/v1/admin/"};
    const char *text = bearer(req);

    if (!text || !api_key_is(text) ||
        (!strcmp(req->route->pattern, "/api/v1/auth/me") && !strcmp(req->method, "GET")))
        return false;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (!strncmp(req->route->pattern, prefixes[i], strlen(prefixes[i])))
            return true;
    return false;
}

bool request_is_operator(const struct http_request *req)
{
    return app_is_operator(app_of(req), req->user);
}

bool app_is_operator(const struct app *app, const char *id)
{
    const struct config *c = app->config;
    struct store_user user;
    bool is;

    if (!c->accounts)
        return true;
    for (size_t i = 0; i < c->operator_count; i++)
        if (!strcmp(c->operators[i], id))
            return true;
    if (store_user_get(app->store, id, &user, NULL))
        return false;
    is = user.role == STORE_ROLE_ADMIN && !user.disabled_at;
    store_user_release(&user);
    return is;
}

static int sign_in(struct http_request *req, struct http_response *res)
{
    struct token_claims claims;
    int err = request_who(req, &claims);

    if (err == UV_ENOENT)
        return refuse(req, res, "unauthorized", "Sign in first.");
    if (err == UV_ETIMEDOUT)
        return refuse(req, res, "token_expired", "The access token has expired; refresh it.");
    if (err && err != UV_EACCES)
        return reply_failed(req, res, err, &(struct errbuf){""}, "user") + 1;
    if (err)
        return refuse(req, res, "unauthorized",
                      "The access token or key is not one of this server's, or was ended.");
    memcpy(req->user, claims.user, sizeof(claims.user));
    if (!is_for_people(req))
        return 0;
    http_problem(res, req, 403, "sign_in_needed",
                 "A personal key does not do for that; sign in with your account.", NULL);
    return 1;
}

/* What a page of another site can make a browser send must not change anything, including signing
 * in. Browsers state with every such request where it comes from (Origin, RFC 6454 section 7.3;
 * Sec-Fetch-Site, W3C Fetch Metadata). Other programs send neither. */
static bool is_from_elsewhere(const struct http_request *req)
{
    const char *origin = http_header(req, "origin");
    const char *site = http_header(req, "sec-fetch-site");

    if (!strcmp(req->method, "GET") || !strcmp(req->method, "HEAD") ||
        !strcmp(req->method, "OPTIONS"))
        return false;
    if (origin_is_listed(origin, app_of(req)->config->origins))
        return false;
    if (origin && !origin_is_same(origin, req->host, request_is_secure(req)))
        return true;
    return site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
}

/* If the browser adds the credential by itself, "not from elsewhere" is not enough: something must
 * show the origin, or that it was not sent by a form, which cannot set Authorization (OWASP,
 * Cross-Site Request Forgery Prevention: if neither is present, refuse). */
bool request_is_of_page(const struct http_request *req)
{
    return !is_from_elsewhere(req) &&
           (http_header(req, "origin") || http_header(req, "sec-fetch-site") ||
            http_header(req, "authorization"));
}

/* Requests without sign-in are counted by client address. */
static int limit_stranger(const struct http_request *req, struct http_response *res)
{
    char address[64];

    address_network(req->peer, address);
    return limit_request(req, res, app_of(req)->stranger_limit, address, false);
}

static int check(struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    int err;

    if (is_from_elsewhere(req)) {
        http_problem(res, req, 403, "forbidden_origin",
                     "Pages of other sites may change nothing here.", NULL);
        return 1;
    }
    if (!(req->route->flags & ROUTE_AUTH))
        return req->route->flags & ROUTE_QUIET ? 0 : limit_stranger(req, res);
    err = sign_in(req, res);
    if (err && limit_stranger(req, res))
        return 1; /* trying out tokens is slowed down, too */
    if (err)
        return err;
    if (app->config->accounts && (err = limit_request(req, res, app->user_limit, req->user, true)))
        return err; /* the owner of the machine is not limited on it */
    if (!(req->route->flags & ROUTE_OPERATOR) || request_is_operator(req))
        return 0;
    http_problem(res, req, 403, "not_operator", "Only an operator of this server may do that.",
                 NULL);
    return 1;
}

int api_before(struct http_request *req, struct http_response *res)
{
    int err = check(req, res);

    if (err)
        api_audit_refused(req, res);
    return err;
}
