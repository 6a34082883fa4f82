/**
 * @file config/address.c  Parsing addresses as people write them
 */
#include "base/network.h"
#include "base/text.h"
#include "config/settings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool config_is_loopback(const char *host)
{
    struct ip_address a;

    if (text_equal_nocase(host, "localhost"))
        return true;
    return !ip_address_parse(host, strlen(host), &a) && ip_address_is_loopback(&a);
}

/* Letters, digits, and the other characters of host names and addresses. */
static bool host_valid(const char *host, size_t len)
{
    if (len == 0 || len > 253)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)host[i]) && !strchr(".-_:", host[i]))
            return false;
    return true;
}

/* Splits "[::1]:80", "host:80", "host", ":80"; without a port *port is unchanged. */
static int split(const char *text, size_t len, char **host, int *port)
{
    const char *colon = NULL;
    const char *name = text;
    size_t name_len = len;
    char digits[8] = "";
    int64_t n;

    if (len && text[0] == '[') {
        const char *close = memchr(text, ']', len);

        if (!close)
            return UV_EINVAL;
        name = text + 1;
        name_len = (size_t)(close - name);
        if (close + 1 < text + len && *(colon = close + 1) != ':')
            return UV_EINVAL;
    } else {
        colon = memchr(text, ':', len);
        if (colon)
            name_len = (size_t)(colon - text);
        if (colon && memchr(colon + 1, ':', (size_t)(text + len - colon - 1)))
            return UV_EINVAL; /* an IPv6 address without its brackets */
    }

    if (colon) {
        size_t digits_len = (size_t)(text + len - colon - 1);

        if (digits_len == 0 || digits_len >= sizeof(digits))
            return UV_EINVAL;
        memcpy(digits, colon + 1, digits_len);
        if (!text_to_int64(digits, 0, 65535, &n))
            return UV_EINVAL;
        *port = (int)n;
    }
    if (name_len && !host_valid(name, name_len))
        return UV_EINVAL;
    *host = strndup(name, name_len);
    return *host ? 0 : UV_ENOMEM;
}

int config_parse_listen(const char *text, char **host, int *port)
{
    char *name = NULL;
    int p = -1;
    int err = split(text, strlen(text), &name, &p);

    if (err)
        return err;
    if (p < 0) {
        free(name);
        return UV_EINVAL;
    }
    if (!name[0]) { /* ":8080" means every address, as in most servers */
        free(name);
        name = strdup("0.0.0.0");
        if (!name)
            return UV_ENOMEM;
    }
    *host = name;
    *port = p;
    return 0;
}

bool config_url_valid(const char *text)
{
    const char *host = NULL;
    char *name = NULL;
    int port = 80;
    int err;

    if (strncmp(text, "http://", 7) == 0)
        host = text + 7;
    else if (strncmp(text, "https://", 8) == 0)
        host = text + 8;
    else
        return false;
    for (const char *p = text; *p; p++)
        if (isspace((unsigned char)*p) || iscntrl((unsigned char)*p) || *p == '@' || *p == '#')
            return false;

    err = split(host, strcspn(host, "/?"), &name, &port);
    if (!err && !name[0])
        err = UV_EINVAL;
    free(name);
    return !err && port > 0;
}

bool config_url_is_local(const char *url)
{
    const char *host = url ? strstr(url, "//") : NULL;
    char *name = NULL;
    int port = 0;
    bool local;

    if (!host || split(host + 2, strcspn(host + 2, "/?#"), &name, &port))
        return false;
    local = config_is_loopback(name);
    free(name);
    return local;
}

/* The server may listen on every address; a client then uses this machine's. */
static const char *reachable(const char *host)
{
    if (!host[0] || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
        return "127.0.0.1";
    return host;
}

int config_ollama_url(const char *text, char **url)
{
    const char *scheme = "http";
    const char *rest = text;
    char *host = NULL;
    const char *path;
    const char *bare;
    int port = 11434;
    size_t path_len;
    int err;

    if (strncmp(text, "http://", 7) == 0) {
        rest = text + 7;
        port = 80;
    } else if (strncmp(text, "https://", 8) == 0) {
        scheme = "https";
        rest = text + 8;
        port = 443;
    }
    path = rest + strcspn(rest, "/");
    err = split(rest, (size_t)(path - rest), &host, &port);
    if (err)
        return err;
    for (path_len = strlen(path); path_len && path[path_len - 1] == '/';)
        path_len--;
    for (size_t i = 0; i < path_len && !err; i++)
        if (isspace((unsigned char)path[i]) || iscntrl((unsigned char)path[i]))
            err = UV_EINVAL;

    bare = reachable(host);
    if (!err && asprintf(url, strchr(bare, ':') ? "%s://[%s]:%d%.*s" : "%s://%s:%d%.*s", scheme,
                         bare, port, (int)path_len, path) < 0)
        err = UV_ENOMEM;
    free(host);
    return err;
}
