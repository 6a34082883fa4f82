/**
 * @file net/router.c  From method and path to a handler
 */
#include "net/inner.h"

#include <stdio.h>
#include <string.h>

/* Keep one {name}=value; names point into the pattern's copy in param_text. */
static bool keep(struct http_request_inner *text, size_t *used, const char *name, size_t name_len,
                 const char *value, size_t value_len)
{
    char *to = text->param_text + *used;
    size_t need = name_len + value_len + 2;

    if (text->param_count == PARAMS_MAX || *used + need > sizeof(text->param_text))
        return false;
    memcpy(to, name, name_len);
    to[name_len] = '\0';
    memcpy(to + name_len + 1, value, value_len);
    to[name_len + 1 + value_len] = '\0';
    text->params[text->param_count++] = (struct pair){to, to + name_len + 1};
    *used += need;
    return true;
}

bool route_match(const char *pattern, const char *path, struct http_request_inner *text)
{
    size_t used = 0;

    text->param_count = 0;
    while (*pattern && *path) {
        size_t want = strcspn(pattern, "/");
        size_t have = strcspn(path, "/");

        if (pattern[0] == '{') {
            if (!have || !keep(text, &used, pattern + 1, want - 2, path, have))
                return false;
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

static bool method_fits(const char *route, const struct txn *t)
{
    return strcmp(route, t->req.method) == 0 || (t->head_only && strcmp(route, "GET") == 0);
}

int route_find(const struct http_route *routes, struct txn *t)
{
    int found = MATCH_NONE;

    for (const struct http_route *r = routes; r && r->method; r++) {
        if (!route_match(r->pattern, t->req.path, &t->text))
            continue;
        if (method_fits(r->method, t)) {
            t->req.route = r;
            return MATCH_ROUTE;
        }
        found = MATCH_PATH;
    }
    return found;
}

void route_methods(const struct http_route *routes, struct txn *t, char *allow, size_t size)
{
    size_t used = 0;

    allow[0] = '\0';
    for (const struct http_route *r = routes; r && r->method; r++) {
        if (!route_match(r->pattern, t->req.path, &t->text) || used + 10 > size)
            continue;
        used += (size_t)snprintf(allow + used, size - used, "%s%s%s", used ? ", " : "", r->method,
                                 strcmp(r->method, "GET") == 0 ? ", HEAD" : "");
    }
}
