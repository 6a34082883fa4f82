/**
 * @file net/router.c  From method and path to a handler
 */
#include "net/net_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "{id...}": the rest of the path, slashes and all. */
static bool takes_rest(const char *param)
{
    size_t n = strlen(param);

    return n > 5 && strcmp(param + n - 4, "...}") == 0;
}

bool route_takes_slashes(const struct http_route *route)
{
    const char *last = strrchr(route->pattern, '/');

    return last && last[1] == '{' && takes_rest(last + 1);
}

bool route_match(const char *pattern, const char *path, struct http_request_inner *inner)
{
    inner->param_count = 0;
    while (*pattern && *path) {
        size_t want = strcspn(pattern, "/");
        size_t have = strcspn(path, "/");

        if (pattern[0] == '{') {
            bool rest = takes_rest(pattern);

            if (!have || inner->param_count == PARAMS_MAX)
                return false;
            inner->params[inner->param_count++] =
                (struct param){pattern + 1, want - (rest ? 5 : 2), path};
            if (rest)
                return true;
        } else if (want != have || strncmp(pattern, path, want) != 0) {
            return false;
        }
        pattern += want;
        path += have;
        if (*pattern != *path)
            return false;
        if (*pattern) {
            pattern++;
            path++;
        }
    }
    return *pattern == *path;
}

/* Values point into the path; a copy of it is cut into pieces for them. */
static bool keep_params(struct http_request_inner *inner, const char *path,
                        const struct http_route *route)
{
    if (!inner->param_count)
        return true;
    inner->param_text = strdup(path);
    if (!inner->param_text)
        return false;
    for (int i = 0; i < inner->param_count; i++) {
        char *value = inner->param_text + (inner->params[i].value - path);

        if (i + 1 < inner->param_count || !route_takes_slashes(route))
            value[strcspn(value, "/")] = '\0';
        inner->params[i].value = value;
    }
    return true;
}

static bool method_fits(const char *route, const struct txn *t)
{
    return strcmp(route, t->req.method) == 0 || (t->head_only && strcmp(route, "GET") == 0);
}

/* A path that some pattern spells out belongs to that one, not to "{id}" (OpenAPI 3.1, 4.8.8.2). */
static bool is_named(const struct http_route *routes, const char *path)
{
    for (const struct http_route *r = routes; r && r->method; r++) {
        if (strcmp(r->pattern, path) == 0)
            return true;
    }
    return false;
}

static bool answers(const struct http_route *r, bool named, struct txn *t)
{
    return named ? strcmp(r->pattern, t->req.path) == 0
                 : route_match(r->pattern, t->req.path, &t->inner);
}

int route_find(const struct http_route *routes, struct txn *t)
{
    bool named = is_named(routes, t->req.path);
    int found = MATCH_NONE;

    for (const struct http_route *r = routes; r && r->method; r++) {
        if (!answers(r, named, t))
            continue;
        if (method_fits(r->method, t)) {
            t->req.route = r;
            return keep_params(&t->inner, t->req.path, r) ? MATCH_ROUTE : UV_ENOMEM;
        }
        found = MATCH_PATH;
    }
    return found;
}

void route_methods(const struct http_route *routes, struct txn *t, char *allow, size_t size)
{
    bool named = is_named(routes, t->req.path);
    size_t used = 0;

    allow[0] = '\0';
    for (const struct http_route *r = routes; r && r->method; r++) {
        if (!answers(r, named, t) || used + 10 > size)
            continue;
        used += (size_t)snprintf(allow + used, size - used, "%s%s%s", used ? ", " : "", r->method,
                                 strcmp(r->method, "GET") == 0 ? ", HEAD" : "");
    }
}

bool route_takes(const struct http_route *route, const char *content_type)
{
    const char *type = route->types;
    size_t have;

    if (!type || !content_type)
        return true;
    have = strcspn(content_type, "; \t");
    while (*type) {
        size_t want = strcspn(type, " ");

        if (want == have && strncasecmp(type, content_type, want) == 0)
            return true;
        type += want;
        type += strspn(type, " ");
    }
    return false;
}
