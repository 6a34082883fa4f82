/**
 * @file api/before.c  Before a handler runs: who is it, and does it come too often?
 *
 * Only the Authorization header signs a request in. The cookie is for auth/refresh and
 * auth/logout alone, so a page of another site can make a browser change nothing here.
 */
#include "api/limit.h"
#include "api/reply.h"
#include "auth/accounts.h"
#include "base/clock.h"
#include "base/text.h"
#include "config/config.h"

#include <stdio.h>
#include <string.h>

static int refuse(const struct http_request *req, struct http_response *res, const char *code,
                  const char *detail)
{
    http_set_header(res, "WWW-Authenticate", "Bearer");
    http_problem(res, req, 401, code, detail, NULL);
    return 1;
}

static int sign_in(struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    const char *header = http_header(req, "authorization");
    char user[ID_TEXT_MAX];
    int e;

    if (!header || strncasecmp(header, "Bearer ", 7) != 0)
        return refuse(req, res, "unauthorized", "Sign in first.");
    header += 7;
    header += strspn(header, " ");
    e = accounts_verify(app->accounts, header, strlen(header), clock_unix_ms(), user);
    if (e == UV_ETIMEDOUT)
        return refuse(req, res, "token_expired", "The access token has expired; refresh it.");
    if (e)
        return refuse(req, res, "unauthorized", "The access token is not one of this server's.");
    memcpy(req->user, user, sizeof(user));
    return 0;
}

int api_before(struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    int e;

    if (!(req->route->flags & ROUTE_AUTH))
        return 0;
    e = sign_in(req, res);
    if (e || !app->config->accounts) /* the owner of the machine is not limited on it */
        return e;
    return limit_request(req, res, app->user_limit, req->user, true);
}
